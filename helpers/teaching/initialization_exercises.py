"""The exercises of §5.4: what zero leaves, a depth, an initializer for ReLU, a trapped start, two scales."""

import numpy as np

from helpers.mathematics.initialization import initialize
from helpers.mathematics.numerals import numeral, order_of_magnitude
from helpers.mathematics.perceptron import Perceptron, neuron_spread, sine_data, train
from helpers.mathematics.signal_propagation import depth_of_factor
from helpers.teaching.answers import Condition, CounterexampleExercise, MeasuringExercise, NumericExercise
from helpers.teaching.exercises import Exercise
from helpers.teaching.initialization_properties import relu_properties

# --- a function: an initializer that keeps ReLU's variance -----------------------------------------------


def he(n_in, n_out, seed):
    """The package's own law, He's."""
    return initialize("he_uniform", n_out, n_in, rng=seed)


relu_weights = Exercise(
    "5.4/relu-weights",
    "an initializer that keeps ReLU's variance",
    """Write `weights(n_in, n_out, seed)`: random weights of a layer with `n_in` inputs and `n_out` neurons.
Return an array of shape `(n_out, n_in)`, a row a neuron, drawn with `np.random.default_rng(seed)`.

Through many ReLU layers the mean square of the activations must stay what it was, whatever the widths;
variances
are compared within 15 %. Any law will do, in single or double precision.""",
    properties=relu_properties,
    results=("W",),
    reference=he,
    single=True,
    looked="all 8 properties hold for layers of 130 to 800 neurons and a network of 20 layers of 160",
    limit=30.0,  # an orthogonal law needs a QR or an SVD for each layer, and seconds on a busy machine
    hints=(
        "One neuron adds up n_in terms wⱼ xⱼ. What is the variance of a sum of independent terms?",
        "Of a symmetric sum ReLU keeps one half of the mean square. The weights must make up for it.",
        "So n_in times the variance of a weight must be a fixed number. A uniform law on (-a, a) has the "
        "variance a²/3; `rng.normal` takes a standard deviation, not a variance.",
    ),
)

# --- a first step: what zero leaves -------------------------------------------------------------------------

zero_start = NumericExercise(
    "5.4/zero-start",
    "what a start at zero leaves",
    "A network with one hidden layer of tanh neurons starts with all weights and biases at 0 and is "
    "trained to the end on three data, y = 0, 0, 3, with the mean square error. Which error remains?",
    value=2.0,
    name="the error is that of the best constant",
    misconceptions=(
        (
            3,
            "With the mean over the data in the denominator n − 1, or their mean square: what can b₂ remove "
            "of it?",
        ),
        (1, "This is the constant that b₂ finds, not the error that it leaves."),
        (6, "This is the sum of the squares; the mean is asked for."),
        (0, "Only one parameter moves, whatever the optimizer."),
        (2**0.5, "This is the root of the mean square error."),
    ),
    hints=(
        "At zero, which of the gradients is not zero?",
        "Only b₂ moves: the network is a constant. Which constant fits 0, 0, 3 best?",
        "The error of the best constant is the variance of y, with the mean over all three data.",
    ),
)

# --- a number: the depth at which a factor 1000 is lost --------------------------------------------------

SIGMA_W = 1.2
lost_depth = NumericExercise(
    "5.4/lost-depth",
    "how deep until a factor 1000 is lost",
    "ReLU layers with σ_w = 1.2, that is Var W = 1.44/n_in, and inputs of mean square 1. After how many "
    "layers is the mean square of the activations, by the recursion, at most one thousandth?",
    value=depth_of_factor("relu", SIGMA_W, factor=1000).layers,
    rtol=0,
    name="the depth is that of σ_w = 1.2 and a factor 1000",
    misconceptions=(
        (21, "After that many layers a factor 990 is lost, not yet 1000."),
        (23, "After one layer less it is small enough already."),
        ((21, 22), "A number of layers is whole; from which whole number on is it true?"),
        ((42, 44), "The recursion is for the mean square; this is the depth for its root."),
        (10, "This is the depth for σ_w = 1."),
        ((37, 39), "This looks like σ_w where the recursion has σ_w²."),
    ),
    hints=(
        "What does one layer do to the mean square? A factor, the same at each layer: σ_w² and ReLU's share.",
        "The factor is below 1. Its power must fall to 1/1000: take logarithms.",
        "The quotient of the two logarithms is not whole; the answer is the next whole number above it.",
    ),
)  # fmt: skip

# --- a counterexample: a start that is not zero and yet trapped ------------------------------------------

FIELDS = ("w_1", "w_2", "b_1", "b_2", "v_1", "v_2", "c")
_X, _Y = sine_data(21)
_NETWORK = Perceptron(2)  # two tanh neurons: θ = (w_1, w_2, b_1, b_2, v_1, v_2, c)


