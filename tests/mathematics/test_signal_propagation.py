"""The scale recursions against closed forms, adaptive quadrature and the numbers of the literature."""

from itertools import pairwise
from math import ceil, log, sqrt

import numpy as np
import pytest
from scipy import integrate

from helpers.mathematics.initialization import initialize, weight_gain
from helpers.mathematics.signal_propagation import (
    EXPLODES,
    KEPT,
    VANISHES,
    Fate,
    depth_of_factor,
    fate,
    log_fluctuation,
    mean_square,
    mean_square_slope,
    predict,
)

PHI = {"tanh": np.tanh, "sigmoid": lambda z: 0.5 + 0.5 * np.tanh(z / 2)}
SLOPE = {"tanh": lambda z: np.cosh(z) ** -2.0, "sigmoid": lambda z: 0.25 * np.cosh(z / 2) ** -2.0}


def by_quad(f, q):
    """E f(√q ξ) by adaptive quadrature on pieces that follow both the bend of f and the Gaussian."""
    s = sqrt(q)
    cuts = sorted({0.0, *(c for c in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 40.0) if c < 12 * s), s, 3 * s, 12 * s})
    cuts = [-c for c in cuts[:0:-1]] + cuts

    def density(z):
        return f(min(max(z, -300), 300)) * np.exp(-z * z / (2 * q)) / sqrt(2 * np.pi * q)

    return sum(integrate.quad(density, a, b, epsabs=1e-16, epsrel=1e-13)[0] for a, b in pairwise(cuts))


@pytest.mark.parametrize("q", [1e-4, 0.1, 0.99, 1.01, 4.0, 30.0, 1e3])
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_moments_against_adaptive_quadrature(name, q):
    # the worst of ours is 1e-14, at q just below 1; a dozen pieces of quad add a few 1e-15
    assert mean_square(name, q) == pytest.approx(by_quad(lambda z: PHI[name](z) ** 2, q), rel=5e-14)
    assert mean_square_slope(name, q) == pytest.approx(by_quad(lambda z: SLOPE[name](z) ** 2, q), rel=5e-14)


def test_exact_moments():
    q = np.array([0.0, 0.3, 7.0])
    np.testing.assert_array_equal(mean_square("linear", q), q)
    np.testing.assert_array_equal(mean_square_slope("linear", q), 1)
    np.testing.assert_array_equal(mean_square("relu", q), q / 2)
    np.testing.assert_array_equal(mean_square_slope("relu", q), [0, 0.5, 0.5])
    assert mean_square("tanh", 0.0) == 0 and mean_square_slope("tanh", 0.0) == pytest.approx(1, rel=1e-15)
    assert mean_square("sigmoid", 0.0) == 0.25 and mean_square_slope("sigmoid", 0.0) == pytest.approx(1 / 16)


def test_moments_meet_where_the_rules_change_and_have_the_right_limits():
    below, above = mean_square("tanh", np.array([1.0, np.nextafter(1.0, 2)]))
    assert below == pytest.approx(above, rel=1e-14)
    assert mean_square("tanh", 1e-8) == pytest.approx(1e-8 - 2e-16, rel=1e-14)  # q - 2q² + 17/3 q³
    # 1 - E sech² -> 1 - 2/√(2πq), E sech⁴ -> (4/3)/√(2πq)
    assert 1 - mean_square("tanh", 1e8) == pytest.approx(2 / sqrt(2e8 * np.pi), rel=1e-7)
    assert mean_square_slope("tanh", 1e8) == pytest.approx(4 / 3 / sqrt(2e8 * np.pi), rel=1e-7)


def test_numbers_of_tanh_at_unit_gain():
    """q_1 = 1 in the first layer; then q_5 = 0.1279, q_20 = 0.02729, and q_l ~ 1/(2l)."""
    q = predict("tanh", 1.0, 4000).preactivation
    assert q[0] == 1 and round(q[4], 4) == 0.1279 and round(q[19], 5) == 0.02729
    # 1/q_{l+1} = 1/q_l + 2 - (5/3) q_l + ...: l times the law 1/(2l) is missed by O(log l) in 2l only
    assert 2 * 4000 * q[-1] == pytest.approx(1, abs=2e-3)
    assert 2 * 400 * q[399] == pytest.approx(1, abs=2e-2)


