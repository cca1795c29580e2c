"""The one place that imports TensorFlow and Keras: on first use, silently, on the CPU, with few threads."""

import os
import sys
import warnings
from contextlib import contextmanager
from functools import wraps
from importlib.util import find_spec

# Read by TensorFlow while it is being imported; what the reader has already set is kept.
SETTINGS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # rounds differently from one CPU to the next, and announces itself
    "TF_NUM_INTRAOP_THREADS": "2",
    "TF_NUM_INTEROP_THREADS": "2",
    "KERAS_BACKEND": "tensorflow",
}

MISSING = (
    "TensorFlow is not installed in this Python environment. Only the parts that train a network with Keras "
    "need it; everything else in the collection runs without it. It is among the collection's pinned "
    "requirements: install them (README, first screen), or `pip install tensorflow`, and restart the kernel."
)

OTHER_BACKEND = (
    "Keras is set to the backend {!r}, and the collection needs 'tensorflow': set the environment variable "
    "KERAS_BACKEND to tensorflow, or remove it, and restart the kernel."
)


def is_available() -> bool:
    """Whether TensorFlow and Keras are installed, found out without importing them."""
    try:
        return all(find_spec(name) is not None for name in ("tensorflow", "keras"))
    except (ImportError, ValueError):  # a parent that is blocked, or a module without a specification
        return False


def tensorflow():
    """The module `tensorflow`, imported on the first call (5 to 10 s, about 600 MB resident).

    Raises ImportError, in words, when TensorFlow is missing.
    """
    if sys.modules.get("tensorflow") is not None:
        return sys.modules["tensorflow"]
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # notices of TensorFlow's own dependencies
            import tensorflow as tf
    except ModuleNotFoundError as error:
        raise ImportError(MISSING) from error
    try:
        tf.config.set_visible_devices([], "GPU")  # small networks: the processor is faster and repeatable
    except (RuntimeError, ValueError):
        pass  # the devices are already in use by the reader's own code
    return tf


def keras():
    """The module `keras` on its TensorFlow backend, imported on the first call.

    Raises ImportError, in words, when TensorFlow or Keras is missing or Keras runs on another backend.
    """
    tensorflow()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import keras as module
    except ModuleNotFoundError as error:
        chosen = os.environ.get("KERAS_BACKEND", "tensorflow")
        raise ImportError(MISSING if chosen == "tensorflow" else OTHER_BACKEND.format(chosen)) from error
    if module.backend.backend() != "tensorflow":
        raise ImportError(OTHER_BACKEND.format(module.backend.backend()))
    return module


@contextmanager
def precision(dtype: str):
    """Within the block Keras computes in `dtype`, "float32" or "float64"; afterwards as before.

    Only these defaults make all of Keras follow: a float64 variable alone still meets a float32 learning rate
    and float32 data. Raises ValueError for any other `dtype`.
    """
    if dtype not in ("float32", "float64"):
        raise ValueError(f'dtype must be "float32" or "float64"; got {dtype!r}')
    module = keras()
    before, policy = module.config.floatx(), module.config.dtype_policy()
    module.config.set_floatx(dtype)
    module.config.set_dtype_policy(dtype)  # fixed by the first layer that was ever made, so set it too
    try:
        yield
    finally:
        module.config.set_floatx(before)
        module.config.set_dtype_policy(policy)


def in_precision_of_model(function):
    """Decorate a function of a Keras model: it computes in the precision of the model, not the reader's.

    Keras forms losses and metrics in the precision that is set when they are first asked for.
    """

    @wraps(function)
    def computed(model, *arguments, **options):
        with precision(model.variable_dtype):
            return function(model, *arguments, **options)

    return computed


@contextmanager
def seeded(seed: int | None):
    """Within the block TensorFlow's global seed is `seed`; afterwards the reader's own, or none as before.

    A global seed left behind would make the reader's next `fit(shuffle=True)` draw one and the same order at
    every epoch: TensorFlow restarts the seeded generator with each pass through the data.
    """
    random = tensorflow().random
    from tensorflow.python.eager import context  # the only place that tells the seed

    before = context.global_seed()
    random.set_seed(seed)
    try:
        yield
    finally:
        random.set_seed(before)