def copies(w_1, w_2, b_1, b_2, v_1, v_2, c=0.0) -> str:
    """How the second neuron repeats the first, exactly: "twins", "mirror images", or "" if it does not."""
    first, second = np.array([w_1, b_1, v_1]), np.array([w_2, b_2, v_2])
    if np.array_equal(first, second):
        return "twins"
    return "mirror images" if np.array_equal(first, -second) else ""  # tanh is odd


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
        end[[1, 3, 5]] *= -1
    return float(neuron_spread(_NETWORK, end)), float(run.loss[-1])


def _confirmed(**start: float) -> str:
    spread, loss = trained(**start)
    return (
        f"The two neurons are {copies(**start)}. After 300 epochs of ADAM (Keras form) with random batches "
        f"they still are, to {order_of_magnitude(spread, 1e-9)}: one neuron's work, loss "
        f"{numeral(loss, 2)}."
    )


def _repeats(**start: float) -> bool | str:
    if copies(**start):
        return True
    spread, loss = trained(**start)
    return (
        f"The two neurons do not repeat each other at the start; after 300 epochs of ADAM (Keras form) they "
        f"differ by {numeral(spread, 2)} and the loss is {numeral(loss, 2)}."
    )


def _moderate(**start: float) -> bool | str:
    largest = max(map(abs, start.values()))
    return largest <= 10 or f"The largest is {numeral(largest)}; tanh is saturated there."


def _no_zero(**start: float) -> bool | str:
    zeros = [name for name in ("w_1", "w_2", "v_1", "v_2") if start[name] == 0]
    return not zeros or f"Zero: {', '.join(zeros)}. The start asked for has no zero among its weights."


trapped_start = CounterexampleExercise(
    "5.4/trapped-start",
    "a start that is not zero and yet trapped",
    """Two tanh neurons, f(x) = v₁ tanh(w₁x + b₁) + v₂ tanh(w₂x + b₂) + c. Propose a start in which no
weight w₁, w₂, v₁, v₂ is zero and which yet never uses more than one neuron, whatever data and batches.
No number may be larger than 10 in size, and a neuron must repeat the other to the last digit.

Write `check(w_1=…, w_2=…, b_1=…, b_2=…, v_1=…, v_2=…, c=…)`. It will be trained.""",
    fields=FIELDS,
    conditions=(
        Condition("no number is larger than 10", _moderate),
        Condition("no weight is zero", _no_zero),
        Condition("one neuron repeats the other", _repeats),
    ),
    confirmed=_confirmed,
    hints=(
        "What can two neurons have in common that no gradient can undo?",
        "Exchange the two neurons: the function stays. Which starts stay as they are under the exchange?",
        "Equal incoming weights are not enough: look at what v₁ and v₂ do to the gradients of w₁ and w₂.",
    ),
)  # fmt: skip

# --- explain by measuring: gradients explode, signals do not ---------------------------------------------


def _bounded(result, **_) -> bool | str:
    low, high = result.recursion.activation.min(), result.recursion.activation.max()
    return (low > 0.01 and high < 100) or f"They lie between {numeral(low, 2)} and {numeral(high, 2)}."


def _explode(result, **_) -> bool | str:
    first, last = result.recursion.gradient[[0, -1]]
    words = f"From the last to the first layer they are multiplied by {numeral(first / last, 2)}."
    return first >= 1000 * last or words


gradients_explode = MeasuringExercise(
    "5.4/gradients-explode",
    "the gradients explode, the signal does not",
    """Set the panel of *scale through depth* to at least 20 layers so that, by the recursion, the gradients
grow from the last layer to the first by a factor 1000 or more, while the signals stay between 0.01 and 100
at all layers.

Write `scale = DepthScale()`, set it by its controls or by `scale.set(…)`, then `check(scale)`.""",
    panel="DepthScale",
    conditions=(
        Condition("there are at least 20 layers", lambda depth, **_: depth >= 20 or f"{numeral(depth)}."),
        Condition("the signals stay between 0.01 and 100", _bounded),
        Condition("the gradients grow by a factor 1000 or more", _explode),
    ),
    confirmed=lambda activation, **_: (
        f"{activation} saturates: however large the weights, its values stay bounded. But each layer "
        "multiplies the gradients by σ_w² times the mean of φ'², and that is above 1 here."
    ),
    hints=(
        "Which activation cannot let signals explode, whatever the scale?",
        "With tanh, look at the gradients beyond σ_w = 1.",
        "The preset *tanh, too large* shows it; how many layers are needed for a factor 1000?",
    ),
)


exercises = (zero_start, lost_depth, relu_weights, trapped_start, gradients_explode)
