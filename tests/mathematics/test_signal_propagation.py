"""The scale recursions against closed forms, adaptive quadrature and the numbers of the literature."""

from itertools import pairwise
from math import ceil, log, sqrt

import numpy as np
import pytest
from scipy import integrate

from helpers.mathematics.signal_propagation import (
    depth_of_factor,
    gaussian_mean,
    ideal_gain,
    iterate_variance,
    mean_square,
    mean_square_slope,
    predict,
    sampling_law,
    verdict,
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


def test_gauss_hermite_is_exact_for_polynomials_and_as_accurate_as_stated():
    assert gaussian_mean(lambda z: z**6, 2.0, nodes=4) == pytest.approx(15 * 8, rel=1e-14)
    assert gaussian_mean(np.cos, np.array([0.5, 3.0])) == pytest.approx(np.exp([-0.25, -1.5]), rel=1e-13)
    for q, error in ((1, 4e-15), (2, 4e-14), (5, 7e-9), (10, 2.2e-6), (100, 1.1e-2)):
        found = abs(gaussian_mean(lambda z: np.tanh(z) ** 2, q) - mean_square("tanh", float(q)))
        assert found < 2 * error
    assert found > 1e-3  # which is why the rule changes


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
        q = iterate_variance(name, sigma_w, 30, q0=0.7)
        np.testing.assert_allclose(q, 0.7 * factor ** np.arange(31), rtol=1e-13)
        found = predict(name, sigma_w, 30)
        np.testing.assert_allclose(found.gradient[:-1] / found.gradient[1:], factor, rtol=1e-13)
        assert found.backward_ratio == pytest.approx(factor**29, rel=1e-12)
        assert found.forward_ratio == pytest.approx(factor**29, rel=1e-12)


def test_he_keeps_relu_and_glorot_does_not():
    assert ideal_gain("relu") ** 2 == pytest.approx(2)
    kept = predict("relu", sampling_law("he_normal", 64)[1], 50)
    np.testing.assert_allclose(kept.preactivation, 2, rtol=1e-13)
    np.testing.assert_allclose(kept.gradient, 0.5, rtol=1e-13)
    lost = predict("relu", sampling_law("glorot_uniform", 64)[1], 50)
    np.testing.assert_allclose(lost.preactivation, 0.5 ** np.arange(50), rtol=1e-12)


def test_backward_recursion_is_the_product_of_the_slopes():
    found = predict("tanh", 1.4, 12, sigma_b=0.3, input_square=0.5)
    q = found.preactivation
    assert q[0] == pytest.approx(1.4**2 * 0.5 + 0.09)
    assert q[5] == pytest.approx(1.4**2 * mean_square("tanh", q[4]) + 0.09, rel=1e-14)
    chi = 1.4**2 * mean_square_slope("tanh", q)
    last = mean_square_slope("tanh", q[-1])
    assert found.gradient[3] == pytest.approx(last * np.prod(chi[3:-1]), rel=1e-13)
    np.testing.assert_allclose(found.weight_gradient[1:], found.gradient[1:] * found.activation[:-1])
    assert found.weight_gradient[0] == pytest.approx(0.5 * found.gradient[0]) and found.depth == 12


@pytest.mark.parametrize("sigma_w", [0.3, 0.9, 0.99, 1.01, 1.2, 3.0])
def test_depth_of_factor_for_linear_layers(sigma_w):
    expected = ceil(log(1000) / abs(2 * log(sigma_w)))
    word = "vanishes" if sigma_w < 1 else "explodes"
    for direction in ("forward", "backward"):
        found = depth_of_factor("linear", sigma_w, direction=direction)
        assert (found.layers, found.change) == (expected, word)


def test_depth_of_factor_elsewhere():
    assert depth_of_factor("linear", sqrt(0.1)).layers == 3  # the factor 1000 exactly, but for rounding
    assert depth_of_factor("linear", 1.0).layers is None
    assert depth_of_factor("relu", 1.0).layers == 10  # 2^10 = 1024
    found = depth_of_factor("tanh", 1.0)  # 1/(2l) reaches 1/1000 near l = 500
    assert found.change == "vanishes" and 490 < found.layers < 510
    assert depth_of_factor("tanh", 1.5).change == "steady"  # q settles at its fixed point
    assert depth_of_factor("tanh", 1.5, direction="backward").change == "explodes"
    q = iterate_variance("tanh", 0.8, 60)
    layers = depth_of_factor("tanh", 0.8).layers
    assert q[layers] <= 1e-3 < q[layers - 1]


def test_verdict_says_where():
    assert verdict(predict("relu", 1.0, 30)) == (
        "Signals vanish: a factor 1000 lost at layer 11 (×10^-9 in all); "
        "gradients vanish: a factor 1000 lost on the way back to layer 20 (×10^-9 in all)."
    )
    assert "gradients explode: a factor 1000 gained on the way back" in verdict(predict("tanh", 2.0, 50))
    kept = verdict(predict("relu", sqrt(2), 30))
    assert kept.startswith("Signals keep their size") and "gradients keep their size" in kept
    silent = verdict(predict("relu", 0.0, 3))
    assert silent == "Signals are zero from the start; gradients are zero from the start."


def test_keras_names_give_law_and_gain():
    assert sampling_law("glorot_uniform", 100) == ("uniform", pytest.approx(1))
    assert sampling_law("he_normal", 100) == ("truncated", pytest.approx(sqrt(2)))
    assert sampling_law("orthogonal", 100) == ("orthogonal", pytest.approx(1))
    assert sampling_law("zeros", 100) == ("normal", 0)
    assert sampling_law("random_normal", 100, sigma=0.05) == ("normal", pytest.approx(0.5))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: predict("swish", 1.0, 3), "known ones are linear, tanh, relu, sigmoid"),
        (lambda: predict("tanh", -1.0, 3), "sigma_w must be finite and at least 0"),
        (lambda: predict("tanh", float("nan"), 3), "sigma_w must be finite"),
        (lambda: predict("tanh", 1.0, 0), "depth must be a whole number of at least 1"),
        (lambda: predict("tanh", 1.0, 3, sigma_b=-1), "sigma_b must be finite and at least 0"),
        (lambda: predict("linear", 1e9, 50), "overflows at layer"),
        (lambda: predict("tanh", 1e200, 3), "overflows at layer 1"),
        (lambda: iterate_variance("linear", 1e9, 50), "overflows at layer 18"),
        (lambda: mean_square("tanh", -1.0), "must be finite and at least 0"),
        (lambda: mean_square("tanh", [1.0, np.nan]), "must be finite"),
        (lambda: gaussian_mean(np.tanh, 1.0, nodes=0), "nodes must be a whole number"),
        (lambda: depth_of_factor("tanh", 1.0, factor=1), "factor must exceed 1"),
        (lambda: depth_of_factor("tanh", 1.0, direction="up"), "forward or backward"),
        (lambda: depth_of_factor("tanh", 1.0, q0=0), "q0 must be positive"),
        (lambda: verdict(predict("tanh", 1.0, 3), factor=0.5), "factor must exceed 1"),
        (lambda: sampling_law("constant", 10), "has a mean"),
        (lambda: sampling_law("xavier", 10), "known ones are zeros"),
        (lambda: ideal_gain("sigmoid"), "no gain keeps"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()
