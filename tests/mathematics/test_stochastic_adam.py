"""ADAM over batches: where it ends for fixed memory factors, and for fixed memories epsilon_1,
epsilon_2."""

import numpy as np
import pytest

from helpers.mathematics import stochastic_adam as subject
from helpers.mathematics.adam import adam
from helpers.mathematics.time_steps import Power


@pytest.mark.parametrize(
    ("betas", "limit"), [((0, 0.6), 0.83998), ((0.9, 0.6), 0.99133), ((0.9, 0.999), 0.99998)]
)
def test_closed_form_limits(betas, limit):
    assert subject.cyclic_limit(*betas) == pytest.approx(limit, abs=5e-6)
    assert subject.minimizer() == 1.0


@pytest.mark.parametrize("betas", [(0, 0.6), (0.9, 0.6), (0.9, 0.999)])
def test_the_recursion_reaches_the_closed_form(betas):
    """Steps that obey (5.31): the limit is not W_* = 1."""
    steps = Power(0.5, 0.7).steps(30_000)
    w = subject.stochastic_adam(*betas, steps)
    # within a cycle w moves by O(step), here 0.6 step; the start is forgotten (sum of the steps 36)
    assert w[-1] == pytest.approx(subject.cyclic_limit(*betas), abs=steps[-1]) and len(w) == 30_001
    assert betas != (0, 0.6) or abs(w[-1] - 1) > 0.15


@pytest.mark.parametrize("order", subject.ORDERS)
def test_the_loop_is_adam(order):
    """Against the recursion of §5.2, in the same order of the batches."""
    centers, steps = (0.0, 3.0, 1.0), Power(0.3, 0.7).steps(200)
    gradients = [lambda w, c=c: w - c for c in centers]
    visited = subject.batch_order(3, 200, order, seed=7)
    path = adam(gradients, [0.5], step=steps, beta_1=0.9, beta_2=0.6, form="book", steps=200, order=visited)
    mine = subject.stochastic_adam(0.9, 0.6, steps, 0.5, centers, order, seed=7)
    np.testing.assert_allclose(mine, path.w[:, 0], rtol=1e-13)


def test_orders_of_the_batches():
    assert subject.batch_order(3, 7).tolist() == [0, 1, 2, 0, 1, 2, 0]
    shuffled = subject.batch_order(4, 400, subject.RESHUFFLED).reshape(100, 4)
    assert np.all(np.sort(shuffled, axis=1) == np.arange(4)) and len(np.unique(shuffled, axis=0)) > 15
    free = subject.batch_order(4, 4000, subject.REPLACEMENT)
    assert np.abs(np.bincount(free) - 1000).max() < 5 * 27  # binomial: deviation 27
    assert np.any(np.sort(free.reshape(-1, 4), axis=1) != np.arange(4))


def test_many_memories_at_once_equal_one_at_a_time():
    beta_1, beta_2 = np.array([0.0, 0.5, 0.99]), np.array([0.0, 0.6, 0.9, 0.9999])[:, None]
    for centers in ((1.0, 0.0, 5.0), (0.0, 3.0, 1.0, 7.0, 2.0)):
        limits = subject.cyclic_limit(beta_1, beta_2, centers)
        one = [[subject.cyclic_limit(b1, b2, centers) for b1 in beta_1] for b2 in beta_2[:, 0]]
        np.testing.assert_allclose(limits, one, rtol=0, atol=1e-13)  # rounding of sums in another order
        velocity = subject.mean_velocity(
            limits[..., None] + [-1e-9, 1e-9], beta_1[:, None], beta_2[..., None], centers
        )
        assert np.all(velocity[..., 0] < 0) and np.all(velocity[..., 1] >= 0)  # stable roots
    steps = np.array([0.2, 0.1, 0.025])
    one = [subject.cyclic_limit(*subject.fixed_memory_betas(step, 1.0, 2.5)) for step in steps]
    np.testing.assert_allclose(
        subject.cyclic_limit(*subject.fixed_memory_betas(steps, 1.0, 2.5)), one, rtol=0, atol=1e-13
    )


