"""Many runs and many epochs at once: all epochs' affine maps in one vectorized pass, then one scan.

The batches are formed once for a number p and a sampling and kept while only the time steps, the scheme
or the start change.  Errors are carried about the limit, W^t - W_*^t, so that they keep their digits as
they tend to 0.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.mathematics import checks, splitting
from helpers.mathematics.affine_maps import batch_components, batches_of, few_data
from helpers.mathematics.least_squares import LeastSquares
from helpers.mathematics.partitions import RESHUFFLED, Partitions
from helpers.mathematics.time_steps import check_steps

CHUNK_VALUES = 2**20  # numbers formed at once: 8 MB an array; longer runs are cut along the epochs
CACHE_VALUES = 2**23  # numbers kept between calls, of all drivers together: 64 MB
BOUND_FACTOR = 1e8  # default bound on |e_k|, relative to the start: far outside any picture


@dataclass(frozen=True, eq=False)
class Trajectories:
    """States of many runs at the recorded epochs.

    ``epochs`` (Q,), with 0 the start; ``error`` (Q, runs, m, n) = W_k^t - ``limit``, ``limit`` (runs, m,
    n); ``distance`` (Q, runs), its Frobenius norm a_k; ``left_at`` (runs,), the first epoch at which the
    distance passed the bound, or -1; from there on a run is held at its last state inside, so that every
    array is finite.
    """

    epochs: np.ndarray
    error: np.ndarray
    distance: np.ndarray
    limit: np.ndarray
    left_at: np.ndarray

    @property
    def Wt(self) -> np.ndarray:
        """States W_k^t, (Q, runs, m, n)."""
        return self.error + self.limit

    @property
    def rms(self) -> np.ndarray:
        """Root mean square over the runs of the distance, (Q,)."""
        scale = max(float(self.distance.max()), np.finfo(float).tiny)
        return scale * np.sqrt(((self.distance / scale) ** 2).mean(axis=1))


# (driver, first epoch, last epoch) → (batches, how many numbers they hold); those used last at the end
_kept: OrderedDict[tuple, tuple] = OrderedDict()
_keeping = threading.Lock()  # a message may be handled in one thread while another computes ahead


class Driver:
    """Runs the schemes of section 5.3.1 on a least squares problem, for many runs and epochs at once.

    ``p`` batches, ``sampling`` and ``seed`` as in ``Partitions``; ``runs`` independent runs. Raises
    ValueError as ``Partitions`` does.
    """

    def __init__(
        self, problem: LeastSquares, p: int, sampling: str = RESHUFFLED, runs: int = 1, seed: int = 0
    ):
        self.problem = problem
        self.partitions = Partitions(problem.size, p, sampling, runs, seed)
        self.runs = self.partitions.runs
        self._few = few_data(problem, self.partitions.p)
        self._components = batch_components(problem, self.partitions.p)
        self._called = 0

    def run(
        self, steps, scheme: str = splitting.LIE_EULER, Wt0=None, record=None, bound=None
    ) -> Trajectories:
        """Advance all runs over ``len(steps)`` epochs.

        ``steps`` (K,), positive; ``Wt0`` (m, n) for all runs or (runs, m, n), 0 by default; ``record``,
        increasing epochs in 0..K to keep, all by default; ``bound``, positive, on the distance to the limit.
        Raises ValueError for anything else.
        """
        steps = check_steps(steps)
        checks.one_of("scheme", scheme, splitting.SCHEMES)
        self._called += 1
        problem = self.problem
        starts = problem.as_unknown(np.zeros((problem.m, problem.n)) if Wt0 is None else Wt0)
        if starts.ndim > 3 or (starts.ndim == 3 and len(starts) != self.runs):
            raise ValueError(f"starts must have shape (m, n) or ({self.runs}, m, n); got {starts.shape}")
        starts = np.broadcast_to(starts, (self.runs, problem.m, problem.n))
        record = np.arange(len(steps) + 1) if record is None else _checked_record(record, len(steps))
        limit = problem.limit(starts)
        e = np.moveaxis(starts - limit, 0, 2)  # components first: (m, n, runs)
        if bound is None:
            bound = BOUND_FACTOR * max(1.0, float(_norms(e).max()))
        bound = checks.BOUND.check(bound)
        kept = np.empty((len(record), self.runs, problem.m, problem.n))
        distance = np.empty((len(record), self.runs))
        left_at = np.full(self.runs, -1)
        if record[0] == 0:
            kept[0], distance[0] = np.moveaxis(e, 2, 0), _norms(e)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            for start, stop in self._chunks(len(steps)):
                batches = self._batches(start, stop, len(steps))
                maps = self._maps(batches, start, steps[start:stop], scheme)
                errors, norms = _advance(batches, maps, e, left_at, start, bound)
                del maps
                rows = slice(*np.searchsorted(record, [start + 1, stop + 1]))
                chosen = record[rows] - start - 1
                kept[rows] = np.moveaxis(errors[:, :, chosen], (2, 3), (0, 1))
                distance[rows] = norms[chosen]
                e = errors[:, :, -1].copy()
        return Trajectories(record, kept, distance, limit, left_at)

    def _chunks(self, epochs: int):
        """Intervals of epochs treated at once, cut at the blocks of the drawn permutations."""
        drawn = self.partitions.drawn_each_epoch
        p, m, n = self.partitions.p, self.problem.m, self.problem.n
        kept = self.problem.size if self._few else p  # of each component, for an epoch of a run
        an_epoch = self.runs * (max(len(self._components) * kept, self.problem.size) if drawn else 1)
        stacked = m > 3 and not self._few  # matrices of all batches at once
        an_epoch = max(an_epoch, self.runs * m * (m + n) * (2 * p if stacked else 3))
        size = max(1, CHUNK_VALUES // an_epoch)
        block = self.partitions.block_epochs if drawn else epochs
        start = 0
        while start < epochs:
            stop = min(epochs, start + size, (start // block + 1) * block)
            yield start, stop
            start = stop

    def _batches(self, start: int, stop: int, total: int):
        """The batches of the epochs start..stop-1; those drawn each epoch are kept from a third call on, as
        a cell runs a driver once or twice, and a slider often."""
        drawn = self.partitions.drawn_each_epoch
        key = (self, start, stop) if drawn else (self, 0, 0)
        with _keeping:
            if found := _kept.get(key):
                _kept.move_to_end(key)
                return found[0]
        of_batches = self.partitions.ordered if self._few else self.partitions.sums
        sums = of_batches(self._components, start, stop, total)
        batches = batches_of(self.problem, sums, self.partitions.bounds)
        values = 2 * sums.size  # the spectra of exact flows take about as much again
        if values <= CACHE_VALUES and (self._called > 2 or not drawn):
            with _keeping:
                _kept[key] = batches, values
                while sum(size for _, size in _kept.values()) > CACHE_VALUES:
                    _kept.popitem(last=False)
        return batches

    def _maps(self, batches, start: int, steps: np.ndarray, scheme: str) -> np.ndarray:
        """[M | q] of the epochs from ``start`` on, odd epochs of "alternating" backward."""
        if not self.partitions.backward(1) or len(steps) == 1:
            return batches.maps(steps, scheme, self.partitions.backward(start))
        parts = [batches.maps(steps[parity::2], scheme, (start + parity) % 2 == 1) for parity in (0, 1)]
        maps = np.empty((*parts[0].shape[:2], len(steps), parts[0].shape[3]))
        for parity, part in enumerate(parts):
            maps[:, :, parity::2] = part
        return maps


def _checked_record(record, epochs: int) -> np.ndarray:
    """The epochs to keep, increasing."""
    array = np.asarray(record)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise ValueError("record must be a sequence of whole epochs")
    if array[0] < 0 or array[-1] > epochs or np.any(np.diff(array.astype(int)) <= 0):
        raise ValueError(f"record must hold increasing epochs in 0..{epochs}")
    return array.astype(int)


def _norms(e: np.ndarray) -> np.ndarray:
    """Frobenius norms of errors, components first."""
    return np.sqrt((e * e).sum(axis=(0, 1)))


def _advance(batches, maps, e, left_at, start: int, bound: float):
    """Errors (m, n, epochs, runs) and norms (epochs, runs) of one chunk; updates ``left_at`` in place."""
    errors = batches.scan(maps, e)
    norms = _norms(errors)
    outside = ~(norms <= bound)  # also catches NaN
    if not outside.any() and not np.any(left_at >= 0):
        return errors, norms
    for run in np.flatnonzero(outside.any(axis=0) | (left_at >= 0)):
        first = 0
        if left_at[run] < 0:
            own = maps if maps.shape[3] == 1 else maps[:, :, :, run : run + 1]
            # A product of maps may overflow before the error itself does: step through this run alone.
            errors[..., run : run + 1] = batches.scan_stepwise(own, e[:, :, run : run + 1])
            norms[:, run] = _norms(errors[..., run])
            out = ~(norms[:, run] <= bound)
            if not out.any():
                continue
            first = int(np.argmax(out))
            left_at[run] = start + first + 1
        inside = errors[:, :, first - 1, run] if first else e[:, :, run]
        errors[:, :, first:, run] = inside[..., None]
        norms[first:, run] = _norms(inside)
    return errors, norms


@lru_cache(maxsize=16)
def driver(problem: LeastSquares, p: int, sampling: str, runs: int = 1, seed: int = 0) -> Driver:
    """The `Driver` of these values: the same one for every panel and every move of a slider."""
    return Driver(problem, p, sampling, runs, seed)


def recorded_epochs(epochs: int, count: int) -> np.ndarray:
    """Some ``count`` increasing epochs in 0..epochs, dense at first and equally spaced in log k, ends
    included.
    """
    epochs, count = checks.EPOCHS.check(epochs), checks.EPOCHS.within(low=2).check(count)
    if epochs < count:
        return np.arange(epochs + 1)
    spaced = np.geomspace(1, epochs, count).round().astype(int)
    return np.unique(np.concatenate([[0], spaced]))
