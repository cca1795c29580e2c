"""What is kept between two calls is bounded by bytes, and what is asked for again is there."""

import gc

import numpy as np
import pytest

from helpers.mathematics import epochs, kept, partitions
from helpers.mathematics.epochs import Driver
from helpers.mathematics.kept import LEAST, Kept, bytes_of
from helpers.mathematics.least_squares import plane_data
from helpers.mathematics.partitions import SAMPLINGS
from helpers.mathematics.splitting import LIE_EULER, LIE_EXACT


def array(bytes_):
    return np.zeros(bytes_, dtype=np.uint8)


def never():
    raise AssertionError("computed again")


def test_bytes_are_those_of_the_arrays_and_shared_ones_count_once():
    a = array(1000)
    holder = type("Holder", (), {})()
    holder.a, holder.part, holder.pair, holder.name = a, a[:10], (a[5:], [array(24)]), "no array"
    assert bytes_of(a) == 1000 and bytes_of(holder) == 1024 and bytes_of(3) == 0


def test_the_family_asked_for_longest_ago_is_forgotten_first():
    memory = Kept(3 * LEAST)
    for name in "abc":
        memory.get(name, 0, lambda: array(LEAST))
    memory.get("a", 0, never)
    memory.get("d", 0, lambda: array(LEAST))
    for name in "acd":
        memory.get(name, 0, never)
    with pytest.raises(AssertionError, match="computed again"):
        memory.get("b", 0, never)
    assert memory.bytes == 3 * LEAST


def test_a_family_larger_than_the_memory_keeps_its_first_values():
    memory, computed = Kept(3 * LEAST), []
    for _ in range(2):
        for part in range(5):
            memory.get("a", part, lambda part=part: computed.append(part) or array(LEAST))
    assert computed == [0, 1, 2, 3, 4, 3, 4]


def test_a_value_that_grows_is_weighed_again_and_one_too_large_is_not_kept():
    memory = Kept(4 * LEAST)
    value = memory.get("a", 0, lambda: [array(LEAST)])
    memory.get("b", 0, lambda: array(LEAST))
    value.append(array(2 * LEAST))
    memory.weigh("a", 0)
    assert memory.bytes == 4 * LEAST
    value.append(array(2 * LEAST))
    memory.weigh("a", 0)
    assert memory.bytes == LEAST  # of b
    memory.get("b", 0, lambda: array(LEAST))
    assert memory.get("c", 0, lambda: array(5 * LEAST)).size == 5 * LEAST and memory.bytes == LEAST
    memory.weigh("c", 0)  # not there: nothing to weigh


def held_by_batches() -> int:
    """Bytes of all batches alive, those of the store and any others."""
    gc.collect()
    kinds = ("ComponentBatches", "StackedBatches", "FewDataBatches")
    return bytes_of([one for one in gc.get_objects() if type(one).__name__ in kinds])


def test_a_sweep_over_many_drivers_stays_below_the_bound(monkeypatch):
    """Drivers that are all alive hold together no more than the limit, spectra included."""
    limit = 2**21
    for module, name in ((epochs, "BATCHES"), (partitions, "DRAWN")):
        monkeypatch.setattr(module, name, Kept(limit))
    before, problem, drivers, held = held_by_batches(), plane_data(16), [], []
    for sampling in SAMPLINGS:
        for p in (4, 16):
            for scheme in (LIE_EULER, LIE_EXACT):
                drivers.append(Driver(problem, p, sampling, runs=10))
                drivers[-1].run(np.full(300, 0.1), scheme)
                held.append((epochs.BATCHES.bytes, held_by_batches() - before, partitions.DRAWN.bytes))
    assert np.max(held) <= limit
    assert max(held)[0] > limit / 2  # the sweep asks for more than there is room


def test_batches_are_formed_once_for_all_drivers_alike(monkeypatch):
    monkeypatch.setattr(epochs, "BATCHES", Kept(2**22))
    problem, steps = plane_data(16), np.full(50, 0.1)
    one = Driver(problem, 4, runs=3).run(steps, LIE_EXACT).error
    monkeypatch.setattr(epochs, "batches_of", never)
    np.testing.assert_array_equal(Driver(problem, 4, runs=3).run(steps, LIE_EXACT).error, one)
    for other in (Driver(problem, 5, runs=3), Driver(problem, 4, runs=2), Driver(problem, 4, runs=3, seed=1)):
        with pytest.raises((AssertionError, TypeError)):
            other.run(steps, LIE_EXACT)


def test_each_block_is_drawn_once_in_a_long_run(monkeypatch):
    """Also where one run draws more than is kept: its chunks of epochs go through a block in a row."""
    monkeypatch.setattr(partitions, "DRAWN", Kept(2 * LEAST))
    monkeypatch.setattr(partitions, "BLOCK_VALUES", LEAST)  # 1024 epochs of 16 data a block
    monkeypatch.setattr(epochs, "CHUNK_VALUES", LEAST // 8)
    drawn, draw = [], partitions._draw
    monkeypatch.setattr(partitions, "_draw", lambda *block: drawn.append(block[3]) or draw(*block))
    Driver(plane_data(16), 4).run(np.full(5000, 0.1))
    assert drawn == [0, 1, 2, 3, 4]


def test_all_that_is_kept_is_small_beside_a_kernel():
    """A kernel with its panels takes some 200 MB without; 250 MB are what it may take."""
    assert kept.DRAWN.limit + kept.BATCHES.limit <= 40 * 2**20
