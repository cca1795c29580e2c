"""Ten hidden layers on the digits, from good and bad starts: gradients at the start, accuracy by training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.mathematics import checks

from . import backend, digits

# name → Keras' initializer of the kernels: a name, or the standard deviation of a normal law; biases are 0
STARTS = {
    "zeros": "zeros",
    "too small, σ = 0.01": 0.01,
    "Glorot uniform": "glorot_uniform",
    "He normal": "he_normal",
    "too large, σ = 0.5": 0.5,
}
BATCH_SIZE = 32


@dataclass(frozen=True)
class DeepRun:
    """One training run of a deep classifier; arrays are read-only.

    `gradient_norms`: |∂J/∂W_l| at the start, l = 1..L, for J averaged over the training data.
    `accuracy`: share of held-out digits recognized after 0, 1, ... epochs. `finite`: whether the weights are
    so at the end; if not, what is recognized is what `argmax` makes of NaN.
    """

    activation: str
    start: str
    seed: int
    gradient_norms: np.ndarray
    accuracy: np.ndarray
    finite: bool


def kernel_initializer(start: str):
    """The Keras initializer of a start of `STARTS`. Raises ValueError, with the known names, for another."""
    if start not in STARTS:
        raise ValueError(f"unknown start {start!r}; the known ones are {'; '.join(STARTS)}")
    law = STARTS[start]
    keras = backend.keras()
    return keras.initializers.RandomNormal(stddev=law) if isinstance(law, float) else law


class DeepClassifier:
    """A Keras classifier, 64 → width (layers times) → 10, that is traced once and can be started anew.

    Gradient descent over batches, Keras' `SGD`: its learning rate multiplies the batch's average gradient.
    Raises ValueError for counts below 1, a learning rate that is not positive, an unknown activation.
    """

    def __init__(self, activation: str, *, layers=10, width=64, learning_rate=0.05, data=None):
        self.activation, self.data = activation, data or digits.load()
        self.hidden = (checks.WIDTH.check(width),) * checks.DEPTH.check(layers)
        rate = checks.TIME_STEP.called("the learning rate").check(learning_rate)
        tf, keras = backend.tensorflow(), backend.keras()
        self.model = digits.classifier(self.hidden, activation)
        self.model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.SGD(rate))
        self.model.optimizer.build(self.model.trainable_variables)
        x, y = tf.constant(self.data.train_inputs), tf.constant(self.data.train_targets)
        held_out = tf.constant(self.data.held_out_inputs)
        model, batches = self.model, len(self.data.train_inputs) // BATCH_SIZE

        @tf.function
        def epoch(order):  # a whole epoch in one call: Keras' `fit` spends most of its time between the steps
            for k in tf.range(batches):
                chosen = order[k * BATCH_SIZE : (k + 1) * BATCH_SIZE]
                inputs, targets = tf.gather(x, chosen), tf.gather(y, chosen)
                gradients = digits.loss_and_gradient(model, inputs, targets)[1]
                model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

        self._epoch = epoch
        self._gradient = tf.function(lambda: digits.loss_and_gradient(model, x, y)[1])
        self._outputs = tf.function(lambda: model(held_out, training=False))

    def start(self, start: str, seed: int) -> None:
        """Draw all kernels anew from this start and seed; biases 0."""
        drawn = digits.classifier(
            self.hidden, self.activation, initializer=kernel_initializer(start), seed=seed
        )
        self.model.set_weights(drawn.get_weights())

    def gradient_norms(self) -> np.ndarray:
        """|∂J/∂W_l|, one number a layer, for the loss averaged over the training data."""
        kernels = self._gradient()[::2]  # Keras orders kernel, bias, kernel, bias, ...
        return np.array([np.linalg.norm(part.numpy().astype(float)) for part in kernels])

    def accuracy(self) -> float:
        """The share of held-out digits recognized."""
        labels = self.data.held_out_targets.argmax(axis=-1)
        return float(np.mean(self._outputs().numpy().argmax(axis=-1) == labels))

    @backend.precision("float32")  # Keras forms the loss when it is first asked for
    def run(self, start: str, seed: int, epochs: int) -> DeepRun:
        """Start anew and train; data reshuffled at every epoch, a last incomplete batch left out."""
        epochs, seed = checks.EPOCHS.check(epochs), checks.SEED.check(seed)
        self.start(start, seed)
        norms, accuracy = self.gradient_norms(), np.empty(epochs + 1)
        accuracy[0] = self.accuracy()
        rng = np.random.default_rng(seed)
        for k in range(epochs):
            self._epoch(rng.permutation(len(self.data.train_inputs)).astype(np.int32))
            accuracy[k + 1] = self.accuracy()
        finite = all(np.isfinite(w).all() for w in self.model.get_weights())
        for array in (norms, accuracy):
            array.setflags(write=False)
        return DeepRun(self.activation, start, seed, norms, accuracy, finite)


def study(
    activations: Sequence[str] = ("tanh", "relu"),
    starts: Sequence[str] = tuple(STARTS),
    seeds: Sequence[int] = (0, 1, 2),
    *,
    epochs: int = 20,
    layers: int = 10,
    width: int = 64,
    progress: Callable[[], object] | None = None,
) -> list[DeepRun]:
    """All runs: each activation from each start with each seed; `progress()` is called after each.

    Raises ValueError as `DeepClassifier` does, and for an unknown start before anything is trained.
    """
    for start in starts:
        kernel_initializer(start)
    data, runs = digits.load(), []
    for activation in activations:
        network = DeepClassifier(activation, layers=layers, width=width, data=data)
        for start in starts:
            for seed in seeds:
                runs.append(network.run(start, seed, epochs))
                if progress is not None:
                    progress()
    return runs
