"""Least squares is content with the start 0: both methods then reach the minimum-norm solution."""

import inspect

import numpy as np
import pytest
from scipy.sparse.linalg import cg

from helpers.mathematics.conjugate_gradient import (
    conjugate_gradient,
    course,
    gradient_descent,
    kernel_part,
    one_line,
    underdetermined,
)
from helpers.mathematics.least_squares import LeastSquares

METHODS = [conjugate_gradient, lambda problem, start: gradient_descent(problem, start, steps=3000)]


@pytest.mark.parametrize("method", METHODS, ids=["conjugate gradient", "gradient descent"])
@pytest.mark.parametrize("seed", range(5))
def test_from_zero_the_minimum_norm_solution(method, seed):
    problem = underdetermined(3, 6, seed=seed)
    end = method(problem, np.zeros(6))[-1]
    expected = np.linalg.lstsq(problem.x, problem.y, rcond=None)[0]
    # A of condition number up to 1e3 on its range; the residual is at rounding
    np.testing.assert_allclose(end, expected, atol=1e-10)
    np.testing.assert_allclose(problem.x @ end, problem.y, atol=1e-10)


@pytest.mark.parametrize("method", METHODS, ids=["conjugate gradient", "gradient descent"])
@pytest.mark.parametrize("seed", range(5))
def test_from_elsewhere_the_kernel_part_of_the_start_remains(method, seed):
    problem, rng = underdetermined(3, 6, seed=seed), np.random.default_rng(100 + seed)
    start = rng.normal(size=6)
    path = method(problem, start)
    _, _, rows = np.linalg.svd(problem.x)
    kernel = rows[3:].T @ rows[3:]
    minimum_norm = np.linalg.pinv(problem.x) @ problem.y[:, 0]
    np.testing.assert_allclose(path[-1][:, 0], minimum_norm + kernel @ start, atol=1e-10)
    assert np.linalg.norm(path[-1]) > np.linalg.norm(minimum_norm)
    # at every iterate, not only at the end: directions lie in the range of A, to accumulated rounding
    parts = kernel_part(problem, path)
    np.testing.assert_allclose(parts, np.broadcast_to(parts[0], parts.shape), atol=1e-11)


@pytest.mark.parametrize("method", METHODS, ids=["conjugate gradient", "gradient descent"])
def test_for_positive_A_the_start_does_not_change_the_limit(method):
    rng = np.random.default_rng(7)
    problem = LeastSquares(rng.normal(size=(12, 4)), rng.normal(size=12), rng.uniform(0.5, 2, 12))
    expected = np.linalg.solve(problem.A, problem.b)
    for start in (np.zeros(4), 10 * rng.normal(size=4)):
        np.testing.assert_allclose(method(problem, start)[-1], expected, atol=1e-10)
        assert not kernel_part(problem, start).any()


def test_scipy_starts_conjugate_gradient_from_zero_when_nothing_is_said():
    assert inspect.signature(cg).parameters["x0"].default is None
    problem, seen = underdetermined(3, 6, seed=2), []
    right = problem.b[:, 0]
    for options in ({}, {"x0": np.zeros(6)}):
        iterates = []
        cg(problem.A, right, rtol=1e-12, callback=lambda w, kept=iterates: kept.append(w.copy()), **options)
        seen.append(iterates)
    np.testing.assert_array_equal(seen[0], seen[1])