@pytest.mark.parametrize("sigma_w", [0.5, 1.0, 1.3, 2.0])
def test_linear_and_relu_multiply_by_a_factor(sigma_w):
    for name, factor in (("linear", sigma_w**2), ("relu", sigma_w**2 / 2)):
        found = predict(name, sigma_w, 30)
        np.testing.assert_allclose(found.preactivation, sigma_w**2 * factor ** np.arange(30), rtol=1e-13)
        np.testing.assert_allclose(found.gradient[:-1] / found.gradient[1:], factor, rtol=1e-13)
        np.testing.assert_allclose(found.activation, factor ** np.arange(1, 31), rtol=1e-12)


def test_he_keeps_relu_and_glorot_does_not():
    kept = predict("relu", weight_gain("he_normal", 64, 64), 50)
    np.testing.assert_allclose(kept.preactivation, 2, rtol=1e-13)
    np.testing.assert_allclose(kept.gradient, 0.5, rtol=1e-13)
    lost = predict("relu", weight_gain("glorot_uniform", 64, 64), 50)
    np.testing.assert_allclose(lost.preactivation, 0.5 ** np.arange(50), rtol=1e-12)


def test_backward_recursion_is_the_product_of_the_slopes():
    found = predict("tanh", 1.4, 12)
    q = found.preactivation
    assert q[0] == pytest.approx(1.4**2)
    assert q[5] == pytest.approx(1.4**2 * mean_square("tanh", q[4]), rel=1e-14)
    chi = 1.4**2 * mean_square_slope("tanh", q)
    last = mean_square_slope("tanh", q[-1])
    assert found.gradient[3] == pytest.approx(last * np.prod(chi[3:-1]), rel=1e-13)
    assert found.depth == 12


def test_backward_through_unequal_widths_has_the_factor_n_out_over_n_in():
    n_in, n_out, rng = 60, 240, np.random.default_rng(0)
    weights = initialize("lecun_normal", n_out, n_in, rng=1, runs=400)  # σ_w = 1
    back = np.swapaxes(weights, 1, 2) @ rng.normal(size=(400, n_out, 1))
    # 24,000 squares of relative deviation √2, nearly independent
    assert np.mean(back**2) == pytest.approx(n_out / n_in, rel=5 * (2 / 24_000) ** 0.5)


@pytest.mark.parametrize("sigma_w", [0.3, 0.9, 0.99, 1.01, 1.2, 3.0])
@pytest.mark.parametrize(("name", "share"), [("linear", 1.0), ("relu", 0.5)])
def test_one_definition_of_the_depth_at_which_a_factor_is_lost(name, share, sigma_w):
    """The mean square of the inputs is 1: in the recursion, in the panel and in the exercise."""
    growth = share * sigma_w**2
    layers = ceil(log(1000) / abs(log(growth)))
    expected = (VANISHES if growth < 1 else EXPLODES, layers)
    found = depth_of_factor(name, sigma_w)
    assert (found.change, found.layers) == expected
    deep = predict(name, sigma_w, layers)
    assert (deep.forward.change, deep.forward.layers) == expected
    assert deep.forward.last == pytest.approx(growth**layers, rel=1e-10)
    if layers > 1:
        assert predict(name, sigma_w, layers - 1).forward.change == KEPT
    back = [share * growth**k for k in range(layers + 1)]  # the last layer's own slope, then one a layer
    expected = fate(back[:layers])
    assert (deep.backward.change, deep.backward.layers) == (expected.change, expected.layers)
    assert deep.backward.last == pytest.approx(expected.last, rel=1e-10)


