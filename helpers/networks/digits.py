"""Algorithm 8 on scikit-learn's handwritten digits: data, dense classifier, training record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.mathematics import checks

from . import backend

CLASSES = 10
SPLIT_SEED = 8  # one split for all runs, so that runs differ only in what is studied
HELD_OUT = 0.25


@dataclass(frozen=True)
class Digits:
    """Inputs in [0, 1], shape (#D, 64), and one-hot targets, shape (#D, 10), float32: training, held out."""

    train_inputs: np.ndarray
    train_targets: np.ndarray
    held_out_inputs: np.ndarray
    held_out_targets: np.ndarray


@dataclass(frozen=True)
class History:
    """One training run; every array has epochs + 1 entries, the first before training.

    `loss` is J averaged over all training data at the end of the epoch, `gradient_l1` is |∇J|_1 of that same
    average (times #D: of the book's sum), `accuracy` the share of held-out digits recognized.
    """

    epoch: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    gradient_l1: np.ndarray


def load() -> Digits:
    """The 1797 digits, 8×8 pixels, shipped inside scikit-learn, split 1347 to 450, classes in proportion."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    inputs = (images / 16.0).astype(np.float32)  # pixels count from 0 to 16
    targets = np.eye(CLASSES, dtype=np.float32)[labels]
    parts = train_test_split(inputs, targets, test_size=HELD_OUT, stratify=labels, random_state=SPLIT_SEED)
    for part in parts:
        part.setflags(write=False)
    return Digits(parts[0], parts[2], parts[1], parts[3])


def classifier(
    hidden: Sequence[int] = (64,),
    activation: str = "relu",
    *,
    initializer="glorot_uniform",
    seed: int = 0,
    dtype: str = "float32",
):
    """A dense Keras classifier 64 → hidden → 10 with softmax, not compiled; `hidden=()` is the linear one.

    `initializer` is a Keras name or object for the kernels (biases start at 0), drawn anew for each layer
    from `seed`; `dtype` as in `precision`, whatever policy the reader has set. Raises ValueError for a width
    below 1, an unknown activation or an unknown initializer.
    """
    seed = checks.SEED.check(seed)
    widths = [checks.WIDTH.check(width) for width in hidden]
    keras = backend.keras()
    try:
        keras.activations.get(activation)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"activation must be a name that Keras knows, such as 'relu' or 'tanh'; got {activation!r}"
        ) from error
    seeds = np.random.SeedSequence(seed).generate_state(len(widths) + 1)
    kernels = [_seeded_initializer(initializer, int(number)) for number in seeds]
    with backend.precision(dtype):
        layers = [keras.Input((64,))]
        for width, kernel in zip(widths, kernels[:-1], strict=True):
            layers.append(keras.layers.Dense(width, activation=activation, kernel_initializer=kernel))
        layers.append(keras.layers.Dense(CLASSES, activation="softmax", kernel_initializer=kernels[-1]))
        return keras.Sequential(layers)


def _seeded_initializer(initializer, seed: int):
    """A fresh copy of a Keras initializer with this seed where it takes one."""
    keras = backend.keras()
    try:
        known = keras.initializers.get(initializer)
        config = known.get_config()
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            "initializer must be a Keras initializer or its name, such as 'he_normal' or 'zeros'; "
            f"got {initializer!r}"
        ) from error
    if "seed" in config:
        config["seed"] = seed
    return type(known).from_config(config)


def loss_and_gradient(model, inputs, targets):
    """The compiled loss averaged over the data, and its gradient, one tensor per trainable variable."""
    with backend.tensorflow().GradientTape() as tape:
        loss = model.compute_loss(x=inputs, y=targets, y_pred=model(inputs, training=False))
    return loss, tape.gradient(loss, [variable.value for variable in model.trainable_variables])


@backend.in_precision_of_model
def fit(
    model,
    data: Digits,
    epochs: int = 20,
    *,
    batch_size: int = 32,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> History:
    """Train a compiled classifier with Keras' own `fit`, reshuffled at every epoch, and measure each epoch.

    `progress(done, total)` is called after every epoch. The shuffling is the data set's, from `seed`: under a
    global seed of TensorFlow, `fit(shuffle=True)` on arrays would draw one order and keep it.
    Raises ValueError for an uncompiled model, `epochs` below 1 or a batch size outside 1..#D.
    """
    if not getattr(model, "compiled", False):
        raise ValueError("the model must be compiled first: model.compile(loss=..., optimizer=...)")
    epochs, seed = checks.EPOCHS.check(epochs), checks.SEED.check(seed)
    batch_size = checks.BATCH_SIZE.within(high=len(data.train_inputs)).check(batch_size)
    tf = backend.tensorflow()
    inputs, targets = tf.constant(data.train_inputs), tf.constant(data.train_targets)
    held_out = tf.constant(data.held_out_inputs)
    labels = data.held_out_targets.argmax(axis=-1)
    record = np.empty((3, epochs + 1))

    @tf.function
    def measure():
        return *loss_and_gradient(model, inputs, targets), model(held_out, training=False)

    def note(epoch: int) -> None:
        loss, parts, probabilities = measure()
        record[0, epoch] = float(loss)
        record[1, epoch] = np.mean(probabilities.numpy().argmax(axis=-1) == labels)
        record[2, epoch] = sum(np.abs(part.numpy(), dtype=float).sum() for part in parts)

    note(0)

    class Measure(backend.keras().callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            note(epoch + 1)
            if progress is not None:
                progress(epoch + 1, epochs)

    with backend.seeded(seed):  # whatever global seed the reader has set, the run is the same
        batches = tf.data.Dataset.from_tensor_slices((data.train_inputs, data.train_targets))
        batches = batches.shuffle(len(data.train_inputs), seed=seed, reshuffle_each_iteration=True)
        model.fit(batches.batch(batch_size), epochs=epochs, shuffle=False, verbose=0, callbacks=[Measure()])
    record.setflags(write=False)
    return History(np.arange(epochs + 1), *record)


def train(
    beta_1: float = 0.9,
    beta_2: float = 0.6,
    *,
    epochs: int = 20,
    seed: int = 0,
    hidden: Sequence[int] = (64,),
    data: Digits | None = None,
) -> History:
    """Algorithm 8 as a whole: a new classifier, compiled with Keras' `Adam(beta_1, beta_2)` and trained.

    The form is Keras', with its default learning rate 1e-3 and epsilon 1e-7.
    Raises ValueError for a β outside [0, 1) and as `classifier` and `fit` do.
    """
    beta_1, beta_2 = checks.BETA_1.check(beta_1), checks.BETA_2.check(beta_2)
    model = classifier(hidden, seed=seed)
    Adam = backend.keras().optimizers.Adam
    model.compile(loss="categorical_crossentropy", optimizer=Adam(beta_1=beta_1, beta_2=beta_2))
    return fit(model, data or load(), epochs, seed=seed)