def test_least_squares_has_symmetries_too_and_convexity_makes_them_harmless():
    """Two equal columns: from 0 their unknowns stay equal for ever, and J is minimal all the same."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(9, 3)), rng.normal(size=9)
    problem = LeastSquares(np.column_stack([x, x[:, 2]]), y)
    path = gradient_descent(problem, np.zeros(4), steps=2000)
    assert np.abs(path[:, 2] - path[:, 3]).max() < 1e-13
    assert problem.rank == 3
    residual = x @ np.linalg.lstsq(x, y, rcond=None)[0] - y
    assert float(problem.J(path[-1])) == pytest.approx(residual @ residual, rel=1e-10)
    assert problem.eigenvalues.min() > -1e-12  # convex: A has no negative eigenvalue, hence no saddle


@pytest.mark.parametrize("start", [(0.0, 0.0), (-1.0, 2.0), (-1.5, -0.5), (1.2, 0.6), (100.0, -100.0)])
@pytest.mark.parametrize("theta", [0.05, 1.0, 1.95])
def test_a_course_holds_both_methods_on_both_problems(start, theta):
    plane, large = one_line(), underdetermined(6, 12, seed=54)
    direction = np.eye(12)[0]
    found, start = course(plane, large, start, direction, theta, 40), np.array(start)
    size = 1 + np.linalg.norm(start)
    along = np.array([-1.0, 2.0]) / 5**0.5
    np.testing.assert_allclose(found.least, [1.2, 0.6], rtol=1e-14)
    np.testing.assert_allclose(found.kernel, along * (along @ start), atol=1e-14 * size)
    np.testing.assert_allclose(found.conjugate[-1], found.least + found.kernel, atol=1e-13 * size)
    assert found.gap < 1e-13 * size and found.in_range == (abs(along @ start) < 1e-12)
    path = gradient_descent(plane, start, step=theta / 10, steps=40)[..., 0]  # ‖A‖ = 2 |(2, 1)|² = 10
    np.testing.assert_allclose(found.descent, path, rtol=0, atol=1e-13 * size)
    far = np.linalg.norm(start) * direction
    path = gradient_descent(large, far, step=theta / large.norm_A, steps=40)[..., 0]
    errors = np.linalg.norm(path - large.limit(far)[:, 0], axis=1)
    np.testing.assert_allclose(found.descent_error, errors, rtol=0, atol=1e-12 * size)
    path = conjugate_gradient(large, far)[..., 0]
    errors = np.linalg.norm(path - large.limit(far)[:, 0], axis=1)
    assert found.iterations == 6 == np.sum(errors > 1e-10 * errors[0])  # the rank
    assert found.drift.max() < 1e-12 * size
    # a tenth: other processors add in another order; at 100 the drift itself comes to 9e-13
    assert max(found.gap, found.moved) < 0.1 * found.rounding


def test_conjugate_gradient_needs_as_many_steps_as_the_rank():
    problem = underdetermined(3, 6, seed=1)
    path = conjugate_gradient(problem, np.zeros(6))
    np.testing.assert_allclose(path[3][:, 0], np.linalg.pinv(problem.x) @ problem.y[:, 0], atol=1e-10)
    assert np.linalg.norm(path[2] - path[3]) > 1e-3
    # while gradient descent is still far after as many
    assert np.linalg.norm(gradient_descent(problem, np.zeros(6), steps=3)[-1] - path[3]) > 1e-2


def test_several_outputs_at_once_and_inconsistent_data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 3)) @ rng.normal(size=(3, 6))  # 8 data spanning 3 of 6 dimensions
    problem = LeastSquares(x, rng.normal(size=(8, 2)))  # not solvable, but b is in the range of A
    start = rng.normal(size=(6, 2))
    expected = problem.limit(start)
    for j in range(2):
        one = LeastSquares(x, problem.y[:, j])
        np.testing.assert_allclose(conjugate_gradient(one, start[:, j])[-1, :, 0], expected[:, j], atol=1e-9)
    np.testing.assert_allclose(gradient_descent(problem, start, steps=5000)[-1], expected, atol=1e-9)
    runs = gradient_descent(problem, np.stack([start, 0 * start]), steps=10)
    assert runs.shape == (11, 2, 6, 2)
    np.testing.assert_allclose(runs[:, 0], gradient_descent(problem, start, steps=10), rtol=1e-12, atol=1e-13)


def test_a_solution_is_left_where_it_is():
    problem = one_line((2.0, 1.0), 3.0)
    for start in ([1.0, 1.0], [0.0, 3.0]):
        assert np.abs(conjugate_gradient(problem, start) - np.array(start)[:, None]).max() < 1e-15
    nothing = one_line((1.0, 0.0), 0.0)
    assert np.array_equal(conjugate_gradient(nothing, [0.0, 5.0])[-1], [[0.0], [5.0]])


def test_right_side_zero_leaves_only_the_kernel_part():
    """SciPy's own shortcut for b = 0 would answer 0, and forget the start."""
    problem = LeastSquares(np.random.default_rng(4).normal(size=(3, 6)), np.zeros(3))
    start = np.arange(6.0)
    for method in METHODS:
        np.testing.assert_allclose(method(problem, start)[-1], kernel_part(problem, start), atol=1e-11)


@pytest.mark.parametrize("seed", range(5))
def test_no_step_is_wasted_on_rounding(seed):
    problem, rng = underdetermined(3, 6, seed=seed), np.random.default_rng(100 + seed)
    solution = problem.limit(1e3 * rng.normal(size=6))  # A times it is b but for rounding
    assert len(conjugate_gradient(problem, solution)) == 1
    assert len(conjugate_gradient(problem, np.zeros(6))) <= 3 + 1 + 2  # the rank, and two for rounding


def test_one_equation_in_the_plane():
    end = conjugate_gradient(one_line((2.0, 1.0), 3.0), [0.0, 0.0])[-1, :, 0]
    np.testing.assert_allclose(end, [1.2, 0.6], rtol=1e-14)
    end = conjugate_gradient(one_line((2.0, 1.0), 3.0), [-1.0, 2.0])[-1, :, 0]
    np.testing.assert_allclose(end, [0.2, 2.6], rtol=1e-14)  # plus (-1, 2), which is the kernel


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: underdetermined(6, 6), "data must be fewer than unknowns"),
        (lambda: conjugate_gradient(one_line(), [0.0, 0, 0]), "must have shape"),
        (lambda: conjugate_gradient(one_line(), [0.0, np.nan]), "finite"),
        (lambda: conjugate_gradient(one_line(), np.zeros((3, 2, 1))), "must be one W"),
        (lambda: gradient_descent(one_line(), [0.0, 0], step=0.2), "0 < Δt ‖A‖ < 2; got 2"),
        (lambda: gradient_descent(one_line(), [0.0, 0], step=0), "Δt > 0; got 0"),
        (lambda: course(one_line(), one_line(), [0, 0], [1, 0], 2.0, 5), "0 < Δt ‖A‖ < 2; got 2"),
        (lambda: gradient_descent(one_line(), [0.0, 0], steps=0), "the number of steps ≥ 1"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()
