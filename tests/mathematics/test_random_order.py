"""ADAM over batches in random order: its limits against the closed form, long averages and runs."""

import numpy as np
import pytest

from helpers.mathematics import random_order as subject
from helpers.mathematics import stochastic_adam as adam
from helpers.mathematics.partitions import REPLACEMENT, RESHUFFLED
from helpers.mathematics.stochastic_adam import CENTERS, CYCLIC
from helpers.mathematics.time_steps import Power


@pytest.mark.parametrize(
    ("order", "betas", "limit"),
    [
        (RESHUFFLED, (0, 0.6), 0.81228),
        (REPLACEMENT, (0, 0.6), 0.69831),
        (CYCLIC, (0, 0.6), 0.83998),
        (CYCLIC, (0.9, 0.6), 0.99133),
        (CYCLIC, (0.9, 0.999), 0.99998),
    ],
)
def test_values(order, betas, limit):
    assert subject.random_limit(*betas, order=order) == pytest.approx(limit, abs=5e-6)


def test_in_cyclic_order_it_is_the_closed_form():
    rng = np.random.default_rng(1)
    for _ in range(20):
        beta_1, beta_2, w = rng.uniform(0, 0.99), rng.uniform(0.05, 0.999), rng.uniform(0.1, 2.9)
        mine = subject.mean_velocity(w, beta_1, beta_2, (0.0, 1.0, 3.0), CYCLIC)
        closed = adam.mean_velocity(w, beta_1, beta_2, (0.0, 1.0, 3.0)) / 3
        assert mine == pytest.approx(closed, abs=1e-6)  # 20 points of interpolation


@pytest.mark.parametrize("order", [RESHUFFLED, REPLACEMENT])
@pytest.mark.parametrize("betas", [(0.0, 0.6), (0.9, 0.6), (0.5, 0.1), (0.9, 0.99)])
def test_the_mean_velocity_against_a_long_average(order, betas):
    """With w held: 300 000 steps, whose average scatters by 0.5 / sqrt(their number / memory)."""
    w, steps = 0.8, 300_000
    g = w - np.array(CENTERS)
    z = d = total = 0.0
    visited = adam.batch_order(3, steps, order, seed=5).tolist()
    for k, r in enumerate(visited):
        z = betas[0] * z + (1 - betas[0]) * g[r]
        d = betas[1] * d + (1 - betas[1]) * g[r] ** 2
        total += z / d**0.5 if k >= 3000 else 0.0
    scatter = 5 * 0.8 / np.sqrt(steps)
    assert subject.mean_velocity(w, *betas, order=order) == pytest.approx(total / (steps - 3000), abs=scatter)


@pytest.mark.parametrize("order", adam.ORDERS)
def test_the_recursion_ends_at_the_limit(order):
    """Steps that obey (5.31): at 0.0003 w scatters by 0.02, over 3000 steps alike, and the mean of 60 000 by
    0.005."""
    w = adam.stochastic_adam(0.0, 0.6, Power(0.3, 0.6).steps(120_000), order=order)
    assert w[-60_000:].mean() == pytest.approx(subject.random_limit(0.0, 0.6, order=order), abs=0.015)


@pytest.mark.parametrize(("order", "slope"), [(CYCLIC, 2), (RESHUFFLED, 2), (REPLACEMENT, 1)])
def test_the_order_of_the_bias_with_fixed_memories(order, slope):
    steps = (0.02, 0.01, 0.005, 0.0025)
    bias = subject.fixed_memory_bias(steps, 1.0, 0.25, order=order)
    assert np.log2(bias[:-1] / bias[1:]) == pytest.approx([slope] * 3, abs=0.1)
    if order == CYCLIC:
        np.testing.assert_allclose(
            bias, adam.cyclic_limit(*adam.fixed_memory_betas(np.array(steps), 1.0, 0.25)) - 1, atol=1e-9
        )
    if order == REPLACEMENT:  # step / (2 (eps_1 + eps_2)) E g^3 / E g^2 at W_*: -1 here
        np.testing.assert_allclose(bias / np.array(steps), -1 / 2.5, rtol=0.06)
        np.testing.assert_allclose(
            subject.fixed_memory_bias((0.1, 0.05, 0.025), 1.0, 0.25), [-0.049, -0.022, -0.010], atol=0.001
        )


def test_words():
    assert subject.words(3, CYCLIC) == [(0, 1, 2)] and len(subject.words(4, RESHUFFLED)) == 24
    assert subject.words(2, REPLACEMENT) == [(0,), (1,)]
    assert subject.random_limit(0.5, 0.6, (2.0, 2.0)) == 2.0


def test_bad_input():
    for call, words in [
        (lambda: subject.random_limit(1.0, 0.5), "β₁ must be"),
        (lambda: subject.random_limit(0.5, 0.5, order="alphabetic"), "order must be one of"),
        (lambda: subject.words(9, RESHUFFLED), "p ≤ 5"),
        (lambda: subject.fixed_memory_bias((2.0,), 1.0, 0.5), "Δt ≤ 0.5"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
