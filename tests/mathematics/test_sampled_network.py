"""A network drawn at random against the recursions, plain matrices and the law of orthogonal matrices."""

import numpy as np
import pytest
from scipy import stats

from helpers.mathematics import sampled_network
from helpers.mathematics.activations import activation
from helpers.mathematics.sampled_network import HaarLayer, compare, departure, measure
from helpers.mathematics.signal_propagation import log_fluctuation, predict


@pytest.mark.parametrize("shape", ["normal", "truncated", "uniform", "orthogonal"])
@pytest.mark.parametrize(
    ("name", "sigma_w"), [("linear", 1.0), ("tanh", 1.2), ("relu", 1.3), ("sigmoid", 2.0)]
)
def test_measured_follows_predicted(name, sigma_w, shape):
    depth, width, seeds = 8, 200, 5
    options = {"shape": shape}
    found = [measure(name, sigma_w, depth, width, **options, seed=seed) for seed in range(seeds)]
    expected = predict(name, sigma_w, depth)
    # the log of a mean square wanders by about √(5 l / width) over l layers (5: ReLU, the worst)
    tolerance = 3 * np.sqrt(5 * depth / width / seeds)
    for quantity in ("preactivation", "activation", "gradient"):
        ratio = np.mean([getattr(one, quantity) for one in found], axis=0) / getattr(expected, quantity)
        assert np.abs(np.log(ratio)).max() < tolerance, quantity


def test_ten_networks_of_width_512_follow_the_recursions_through_twenty_layers():
    laws = [("linear", 1.0), ("tanh", 1.0), ("tanh", 2.0), ("relu", 2**0.5)]
    found = [[measure(*law, 20, 512, seed=seed) for law in laws] for seed in range(10)]  # weights drawn once
    for law, runs in zip(laws, zip(*found, strict=True), strict=True):
        expected = predict(*law, 20)
        for quantity in ("preactivation", "activation", "gradient"):
            ratio = np.mean([getattr(one, quantity) for one in runs], axis=0) / getattr(expected, quantity)
            # the worst, ReLU: a logarithm of deviation √(5 · 20/512) = 0.44, of ten
            assert np.abs(np.log(ratio)).max() < np.log(1.5), (law, quantity)


def test_one_narrow_network_against_plain_matrices():
    depth, width, sigma_w = 5, 6, 1.3
    found = measure("tanh", sigma_w, depth, width, shape="uniform", inputs=2, seed=3)
    weights = []
    for index in range(depth):
        rng = np.random.Generator(np.random.SFC64([3, index]))
        unit = np.sqrt(12) * (rng.random((width, width), dtype=np.float32).astype(float) - 0.5)
        weights.append(sigma_w / np.sqrt(width) * unit)
    a = found.activations.reshape(depth, width, 2).astype(float)
    z = found.preactivations.reshape(depth, width, 2).astype(float)
    g = found.gradients.reshape(depth, width, 2).astype(float)
    single = {"rtol": 1e-4, "atol": 2e-6}  # float32: eps 1.2e-7, a dozen roundings, values of size 1
    np.testing.assert_allclose(a, np.tanh(z), **single)
    for index in range(1, depth):
        np.testing.assert_allclose(z[index], weights[index] @ a[index - 1], **single)
        slope = activation("tanh").slope(a[index - 1])
        np.testing.assert_allclose(g[index - 1], slope * (weights[index].T @ g[index]), **single)
    np.testing.assert_allclose(found.preactivation, np.mean(z**2, axis=(1, 2)), rtol=1e-5)


def test_orthogonal_linear_layers_keep_every_length():
    found = measure("linear", 1.0, 30, 64, shape="orthogonal")
    np.testing.assert_allclose(found.preactivation, 1, rtol=1e-12)
    assert departure(found.activation, predict("linear", 1.0, 30).activation).layer is None
    np.testing.assert_allclose(found.gradient, found.gradient[-1], rtol=1e-12)
    explicit = measure("linear", 1.0, 30, 7, shape="orthogonal")  # too narrow to draw lazily: full matrices
    np.testing.assert_allclose(explicit.preactivation, 1, rtol=1e-4)


def test_lazy_orthogonal_layer_is_an_isometry_with_its_adjoint():
    rng = np.random.default_rng(0)
    layer, x, g = HaarLayer(1.0, rng), rng.normal(size=(20, 3)), rng.normal(size=(20, 4))
    x[:, 2] = x[:, 0] - x[:, 1]  # rank deficient, as when activations align
    y = layer.forward(x)
    back = layer.backward(g)
    np.testing.assert_allclose(y.T @ y, x.T @ x, atol=1e-12)
    np.testing.assert_allclose(back.T @ back, g.T @ g, atol=1e-12)
    np.testing.assert_allclose(x.T @ back, y.T @ g, atol=1e-12)  # <x, Q^t g> = <Q x, g>


