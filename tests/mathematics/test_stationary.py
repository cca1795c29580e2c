"""What remains at a constant step: the table of orders, and the moment equations against simulated runs."""

import numpy as np
import pytest

from helpers.mathematics import partitions, splitting, theorem
from helpers.mathematics.epochs import Driver
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.partitions import Partitions
from helpers.mathematics.small_problems import axes, line
from helpers.mathematics.stationary import EpochLaw

PROBLEM = line()
STEPS = np.geomspace(1e-3, 1e-2, 5)


def law(problem, p, sampling, samples=512, seed=0):
    return EpochLaw(problem, Partitions(problem.size, p, sampling, samples, seed))


def slope(values):
    return np.polyfit(np.log(STEPS), np.log(values), 1)[0]


@pytest.mark.parametrize("problem", [line(), axes()], ids=["line", "axes"])
def test_the_small_problems_are_scaled(problem):
    assert problem.size == 16 and problem.norm_A == pytest.approx(1, rel=1e-12) and problem.spans


@pytest.mark.parametrize("p", [2, 4, 16])
@pytest.mark.parametrize("sampling", partitions.SAMPLINGS)
@pytest.mark.parametrize("scheme", splitting.SCHEMES)
def test_the_orders_are_those_of_the_table(scheme, sampling, p):
    """Exponents 1, 2, 3/2, 1/2, 5/2 within 0.05: the next power changes the slope by about the step, 1e-2."""
    found = law(PROBLEM, p, sampling).stationary(STEPS, scheme)
    known = theorem.orders(scheme, sampling, p, PROBLEM.size)
    if known.bias is None:
        assert np.all(found.bias < 3 * found.error)
    elif sampling != partitions.REPLACEMENT:  # there the mean is measured to 30 % only
        assert slope(found.bias) == pytest.approx(known.bias, abs=0.05)
    if known.spread is not None:
        # 3/2 falls to 5/2 for "Strang, Euler" with one datum a batch
        assert slope(found.spread) == pytest.approx(known.spread, abs=0.05)
    elif sampling == partitions.FIXED:
        assert np.all(found.spread == 0)


@pytest.mark.parametrize("scheme", splitting.SCHEMES)
@pytest.mark.parametrize("sampling", partitions.SAMPLINGS)
def test_the_leading_bias(sampling, scheme):
    found = law(PROBLEM, 4, sampling).stationary([1e-3], scheme)
    expected = splitting.leading_bias(PROBLEM, 4, scheme, sampling) * 1e-3
    # four standard errors, and the next order, 1e-3 of the step times the largest constant of 0.2
    allowed = 4 * found.error[0] + 2e-7
    assert np.linalg.norm(found.mean[0] - expected) < allowed


@pytest.mark.parametrize("sampling", [partitions.RESHUFFLED, partitions.REPLACEMENT, partitions.ALTERNATING])
def test_the_moment_equations_against_simulated_runs(sampling):
    step, runs = 0.3, 200
    found = law(PROBLEM, 4, sampling, samples=2000, seed=1).stationary([step], splitting.LIE_EULER)
    run = Driver(PROBLEM, 4, sampling, runs, seed=2).run(
        np.full(400, step), splitting.LIE_EULER, record=np.arange(101, 401)
    )
    e = run.error[:, :, :, 0].reshape(-1, 2)
    spread = np.sqrt(e.var(axis=0).sum())
    # 60 000 states, correlated over some 1/(lambda dt) = 6 epochs: the deviation is known to 1 %
    assert spread == pytest.approx(found.spread[0], rel=0.05)
    tolerance = 4 * (found.spread[0] / np.sqrt(60_000 / 12) + found.error[0])
    assert np.linalg.norm(e.mean(axis=0) - found.mean[0, :, 0]) < tolerance


def test_no_stationary_law_is_said():
    """Euler on one batch is unstable beyond 2/||A||: no mean, no spread."""
    for sampling in partitions.SAMPLINGS:
        found = law(PROBLEM, 1, sampling).stationary([0.5, 2.5], splitting.LIE_EULER)
        assert np.isfinite(found.bias[0]) and np.isnan(found.bias[1]) and np.isnan(found.spread[1])


def test_three_unknowns_and_two_outputs():
    rng = np.random.default_rng(1)
    problem = LeastSquares(rng.normal(size=(12, 4)), rng.normal(size=(12, 2)), np.full(12, 0.02))
    found = law(problem, 3, partitions.RESHUFFLED).stationary(STEPS, splitting.LIE_EULER)
    assert found.mean.shape == (5, 4, 2) and found.covariance.shape == (5, 4, 4)
    assert slope(found.spread) == pytest.approx(1.5, abs=0.05)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"p": 0}, "p must be a whole number, 1 ≤ p ≤ 16"), ({"sampling": "sorted"}, "sampling must be one of")],
)
def test_bad_input_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        law(**({"problem": PROBLEM, "p": 2, "sampling": partitions.RESHUFFLED} | options))


