"""The theorem as an experiment: what is measured against plain loops, what is proved against definitions."""

import numpy as np
import pytest

from helpers.mathematics import adam_ending, components, convergence, sampling_exponents, splitting
from helpers.mathematics.convergence import BIAS, DATA, EQUAL, UNEQUAL
from helpers.mathematics.epochs import Driver
from helpers.mathematics.partitions import ALTERNATING, FIXED, REPLACEMENT, RESHUFFLED, Partitions
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT, STRANG_EULER
from helpers.mathematics.time_steps import Constant, InverseLogarithm, Power, Sequence


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("spans", [True, False])
def test_the_problems_of_the_plane(data, spans):
    problem = convergence.problem_in_the_plane(spans, data)
    assert (problem.size, problem.m, problem.n) == (16, 2, 1) and problem.spans is spans
    assert (np.ptp(problem.alpha) > 0) == (data == UNEQUAL or (data == BIAS and not spans))
    assert np.all(problem.x[:, 1] == 1) == (data == BIAS)
    if spans:
        assert problem.norm_A == pytest.approx(1) and problem.lambda_min > 0.2
    error = convergence.start(problem) - problem.limit(convergence.start(problem))
    # an error 1 in the slow direction of the range; 1/2 in the other one, or in the kernel
    assert np.linalg.norm(error) == pytest.approx(np.hypot(1, 0.5) if spans else 1)
    assert np.linalg.norm(convergence.start(problem) - problem.minimizer) == pytest.approx(np.hypot(1, 0.5))


def test_what_is_measured_is_that_of_plain_loops():
    schedule, data = Power(1.5, 0.6), UNEQUAL
    problem = convergence.problem_in_the_plane(True, data)
    seen = convergence.observe(schedule, 4, RESHUFFLED, LIE_EULER, 60, True, data)
    partitions = Partitions(16, 4, RESHUFFLED, convergence.RUNS)
    W = np.repeat(convergence.start(problem)[None], convergence.RUNS, axis=0)
    for k, tau in enumerate(schedule.steps(60)):
        for run in range(convergence.RUNS):
            A, b = splitting.batch_systems(problem, partitions.batches(k, run))
            for r in range(4):
                W[run] = W[run] - tau * (A[r] @ W[run] - b[r])
    last = np.linalg.norm(W - problem.minimizer, axis=(1, 2))
    np.testing.assert_allclose(seen.distance[-1], last, rtol=1e-9)
    assert seen.rms[-1] == pytest.approx(np.sqrt((last**2).mean())) and seen.k[-1] == 60
    assert seen.to_minimum_norm is None and seen.lights == (True, True, True, True, True)


def test_radius_of_an_epoch():
    problem = convergence.problem_in_the_plane()
    for step in (1.9, 2.1):
        assert convergence.epoch_radius(problem, 1, RESHUFFLED, step, LIE_EULER) == pytest.approx(
            step - 1, abs=0.5
        )
    radius = convergence.epoch_radius(problem, 1, FIXED, 2.1, LIE_EULER)
    assert (
        radius == pytest.approx(1.1)
        and convergence.epoch_radius(problem, 8, RESHUFFLED, 2.1, LIE_EULER) is None
    )
    assert convergence.epoch_radius(problem, 1, REPLACEMENT, 2.1, LIE_EULER) is None
    flat = convergence.problem_in_the_plane(False)
    assert convergence.epoch_radius(flat, 1, FIXED, 0.1, LIE_EXACT) == pytest.approx(
        np.exp(-0.1 * flat.norm_A)
    )
    forth = convergence.epoch_radius(problem, 2, ALTERNATING, 0.1, LIE_EXACT)
    assert forth < np.exp(-0.15 * problem.lambda_min)  # two epochs


@pytest.mark.parametrize("sampling", [FIXED, RESHUFFLED, REPLACEMENT, ALTERNATING])
def test_a_constant_step_is_predicted_by_the_stationary_law(sampling):
    seen = convergence.observe(Constant(0.3), 4, sampling, LIE_EULER, 2000)
    assert seen.late_rms == pytest.approx(seen.stationary_rms, rel=0.12)  # 20 runs, some 50 independent times
    assert not seen.start_counts and seen.outcome == convergence.STAYS
    early = convergence.observe(Constant(0.01), 4, sampling, LIE_EULER, 200)
    assert early.start_counts and early.outcome == convergence.FALLS


