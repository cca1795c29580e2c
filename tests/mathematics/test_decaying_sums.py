"""The last limit of the proof: every inequality of the corrected chain, and where the printed one fails."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from helpers.mathematics.decaying_sums import decaying_sums
from helpers.mathematics.time_steps import Constant, InverseLogarithm, Power

any_steps = st.lists(st.floats(1e-3, 1.0), min_size=2, max_size=30)  # not monotone


@settings(max_examples=200, deadline=None, derandomize=True)
@given(any_steps, st.floats(0.01, 1.0))
def test_each_inequality_of_the_corrected_chain(steps, lam):
    """lambda Delta t <= 1 throughout."""
    chain = decaying_sums(steps, lam).chain
    for left, right in pairwise(chain):
        assert left <= right * (1 + 1e-12)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(any_steps, st.floats(0.1, 3.0))
def test_against_the_definitions(steps, lam):
    found = decaying_sums(steps, lam)
    used, k = np.array(steps[:-1]), len(steps) - 1
    T = np.concatenate([[0.0], np.cumsum(used)])
    product = [np.prod(1 - lam * used[q + 1 :]) for q in range(k)]
    assert found.products == pytest.approx(sum(product[q] * used[q] ** 2 for q in range(k)))
    printed = np.prod(1 - lam * used[1:])
    assert found.printed_products == pytest.approx(sum(printed * used[q] ** 2 for q in range(k)))
    for name, shift in (("exponentials", 1), ("printed_exponentials", 0)):
        expected = sum(np.exp(lam * (T[q + shift] - T[k])) * used[q] ** 2 for q in range(k))
        assert getattr(found, name) == pytest.approx(expected)
    cells = [quad(lambda t: np.exp(lam * (t - T[k])), T[q], T[q + 1])[0] for q in range(k)]
    assert found.bare_integral == pytest.approx(sum(cells[q] * steps[q] for q in range(k)))
    assert found.printed_integral == pytest.approx(sum(cells[q] * steps[q + 1] for q in range(k)))
    assert found.integral == pytest.approx(np.exp(lam * used.max()) * found.bare_integral)
    late = max(used[q] for q in range(k) if T[q + 1] > T[k] / 2)
    assert found.late == pytest.approx(np.exp(lam * used.max()) * late / lam)
    assert found.early == pytest.approx(np.exp(lam * used.max()) * used.max() / lam * np.exp(-lam * T[k] / 2))


def test_errata_12_to_14():
    """The numbers that refute the printed lines, with the same constant on both sides; lambda = 1."""
    constant = decaying_sums(np.full(400, 0.1), 1.0)
    assert constant.products == pytest.approx(0.1000, abs=5e-5)
    assert constant.printed_exponentials == pytest.approx(0.0951, abs=5e-5)  # 13: too small
    assert constant.exponentials == pytest.approx(0.1051, abs=5e-5)
    harmonic = decaying_sums([1.0, 0.5], 1.0)
    assert harmonic.printed_exponentials == pytest.approx(0.3679, abs=5e-5)
    assert harmonic.printed_integral == pytest.approx(0.3161, abs=5e-5)  # 14: too small
    # s mended alone is still too small for the mended sum
    assert harmonic.exponentials == 1.0
    assert harmonic.bare_integral == pytest.approx(0.6321, abs=5e-5)
    assert harmonic.integral == pytest.approx(1.718, abs=5e-4)
    ten = decaying_sums(np.full(11, 0.1), 1.0)
    expected = {"products": 0.0651, "exponentials": 0.0664, "bare_integral": 0.0632, "integral": 0.0699}
    for name, value in expected.items():
        assert getattr(ten, name) == pytest.approx(value, abs=5e-5)
    assert ten.printed_products == pytest.approx(0.0387, abs=5e-5)  # 12: too small


def test_the_last_bound_tends_to_zero_under_531_and_not_otherwise():
    for schedule, tends in [
        (Power(1, 0.5), True),
        (InverseLogarithm(0.3), True),
        (Constant(0.1), False),
        (Power(1, 2), False),
    ]:
        near, far = (sum(decaying_sums(schedule.steps(k), 1.0).chain[-1:]) for k in (100, 10_000))
        assert (far < 0.75 * near) == tends, schedule


def test_bad_input():
    for call, words in [
        (lambda: decaying_sums([0.1], 1), "two steps"),
        (lambda: decaying_sums([0.1, 0.1], 0), "λ must be"),
        (lambda: decaying_sums([0.1, -0.1], 1), "Δtₖ must be"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
