"""E and R of (5.28) measured on Algorithm 8 itself, while Keras trains a network on the digits.

J is the mean over the data, as Keras has it. Z = −m/(1−β₁ᵗ) and D = v/(1−β₂ᵗ) are the corrected moments of
Keras' own form, with its epsilon: those that its steps are made of. E is (5.24), reconstructed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers.mathematics import checks

from . import backend, digits

EPSILON = 1e-7  # Keras'


@dataclass(frozen=True, eq=False)
class EnergyRecord:
    """After each number of ``steps``: J, and what is added to it, over ε₁/2.

    ``kinetic`` is ⟨D^{-1/2}Z, Z⟩, that is 2(E − J)/ε₁, and ``l1`` is |∇J|₁, as in (5.28). ``weighted`` is
    Σ (∂_iJ)²/√S_i with S the mean over the batches of (∇J^r)², J^r the mean over one: it takes the place of
    |∇J|₁ where both memories are long against an epoch, and equals it where there is one batch.
    """

    steps: np.ndarray
    loss: np.ndarray
    kinetic: np.ndarray
    l1: np.ndarray
    weighted: np.ndarray

    @property
    def ratio(self) -> np.ndarray:
        """R = (E − J)/((ε₁/2)|∇J|₁), Eq. (5.28)."""
        return self.kinetic / self.l1

    @property
    def weighted_ratio(self) -> np.ndarray:
        """The same with the weighted ℓ² penalty in place of |∇J|₁."""
        return self.kinetic / self.weighted


def whole_batches(data: digits.Digits, batch_size: int) -> digits.Digits:
    """The data without the last few that would make a smaller batch."""
    kept = len(data.train_inputs) // batch_size * batch_size
    return digits.Digits(
        data.train_inputs[:kept], data.train_targets[:kept], data.held_out_inputs, data.held_out_targets
    )


@backend.in_precision_of_model
def record(
    model,
    data: digits.Digits,
    measurements: int,
    *,
    batch_size: int,
    every: int = 1,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> EnergyRecord:
    """Train a classifier, compiled with Keras' `Adam`; so often, after ``every`` epochs, measure its energy.

    The batches are reshuffled at every epoch, as in `digits.fit`; S belongs to those of the data's own order.
    Raises ValueError for a batch size that does not divide the number of data, and counts below 1.
    """
    data_count = len(data.train_inputs)
    measurements = checks.EPOCHS.called("the number of measurements").check(measurements)
    every = checks.EPOCHS.check(every)
    batch_size = checks.BATCH_SIZE.within(high=data_count).check(batch_size)
    if data_count % batch_size:
        raise ValueError(f"B must divide the number of data, {data_count}; got {batch_size}")
    tf = backend.tensorflow()
    batches = range(0, data_count, batch_size)
    parts = (data.train_inputs, data.train_targets)
    inputs, targets = ([tf.constant(x) for x in np.split(part, len(batches))] for part in parts)
    rows = []

    slope = tf.function(lambda x, y: digits.loss_and_gradient(model, x, y))

    class Measure(backend.keras().callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            values, slopes = zip(*(slope(x, y) for x, y in zip(inputs, targets, strict=True)), strict=True)
            slopes = np.array([_flat(one) for one in slopes])
            mean, square = slopes.mean(axis=0), np.mean(slopes**2, axis=0)
            sums = (_kinetic(model.optimizer), np.abs(mean).sum(), _weighted(mean, square))
            rows.append((int(model.optimizer.iterations.numpy()), np.mean(values), *sums))
            if progress is not None:
                progress(epoch + 1, measurements)

    with backend.seeded(seed):
        if len(batches) == 1:
            stream = tf.data.Dataset.from_tensors((inputs[0], targets[0]))
        else:
            stream = tf.data.Dataset.from_tensor_slices((data.train_inputs, data.train_targets))
            stream = stream.shuffle(data_count, seed=seed, reshuffle_each_iteration=True).batch(batch_size)
        options = {"steps_per_epoch": every * len(batches), "shuffle": False, "verbose": 0}
        model.fit(stream.repeat(), epochs=measurements, callbacks=[Measure()], **options)
    return EnergyRecord(*np.array(rows).T)


def _kinetic(optimizer) -> float:
    """⟨D^{-1/2}Z, Z⟩ of Keras' moments after its corrections."""
    t = int(optimizer.iterations.numpy())
    of_m, of_v = 1 - float(optimizer.beta_1) ** t, 1 - float(optimizer.beta_2) ** t
    return of_v**0.5 / of_m**2 * _weighted(_moment(optimizer, "momentum"), _moment(optimizer, "velocity"))


def _moment(optimizer, name: str) -> np.ndarray:
    """Keras' first or second moment, called "momentum" and "velocity", of all weights in a row."""
    return _flat([variable for variable in optimizer.variables if variable.path.endswith(f"_{name}")])


def _weighted(first, second) -> float:
    """Σ first²/√second, with Keras' epsilon in the denominator."""
    return float(np.sum(first**2 / (np.sqrt(second) + EPSILON)))


def _flat(arrays) -> np.ndarray:
    return np.concatenate([np.asarray(array, dtype=float).ravel() for array in arrays])