def test_a_finite_sum_stops_or_has_not_stopped_yet():
    soon, late = (convergence.observe(Power(1, a), 1, FIXED, LIE_EULER, 2000) for a in (2, 1.05))
    assert soon.stopped and soon.rms[-1] == pytest.approx(soon.stall, rel=1e-3)
    assert not late.stopped and late.outcome == convergence.FALLS and late.rms[-1] > 10 * late.stall
    more = Power(1, 1.05).steps(200_000)[2000:].sum()
    assert late.remaining > more and soon.remaining == pytest.approx(1 / 2000, rel=1e-3)
    strang = convergence.observe(Power(1, 2), 1, FIXED, STRANG_EULER, 2000)
    assert strang.rms[-1] == pytest.approx(strang.stall, rel=1e-3) and strang.stall != soon.stall
    # |sin(pi x)|/(pi x) with x = sqrt(10/4) past 1: the kept factor is negative, its size is told
    assert convergence.observe(Power(10, 2), 1, FIXED, LIE_EULER, 200).slowest_kept > 0


def test_out_of_sight_is_not_divergence():
    seen = convergence.observe(Power(10, 0.3), 1, FIXED, LIE_EULER, 200)
    assert seen.holds and seen.outcome == convergence.LEFT and seen.comes_back and not seen.diverges
    steps = Power(10, 0.3).steps(300)
    assert steps[int(seen.small_from)] <= 2 < steps[int(seen.small_from) - 1]
    back = convergence.observe(Power(10, 0.3), 1, FIXED, LIE_EULER, 2000)
    assert back.outcome != convergence.LEFT
    past = convergence.observe(Constant(2.1), 1, FIXED, LIE_EULER, 200)
    assert past.outcome == convergence.LEFT and past.diverges and not past.comes_back
    typed = convergence.observe(Sequence((0.5, 0.25)), 8, RESHUFFLED, LIE_EULER, 200)
    assert typed.k[-1] == 2 and typed.holds is None and typed.fitted_slope is None


def test_a_power_is_fitted_only_where_there_is_one():
    k = np.unique(np.geomspace(1, 2000, 180).astype(int))
    assert convergence.fitted_power(k, 3.0 * k**-0.7) == pytest.approx(-0.7)
    assert convergence.fitted_power(k, np.exp(-0.004 * k)) is None  # it bends
    assert convergence.fitted_power(k, np.maximum(1e-15, np.exp(-k))) is None  # rounding
    seen = convergence.observe(InverseLogarithm(0.5), 8, RESHUFFLED, LIE_EULER, 2000)
    assert seen.predicted_slope is None and seen.predicted is not None


def test_components_of_one_batch():
    problem = convergence.problem_in_the_plane()
    r = components.real_run(problem, 1, 0.5, 0.5, FIXED)
    run = Driver(problem, 1).run(Power(0.5, 0.5).steps(200), record=[200]).error[0, 0]
    a0 = np.linalg.norm(problem.minimizer)
    parts = np.abs(problem.eigensystem[1].T @ run)[:, 0] / a0
    np.testing.assert_allclose(r.parts, parts, rtol=1e-6, atol=1e-14)
    assert r.decides == components.SLOWEST and r.deciding_eigenvalue == problem.lambda_min
    assert r.forgotten == pytest.approx(np.exp(-0.25 * Power(0.5, 0.5).steps(200).sum()))


def test_cases_of_the_exponents_and_of_adam():
    r = sampling_exponents.exponents(1.5, 0.6, 8)
    assert r.kind == sampling_exponents.RESOLVED and r.predicted == [1.0, 1.0, 1.5, 0.5]
    kinds = {sampling_exponents.exponents(c, a, 8).kind for c, a in ((0.1, 0.5), (10, 0.3), (1.0, 0.1))}
    assert kinds == {sampling_exponents.START, sampling_exponents.LARGE, sampling_exponents.SHORT}
    ending = adam_ending.ending(0.0, 0.6, 0.3, 0.7, (0.0, 0.0, 3.0))
    np.testing.assert_allclose(ending.limits, [0.83998, 0.81228, 0.69831], atol=1e-5)
    assert ending.exponents == pytest.approx([2, 2, 1], abs=0.05) and ending.obeys and ending.forgets
    assert EQUAL in DATA
