"""Peers: the recursion in NumPy against `keras.optimizers.Adam`, and the book's form against Keras' form."""

import numpy as np
import pytest

from helpers.mathematics.adam import adam
from helpers.networks import backend, keras_adam

pytestmark = pytest.mark.xdist_group("tensorflow")

BETAS = [(0.9, 0.6), (0.9, 0.999), (0.0, 0.6), (0.5, 0.3)]
STEPS = 500


def random_gradients(seed):
    """500 gradients of 12 coordinates whose sizes run from 1e-9, below Keras' epsilon, to 1e2."""
    return np.random.default_rng(seed).normal(size=(STEPS, 12)) * np.logspace(-9, 2, 12)


def recursion(form, gradients, beta_1, beta_2, start=1.0, step=0.01, **options):
    stored = iter(gradients)
    start = np.full(gradients.shape[1], start)
    options |= {"beta_1": beta_1, "beta_2": beta_2, "step": step, "steps": len(gradients), "form": form}
    return adam(lambda w: next(stored), start, **options).w


@pytest.mark.parametrize(("beta_1", "beta_2"), BETAS)
def test_keras_form_is_keras_in_float64(beta_1, beta_2):
    gradients = random_gradients(0)
    options = {"learning_rate": 0.01, "beta_1": beta_1, "beta_2": beta_2}
    theirs = keras_adam.path(gradients, start=1.0, **options)
    ours = recursion("keras", gradients, beta_1, beta_2)
    assert np.abs(ours[-1] - 1).max() > 0.01  # the paths go somewhere
    # Each of 500 steps rounds W of size 1 to 2^-53, at worst all in one direction: 500 × 1.1e-16.
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=6e-14)


@pytest.mark.parametrize(("beta_1", "beta_2"), BETAS)
def test_keras_form_is_keras_in_float32(beta_1, beta_2):
    gradients = random_gradients(1)
    options = {"learning_rate": 0.01, "beta_1": beta_1, "beta_2": beta_2, "dtype": "float32"}
    theirs = keras_adam.path(gradients, start=1.0, **options)
    ours = recursion("keras", gradients, beta_1, beta_2)
    # Each step rounds W of size 1 to 2^-24, at worst all in one direction (500 × 6e-8); the rounding of β₂ to
    # float32 changes 1 - β₂^t by up to 5e-5 of itself, so the first steps, of size 0.01, by 3e-7 each.
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=4e-5)


def test_one_small_gradient_reads_as_in_keras():
    theirs = keras_adam.path([[1e-8]], learning_rate=1.0)
    assert -theirs[1, 0] == pytest.approx(0.00315231, abs=5e-9)
    assert -recursion("keras", np.array([[1e-8]]), 0.9, 0.999, 0.0, 1.0)[1, 0] == pytest.approx(
        -theirs[1, 0], rel=1e-14
    )
    paper = recursion("paper", np.array([[1e-8]]), 0.9, 0.999, 0.0, 1.0, epsilon=1e-7)
    assert -paper[1, 0] == pytest.approx(0.0909091, abs=5e-8)


def test_keras_as_it_comes_rounds_beta_to_float32():
    theirs = keras_adam.path([[1e-8]], learning_rate=1.0, dtype="float32")
    beta_2 = float(np.float32(0.999))  # 1 - β₂ = .00099998712: the last digit of .00315231 moves
    rate = np.sqrt(1 - beta_2) / 0.1
    assert -theirs[1, 0] == pytest.approx(rate * 1e-9 / (np.sqrt(1e-3) * 1e-8 + 1e-7), rel=1e-6)


@pytest.mark.parametrize(("beta_1", "beta_2", "first"), [(0.9, 0.6, 0.1 / 0.4**0.5), (0.9, 0.999, 10**0.5)])
def test_book_form_is_not_keras_but_for_a_known_factor(beta_1, beta_2, first):
    gradients = np.random.default_rng(2).normal(size=(STEPS, 8))
    options = {"learning_rate": 0.01, "beta_1": beta_1, "beta_2": beta_2, "epsilon": 1e-30}
    theirs = np.diff(keras_adam.path(gradients, start=1.0, **options), axis=0)
    book = np.diff(recursion("book", gradients, beta_1, beta_2), axis=0)
    # The first step of Keras has length Δt, that of the book (1-β₁)/√(1-β₂) Δt.
    np.testing.assert_allclose(np.abs(book[0]), 0.01 * first, rtol=1e-12)
    np.testing.assert_allclose(np.abs(theirs[0]), 0.01, rtol=1e-12)
    t = np.arange(1, STEPS + 1)[:, None]
    factor = np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    np.testing.assert_allclose(
        theirs, factor * book, rtol=0, atol=2e-15
    )  # W of size < 4 is rounded to 4.4e-16


def test_book_form_becomes_keras_once_the_corrections_are_one():
    gradients = np.random.default_rng(3).normal(size=(STEPS, 8))
    ends = {}
    for beta_2 in (0.6, 0.999):
        options = {"learning_rate": 0.01, "beta_1": 0.9, "beta_2": beta_2, "epsilon": 1e-30}
        theirs = np.diff(keras_adam.path(gradients, start=1.0, **options), axis=0)
        ends[beta_2] = np.abs(theirs - np.diff(recursion("book", gradients, 0.9, beta_2), axis=0))[350:].max()
    assert ends[0.6] < 2e-15  # 0.9^350 = 1e-16: what is left is the rounding of W
    assert ends[0.999] > 1e-4  # √(1 - 0.999^500) = 0.63: 500 steps are far from enough


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"beta_1": 1.0}, "0 ≤ β₁ < 1; got 1"),
        ({"beta_2": -0.1}, "0 ≤ β₂ < 1; got −0.1"),
        ({"beta_2": float("nan")}, "β₂ must be a number"),
        ({"learning_rate": 0.0}, "Δt > 0; got 0"),
        ({"epsilon": float("inf")}, "ε ≥ 0; got ∞"),
        ({"start": [1.0, 2.0]}, "the start must have 0 axes"),
        ({"gradients": [[np.nan]]}, "the gradients must be finite"),
        ({"gradients": [1.0]}, "the gradients must have 2 axes"),
        ({"dtype": "float16"}, "dtype must be"),
    ],
)
def test_refuses_bad_input(change, words):
    with pytest.raises(ValueError, match=words):
        keras_adam.path(**({"gradients": [[1.0]]} | change))


def test_leaves_the_precision_of_keras_as_it_was():
    keras = backend.keras()
    keras_adam.path([[1.0]])
    assert keras.config.floatx() == "float32"