def test_a_limit_on_a_point_of_the_grid_is_found():
    # two batches: W_* in the middle, where rounding decides the sign
    assert subject.cyclic_limit(0.9998031, 0.99980888, centers=(0.0, 5.0)) == pytest.approx(2.5, abs=1e-12)


def test_the_limit_depends_on_the_order_of_the_batches():
    other = subject.cyclic_limit(0.5, 0.6, centers=(0.0, 1.0, 5.0))
    reversed_order = subject.cyclic_limit(0.5, 0.6, centers=(5.0, 1.0, 0.0))
    assert abs(other - reversed_order) > 1e-3
    turned = subject.cyclic_limit(0.5, 0.6, centers=(1.0, 5.0, 0.0))
    assert turned == pytest.approx(other, abs=1e-12)  # the same cycle


def test_cyclic_average_is_the_stationary_state_of_the_recursion():
    values = np.array([1.0, -2.0, 0.5, 4.0])
    state, seen = 0.0, []
    for k in range(400):
        state = 0.8 * state + 0.2 * values[k % 4]
        seen.append(state)
    np.testing.assert_allclose(subject._averaging(0.8, 4) @ values, seen[-4:], atol=1e-14)
    np.testing.assert_allclose(subject._averaging(0.0, 4) @ values, values)


def test_fixed_memories_have_a_bias_of_second_order():
    """The book's scaling beta_i = 1 - step/epsilon_i, with its mean over a cycle."""
    steps = np.array([0.2, 0.1, 0.05, 0.025])
    bias = [abs(subject.cyclic_limit(*subject.fixed_memory_betas(step, 1.0, 2.5)) - 1) for step in steps]
    slope = np.polyfit(np.log(steps), np.log(bias), 1)[0]
    assert slope == pytest.approx(2, abs=0.1)
    # one batch, or batches that agree, have none
    assert subject.cyclic_limit(0.3, 0.6, centers=(2.0, 2.0)) == 2.0
    assert subject.cyclic_limit(0.3, 0.6, centers=(2.0,)) == 2.0


def test_degenerate_memory():
    # beta_1 = beta_2 = 0 is sign descent: the median of the centers
    assert subject.cyclic_limit(0, 0, centers=(0.0, 1.0, 5.0)) == pytest.approx(1.0, abs=1e-9)


def test_bad_input():
    cases = [
        (lambda: subject.cyclic_limit(1.0, 0.5), "β₁ must be"),
        (lambda: subject.cyclic_limit(0.5, -0.1), "β₂ must be"),
        (lambda: subject.cyclic_limit(0.5, np.nan), "β₂ must be"),
        (lambda: subject.cyclic_limit(0.5, 0.5, centers=()), "at least one batch"),
        (lambda: subject.cyclic_limit(0.5, 0.5, centers=(np.nan,)), "centers"),
        (lambda: subject.cyclic_limit(*subject.fixed_memory_betas(2.0, 1.0, 3.0)), "Δt ≤ 1"),
        (lambda: subject.cyclic_limit(*subject.fixed_memory_betas([0.5, 2.0], 1.0, 3.0)), "Δt ≤ 1"),
        (lambda: subject.cyclic_limit(*subject.fixed_memory_betas(np.nan, 1.0, 3.0)), "Δt must be"),
        (lambda: subject.cyclic_limit(*subject.fixed_memory_betas(0.0, 1.0, 3.0)), "0 < Δt"),
        (lambda: subject.stochastic_adam(0.9, 0.6, [0.1, -1]), "Δtₖ must be"),
        (lambda: subject.stochastic_adam(1.2, 0.6, [0.1]), "β₁ must be"),
        (lambda: subject.stochastic_adam(0.5, 0.6, [0.1], order="none"), "order must be"),
        (lambda: subject.stochastic_adam(0.5, 0.0, [1.0, 0.5], 1.0, (0.0, 0.5)), "D is zero"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError, match=message):
            call()
