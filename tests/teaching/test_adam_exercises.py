"""The exercises of §5.2: right answers are accepted, wrong ones refused for the right reason."""

import functools
import math
import re
import time

import numpy as np
import pytest

from helpers.teaching import adam_properties as P
from helpers.teaching import properties, solutions
from helpers.teaching.adam_exercises import (
    effective_penalty,
    exercises,
    keras_step,
    rising_energy,
    shortest_memory,
)

NAMESPACE = {"np": np}
exec(solutions.KERAS_STEP, NAMESPACE)
right = NAMESPACE["step"]


def by_entries(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    """One entry at a time, corrected as in the paper, with the epsilon that this needs."""
    w_new, m_new, v_new = (np.zeros_like(w) for _ in range(3))
    for i in np.ndindex(w.shape):
        m_new[i] = beta_1 * m[i] + g[i] - beta_1 * g[i]
        v_new[i] = v[i] + (1 - beta_2) * (g[i] ** 2 - v[i])
        root = math.sqrt(v_new[i]) / math.sqrt(1 - beta_2**t)
        shifted = epsilon / math.sqrt(1 - beta_2**t)
        w_new[i] = w[i] - learning_rate * m_new[i] / (1 - beta_1**t) / (root + shifted)
    return [w_new, m_new, v_new]


def one_array(*arguments):
    return np.array(right(*arguments))


def increments(w, m, v, g, t, lr, b1, b2, eps):
    m = m + (1 - b1) * (g - m)
    v = v + (1 - b2) * (g * g - v)
    return w - lr * math.sqrt(1 - b2**t) * m / ((np.sqrt(v) + eps) * (1 - b1**t)), m, v


def exponentials(w, m, v, g, t, lr, b1, b2, eps):
    m, v = np.add(b1 * m, (1 - b1) * g), np.add(b2 * v, (1 - b2) * np.square(g))
    with np.errstate(divide="ignore"):
        rate = lr * np.sqrt(-np.expm1(t * np.log(b2))) / -np.expm1(t * np.log(b1))
    return np.subtract(w, rate * m / np.add(v**0.5, eps)), m, v


def flattened(w, m, v, g, *rest):
    return tuple(a.reshape(w.shape) for a in right(w.ravel(), m.ravel(), v.ravel(), g.ravel(), *rest))


def copies_in_place(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    w, m, v = w.copy(), m.copy(), v.copy()
    m *= beta_1
    m += (1 - beta_1) * g
    v *= beta_2
    v += (1 - beta_2) * g * g
    w -= learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (np.sqrt(v) + epsilon)
    return w, m, v


def multiplied_powers(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    return right(w, m, v, g, int(t), learning_rate, beta_1, beta_2, float(epsilon))


def nested(w, m, v, g, t, lr, b1, b2, eps):
    def average(old, new, beta):
        return beta * old + (1 - beta) * new

    m, v = average(m, g, b1), average(v, g**2, b2)
    move = lr * m * (1 - b2**t) ** 0.5 / (1 - b1**t) / (v**0.5 + eps)
    return w - move, m, v


class Step:
    def __call__(self, *arguments):
        return right(*arguments)


RIGHT = {
    "solution": right,
    "package": P.keras,
    "by entries": by_entries,
    "one array of results": one_array,
    "increments": increments,
    "exponentials": exponentials,
    "flattened and shaped again": flattened,
    "copies changed in place": copies_in_place,
    "converted numbers": multiplied_powers,
    "nested": nested,
    "an object that is called": Step(),
    "partial": functools.partial(right),
    "lambda": lambda *a: right(*a),
    "printing": lambda *a: (print("step", a[4]), right(*a))[1],
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_steps_are_accepted_on_any_data(name, judge):
    judge.accepts(keras_step, RIGHT[name], times=10 if name == "by entries" else 50)


def changed(**parts):
    """The right step with some results, or some arguments before it, changed."""

    def step(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
        given = dict(
            w=w,
            m=m,
            v=v,
            g=g,
            t=t,
            learning_rate=learning_rate,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
        )
        given |= {name: change(given) for name, change in parts.items() if name in given}
        results = dict(zip("wmv", right(**given), strict=True))
        after = {
            name[4:]: change(results | {"given": given})
            for name, change in parts.items()
            if name[:4] == "out_"
        }
        return tuple((results | after)[name] for name in "wmv")

    return step


calls = []


def remembers(*arguments):
    calls.append(arguments)
    w, m, v = right(*arguments)
    return w + 0.01 * len(calls), m, v


def noisy(*arguments):
    w, m, v = right(*arguments)
    return w + 1e-6 * np.random.default_rng().standard_normal(w.shape), m, v


def scalars_only(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    rate = learning_rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    return w - rate * m / (math.sqrt(v[0]) + epsilon), m, v


def without_return(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g


def half_single(w, m, v, g, *rest):
    """Single precision inside, converted back: right to seven digits."""
    results = right(*(a.astype(np.float32) for a in (w, m, v, g)), *rest)
    return tuple(a.astype(float) for a in results)


def corrected_moments_kept(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    w, m, v = right(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon)
    return w, m / (1 - beta_1**t), v / (1 - beta_2**t)


WRONG = {
    "roots of numbers": (scalars_only, P.COORDINATES),
    "no return": (without_return, properties.RETURNS),
    "weights alone": (lambda *a: right(*a)[0], properties.FORM),
    "two results": (lambda *a: right(*a)[:2], properties.FORM),
    "few arguments": (lambda w, g: w - g, properties.ARGUMENTS),
    "hidden state": (remembers, properties.REPEATS),
    "noise": (noisy, properties.REPEATS),
    "raveled": (
        lambda w, m, v, g, *r: right(w.ravel(), m.ravel(), v.ravel(), g.ravel(), *r),
        properties.SHAPE,
    ),
    "single precision": (lambda *a: tuple(x.astype(np.float32) for x in right(*a)), properties.DOUBLE),
    "half precision": (lambda *a: tuple(x.astype(np.float16) for x in right(*a)), properties.DOUBLE),
    "single precision inside": (half_single, P.FIRST_MOMENT),
    "results in another order": (lambda *a: right(*a)[::-1], P.QUADRATIC),
    "corrected moments returned": (corrected_moments_kept, P.FIRST_MOMENT),
    "second moment corrected": (
        changed(out_v=lambda r: r["v"] / (1 - r["given"]["beta_2"] ** r["given"]["t"])),
        P.SECOND_MOMENT,
    ),
    "frozen after t = 50": (changed(t=lambda given: min(given["t"], 50)), P.SCHEME),
    "t of one byte": (changed(t=lambda given: given["t"] % 256 or 256), P.SCHEME),
    "gradient clipped at 1": (changed(g=lambda given: np.clip(given["g"], -1, 1)), P.FIRST_MOMENT),
    "epsilon squared": (changed(epsilon=lambda given: given["epsilon"] ** 2), P.EPSILON),
    "epsilon fixed at 1e-7": (changed(epsilon=lambda given: 1e-7), P.SCALE),
    "epsilon times the rate": (
        changed(epsilon=lambda given: given["epsilon"] * given["learning_rate"]),
        (P.EPSILON, P.SCHEME),
    ),
    "rate squared": (changed(learning_rate=lambda given: given["learning_rate"] ** 2), P.LEARNING_RATE),
    "rate halved": (changed(learning_rate=lambda given: given["learning_rate"] / 2), P.FIRST_STEP),
    "rate decays with t": (
        changed(learning_rate=lambda given: given["learning_rate"] / given["t"] ** 0.5),
        P.CONSTANT_GRADIENT,
    ),
    "w not moved": (changed(out_w=lambda r: r["given"]["w"]), P.NEW_MOMENTS),
    "w rounded": (changed(out_w=lambda r: np.round(r["w"], 5)), P.LEARNING_RATE),
    "weight decay": (changed(w=lambda given: 0.99 * given["w"]), P.REST),
    "only the first row": (
        changed(
            out_w=lambda r: np.where(
                np.arange(r["w"].size).reshape(r["w"].shape) < 4, r["w"], r["given"]["w"]
            )
        ),
        (P.COORDINATES, P.SCHEME),
    ),
    "sorted": (lambda *a: tuple(np.sort(x) for x in right(*a)), P.FIRST_MOMENT),
    "text": (lambda *a: ("w", "m", "v"), properties.FORM),
    "complex": (lambda *a: tuple(x + 0j for x in right(*a)), properties.FORM),
    "None among the results": (lambda *a: (right(*a)[0], None, None), properties.RETURNS),
    "unknown name": (lambda *a: grad, properties.RUNS),  # noqa: F821
    "exit": (lambda *a: exit(), properties.RUNS),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_steps_are_refused_for_their_own_reason(name, judge):
    answer, broken = WRONG[name]
    judge.refuses(keras_step, answer, broken)


def test_it_is_said_that_the_first_digits_are_right():
    verdict = keras_step.verdict(half_single, seed=0)
    assert "single precision" in verdict.words
    assert (
        "2.19" in verdict.words or len(re.findall(r"\d{10}", verdict.example[1])) > 0
    )  # all digits are shown


def test_slow_is_not_called_endless(monkeypatch):
    monkeypatch.setattr(keras_step, "limit", 0.4)

    def slow(*arguments):
        time.sleep(0.1)
        return right(*arguments)

    def never(*arguments):
        while True:
            time.sleep(0.01)

    verdict = keras_step.verdict(slow)
    assert verdict.broken == properties.TIME and "times, which is not enough" in verdict.words
    verdict = keras_step.verdict(never)
    assert verdict.broken == properties.ENDS and "Is there a loop that never ends" in verdict.words


def test_one_tiny_gradient_tells_the_places_of_epsilon_apart():
    """One gradient of 1e-8, learning rate 1: Keras gives .00315231."""
    zero, g = np.zeros(1), np.array([1e-8])
    move = -right(zero, zero, zero, g, 1, 1.0, 0.9, 0.999, 1e-7)[0][0]
    assert move == pytest.approx(0.00315231, rel=2e-6)  # the digits given


# --- all of them -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", exercises, ids=lambda task: task.key)
def test_each_exercise_shows_question_hints_and_solution(task):
    bundle = task._repr_mimebundle_()
    assert "Worked solution" in bundle["text/html"] and "Hint 3 of 3" in bundle["text/html"]
    assert len(task.hints) == 3 and len(exercises) >= 5
    assert task.check().kind == "unanswered"


def test_the_worked_solutions_are_right():
    for task in (shortest_memory, effective_penalty):
        assert task.check(float(re.search(r"\*\*([\d.]+)\*\*", task.solution)[1]))
    proposal = dict(
        re.findall(r"(ε₁|ε₂|W|Z|D) = (−?[\d.]+)", rising_energy.solution.split("For instance")[1])
    )
    names = {"ε₁": "epsilon_1", "ε₂": "epsilon_2"}
    verdict = rising_energy.check({names.get(k, k): float(x.replace("−", "-")) for k, x in proposal.items()})
    assert verdict and "1 by the identity, 1 by the chain rule" in verdict.words
