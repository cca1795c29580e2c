"""The driver: the plain loop to rounding, chunks, diverging runs, the exponents at constant step."""

from collections import OrderedDict

import numpy as np
import pytest

from helpers.mathematics import affine_maps, epochs, partitions, splitting
from helpers.mathematics.epochs import Driver, recorded_epochs
from helpers.mathematics.least_squares import LeastSquares, plane_data
from helpers.mathematics.partitions import (
    ALTERNATING,
    FIXED,
    REPLACEMENT,
    RESHUFFLED,
    SAMPLINGS,
    SHUFFLED_ONCE,
)
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT, SCHEMES, STRANG_EULER, STRANG_EXACT
from helpers.mathematics.time_steps import Constant, InverseLogarithm, Power

STEPS = Power(0.8, 0.6).steps(17)


def random_problem(m, n, size=7):
    rng = np.random.default_rng(10 * m + n)
    alpha = rng.uniform(0.5, 2, size) / (2 * size)
    return LeastSquares(rng.standard_normal((size, m)), rng.standard_normal((size, n)), alpha)


def plain_loop(problem, partitions, steps, scheme=LIE_EULER, Wt0=0.0):
    """The states of ``Driver.run`` by the loop of section 5.3.1, one batch after another."""
    states = np.empty((len(steps) + 1, partitions.runs, problem.m, problem.n))
    states[0] = Wt0
    for run in range(partitions.runs):
        for k, step in enumerate(steps):
            A, b = splitting.batch_systems(problem, partitions.batches(k, run))
            states[k + 1, run] = splitting.epoch(A, b, states[k, run], step, scheme)
    return states


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_against_the_plain_loop(scheme, sampling):
    rng = np.random.default_rng(1)
    for m, n, p in [
        (2, 1, 1),
        (2, 1, 3),
        (2, 1, 7),
        (1, 1, 3),
        (1, 2, 7),
        (2, 2, 4),
        (3, 2, 3),
        (5, 2, 3),
        (4, 1, 7),
        (5, 2, 7),
        (8, 1, 4),  # two data a batch, and one of one
        (9, 2, 5),
    ]:
        problem = random_problem(m, n)
        driver = Driver(problem, p, sampling, runs=2, seed=3)
        starts = rng.standard_normal((2, m, n))
        result = driver.run(STEPS, scheme, starts)
        expected = plain_loop(problem, driver.partitions, STEPS, scheme, starts)
        # some hundred sub-steps of a contraction, each rounded: 1e-15 times a few tens
        np.testing.assert_allclose(result.Wt, expected, atol=5e-14)
        norms = np.sqrt((result.error**2).sum(axis=(2, 3)))
        np.testing.assert_allclose(result.distance, norms, atol=1e-15)
        assert not (result.left_at >= 0).any()


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("at_once", [1, 2**22])
def test_one_epoch_alone_and_epochs_one_by_one(sampling, at_once, monkeypatch):
    """Chunks of a single epoch, odd ones of "alternating" among them."""
    monkeypatch.setattr(epochs, "CHUNK_VALUES", at_once)
    problem = random_problem(2, 1)
    driver = Driver(problem, 3, sampling, runs=2)
    for count in (1, 4):
        result = driver.run(STEPS[:count], LIE_EULER)
        expected = plain_loop(problem, driver.partitions, STEPS[:count], LIE_EULER)
        np.testing.assert_allclose(result.Wt, expected, atol=1e-14)


def test_equal_eigenvalues_and_zero_data():
    """The closed form of the two-by-two spectrum where it degenerates: A_r = 0 and A_r a multiple of the
    identity.
    """
    problem = LeastSquares([[0, 0], [0, 0], [1, 0], [0, 1]], [1.0, 2, 3, 4], [0.1, 0.2, 0.3, 0.3])
    driver = Driver(problem, 2, FIXED)
    result = driver.run(STEPS, LIE_EXACT)
    np.testing.assert_allclose(
        result.Wt, plain_loop(problem, driver.partitions, STEPS, LIE_EXACT), atol=1e-14
    )


