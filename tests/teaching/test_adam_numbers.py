"""The numbers, the counterexample and the panel of §5.2: each wrong answer is refused for its own reason."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpers.mathematics import adam_energy
from helpers.mathematics.losses import half_square
from helpers.teaching import adam_exercises
from helpers.teaching.adam_exercises import (
    effective_penalty,
    flat_and_sharp,
    rising_energy,
    shortest_memory,
)

# --- the numbers -----------------------------------------------------------------------------------------


def digits(text):
    return set(re.findall(r"\d+\.?\d*(?:e-?\d+)?", text))


def test_the_shortest_memory_is_the_edge():
    assert adam_energy.energy_condition(0.98, 0.92) == pytest.approx(0, abs=1e-12)  # 4(1 − β₁) − (1 − β₂)
    for answer in (0.92, Fraction(23, 25), 1 - 4 * (1 - 0.98)):
        assert shortest_memory.check(answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        (0.08, "1 − β₂"),
        (0.6, "Algorithm 8"),
        (0.995, "quarter"),
        (0.98, "equal memories"),
        (3.92, "4 β₁"),
        (-0.92, "sign"),
        (0.919, "Close"),
        (0.46, "half or twice"),
        (9.2, "power of ten"),
        (0.5, "another"),
    ],
)
def test_wrong_edges_are_refused_by_their_misconception(answer, words):
    verdict = shortest_memory.check(answer)
    assert not verdict and words in verdict.words and "0.92" not in str(verdict)


def test_the_effective_penalty_is_accepted():
    assert effective_penalty.value == pytest.approx(adam_energy.effective_penalty(0.95, 0.8, 0.1) / 0.1)
    for answer in (15, 15.0, Fraction(15), np.float64(15), np.float32(15), 1 / 0.05 - 1 / 0.2):
        assert effective_penalty.check(answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        (-15, "sign"),
        (0.15, "denominators"),
        (3, "1 − β₁ alone"),
        (0.75, "1 − β₂ alone"),
        (7.5, "Algorithm 8"),
        (10, "ε₁/2"),
        (20, "ε₁/Δt alone"),
        (5, "ε₂/Δt alone"),
        (25, "subtracted"),
        (4, "ε₁/ε₂"),
        (30, "half or twice"),
        (1.5, "power of ten"),
        (1 / 15, "reciprocal"),
        (7, "another number"),
        (14.9, "Close"),
        (None, "None"),
    ],
)
def test_wrong_penalties_are_refused_by_their_misconception(answer, words):
    verdict = effective_penalty.check(answer)
    assert not verdict and words in verdict.words


@settings(max_examples=80, deadline=None)
@given(st.floats() | st.integers() | st.fractions() | st.text(max_size=5) | st.complex_numbers())
def test_a_refused_number_is_never_answered_with_the_right_one(answer):
    verdict = effective_penalty.check(answer)
    if not verdict:
        assert "15" not in digits(str(verdict)) and "fifteen" not in str(verdict)


# --- the counterexample ----------------------------------------------------------------------------------

RISES = {"epsilon_1": 1, "epsilon_2": 0.125, "W": 0, "Z": -1, "D": 1}


@pytest.mark.parametrize(
    "change", [{}, {"W": 0.5}, {"Z": 1e-3}, {"epsilon_2": 0.24}, {"D": 1e300, "Z": 1e-200}]
)
def test_states_where_the_energy_rises_are_accepted(change):
    verdict = rising_energy.check(RISES | change)
    assert verdict, str(verdict)
    assert rising_energy.check(*(RISES | change).values())


@pytest.mark.parametrize(
    "change, broken, words",
    [
        ({"D": 0}, "D is positive", "must be positive"),
        ({"epsilon_1": -1}, "epsilon_1 is positive", "must be positive"),
        ({"epsilon_2": 0.25}, "the memories allow a rise", "never rises"),
        ({"epsilon_2": 3}, "the memories allow a rise", "never rises"),
        ({"Z": 0}, "the energy rises at this state", "Z = 0"),
        ({"W": 1}, "the energy rises at this state", "dE/dt is negative"),
        ({"W": 0.5, "D": 0.5}, "the energy rises at this state", "exactly"),
        ({"W": math.nextafter(0.5, 1), "D": 0.5}, "the energy rises at this state", "dE/dt is negative"),
    ],
)
def test_states_where_it_does_not_are_refused_for_their_own_reason(change, broken, words):
    verdict = rising_energy.check(RISES | change)
    assert verdict.broken == broken and words in verdict.words
    assert "0.125" not in verdict.words


def test_positional_proposals_are_read_in_order():
    verdict = rising_energy.check(8, 1, 0, 1, 1)
    assert verdict and verdict.example == ("with epsilon_1 = 8, epsilon_2 = 1, W = 0, Z = 1, D = 1",)
    for proposal in ((8, 1, 0), (8, 1, 0, 1, 1, 1)):
        assert rising_energy.check(*proposal).words.startswith("Write check(epsilon_1=…, ")


@settings(max_examples=80, deadline=None)
@given(
    *[st.floats(0.01, 10)] * 2,
    *[st.floats(-3, 3)] * 2,
    st.floats(0.05, 5),
)
@example(0.01, 1.0, 1.0, -2.225073858507203e-309, 1.0)  # a rate of 2e-322 is rounding
def test_the_verdict_is_the_sign_of_the_rate_by_the_chain_rule(epsilon_1, epsilon_2, w, z, d):
    state = (np.array([w]), np.array([z]), np.array([d]))
    rate = adam_energy.energy_rate_by_chain_rule(half_square(), *state, epsilon_1, epsilon_2)
    # The chain rule adds terms of this size, so its own sign is known beyond their rounding only, and not
    # where they are so small that numbers lose digits.
    size = abs(w * z) / d**0.5 + z * z / d**0.5 * (1 + epsilon_1 / epsilon_2 * (1 + w * w / d))
    if abs(rate) > 1e-13 * size and size > np.finfo(float).tiny * 1e20:
        verdict = rising_energy.check(epsilon_1=epsilon_1, epsilon_2=epsilon_2, W=w, Z=z, D=d)
        assert verdict.holds == (rate > 0)
    exact = adam_exercises.scaled_rate(epsilon_1, epsilon_2, w, z, d)
    assert float(exact) == pytest.approx(float(rate) * math.sqrt(d), abs=1e-12 * (1 + size))


# --- the panel -------------------------------------------------------------------------------------------


def test_equal_memories_are_found_on_the_panel():
    from helpers.panels.adam_penalty import Flatness

    panel = Flatness()
    assert flat_and_sharp.check(panel).broken == "β₁ is at least 0.95"
    panel.set(beta_1=0.95, beta_2=0.9)
    verdict = flat_and_sharp.check(panel)
    assert verdict.broken == "the effective penalty vanishes" and "0.01, a penalty" in verdict.words
    panel.set(beta_2=0.99)
    assert "anti-penalty" in flat_and_sharp.check(panel).words
    panel.set(beta_2=0.95)
    assert flat_and_sharp.check(panel) and "Equal memories" in flat_and_sharp.check(panel).words
    assert "its class" in flat_and_sharp.check(Flatness).words
    assert flat_and_sharp.check(3).broken == "the answer is a panel Flatness"
