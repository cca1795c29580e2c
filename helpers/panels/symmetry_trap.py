"""Panel (a) of §5.4, the symmetry trap: hidden neurons as points of the plane while the network trains."""

import numpy as np

from helpers.figures import initialization as figures
from helpers.mathematics import checks
from helpers.mathematics.activations import LABELS
from helpers.mathematics.numerals import numeral, order_of_magnitude
from helpers.mathematics.perceptron import (
    ADAM,
    DATA,
    DESCENT,
    EPOCHS,
    NEURONS,
    NOISY,
    OUTPUT_ZERO,
    Moment,
    sine_data,
    trap,
    zero_start_loss,
)  # fmt: skip
from helpers.mathematics.symmetry import SYMMETRY_TOLERANCE
from helpers.panels import controls
from helpers.panels.panel import Panel

EVERY = 2  # epochs from one position of the slider to the next
STARTS = (
    ("zero", "zeros"),
    ("constant 0.5 + noise σ", "constant_noise"),
    ("normal noise σ", "random_normal"),
    ("Glorot uniform", "glorot_uniform"),
    ("He normal", "he_normal"),
    ("LeCun normal", "lecun_normal"),
    ("only W₂ = 0", OUTPUT_ZERO),
)
OPTIMIZERS = ((DESCENT, DESCENT), ("ADAM, Keras form", ADAM))
ACTIVATIONS = [(LABELS[name], name) for name in ("tanh", "relu", "sigmoid")]
GRID = np.linspace(-1, 1, 101)[:, None]


class SymmetryTrap(Panel):
    """Panel (a): choose how the neurons start, play the epochs, count the neurons that differ."""

    def __init__(self, start="constant_noise", sigma=0.0, optimizer=ADAM, step=0.02, p=7, activation="tanh"):
        x, y = sine_data(DATA)
        noise = [0.0, *(float(f"{d}e{e}") for e in range(-4, 0) for d in range(1, 10)), 1.0]
        usual = {"optimizer": ADAM, "step": 0.02, "p": 7.0, "beta_1": 0.9, "beta_2": 0.999}
        self.variance = zero_start_loss(y)
        figure, self.artists = figures.symmetry_trap(x[:, 0], y[:, 0], self.variance, EPOCHS)
        a = self.artists
        super().__init__(
            {
                "epoch": controls.Slider(
                    "epoch", f"epoch, of {EPOCHS}", range(0, EPOCHS + 1, EVERY), EPOCHS,
                    checks.EPOCH.within(high=EPOCHS).allowed, play=True, interval=33,
                ),
                "start": controls.Choice("start", STARTS, start),
                "sigma": controls.Slider("σ", "σ, size of the noise", noise, sigma, checks.SIGMA.allowed),
                "activation": controls.Choice("activation", ACTIVATIONS, activation),
                "optimizer": controls.Choice("optimizer", OPTIMIZERS, optimizer),
                "step": controls.time_step(step, smallest=-3, largest=0),
                "p": controls.batches(p, DATA),
                "beta_1": controls.beta_1(0.9),
                "beta_2": controls.beta_2(0.999),
            },
            figure,
            [*a.trails, *a.points, a.whole, a.passed, a.now, a.network, a.count],
            presets={
                "Zero": {"start": "zeros", **usual},
                "Constant": {"start": "constant_noise", "sigma": 0.0, **usual},
                "Constant, one datum at a time": {
                    "start": "constant_noise", "sigma": 0.0, **usual, "p": float(DATA)
                },
                "Constant + noise": {"start": "constant_noise", "sigma": 0.05, **usual},
                "Glorot (Keras' Dense)": {"start": "glorot_uniform", **usual},
                "Glorot, gradient descent": {
                    "start": "glorot_uniform", "optimizer": DESCENT, "step": 0.3, "p": 7.0
                },
            },
        )  # fmt: skip

    def compute(self, epoch, **values) -> Moment:
        """One epoch of the training with these values; the training itself is computed once and kept."""
        return trap(epoch, GRID, **values)

    def draw(self, result):
        """Move the neurons, their trails, the loss and the fit."""
        a, run, k = self.artists, result.training, result.index
        incoming = run.incoming  # (epochs, neurons, 2)
        for j, (trail, point) in enumerate(zip(a.trails, a.points, strict=True)):
            trail.set_data(*incoming[k % EVERY : k + 1 : EVERY, j].T)
            point.set_data(*incoming[k : k + 1, j].T)
        size = max(1.0, 2.0 ** np.ceil(np.log2(1e-9 + np.abs(incoming).max())))
        a.plane.set(xlim=(-1.15 * size, 1.15 * size), ylim=(-1.15 * size, 1.15 * size))
        a.whole.set_data(run.epochs[::EVERY], run.loss[::EVERY])
        a.passed.set_data(run.epochs[k % EVERY : k + 1 : EVERY], run.loss[k % EVERY : k + 1 : EVERY])
        a.now.set_data([run.epochs[k]], [run.loss[k]])
        a.network.set_data(GRID[:, 0], result.curve)
        a.count.set_text(f"{result.distinct} distinct of {NEURONS}")

    def describe(self, result):
        """How many neurons differ, by how much, and what that leaves of the loss."""
        values = result.values
        start = dict((name, words) for words, name in STARTS)[values["start"]]
        if values["start"] in NOISY:
            start = start.replace("σ", f"σ = {numeral(values['sigma'])}")
        how = "gradient descent" if values["optimizer"] == DESCENT else "ADAM (Keras form)"
        batches = "the full gradient" if values["p"] == 1 else f"p = {values['p']} random batches"
        words = (
            f"Start: {start}; {LABELS[values['activation']]}, {how}, Δt = {numeral(values['step'])}, "
            f"{batches}. Epoch {result.epoch}: {_neurons(result)}, loss J = {numeral(result.loss)}"
        )
        if result.only_last_bias:
            words += f". Only b₂ can move: J stays at least Var(y) = 10/21 = {numeral(self.variance)}."
        else:
            words += f"; a constant would leave Var(y) = 10/21 = {numeral(self.variance)}."
        if result.cut_short:
            words += " After it the run left the floating-point numbers."
        return words


def _neurons(result) -> str:
    if result.distinct == 1:
        return f"the {NEURONS} neurons are one and the same (to {order_of_magnitude(SYMMETRY_TOLERANCE)})"
    apart = f"(by up to {numeral(result.spread)})"
    if result.distinct < NEURONS:
        return f"{result.distinct} of the {NEURONS} neurons are different {apart}"
    return f"all {NEURONS} neurons differ {apart}"
