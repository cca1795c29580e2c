"""Peers: our laws against Keras' initializers, our gradients against TensorFlow's GradientTape."""

import os
from math import sqrt

import numpy as np
import pytest
from scipy import stats

from helpers.mathematics import initialization as init
from helpers.mathematics.activations import ACTIVATIONS
from helpers.mathematics.perceptron import Perceptron

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # before TensorFlow is imported, inside the tests
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

pytestmark = pytest.mark.xdist_group("tensorflow")

N_IN, N_OUT = 160, 240
KERAS = {
    "lecun_normal": "LecunNormal",
    "lecun_uniform": "LecunUniform",
    "glorot_normal": "GlorotNormal",
    "glorot_uniform": "GlorotUniform",
    "he_normal": "HeNormal",
    "he_uniform": "HeUniform",
    "orthogonal": "Orthogonal",
    "random_normal": "RandomNormal",
    "truncated_normal": "TruncatedNormal",
}


@pytest.fixture(scope="module")
def keras():
    from helpers.networks import backend

    return backend.keras()


def draw(keras, name, seed=11):
    """Keras' kernel, (n_in, n_out), transposed."""
    kernel = getattr(keras.initializers, KERAS[name])(seed=seed)(shape=(N_IN, N_OUT))
    return np.asarray(kernel, dtype=float).T


def test_dense_starts_as_we_say(keras):
    layer = keras.layers.Dense(3)
    assert isinstance(layer.kernel_initializer, keras.initializers.GlorotUniform)
    assert isinstance(layer.bias_initializer, keras.initializers.Zeros)


@pytest.mark.parametrize("name", [*KERAS, "zeros", "constant"])
def test_our_names_are_keras_names(keras, name):
    config = {"class_name": name, "config": {"value": 0.3} if name == "constant" else {}}
    theirs = keras.initializers.get(config)
    assert type(theirs).__name__ == {"zeros": "Zeros", "constant": "Constant"}.get(name, KERAS.get(name))
    if name in ("zeros", "constant"):
        ours = init.initialize(name, 2, 3, rng=0, value=0.3)
        np.testing.assert_allclose(np.asarray(theirs(shape=(3, 2))).T, ours, rtol=1e-7)  # float32


@pytest.mark.parametrize("name", list(KERAS))
def test_variance_and_limit(keras, name):
    theirs = draw(keras, name)
    ours = init.initialize(name, N_OUT, N_IN, rng=4)
    expected, bound = init.variance(name, N_IN, N_OUT), init.limit(name, N_IN, N_OUT)
    for w in (theirs, ours):
        # n samples: relative standard error of the variance <= √(2/n), for laws no heavier than the normal
        assert np.var(w) == pytest.approx(expected, rel=5 * sqrt(2 / w.size))
        assert abs(w.mean()) < 5 * sqrt(expected / w.size)
        assert np.abs(w).max() <= bound * (1 + 1e-6)  # float32
    if np.isfinite(bound) and name != "orthogonal":
        # the density near the limit is a fifth of the uniform's or more: 38400 draws come within 1 % of it
        assert min(np.abs(theirs).max(), np.abs(ours).max()) > 0.99 * bound


@pytest.mark.parametrize("name", list(KERAS))
def test_same_law(keras, name):
    """Kolmogorov-Smirnov between the two samples, fixed seeds, level 1e-4."""
    theirs, ours = draw(keras, name), init.initialize(name, N_OUT, N_IN, rng=4)
    assert stats.ks_2samp(theirs.ravel(), ours.ravel()).pvalue > 1e-4


def test_fans_are_not_exchanged(keras):
    """n_in is the number of columns of W, of rows of Keras' kernel: he_normal looks at it alone."""
    wide = np.asarray(keras.initializers.HeNormal(seed=1)(shape=(1000, 10)))
    assert np.var(wide) == pytest.approx(init.variance("he_normal", 1000, 10), rel=5 * sqrt(2 / wide.size))
    ours = init.initialize("he_normal", 10, 1000, rng=1)
    assert np.var(ours) == pytest.approx(np.var(wide), rel=10 * sqrt(2 / wide.size))


