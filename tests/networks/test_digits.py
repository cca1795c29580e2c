"""Algorithm 8 on the digits: the data, the measured gradient against NumPy, and what training reaches."""

import numpy as np
import pytest

from helpers.networks import backend, digits

pytestmark = pytest.mark.xdist_group("tensorflow")


@pytest.fixture(scope="module")
def data():
    return digits.load()


def compiled(seed=0, hidden=(64,), **options):
    model = digits.classifier(hidden, seed=seed, **options)
    Adam = backend.keras().optimizers.Adam
    model.compile(loss="categorical_crossentropy", optimizer=Adam(beta_1=0.9, beta_2=0.6))
    return model


def loss_and_gradient(model, data):
    """In NumPy's numbers."""
    loss, parts = digits.loss_and_gradient(model, data.train_inputs, data.train_targets)
    return float(loss), [part.numpy() for part in parts]


@pytest.fixture(scope="module")
def trained(data):
    """Algorithm 8 after five epochs, by the one call and by the pieces that a notebook shows."""
    calls = []
    history = digits.fit(compiled(), data, 5, progress=lambda done, total: calls.append((done, total)))
    return digits.train(0.9, 0.6, epochs=5), history, calls


def test_data_are_scaled_split_and_stratified(data):
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    inputs = np.concatenate([data.train_inputs, data.held_out_inputs])
    targets = np.concatenate([data.train_targets, data.held_out_targets])
    assert data.train_inputs.shape == (1347, 64) and data.held_out_inputs.shape == (450, 64)
    assert inputs.dtype == targets.dtype == np.float32 and inputs.min() == 0 and inputs.max() == 1
    rows = np.column_stack([inputs * 16, targets.argmax(axis=1)])
    expected = np.column_stack([images, labels])
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], expected[np.lexsort(expected.T)])
    shares = data.train_targets.sum(axis=0) / targets.sum(axis=0)
    np.testing.assert_allclose(shares, 0.75, atol=0.005)  # a class has about 180 digits: to the nearest one
    np.testing.assert_array_equal(digits.load().train_inputs, data.train_inputs)


def test_classifier_depends_on_the_seed_alone():
    kernels = [digits.classifier((64, 64), seed=seed).get_weights()[::2] for seed in (1, 1, 2)]
    for first, again, other in zip(*kernels, strict=True):
        np.testing.assert_array_equal(first, again)
        assert np.abs(first - other).max() > 0.1
    assert np.abs(kernels[0][0] - kernels[0][1]).max() > 0.1  # nor are two layers alike
    zeros = digits.classifier((5,), initializer="zeros").get_weights()
    assert [w.shape for w in zeros] == [(64, 5), (5,), (5, 10), (10,)] and not any(w.any() for w in zeros)


def test_gradient_of_the_linear_classifier_is_that_of_numpy(data):
    with backend.precision("float64"):
        model = compiled(hidden=(), dtype="float64")
        loss, (kernel, bias) = loss_and_gradient(model, data)
        W, c = model.get_weights()
    scores = data.train_inputs.astype(float) @ W + c
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    residual = (np.exp(log_p) - data.train_targets) / len(scores)
    # float64 throughout: sums of 1347 terms of size 1e-3, each rounded to 1e-16.
    assert loss == pytest.approx(-(data.train_targets * log_p).sum() / len(scores), rel=1e-13)
    np.testing.assert_allclose(kernel, data.train_inputs.T.astype(float) @ residual, rtol=0, atol=1e-14)
    np.testing.assert_allclose(bias, residual.sum(axis=0), rtol=0, atol=1e-14)


def test_gradient_of_the_network_is_a_directional_derivative(data):
    with backend.precision("float64"):
        model = compiled(activation="tanh", seed=4, dtype="float64")
        _, parts = loss_and_gradient(model, data)
        rng = np.random.default_rng(0)
        center = model.get_weights()
        direction = [rng.normal(size=part.shape) for part in parts]

        def loss(h):
            model.set_weights([w + h * d for w, d in zip(center, direction, strict=True)])
            return loss_and_gradient(model, data)[0]

        slope = (loss(1e-5) - loss(-1e-5)) / 2e-5
    exact = sum((part * d).sum() for part, d in zip(parts, direction, strict=True))
    assert abs(exact) > 0.1
    # Central difference: h² times a third derivative of size |d|³/6 ~ 1e4 gives 1e-6; rounding 1e-11.
    assert slope == pytest.approx(exact, abs=1e-5)