def test_depth_of_factor_elsewhere():
    assert depth_of_factor("linear", sqrt(0.1)).layers == 3  # the factor 1000 exactly, but for rounding
    assert depth_of_factor("linear", 1.0) == Fate(KEPT, None, 1.0)
    assert depth_of_factor("relu", 1.0).layers == 10  # 2^10 = 1024
    assert depth_of_factor("relu", 1.2).layers == 22  # 0.72^21 = 1/990
    found = depth_of_factor("tanh", 1.0)  # 1/(2l) reaches 1/1000 near l = 500
    assert found.change == VANISHES and 490 < found.layers < 510
    assert depth_of_factor("tanh", 1.5).change == KEPT  # the mean square settles at its fixed point
    assert predict("tanh", 1.5, 200).backward.change == EXPLODES
    for sigma_w in (0.5, 0.9):
        layers = depth_of_factor("tanh", sigma_w).layers
        square = predict("tanh", sigma_w, layers).activation
        assert square[-1] <= 1e-3 < square[-2]


def test_tanh_never_explodes_forward_but_backward():
    for sigma_w, depth in ((1.05, 6000), (1.2, 600), (1.5, 200), (3.0, 50), (10.0, 50)):
        found = predict("tanh", sigma_w, depth)
        assert found.activation.max() < 1 and found.backward.change == EXPLODES, sigma_w


def test_fate_is_decided_by_what_comes_first():
    assert fate([0.5, 1e-3, 2e3]) == Fate(VANISHES, 2, 2e3)
    assert fate([0.5, 2e3, 1e-4]) == Fate(EXPLODES, 2, 1e-4)
    assert fate([0.2, 0.4], factor=10.0) == Fate(KEPT, None, 0.4)
    assert fate([0.2, 0.1], factor=10.0) == Fate(VANISHES, 2, 0.1)
    assert fate([0.0, 0.0]) == Fate(VANISHES, 1, 0.0)


def test_activations_of_relu_and_sigmoid_have_a_mean_so_that_mean_square_is_not_variance():
    # ReLU at q: E φ = √(q/2π), E φ² = q/2, so the variance is q (1/2 - 1/(2π))
    mean = by_quad(lambda z: max(z, 0.0), 1.0)
    assert mean == pytest.approx(1 / sqrt(2 * np.pi), rel=1e-12)
    assert mean_square("relu", 1.0) - mean**2 == pytest.approx(0.3408, abs=1e-4)
    assert by_quad(PHI["sigmoid"], 1.0) == pytest.approx(0.5, rel=1e-12)


def test_fluctuation_of_one_layer_is_the_kurtosis_of_the_activation():
    for name, phi in (("linear", lambda z: z), ("relu", lambda z: max(z, 0.0))):
        fourth = by_quad(lambda z, phi=phi: phi(z) ** 4, 1.0)
        ratio = fourth / mean_square(name, 1.0) ** 2 - 1
        assert log_fluctuation(name, 1, 10) == pytest.approx((-ratio / 20, sqrt(ratio / 10)), rel=1e-10)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: predict("swish", 1.0, 3), "must be one of linear, tanh, relu, sigmoid"),
        (lambda: predict("tanh", -1.0, 3), "σ_w ≥ 0; got −1"),
        (lambda: predict("tanh", float("nan"), 3), "σ_w ≥ 0; got undefined"),
        (lambda: predict("tanh", 1.0, 0), "the depth ≥ 1; got 0"),
        (lambda: predict("linear", 1e9, 50), "overflows at layer"),
        (lambda: predict("tanh", 1e200, 3), "overflows at layer 1"),
        (lambda: predict("linear", 1e9, 50), "overflows at layer 18"),
        (lambda: predict("tanh", 1e20, 50), "the mean square overflows at layer"),
        (lambda: mean_square("tanh", -1.0), "q ≥ 0; got −1"),
        (lambda: mean_square("tanh", [1.0, np.nan]), "q ≥ 0; got undefined"),
        (lambda: depth_of_factor("tanh", 1.0, factor=1), "the factor > 1; got 1"),
        (lambda: fate([1.0], factor=0.5), "the factor > 1"),
        (lambda: log_fluctuation("tanh", 3, 8), "must be one of linear, relu"),
        (lambda: log_fluctuation("relu", 3, 0), "the width ≥ 1"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()
