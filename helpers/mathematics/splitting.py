"""One epoch over batches as a splitting of the gradient flow (section 5.3.1).

Schemes: Lie (each batch once, full steps) and Strang (half steps forward, then half steps backward), each
with explicit Euler sub-steps (the fully discrete version) or with exact sub-flows (Eq. (5.29),
reconstructed). A batch is the pair A_r (m, m), b_r (m, n) of its gradient A_r W^t - b_r; stacks have the
batch as first axis.
"""

import numpy as np

from helpers.mathematics import checks, partitions
from helpers.mathematics.least_squares import LeastSquares, exact_flow, flow_map
from helpers.mathematics.partitions import ALTERNATING, FIXED, REPLACEMENT

LIE_EULER = "Lie, Euler"
LIE_EXACT = "Lie, exact flows"
STRANG_EULER = "Strang, Euler"
STRANG_EXACT = "Strang, exact flows"
PRINTED = "as printed, r = 2..p"
PRINTED_LAST = "as printed, each from Wₖ"
SCHEMES = (LIE_EULER, LIE_EXACT, STRANG_EULER, STRANG_EXACT)


def uses_exact_flows(scheme: str) -> bool:
    """Whether the sub-steps are exact flows rather than explicit Euler."""
    return checks.one_of("scheme", scheme, SCHEMES) in (LIE_EXACT, STRANG_EXACT)


def is_strang(scheme: str) -> bool:
    """Whether the sweep goes forward and backward with half steps."""
    return checks.one_of("scheme", scheme, SCHEMES) in (STRANG_EULER, STRANG_EXACT)


def sweep(p: int, scheme: str) -> list[tuple[int, float]]:
    """The sub-steps of one epoch as pairs (batch, fraction of the time step)."""
    if not is_strang(scheme):
        return [(r, 1.0) for r in range(p)]
    return [(r, 0.5) for r in range(p)] + [(r, 0.5) for r in reversed(range(p))]


def batch_systems(problem: LeastSquares, batches) -> tuple[np.ndarray, np.ndarray]:
    """Stacks A (p, m, m) and b (p, m, n) of the index arrays in ``batches``."""
    pairs = [problem.batch(indices) for indices in batches]
    return np.stack([A for A, _ in pairs]), np.stack([b for _, b in pairs])


def sub_step(A_r, b_r, Wt, step: float, scheme: str) -> np.ndarray:
    """One sub-step on one batch: W^t - step (A_r W^t - b_r), or the exact flow over ``step``."""
    if uses_exact_flows(scheme):
        return exact_flow(A_r, b_r, Wt, step)
    return Wt - step * (A_r @ Wt - b_r)


def substeps(A, b, Wt, step: float, scheme: str = LIE_EULER) -> np.ndarray:
    """All states of one epoch from ``Wt`` (m, n): (p + 1, m, n) for Lie, (2 p + 1, m, n) for Strang."""
    step = checks.TIME_STEP.check(step)
    states = [np.asarray(Wt, dtype=float)]
    for r, fraction in sweep(len(A), scheme):
        states.append(sub_step(A[r], b[r], states[-1], fraction * step, scheme))
    return np.stack(states)


def epoch(A, b, Wt, step: float, scheme: str = LIE_EULER) -> np.ndarray:
    """W_{k+1}^t after one epoch from W_k^t = ``Wt``."""
    return substeps(A, b, Wt, step, scheme)[-1]


def epoch_map(A, b, step: float, scheme: str = LIE_EULER) -> tuple[np.ndarray, np.ndarray]:
    """M (m, m) and q (m, n) of the affine map W^t -> M W^t + q that one epoch is."""
    step = checks.TIME_STEP.check(step)
    M, q = np.eye(A.shape[-1]), np.zeros_like(b[0])
    for r, fraction in sweep(len(A), scheme):
        if uses_exact_flows(scheme):
            E, s = flow_map(A[r], b[r], fraction * step)
        else:
            E, s = np.eye(A.shape[-1]) - fraction * step * A[r], fraction * step * b[r]
        M, q = E @ M, E @ q + s
    return M, q


def printed_sweep(p: int, reading: str = PRINTED) -> list[int]:
    """The batches that the printed loop r = 2..p visits, in a literal reading.

    The text starts sub-step r from Z^{r-1}(0). PRINTED takes that for the *end* of sub-step r - 1: all
    batches but the first are visited. PRINTED_LAST takes it for W_k throughout: only the last one is left in
    W_{k+1}.
    """
    checks.one_of("the reading", reading, (PRINTED, PRINTED_LAST))
    return list(range(1, p))[-1 if reading == PRINTED_LAST else 0 :]


