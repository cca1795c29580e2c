"""Keras' `fit(shuffle=True)` is the splitting of Section 5.3.1: compared with a loop, step for step."""

import numpy as np
import pytest

from helpers.networks import backend
from helpers.networks.shuffled_fit import shuffled_fit

pytestmark = pytest.mark.xdist_group("tensorflow")

RNG = np.random.default_rng(5)
INPUTS, TARGETS = RNG.normal(size=(11, 3)), RNG.normal(size=(11, 2))  # 11 data in batches of 4, 4, 3
ALPHA, START = RNG.uniform(0.5, 2.0, 11), RNG.normal(size=(2, 3))
EPOCHS = 4


def watched(**options):
    settings = {"batch_size": 4, "time_step": 0.01, "epochs": EPOCHS, "start": START, "data_weights": ALPHA}
    return shuffled_fit(INPUTS, TARGETS, **(settings | options))


def explicit_euler(run):
    """Z - Δt ∇J^r(Z), Eq. (5.29) reconstructed, on the batches and time steps that were recorded."""
    points = [START]
    for epoch in range(EPOCHS):
        for batch, step in zip(run.batches(epoch), run.time_steps[epoch], strict=True):
            gradient = sum(
                2 * ALPHA[i] * np.outer(points[-1] @ INPUTS[i] - TARGETS[i], INPUTS[i]) for i in batch
            )
            points.append(points[-1] - step * gradient)
    return np.array(points)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(
    ("sampling", "seed"), [("reshuffled", 3), ("shuffled once", 3), ("reshuffled", None)]
)
def test_agrees_step_for_step(reduction, sampling, seed):
    run = watched(reduction=reduction, sampling=sampling, seed=seed)
    assert run.weights.shape == (EPOCHS * 3 + 1, 2, 3)
    assert np.abs(np.diff(run.weights, axis=0)).max(axis=(1, 2)).min() > 1e-4
    # 12 steps, each with rounding of a few 1e-16 in entries of size 1.
    np.testing.assert_allclose(run.weights, explicit_euler(run), rtol=0, atol=1e-14)


def test_time_steps_of_a_smaller_last_batch():
    mean, total = watched(time_step=0.02), watched(time_step=0.02, reduction="sum")
    np.testing.assert_allclose(mean.time_steps, np.tile([0.02, 0.02, 0.02 * 4 / 3], (EPOCHS, 1)), rtol=1e-15)
    np.testing.assert_allclose(total.time_steps, 0.02, rtol=1e-15)
    np.testing.assert_allclose(mean.learning_rates, 2 * 4 * 0.02, rtol=1e-15)  # n B Δt
    np.testing.assert_allclose(total.learning_rates, 2 * 0.02, rtol=1e-15)


def test_time_steps_follow_a_schedule():
    steps = 0.03 / np.arange(1, EPOCHS + 1)
    run = watched(time_step=steps, reduction="sum")
    np.testing.assert_allclose(run.time_steps, np.repeat(steps[:, None], 3, axis=1), rtol=1e-15)
    np.testing.assert_allclose(run.weights, explicit_euler(run), rtol=0, atol=1e-14)


@pytest.mark.parametrize("batch_size", [1, 4, 11])
def test_every_epoch_visits_every_datum_once(batch_size):
    run = watched(batch_size=batch_size)
    assert run.orders.shape == (EPOCHS, 11)
    np.testing.assert_array_equal(np.sort(run.orders, axis=1), np.tile(np.arange(11), (EPOCHS, 1)))
    lengths = [len(batch) for batch in run.batches(0)]
    assert lengths == [batch_size] * (11 // batch_size) + [11 % batch_size] * (11 % batch_size > 0)


def test_samplings_draw_what_they_say():
    first, again, other = watched(seed=1), watched(seed=1), watched(seed=2)
    np.testing.assert_array_equal(first.orders, again.orders)
    np.testing.assert_array_equal(first.weights, again.weights)
    assert (first.orders != other.orders).any()
    # Equal orders by chance: 1 in 11! = 4e7.
    assert len(np.unique(first.orders, axis=0)) == EPOCHS
    assert len(np.unique(watched(seed=None).orders, axis=0)) == EPOCHS
    assert (watched(seed=None).orders != watched(seed=None).orders).any()
    assert len(np.unique(watched(sampling="shuffled once").orders, axis=0)) == 1


def test_a_seed_of_tensorflow_freezes_the_order_of_a_plain_fit():
    """Why `sampling` exists: seen on a plain model, without anything of ours between Keras and the data."""
    keras = backend.keras()
    seen = []

    class Watch(keras.Sequential):
        def train_step(self, data):
            seen.append(tuple(data[0].numpy()[:, 0]))
            return super().train_step(data)

    def distinct_orders(seed):
        seen.clear()
        with backend.seeded(seed):
            model = Watch([keras.layers.Dense(1)])
            model.compile(loss="mse", optimizer="sgd", run_eagerly=True)
            model.fit(np.arange(12.0)[:, None], np.zeros((12, 1)), batch_size=12, epochs=3, verbose=0)
        return len(set(seen))

    assert distinct_orders(None) == 3
    assert distinct_orders(7) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch_size": 0}, "a whole number, 1 ≤ B ≤ 11"),
        ({"batch_size": 12}, "a whole number, 1 ≤ B ≤ 11"),
        ({"batch_size": 2.5}, "B must be a whole number"),
        ({"time_step": -0.1}, "Δtₖ > 0"),
        ({"time_step": [0.1, 0.1]}, "Δtₖ must be a number or have 4 entries"),
        ({"time_step": np.inf}, "Δtₖ must be a number, Δtₖ > 0"),
        ({"data_weights": np.zeros(11)}, "αᵢ > 0"),
        ({"start": np.zeros((3, 2))}, r"start must have the shape \(2, 3\)"),
        ({"sampling": "cyclic"}, "sampling must be one of reshuffled, shuffled once"),
        ({"reduction": "max"}, "reduction must be one of mean, sum"),
        ({"seed": None, "sampling": "shuffled once"}, "without a seed"),
        ({"seed": -1}, "the seed must be a whole number"),
        ({"time_step": 1e200}, "overflowed"),
    ],
)
def test_refuses_bad_input(change, words):
    with pytest.raises(ValueError, match=words):
        watched(**change)


def test_refuses_bad_data():
    options = {"batch_size": 1, "time_step": 0.1, "epochs": 1}
    with pytest.raises(ValueError, match="as many rows"):
        shuffled_fit(INPUTS, TARGETS[:-1], **options)
    with pytest.raises(ValueError, match="at least one"):
        shuffled_fit(np.empty((0, 2)), np.empty((0, 1)), **options)
    with pytest.raises(ValueError, match="inputs must be finite"):
        shuffled_fit(INPUTS * np.nan, TARGETS, **options)
