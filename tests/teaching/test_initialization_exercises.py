"""The exercises of §5.4: right answers are accepted, wrong ones refused for the right reason."""

import re

import numpy as np
import pytest

from helpers.mathematics.initialization import initialize
from helpers.teaching import initialization_properties as P
from helpers.teaching import properties, solutions
from helpers.teaching.initialization_exercises import (
    copies,
    exercises,
    gradients_explode,
    lost_depth,
    relu_weights,
    trained,
    trapped_start,
    zero_start,
)

NAMESPACE = {"np": np}
exec(solutions.WEIGHTS, NAMESPACE)
he = NAMESPACE["weights"]


def law(draw):
    """Weights of mean square 1 by `draw(rng, shape)`, scaled for ReLU."""
    return lambda n_in, n_out, seed: draw(np.random.default_rng(seed), (n_out, n_in)) * np.sqrt(2 / n_in)


def orthogonal(n_in, n_out, seed):
    """Orthonormal rows or columns, Saxe et al., scaled for layers that widen, too."""
    a = np.random.default_rng(seed).standard_normal((max(n_in, n_out), min(n_in, n_out)))
    q, r = np.linalg.qr(a)
    q = q * np.sign(np.diag(r))
    return np.sqrt(2 * max(n_out / n_in, 1)) * (q if n_out >= n_in else q.T)


def orthogonal_by_svd(n_in, n_out, seed):
    u, _, v = np.linalg.svd(np.random.default_rng(seed).standard_normal((n_out, n_in)), full_matrices=False)
    return np.sqrt(2 * max(n_out / n_in, 1)) * (u @ v)


def row_by_row(n_in, n_out, seed):
    rng = np.random.default_rng(seed)
    return np.array([rng.normal(0, (2 / n_in) ** 0.5, n_in) for _ in range(n_out)])


def keras(name):
    return lambda n_in, n_out, seed: initialize(name, n_out, n_in, rng=seed)


def sparse(rng, shape):
    return rng.standard_normal(shape) * (rng.random(shape) < 0.5) * 2**0.5


RIGHT = {
    "solution": he,
    "uniform": law(lambda rng, shape: rng.uniform(-1, 1, shape) * 3**0.5),
    "signs": law(lambda rng, shape: rng.choice([-1.0, 1.0], shape)),
    "Laplace": law(lambda rng, shape: rng.laplace(0, 0.5**0.5, shape)),
    "triangular": law(lambda rng, shape: rng.triangular(-1, 0, 1, shape) * 6**0.5),
    "half of them zero": law(sparse),
    "orthogonal": orthogonal,
    "orthogonal by svd": orthogonal_by_svd,
    "Keras he_normal": keras("he_normal"),
    "Keras he_uniform": keras("he_uniform"),
    "row by row": row_by_row,
    "single precision": lambda *sizes: he(*sizes).astype(np.float32),
    "lists": lambda *sizes: he(*sizes).tolist(),
}


@pytest.mark.parametrize("name", RIGHT)
def test_any_law_that_keeps_the_variance_is_accepted(name, judge):
    """Not 50 times each: a check draws networks of twenty layers and takes a second or more."""
    judge.accepts(relu_weights, RIGHT[name], times=20 if name == "solution" else 3)


def scaled(scale):
    return lambda n_in, n_out, seed: np.random.default_rng(seed).normal(0, scale(n_in, n_out), (n_out, n_in))


def rank_one(n_in, n_out, seed):
    """Right mean and variance of each weight, and not independent."""
    rng = np.random.default_rng(seed)
    return np.sqrt(2 / n_in) * np.outer(rng.standard_normal(n_out), rng.choice([-1.0, 1.0], n_in))


def forgetful(n_in, n_out, seed):
    seen.append(seed)
    return he(n_in, n_out, seed + len(seen))


def global_state(n_in, n_out, seed):
    return np.random.normal(0, np.sqrt(2 / n_in), (n_out, n_in))  # noqa: NPY002