def test_two_data_in_a_line_and_zero_data():
    """Few data a batch where their products x . x' are singular: their exact flow needs no inverse."""
    x = np.zeros((6, 8))
    x[:, :3] = [[1, 2, 0], [2, 4, 0], [0, 0, 0], [0, 0, 0], [0, 1, 1], [1, 0, 1]]
    problem = LeastSquares(x, np.arange(6.0), np.full(6, 0.1))
    driver = Driver(problem, 3, FIXED)
    for scheme in (LIE_EXACT, STRANG_EXACT):
        expected = plain_loop(problem, driver.partitions, STEPS, scheme)
        np.testing.assert_allclose(driver.run(STEPS, scheme).Wt, expected, atol=1e-14)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("m", [2, 3, 8])
def test_small_blocks_of_columns_change_nothing(sampling, m, monkeypatch):
    """What is treated at once for the cache's sake, in the maps, the spectra and the sums."""
    problem = random_problem(m, 1)
    whole = [Driver(problem, 4, sampling, runs=3).run(STEPS, scheme).error for scheme in SCHEMES]
    monkeypatch.setattr(affine_maps, "COLUMNS", 7 * m)
    monkeypatch.setattr(affine_maps, "SWEEP_VALUES", 1)
    monkeypatch.setattr(partitions, "SUMMED_VALUES", 5)
    for scheme, expected in zip(SCHEMES, whole, strict=True):
        cut = Driver(problem, 4, sampling, runs=3).run(STEPS, scheme).error
        np.testing.assert_allclose(cut, expected, atol=1e-14)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("m", [2, 4])
def test_chunks_change_nothing(sampling, m, monkeypatch):
    problem = random_problem(m, 1)
    steps = Power(0.8, 0.6).steps(101)
    whole = Driver(problem, 3, sampling, runs=3).run(steps, LIE_EULER, np.ones((m, 1)))
    monkeypatch.setattr(epochs, "CHUNK_VALUES", 3 * 3 * 20 * 13)
    monkeypatch.setattr(epochs, "CACHE_VALUES", 0)
    record = np.array([0, 1, 50, 51, 52, 100, 101])
    driver = Driver(problem, 3, sampling, runs=3)
    assert len(list(driver._chunks(101))) > 1
    cut = driver.run(steps, LIE_EULER, np.ones((m, 1)), record=record)
    np.testing.assert_allclose(cut.error, whole.error[record], atol=1e-14)
    np.testing.assert_array_equal(cut.epochs, record)


def test_blocks_of_permutations(monkeypatch):
    """Past a stated size permutations are drawn in blocks: still a partition at each epoch, still the
    plain loop.
    """
    monkeypatch.setattr(partitions, "BLOCK_VALUES", 7 * 2 * 5)
    problem = random_problem(2, 1)
    driver = Driver(problem, 3, RESHUFFLED, runs=2, seed=8)
    assert driver.partitions.block_epochs == 5
    result = driver.run(STEPS)
    np.testing.assert_allclose(result.Wt, plain_loop(problem, driver.partitions, STEPS), atol=1e-14)


