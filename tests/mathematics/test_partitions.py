"""Batches: each sampling visits what it should (section 5.3.1)."""

import numpy as np
import pytest

from helpers.mathematics import partitions
from helpers.mathematics.partitions import (
    ALTERNATING,
    FIXED,
    REPLACEMENT,
    RESHUFFLED,
    SAMPLINGS,
    SHUFFLED_ONCE,
    Partitions,
    batch_bounds,
    same_batch_probability,
)


@pytest.mark.parametrize("size", [1, 2, 7, 12])
def test_every_p_gives_sizes_that_differ_by_at_most_one(size):
    for p in range(1, size + 1):
        sizes = np.diff(batch_bounds(size, p))
        assert len(sizes) == p and sizes.sum() == size
        assert sizes.min() >= 1 and sizes.max() - sizes.min() <= 1
        assert np.all(np.diff(sizes) <= 0)


@pytest.mark.parametrize("sampling", [s for s in SAMPLINGS if s != REPLACEMENT])
@pytest.mark.parametrize("p", [1, 4, 11])
def test_a_partition_visits_each_datum_exactly_once_an_epoch(sampling, p):
    drawn = Partitions(11, p, sampling, runs=3, seed=5)
    for run in range(3):
        for epoch in range(6):
            batches = drawn.batches(epoch, run)
            assert len(batches) == p
            assert sorted(np.concatenate(batches)) == list(range(11))


def _order(drawn, epoch, run=0):
    return np.concatenate(drawn.batches(epoch, run))


def test_reshuffled_draws_anew_at_each_epoch_and_run():
    drawn = Partitions(12, 4, RESHUFFLED, runs=2)
    orders = {tuple(_order(drawn, epoch, run)) for epoch in range(10) for run in range(2)}
    assert len(orders) == 20  # two equal ones among 12! have probability 4e-7


def test_reshuffled_permutations_are_uniform():
    drawn = Partitions(3, 3, RESHUFFLED, runs=1, seed=1)
    rows = drawn.indices(0, 6000)[:, :, 0].T
    _, counts = np.unique(rows, axis=0, return_counts=True)
    # six permutations, 1000 each, standard deviation 29: five of them
    assert len(counts) == 6 and np.all(np.abs(counts - 1000) < 145)


def test_shuffled_once_keeps_the_permutation_of_each_run():
    drawn = Partitions(12, 4, SHUFFLED_ONCE, runs=2)
    for run in range(2):
        assert np.array_equal(_order(drawn, 0, run), _order(drawn, 9, run))
    assert not np.array_equal(_order(drawn, 0, 0), _order(drawn, 0, 1))
    assert not np.array_equal(_order(drawn, 0, 0), np.arange(12))


def test_fixed_order_and_alternating():
    fixed, alternating = Partitions(7, 3, FIXED, runs=2), Partitions(7, 3, ALTERNATING, runs=2)
    forward = [[0, 1, 2], [3, 4], [5, 6]]
    for epoch in range(4):
        assert [list(batch) for batch in fixed.batches(epoch, 1)] == forward
        expected = forward[::-1] if epoch % 2 else forward
        assert [list(batch) for batch in alternating.batches(epoch, 1)] == expected


def test_with_replacement_misses_and_repeats_data():
    drawn = Partitions(20, 5, REPLACEMENT, seed=2)
    rows = drawn.indices(0, 2000)[:, :, 0]
    missed = np.mean([20 - len(np.unique(rows[:, epoch])) for epoch in range(2000)]) / 20
    # a datum is missed with probability (19/20)^20; the mean of 2000 epochs has standard deviation about
    # 0.0013
    assert missed == pytest.approx((19 / 20) ** 20, abs=0.007)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("at_once", [1, 40, 10**6])
