"""Panel (a) of §5.4, the symmetry trap: hidden neurons as points of the plane while the network trains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.figures import initialization as figures
from helpers.mathematics.adam import check_beta
from helpers.mathematics.initialization import check_sigma
from helpers.mathematics.partitions import whole_number
from helpers.mathematics.perceptron import (
    SYMMETRY_TOLERANCE,
    Training,
    perceptron,
    sine_data,
    train,
    twins,
    zero_start_loss,
)
from helpers.panels import controls
from helpers.panels.panel import Panel

NEURONS, DATA, EPOCHS, EVERY = 8, 21, 300, 2
VALUE = 0.5  # of the constant starts
OUTPUT_ZERO = "output weights zero"
STARTS = (
    ("zero", "zeros"),
    ("constant 0.5 + noise σ", "constant_noise"),
    ("normal noise σ", "random_normal"),
    ("Glorot uniform", "glorot_uniform"),
    ("He normal", "he_normal"),
    ("LeCun normal", "lecun_normal"),
    ("only W₂ = 0", OUTPUT_ZERO),
)
NOISY = ("constant_noise", "random_normal")
DESCENT, ADAM = "gradient descent", "adam"
OPTIMIZERS = ((DESCENT, DESCENT), ("ADAM, Keras form", ADAM))
GRID = np.linspace(-1, 1, 101)[:, None]


@dataclass(frozen=True, eq=False)
class Moment:
    """A recorded training and the moment shown: `index` into its records."""

    training: Training
    start: str
    sigma: float
    optimizer: str
    p: int
    step: float
    activation: str
    index: int
    distinct: int
    spread: float
    curve: np.ndarray  # the function computed at this moment, on GRID

    @property
    def epoch(self) -> int:
        """The epoch shown."""
        return int(self.training.epochs[self.index])

    @property
    def loss(self) -> float:
        """The loss at the epoch shown."""
        return float(self.training.loss[self.index])


def start_of(network, name: str, sigma: float, seed: int) -> np.ndarray:
    """θ at the start, (P,), by a name of `STARTS`: constants and noise go to all weights and biases alike.

    The other laws draw the weights and leave the biases at 0, as Keras' `Dense` does.
    Raises `ValueError` for an unknown name or σ < 0.
    """
    rng, sigma = np.random.default_rng(seed), check_sigma("σ", sigma)
    if name == OUTPUT_ZERO:
        theta = network.start("glorot_uniform", rng=rng)
        network.layers(theta)[1][0][...] = 0
        return theta
    if name in NOISY:
        mean = VALUE if name == "constant_noise" else 0.0
        return mean + sigma * rng.standard_normal(network.size)
    return network.start(name, rng=rng)


@lru_cache(maxsize=8)
def recorded(start, sigma, optimizer, step, p, beta_1, beta_2, activation, seed=3) -> Training:
    """The whole training of 8 neurons on 21 points of sin πx, batches reshuffled, one epoch in 4 recorded.

    ADAM in the Keras form. Raises `ValueError` as `perceptron.train` does.
    """
    x, y = sine_data(DATA)
    network = perceptron(NEURONS, activation=activation)
    return train(
        network, start_of(network, start, sigma, seed), x, y,
        optimizer=optimizer, step=step, epochs=EPOCHS, batches=p, seed=seed,
        beta_1=beta_1, beta_2=beta_2, form="keras", every=EVERY,
    )  # fmt: skip


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
                    f"a whole number, 0 ≤ epoch ≤ {EPOCHS}", play=True, interval=33,
                ),
                "start": controls.choice("start", STARTS, start),
                "sigma": controls.Slider("σ", "σ, size of the noise", noise, sigma, "σ ≥ 0"),
                "activation": controls.choice("activation", ["tanh", "relu", "sigmoid"], activation),
                "optimizer": controls.choice("optimizer", OPTIMIZERS, optimizer),
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

    def compute(self, epoch, start, sigma, activation, optimizer, step, p, beta_1, beta_2):
        """The `Moment` for these values; the training itself is computed once and kept."""
        epoch = whole_number(epoch, "the epoch", 0, EPOCHS)
        p = whole_number(p, "the number of batches p", 1, DATA)
        sigma = check_sigma("σ", sigma)
        beta_1, beta_2 = check_beta("beta_1", beta_1), check_beta("beta_2", beta_2)
        memories = (beta_1, beta_2) if optimizer == ADAM else (0.0, 0.0)  # no part of gradient descent
        run = recorded(start, sigma if start in NOISY else 0.0, optimizer, step, p, *memories, activation)
        index = min(int(np.searchsorted(run.epochs, epoch)), len(run.epochs) - 1)
        theta = run.theta[index]
        distinct = len(twins(run.network, theta, tolerance=SYMMETRY_TOLERANCE))
        return Moment(
            run, start, sigma, optimizer, p, step, activation, index, distinct,
            float(run.spread[index]), run.network(theta, GRID)[:, 0],
        )  # fmt: skip

    def draw(self, result):
        """Move the neurons, their trails, the loss and the fit."""
        a, run, k = self.artists, result.training, result.index
        incoming = run.incoming  # (records, neurons, 2)
        for j, (trail, point) in enumerate(zip(a.trails, a.points, strict=True)):
            trail.set_data(*incoming[: k + 1, j].T)
            point.set_data(*incoming[k : k + 1, j].T)
        size = max(1.0, 2.0 ** np.ceil(np.log2(1e-9 + np.abs(incoming).max())))
        a.plane.set(xlim=(-1.15 * size, 1.15 * size), ylim=(-1.15 * size, 1.15 * size))
        a.whole.set_data(run.epochs, run.loss)
        a.passed.set_data(run.epochs[: k + 1], run.loss[: k + 1])
        a.now.set_data([run.epochs[k]], [run.loss[k]])
        a.network.set_data(GRID[:, 0], result.curve)
        a.count.set_text(f"{result.distinct} distinct of {NEURONS}")

    def describe(self, result):
        """How many neurons differ, by how much, and what that leaves of the loss."""
        start = dict((name, words) for words, name in STARTS)[result.start].replace(
            "σ", f"σ = {result.sigma:g}"
        )
        how = "gradient descent" if result.optimizer == DESCENT else "ADAM (Keras form)"
        batches = "the full gradient" if result.p == 1 else f"p = {result.p} random batches"
        words = (
            f"Start: {start}; {result.activation}, {how}, Δt = {result.step:g}, {batches}. "
            f"Epoch {result.epoch}: {_neurons(result)}, loss {result.loss:.4f}"
        )
        if np.any(result.training.theta[0]):
            words += f" (Var(y) = 10/21 = {self.variance:.4f})."
        else:
            words += f", against exactly 10/21 = {self.variance:.4f} for what only b₂ can reach."
            if result.p > 1:
                words += " With batches b₂ keeps moving a little around the mean."
        if result.training.diverged_at is not None:
            words += f" The run left the floating-point numbers in epoch {result.training.diverged_at}."
        return words


def _neurons(result) -> str:
    if result.distinct == 1:
        bound = f"differ by {result.spread:.0e}" if result.spread else "do not differ by a single bit"
        return f"the {NEURONS} neurons are one and the same (they {bound})"
    if result.distinct < NEURONS:
        return f"{result.distinct} distinct neurons of {NEURONS} (largest difference {result.spread:.2g})"
    return f"all {NEURONS} neurons differ (by up to {result.spread:.2g})"
