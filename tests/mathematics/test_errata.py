"""What §5.3.2 prints and what is meant: the corrections that are equations of one batch or one epoch."""

import numpy as np
import pytest

from helpers.mathematics import splitting
from helpers.mathematics.convergence import problem_in_the_plane
from helpers.mathematics.least_squares import LeastSquares, exact_flow
from helpers.mathematics.time_steps import Power


def test_erratum_1_two_literal_readings():
    """Both by loops of their own, on batches that stay: minimizers of J - J^1 and of J^p."""
    plane = problem_in_the_plane()
    A, b = splitting.batch_systems(plane, np.split(np.arange(16), 4))
    ends = {}
    for reading in (splitting.PRINTED, splitting.PRINTED_LAST):
        W = own = np.ones((2, 1))
        for tau in Power(1.0, 0.6).steps(20_000):
            W = splitting.printed_epoch(A, b, W, tau, reading)
            if reading == splitting.PRINTED:
                for r in (1, 2, 3):
                    own = own - tau * (A[r] @ own - b[r])
            else:
                own = own - tau * (A[3] @ own - b[3])
        np.testing.assert_allclose(W, own, atol=1e-12)
        ends[reading] = W
    without_first = np.linalg.solve(A[1:].sum(axis=0), b[1:].sum(axis=0))
    # the distance is of the size of the last step, 0.003
    assert np.linalg.norm(ends[splitting.PRINTED] - without_first) < 5e-3
    assert np.linalg.norm(ends[splitting.PRINTED_LAST] - np.linalg.solve(A[3], b[3])) < 5e-3
    for W in ends.values():
        assert np.linalg.norm(W - plane.minimizer) > 0.5


def test_erratum_3_the_factor_2():
    """By finite differences of J: the gradient is twice the printed A (W - W_*), whatever the weights."""
    rng = np.random.default_rng(3)
    problem = LeastSquares(rng.normal(size=(9, 2)), rng.normal(size=(9, 1)), rng.uniform(0.2, 3, 9))
    printed_A = sum(a * np.outer(x, x) for a, x in zip(problem.alpha, problem.x, strict=True))
    W, h = rng.normal(size=(2, 1)), 1e-6
    moved = [W + h * np.eye(2)[:, [i]] for i in range(2)], [W - h * np.eye(2)[:, [i]] for i in range(2)]
    slopes = [(problem.J(up) - problem.J(down)) / (2 * h) for up, down in zip(*moved, strict=True)]
    np.testing.assert_allclose(slopes, 2 * (printed_A @ (W - problem.minimizer))[:, 0], rtol=1e-7)


def test_errata_4_and_8_minimizers_of_the_batches():
    rng = np.random.default_rng(4)
    problem = LeastSquares(rng.normal(size=(6, 3)), rng.normal(size=(6, 1)), rng.uniform(0.5, 2, 6))
    A, b = splitting.batch_systems(problem, np.split(np.arange(6), 3))  # two data each: rank 2 of 3
    W_r = np.linalg.pinv(A) @ b
    W, kernel = rng.normal(size=(3, 1)), np.linalg.eigh(A[0])[1][:, :1]
    for choice in (W_r[0], W_r[0] + 100 * kernel):
        end = choice + exact_flow(A[0], 0 * b[0], W - choice, 0.5)
        np.testing.assert_allclose(end, exact_flow(A[0], b[0], W, 0.5), atol=1e-11)
    np.testing.assert_allclose((A @ W_r).sum(axis=0), problem.A @ problem.minimizer, atol=1e-12)
    assert np.abs((A @ W_r).sum(axis=0) - problem.A @ W).max() > 0.1  # as printed


@pytest.mark.parametrize(("bias", "rank"), [(False, 2), (True, 2)])
def test_lemma_with_a_bias(bias, rank):
    """(1, 2), (2, 1), (0, 3) span the plane; with 1 appended they have rank 2 of 3."""
    problem = LeastSquares([[1.0, 2], [2, 1], [0, 3]], [1.0, 0, 2], [1, 2, 3], bias=bias)
    assert problem.rank == rank and problem.spans is not bias
    begin = np.arange(1.0, problem.m + 1)[:, None]
    end = problem.flow(begin, 1e4)
    minimum_norm = np.linalg.pinv(problem.A) @ problem.b
    kernel = begin - np.linalg.pinv(problem.A) @ problem.A @ begin
    np.testing.assert_allclose(end, minimum_norm + kernel, atol=1e-9)
    np.testing.assert_allclose(problem.gradient(end), 0, atol=1e-9)
