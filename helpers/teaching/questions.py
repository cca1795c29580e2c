"""The questions to be predicted, two or more a notebook; `giveaways` are what no text above them may say."""

from helpers.teaching.predictions import Prediction

# --- §5.2 ------------------------------------------------------------------------------------------------

ratio_default = Prediction(
    "5.2-ratio-default",
    "The ODE of ADAM on J = w²/2, from w = 2 with *full* memories (Z = −∇J, D = ∇J²), Δt = 0.005. For β₁ "
    "= 0.9 and β₂ = 0.6, R is 1 within a tenth when J has halved. With Keras' β₂ = 0.999, R is then …",
    choices=["1 within a tenth, too", "well above 1", "well below 1"],
    giveaways=[r"\.76\b", r"D is stale", r"still remembers the large gradients", r"well below 1"],
)

ratio_from_zero = Prediction(
    "5.2-ratio-from-zero",
    "The same, with Keras' β₂ = 0.999, but from *empty* memories, Z = D = 0, as (5.26) and Keras start. "
    "Set R where J has halved.",
    low=0.1,
    high=100,
    giveaways=[r"5\.75", r"5\.96"],
)

# --- §5.3.1 ----------------------------------------------------------------------------------------------

replacement_spread = Prediction(
    "5.3.1-replacement-spread",
    "Explicit Euler at a constant Δt, batches drawn with replacement, long trained: when Δt is halved, "
    "the spread of W around W* is divided by …",
    choices=["√2 ≈ 1.4", "2", "2√2 ≈ 2.8", "4"],
    giveaways=[r"\\tfrac12", r"\\frac12\$", r"like √Δt"],
)

strang_euler = Prediction(
    "5.3.1-strang-euler",
    "Strang's sweep has a local error of order Δt³ with exact sub-flows. Take explicit Euler sub-steps "
    "instead, and start at W*: when Δt is halved, the drift of one epoch is divided by …",
    low=1,
    high=32,
    scale="log",
    giveaways=[r"Strang pays only", r"Euler sub-steps is of order"],
)

# --- §5.3.2 ----------------------------------------------------------------------------------------------

largest_excursions = Prediction(
    "5.3.2-excursions",
    "Explicit Euler with Δtₖ = c/log(k+3), batches that partition the data or batches drawn with "
    "replacement. As K grows, the largest |Wₖ − W*| over K/2 < k ≤ K in *one* run …",
    choices=[
        "tends to 0 for both",
        "tends to 0 with a partition, not with replacement",
        "tends to 0 for neither",
    ],
    giveaways=[r"is not needed", r"return for ever", r"every path is below"],
)

adam_limit = Prediction(
    "5.3.2-adam-limit",
    "Three batches Jʳ = ½(w − cᵣ)² with c = (0, 0, 3), so that W* = 1, in this order at every epoch, "
    "and steps that obey (5.31). ADAM with β₁ = 0 and β₂ = 0.6 fixed ends at w = …",
    low=0,
    high=2,
    giveaways=[r"0?\.84\b", r"\.83998"],
)

# --- §5.4 ------------------------------------------------------------------------------------------------

random_batches = Prediction(
    "5.4-random-batches",
    "Eight tanh neurons, all weights and biases 0.5 at the start, 21 data in 7 batches drawn anew at "
    "every epoch. After 300 epochs, how many of the eight neurons are different?",
    choices=["all eight", "some, more the smaller the batches", "one: all are still equal"],
    giveaways=[r"stay identical", r"cannot break"],
)

lost_signal = Prediction(
    "5.4-lost-signal",
    "Twenty layers of 512 ReLU neurons with Var W = 1/n_in, random and untrained. By which factor is the "
    "mean square of the activations smaller at the last layer than at the first?",
    low=1,
    high=1e9,
    giveaways=[r"E a²/2", r"\\sigma_w\^2/2"],
)

QUESTIONS = {
    "5.2": (ratio_default, ratio_from_zero),
    "5.3.1": (replacement_spread, strang_euler),
    "5.3.2": (largest_excursions, adam_limit),
    "5.4": (random_batches, lost_signal),
}