def test_keras_orthogonal_is_orthogonal_the_same_way(keras):
    theirs = draw(keras, "orthogonal")
    ours = init.initialize("orthogonal", N_OUT, N_IN, rng=4)
    for w in (theirs, ours):
        np.testing.assert_allclose(w.T @ w, np.eye(N_IN), atol=2e-5)  # float32, sums of 240 products


@pytest.mark.parametrize("name", list(ACTIVATIONS))
@pytest.mark.parametrize("widths", [(1, 20, 1), (3, 5, 2)])
def test_gradient_against_gradient_tape(widths, name):
    from helpers.networks import backend

    tf = backend.tensorflow()
    inputs, neurons, outputs = widths
    rng, net = np.random.default_rng(7), Perceptron(neurons, inputs, outputs, name)
    theta = net.start("he_normal", rng=rng, runs=2) + 0.1
    x, y = rng.normal(size=(21, inputs)), rng.normal(size=(21, outputs))
    loss, gradient = net.loss(theta, x, y), net.gradient(theta, x, y)
    phi = {"linear": tf.identity, "tanh": tf.tanh, "relu": tf.nn.relu, "sigmoid": tf.sigmoid}[name]
    for run in range(2):
        variables = [(tf.Variable(w), tf.Variable(b)) for w, b in net.layers(theta[run])]
        with tf.GradientTape() as tape:
            a = tf.constant(x)
            for level, (w, b) in enumerate(variables):
                z = tf.matmul(a, w, transpose_b=True) + b
                a = z if level == 1 else phi(z)
            value = tf.reduce_sum((a - y) ** 2) / 21.0
        theirs = [g.numpy() for g in tape.gradient(value, [v for pair in variables for v in pair])]
        assert loss[run] == pytest.approx(float(value), rel=1e-13)
        # float64 on both sides: sums of some hundred terms in another order
        size = np.abs(gradient[run]).max()
        ours = np.concatenate([part.ravel() for pair in net.layers(gradient[run]) for part in pair])
        np.testing.assert_allclose(
            ours, np.concatenate([part.ravel() for part in theirs]), rtol=0, atol=1e-12 * size
        )


def test_keras_network_computes_and_differentiates_the_same(keras):
    """A compiled Keras model on the same weights: its mean squared error averages over outputs too."""
    net = Perceptron(7, 2, 3)
    rng = np.random.default_rng(3)
    theta, x, y = net.start("glorot_uniform", rng=rng), rng.normal(size=(9, 2)), rng.normal(size=(9, 3))
    double = {"dtype": "float64"}
    layers = [keras.layers.Dense(n, activation=phi, **double) for n, phi in ((7, "tanh"), (3, None))]
    model = keras.Sequential([keras.Input((2,), **double), *layers])
    model.set_weights([part for w, b in net.layers(theta) for part in (w.T, b)])
    np.testing.assert_allclose(np.asarray(model(x)), net(theta, x), rtol=1e-12, atol=1e-14)
    mse = float(np.mean(np.asarray(keras.losses.mean_squared_error(y, model(x)))))
    assert 3 * mse == pytest.approx(float(net.loss(theta, x, y)), rel=1e-12)
    # one step of SGD, whose learning rate acts on the mean over outputs: 3 η is our Δt
    model.compile(optimizer=keras.optimizers.SGD(0.3), loss="mse", jit_compile=False)
    model.train_on_batch(x, y)
    stepped = net.layers(theta - 0.1 * net.gradient(theta, x, y))
    found = model.get_weights()
    for (w, b), kernel, bias in zip(stepped, found[::2], found[1::2], strict=True):
        np.testing.assert_allclose(kernel.T, w, atol=1e-7)  # Keras holds its learning rate in float32
        np.testing.assert_allclose(bias, b, atol=1e-7)
