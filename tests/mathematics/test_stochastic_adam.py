"""ADAM over batches: where it ends for fixed memory factors, and for fixed memories epsilon_1,
epsilon_2."""

import numpy as np
import pytest

from helpers.mathematics import stochastic_adam as subject
from helpers.mathematics.time_steps import Power


@pytest.mark.parametrize(
    ("betas", "limit"), [((0, 0.6), 0.83998), ((0.9, 0.6), 0.99133), ((0.9, 0.999), 0.99998)]
)
def test_closed_form_limits(betas, limit):
    assert subject.cyclic_limit(*betas) == pytest.approx(limit, abs=5e-6)
    assert subject.minimizer() == 1.0


def test_the_recursion_reaches_the_closed_form():
    """Steps that obey (5.31): the limit is not W_* = 1."""
    beta_1, beta_2 = np.array([0, 0.9, 0.9]), np.array([0.6, 0.6, 0.999])
    steps = Power(0.5, 0.7).steps(30_000)
    iteration, w = subject.stochastic_adam(beta_1, beta_2, steps, every=3)
    expected = [subject.cyclic_limit(*betas) for betas in zip(beta_1, beta_2, strict=True)]
    # within a cycle w moves by O(step), here 0.6 step; the start is forgotten (sum of the steps 36)
    np.testing.assert_allclose(w[-1], expected, atol=steps[-1])
    assert iteration[-1] == 30_000 and abs(w[-1, 0] - 1) > 0.15


def test_many_memories_at_once_equal_one_at_a_time():
    beta_1, beta_2 = np.array([0.0, 0.5, 0.99]), np.array([0.0, 0.6, 0.9, 0.9999])[:, None]
    for centers, weights in (((1.0, 0.0, 5.0), None), ((0.0, 3.0, 1.0, 7.0, 2.0), (1.0, 2.0, 0.5, 0.3, 1.0))):
        limits = subject.cyclic_limit(beta_1, beta_2, centers, weights)
        one = [[subject.cyclic_limit(b1, b2, centers, weights) for b1 in beta_1] for b2 in beta_2[:, 0]]
        np.testing.assert_allclose(limits, one, rtol=0, atol=1e-13)  # rounding of sums in another order
        velocity = subject.mean_velocity(
            limits[..., None] + [-1e-9, 1e-9], beta_1[:, None], beta_2[..., None], centers, weights
        )
        assert np.all(velocity[..., 0] < 0) and np.all(velocity[..., 1] >= 0)  # stable roots
    steps = np.array([0.2, 0.1, 0.025])
    one = [subject.fixed_memory_limit(step, 1.0, 2.5) for step in steps]
    np.testing.assert_allclose(subject.fixed_memory_limit(steps, 1.0, 2.5), one, rtol=0, atol=1e-13)
    steps, beta_2 = Power(0.3, 0.7).steps(300), np.full(3, 0.6)
    runs = subject.stochastic_adam(beta_1, beta_2, steps, weights=(1.0, 2.0, 0.5), every=7)
    for k in range(3):
        run = subject.stochastic_adam(beta_1[k], 0.6, steps, weights=(1.0, 2.0, 0.5), every=7)
        np.testing.assert_array_equal(run[0], runs[0])
        np.testing.assert_array_equal(run[1], runs[1][:, k])


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
    np.testing.assert_allclose(subject.cyclic_average(values, 0.8), seen[-4:], atol=1e-14)
    np.testing.assert_allclose(subject.cyclic_average(values, 0), values)


def test_fixed_memories_have_a_bias_of_second_order():
    """The book's scaling beta_i = 1 - step/epsilon_i, with its mean over a cycle."""
    steps = np.array([0.2, 0.1, 0.05, 0.025])
    bias = [abs(subject.fixed_memory_limit(step, 1.0, 2.5) - 1) for step in steps]
    slope = np.polyfit(np.log(steps), np.log(bias), 1)[0]
    assert slope == pytest.approx(2, abs=0.1)
    # one batch, or batches that agree, have none
    assert subject.cyclic_limit(0.3, 0.6, centers=(2.0, 2.0)) == 2.0
    assert subject.cyclic_limit(0.3, 0.6, centers=(2.0,)) == 2.0


def test_weights_and_degenerate_memory():
    limit = subject.cyclic_limit(0.9, 0.999, centers=(0.0, 3.0), weights=(2.0, 1.0))
    assert limit == pytest.approx(1.0, abs=0.05) and subject.minimizer((0.0, 3.0), (2.0, 1.0)) == 1.0
    # beta_1 = beta_2 = 0 is sign descent: the median of the centers
    assert subject.cyclic_limit(0, 0, centers=(0.0, 1.0, 5.0)) == pytest.approx(1.0, abs=1e-9)


def test_bad_input():
    cases = [
        (lambda: subject.cyclic_limit(1.0, 0.5), "beta_1"),
        (lambda: subject.cyclic_limit(0.5, -0.1), "beta_2"),
        (lambda: subject.cyclic_limit(0.5, np.nan), "beta_2"),
        (lambda: subject.cyclic_limit(0.5, 0.5, centers=()), "centers"),
        (lambda: subject.cyclic_limit(0.5, 0.5, centers=(np.nan,)), "centers"),
        (lambda: subject.cyclic_limit(0.5, 0.5, weights=(1.0,)), "as many weights"),
        (lambda: subject.cyclic_limit(0.5, 0.5, weights=(1.0, 0.0, 1.0)), "weight must be positive"),
        (lambda: subject.fixed_memory_limit(2.0, 1.0, 3.0), "step <= epsilon_1"),
        (lambda: subject.fixed_memory_limit([0.5, 2.0], 1.0, 3.0), "step <= epsilon_1"),
        (lambda: subject.fixed_memory_limit(np.nan, 1.0, 3.0), "step <= epsilon_1"),
        (lambda: subject.fixed_memory_limit(0.0, 1.0, 3.0), "step <= epsilon_1"),
        (lambda: subject.stochastic_adam(0.9, 0.6, [0.1, -1]), "step 1"),
        (lambda: subject.stochastic_adam(1.2, 0.6, [0.1]), "beta_1"),
    ]
    for call, message in cases:
        with pytest.raises(ValueError, match=message):
            call()
