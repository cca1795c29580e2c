"""One epoch as a splitting: schemes, drift, commutator, constants of the bias, errata 1, 7 and 8."""

import numpy as np
import pytest
from scipy.linalg import expm, logm

from helpers.mathematics import splitting
from helpers.mathematics.least_squares import LeastSquares, exact_flow
from helpers.mathematics.partitions import ALTERNATING, FIXED, REPLACEMENT, RESHUFFLED, Partitions
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT, SCHEMES, STRANG_EULER, STRANG_EXACT


def make(seed=0, size=12, m=3, n=2):
    """Random least squares with ||A|| about 1, so that the steps of the tests mean something."""
    rng = np.random.default_rng(seed)
    alpha = rng.uniform(0.5, 2, size) / (4 * size)
    return LeastSquares(rng.standard_normal((size, m)), rng.standard_normal((size, n)), alpha)


def systems(problem, p):
    return splitting.batch_systems(problem, Partitions(problem.size, p, FIXED).batches(0))


def fitted_slope(steps, values):
    return np.polyfit(np.log(steps), np.log(values), 1)[0]


def test_the_visible_loop_is_the_scheme():
    """Explicit Euler written out from the data, batch after batch."""
    problem = make()
    batches = Partitions(12, 5, FIXED).batches(0)
    A, b = splitting.batch_systems(problem, batches)
    Z = W = np.random.default_rng(1).standard_normal((3, 2))
    for batch in batches:
        Z = Z - 0.3 * problem.gradient(Z, batch)
    np.testing.assert_allclose(splitting.epoch(A, b, W, 0.3, LIE_EULER), Z, atol=1e-14)
    Z = W
    for batch in batches:
        Z = exact_flow(*problem.batch(batch), Z, 0.15)
    for batch in batches[::-1]:
        Z = exact_flow(*problem.batch(batch), Z, 0.15)
    np.testing.assert_allclose(splitting.epoch(A, b, W, 0.3, STRANG_EXACT), Z, atol=1e-14)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("p", [1, 4, 12])
def test_substeps_and_affine_map(scheme, p):
    problem = make()
    A, b = systems(problem, p)
    Wt = np.random.default_rng(2).standard_normal((3, 2))
    states = splitting.substeps(A, b, Wt, 0.4, scheme)
    assert len(states) == (2 * p + 1 if scheme.startswith("Strang") else p + 1)
    M, q = splitting.epoch_map(A, b, 0.4, scheme)
    np.testing.assert_allclose(M @ Wt + q, states[-1], atol=1e-13)


def test_one_batch_is_steepest_descent_or_the_flow():
    problem = make()
    A, b = systems(problem, 1)
    Wt = np.ones((3, 2))
    np.testing.assert_allclose(splitting.epoch(A, b, Wt, 0.4), Wt - 0.4 * problem.gradient(Wt), atol=1e-14)
    for scheme in (LIE_EXACT, STRANG_EXACT):
        np.testing.assert_allclose(splitting.epoch(A, b, Wt, 0.4, scheme), problem.flow(Wt, 0.4), atol=1e-13)


@pytest.mark.parametrize(
    ("scheme", "order"), [(LIE_EULER, 2), (LIE_EXACT, 2), (STRANG_EULER, 2), (STRANG_EXACT, 3)]
)
def test_drift_at_the_minimizer(scheme, order):
    problem = make()
    A, b = systems(problem, 4)
    steps = 2.0 ** -np.arange(6, 12)
    drifts = [splitting.drift(A, b, problem.minimizer, step, scheme) for step in steps]
    # the next term is O(step) relative, at most 2^-6: slopes within 0.02
    assert fitted_slope(steps, [np.linalg.norm(d) for d in drifts]) == pytest.approx(order, abs=0.02)
    moved = splitting.epoch(A, b, problem.minimizer, 0.1, scheme) - problem.minimizer
    np.testing.assert_allclose(splitting.drift(A, b, problem.minimizer, 0.1, scheme), moved, atol=1e-14)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_drift_constant(scheme):
    problem = make()
    A, b = systems(problem, 4)
    g = splitting.batch_gradients(A, b, problem.minimizer)
    constant = splitting.drift_constant(A, g, scheme)
    # Richardson's combination removes the O(h) term of drift / h^2; what remains is O(h^2) = 1e-6
    h = 1e-3
    coarse, fine = (splitting.drift(A, b, problem.minimizer, s, scheme) / s**2 for s in (h, h / 2))
    np.testing.assert_allclose(2 * fine - coarse, constant, atol=1e-6)
    pairs = [(i, j) for i in range(4) for j in range(i)]
    closed = {
        LIE_EULER: sum(A[i] @ g[j] for i, j in pairs),
        LIE_EXACT: sum(A[i] @ g[j] - A[j] @ g[i] for i, j in pairs) / 2,
        STRANG_EULER: -sum(A[i] @ g[i] for i in range(4)) / 4,
        STRANG_EXACT: np.zeros((3, 2)),
    }[scheme]
    np.testing.assert_allclose(constant, closed, atol=1e-14)


