"""Keras' own `fit(shuffle=True)` on least squares, watched: every order it draws and every step it takes."""

from dataclasses import dataclass

import numpy as np

from helpers.mathematics import checks

from . import backend

SAMPLINGS = ("reshuffled", "shuffled once")
REDUCTIONS = ("mean", "sum")


@dataclass(frozen=True)
class ShuffledFit:
    """What `fit` did: orders, weights and the time step of every sub-step, epochs and batches counted from 0.

    `orders`: the permutation of each epoch, shape (epochs, #D). `weights`: W before the first and after every
    sub-step, shape (epochs·p + 1, n, m). `time_steps`: shape (epochs, p), the Δt for which the sub-step is
    Z - Δt ∇J^r(Z) with the summed J^r of (5.30). `learning_rates`: what Keras was given, shape (epochs,).
    """

    orders: np.ndarray
    weights: np.ndarray
    time_steps: np.ndarray
    learning_rates: np.ndarray
    batch_size: int

    def batches(self, epoch: int) -> list[np.ndarray]:
        """The batches of one epoch in the order in which they were visited, as arrays of indices of data."""
        order = self.orders[epoch]
        return [order[first : first + self.batch_size] for first in range(0, order.size, self.batch_size)]


def shuffled_fit(
    inputs,
    targets,
    *,
    batch_size: int,
    time_step,
    epochs: int,
    start=None,
    data_weights=None,
    sampling: str = "reshuffled",
    reduction: str = "mean",
    seed: int | None = 0,
) -> ShuffledFit:
    """Minimize J = Σ α_i |W x_i - y_i|², Eq. (5.30), by Keras' `fit(shuffle=True)` with SGD, in float64.

    `inputs` (#D, m); `targets` (#D, n); `start` (n, m), zero by default; `data_weights` α (#D,), one by
    default; `time_step` is Δt, or Δt_k with shape (epochs,). Keras divides the loss of a batch by its size
    ("mean") and by n; the learning rate is n·B·Δt to undo it. If B does not divide #D, the last batch, of
    b < B data, then makes a step of (B/b)Δt, as `time_steps` says; "sum" gives every batch the same Δt.
    `sampling`: "reshuffled" calls `fit` once per epoch, each time under a new seed; "shuffled once" calls it
    once under one seed of TensorFlow, which then draws the same order at every epoch. With `seed=None` it is
    one call of `fit` without any seed: reshuffled, and different every time.
    Raises ValueError for mismatched shapes, α or Δt that are not positive, values that are not finite, a
    batch size outside 1..#D, an unknown sampling or reduction, and a run that overflows.
    """
    inputs = checks.finite_array("inputs", inputs, ndim=2)
    targets = checks.finite_array("targets", targets, ndim=2)
    size, m, n = len(inputs), inputs.shape[1], targets.shape[1]
    if size == 0 or len(targets) != size:
        raise ValueError(
            f"inputs and targets must have as many rows, at least one; got {size} and {len(targets)}"
        )
    batch_size = checks.BATCH_SIZE.within(high=size).check(batch_size)
    epochs = checks.EPOCHS.check(epochs)
    steps = _each(checks.TIME_STEPS, time_step, epochs)
    alpha = _each(checks.WEIGHT, 1.0 if data_weights is None else data_weights, size)
    start = checks.finite_array("start", np.zeros((n, m)) if start is None else start, ndim=2)
    if start.shape != (n, m):
        raise ValueError(f"start must have the shape ({n}, {m}) of W; got {start.shape}")
    checks.one_of("sampling", sampling, SAMPLINGS)
    checks.one_of("reduction", reduction, REDUCTIONS)
    if seed is None and sampling != "reshuffled":
        raise ValueError("without a seed fit reshuffles at every epoch: sampling must be 'reshuffled'")
    seeds = None if seed is None else np.random.SeedSequence(checks.SEED.check(seed))

    rates = n * steps * (batch_size if reduction == "mean" else 1)
    visited, weights = [], [start]
    with backend.precision("float64"):
        model, last_batch, dense = _linear_model(m, n, batch_size, start)
        keras = backend.keras()

        class Witness(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch, logs=None):
                self.model.optimizer.learning_rate = rates[epoch]

            def on_train_batch_end(self, batch, logs=None):
                visited.append(last_batch.numpy())
                weights.append(dense.kernel.numpy().T)

        model.compile(optimizer="sgd", loss=keras.losses.MeanSquaredError(reduction=_KERAS_NAMES[reduction]))
        data = ({"x": inputs, "index": np.arange(size)[:, None]}, targets)
        options = {
            "sample_weight": alpha,
            "batch_size": batch_size,
            "shuffle": True,
            "verbose": 0,
            "callbacks": [Witness()],
        }
        if seeds is None or sampling == "shuffled once":
            with backend.seeded(None if seeds is None else int(seeds.generate_state(1)[0])):
                model.fit(*data, epochs=epochs, **options)
        else:
            for epoch, epoch_seed in enumerate(seeds.generate_state(epochs)):
                with backend.seeded(int(epoch_seed)):
                    model.fit(*data, initial_epoch=epoch, epochs=epoch + 1, **options)

    weights = np.array(weights)
    if not np.isfinite(weights).all():
        raise ValueError("the run overflowed: take a smaller time step")
    orders = np.concatenate(visited)
    lengths = np.minimum(batch_size, size - np.arange(0, size, batch_size))
    ratio = batch_size / lengths if reduction == "mean" else np.ones(lengths.size)
    return ShuffledFit(
        orders[orders >= 0].reshape(epochs, size), weights, steps[:, None] * ratio, rates, batch_size
    )


_KERAS_NAMES = {"mean": "sum_over_batch_size", "sum": "sum"}


def _each(quantity: checks.Quantity, values, length: int) -> np.ndarray:
    array = quantity.check_all(values)
    if array.shape not in ((), (length,)):
        words = f"{quantity.symbol} must be a number or have {length} entries"
        raise ValueError(f"{words}; got the shape {array.shape}")
    return np.broadcast_to(array, (length,)).copy()


def _linear_model(m: int, n: int, batch_size: int, start: np.ndarray):
    """A linear Keras model without bias that keeps the indices of the data it was last trained on.

    The index travels with each datum as a second input, so that what `fit` does with the data is seen, not
    assumed; -1 fills up a smaller batch.
    """
    keras, tf = backend.keras(), backend.tensorflow()

    class IndexRecorder(keras.layers.Layer):
        def build(self, *shapes):
            self.last = self.add_weight(
                shape=(batch_size,), dtype="int64", initializer="zeros", trainable=False, name="last"
            )

        def call(self, x, index, training=False):
            if training:
                indices = tf.reshape(tf.cast(index, "int64"), (-1,))
                missing = batch_size - tf.shape(indices)[0]
                self.last.assign(tf.pad(indices, [[0, missing]], constant_values=-1))
            return x

    x = keras.Input((m,), name="x")
    index = keras.Input((1,), dtype="int64", name="index")
    recorder = IndexRecorder()
    dense = keras.layers.Dense(n, use_bias=False)
    model = keras.Model({"x": x, "index": index}, dense(recorder(x, index)))
    dense.kernel.assign(start.T)
    return model, recorder.last, dense
