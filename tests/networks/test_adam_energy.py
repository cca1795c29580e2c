"""E and R of Algorithm 8 as Keras trains it, against the recursion in NumPy and the law with batches."""

import numpy as np
import pytest

from helpers.mathematics.adam import adam
from helpers.networks import adam_energy, backend, digits

pytestmark = pytest.mark.xdist_group("tensorflow")


@pytest.fixture(scope="module")
def data():
    full = digits.load()
    return digits.Digits(
        full.train_inputs[:320], full.train_targets[:320], full.held_out_inputs, full.held_out_targets
    )


def linear(learning_rate, beta_1, beta_2):
    """The linear classifier, compiled with Keras' Adam."""
    model = digits.classifier(hidden=(), seed=3)
    Adam = backend.keras().optimizers.Adam(learning_rate, beta_1=beta_1, beta_2=beta_2)
    model.compile(loss="categorical_crossentropy", optimizer=Adam)
    return model


def slope(data):
    """∇J of the mean loss of the linear classifier, of kernel and bias in a row, in NumPy."""
    x, y = data.train_inputs.astype(float), data.train_targets

    def gradient(w):
        scores = x @ w[:640].reshape(64, 10) + w[640:]
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        residual = (p / p.sum(axis=1, keepdims=True) - y) / len(x)
        return np.concatenate([(x.T @ residual).ravel(), residual.sum(axis=0)])

    return gradient


@pytest.mark.parametrize("beta_2", [0.6, 0.999])
def test_with_one_batch_it_is_the_energy_of_the_recursion(data, beta_2):
    model = linear(1e-2, 0.9, beta_2)
    start = np.concatenate([w.ravel() for w in model.get_weights()]).astype(float)
    record = adam_energy.record(model, data, 3, batch_size=320, every=5)
    assert record.steps.tolist() == [5, 10, 15]
    gradient = slope(data)
    path = adam(gradient, start, step=1e-2, beta_1=0.9, beta_2=beta_2, form="keras", steps=15)
    for t, kinetic, l1, weighted in zip((5, 10, 15), record.kinetic, record.l1, record.weighted, strict=True):
        z = path.first_moment[t] / (1 - 0.9**t)
        d = path.second_moment[t] / (1 - beta_2**t)
        g = gradient(path.w[t])
        live = d > 0  # the pixels that are 0 in all pictures have no gradient
        # float32: W, m and v are known to some 1e-6; the epsilon of 1e-7 acts on gradients below 1e-4
        assert kinetic == pytest.approx(np.sum(z[live] ** 2 / np.sqrt(d[live])), rel=2e-3)
        assert l1 == pytest.approx(np.abs(g).sum(), rel=1e-3)
        assert weighted == pytest.approx(l1, rel=2e-3)
    np.testing.assert_array_equal(record.ratio, record.kinetic / record.l1)


def test_with_batches_and_long_memories_the_penalty_is_a_weighted_l2_norm(data):
    """W hardly moves, so Z → −∇J, D → S: E − J over the weighted penalty tends to 1, over |∇J|₁ not."""
    record = adam_energy.record(linear(1e-6, 0.998, 0.992), data, 4, batch_size=32, every=40)
    # of 400 steps and more, memories of 500 and 125: averages over so many batches leave some per cent
    np.testing.assert_allclose(record.weighted_ratio, 1, atol=0.05)
    assert np.all(record.ratio < 0.85)
    again = adam_energy.record(linear(1e-6, 0.998, 0.992), data, 1, batch_size=32, every=40)
    assert again.kinetic[0] == record.kinetic[0]  # the same seed, the same batches


def test_whole_batches_leave_none_smaller():
    full = digits.load()
    assert len(adam_energy.whole_batches(full, 32).train_inputs) == 42 * 32
    assert len(adam_energy.whole_batches(full, 32).train_targets) == 42 * 32


def test_counts_are_checked_in_words(data):
    model = linear(1e-3, 0.9, 0.6)
    for options, words in (
        ({"batch_size": 33}, "B must divide the number of data, 320; got 33"),
        ({"batch_size": 321}, "1 ≤ B ≤ 320"),
        ({"batch_size": 32, "every": 0}, "number of epochs ≥ 1"),
    ):
        with pytest.raises(ValueError, match=words):
            adam_energy.record(model, data, 1, **options)
    with pytest.raises(ValueError, match="number of measurements ≥ 1"):
        adam_energy.record(model, data, 0, batch_size=32)