def test_record_before_training_is_what_keras_evaluates(data, trained):
    model = compiled()
    history = trained[0]
    loss, parts = loss_and_gradient(model, data)
    assert history.gradient_l1[0] == pytest.approx(sum(np.abs(part).sum() for part in parts), rel=1e-6)
    evaluated = model.evaluate(data.train_inputs, data.train_targets, batch_size=1347, verbose=0)
    assert history.loss[0] == pytest.approx(loss, rel=1e-6) and loss == pytest.approx(evaluated, rel=1e-5)
    guesses = model.predict(data.held_out_inputs, verbose=0).argmax(axis=1)
    assert history.accuracy[0] == np.mean(guesses == data.held_out_targets.argmax(axis=1))


def test_algorithm_8_learns(trained):
    history = trained[0]
    np.testing.assert_array_equal(history.epoch, np.arange(6))
    assert history.accuracy[0] < 0.3  # chance is 0.1
    assert history.accuracy[-1] > 0.8  # three seeds reach 0.911 to 0.924
    assert (np.diff(history.loss) < 0).all() and history.loss[-1] < 0.6
    assert history.gradient_l1[-1] < history.gradient_l1[0]


def test_same_seed_same_run(trained, data, request):
    by_train, by_pieces, calls = trained
    for name in ("loss", "accuracy", "gradient_l1"):
        np.testing.assert_array_equal(getattr(by_train, name), getattr(by_pieces, name))
    assert calls == [(done, 5) for done in range(1, 6)]
    request.addfinalizer(lambda: backend.tensorflow().random.set_seed(None))
    backend.keras().utils.set_random_seed(99)  # a seed of the reader changes nothing
    assert digits.train(0.9, 0.6, epochs=1, data=data).loss[1] == by_train.loss[1]
    assert digits.train(0.9, 0.6, epochs=1, data=data, seed=1).loss[1] != by_train.loss[1]
    assert digits.train(0.9, 0.999, epochs=1, data=data).loss[1] != by_train.loss[1]


def test_every_epoch_is_a_new_shuffling_of_all_data(data):
    keras = backend.keras()
    names = np.random.default_rng(1).normal(size=64)  # a datum is told by its product with this vector
    seen = []

    class Watch(keras.Sequential):
        def train_step(self, batch):
            seen.extend(batch[0].numpy() @ names)
            return super().train_step(batch)

    model = Watch([keras.Input((64,)), keras.layers.Dense(10, activation="softmax")])
    model.compile(loss="categorical_crossentropy", optimizer="sgd", run_eagerly=True)
    few = digits.Digits(
        data.train_inputs[:50], data.train_targets[:50], data.held_out_inputs, data.held_out_targets
    )
    digits.fit(model, few, 3, batch_size=20)
    epochs = np.reshape(seen, (3, 50))
    for epoch in epochs:
        np.testing.assert_allclose(np.sort(epoch), np.sort(few.train_inputs @ names), rtol=1e-6)
    assert (
        (epochs[0] != epochs[1]).any() and (epochs[1] != epochs[2]).any() and (epochs[0] != epochs[2]).any()
    )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: digits.train(1.2), "0 ≤ β₁ < 1; got 1.2"),
        (lambda: digits.train(0.9, float("nan")), "0 ≤ β₂ < 1; got undefined"),
        (lambda: digits.train(epochs=0), "a whole number, the number of epochs ≥ 1; got 0"),
        (lambda: digits.fit(compiled(), digits.load(), batch_size=1348), "1 ≤ B ≤ 1347; got 1348"),
        (lambda: digits.train(seed=-1), "the seed ≥ 0; got −1"),
        (lambda: digits.classifier((0,)), "the width ≥ 1; got 0"),
        (lambda: digits.classifier(activation="wavy"), "activation must be a name that Keras knows"),
        (lambda: digits.classifier(initializer="big"), "initializer must be a Keras initializer"),
        (lambda: digits.fit(digits.classifier(), digits.load()), "must be compiled first"),
    ],
)
def test_refuses_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()
