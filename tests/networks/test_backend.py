"""TensorFlow behind one module: lazy, silent, with the reader's settings kept, and missed in words."""

import os
import subprocess
import sys

import numpy as np
import pytest

from helpers.networks import backend, digits, initializer_study

pytestmark = pytest.mark.xdist_group("tensorflow")  # one process with TensorFlow (600 MB), not one a worker

SESSION = """
import sys
from helpers.networks import backend, digits, keras_adam, shuffled_fit
assert not {"tensorflow", "keras", "sklearn", "matplotlib", "ipywidgets"} & set(sys.modules), "not lazy"
assert backend.is_available() and "tensorflow" not in sys.modules
keras, tf = backend.keras(), backend.tensorflow()
assert tf.constant([1.0]).numpy()[0] == 1.0
assert tf.config.get_visible_devices("GPU") == []
import os
print(*(os.environ[name] for name in sorted(backend.SETTINGS)))
"""


def test_import_is_lazy_and_silent_and_keeps_the_readers_settings():
    environment = {k: v for k, v in os.environ.items() if k not in backend.SETTINGS}
    environment["TF_NUM_INTRAOP_THREADS"] = "1"
    run = subprocess.run([sys.executable, "-c", SESSION], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["tensorflow", "3", "0", "2", "1"]
    assert run.stderr == ""


@pytest.mark.parametrize("missing", ["tensorflow", "keras"])
def test_missing_package_is_said_in_words(monkeypatch, missing):
    backend.keras()  # both are loaded, so that both are given back
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)  # as where the reader has imported TensorFlow first
    with pytest.raises(ImportError, match="TensorFlow is not installed") as caught:
        backend.keras()
    assert "README" in str(caught.value)
    assert not backend.is_available()


def test_another_backend_of_keras_is_said_in_words(monkeypatch):
    keras = backend.keras()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ImportError, match=r"set to the backend 'jax'.*KERAS_BACKEND"):
        backend.keras()


def test_a_backend_that_cannot_be_imported_is_not_called_a_missing_tensorflow():
    """As where KERAS_BACKEND=jax is left over from other work, and jax is not in this environment."""
    code = "from helpers.networks import backend; backend.keras()"
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: Keras is set to the backend 'jax'") and "restart the kernel" in last


@pytest.mark.parametrize(("floatx", "policy"), [("float32", "mixed_float16"), ("float64", "float64")])
def test_a_readers_precision_does_not_reach_the_experiments(floatx, policy):
    def numbers():
        trained = digits.train(epochs=1, hidden=(8,))
        run = initializer_study.DeepClassifier("tanh", layers=2, width=8).run(starts[-1], 0, 1)
        model = digits.classifier((8,))
        model.compile(loss="categorical_crossentropy")
        measured = backend.in_precision_of_model(digits.loss_and_gradient)
        loss, slope = measured(model, data.train_inputs, data.train_targets)
        return trained.loss, trained.accuracy, run.accuracy, run.gradient_norms, loss, *slope

    keras, starts, data = backend.keras(), tuple(initializer_study.STARTS), digits.load()
    expected = numbers()
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
    try:
        found = numbers()
        assert keras.config.dtype_policy().name == policy and keras.config.floatx() == floatx
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)  # the same computation, and the same seeds


def test_precision_is_given_back():
    keras = backend.keras()
    keras.layers.Dense(1)  # the first layer fixes the default of all later ones
    before = keras.config.floatx(), keras.config.dtype_policy().name
    with pytest.raises(ZeroDivisionError), backend.precision("float64"):
        assert keras.layers.Dense(1).variable_dtype == keras.losses.MeanSquaredError().dtype == "float64"
        raise ZeroDivisionError
    assert (keras.config.floatx(), keras.config.dtype_policy().name) == before
    with pytest.raises(ValueError, match='"float32" or "float64"'), backend.precision("float16"):
        pass


def test_seed_holds_inside_and_is_gone_after():
    tf = backend.tensorflow()

    def draw(seed):
        with backend.seeded(seed):
            return tf.random.uniform((4,)).numpy().tolist()

    assert draw(3) == draw(3) != draw(4)
    draw(3)
    first = tf.random.uniform((4,)).numpy().tolist()
    draw(3)
    assert tf.random.uniform((4,)).numpy().tolist() != first


def test_the_readers_own_seed_is_given_back():
    tf = backend.tensorflow()
    tf.random.set_seed(11)
    try:
        first = tf.random.uniform((4,)).numpy().tolist()
        with backend.seeded(3):
            tf.random.uniform((4,))
        assert tf.random.uniform((4,)).numpy().tolist() == first  # of the seed 11, from its beginning
    finally:
        tf.random.set_seed(None)
