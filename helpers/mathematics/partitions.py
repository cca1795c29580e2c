"""Partitions of the data into batches, drawn anew at each epoch or not (section 5.3.1).

Permutations are drawn once for a seed and cut into p batches afterwards: while p, the time step or the
scheme change, the random numbers stay the same and pictures are comparable.
"""

from functools import lru_cache

import numpy as np

from helpers.mathematics import checks

RESHUFFLED = "reshuffled"
SHUFFLED_ONCE = "shuffled once"
FIXED = "fixed order"
REPLACEMENT = "with replacement"
ALTERNATING = "alternating"
SAMPLINGS = (RESHUFFLED, SHUFFLED_ONCE, FIXED, REPLACEMENT, ALTERNATING)

BLOCK_VALUES = 2**22  # indices drawn at once: 4 MB for up to 256 data
SUMMED_VALUES = 2**15  # values gathered at once, of one component: the processor's cache holds them


def batch_bounds(size: int, p: int) -> np.ndarray:
    """Bounds 0 = c_0 < ... < c_p = size of p consecutive batches whose sizes differ by at most one,
    larger first.

    Raises ValueError unless p is a whole number in 1..size.
    """
    size = checks.DATA.check(size)
    p = checks.BATCHES.within(high=size).check(p)
    small, larger = divmod(size, p)
    return np.concatenate([[0], np.cumsum(np.full(p, small) + (np.arange(p) < larger))])


def same_batch_probability(size: int, p: int) -> float:
    """Probability that two given data fall in the same batch of a random partition (0 when size = 1)."""
    sizes = np.diff(batch_bounds(size, p))
    return float((sizes * (sizes - 1)).sum() / (size * (size - 1))) if size > 1 else 0.0


@lru_cache(maxsize=4)  # 5 MB each at most where panels draw
def _draw(size: int, runs: int, epochs: int, block: int, replacement: bool, seed: int) -> np.ndarray:
    """Indices of one block of epochs, (size, epochs, runs): permutations along the first axis, or free
    draws.

    Rows are drawn epoch after epoch, so that a shorter block holds the same first epochs.
    """
    kind = np.uint8 if size <= 2**8 else np.uint16 if size <= 2**16 else np.int64
    rng = np.random.default_rng([seed, block, int(replacement)])
    if replacement:
        rows = rng.integers(0, size, (epochs * runs, size), dtype=kind)
    else:
        rows = rng.permuted(np.tile(np.arange(size, dtype=kind), (epochs * runs, 1)), axis=1)
    drawn = np.ascontiguousarray(rows.T).reshape(size, epochs, runs)
    drawn.flags.writeable = False
    return drawn