def test_lazy_orthogonal_layer_has_the_law_of_a_uniform_one():
    n, draws, rng = 6, 2000, np.random.default_rng(1)
    x, g = np.eye(n)[:, :1], np.eye(n)[:, 1:2]
    lazy = np.empty((draws, 2))
    for k in range(draws):
        layer = HaarLayer(1.0, rng)
        y = layer.forward(x)
        lazy[k] = y[0, 0], layer.backward(g)[2, 0]
    full = stats.ortho_group(n, seed=2).rvs(draws)
    # Kolmogorov-Smirnov at level 1e-4, fixed seeds: entry Q_00, then Q_12 seen through the adjoint
    assert stats.ks_2samp(lazy[:, 0], full[:, 0, 0]).pvalue > 1e-4
    assert stats.ks_2samp(lazy[:, 1], full[:, 1, 2]).pvalue > 1e-4


def test_float64_takes_over_where_float32_would_underflow():
    found = measure("linear", 0.05, 50, 16)
    expected = predict("linear", 0.05, 50)
    assert found.preactivations.dtype == np.float64
    assert measure("linear", 1.0, 5, 16).gradients.dtype == np.float32
    # width 16, 50 layers: the log wanders by √(2·50/16) = 2.5 about a mean of -3
    assert expected.preactivation[-1] < 1e-120
    assert 1e-6 < found.preactivation[-1] / expected.preactivation[-1] < 1e3


@pytest.mark.parametrize("width", [1, 9, 300])  # the last in more than one piece
@pytest.mark.parametrize("size", [1e-200, 1.0, 1e150])
def test_product_of_a_single_matrix_in_any_range(width, size):
    rng = np.random.default_rng(4)
    w, x = rng.normal(size=(width, width)).astype(np.float32), size * rng.normal(size=(width, 7))
    exact = w.astype(float) @ x
    # float32: eps 1.2e-7, of sums of up to 300 terms of both signs
    for matrix, expected in ((w, exact), (w.T, w.T.astype(float) @ x)):
        found = sampled_network._product(matrix, x)
        assert found.dtype == np.float64 and found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=0, atol=3e-6 * np.abs(exact).max())
    assert not sampled_network._product(w, np.zeros((width, 2))).any()
    assert sampled_network._product(w, x.astype(np.float32) if size == 1 else w).dtype == np.float32


def test_same_seed_same_network_whatever_is_kept(monkeypatch):
    first = measure("tanh", 1.0, 6, 32, seed=5)
    measure("tanh", 1.0, 3, 16, seed=1)
    monkeypatch.setattr(sampled_network, "WIDEST_KEPT", 31)  # now each layer is drawn when needed
    again = measure("tanh", 1.0, 6, 32, seed=5)
    np.testing.assert_array_equal(first.gradients, again.gradients)
    np.testing.assert_array_equal(first.preactivations, again.preactivations)
    other = measure("tanh", 1.0, 6, 32, seed=6)
    assert not np.allclose(first.preactivations, other.preactivations)


def test_a_deeper_network_continues_the_same_layers():
    """So that the histogram of the last layer, at growing depth, walks through one network."""
    shallow, deep = measure("relu", 1.4, 5, 32), measure("relu", 1.4, 9, 32)
    np.testing.assert_array_equal(shallow.activations, deep.activations[:5])


@pytest.mark.parametrize("shape", ["normal", "orthogonal"])
def test_edges_of_the_range(shape):
    for depth, width in ((1, 1), (50, 1), (1, 8), (50, 9)):
        found = measure("relu", 1.4, depth, width, shape=shape)
        assert found.preactivation.shape == (depth,) and np.isfinite(found.gradients).all()
    assert not measure("relu", 0.0, 3, 8, shape=shape).gradients.any()