def test_batches_are_kept_while_steps_and_scheme_change(monkeypatch):
    """From the third call on, and with the same states as a new driver's."""
    driver = Driver(plane_data(), 4, RESHUFFLED, runs=2)
    formed, form = [], epochs.batches_of
    monkeypatch.setattr(epochs, "batches_of", lambda *given: formed.append(given) or form(*given))
    for calls, factor in enumerate((0.5, 0.6, 0.7, 0.8, 0.9), 1):
        result = driver.run(Power(factor, 0.6).steps(60), LIE_EXACT)
        assert len(formed) == min(calls, 3)
    expected = Driver(plane_data(), 4, RESHUFFLED, runs=2).run(Power(0.9, 0.6).steps(60), LIE_EXACT)
    np.testing.assert_array_equal(result.error, expected.error)


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_what_all_drivers_keep_is_bounded(sampling, monkeypatch):
    """The batches of the drivers used last stay; those of the others go, so that one budget serves all."""
    monkeypatch.setattr(epochs, "CACHE_VALUES", 20_000)
    monkeypatch.setattr(epochs, "_kept", OrderedDict())
    drivers = [Driver(plane_data(), p, sampling, runs=3) for p in range(1, 13)]
    for driver in [*drivers, *drivers, *drivers]:
        driver.run(STEPS)
        numbers = [size for _, size in epochs._kept.values()]
        assert sum(numbers) <= 20_000
    assert 0 < len(numbers) <= len(drivers) and list(epochs._kept)[-1][0] is drivers[-1]


def test_a_diverging_run_is_held_where_it_leaves():
    problem = plane_data()
    step = 4 / problem.norm_A
    result = Driver(problem, 1, FIXED, runs=2).run(Constant(step).steps(3000), bound=1e3, Wt0=np.ones((2, 1)))
    expected = plain_loop(
        problem, partitions.Partitions(16, 1, FIXED), np.full(40, step), Wt0=np.ones((2, 1))
    )
    distance = np.linalg.norm(expected[:, 0, :, 0] - problem.minimizer[:, 0], axis=1)
    left = int(np.argmax(distance > 1e3))
    assert np.all(result.left_at == left) and (result.left_at >= 0).all()
    np.testing.assert_allclose(result.distance[:left, 0], distance[:left], rtol=1e-9)
    assert np.all(result.distance[left:] == result.distance[left - 1]) and np.all(np.isfinite(result.Wt))


@pytest.mark.parametrize("m", [2, 4])
@pytest.mark.parametrize("scheme", [LIE_EULER, STRANG_EULER])
@pytest.mark.parametrize("step", [1e3, 1e60, 1e300])
def test_overflow_gives_finite_output_without_warning(m, scheme, step):
    problem = random_problem(m, 1)
    result = Driver(problem, 7, RESHUFFLED, runs=2).run(np.full(200, step), scheme)
    assert (result.left_at >= 0).all() and np.all(result.left_at <= 4)
    assert (
        np.all(np.isfinite(result.Wt))
        and np.all(np.isfinite(result.distance))
        and np.isfinite(result.rms).all()
    )


@pytest.mark.parametrize("m", [2, 4])
def test_a_run_at_the_minimizer_stays_though_products_of_maps_overflow(m):
    """400 epochs that each multiply by 1e20: a product of twenty maps overflows, the error stays exactly
    0.
    """
    rng = np.random.default_rng(0)
    problem = LeastSquares(rng.standard_normal((6, m)), np.zeros(6))
    result = Driver(problem, 1, FIXED).run(np.full(400, 1e20), LIE_EULER, np.zeros((m, 1)))
    assert not (result.left_at >= 0).any() and np.all(result.distance == 0)


def test_a_run_may_leave_in_a_later_chunk(monkeypatch):
    monkeypatch.setattr(epochs, "CHUNK_VALUES", 1)
    problem = plane_data()
    starts = np.array([problem.minimizer, problem.minimizer + 1])
    result = Driver(problem, 1, FIXED, runs=2).run(np.full(30, 4 / problem.norm_A), Wt0=starts, bound=100.0)
    assert result.left_at[1] > 1 and np.all(result.distance <= 100)
    # started at the minimizer, the other run stays there: only rounding grows, 3^30 * 1e-16 = 0.02
    assert result.left_at[0] == -1 and result.distance[-1, 0] < 0.1


def test_exact_flows_never_diverge():
    result = Driver(plane_data(), 16, RESHUFFLED, runs=2).run(np.full(50, 1e6), LIE_EXACT, np.ones((2, 1)))
    assert not (result.left_at >= 0).any()


