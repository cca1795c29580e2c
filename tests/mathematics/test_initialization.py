"""Laws of the initial weights against their closed forms."""

from math import sqrt

import numpy as np
import pytest
from scipy import integrate, stats

from helpers.mathematics import initialization as init

N_IN, N_OUT = 300, 200
SCALED = [name for name, law in init.LAWS.items() if law.fan]


def draw(name, seed=0, **options):
    return init.initialize(name, N_OUT, N_IN, rng=seed, **options)


def test_truncated_std_is_that_of_the_normal_cut_at_two():
    mass = integrate.quad(stats.norm.pdf, -2, 2)[0]
    second = integrate.quad(lambda x: x * x * stats.norm.pdf(x), -2, 2)[0]
    assert sqrt(second / mass) == pytest.approx(init.TRUNCATED_STD, rel=1e-13)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lecun_normal", 1 / N_IN),
        ("lecun_uniform", 1 / N_IN),
        ("glorot_normal", 2 / (N_IN + N_OUT)),
        ("glorot_uniform", 2 / (N_IN + N_OUT)),
        ("he_normal", 2 / N_IN),
        ("he_uniform", 2 / N_IN),
        ("orthogonal", 1 / N_IN),
        ("random_normal", 0.05**2),
        ("truncated_normal", (0.05 * init.TRUNCATED_STD) ** 2),
    ],
)
def test_variance_stated_and_drawn(name, expected):
    assert init.variance(name, N_IN, N_OUT) == pytest.approx(expected, rel=1e-14)
    w = draw(name)
    # a variance from n samples has relative standard error <= √(2/n) for laws no heavier than the normal
    assert np.var(w) == pytest.approx(expected, rel=5 * sqrt(2 / w.size))
    assert abs(w.mean()) < 5 * sqrt(expected / w.size)


def test_uniform_limit_of_glorot_is_reached_and_not_passed():
    bound = sqrt(6 / (N_IN + N_OUT))
    assert init.limit("glorot_uniform", N_IN, N_OUT) == pytest.approx(bound, rel=1e-14)
    largest = np.abs(draw("glorot_uniform")).max()
    assert bound * (1 - 20 / (N_IN * N_OUT)) < largest <= bound  # missed by 20/n with probability e^-20


@pytest.mark.parametrize(
    ("shape", "law"),
    [
        ("normal", stats.norm()),
        ("uniform", stats.uniform(-sqrt(3), 2 * sqrt(3))),
        ("truncated", stats.truncnorm(-2, 2, scale=1 / init.TRUNCATED_STD)),
    ],
)
def test_unit_weights_follow_their_law(shape, law):
    w = init.unit_weights(shape, (200, 300), np.random.default_rng(3))
    # Kolmogorov-Smirnov at level 1e-4, one fixed seed: the sample is accepted unless the law is wrong
    assert stats.kstest(w.ravel(), law.cdf).pvalue > 1e-4
    single = init.unit_weights(shape, (200, 300), np.random.default_rng(3), np.float32)
    assert single.dtype == np.float32 and stats.kstest(single.ravel(), law.cdf).pvalue > 1e-4


def test_truncated_law_stops_at_its_limit():
    w, bound = draw("he_normal"), init.limit("he_normal", N_IN, N_OUT)
    assert bound == pytest.approx(2 * sqrt(2 / N_IN) / 0.87962566103423978)
    assert 0.99 * bound < np.abs(w).max() <= bound * (1 + 1e-15)


@pytest.mark.parametrize(("n_out", "n_in"), [(7, 7), (5, 9), (9, 5), (1, 6), (6, 1)])
def test_orthogonal_rows_or_columns(n_out, n_in):
    w = init.initialize("orthogonal", n_out, n_in, rng=1, runs=4)
    gram = w @ np.swapaxes(w, 1, 2) if n_out <= n_in else np.swapaxes(w, 1, 2) @ w
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(min(n_out, n_in)), gram.shape), atol=1e-14)


def test_orthogonal_is_uniform_not_merely_orthogonal():
    """Under Haar measure E (tr Q)² = 1 and E tr Q = 0; QR without signs corrected: E tr Q = -0.83."""
    traces = np.trace(init.initialize("orthogonal", 4, 4, rng=2, runs=20_000), axis1=1, axis2=2)
    assert abs(traces.mean()) < 5 / sqrt(20_000)
    assert np.mean(traces**2) == pytest.approx(1, abs=5 * sqrt(2 / 20_000))


def test_constants():
    assert not draw("zeros").any()
    assert np.all(draw("constant", value=-0.3) == -0.3)
    assert init.limit("zeros", 2, 2) == init.limit("constant", 2, 2) == 0
    assert init.limit("random_normal", 2, 2) == np.inf and init.limit("orthogonal", 2, 2) == 1


def test_runs_are_independent_and_seeded():
    w = init.initialize("he_normal", 20, 30, rng=5, runs=3)
    assert w.shape == (3, 20, 30)
    assert not np.array_equal(w[0], w[1])
    again = init.initialize("he_normal", 20, 30, rng=np.random.default_rng(5), runs=3)
    np.testing.assert_array_equal(w, again)


def test_gain_of_square_layers():
    gains = {name: init.weight_gain(name, 64, 64) for name in [*SCALED, "orthogonal"]}
    assert gains == pytest.approx(
        {name: sqrt(2) if name.startswith("he") else 1.0 for name in gains}, rel=1e-14
    )


def test_names_of_keras_by_shape_and_gain_of_square_layers():
    for name in [*SCALED, "orthogonal"]:
        shape, gain = init.LAWS[name].shape, init.weight_gain(name, 37, 37)
        assert name in init.keras_names(shape, gain) and not init.keras_names(shape, 1.001 * gain)
    assert init.keras_names("uniform", 1.0) == ("lecun_uniform", "glorot_uniform")
    assert init.keras_names("truncated", 2**0.5) == ("he_normal",)
    assert init.keras_names("normal", 1.0) == ()  # Keras' normal laws are truncated


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: draw("xavier"), "must be one of zeros, constant, .*glorot_uniform"),
        (lambda: draw(None), "the initializer must be one of .*; got None"),
        (lambda: draw("truncated_normal", sigma=-0.1), "σ ≥ 0; got −0.1"),
        (lambda: draw("random_normal", sigma=float("nan")), "σ ≥ 0; got undefined"),
        (lambda: draw("random_normal", sigma="0.1"), "σ ≥ 0; got '0.1'"),
        (lambda: draw("constant", value=float("inf")), "the constant must be a finite number; got ∞"),
        (lambda: draw("zeros", runs=0), "the number of runs ≥ 1"),
        (lambda: init.initialize("zeros", 0, 3, rng=0), "n_out ≥ 1; got 0"),
        (lambda: init.variance("he_normal", 2.5, 3), "n_in must be a whole number, n_in ≥ 1; got 2.5"),
        (lambda: init.unit_weights("cauchy", (2, 2), None), "must be one of normal, .*; got 'cauchy'"),
    ],
)
def test_bad_input_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()