@pytest.mark.parametrize(("width", "seeds"), [(64, 200), (128, 100)])
@pytest.mark.parametrize(("name", "sigma_w"), [("linear", 1.0), ("relu", 2**0.5)])
def test_logarithm_of_the_mean_square_fluctuates_as_said(name, sigma_w, width, seeds):
    """ReLU at width 64 and depth 20: ln(measured/predicted) of mean -0.78 and deviation 1.25."""
    depth, keep = 20, {"inputs": 1}
    found = [measure(name, sigma_w, depth, width, **keep, seed=seed).activation[-1] for seed in range(seeds)]
    expected = predict(name, sigma_w, depth).activation[-1]
    mean, deviation = log_fluctuation(name, depth, width)
    logs = np.log(found) - np.log(expected)
    # 5 standard errors; to leading order in v/width (5/64): the next one changes some 15 %
    assert logs.mean() == pytest.approx(mean, abs=5 * deviation / np.sqrt(seeds) + 0.15 * abs(mean))
    assert logs.std() == pytest.approx(deviation, rel=5 / np.sqrt(2 * seeds) + 0.15)


def test_the_mean_square_itself_has_the_predicted_mean_at_any_width():
    """Four ReLU layers of 8 neurons: relative variance (1 + 5/8)^4 - 1 = 6."""
    found = [measure("relu", 2**0.5, 4, 8, inputs=1, seed=seed).activation[-1] for seed in range(2000)]
    assert np.mean(found) == pytest.approx(1, abs=5 * (6 / 2000) ** 0.5)
    assert np.median(found) < 0.5


def test_narrow_and_deep_networks_leave_the_recursion():
    """Width 16, depth 50, He's variance: half of the networks end below 1/1000 of the prediction."""
    found = [measure("relu", 2**0.5, 50, 16, seed=seed).activation[-1] for seed in range(200)]
    assert 1e-5 < np.median(found) < 5e-3 and np.mean(np.array(found) < 1e-3) > 0.4
    wide = [measure("relu", 2**0.5, 50, 512, seed=seed).activation[-1] for seed in range(3)]
    assert 0.1 < np.median(wide) < 10  # the logarithm deviates by √(5 · 50/512) = 0.7


def test_departure_is_the_largest_factor_and_its_layer():
    found = departure(np.array([1.0, 6.0, 0.5]), np.array([1.0, 2.0, 2.0]))
    assert found.factor == pytest.approx(4) and found.layer == 3
    assert departure(np.zeros(2), np.zeros(2)) == sampled_network.Departure(1.0, None)
    assert departure(np.ones(3), 1 + 1e-6 * np.arange(3)).layer is None
    assert departure(np.array([1.0, 0.0]), np.ones(2)) == sampled_network.Departure(np.inf, 2)


@pytest.mark.parametrize("shape", ["normal", "truncated", "uniform", "orthogonal"])
def test_comparison_holds_what_it_compares(shape):
    found = compare("relu", 2**0.5, 7, 40, shape=shape, reach=1.0, cells=11, seed=3)
    sample, law = measure("relu", 2**0.5, 7, 40, shape=shape, seed=3), predict("relu", 2**0.5, 7)
    np.testing.assert_array_equal(found.sample.activations, sample.activations)
    np.testing.assert_array_equal(found.recursion.gradient, law.gradient)
    last = sample.activations[-1]
    middle = np.mean(np.abs(last) < 1 / 11)
    assert found.shares[5] == pytest.approx(middle, abs=2 / last.size)  # one value on an edge
    assert found.outside == pytest.approx(np.mean(np.abs(last) > 1), abs=1e-12)
    assert found.forward == departure(sample.activation, law.activation)
    assert found.backward == departure(sample.gradient, law.gradient)
    assert found.fluctuation == (None if shape == "orthogonal" else pytest.approx((5 * 7 / 40) ** 0.5))
    assert (found.activation, found.shape, found.sigma_w, found.width) == ("relu", shape, 2**0.5, 40)
    assert ("he_normal" in found.keras) == (shape == "truncated")
    assert compare("tanh", 1.0, 3, 8).fluctuation is None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: measure("tanh", 1.0, 0, 8), "the depth ≥ 1; got 0"),
        (lambda: measure("tanh", 1.0, 3, 0), "the width ≥ 1; got 0"),
        (lambda: measure("tanh", 1.0, 3, 8, inputs=0), "the number of inputs ≥ 1"),
        (lambda: measure("swish", 1.0, 3, 8), "must be one of linear, tanh, relu, sigmoid"),
        (lambda: measure("tanh", -1.0, 3, 8), "σ_w ≥ 0; got −1"),
        (lambda: measure("tanh", 1.0, 3, 8, shape="cauchy"), "must be one of normal, truncated"),
        (lambda: measure("tanh", 1.0, 3, 8, seed=-1), "the seed ≥ 0; got −1"),
        (lambda: measure("linear", 1e9, 50, 8), "overflows at layer"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()