def test_minimum_norm_limit_when_the_data_do_not_span():
    rng = np.random.default_rng(4)
    x = np.outer(rng.standard_normal(6), [3.0, 4.0]) / 5
    problem = LeastSquares(x, rng.standard_normal(6))
    start = np.array([[2.0], [-1.0]])
    result = Driver(problem, 3, RESHUFFLED).run(Power(0.3, 0.6).steps(4000), LIE_EULER, start)
    assert result.distance[-1, 0] < 2e-2 * result.distance[0, 0]
    np.testing.assert_allclose(
        result.limit[0], problem.minimizer + problem.kernel_projector @ start, atol=1e-14
    )
    moved = problem.kernel_projector @ (result.Wt[-1, 0] - start)
    np.testing.assert_allclose(moved, 0, atol=1e-14)


def test_theorem_for_logarithmic_steps():
    """Steps c/log(k+3) are not square summable, and W_k converges: Robbins-Monro's condition is not
    needed.
    """
    result = Driver(plane_data(), 4, RESHUFFLED, runs=20).run(InverseLogarithm(0.5).steps(20_000), LIE_EULER)
    early, late = result.rms[200], result.rms[-1]
    # proportional to the step: log(203)/log(20003) = 0.54, up to the fluctuation of 20 runs
    assert late < 0.7 * early


def bias_and_spread(problem, p, scheme, sampling, steps, runs=40, time=400.0):
    """Mean and standard deviation (norms) of the stationary error for constant steps."""
    bias, spread = [], []
    driver = Driver(problem, p, sampling, runs, seed=1)
    for step in steps:
        count = int(time / step)
        burn = int(60 / step)  # e^{-lambda 60} = 3e-7 with lambda = 1/4
        driver = Driver(problem, p, sampling, runs, seed=1)
        result = driver.run(Constant(step).steps(count), scheme, problem.minimizer)
        stationary = result.error[burn:]
        bias.append(np.linalg.norm(stationary.mean(axis=(0, 1))))
        spread.append(np.sqrt(((stationary - stationary.mean(axis=(0, 1))) ** 2).sum(axis=(2, 3)).mean()))
    return np.array(bias), np.array(spread)


def slope(steps, values):
    return np.polyfit(np.log(steps), np.log(values), 1)[0]


@pytest.mark.parametrize(
    ("scheme", "sampling", "bias", "spread"),
    [
        (LIE_EXACT, FIXED, 1, None),
        (LIE_EULER, FIXED, 1, None),
        (STRANG_EXACT, FIXED, 2, None),
        (STRANG_EULER, FIXED, 1, None),
        (LIE_EXACT, ALTERNATING, 2, 2),
        (LIE_EULER, ALTERNATING, 1, 2),
        (LIE_EXACT, RESHUFFLED, None, 1.5),
        (LIE_EULER, RESHUFFLED, 1, 1.5),
        (STRANG_EXACT, RESHUFFLED, None, 2.5),
        (LIE_EULER, REPLACEMENT, None, 0.5),
        (LIE_EXACT, REPLACEMENT, None, 0.5),
        (LIE_EXACT, SHUFFLED_ONCE, None, 1),
    ],
)
def test_exponents_at_constant_step(scheme, sampling, bias, spread):
    problem = plane_data(8)
    steps = np.array([0.4, 0.2, 0.1])
    biases, spreads = bias_and_spread(problem, 4, scheme, sampling, steps)
    # steps of 0.1 to 0.4 still show the next order: 0.15 in the slopes
    if bias is not None:
        assert slope(steps, biases) == pytest.approx(bias, abs=0.15)
    if spread is None:
        assert np.all(spreads < 1e-9)
    else:
        assert slope(steps, spreads) == pytest.approx(spread, abs=0.15)