def test_constants_of_the_table_by_partial_sums():
    problem = make()
    A, b = systems(problem, 4)
    g = splitting.batch_gradients(A, b, problem.minimizer)
    G = np.concatenate([np.zeros_like(g[:1]), np.cumsum(g, axis=0)])
    np.testing.assert_allclose(G[-1], 0, atol=1e-14)  # a partition: the hidden hypothesis
    inverse = np.linalg.inv(problem.A)
    exact = inverse @ sum(A[i] @ (G[i] + G[i + 1]) / 2 for i in range(4))
    euler = inverse @ sum(A[i] @ G[i] for i in range(4))
    np.testing.assert_allclose(splitting.leading_bias(problem, 4, LIE_EXACT, FIXED), exact, atol=1e-12)
    np.testing.assert_allclose(splitting.leading_bias(problem, 4, LIE_EULER, FIXED), euler, atol=1e-12)
    A2, b2 = systems(problem, 2)
    g1 = splitting.batch_gradients(A2, b2, problem.minimizer)[0]
    np.testing.assert_allclose(splitting.leading_bias(problem, 2, LIE_EXACT, FIXED), g1 / 2, atol=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("sampling", [RESHUFFLED, REPLACEMENT, ALTERNATING])
@pytest.mark.parametrize("p", [2, 3])
def test_expected_drift_constant_by_enumeration(scheme, sampling, p):
    """Mean over all orders (or all draws) of five data, against the closed form."""
    from itertools import permutations, product

    problem = make(size=5, m=2, n=1)
    if sampling == ALTERNATING:
        orders = None
        bounds = Partitions(5, p).bounds
        parts = np.split(np.arange(5), bounds[1:-1])
        cases = [parts, parts[::-1]]
    else:
        orders = permutations(range(5)) if sampling == RESHUFFLED else product(range(5), repeat=5)
        bounds = Partitions(5, p).bounds
        cases = [np.split(np.array(order), bounds[1:-1]) for order in orders]
    A_i = np.stack([problem.batch([i])[0] for i in range(5)])
    g_i = problem.gradients(problem.minimizer)
    total = np.zeros((2, 1))
    for batches in cases:
        A, g = (np.stack([values[batch].sum(axis=0) for batch in batches]) for values in (A_i, g_i))
        total += splitting.drift_constant(A, g, scheme)
    expected = splitting.expected_drift_constant(problem, p, scheme, sampling)
    np.testing.assert_allclose(total / len(cases), expected, atol=1e-13)


def test_inside_an_epoch_the_partial_gradients_show():
    """After r batches of the stationary epoch, W = W_* + step (delta - G_r) + O(step^2)."""
    problem = make()
    A, b = systems(problem, 4)
    g = splitting.batch_gradients(A, b, problem.minimizer)
    G = np.concatenate([np.zeros_like(g[:1]), np.cumsum(g, axis=0)])
    delta = splitting.leading_bias(problem, 4, LIE_EXACT, FIXED)
    errors = []
    steps = (1e-2, 5e-3)
    for step in steps:
        M, q = splitting.epoch_map(A, b, step, LIE_EXACT)
        stationary = np.linalg.solve(np.eye(3) - M, q)
        states = splitting.substeps(A, b, stationary, step, LIE_EXACT)
        errors.append(np.abs(states - problem.minimizer - step * (delta - G)).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.05)


def test_commutator_explains_the_product_of_exponentials():
    A, _ = systems(make(), 4)
    errors = []
    for t in (0.04, 0.02):
        product = np.eye(3)
        for A_r in A:
            product = expm(-A_r * t) @ product
        errors.append(np.abs(logm(product) + A.sum(axis=0) * t - t**2 * splitting.commutator_sum(A)).max())
    # what remains is O(t^3)
    assert np.log2(errors[0] / errors[1]) == pytest.approx(3, abs=0.05)
    assert np.abs(splitting.commutator_sum(A)).max() > 1e-3


def test_erratum_1_the_loop_to_the_letter_forgets_the_first_batch():
    problem = make()
    A, b = systems(problem, 4)
    rest = np.linalg.solve(A[1:].sum(axis=0), b[1:].sum(axis=0))
    distances = []
    for step in (0.02, 0.01):
        q = splitting.printed_epoch(A, b, np.zeros((3, 2)), step)
        zero = np.zeros((4, 3, 1))
        M = np.column_stack([splitting.printed_epoch(A, zero, e, step) for e in np.eye(3)[:, :, None]])
        fixed = np.linalg.solve(np.eye(3) - M, q)
        distances.append(np.linalg.norm(fixed - rest))
        assert np.linalg.norm(fixed - problem.minimizer) > 0.05
    # an O(step) bias like any fixed order, but about argmin(J - J^1)
    assert np.log2(distances[0] / distances[1]) == pytest.approx(1, abs=0.1)
    np.testing.assert_array_equal(
        splitting.printed_epoch(A, b, rest, 0.3, splitting.PRINTED_LAST), rest - 0.3 * (A[3] @ rest - b[3])
    )
    # with steps that obey (5.31) the distance to argmin(J - J^1) tends to 0
    Wt = np.zeros((3, 2))
    for k in range(4000):
        Wt = splitting.printed_epoch(A, b, Wt, 1 / (k + 1) ** 0.6)
    assert np.linalg.norm(Wt - rest) < 0.02 < np.linalg.norm(Wt - problem.minimizer)


def test_erratum_7_each_factor_has_its_own_matrix():
    problem = make()
    A, b = systems(problem, 4)
    W_r = np.linalg.pinv(A, hermitian=True) @ b
    E = np.stack([expm(-0.3 * A_r) for A_r in A])
    Wt = np.ones((3, 2))

    def composed(own_index):
        total = np.zeros((3, 2))
        for r in range(4):
            product = np.eye(3)
            for s in range(r + 1, 4):
                product = E[s if own_index else r] @ product
            total = total + product @ (np.eye(3) - E[r]) @ W_r[r]
        return total + E[3] @ E[2] @ E[1] @ E[0] @ Wt

    expected = splitting.epoch(A, b, Wt, 0.3, LIE_EXACT)
    np.testing.assert_allclose(composed(True), expected, atol=1e-12)
    assert np.abs(composed(False) - expected).max() > 1e-3


def test_erratum_8_batch_minimizers_sum_to_b():
    problem = make()
    A, b = systems(problem, 12)  # one datum a batch: singular matrices
    W_r = np.linalg.pinv(A, hermitian=True, rcond=1e-12) @ b
    total = (A @ W_r).sum(axis=0)
    np.testing.assert_allclose(total, problem.A @ problem.minimizer, atol=1e-14)
    np.testing.assert_allclose(total, problem.b, atol=1e-14)
    assert np.abs(total - problem.A @ np.ones((3, 2))).max() > 0.1


def test_stability_limit_holds_for_any_order():
    problem = make()
    A, _ = systems(problem, 4)
    limit = splitting.euler_stability_limit(A)
    rng = np.random.default_rng(3)
    for _ in range(20):
        order = rng.permutation(4)
        M, _ = splitting.epoch_map(A[order], np.zeros((4, 3, 1)), 0.999 * limit)
        assert np.linalg.norm(M, 2) <= 1 + 1e-12
        M, _ = splitting.epoch_map(A[order], np.zeros((4, 3, 1)), 0.999 * 2 * limit, STRANG_EULER)
        assert np.linalg.norm(M, 2) <= 1 + 1e-12  # half steps: twice the limit
    assert splitting.euler_stability_limit(A, STRANG_EULER) == 2 * limit
    assert splitting.euler_stability_limit(A, LIE_EXACT) == np.inf
    one, _ = splitting.epoch_map(problem.A[None], np.zeros((1, 3, 1)), 1.001 * 2 / problem.norm_A)
    assert np.abs(np.linalg.eigvals(one)).max() > 1


def test_small_batches_allow_larger_steps_and_smaller_learning_rates():
    """Batches cut in halves, on random data: A_r / B is a mean of the halves' own, A_r their sum."""
    for seed in range(20):
        problem = make(seed, size=16)
        limits = [splitting.euler_stability_limit(systems(problem, p)[0]) for p in (1, 2, 4, 8, 16)]
        rates = [16 / p * limit for p, limit in zip((1, 2, 4, 8, 16), limits, strict=True)]
        assert np.all(np.diff(limits) >= 0) and np.all(np.diff(rates) <= 0)


def test_with_replacement_euler_has_no_bias():
    """The mean over all 27 draws of three data, one a batch: E[q] = 0 at W_*, and the mean stays there."""
    from itertools import product

    problem = make(size=3, m=2, n=1)
    total = np.zeros((2, 1))
    for drawn in product(range(3), repeat=3):
        A, b = splitting.batch_systems(problem, [[i] for i in drawn])
        total = total + splitting.drift(A, b, problem.minimizer, 0.3)
    np.testing.assert_allclose(total, 0, atol=1e-14)


@pytest.mark.parametrize("step", [0, -0.1, np.nan, np.inf, "fast", None])
def test_bad_step(step):
    A, b = systems(make(), 2)
    with pytest.raises(ValueError, match=r"^Δt must be a number, Δt > 0; got "):
        splitting.epoch(A, b, np.zeros((3, 2)), step)


def test_unknown_names():
    A, b = systems(make(), 2)
    with pytest.raises(ValueError, match="scheme must be one of"):
        splitting.epoch(A, b, np.zeros((3, 2)), 0.1, "Trotter")
    with pytest.raises(ValueError, match="sampling must be one of"):
        splitting.leading_bias(make(), 2, LIE_EULER, "sorted")