class Partitions:
    """The batches of many runs and epochs: disjoint, with union the data, except in "with replacement".

    ``size`` data, ``p`` batches, ``runs`` independent runs; an integer ``seed``.  Samplings: "reshuffled"
    (a new partition each epoch), "shuffled once" (one partition a run), "fixed order" (consecutive data,
    the same in all runs), "alternating" (fixed order, run backward at odd epochs), and "with replacement"
    (each epoch draws ``size`` data freely: a datum may be seen twice or never).

    ``of_size`` cuts batches of B data instead, as Keras does.  Raises ValueError for p outside 1..size or not
    whole, runs < 1, an unknown sampling, a negative seed.
    """

    def __init__(self, size: int, p: int, sampling: str = RESHUFFLED, runs: int = 1, seed: int = 0):
        self.bounds = batch_bounds(size, p)
        self.size, self.p = int(self.bounds[-1]), len(self.bounds) - 1
        self.sampling = checks.one_of("sampling", sampling, SAMPLINGS)
        self.runs = checks.RUNS.check(runs)
        self.seed = checks.SEED.check(seed)
        self.block_epochs = max(1, BLOCK_VALUES // (self.size * self.runs))

    @classmethod
    def of_size(cls, size: int, batch_size: int, sampling: str = RESHUFFLED, runs: int = 1, seed: int = 0):
        """Partitions into batches of B = ``batch_size`` data, the last smaller if B does not divide #D."""
        size = checks.DATA.check(size)
        B = checks.BATCH_SIZE.within(high=size).check(batch_size)
        bounds = np.append(np.arange(0, size, B), size)
        partitions = cls(size, len(bounds) - 1, sampling, runs, seed)
        partitions.bounds = bounds
        return partitions

    @property
    def drawn_each_epoch(self) -> bool:
        """Whether the batches differ from epoch to epoch."""
        return self.sampling in (RESHUFFLED, REPLACEMENT)

    def backward(self, epoch: int) -> bool:
        """Whether the batches of ``epoch`` are visited in reverse order."""
        return self.sampling == ALTERNATING and epoch % 2 == 1

    def indices(self, start: int, stop: int, total: int | None = None) -> np.ndarray:
        """Data in the order of the batches: (size, epochs, runs), with 1 for an axis along which nothing
        changes.

        Epochs start..stop-1, which must lie in one block of ``block_epochs`` when batches are drawn each
        epoch; ``total`` says how many epochs are going to be asked for, so that each block is drawn once.
        """
        if self.sampling in (FIXED, ALTERNATING):
            return np.arange(self.size)[:, None, None]
        if self.sampling == SHUFFLED_ONCE:
            return _draw(self.size, self.runs, 1, 0, False, self.seed)
        block, first = divmod(start, self.block_epochs)
        last = first + stop - start
        if last > self.block_epochs:
            raise ValueError(f"epochs {start}..{stop - 1} must lie in one block of {self.block_epochs}")
        # Rounded up to a power of two: close lengths share one draw, and hold the same first epochs.
        ahead = max(last, (total or 0) - block * self.block_epochs)
        epochs = min(self.block_epochs, 1 << (ahead - 1).bit_length())
        drawn = _draw(self.size, self.runs, epochs, block, self.sampling == REPLACEMENT, self.seed)
        return drawn[:, first:last]

    def batches(self, epoch: int, run: int = 0) -> list[np.ndarray]:
        """The p index arrays of one epoch of one run, in the order in which they are visited."""
        epoch = checks.EPOCH.check(epoch)
        run = checks.RUNS.called("the run").within(low=0, high=self.runs - 1).check(run)
        drawn = self.indices(epoch, epoch + 1)
        order = drawn[:, 0, run if drawn.shape[2] > 1 else 0].astype(np.intp)
        parts = np.split(order, self.bounds[1:-1])
        return parts[::-1] if self.backward(epoch) else parts

    def ordered(self, values: np.ndarray, start: int, stop: int, total: int | None = None) -> np.ndarray:
        """``values`` (c, size) in the order of the batches: (c, size, epochs, runs), arguments and shape as
        in ``sums``.
        """
        return np.take(values, self.indices(start, stop, total).astype(np.intp), axis=1, mode="clip")

    def sums(self, values: np.ndarray, start: int, stop: int, total: int | None = None) -> np.ndarray:
        """Sums over each batch of ``values`` (c, size): (c, p, epochs, runs), with 1 where ``indices``
        has 1.

        Batches are in the order of the partition (not reversed at the odd epochs of "alternating");
        ``start``, ``stop`` and ``total`` as in ``indices``.
        """
        drawn = self.indices(start, stop, total)
        shape = drawn.shape[1:]
        drawn = drawn.reshape(self.size, -1)
        out = np.empty((len(values), self.p, drawn.shape[1]))
        sizes = np.diff(self.bounds)
        first = 0
        while first < self.p:
            # consecutive batches of one size, as many as the cache holds, are summed together
            size = int(sizes[first])
            last = first + max(1, SUMMED_VALUES // (size * drawn.shape[1]))
            last = first + int(np.count_nonzero(sizes[first:last] == size))
            order = drawn[self.bounds[first] : self.bounds[last]].reshape(last - first, size, -1)
            # numpy adds up fastest along a first axis
            order = order.swapaxes(0, 1).astype(np.intp, order="C")
            for component, batch_sums in zip(values, out[:, first:last], strict=True):
                # mode="clip" skips numpy's bound check; the indices are valid by construction
                np.take(component, order, mode="clip").sum(axis=0, out=batch_sums)
            first = last
        return out.reshape(len(values), self.p, *shape)
