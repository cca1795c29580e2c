"""A constant step: the law and runs that start in it, over all choices, against simulations of their own."""

import itertools

import numpy as np
import pytest

from helpers.mathematics import constant_step as module
from helpers.mathematics import partitions, small_problems, splitting
from helpers.mathematics.constant_step import NO_LAW, NONE, RESOLVED, UNRESOLVED, Measured, constant_step
from helpers.mathematics.partitions import (
    ALTERNATING,
    FIXED,
    REPLACEMENT,
    RESHUFFLED,
    SAMPLINGS,
    SHUFFLED_ONCE,
)
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT, SCHEMES, STRANG_EULER, STRANG_EXACT

LINE = small_problems.line()


@pytest.mark.parametrize(
    ("value", "error", "kind"),
    [
        (1e-3, 1e-4, RESOLVED),
        (2e-4, 1e-4, UNRESOLVED),
        (1e-14, 0.0, NONE),
        (np.nan, 0.0, NO_LAW),
        (0, 1e-5, UNRESOLVED),
    ],
)
def test_what_may_be_said_of_a_number(value, error, kind):
    found = Measured(value, error)
    assert found.kind == kind
    assert kind == NO_LAW or found.below == pytest.approx(value + 3 * error)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_runs_are_in_the_law_from_the_first_epoch_on(sampling):
    """No transient: the first tenth of the epochs spreads as the last does, however slow the scheme is."""
    for p, step, scheme in itertools.product((1, 5, 16), (1e-3, 0.01, 0.3), (LIE_EULER, STRANG_EXACT)):
        found = constant_step(p, step, scheme, sampling)
        if found.spread.kind == NONE:
            assert found.run_spread.kind == NONE and np.ptp(found.cloud, axis=0).max() < 1e-12
        else:
            # 24 runs know a deviation to 1/sqrt(48) = 14 % where the epochs are correlated: three of them
            assert found.run_spread.value == pytest.approx(found.spread.value, rel=0.45)
        if sampling in (FIXED, ALTERNATING) and found.bias.kind == RESOLVED:
            assert found.run_bias.value == pytest.approx(found.bias.value, rel=1e-2)


def test_fixed_points_by_iteration():
    """Fixed order and alternating: where a long run from W_* ends, with its two places."""
    for sampling in (FIXED, ALTERNATING):
        drawn = partitions.Partitions(16, 4, sampling)
        W, ends = LINE.minimizer, []
        for k in range(400):
            W = splitting.epoch(*splitting.batch_systems(LINE, drawn.batches(k)), W, 0.5, LIE_EULER)
            ends.append(W - LINE.minimizer)
        ends = np.array(ends[-2:])[:, :, 0]
        found = constant_step(4, 0.5, LIE_EULER, sampling)
        # 400 epochs shrink the start by (1 - 0.26)^400
        np.testing.assert_allclose(found.mean, ends.mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(
            np.unique(found.cloud.round(11), axis=0), np.unique(ends.round(11), axis=0)
        )


@pytest.mark.parametrize("unequal", [False, True])
def test_exponents_are_said_only_where_they_are_resolved_and_right(unequal):
    """A fitted exponent agrees with the table; where the table has none, none is fitted."""
    for p, scheme, sampling in itertools.product((1, 2, 3, 5, 9, 15, 16), SCHEMES, SAMPLINGS):
        found = constant_step(p, 0.1, scheme, sampling, unequal)
        where = p, scheme, sampling
        for slope, table, kind in (
            (found.slopes.bias, found.table.bias, found.kinds[0]),
            (found.slopes.spread, found.table.spread, found.kinds[1]),
        ):
            if slope is not None and table is not None:
                # the next power over the fitted Delta t, up to 0.02, times a ratio of constants of some tens
                assert slope == pytest.approx(table, abs=0.35), where
            if kind == NONE:
                assert table is None, where
            if table is None:
                assert slope is None, where


def test_still_means_nothing_moves():
    for p, scheme, sampling in itertools.product((1, 2, 16), SCHEMES, SAMPLINGS):
        found = constant_step(p, 0.1, scheme, sampling)
        assert found.still == (p == 1 and sampling != REPLACEMENT)
        if found.still:
            assert np.all(found.cloud == 0) and found.unit == 1 and np.all(found.cloud_mean == 0)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_no_law_is_found_where_euler_is_unstable(sampling):
    found = constant_step(1, 5.0, LIE_EULER, sampling)
    assert found.spread.kind == found.bias.kind == found.run_spread.kind == NO_LAW
    assert found.cloud.shape == (0, 2) and found.ellipse.shape == (0, 2) and found.unit == 1


@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("scheme", [LIE_EULER, STRANG_EULER])
def test_below_the_limit_all_drawn_batches_are_stable(scheme, unequal):
    problem = small_problems.line(unequal=unequal)
    for p, sampling in itertools.product((1, 2, 5, 16), SAMPLINGS):
        limit = module.stable_below(problem, p, scheme, sampling)
        fraction = 0.5 if scheme == STRANG_EULER else 1.0
        drawn = partitions.Partitions(16, p, sampling, runs=50)
        for run in range(50):
            A, _ = splitting.batch_systems(problem, drawn.batches(0, run))
            assert fraction * 0.999 * limit * np.linalg.eigvalsh(A).max() < 2
    worst = 16 * 2 * (problem.alpha * (problem.x**2).sum(axis=1)).max()  # one datum sixteen times
    assert module.stable_below(problem, 1, LIE_EULER, REPLACEMENT) == pytest.approx(2 / worst)
    assert module.stable_below(problem, 4, LIE_EXACT, RESHUFFLED) == np.inf


def test_the_picture_of_the_law():
    found = constant_step(4, 0.3, LIE_EULER, RESHUFFLED)
    off = found.ellipse - found.mean
    inverse = np.linalg.inv(found.covariance)
    np.testing.assert_allclose(np.einsum("ki,ij,kj->k", off, inverse, off), 4, rtol=1e-9)
    # of points in the plane that scatter as a Gaussian 1 - e^-2 = 86 % lie inside
    off = found.cloud - found.mean
    assert 0.8 < np.mean(np.einsum("ki,ij,kj->k", off, inverse, off) < 4) < 0.93
    reach = np.abs(found.cloud).max()
    assert 1.1 * reach <= found.unit <= 2.8 * reach and f"{found.unit:.0e}"[0] in "125"
    assert found.spread.value == pytest.approx(np.sqrt(np.trace(found.covariance)))


def test_shuffled_once_each_run_has_a_point_of_its_own():
    found = constant_step(4, 0.3, LIE_EULER, SHUFFLED_ONCE)
    assert len(np.unique(found.cloud.round(9), axis=0)) == module.RUNS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((17, 0.1, LIE_EULER, FIXED), "1 ≤ p ≤ 16"),
        ((4, 1e-4, LIE_EULER, FIXED), "0.001 ≤ Δt ≤ 10"),
        ((4, 0.1, "Heun", FIXED), "scheme must be one of"),
        ((4, 0.1, LIE_EULER, "sorted"), "sampling must be one of"),
    ],
)
def test_bad_input_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        constant_step(*arguments)