@pytest.mark.parametrize("p", [1, 3, 7, 10])
def test_sums_over_batches(sampling, at_once, p, monkeypatch):
    monkeypatch.setattr(partitions, "SUMMED_VALUES", at_once)
    rng = np.random.default_rng(3)
    values = rng.standard_normal((2, 10))
    drawn = Partitions(10, p, sampling, runs=2, seed=4)
    sums = np.broadcast_to(drawn.sums(values, 2, 5), (2, p, 3, 2))
    for epoch in range(3):
        for run in range(2):
            batches = drawn.batches(2 + epoch, run)
            batches = batches[::-1] if drawn.backward(2 + epoch) else batches
            expected = np.stack([values[:, batch].sum(axis=1) for batch in batches], axis=1)
            np.testing.assert_allclose(sums[:, :, epoch, run], expected, atol=1e-14)
            ordered = np.broadcast_to(drawn.ordered(values, 2, 5), (2, 10, 3, 2))[:, :, epoch, run]
            np.testing.assert_array_equal(ordered, values[:, np.concatenate(batches)])


def test_p_only_cuts_the_same_permutation():
    coarse, fine = Partitions(12, 2, RESHUFFLED, seed=3), Partitions(12, 6, RESHUFFLED, seed=3)
    assert np.array_equal(_order(coarse, 4), _order(fine, 4))


def test_more_epochs_hold_the_same_first_ones(monkeypatch):
    drawn = Partitions(8, 2, RESHUFFLED, runs=3, seed=6)
    long = drawn.indices(0, 100)
    np.testing.assert_array_equal(long[:, 3:17], drawn.indices(3, 17))
    monkeypatch.setattr(partitions, "BLOCK_VALUES", 8 * 3 * 10)
    short = Partitions(8, 2, RESHUFFLED, runs=3, seed=6)
    assert short.block_epochs == 10
    np.testing.assert_array_equal(short.indices(0, 10), long[:, :10])
    with pytest.raises(ValueError, match="one block"):
        short.indices(5, 15)
    assert not np.array_equal(short.indices(0, 10), short.indices(10, 20))


def test_same_batch_probability():
    assert same_batch_probability(9, 1) == 1 and same_batch_probability(9, 9) == 0
    assert same_batch_probability(1, 1) == 0
    drawn = Partitions(7, 3, RESHUFFLED, seed=9)
    together = np.mean([any({0, 1} <= set(batch) for batch in drawn.batches(epoch)) for epoch in range(4000)])
    # standard deviation sqrt(.24 * .76 / 4000) = 0.007: five of them
    assert together == pytest.approx(same_batch_probability(7, 3), abs=0.035)


@pytest.mark.parametrize("p", [0, -1, 11, 2.5, "3", None, True, float("nan")])
def test_bad_number_of_batches(p):
    with pytest.raises(ValueError, match=r"^p must be a whole number, 1 ≤ p ≤ 10; got "):
        Partitions(10, p)


def test_other_bad_input():
    assert Partitions(10, 3.0).p == 3
    assert Partitions(10, np.int64(3)).p == 3
    with pytest.raises(ValueError, match="sampling must be one of"):
        Partitions(10, 2, "shuffled twice")
    with pytest.raises(ValueError, match="number of runs"):
        Partitions(10, 2, runs=0)
    with pytest.raises(ValueError, match="seed"):
        Partitions(10, 2, seed=-1)
    with pytest.raises(ValueError, match="#D must be a whole number"):
        Partitions(0, 1)
    with pytest.raises(ValueError, match="1 ≤ B ≤ 10"):
        Partitions.of_size(10, 11)


@pytest.mark.parametrize("sampling", [s for s in SAMPLINGS if s != REPLACEMENT])
def test_batches_of_a_size_leave_a_smaller_last_one(sampling):
    drawn = Partitions.of_size(16, 5, sampling, runs=2)
    batches = drawn.batches(2, 1)
    assert [len(batch) for batch in batches] == [5, 5, 5, 1] and sorted(np.concatenate(batches)) == list(
        range(16)
    )
    assert [len(batch) for batch in Partitions.of_size(16, 4, sampling).batches(0)] == [4] * 4
    sums = np.broadcast_to(drawn.sums(np.ones((1, 16)), 0, 3), (1, 4, 3, 2))
    np.testing.assert_array_equal(sums[0, :, 1, 0], [5, 5, 5, 1])