seen = []
WRONG = {
    "transposed": (lambda *sizes: he(*sizes).T, P.SHAPE),
    "a vector": (lambda *sizes: he(*sizes).ravel(), P.SHAPE),
    "zeros": (keras("zeros"), P.DISTINCT),
    "ones": (lambda n_in, n_out, seed: np.ones((n_out, n_in)), P.DISTINCT),
    "identity": (lambda n_in, n_out, seed: 2**0.5 * np.eye(n_out, n_in), (P.SEEDED, P.DISTINCT)),
    "one row": (lambda n_in, n_out, seed: np.tile(he(n_in, 1, seed), (n_out, 1)), P.DISTINCT),
    "two kinds of neurons": (lambda n_in, n_out, seed: he(n_in, 2, seed)[np.arange(n_out) % 2], P.DISTINCT),
    "unseeded": (
        scaled(lambda n_in, n_out: 1)
        and (lambda n_in, n_out, seed: np.random.default_rng().normal(0, np.sqrt(2 / n_in), (n_out, n_in))),
        properties.REPEATS,
    ),
    "NumPy's global state": (global_state, properties.REPEATS),
    "hidden state": (forgetful, properties.REPEATS),
    "one seed": (lambda n_in, n_out, seed: he(n_in, n_out, 0), P.SEEDED),
    "a seed of the sizes": (lambda n_in, n_out, seed: he(n_in, n_out, n_in), P.SEEDED),
    "positive": (lambda *sizes: np.abs(he(*sizes)), P.MEAN),
    "uniform from zero": (
        lambda n_in, n_out, seed: np.random.default_rng(seed).random((n_out, n_in)),
        P.MEAN,
    ),
    "n_out": (scaled(lambda n_in, n_out: np.sqrt(2 / n_out)), P.FAN_OUT),
    "Glorot": (keras("glorot_uniform"), P.FAN_OUT),
    "Glorot normal": (keras("glorot_normal"), P.FAN_OUT),
    "both": (scaled(lambda n_in, n_out: np.sqrt(2 / (n_in * n_out) ** 0.5)), P.FAN_OUT),
    "orthogonal, for square layers only": (
        lambda n_in, n_out, seed: orthogonal(n_in, n_out, seed) / np.sqrt(max(n_out / n_in, 1)),
        P.FAN_OUT,
    ),
    "constant": (scaled(lambda n_in, n_out: 0.05), P.FAN_IN),
    "variance for deviation": (scaled(lambda n_in, n_out: 2 / n_in), P.FAN_IN),
    "fourth root": (scaled(lambda n_in, n_out: (2 / n_in) ** 0.25), P.FAN_IN),
    "power 0.8": (scaled(lambda n_in, n_out: 0.1 * n_in**-0.4), P.FAN_IN),
    "power 1.2": (scaled(lambda n_in, n_out: 3 * n_in**-0.6), P.FAN_IN),
    "square": (scaled(lambda n_in, n_out: np.sqrt(2) * n_in), P.FAN_IN),
    "LeCun": (keras("lecun_normal"), P.ONE_LAYER),
    "four": (scaled(lambda n_in, n_out: np.sqrt(4 / n_in)), P.ONE_LAYER),
    "uniform of that deviation": (lambda *sizes: RIGHT["uniform"](*sizes) / np.sqrt(3), P.ONE_LAYER),
    "truncated without the constant": (
        lambda *sizes: keras("he_normal")(*sizes) * 0.87962566103423978,
        P.ONE_LAYER,
    ),
    "Kaiming for a slope of 1": (scaled(lambda n_in, n_out: np.sqrt(1 / n_in)), P.ONE_LAYER),
    "rank one": (rank_one, (P.ONE_LAYER, P.DEPTH)),
    "sorted": (lambda *sizes: he(*sizes).sort(), properties.RETURNS),
    "few arguments": (lambda n_in, n_out: np.ones((n_out, n_in)), properties.ARGUMENTS),
    "negative deviation": (scaled(lambda n_in, n_out: -1.0), properties.RUNS),
    "NaN": (lambda n_in, n_out, seed: np.full((n_out, n_in), np.nan), properties.FINITE),
    "the generator": (lambda n_in, n_out, seed: np.random.default_rng(seed), properties.FORM),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_initializers_are_refused_for_their_own_reason(name, judge):
    judge.refuses(relu_weights, *WRONG[name], times=2)


def test_weights_of_rank_one_fail_through_the_depth():
    depth = P.relu_properties[-1]
    assert depth.name == P.DEPTH
    lost = [
        not depth.compare(rank_one, depth.draw(np.random.default_rng(k), P.WIDTH)).holds for k in range(3)
    ]
    assert all(lost)


def test_the_power_that_is_said_is_the_one_that_is_drawn():
    verdict = relu_weights.verdict(scaled(lambda n_in, n_out: 2 / n_in), seed=0)
    assert re.search(r"n_in to the power −(1\.9\d|2\.0\d)", verdict.words)


# --- the number ------------------------------------------------------------------------------------------


def test_the_error_from_zero_is_the_variance():
    assert zero_start.check(2) and np.var([0, 0, 3]) == 2
    for answer, words in (
        (3, "b₂ remove"),
        (1, "constant that b₂"),
        (6, "sum"),
        (0, "Only one"),
        (1.41421, "root"),
        (-2, "sign"),
        (4, "half or twice"),
        (5, "another"),
    ):
        verdict = zero_start.check(answer)
        assert not verdict and words in verdict.words


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
        (11, "half or twice"),
        (23, "layer less"),
        (5, "another number"),
    ],
)
def test_wrong_depths_are_refused_by_their_misconception(answer, words):
    verdict = lost_depth.check(answer)
    assert not verdict and words in verdict.words and "22" not in str(verdict)
    assert "A whole number" in lost_depth.question


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


# --- the panel -------------------------------------------------------------------------------------------


def test_gradients_explode_on_the_panel():
    from helpers.panels.depth_scale import DepthScale

    panel = DepthScale()
    assert gradients_explode.check(panel).broken == "the gradients grow by a factor 1000 or more"
    panel.set(activation="relu", sigma_w=2)
    assert gradients_explode.check(panel).broken == "the signals stay between 0.01 and 100"
    panel.set(activation="tanh", sigma_w=3, depth=10)
    assert gradients_explode.check(panel).broken == "there are at least 20 layers"
    panel.set(depth=20)
    verdict = gradients_explode.check(panel)
    assert verdict and "saturates" in verdict.words


@pytest.mark.parametrize("task", exercises, ids=lambda task: task.key)
def test_each_exercise_shows_question_hints_and_solution(task):
    bundle = task._repr_mimebundle_()
    assert "Worked solution" in bundle["text/html"] and "Hint 3 of 3" in bundle["text/html"]
    assert len(task.hints) == 3 and len(exercises) >= 5
    assert task.check().kind == "unanswered"


def test_the_worked_solutions_are_right():
    for task in (zero_start, lost_depth):
        assert task.check(float(re.search(r"\*\*(\d+)\*\*", task.solution)[1]))
    call = re.search(r"`check\((.*?)\)`", trapped_start.solution)[1]
    assert trapped_start.check(eval(f"dict({call})"))