def test_reshuffled_exact_flows_have_a_bias_of_second_order():
    """The commutators average out.  Its mean over all partitions is computed, not sampled: noise would
    cover it.
    """
    from itertools import permutations

    problem = plane_data(5)
    bounds = partitions.batch_bounds(5, 3)
    cases = [np.split(np.array(order), bounds[1:-1]) for order in permutations(range(5))]
    systems = [splitting.batch_systems(problem, batches) for batches in cases]
    steps, norms = np.array([0.1, 0.05, 0.025]), []
    for step in steps:
        maps = [splitting.epoch_map(A, A @ problem.minimizer - b, step, LIE_EXACT) for A, b in systems]
        M, q = np.mean([m for m, _ in maps], axis=0), np.mean([s for _, s in maps], axis=0)
        norms.append(np.linalg.norm(np.linalg.solve(np.eye(2) - M, q)))
    assert slope(steps, norms) == pytest.approx(2, abs=0.05)


def test_with_replacement_euler_has_no_bias():
    """Mean over all 256 draws of four data: the minimizer is fixed to rounding."""
    from itertools import product

    problem = plane_data(4)
    bounds = partitions.batch_bounds(4, 3)
    total, count = np.zeros((2, 1)), 0
    for draw in product(range(4), repeat=4):
        A, b = splitting.batch_systems(problem, np.split(np.array(draw), bounds[1:-1]))
        total += splitting.drift(A, b, problem.minimizer, 0.3, LIE_EULER)
        count += 1
    np.testing.assert_allclose(total / count, 0, atol=1e-15)


def test_bias_constants_are_reached():
    problem = plane_data(8)
    for scheme, sampling in [
        (LIE_EULER, FIXED),
        (LIE_EXACT, FIXED),
        (LIE_EULER, RESHUFFLED),
        (STRANG_EULER, FIXED),
    ]:
        driver = Driver(problem, 3, sampling, runs=1 if sampling == FIXED else 60, seed=2)
        result = driver.run(Constant(0.02).steps(6000), scheme, problem.minimizer)
        measured = result.error[3000:].mean(axis=(0, 1)) / 0.02
        constant = splitting.leading_bias(problem, 3, scheme, sampling)
        # the next order is O(step) = 2 % relative, times a constant; the noise of 60 runs is below 1 %
        np.testing.assert_allclose(measured, constant, atol=0.06 * np.abs(constant).max())


def test_recorded_epochs():
    chosen = recorded_epochs(10**6, 500)
    assert chosen[0] == 0 and chosen[-1] == 10**6 and np.all(np.diff(chosen) > 0) and len(chosen) <= 501
    np.testing.assert_array_equal(recorded_epochs(5, 500), np.arange(6))


def test_bad_input():
    driver = Driver(plane_data(), 4, runs=3)
    cases = [
        ({"steps": []}, "at least one"),
        ({"steps": [0.1, -0.1]}, "Δtₖ must be .*−0.1"),
        ({"steps": [0.1, np.nan]}, "Δtₖ must be .*undefined"),
        ({"steps": [0.1], "scheme": "Heun"}, "scheme must be one of"),
        ({"steps": [0.1], "Wt0": np.zeros((3, 1))}, "Wᵗ must have shape"),
        ({"steps": [0.1], "Wt0": np.zeros((2, 2, 1))}, "starts must have shape"),
        ({"steps": [0.1], "record": [2]}, r"in 0\.\.1"),
        ({"steps": [0.1], "record": [1, 0]}, "increasing"),
        ({"steps": [0.1], "record": [0.5]}, "whole epochs"),
        ({"steps": [0.1], "bound": 0}, "the bound > 0"),
        ({"steps": [0.1], "bound": np.nan}, "the bound > 0"),
    ]
    for arguments, message in cases:
        with pytest.raises(ValueError, match=message):
            driver.run(**arguments)
    with pytest.raises(ValueError, match="1 ≤ p ≤ 16"):
        Driver(plane_data(), 17)
