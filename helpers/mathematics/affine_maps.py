"""The affine maps e -> M e + q of many epochs at once, and their composition along the epochs.

For least squares every epoch is such a map of the error e = W^t - W_*^t.  Two layouts: components first
for m <= 3 (arrays over epochs and runs, no small matrix product), stacks of matrices otherwise, but for
batches of one datum.  Batches are given by the sums of ``batch_components``: (c, p, epochs, runs), where
an axis along which nothing changes has length 1.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from helpers.mathematics.least_squares import LeastSquares, phi_1
from helpers.mathematics.splitting import is_strang, sweep, uses_exact_flows

COLUMNS = 8192  # epochs x runs treated together: the working arrays stay in the processor's cache
SWEEP_VALUES = 2**18  # entries of all sub-step maps held for a symmetric sweep


def symmetric_components(problem: LeastSquares) -> np.ndarray:
    """A_i (upper triangle) and g_i = grad phi_i(W_*) of every datum, (m (m+1)/2 + m n, N)."""
    rows, columns = np.triu_indices(problem.m)
    matrices = 2 * problem.alpha * problem.x.T[rows] * problem.x.T[columns]
    gradients = problem.gradients(problem.minimizer).reshape(problem.size, -1).T
    return np.concatenate([matrices, gradients])


class ComponentBatches:
    """Batches as component arrays, for m <= 3: A[i][j] and g[i, l] of shape (p, epochs, runs)."""

    def __init__(self, sums: np.ndarray, m: int, n: int):
        self.m, self.n, self.p = m, n, sums.shape[1]
        self.shape = sums.shape[2:]
        self.upper = sums[: m * (m + 1) // 2]
        self.g = sums[m * (m + 1) // 2 :].reshape(m, n, *sums.shape[1:])
        self.index = np.zeros((m, m), dtype=int)
        self.index[np.triu_indices(m)] = np.arange(len(self.upper))
        self.index = np.maximum(self.index, self.index.T)

    @cached_property
    def spectra(self):
        """Eigenvalues (m, ...), their inverses (0 in the kernel), all projectors but the last, and g
        split by them.
        """
        if self.m == 1:
            values, projectors = self.upper, []
        elif self.m == 2:
            a, c, b = self.upper
            mean, half = (a + b) / 2, (a - b) / 2
            radius = np.hypot(half, c)
            scale = np.where(radius > 0, 0.5 / np.where(radius > 0, radius, 1.0), 0.0)
            # for a multiple of the identity the split is arbitrary and cancels: half and half
            first = [0.5 + half * scale, c * scale, 0.5 - half * scale]
            values, projectors = np.stack([mean + radius, np.maximum(mean - radius, 0.0)]), [np.stack(first)]
        else:
            matrices = np.moveaxis(self.upper[self.index], (0, 1), (-2, -1))
            values, vectors = np.linalg.eigh(matrices)
            values = np.maximum(np.moveaxis(values, -1, 0), 0.0)
            rows, columns = np.triu_indices(3)
            projectors = [
                np.moveaxis(vectors[..., rows, j] * vectors[..., columns, j], -1, 0) for j in range(2)
            ]
        positive = values > 0
        inverses = np.where(positive, 1 / np.where(positive, values, 1.0), 0.0)
        parts = [self._times(projector, self.g) for projector in projectors]
        parts.append(self.g - sum(parts) if parts else self.g)
        return values, inverses, (~positive).astype(float), projectors, parts

    def _times(self, symmetric, columns):
        """Product of a symmetric matrix (components first) with ``columns`` (m, c, ...)."""
        return np.stack(
            [sum(symmetric[self.index[i, j]] * columns[j] for j in range(self.m)) for i in range(self.m)]
        )

    def _sub_step(self, r: int, cut: tuple, step: np.ndarray, exact: bool):
        """E - I (upper triangle, list) and shift (m, n, ...) of batch r over ``step``, on the columns
        ``cut``.
        """
        if not exact:
            upper = [-step * component[r][cut] for component in self.upper]
            return upper, -step * self.g[:, :, r][(slice(None), slice(None), *cut)]
        values, inverses, kernel, projectors, parts = self.spectra
        cut = (r, *cut)
        decays = [np.expm1(-value[cut] * step) for value in values]
        # (1 - e^{-lambda t}) / lambda, or t in the kernel
        times = [kernel[j][cut] * step - decays[j] * inverses[j][cut] for j in range(self.m)]
        last = decays[-1]
        upper = [np.zeros_like(last) for _ in self.upper]
        for i in range(self.m):
            upper[self.index[i, i]] = last
        for decay, projector in zip(decays[:-1], projectors, strict=True):
            gap = decay - last
            upper = [entry + gap * component[cut] for entry, component in zip(upper, projector, strict=True)]
        full = (slice(None), slice(None), *cut)
        return upper, -sum(time * part[full] for time, part in zip(times, parts, strict=True))

    def maps(self, steps: np.ndarray, scheme: str, backward: bool = False) -> np.ndarray:
        """[M | q] of the epochs with ``steps`` (epochs,), (m, m + n, epochs, runs)."""
        epochs, runs = len(steps), self.shape[1]
        out = np.empty((self.m, self.m + self.n, epochs, runs))
        columns = COLUMNS
        if is_strang(scheme):
            columns = max(256, min(COLUMNS, SWEEP_VALUES // self.p))
        block = max(1, columns // runs)
        for start in range(0, epochs, block):
            part = slice(start, start + block)
            cut = (part if self.shape[0] > 1 else slice(None), slice(None))
            self._fill(out[:, :, part], steps[part, None], cut, scheme, backward)
        return out

    def _fill(self, out, steps, cut, scheme, backward):
        """Compose the sub-steps of the epochs of one block into ``out``."""
        m, exact = self.m, uses_exact_flows(scheme)
        known = {}
        T = None
        for r, fraction in sweep(self.p, scheme):
            r = self.p - 1 - r if backward else r
            if r in known:  # the backward half of a symmetric sweep
                upper, shift = known.pop(r)
            else:
                upper, shift = self._sub_step(r, cut, fraction * steps, exact)
                if fraction < 1:
                    known[r] = upper, shift
            if T is None:
                T = out
                T[:, m:] = shift
                for i in range(m):
                    for j in range(m):
                        T[i, j] = upper[self.index[i, j]]
                    T[i, i] += 1.0
                continue
            moves = [sum(upper[self.index[i, j]] * T[j] for j in range(m)) for i in range(m)]
            for i in range(m):
                T[i] += moves[i]
            T[:, m:] += shift

    @staticmethod
    def scan(maps: np.ndarray, e0: np.ndarray) -> np.ndarray:
        """Errors after each epoch from ``e0`` (m, n, runs): (m, n, epochs, runs); prefix scan in blocks."""
        m, width, epochs, runs = maps.shape
        n = width - m
        length = max(1, round(epochs**0.5))
        blocks = epochs // length
        out = np.empty((m, n, epochs, e0.shape[2]))
        whole = blocks * length
        # (m, m + n, length, blocks, runs): the composition over `length` runs on contiguous arrays
        prefix = np.ascontiguousarray(
            maps[:, :, :whole].reshape(m, width, blocks, length, runs).swapaxes(2, 3)
        )
        for j in range(1, length):
            step, before = prefix[:, :, j], prefix[:, :, j - 1]
            composed = [sum(step[i, inner] * before[inner] for inner in range(m)) for i in range(m)]
            for i in range(m):
                shift = step[i, m:].copy()
                step[i] = composed[i]
                step[i, m:] += shift
        starts = np.empty((m, n, blocks, e0.shape[2]))
        e = e0
        for block in range(blocks):
            starts[:, :, block] = e
            e = _apply(prefix[:, :, -1, block], e)
        inside = _apply(prefix, starts[:, :, None])
        out[:, :, :whole] = inside.swapaxes(2, 3).reshape(m, n, whole, -1)
        for k in range(whole, epochs):
            e = _apply(maps[:, :, k], e)
            out[:, :, k] = e
        return out

    @staticmethod
    def scan_stepwise(maps: np.ndarray, e0: np.ndarray) -> np.ndarray:
        """The same errors, epoch after epoch: no product of maps that could overflow before the error
        does.
        """
        out = np.empty((*e0.shape[:2], maps.shape[2], e0.shape[2]))
        e = e0
        for k in range(maps.shape[2]):
            e = _apply(maps[:, :, k], e)
            out[:, :, k] = e
        return out


def _apply(maps, e):
    """M e + q, components first: ``maps`` (m, m + n, ...), ``e`` (m, n, ...)."""
    m = len(e)
    return np.stack([sum(maps[i, j] * e[j] for j in range(m)) + maps[i, m:] for i in range(m)])


class StackedBatches:
    """Batches as stacks of matrices, for any m: A (p, epochs, runs, m, m) and g (p, epochs, runs, m, n)."""

    def __init__(self, sums: np.ndarray, m: int, n: int):
        self.m, self.n, self.p = m, n, sums.shape[1]
        half = m * (m + 1) // 2
        rows, columns = np.triu_indices(m)
        self.A = np.empty((*sums.shape[1:], m, m))
        self.A[..., rows, columns] = self.A[..., columns, rows] = np.moveaxis(sums[:half], 0, -1)
        self.g = np.ascontiguousarray(np.moveaxis(sums[half:], 0, -1)).reshape(*sums.shape[1:], m, n)

    @cached_property
    def spectra(self):
        """Eigenvalues (..., m, 1) and eigenvectors (..., m, m) of the A_r, and g_r in their basis (...,
        m, n).
        """
        values, vectors = np.linalg.eigh(self.A)
        return np.maximum(values, 0.0)[..., None], vectors, np.swapaxes(vectors, -1, -2) @ self.g

    def maps(self, steps: np.ndarray, scheme: str, backward: bool = False) -> np.ndarray:
        """[M | q] of the epochs with ``steps`` (epochs,), (m, m + n, epochs, runs)."""
        runs, m = self.A.shape[2], self.m
        T = np.zeros((len(steps), runs, m, m + self.n))
        T[..., range(m), range(m)] = 1.0
        for r, fraction in sweep(self.p, scheme):
            r = self.p - 1 - r if backward else r
            step = (fraction * steps)[:, None, None, None]
            if uses_exact_flows(scheme):
                values, vectors, g = (part[r] for part in self.spectra)
                along = values * (np.swapaxes(vectors, -1, -2) @ T)
                along[..., m:] += g
                # the exact flow is an Euler step whose length, in each eigendirection, is t phi_1(-lambda t)
                T -= vectors @ (step * phi_1(-values * step) * along)
            else:
                T -= step * (self.A[r] @ T)
                T[..., m:] -= step * self.g[r]
        return np.moveaxis(T, (2, 3), (0, 1))

    @staticmethod
    def scan(maps: np.ndarray, e0: np.ndarray) -> np.ndarray:
        """Errors after each epoch from ``e0`` (m, n, runs): (m, n, epochs, runs), epoch after epoch."""
        m = len(maps)
        stacked = np.moveaxis(maps, (0, 1), (-2, -1))
        out = np.empty((len(stacked), e0.shape[2], *e0.shape[:2]))
        e = np.moveaxis(e0, 2, 0)
        for k, epoch_maps in enumerate(stacked):
            e = epoch_maps[..., :m] @ e + epoch_maps[..., m:]
            out[k] = e
        return np.moveaxis(out, (2, 3), (0, 1))

    scan_stepwise = scan


class SingleDatumBatches:
    """Batches of one datum each, for any m: A_r = x (x) x and g_r = x (x) rho, with x scaled by sqrt(2
    alpha).

    A sub-step changes W^t along x alone, so that no matrix A_r is formed.
    """

    def __init__(self, sums: np.ndarray, m: int, n: int):
        self.m, self.n, self.p = m, n, sums.shape[1]
        self.x, self.rho = sums[:m], sums[m:]

    @cached_property
    def squares(self):
        """|x|^2, the only positive eigenvalue of A_r, (p, epochs, runs)."""
        return np.einsum("j...,j...->...", self.x, self.x)

    def maps(self, steps: np.ndarray, scheme: str, backward: bool = False) -> np.ndarray:
        """[M | q] of the epochs with ``steps`` (epochs,), (m, m + n, epochs, runs)."""
        (_, _, drawn, runs), m = self.x.shape, self.m
        T = np.zeros((m, m + self.n, len(steps), runs))
        T[range(m), range(m)] = 1.0
        block = max(1, COLUMNS // (4 * m * runs))
        for start in range(0, len(steps), block):
            part = slice(start, start + block)
            cut = part if drawn > 1 else slice(None)
            own, step = T[:, :, part], steps[part, None]
            for r, fraction in sweep(self.p, scheme):
                r = self.p - 1 - r if backward else r
                x, h = self.x[:, r, cut], fraction * step
                if uses_exact_flows(scheme):
                    square = self.squares[r, cut]
                    # the exact flow is an Euler step of length (1 - e^{-|x|^2 t}) / |x|^2, or t when x = 0
                    h = h * phi_1(-square * h)
                along = np.einsum("jkr,jlkr->lkr", x, own)
                along[m:] += self.rho[:, r, cut]
                own -= x[:, None] * (h * along)
        return T

    scan = scan_stepwise = staticmethod(StackedBatches.scan)


def batch_components(problem: LeastSquares, p: int) -> np.ndarray:
    """What is to be summed over each batch for ``batches_of``, (c, N)."""
    if p < problem.size or problem.m <= 3:
        return symmetric_components(problem)
    root = np.sqrt(2 * problem.alpha)
    residual = problem.x @ problem.minimizer - problem.y
    return np.concatenate([root * problem.x.T, root * residual.T])


def batches_of(problem: LeastSquares, sums: np.ndarray):
    """The layout that suits: components first for m <= 3, single data, or stacks of matrices."""
    if problem.m <= 3:
        return ComponentBatches(sums, problem.m, problem.n)
    single = sums.shape[1] == problem.size
    return (SingleDatumBatches if single else StackedBatches)(sums, problem.m, problem.n)