def printed_epoch(A, b, Wt, step: float, reading: str = PRINTED) -> np.ndarray:
    """W_{k+1}^t by the printed loop r = 2..p with explicit Euler, in a literal ``reading``.

    With batches that stay and steps of (5.31) PRINTED converges to the minimizer of J - J^1.
    """
    visited = printed_sweep(len(A), reading)
    if not visited:
        return np.asarray(Wt, dtype=float)
    return epoch(A[visited], b[visited], Wt, step)


def drift(A, b, Wt_star, step: float, scheme: str = LIE_EULER) -> np.ndarray:
    """Displacement of W_*^t by one epoch, (m, n): O(step^2), O(step^3) for Strang with exact flows.

    Computed on the error W^t - W_*^t, so that small drifts keep their digits.
    """
    return epoch(A, batch_gradients(A, b, Wt_star) * -1.0, np.zeros_like(b[0]), step, scheme)


def batch_gradients(A, b, Wt) -> np.ndarray:
    """Transposed gradients A_r W^t - b_r of the batches, (p, m, n); their sum is 0 at W_* for a
    partition.
    """
    return A @ np.asarray(Wt, dtype=float) - b


def drift_constant(A, g, scheme: str = LIE_EULER) -> np.ndarray:
    """Limit of drift / step^2 as step -> 0, (m, n), from the A_r and the g_r = grad J^r(W_*).

    For a partition, sum g_r = 0: Lie with Euler sum_{i>j} A_i g_j; Lie with exact flows 1/2 sum_{i>j}
    (A_i g_j - A_j g_i); Strang with Euler -1/4 sum A_i g_i; Strang with exact flows 0.
    """
    total = np.zeros_like(np.asarray(g[0], dtype=float))
    before = np.zeros_like(total)
    for r, fraction in sweep(len(A), scheme):
        # second-order term of a composition: every later A acts on the displacement -g already made
        total = total + fraction * (A[r] @ before)
        if uses_exact_flows(scheme):
            total = total + 0.5 * fraction**2 * (A[r] @ g[r])
        before = before + fraction * g[r]
    return total


def expected_drift_constant(problem: LeastSquares, p: int, scheme: str, sampling: str) -> np.ndarray:
    """Mean over the partitions of drift / step^2 as step -> 0, (m, n).

    In random order the commutators average out and only the mean of sum_r A_r g_r remains, which for
    random batches is (1 - P) sum_i a_i gamma_i over the *data*, P the probability that two data share a
    batch.  The epochs of "alternating" are taken in pairs.
    """
    checks.one_of("scheme", scheme, SCHEMES)
    A_i = 2 * problem.alpha[:, None, None] * problem.x[:, :, None] * problem.x[:, None, :]
    g_i = problem.gradients(problem.minimizer)
    bounds = partitions.batch_bounds(problem.size, p)
    if checks.one_of("sampling", sampling, partitions.SAMPLINGS) == REPLACEMENT:
        own = np.einsum("ijk,ikl->jl", A_i, g_i)
        return own * {LIE_EULER: 0.0, STRANG_EULER: 0.25}.get(scheme, 0.5)
    if sampling in (FIXED, ALTERNATING):
        A, g = (np.add.reduceat(values, bounds[:-1], axis=0) for values in (A_i, g_i))
        if sampling == FIXED:
            return drift_constant(A, g, scheme)
        return 0.5 * (drift_constant(A, g, scheme) + drift_constant(A[::-1], g[::-1], scheme))
    own = (1 - partitions.same_batch_probability(problem.size, p)) * np.einsum("ijk,ikl->jl", A_i, g_i)
    return own * {LIE_EULER: -0.5, STRANG_EULER: -0.25}.get(scheme, 0.0)


def leading_bias(problem: LeastSquares, p: int, scheme: str, sampling: str) -> np.ndarray:
    """Limit of (mean of W^t - W_*^t) / step for a constant step, (m, n): A^{-1} (pseudo-inverse) of the
    mean drift.
    """
    return np.linalg.pinv(problem.A, hermitian=True) @ expected_drift_constant(problem, p, scheme, sampling)


def commutator_sum(A) -> np.ndarray:
    """1/2 sum_{i>j} [A_i, A_j], (m, m): prod e^{-A_r t} = exp(-A t + t^2 times this + O(t^3))."""
    total = np.zeros_like(np.asarray(A[0], dtype=float))
    before = np.zeros_like(total)
    for A_r in A:
        total = total + A_r @ before - before @ A_r
        before = before + A_r
    return 0.5 * total


def euler_stability_limit(A, scheme: str = LIE_EULER) -> float:
    """2 / max_r ||A_r||: below it explicit Euler is stable whatever the order of the batches.

    Twice as much for Strang, which makes half steps; ``inf`` for exact flows.
    """
    if uses_exact_flows(scheme):
        return float("inf")
    largest = float(np.linalg.eigvalsh(np.asarray(A, dtype=float))[..., -1].max())
    return (4.0 if is_strang(scheme) else 2.0) / largest
