"""Least squares: A, b, the minimizer, the minimum-norm limit, the exact flow of one batch."""

import numpy as np
import pytest
from scipy.linalg import expm

from helpers.mathematics.least_squares import (
    LeastSquares,
    exact_flow,
    flow_map,
    phi_1,
    plane_data,
    standardize,
)


def random_problem(rng, size=9, m=3, n=2, bias=False):
    """Least squares with unequal weights."""
    return LeastSquares(
        rng.standard_normal((size, m)), rng.standard_normal((size, n)), rng.uniform(0.2, 2, size), bias
    )


@pytest.mark.parametrize("bias", [False, True])
def test_gradient_of_J(bias):
    rng = np.random.default_rng(1)
    problem = random_problem(rng, bias=bias)
    Wt = rng.standard_normal((problem.m, problem.n))
    step = 1e-6
    for index in np.ndindex(Wt.shape):
        shift = np.zeros_like(Wt)
        shift[index] = step
        slope = (problem.J(Wt + shift) - problem.J(Wt - shift)) / (2 * step)
        # J is quadratic: central differences are exact but for rounding, about eps * J / step = 1e-8
        assert slope == pytest.approx(problem.gradient(Wt)[index], abs=1e-6)
    np.testing.assert_allclose(problem.gradient(Wt), problem.A @ Wt - problem.b, atol=1e-12)
    np.testing.assert_allclose(problem.gradients(Wt).sum(axis=0), problem.gradient(Wt), atol=1e-12)


def test_bias_is_an_extra_coordinate():
    rng = np.random.default_rng(2)
    problem = random_problem(rng, bias=True)
    Wt = rng.standard_normal((4, 2))
    shifted = problem.x[:, :3] @ Wt[:3] + Wt[3] - problem.y
    assert problem.J(Wt) == pytest.approx((problem.alpha[:, None] * shifted**2).sum())


def test_minimizer_and_erratum_2_the_weights_belong_on_the_right():
    rng = np.random.default_rng(3)
    problem = random_problem(rng)
    np.testing.assert_allclose(problem.gradient(problem.minimizer), 0, atol=1e-12)
    printed = np.linalg.solve(problem.A / 2, problem.x.T @ problem.y)
    assert np.linalg.norm(problem.gradient(printed)) > 0.1
    equal = LeastSquares(problem.x, problem.y)
    printed = np.linalg.solve(equal.A / 2, equal.x.T @ equal.y)
    np.testing.assert_allclose(printed, equal.minimizer, atol=1e-12)  # equal unit weights hide the slip


def test_erratum_3_the_factor_two():
    rng = np.random.default_rng(4)
    problem = random_problem(rng)
    book_A = np.einsum("i,ij,ik->jk", problem.alpha, problem.x, problem.x)
    Wt = rng.standard_normal((3, 2))
    ratio = problem.gradient(Wt) / (book_A @ (Wt - problem.minimizer))
    np.testing.assert_allclose(ratio, 2.0, rtol=1e-9)


def test_spectrum():
    rng = np.random.default_rng(5)
    problem = random_problem(rng)
    np.testing.assert_allclose(problem.eigenvalues, np.linalg.eigvalsh(problem.A), rtol=1e-10)
    assert problem.spans and problem.rank == 3
    assert problem.trace_A == pytest.approx(np.trace(problem.A))
    assert problem.condition_number == pytest.approx(np.linalg.cond(problem.A))


@pytest.mark.parametrize("size", [2, 9])
def test_minimum_norm_limit_when_the_data_do_not_span(size):
    rng = np.random.default_rng(6)
    x = rng.standard_normal((size, 2)) @ rng.standard_normal((2, 4))
    problem = LeastSquares(x, rng.standard_normal((size, 3)), rng.uniform(0.5, 2, size))
    assert not problem.spans and problem.rank == 2
    assert problem.lambda_min == 0 and problem.condition_number == np.inf and problem.lambda_positive > 0
    np.testing.assert_allclose(
        problem.minimizer, np.linalg.pinv(problem.A, rcond=1e-12) @ problem.b, atol=1e-9
    )
    Wt0 = rng.standard_normal((4, 3))
    # the slowest mode has decayed by exp(-40): below rounding
    end = problem.flow(Wt0, 40 / problem.lambda_positive)
    np.testing.assert_allclose(end, problem.limit(Wt0), atol=1e-9)
    np.testing.assert_allclose(problem.kernel_projector @ end, problem.kernel_projector @ Wt0, atol=1e-9)
    assert np.linalg.norm(end - problem.minimizer) > 0.1


