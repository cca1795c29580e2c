"""The exercises of §5.2: right answers are accepted, wrong ones refused for the right reason."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.mathematics import adam, adam_energy
from helpers.mathematics.losses import half_square
from helpers.teaching import adam_exercises, adam_properties, properties, wrong_optimizers
from helpers.teaching.adam_exercises import effective_penalty, keras_step, rising_energy

NAMES = [one.name for one in wrong_optimizers.gallery]


def paper_loop(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """The same step, written by a reader who corrects the moments one coordinate at a time."""
    w_new, m_new, v_new = (np.zeros_like(w) for _ in range(3))
    for i in range(len(w)):
        m_new[i] = beta_1 * m[i] + g[i] - beta_1 * g[i]
        v_new[i] = v[i] + (1 - beta_2) * (g[i] ** 2 - v[i])
        root = math.sqrt(v_new[i]) / math.sqrt(1 - beta_2**t)
        shifted = epsilon / math.sqrt(1 - beta_2**t)
        w_new[i] = w[i] - learning_rate * m_new[i] / (1 - beta_1**t) / (root + shifted)
    return [w_new, m_new, v_new]


def package_step(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    return adam.adam_step(
        "keras", w, m, v, g, step=learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, iteration=t
    )


@pytest.mark.parametrize("answer", [adam_exercises.step, package_step, paper_loop])
def test_right_steps_are_accepted_on_any_data(answer):
    for seed in range(5):
        verdict = keras_step.check(answer, seed=seed)
        assert verdict, str(verdict)
        assert len(verdict.held) == len(adam_properties.keras_step_properties)


@pytest.mark.parametrize("name", NAMES)
def test_every_wrong_optimizer_is_caught_by_its_property(name):
    wrong = wrong_optimizers.find(name)
    for seed in range(3):
        verdict = keras_step.check(wrong.step, seed=seed)
        assert not verdict and verdict.broken == wrong.caught_by, str(verdict)


def test_every_property_catches_something():
    caught = {one.caught_by for one in wrong_optimizers.gallery}
    assert {one.name for one in keras_step.properties} <= caught
    assert len(set(NAMES)) == len(NAMES) and all(one.fault for one in wrong_optimizers.gallery)
    with pytest.raises(ValueError, match="the gallery holds"):
        wrong_optimizers.find("adagrad")


def test_one_tiny_gradient_tells_the_places_of_epsilon_apart():
    """One gradient of 1e-8, learning rate 1: Keras gives .00315231, the paper with 1e-7 gives .0909091."""
    zero, g = np.zeros(1), np.array([1e-8])
    moves = [
        -step(zero, zero, zero, g, 1, 1.0, 0.9, 0.999, 1e-7)[0][0]
        for step in (
            adam_exercises.step,
            wrong_optimizers.find("epsilon of the paper").step,
            wrong_optimizers.find("epsilon inside the root").step,
        )
    ]
    np.testing.assert_allclose(moves[:2], [0.00315231, 0.0909091], rtol=2e-6)  # the digits given
    assert moves[2] < 1e-4  # √1e-7 dwarfs the gradient


def scalars_only(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    rate = learning_rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - rate * m / (math.sqrt(v) + epsilon), m, v


def without_return(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g


def weights_alone(*arguments):
    return adam_exercises.step(*arguments)[0]


def remembers(*arguments):
    calls.append(arguments)
    w, m, v = adam_exercises.step(*arguments)
    return w + 0.01 * len(calls), m, v


calls = []


@pytest.mark.parametrize(
    "answer, broken",
    [
        (scalars_only, properties.RUNS),
        (without_return, properties.RETURNS),
        (weights_alone, properties.FORM),
        (lambda w, g: w - g, properties.ARGUMENTS),
        (remembers, adam_properties.COORDINATES),
    ],
)
def test_other_wrong_steps_are_refused_for_their_own_reason(answer, broken):
    assert keras_step.check(answer, seed=3).broken == broken


def digits(text):
    return set(re.findall(r"\d+\.?\d*(?:e-?\d+)?", text))


@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_shows_only_what_the_reader_gave_and_got(name):
    """Every number in a refusal went into the reader's own step or came out of it; none is a right value."""
    wrong = wrong_optimizers.find(name)
    for seed in range(3):
        own = []

        def watched(*arguments, own=own):
            results = wrong.step(*arguments)
            own.extend((*arguments, *results))
            return results

        verdict = keras_step.check(lambda *arguments, watched=watched: watched(*arguments), seed=seed)
        assert verdict.broken == wrong.caught_by
        text = "\n".join((verdict.words, *verdict.example)).translate(str.maketrans("₁₂", "__"))
        shown = digits(re.sub(r"(beta|epsilon)_\d|v = 0,", "", text))
        assert shown <= digits(" ".join(map(properties.number, own)))
        assert "np.sqrt" not in str(verdict)


