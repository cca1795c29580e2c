"""The galleries of faults: right code with one fault each, a bug hunt for readers, mutants for our tests.

Every source stands for itself: a reader can copy it into a cell and run it.
"""

import importlib
import linecache
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.teaching import adam_properties as adam
from helpers.teaching import initialization_properties as law
from helpers.teaching import page
from helpers.teaching import splitting_properties as sweep
from helpers.teaching.properties import FINITE, PURE, REPEATS
from helpers.teaching.verdicts import Verdict


@dataclass(frozen=True, repr=False)
class Suspect(page.Shown):
    """Code with one fault: shown without it, checked by the exercise; the fault is folded.

    `caught_by` is the name of the property that must be found broken.
    """

    fault: str
    caught_by: str
    source: str
    exercise: str
    number: int = -1

    @property
    def function(self) -> Callable[..., Any]:
        """The function that the source defines."""
        name = f"<gallery {self.exercise} {self.number}>"
        linecache.cache[name] = (len(self.source), None, self.source.splitlines(True), name)
        space: dict[str, Any] = {"np": np}
        exec(compile(self.source, name, "exec"), space)
        return next(value for key, value in space.items() if key not in ("np", "__builtins__"))

    def check(self, seed: int | None = None) -> Verdict:
        """What the exercise says of it; nothing is kept among what the reader has done."""
        module, name = self.exercise.split(":")
        task = getattr(importlib.import_module(f"helpers.teaching.{module}"), name)
        return task.verdict(self.function, seed)

    def __str__(self) -> str:
        return self.source

    def static(self) -> str:
        """The source as HTML, and the fault folded."""
        return page.prose(f"```python\n{self.source}```") + page.folded("The fault", page.prose(self.fault))


class NoSuspect(page.Statement):
    """What stands for a number that the gallery does not hold: words, also when it is checked."""

    def check(self, seed: int | None = None) -> Verdict:
        """Say it again."""
        return Verdict("broken", "the number is one of the gallery", self.words)


class Gallery:
    """Faults of one exercise, by number from 0; a number that is none is answered in words.

    Each of `faults` says what is wrong, which property catches it, and in pairs which texts of the right
    source are replaced by which. Raises ValueError for a text that is not there.
    """

    def __init__(self, exercise: str, right: str, *faults: tuple) -> None:
        self.exercise, self.right, self.suspects = exercise, right, []
        for fault, caught_by, *changes in faults:
            source = right
            for old, new in changes:
                if old not in source:
                    raise ValueError(f"{old!r} is not in the source")
                source = source.replace(old, new)
            self.suspects.append(Suspect(fault, caught_by, source, exercise, len(self)))

    def __len__(self) -> int:
        return len(self.suspects)

    def __iter__(self):
        return iter(self.suspects)

    def __getitem__(self, number: Any) -> Suspect | NoSuspect:
        if isinstance(number, (int, np.integer)) and 0 <= number < len(self):
            return self.suspects[number]
        return NoSuspect(f"The gallery holds the numbers 0 to {len(self) - 1}; {number!r} is none of them.")


# --- §5.2: one step of ADAM in the Keras form ------------------------------------------------------------

KERAS_STEP = """def step(w, m, v, g, t, learning_rate, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g**2
    rate = learning_rate * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    w = w - rate * m / (np.sqrt(v) + epsilon)
    return w, m, v
"""
_FIRST, _SECOND = "beta_1 * m + (1 - beta_1) * g", "beta_2 * v + (1 - beta_2) * g**2"
_RATE, _MOVE = "(1 - beta_2**t) ** 0.5 / (1 - beta_1**t)", "w - rate * m / (np.sqrt(v) + epsilon)"

