"""The deep classifiers: starts as said, gradients as Keras has them, fates as the theory says."""

import numpy as np
import pytest

from helpers.networks import digits, initializer_study
from helpers.networks.initializer_study import STARTS, DeepClassifier, study

backend = pytest.importorskip("helpers.networks.backend")
if not backend.is_available():
    pytest.skip("TensorFlow is not installed", allow_module_level=True)

DATA = digits.load()
MAJORITY = DATA.held_out_targets.mean(axis=0, dtype=float).max()  # accuracy of a constant answer, at best


@pytest.fixture(scope="module")
def tanh():
    return DeepClassifier("tanh", layers=3, width=16, data=DATA)


@pytest.mark.parametrize("start", STARTS)
def test_kernels_follow_the_start_and_biases_are_zero(tanh, start):
    tanh.start(start, seed=1)
    kernels, biases = tanh.model.get_weights()[::2], tanh.model.get_weights()[1::2]
    assert all(not bias.any() for bias in biases)
    assert [kernel.shape for kernel in kernels] == [(64, 16), (16, 16), (16, 16), (16, 10)]
    expected = {
        "zeros": 0.0,
        "too small, σ = 0.01": 0.01,
        "Glorot uniform": np.sqrt(2 / 80),
        "He normal": np.sqrt(2 / 64),
        "too large, σ = 0.5": 0.5,
    }[start]
    # 1024 weights: the standard deviation is known to 2.2 %, and four times that is allowed
    assert kernels[0].std() == pytest.approx(expected, rel=0.09)


def test_gradient_norms_are_those_of_keras_gradient(tanh):
    tanh.start("Glorot uniform", seed=2)
    parts = digits.loss_and_gradient(tanh.model, DATA.train_inputs, DATA.train_targets)[1]
    expected = [np.linalg.norm(part) for part in parts[::2]]
    np.testing.assert_allclose(tanh.gradient_norms(), expected, rtol=1e-5)  # float32


def test_a_run_is_repeatable_and_starts_anew(tanh):
    first = tanh.run("He normal", seed=0, epochs=2)
    tanh.run("zeros", seed=0, epochs=1)
    again = tanh.run("He normal", seed=0, epochs=2)
    np.testing.assert_array_equal(first.accuracy, again.accuracy)
    np.testing.assert_array_equal(first.gradient_norms, again.gradient_norms)
    assert first.accuracy[-1] > 0.5 and first.finite and not first.accuracy.flags.writeable


@pytest.fixture(scope="module")
def ten_layers():
    """The notebook's classifiers."""
    return {name: DeepClassifier(name, data=DATA) for name in ("tanh", "relu")}


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_ten_layers_from_zeros_move_only_the_last_bias(ten_layers, activation):
    network = ten_layers[activation]
    run = network.run("zeros", seed=0, epochs=2)
    weights = network.model.get_weights()
    assert len(weights) == 22
    assert not run.gradient_norms.any()
    assert all(not w.any() for w in weights[:-1]) and weights[-1].any()
    assert run.accuracy.max() <= MAJORITY + 1e-12


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_he_is_ahead_of_glorot_at_the_learning_rate_of_the_notebook(ten_layers, activation):
    """Eight seeds, twenty epochs, mean: tanh 95.4 ± 0.6 against 92.7 ± 0.9 %, ReLU 87 against 66 %."""
    means = {
        start: [ten_layers[activation].run(start, seed, epochs=12).accuracy[1:].mean() for seed in (0, 1, 2)]
        for start in ("Glorot uniform", "He normal")
    }
    assert np.mean(means["He normal"]) > np.mean(means["Glorot uniform"]) + 0.01


def test_at_eight_times_the_rate_tanh_learns_from_glorot_and_not_from_he():
    fast = DeepClassifier("tanh", learning_rate=0.4, data=DATA)
    best = {start: fast.run(start, 0, epochs=12).accuracy.max() for start in ("Glorot uniform", "He normal")}
    assert best["Glorot uniform"] > 0.6 and best["He normal"] < 0.4


def test_study_goes_through_all_and_reports_progress():
    calls = []
    starts = ("too small, σ = 0.01", "Glorot uniform")
    runs = study(("relu",), starts, (0, 1), epochs=1, layers=6, width=16, progress=lambda: calls.append(1))
    assert [(run.start, run.seed) for run in runs] == [(s, k) for s in starts for k in (0, 1)]
    assert len(calls) == 4 and {run.activation for run in runs} == {"relu"}
    # 0.01² · 16/2 a layer, forward and backward: the first gradient is smaller by many powers of ten
    assert max(run.gradient_norms[0] for run in runs[:2]) < 1e-6 * runs[2].gradient_norms[0]


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: initializer_study.kernel_initializer("ones"), "unknown start 'ones'.*He normal"),
        (lambda: study(starts=("ones",)), "unknown start"),
        (lambda: DeepClassifier("swoosh", data=DATA), "activation"),
        (lambda: DeepClassifier("tanh", layers=0, data=DATA), "the depth"),
        (lambda: DeepClassifier("tanh", width=0, data=DATA), "the width"),
        (lambda: DeepClassifier("tanh", learning_rate=0.0, data=DATA), "the learning rate > 0"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("options", [{"seed": -1, "epochs": 1}, {"seed": 0, "epochs": 0}])
def test_bad_counts_of_a_run_are_refused(tanh, options):
    with pytest.raises(ValueError, match=r"seed|epochs"):
        tanh.run("zeros", **options)