@pytest.mark.parametrize("steps", [[0.0], [-1.0], [np.nan]])
def test_bad_steps_are_refused(steps):
    with pytest.raises(ValueError):
        law(PROBLEM, 2, partitions.RESHUFFLED).stationary(steps, splitting.LIE_EULER)


def test_a_smaller_last_batch_costs_the_exponent():
    """Keras' average: the last step is B/b as long, the weighted g_r do not add up to 0; 3/2 becomes 1/2."""
    averaged, summed = (
        EpochLaw(PROBLEM, Partitions.of_size(16, 5, partitions.RESHUFFLED, 512), reduction)
        for reduction in ("mean", "sum")
    )
    found = [one.stationary(STEPS, splitting.LIE_EULER) for one in (averaged, summed)]
    # the next power is that of the other exponent: the slopes move by a hundredth
    assert slope(found[0].spread) == pytest.approx(0.5, abs=0.02)
    assert slope(found[1].spread) == pytest.approx(1.5, abs=0.02)
    # B divides #D: the average is the sum with another unit
    even = [
        EpochLaw(PROBLEM, Partitions.of_size(16, 4, partitions.RESHUFFLED, 64), reduction)
        for reduction in ("mean", "sum")
    ]
    spreads = [one.stationary(STEPS, splitting.LIE_EULER).spread for one in even]
    np.testing.assert_array_equal(*spreads)
    # independently: the covariance of the first-order noise, sum of w_r g_r over drawn partitions
    drawn = Partitions.of_size(16, 5, partitions.RESHUFFLED, 512)
    g = PROBLEM.gradients(PROBLEM.minimizer)[:, :, 0]
    noise = np.array([[g[b].sum(axis=0) * 5 / len(b) for b in drawn.batches(0, run)] for run in range(512)])
    noise = noise.sum(axis=1)
    A = PROBLEM.A * 20 / 16  # four steps of the length of five data, for sixteen
    # A C + C A = step * covariance, to first order
    lyapunov = np.kron(np.eye(2), A) + np.kron(A, np.eye(2))
    C = np.linalg.solve(lyapunov, (noise.T @ noise / 512).ravel()).reshape(2, 2)
    assert found[0].spread[0] == pytest.approx(np.sqrt(1e-3 * np.trace(C)), rel=0.01)


def test_the_printed_loop_on_fresh_batches_is_right_in_the_mean_only():
    drawn = Partitions(16, 4, partitions.RESHUFFLED, 512)
    for visited in (slice(1, None), slice(-1, None)):  # the two literal readings
        found = EpochLaw(PROBLEM, drawn, visited=visited).stationary(STEPS, splitting.LIE_EULER)
        assert slope(found.spread) == pytest.approx(0.5, abs=0.02)
        assert np.all(found.bias < 0.02 * STEPS)
    whole = EpochLaw(PROBLEM, drawn).stationary(STEPS, splitting.LIE_EULER)
    assert np.all(found.spread > 20 * whole.spread)


@pytest.mark.parametrize("scheme", splitting.SCHEMES)
@pytest.mark.parametrize("sampling", [s for s in partitions.SAMPLINGS if s != partitions.ALTERNATING])
def test_inside_an_epoch_against_simulated_runs(sampling, scheme):
    step, runs = 0.3, 400
    found = law(PROBLEM, 4, sampling, samples=2000, seed=1).inside(step, scheme)
    driver = Driver(PROBLEM, 4, sampling, runs, seed=2)
    ends = driver.run(np.full(60, step), scheme, PROBLEM.minimizer).Wt[-1]
    squares = []
    for run in range(runs):
        A, b = splitting.batch_systems(PROBLEM, driver.partitions.batches(60, run))
        states = splitting.substeps(A, b, ends[run], step, scheme)
        squares.append(((states - PROBLEM.minimizer) ** 2).sum(axis=(1, 2)))
    # root mean squares of 400 runs scatter by 1/sqrt(800) = 3.5 %: four of them
    np.testing.assert_allclose(found, np.sqrt(np.mean(squares, axis=0)), rtol=0.15)
    assert len(found) == (9 if scheme.startswith("Strang") else 5)


def test_only_exact_flows_on_fresh_batches_end_closer():
    """What is said of the inside: of batches that stay the end is no closer than the rest of the epoch."""
    inside = {
        (sampling, scheme): law(PROBLEM, 4, sampling).inside(0.01, scheme) / 0.01
        for sampling in (partitions.FIXED, partitions.RESHUFFLED)
        for scheme in splitting.SCHEMES
    }
    for scheme in (splitting.LIE_EULER, splitting.LIE_EXACT):
        fixed = inside[partitions.FIXED, scheme]
        assert fixed[-1] > 0.9 * fixed[1:-1].max()
        np.testing.assert_allclose(fixed[0], fixed[-1], rtol=1e-9)
    fresh = inside[partitions.RESHUFFLED, splitting.LIE_EXACT]
    assert fresh[-1] < 0.1 * fresh[1:-1].min()


def test_the_inside_of_alternating_epochs_is_refused():
    with pytest.raises(ValueError, match="sampling must be one of"):
        law(PROBLEM, 4, partitions.ALTERNATING).inside(0.1, splitting.LIE_EULER)