wrong_steps = Gallery(
    "adam_exercises:keras_step", KERAS_STEP,
    ("β₁ and β₂ have changed places.", adam.FIRST_MOMENT, ("beta_1", "beta_0"), ("beta_2", "beta_1"),
     ("beta_0", "beta_2"), ("beta_2, beta_1, epsilon):", "beta_1, beta_2, epsilon):")),
    ("The first moment takes the share β₁ of the new gradient and keeps 1 − β₁ of the old moment.",
     adam.FIRST_MOMENT, (_FIRST, "(1 - beta_1) * m + beta_1 * g")),
    ("The first moment adds the whole gradient, as momentum does: a sum instead of an average.",
     adam.FIRST_MOMENT, (_FIRST, "beta_1 * m + g")),
    ("The second moment averages the gradient itself; a clip at zero hides the root of a negative number.",
     adam.QUADRATIC, (_SECOND, "np.maximum(beta_2 * v + (1 - beta_2) * g, 0)")),
    ("The second moment averages |g| instead of g².", adam.QUADRATIC, ("g**2", "np.abs(g)")),
    ("The second moment averages |g|², one number for all coordinates.", adam.COORDINATES,
     ("g**2", "np.sum(g**2)")),
    ("The second moment keeps the larger of the old average and the new square, as AdaMax-like rules do.",
     adam.SECOND_MOMENT, (_SECOND, "np.maximum(beta_2 * v, (1 - beta_2) * g**2)")),
    ("The weights move by the old moments; the moments are updated afterwards.", adam.NEW_MOMENTS,
     (KERAS_STEP.split("\n", 1)[1], f"    rate = learning_rate * {_RATE}\n    w = {_MOVE}\n"
      f"    m = {_FIRST}\n    v = {_SECOND}\n    return w, m, v\n")),
    ("A sign error: the step climbs.", adam.DOWNHILL, ("w - rate", "w + rate")),
    ("A bracket is missing: epsilon is added to the weights instead of the denominator.", adam.REST,
     ("(np.sqrt(v) + epsilon)", "np.sqrt(v) + epsilon")),
    ("The learning rate does not enter.", adam.LEARNING_RATE, ("learning_rate * ", "")),
    ("The first moment is divided by the second moment, not by its root.", adam.SCALE, ("np.sqrt(v)", "v")),
    ("The moments, which start at zero, are used as if they were averages already.", adam.FIRST_STEP,
     (f"learning_rate * {_RATE}", "learning_rate")),
    ("Each moment is corrected by the other one's β.", adam.FIRST_STEP,
     (_RATE, "(1 - beta_1**t) ** 0.5 / (1 - beta_2**t)")),
    ("The correction of the second moment is not under the root.", adam.FIRST_STEP, (" ** 0.5", "")),
    ("The bias correction uses t + 1 although t counts from 1 already.", adam.FIRST_STEP,
     ("**t", "**(t + 1)")),
    ("The bias correction uses t − 1, so that the first step divides by 1 − β₁⁰ = 0.", FINITE,
     (_RATE, "np.sqrt(1 - beta_2 ** (t - 1.0)) / np.float64(1 - beta_1 ** (t - 1.0))")),
    ("The bias correction is always that of t = 1.", adam.CONSTANT_GRADIENT, ("**t", "")),
    ("Epsilon is added under the root.", adam.EPSILON, ("(np.sqrt(v) + epsilon)", "np.sqrt(v + epsilon)")),
    ("Epsilon does not enter.", adam.EPSILON, ("(np.sqrt(v) + epsilon)", "np.sqrt(v)")),
    ("A sound ADAM, but in the paper's form: epsilon is added after the bias correction.", adam.EPSILON,
     (f"rate = learning_rate * {_RATE}", "m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)"),
     ("rate * m / (np.sqrt(v)", "learning_rate * m_hat / (np.sqrt(v_hat)")),
    ("The caller's moments are overwritten: a second call with the same arrays gives another step.", PURE,
     (f"m = {_FIRST}", "m *= beta_1\n    m += (1 - beta_1) * g"),
     (f"v = {_SECOND}", "v *= beta_2\n    v += (1 - beta_2) * g**2")),
    ("The correction is frozen after a hundred steps, as if it had died out by then for every β.",
     adam.SCHEME,
     (f"rate = learning_rate * {_RATE}",
      f"s = min(t, 100)\n    rate = learning_rate * {_RATE.replace('**t', '**s')}")),
    ("Only vectors come back as they were: arrays of several dimensions are mixed along their last axis.",
     adam.SCHEME, ("g**2", "(g**2 if g.ndim == 1 else np.mean(g**2, axis=-1, keepdims=True))")),
)  # fmt: skip

# --- §5.3.1: the Strang sweep ----------------------------------------------------------------------------

STRANG = """def strang(w, a, c, step):
    order = list(range(len(a)))
    for r in order + order[::-1]:
        w = c[r] + (w - c[r]) * np.exp(-a[r] * step / 2)
    return w
"""
_ORDER, _FLOW = "order + order[::-1]", "c[r] + (w - c[r]) * np.exp(-a[r] * step / 2)"