def test_zero_data_leave_the_start_where_it_is():
    problem = LeastSquares(np.zeros((3, 2)), np.ones(3))
    start = np.array([[1.0], [-2.0]])
    assert problem.rank == 0 and problem.lambda_positive == 0
    np.testing.assert_array_equal(problem.limit(start), start)


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_exact_flow_against_expm(batch):
    """The batch of one or two data has a singular A_r; the augmented matrix exponential needs no
    inverse."""
    rng = np.random.default_rng(batch)
    problem = random_problem(rng, size=batch, m=4)
    A, b = problem.A, problem.b
    Wt0 = rng.standard_normal((4, 2))
    for time in (0.0, 1e-6, 0.3, 2.0):
        augmented = np.block([[-A, b], [np.zeros((2, 6))]]) * time
        expected = expm(augmented) @ np.vstack([Wt0, np.eye(2)])
        np.testing.assert_allclose(exact_flow(A, b, Wt0, time), expected[:4], atol=1e-11)


def test_flow_map_of_a_stack_agrees_with_single_ones():
    rng = np.random.default_rng(7)
    problems = [random_problem(rng, size=s) for s in (1, 3, 5)]
    times = np.array([0.1, 0.2, 0.7])
    E, s = flow_map(np.stack([q.A for q in problems]), np.stack([q.b for q in problems]), times)
    for i, q in enumerate(problems):
        single = flow_map(q.A, q.b, times[i])
        np.testing.assert_allclose(E[i], single[0], atol=1e-14)
        np.testing.assert_allclose(s[i], single[1], atol=1e-13)


def test_erratum_4_the_flow_does_not_depend_on_the_choice_of_batch_minimizer():
    rng = np.random.default_rng(8)
    problem = random_problem(rng, size=2, m=4)
    Wt0 = rng.standard_normal((4, 2))
    decay = expm(-0.3 * problem.A)
    for kernel_part in (0.0, 1.0, 10.0):
        W_r = problem.minimizer + kernel_part * problem.kernel_projector @ rng.standard_normal((4, 2))
        printed = (np.eye(4) - decay) @ W_r + decay @ Wt0
        np.testing.assert_allclose(printed, exact_flow(problem.A, problem.b, Wt0, 0.3), atol=1e-13)


def test_phi_1():
    z = np.array([0.0, -1e-12, -1e-3, -1.0, -800.0])
    # Taylor to third order is exact to 1e-16 for |z| <= 1e-3 ... (z^3/24 = 4e-11 kept)
    series = 1 + z / 2 + z**2 / 6 + z**3 / 24 + z**4 / 120
    np.testing.assert_allclose(phi_1(z)[:3], series[:3], rtol=1e-15)
    np.testing.assert_allclose(phi_1(z)[3:], [1 - np.exp(-1), 1 / 800], rtol=1e-15)


def test_standardize():
    rng = np.random.default_rng(9)
    raw = np.column_stack([rng.normal(3, 7, 50), rng.normal(-1e3, 1e-2, 50), np.full(50, 0.1)])
    scaled, mean, scale = standardize(raw)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(scaled.std(axis=0)[:2], 1)
    np.testing.assert_allclose(scaled[:, 2], 0, atol=1e-15)
    np.testing.assert_allclose(scaled * scale + mean, raw)


def test_default_plane_data():
    problem = plane_data()
    again = plane_data()
    np.testing.assert_array_equal(problem.x, again.x)
    assert (problem.m, problem.n) == (2, 1)
    assert problem.norm_A == pytest.approx(1.0) and problem.condition_number == pytest.approx(4.0)
    assert problem.J(problem.minimizer) > 0.01  # the batches disagree


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((0, 2)), np.zeros(0)), "at least one datum"),
        ((np.ones((3, 2)), np.ones(4)), "as many data"),
        ((np.ones((3, 2)), np.ones(3), np.ones(2)), "one weight a datum"),
        ((np.ones((3, 2)), np.ones(3), [1, 1, 0]), "αᵢ must be"),
        ((np.ones((3, 2)), np.ones(3), [1, 1, -2]), "αᵢ must be"),
        ((np.ones((3, 2)), np.ones(3), [1, 1, np.nan]), "αᵢ must be"),
        ((np.ones((3, 2)), [1, np.nan, 1]), "finite"),
        ((np.full((3, 2), np.inf), np.ones(3)), "finite"),
        ((np.ones((3, 2, 2)), np.ones(3)), "dimensions"),
        (("abc", np.ones(3)), "numbers"),
    ],
)
def test_bad_data(arguments, message):
    with pytest.raises(ValueError, match=message):
        LeastSquares(*arguments)


@pytest.mark.parametrize("Wt", [np.ones(3), np.ones((2, 2)), np.full((2, 1), np.nan)])
def test_bad_unknown(Wt):
    with pytest.raises(ValueError, match="Wᵗ"):
        plane_data().gradient(Wt)


def test_bad_default_data():
    with pytest.raises(ValueError, match="size"):
        plane_data(size=1)
    with pytest.raises(ValueError, match="features"):
        standardize(np.zeros((0, 3)))
