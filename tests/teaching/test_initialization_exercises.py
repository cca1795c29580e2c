"""The exercises of §5.4: right answers are accepted, wrong ones refused for the right reason."""

import re

import numpy as np
import pytest

from helpers.teaching import initialization_exercises, initialization_properties, properties
from helpers.teaching.initialization_exercises import (
    copies,
    keras_law,
    lost_depth,
    relu_weights,
    trained,
    trapped_start,
)

P = initialization_properties


def uniform(n_in, n_out, seed):
    return np.random.default_rng(seed).uniform(-1, 1, (n_out, n_in)) * np.sqrt(6 / n_in)


def signs(n_in, n_out, seed):
    return np.random.default_rng(seed).choice([-1.0, 1.0], (n_out, n_in)) * np.sqrt(2 / n_in)


@pytest.mark.parametrize(
    "answer",
    [initialization_exercises.weights, uniform, signs, keras_law("he_normal"), keras_law("he_uniform")],
)
def test_any_law_that_keeps_the_variance_is_accepted(answer):
    for seed in range(3):
        verdict = relu_weights.check(answer, seed=seed)
        assert verdict, str(verdict)
        assert len(verdict.held) == len(P.relu_properties)


def normal(scale):
    return lambda n_in, n_out, seed: np.random.default_rng(seed).normal(0, scale(n_in, n_out), (n_out, n_in))


def transposed(n_in, n_out, seed):
    return initialization_exercises.weights(n_in, n_out, seed).T


def one_row(n_in, n_out, seed):
    return np.tile(initialization_exercises.weights(n_in, 1, seed), (n_out, 1))


def unseeded(n_in, n_out, seed):
    return np.random.default_rng().normal(0, np.sqrt(2 / n_in), (n_out, n_in))


def one_seed(n_in, n_out, seed):
    return initialization_exercises.weights(n_in, n_out, 0)


def positive(n_in, n_out, seed):
    return np.abs(initialization_exercises.weights(n_in, n_out, seed))


def rank_one(n_in, n_out, seed):
    """Right mean and variance of each weight, and not independent."""
    rng = np.random.default_rng(seed)
    return np.sqrt(2 / n_in) * np.outer(rng.standard_normal(n_out), rng.choice([-1.0, 1.0], n_in))


@pytest.mark.parametrize(
    "answer, broken",
    [
        (transposed, P.SHAPE),
        (keras_law("zeros"), P.DISTINCT),
        (one_row, P.DISTINCT),
        (unseeded, P.SEEDED),
        (one_seed, P.SEEDED),
        (positive, P.MEAN),
        (normal(lambda n_in, n_out: 0.05), P.FAN_IN),
        (normal(lambda n_in, n_out: np.sqrt(2 / n_out)), P.FAN_IN),
        (keras_law("glorot_uniform"), P.FAN_OUT),
        (normal(lambda n_in, n_out: 2 / n_in), P.ONE_LAYER),
        (keras_law("lecun_normal"), P.ONE_LAYER),
        (lambda *sizes: uniform(*sizes) / np.sqrt(3), P.ONE_LAYER),
        (rank_one, None),
        (lambda n_in, n_out, seed: [].sort(), properties.RETURNS),
        (lambda n_in, n_out: np.ones((n_out, n_in)), properties.ARGUMENTS),
        (normal(lambda n_in, n_out: -1.0), properties.RUNS),
        (lambda n_in, n_out, seed: np.full((n_out, n_in), np.nan), properties.FINITE),
    ],
)
def test_wrong_initializers_are_refused_for_their_own_reason(answer, broken):
    for seed in range(2):
        verdict = relu_weights.check(answer, seed=seed)
        assert not verdict
        # weights of rank one fluctuate so much that one layer may already show it
        assert verdict.broken in ((broken,) if broken else (P.ONE_LAYER, P.DEPTH)), str(verdict)


def test_weights_of_rank_one_fail_through_the_depth():
    depth = P.relu_properties[-1]
    assert depth.name == P.DEPTH
    lost = [not depth.holds(rank_one, depth.draw(np.random.default_rng(k), 1)) for k in range(3)]
    assert all(lost)