wrong_sweeps = Gallery(
    "splitting_exercises:strang_sweep", STRANG,
    ("Whole steps both ways: twice the time.", sweep.SINGLE, (" / 2", "")),
    ("Half steps forward only: half the time.", sweep.SINGLE, (_ORDER, "order")),
    ("Explicit Euler instead of the exact flow.", sweep.SINGLE, (_FLOW, "w - step / 2 * a[r] * (w - c[r])")),
    ("The loop read to the letter, r = 2..p: the first batch is never seen.", sweep.SINGLE,
     ("range(len(a))", "range(1, len(a))")),
    ("Every flow leads to 0, not to the center of the batch.", sweep.SINGLE,
     (_FLOW, "w * np.exp(-a[r] * step / 2)")),
    ("The last batch is taken once, with half a step: it gets half of its time.", sweep.EQUAL,
     (_ORDER, "order + order[-2::-1] if len(a) > 1 else order + order")),
    ("Lie's splitting: whole steps, first to last.", sweep.FIRST_LAST, (_ORDER, "order"), (" / 2", "")),
    ("Forward twice: the second half does not go backward.", sweep.FIRST_LAST, (_ORDER, "order + order")),
    ("Backward first: it begins and ends with the last batch.", sweep.FIRST_LAST,
     (_ORDER, "order[::-1] + order")),
    ("Half steps with the first batch only; the others go forward with whole steps.", sweep.SYMMETRIC,
     (_ORDER, "[0, *[r for r in order[1:] for _ in range(2)], 0]")),
    ("The sizes of the batches do not matter: all take the mean of a, in a symmetric sweep.", sweep.SWEEP,
     (_FLOW, "c[r] + (w - c[r]) * np.exp(-(a[r] if r == 0 else np.mean(a[1:])) * step / 2)")),
    ("A palindrome, but the middle batches come from last to second on the way there.", sweep.SWEEP,
     ("list(range(len(a)))", "[0, *range(len(a) - 1, 0, -1)]")),
)  # fmt: skip

# --- §5.4: an initializer for ReLU -----------------------------------------------------------------------

WEIGHTS = """def weights(n_in, n_out, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(0, np.sqrt(2 / n_in), size=(n_out, n_in))
"""
_SCALE = "np.sqrt(2 / n_in)"
_DRAWN = f"rng.normal(0, {_SCALE}, size=(n_out, n_in))"

wrong_initializers = Gallery(
    "initialization_exercises:relu_weights", WEIGHTS,
    ("Keras' convention: inputs in rows, neurons in columns.", law.SHAPE, ("(n_out, n_in)", "(n_in, n_out)")),
    ("All neurons are drawn as one.", law.DISTINCT,
     (_DRAWN, "np.tile(rng.normal(0, np.sqrt(2 / n_in), n_in), (n_out, 1))")),
    ("The generator ignores the seed.", REPEATS, ("default_rng(seed)", "default_rng()")),
    ("The same seed whatever is asked for.", law.SEEDED, ("default_rng(seed)", "default_rng(0)")),
    ("Weights between 0 and a: their mean is not zero.", law.MEAN,
     (_DRAWN, "rng.uniform(0, np.sqrt(6 / n_in), (n_out, n_in))")),
    ("The outputs are counted where the inputs should be.", law.FAN_OUT, (_SCALE, "np.sqrt(2 / n_out)")),
    ("Glorot's law: a compromise with the gradients, and made for tanh.", law.FAN_OUT,
     (_SCALE, "np.sqrt(2 / (n_in + n_out))")),
    ("A fixed scale, whatever the layer.", law.FAN_IN, (_SCALE, "0.05")),
    ("The variance is handed over where the generator takes the standard deviation.", law.FAN_IN,
     (_SCALE, "2 / n_in")),
    ("LeCun's law: the half that ReLU takes is not made up for.", law.ONE_LAYER,
     (_SCALE, "np.sqrt(1 / n_in)")),
    ("Uniform on (−s, s) with s the standard deviation asked for: a third of the variance.", law.ONE_LAYER,
     (_DRAWN, "rng.uniform(-1, 1, (n_out, n_in)) * np.sqrt(2 / n_in)")),
    ("A little too small: the mean square falls by 16 % a layer, and 32-fold in twenty.", law.ONE_LAYER,
     (_SCALE, "2**0.375 / np.sqrt(n_in)")),
)  # fmt: skip

GALLERIES = (wrong_steps, wrong_sweeps, wrong_initializers)