# --- the number ------------------------------------------------------------------------------------------


def test_the_effective_penalty_is_accepted():
    assert effective_penalty.value == pytest.approx(adam_energy.effective_penalty(0.95, 0.8, 0.1) / 0.1)
    for answer in (15, 15.0, Fraction(15), np.float64(15), 1 / 0.05 - 1 / 0.2):
        assert effective_penalty.check(answer)


@pytest.mark.parametrize(
    "answer, words",
    [
        (-15, "sign"),
        (0.15, "denominators"),
        (3, "1 − β₁ alone"),
        (0.75, "1 − β₂ alone"),
        (10, "ε₁/2"),
        (20, "ε₁/Δt alone"),
        (5, "ε₂/Δt alone"),
        (25, "subtracted"),
        (4, "ε₁/ε₂"),
        (30, "factor of two"),
        (1.5, "power of ten"),
        (1 / 15, "reciprocal"),
        (7, "another number"),
    ],
)
def test_wrong_penalties_are_refused_by_their_misconception(answer, words):
    verdict = effective_penalty.check(answer)
    assert not verdict and words in verdict.words
    assert verdict.broken == effective_penalty.name


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


@settings(max_examples=80, deadline=None)
@given(
    *[st.floats(0.01, 10)] * 2,
    *[st.floats(-3, 3)] * 2,
    st.floats(0.05, 5),
)
def test_the_verdict_is_the_sign_of_the_rate_by_the_chain_rule(epsilon_1, epsilon_2, w, z, d):
    state = (np.array([w]), np.array([z]), np.array([d]))
    rate = adam_energy.energy_rate_by_chain_rule(half_square(), *state, epsilon_1, epsilon_2)
    # The chain rule adds terms of this size, so its own sign is known beyond their rounding only.
    size = abs(w * z) / d**0.5 + z * z / d**0.5 * (1 + epsilon_1 / epsilon_2 * (1 + w * w / d))
    if abs(rate) > 1e-13 * size:
        verdict = rising_energy.check(epsilon_1=epsilon_1, epsilon_2=epsilon_2, W=w, Z=z, D=d)
        assert verdict.holds == (rate > 0)
    exact = adam_exercises.scaled_rate(epsilon_1, epsilon_2, w, z, d)
    assert float(exact) == pytest.approx(float(rate) * math.sqrt(d), abs=1e-12 * (1 + size))


@pytest.mark.parametrize("task", [effective_penalty, keras_step, rising_energy])
def test_each_exercise_shows_question_hints_and_solution(task):
    bundle = task._repr_mimebundle_()
    assert "Worked solution" in bundle["text/html"] and "Hint 3 of 3" in bundle["text/html"]
    assert len(task.hints) == 3
    assert task.check().kind == "unanswered"
    assert all(len(line) < 125 for line in bundle["text/plain"].splitlines() if not line.startswith("ADAM"))


def test_the_worked_solutions_are_right():
    source = adam_exercises.keras_step.solution.split("```python\n")[1].split("```")[0]
    space = {"np": np}
    exec(source, space)
    assert keras_step.check(space["step"])
    assert effective_penalty.check(float(re.search(r"\*\*([\d.]+)\*\*", effective_penalty.solution)[1]))
    proposal = dict(
        re.findall(r"(ε₁|ε₂|W|Z|D) = (−?[\d.]+)", rising_energy.solution.split("For instance")[1])
    )
    names = {"ε₁": "epsilon_1", "ε₂": "epsilon_2"}
    verdict = rising_energy.check({names.get(k, k): float(x.replace("−", "-")) for k, x in proposal.items()})
    assert verdict and "1 by the identity, 1 by the chain rule" in verdict.words


@pytest.mark.parametrize("one", wrong_optimizers.gallery, ids=lambda one: one.name)
def test_the_bug_hunt_shows_the_code_and_not_the_fault(one):
    """What is printed computes the same wrong step, and holds neither its name nor its description."""
    text, names = wrong_optimizers.source(one), dict(vars(wrong_optimizers))
    assert one.fault not in text and one.step.__name__ not in text
    exec(text, names)
    results = []
    for step in (names["step"], one.step):  # each on arrays of its own: one of the faults changes them
        state = np.ones(2), np.full(2, 0.1), np.full(2, 0.2), np.array([1.0, -3.0])
        results.append(step(*state, 2, 0.1, 0.9, 0.6, 1e-7))
    np.testing.assert_array_equal(*results)
