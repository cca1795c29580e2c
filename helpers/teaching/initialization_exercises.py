"""The exercises of §5.4: an initializer that keeps ReLU's variance, a trapped start, a depth."""

from __future__ import annotations

import inspect

import numpy as np

from helpers.mathematics.initialization import initialize
from helpers.mathematics.perceptron import neuron_spread, perceptron, sine_data, train
from helpers.mathematics.signal_propagation import depth_of_factor
from helpers.teaching.exercises import Condition, CounterexampleExercise, Exercise, NumericExercise
from helpers.teaching.initialization_properties import relu_properties

# --- a function: an initializer that keeps ReLU's variance -----------------------------------------------


def weights(n_in, n_out, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(0, np.sqrt(2 / n_in), size=(n_out, n_in))


relu_weights = Exercise(
    "an initializer that keeps ReLU's variance",
    """Write `weights(n_in, n_out, seed)`: random weights of a layer with `n_in` inputs and `n_out` neurons.
Return an array of shape `(n_out, n_in)`, a row a neuron, drawn with `np.random.default_rng(seed)`.

Through many ReLU layers the mean square of the activations must stay what it was. Any law will do.""",
    properties=relu_properties,
    arguments=tuple(inspect.signature(weights).parameters),
    results=("W",),
    reference=weights,
    limit=8.0,  # networks of twenty layers are drawn; a busy machine needs seconds
    hints=(
        "One neuron adds up n_in terms w_j x_j. What is the variance of a sum of independent terms?",
        "Of a symmetric sum ReLU keeps one half of the mean square. The weights must make up for it.",
        "So n_in times the variance of a weight must be a fixed number. A uniform law on (-a, a) has the "
        "variance a²/3; `rng.normal` takes a standard deviation, not a variance.",
    ),
    solution=f"```python\n{inspect.getsource(weights)}```\n"
    "This is He's law (2015) without truncation. The layer above has E a² = n_in Var(w) E a²/2, so "
    "n_in Var(w) = 2. The number of outputs has no part in it; Glorot's law looks at it for the gradients.",
)

# --- a number: the depth at which a factor 1000 is lost --------------------------------------------------

SIGMA_W = 1.2
lost_depth = NumericExercise(
    "how deep until a factor 1000 is lost",
    "ReLU layers with σ_w = 1.2, that is Var W = 1.44/n_in. After how many layers is the mean square of the "
    "signal, by the recursion, at most one thousandth of what it was at the first?",
    value=lambda: depth_of_factor("relu", SIGMA_W, factor=1000).layers,
    rtol=0,
    atol=1e-9,
    name="the depth is that of σ_w = 1.2 and a factor 1000",
    misconceptions=(
        (21, "After that many layers a factor 990 is lost, not yet 1000."),
        (lambda x: 21 < x < 22, "A number of layers is whole; from which whole number on is it true?"),
        (lambda x: 42 <= x <= 44, "The recursion is for the mean square; this is the depth for its root."),
        (10, "This is the depth for σ_w = 1."),
        (lambda x: 37 <= x <= 39, "This looks like σ_w where the recursion has σ_w²."),
    ),
    hints=(
        "What does one layer do to the mean square? A factor, the same at each layer: σ_w² and ReLU's share.",
        "The factor is below 1. Its power must fall to 1/1000: take logarithms.",
        "The quotient of the two logarithms is not whole; the answer is the next whole number above it.",
    ),
    solution="One layer multiplies the mean square by σ_w²/2 = 0.72, and log(1/1000)/log 0.72 = 21.03: "
    "after **22** layers. In code: `depth_of_factor(\"relu\", 1.2, factor=1000)`.",
)  # fmt: skip

# --- a counterexample: a start that is not zero and yet trapped ------------------------------------------

FIELDS = ("w_1", "w_2", "b_1", "b_2", "v_1", "v_2", "c")
_X, _Y = sine_data(21)
_NETWORK = perceptron(2)  # two tanh neurons: θ = (w_1, w_2, b_1, b_2, v_1, v_2, c)
MIRROR = np.array([-1.0, -1.0, -1.0])  # of (w, b, v): tanh is odd


def copies(w_1, w_2, b_1, b_2, v_1, v_2, c=0.0) -> str:
    """How the second neuron repeats the first, exactly: "twins", "mirror images", or "" if it does not."""
    first, second = np.array([w_1, b_1, v_1]), np.array([w_2, b_2, v_2])
    if np.array_equal(first, second):
        return "twins"
    return "mirror images" if np.array_equal(first, MIRROR * second) else ""


def trained(**start: float):
    """ADAM, Keras form, on 21 points of sin πx in 7 reshuffled batches: (spread, loss) after 300 epochs.

    For mirror images the spread is that of the first neuron and the mirrored second one.
    """
    theta = np.array([start[name] for name in FIELDS], dtype=float)
    run = train(
        _NETWORK, theta, _X, _Y, optimizer="adam", form="keras", step=0.02, epochs=300, batches=7, every=300
    )
    end = run.theta[-1].copy()
    if copies(**start) == "mirror images":
        end[[1, 3, 5]] *= MIRROR
    return float(neuron_spread(_NETWORK, end)), float(run.loss[-1])


def _confirmed(**start: float) -> str:
    spread, loss = trained(**start)
    return (
        f"The two neurons are {copies(**start)}. After 300 epochs of ADAM (Keras form) with random batches "
        f"they still are, to {max(spread, 1e-16):.0e}: one neuron's work, loss {loss:.3f}."
    )


def _differing(**start: float) -> str:
    spread, loss = trained(**start)
    return (
        f"The two neurons do not repeat each other at the start; after 300 epochs of ADAM (Keras form) they "
        f"differ by {spread:.2g} and the loss is {loss:.3f}."
    )


def _moderate(**start: float) -> bool:
    return all(abs(value) <= 10 for value in start.values())


trapped_start = CounterexampleExercise(
    "a start that is not zero and yet trapped",
    """Two tanh neurons, f(x) = v₁ tanh(w₁x + b₁) + v₂ tanh(w₂x + b₂) + c. Propose a start in which no
weight w₁, w₂, v₁, v₂ is zero and which yet never uses more than one neuron, whatever data and batches.

Write `check(w_1=…, w_2=…, b_1=…, b_2=…, v_1=…, v_2=…, c=…)`. It will be trained.""",
    fields=FIELDS,
    conditions=(
        Condition(
            "no number is larger than 10",
            _moderate,
            lambda **start: f"The largest is {max(map(abs, start.values())):g}; tanh is saturated there.",
        ),
        Condition(
            "no weight is zero",
            lambda w_1, w_2, v_1, v_2, **_: 0 not in (w_1, w_2, v_1, v_2),
            lambda **start: "Zero: "
            + ", ".join(name for name in ("w_1", "w_2", "v_1", "v_2") if start[name] == 0)
            + ". The start asked for has no zero among its weights.",
        ),
        Condition("one neuron repeats the other", lambda **start: bool(copies(**start)), _differing),
    ),
    confirmed=_confirmed,
    hints=(
        "What can two neurons have in common that no gradient can undo?",
        "Exchange the two neurons: the function stays. Which starts stay as they are under the exchange?",
        "Equal incoming weights are not enough: look at what v₁ and v₂ do to the gradients of w₁ and w₂.",
    ),
    solution="Twins: w_1 = w_2, b_1 = b_2 and v_1 = v_2, for instance w_1 = 0.7, w_2 = 0.7, b_1 = 0.2, "
    "b_2 = 0.2, v_1 = -0.4, v_2 = -0.4, c = 0. Since tanh is odd, mirror images (w, b, v) and "
    "(−w, −b, −v) are trapped as well. With v_1 ≠ v_2 the gradients v_r δ tanh' x of w_r differ: free.",
)  # fmt: skip


def keras_law(name: str):
    """A law of Keras by its name as an answer to `relu_weights`: a function of (n_in, n_out, seed)."""
    return lambda n_in, n_out, seed: initialize(name, n_out, n_in, rng=seed)
