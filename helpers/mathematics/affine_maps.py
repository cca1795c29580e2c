"""The affine maps e -> M e + q of many epochs at once, and their composition along the epochs.

For least squares every epoch is such a map of the error e = W^t - W_*^t.  Two layouts: components first
for m <= 3 (arrays over epochs and runs, no small matrix product), stacks of matrices otherwise, but for
batches of few data.  Batches are given by the sums of ``batch_components``: (c, p, epochs, runs), where
an axis along which nothing changes has length 1.
"""

from functools import cached_property
from itertools import pairwise

import numpy as np

from helpers.mathematics.least_squares import LeastSquares, phi_1
from helpers.mathematics.splitting import is_strang, sweep, uses_exact_flows

COLUMNS = 2**15  # epochs x runs treated together: the working arrays, some 4 MB, stay in a cache
TINY = 1e-200  # stands for the eigenvalue 0 where it is divided by
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
        self.half = m * (m + 1) // 2
        self.sums, self.upper = sums, sums[: self.half]
        self.g = sums[self.half :].reshape(m, n, *sums.shape[1:])
        self.index = np.zeros((m, m), dtype=int)
        self.index[np.triu_indices(m)] = np.arange(self.half)
        self.index = np.maximum(self.index, self.index.T)

    @cached_property
    def spectra(self):
        """-lambda (m, ...), and of each eigenspace but the last the projector P (m - 1, half, ...) and -P g
        (m, n, ...).
        """
        values, projectors = _eigenspaces(self.upper, self.index)
        pulls = [-_times(projector[self.index], self.g) for projector in projectors]
        # a tiny lambda stands for 0: (1 - e^{-lambda t}) / lambda is then t, as it should be
        return np.minimum(-values, -TINY), projectors, pulls

    def _sub_step(self, r: int, cut: slice, step: np.ndarray, exact: bool):
        """E (m, m, ...) and shift (m, n, ...) of batch r over ``step``, on the epochs ``cut``."""
        if not exact:
            E, shift = self._full(self.upper[:, r, cut], -step), self.g[:, :, r, cut] * -step
            growth = 1.0
        else:
            rates, projectors, pulls = self.spectra
            rate = rates[:, r, cut]
            decays = np.expm1(rate * step)
            times = decays / rate  # (1 - e^{-lambda t}) / lambda
            # a function f of A is f(last) I + the sum of (f(lambda_j) - f(last)) P_j
            E, shift = None, self.g[:, :, r, cut] * -times[-1]
            for j in range(self.m - 1):
                part = self._full(projectors[j, :, r, cut], decays[j] - decays[-1])
                E = part if E is None else np.add(E, part, out=E)
                shift += (times[j] - times[-1]) * pulls[j][:, :, r, cut]
            growth = 1.0 + decays[-1]
            E = np.zeros((1, *times.shape)) if E is None else E
        for i in range(self.m):
            E[i, i] += growth
        return E, shift

    def _full(self, upper, factor):
        """``factor`` times symmetric matrices given by their upper triangles: (m, m, ...)."""
        full, at = np.empty((self.m, self.m, *factor.shape)), 0
        for i in range(self.m):
            np.multiply(upper[at : at + self.m - i], factor, out=full[i, i:])
            full[i + 1 :, i] = full[i, i + 1 :]
            at += self.m - i
        return full

    def maps(self, steps: np.ndarray, scheme: str, backward: bool = False) -> np.ndarray:
        """[M | q] of the epochs with ``steps`` (epochs,), (m, m + n, epochs, runs)."""
        epochs, runs = len(steps), self.shape[1]
        out = np.empty((self.m, self.m + self.n, epochs, runs))
        columns = COLUMNS
        if is_strang(scheme):
            columns = max(256, min(COLUMNS, SWEEP_VALUES // self.p))
        block = max(1, columns // runs)
        block = -(-epochs // -(-epochs // block))  # as many blocks, all of one size
        for start in range(0, epochs, block):
            part = slice(start, start + block)
            cut = part if self.shape[0] > 1 else slice(None)
            # the steps repeated for every run: one long loop inside numpy instead of many short ones
            step = np.repeat(steps[part, None], runs, axis=1)
            self._fill(out[:, :, part], step, cut, scheme, backward)
        return out

    def _fill(self, out, step, cut, scheme, backward):
        """Compose the sub-steps of the epochs of one block into ``out``."""
        m, exact = self.m, uses_exact_flows(scheme)
        known, visited = {}, sweep(self.p, scheme)
        T, after = out, np.empty(out.shape)
        if len(visited) % 2 == 0:  # so that the last product ends in ``out``
            T, after = after, T
        for first, (r, fraction) in enumerate(visited):
            r = self.p - 1 - r if backward else r
            if r in known:  # the backward half of a symmetric sweep
                E, shift = known.pop(r)
            else:
                E, shift = self._sub_step(r, cut, fraction * step, exact)
                if fraction < 1:
                    known[r] = E, shift
            if first == 0:
                T[:, :m], T[:, m:] = E, shift
                continue
            # einsum, as products and sums would each go through the whole of the working arrays
            np.einsum("ij...,jk...->ik...", E, T, out=after)
            after[:, m:] += shift
            T, after = after, T

    @staticmethod
    def scan(maps: np.ndarray, e0: np.ndarray) -> np.ndarray:
        """Errors after each epoch from ``e0`` (m, n, runs): (m, n, epochs, runs).

        By halves: the maps of two epochs make one, up to blocks of some sqrt(epochs), which are applied one
        after another; then the error at the start of a pair gives the one in its middle.
        """
        m, width, epochs, runs = maps.shape
        n = width - m
        length = min((2**j for j in range(7)), key=lambda one: epochs // one + epochs % one)
        blocks = epochs // length
        whole = blocks * length
        # (m, m + n, length, blocks, runs): the epochs of one place in all blocks are contiguous
        levels = [
            np.ascontiguousarray(maps[:, :, :whole].reshape(m, width, blocks, length, runs).swapaxes(2, 3))
        ]
        while levels[-1].shape[2] > 1:
            first, second = levels[-1][:, :, ::2], levels[-1][:, :, 1::2]
            both = _times(second, first)
            both[:, m:] += second[:, m:]
            levels.append(both)
        out = np.empty((m, n, epochs, e0.shape[2]))
        starts = np.empty((m, n, blocks + 1, e0.shape[2]))
        starts[:, :, 0] = e0
        for block in range(blocks):
            starts[:, :, block + 1] = _apply(levels[-1][:, :, 0, block], starts[:, :, block])
        before = np.empty((m, n, length, blocks, e0.shape[2]))
        before[:, :, 0] = starts[:, :, :-1]
        for level in reversed(levels[:-1]):
            pair = 2 * length // level.shape[2]
            before[:, :, pair // 2 :: pair] = _apply(level[:, :, ::2], before[:, :, ::pair])
        inside = out[:, :, :whole].reshape(m, n, blocks, length, -1)
        inside[:, :, :, :-1] = before[:, :, 1:].swapaxes(2, 3)
        inside[:, :, :, -1] = starts[:, :, 1:]
        e = starts[:, :, -1]
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


def _eigenspaces(upper, index):
    """Eigenvalues (m, ...) of symmetric matrices given by their upper triangles, and the upper triangles
    of all projectors but the last, (m - 1, m (m+1)/2, ...).
    """
    m = len(index)
    if m == 1:
        return upper, np.empty((0, *upper.shape))
    if m == 2:
        a, c, b = upper
        mean, half = (a + b) / 2, (a - b) / 2
        radius = np.sqrt(half * half + c * c)
        scale = 0.5 / np.maximum(radius, TINY)
        half *= scale  # 0 for a multiple of the identity, where the split is arbitrary: half and half
        return np.stack([mean + radius, mean - radius]), np.stack([0.5 + half, c * scale, 0.5 - half])[None]
    values, vectors = np.linalg.eigh(np.moveaxis(upper[index], (0, 1), (-2, -1)))
    rows, columns = np.triu_indices(m)
    projectors = [np.moveaxis(vectors[..., rows, j] * vectors[..., columns, j], -1, 0) for j in range(m - 1)]
    return np.moveaxis(values, -1, 0), np.stack(projectors)


def _times(maps, right):
    """Products of the linear parts of ``maps`` (m, m + n, ...) with ``right`` (m, c, ...): (m, c, ...)."""
    return np.einsum("ij...,jk...->ik...", maps[:, : len(right)], right)


def _apply(maps, e):
    """M e + q, components first: ``maps`` (m, m + n, ...), ``e`` (m, n, ...)."""
    moved = _times(maps, e)
    moved += maps[:, len(e) :]
    return moved


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


class FewDataBatches:
    """Batches of few data each, for any m: A_r = sum x (x) x and g_r = sum x (x) rho over the data of the
    batch, with x scaled by sqrt(2 alpha).

    ``data`` holds x and rho in the order of the batches, (m + n, N, epochs, runs); ``bounds`` says where
    each begins.  A sub-step changes W^t along these x alone, so that no matrix A_r is formed.
    """

    def __init__(self, data: np.ndarray, m: int, n: int, bounds: np.ndarray):
        self.m, self.n, self.p = m, n, len(bounds) - 1
        self.x, self.rho = data[:m], data[m:].swapaxes(0, 1)
        self.parts = [slice(*pair) for pair in pairwise(bounds)]

    @cached_property
    def spectra(self):
        """Of each batch the eigenvalues (epochs, runs, s) and eigenvectors (epochs, runs, s, s) of the
        products x . x' of its s data: the eigenvalues are those of A_r, but for zeros.
        """
        found = []
        for part in self.parts:
            products = np.einsum("js...,jt...->...st", self.x[:, part], self.x[:, part])
            values, vectors = np.linalg.eigh(products)
            found.append((np.maximum(values, 0.0), vectors))
        return found

    def maps(self, steps: np.ndarray, scheme: str, backward: bool = False) -> np.ndarray:
        """[M | q] of the epochs with ``steps`` (epochs,), (m, m + n, epochs, runs)."""
        m = self.m
        T = np.zeros((m, m + self.n, len(steps), self.x.shape[3]))
        T[range(m), range(m)] = 1.0
        for r, fraction in sweep(self.p, scheme):
            r = self.p - 1 - r if backward else r
            x, h = self.x[:, self.parts[r]], fraction * steps[:, None]
            along = np.einsum("jskr,jlkr->slkr", x, T)
            along[:, m:] += self.rho[self.parts[r]]
            if uses_exact_flows(scheme):
                values, vectors = self.spectra[r]
                # an Euler step whose length, in each eigendirection, is t phi_1(-lambda t)
                lengths = h[..., None] * phi_1(-values * h[..., None])
                along = np.einsum("krsu,kru,krtu,tlkr->slkr", vectors, lengths, vectors, along)
            else:
                along *= h
            for datum in range(len(along)):
                T -= x[:, datum, None] * along[datum]
        return T

    scan = scan_stepwise = staticmethod(StackedBatches.scan)


def few_data(problem: LeastSquares, p: int) -> bool:
    """Whether each of the ``p`` batches holds so few data that no matrix A_r is worth forming."""
    # measured for m = 10: two data cost as much as a matrix A_r at hand, which takes five times the memory
    return problem.m > 3 and -(-problem.size // p) <= max(1, problem.m // 4)


def batch_components(problem: LeastSquares, p: int) -> np.ndarray:
    """What ``batches_of`` needs of each datum, (c, N): to be summed over each batch, or for few data put in
    order.
    """
    if not few_data(problem, p):
        return symmetric_components(problem)
    root = np.sqrt(2 * problem.alpha)
    residual = problem.x @ problem.minimizer - problem.y
    return np.concatenate([root * problem.x.T, root * residual.T])


def batches_of(problem: LeastSquares, values: np.ndarray, bounds: np.ndarray):
    """The layout that suits: components first for m <= 3, few data, or stacks of matrices."""
    if few_data(problem, len(bounds) - 1):
        return FewDataBatches(values, problem.m, problem.n, bounds)
    return (ComponentBatches if problem.m <= 3 else StackedBatches)(values, problem.m, problem.n)