def test_the_truncated_law_without_its_constant_is_refused():
    """Keras divides by 0.8796; without it, 0.774 of the variance is left."""

    def cut(n_in, n_out, seed):
        return keras_law("he_normal")(n_in, n_out, seed) * 0.87962566103423978

    assert relu_weights.check(cut, seed=1).broken == P.ONE_LAYER


# --- the number ------------------------------------------------------------------------------------------


def test_the_depth_is_accepted_and_right():
    assert lost_depth.check(22) and lost_depth.check(22.0)
    assert 0.72**22 <= 1e-3 < 0.72**21


@pytest.mark.parametrize(
    "answer, words",
    [
        (21, "not yet 1000"),
        (21.03, "whole"),
        (43, "its root"),
        (10, "σ_w = 1"),
        (-22, "sign"),
        (11, "factor of two"),
        (5, "another number"),
    ],
)
def test_wrong_depths_are_refused_by_their_misconception(answer, words):
    verdict = lost_depth.check(answer)
    assert not verdict and words in verdict.words and "22" not in str(verdict)


# --- the counterexample ----------------------------------------------------------------------------------

TWINS = {"w_1": 0.7, "w_2": 0.7, "b_1": 0.2, "b_2": 0.2, "v_1": -0.4, "v_2": -0.4, "c": 0}


@pytest.mark.parametrize("change", [{}, {"b_1": 0, "b_2": 0, "c": 1}, {"w_2": -0.7, "b_2": -0.2, "v_2": 0.4}])
def test_trapped_starts_are_accepted(change):
    verdict = trapped_start.check(TWINS | change)
    assert verdict, str(verdict)
    assert "one neuron's work" in verdict.words


@pytest.mark.parametrize(
    "change, broken, words",
    [
        ({"w_1": 11, "w_2": 11}, "no number is larger than 10", "11"),
        ({"w_1": 0, "w_2": 0}, "no weight is zero", "w_1, w_2"),
        ({"v_1": 0}, "no weight is zero", "v_1"),
        ({"v_2": 0.4}, "one neuron repeats the other", "differ by"),
        ({"w_2": 0.71}, "one neuron repeats the other", "differ by"),
        ({"b_2": 0.3}, "one neuron repeats the other", "differ by"),
        ({"w_2": -0.7}, "one neuron repeats the other", "differ by"),
    ],
)
def test_free_starts_are_refused_for_their_own_reason(change, broken, words):
    verdict = trapped_start.check(TWINS | change)
    assert verdict.broken == broken and words in verdict.words


def test_training_keeps_copies_and_frees_the_others():
    """Twins and mirror images to a few roundings of 2100 steps; a difference of 0.01 grows a hundredfold."""
    mirror = TWINS | {"w_2": -0.7, "b_2": -0.2, "v_2": 0.4}
    assert (copies(**TWINS), copies(**mirror)) == ("twins", "mirror images")
    assert trained(**TWINS)[0] < 1e-12 and trained(**mirror)[0] < 1e-12
    near = TWINS | {"w_2": 0.71}
    assert copies(**near) == "" and trained(**near)[0] > 1


# --- all three -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", [relu_weights, lost_depth, trapped_start])
def test_each_exercise_shows_question_hints_and_solution(task):
    bundle = task._repr_mimebundle_()
    assert "Worked solution" in bundle["text/html"] and "Hint 3 of 3" in bundle["text/html"]
    assert len(task.hints) == 3
    assert task.check().kind == "unanswered"


def test_the_worked_solutions_are_right():
    source = relu_weights.solution.split("```python\n")[1].split("```")[0]
    space = {"np": np}
    exec(source, space)
    assert relu_weights.check(space["weights"])
    assert lost_depth.check(float(re.search(r"\*\*(\d+)\*\*", lost_depth.solution)[1]))
    found = dict(re.findall(r"([wbv]_[12]|c) = (-?[\d.]+\d|0)", trapped_start.solution.split("instance")[1]))
    assert set(found) == set(initialization_exercises.FIELDS)
    assert trapped_start.check({name: float(value) for name, value in found.items()})
