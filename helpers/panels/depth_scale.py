"""Panel (b) of §5.4, scale through depth: how large signals and gradients are, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from helpers.figures import initialization as figures
from helpers.mathematics.initialization import LAWS
from helpers.mathematics.partitions import whole_number
from helpers.mathematics.sampled_network import Sample, histograms, measure
from helpers.mathematics.signal_propagation import Propagation, predict, sampling_law, verdict
from helpers.panels import controls
from helpers.panels.panel import Panel

SLIDER = "normal, σ_w by the slider"
KERAS = tuple(name for name, one in LAWS.items() if one.fan or one.shape == "orthogonal")
ACTIVATIONS = ("linear", "tanh", "relu", "sigmoid")
WIDTHS = (16, 32, 64, 128, 256, 512)
DEEPEST = 50
EDGES = np.linspace(-2.5, 2.5, 52)  # 51 cells, one of them around 0


@dataclass(frozen=True, eq=False)
class Scale:
    """What was measured on one network and what the recursions say; `layer` is the one looked at."""

    activation: str
    initializer: str
    sigma_w: float
    width: int
    layer: int
    sample: Sample
    recursion: Propagation
    shares: np.ndarray  # of the layer's activations in the cells of EDGES

    @property
    def depth(self) -> int:
        """Number of layers."""
        return self.sample.depth


_measured = lru_cache(maxsize=2)(measure)  # a change of the layer looked at measures nothing anew


class DepthScale(Panel):
    """Panel (b): depth, width, activation and the scale of the weights, against the recursions."""

    def __init__(self, activation="tanh", initializer=SLIDER, sigma_w=1.0, depth=20, width=512, layer=20):
        figure, self.artists = figures.depth_scale(EDGES)
        a = self.artists
        super().__init__(
            {
                "depth": controls.linear(
                    "depth", "depth, number of layers", depth, 1, DEEPEST, 1,
                    f"a whole number, 1 ≤ depth ≤ {DEEPEST}",
                ),
                "sigma_w": controls.linear(
                    "σ_w", "σ_w, root of n_in times the variance of a weight", sigma_w, 0, 3, 0.05,
                    "0 ≤ σ_w ≤ 10",
                ),
                "layer": controls.linear(
                    "layer", "layer of the histogram", layer, 1, DEEPEST, 1,
                    f"a whole number, 1 ≤ layer ≤ {DEEPEST}", play=True, interval=200,
                ),
                "activation": controls.choice("activation", ACTIVATIONS, activation),
                "initializer": controls.choice("initializer", [SLIDER, *KERAS], initializer),
                "width": controls.choice("width", WIDTHS, width),
            },
            figure,
            [
                a.signal_recursion, a.signal_measured, a.signal_chosen, a.gradient_recursion,
                a.gradient_measured, a.gradient_chosen, a.outline, a.layer,
            ],
            presets={
                "tanh, too small": {"activation": "tanh", "initializer": SLIDER, "sigma_w": 0.5},
                "tanh, Glorot": {"activation": "tanh", "initializer": "glorot_uniform"},
                "tanh, too large": {"activation": "tanh", "initializer": SLIDER, "sigma_w": 3.0},
                "ReLU, Glorot": {"activation": "relu", "initializer": "glorot_uniform"},
                "ReLU, He": {"activation": "relu", "initializer": "he_normal"},
                "linear, orthogonal": {"activation": "linear", "initializer": "orthogonal"},
            },
        )  # fmt: skip

    def compute(self, depth, sigma_w, layer, activation, initializer, width):
        """The `Scale` for these values; a layer beyond the depth means the last."""
        depth = whole_number(depth, "the depth", 1, DEEPEST)
        layer = min(whole_number(layer, "the layer", 1, DEEPEST), depth)
        if not 0 <= sigma_w <= 10:  # NaN neither
            raise ValueError(f"σ_w must lie between 0 and 10 here; got {sigma_w:g}")
        shape = "normal"
        if initializer != SLIDER:
            shape, sigma_w = sampling_law(initializer, width)
        sample = _measured(activation, float(sigma_w), depth, int(width), shape=shape)
        expected = predict(activation, sigma_w, depth)
        densities = histograms(sample.activations[layer - 1 : layer], len(EDGES) - 1, (EDGES[0], EDGES[-1]))
        shares = densities[1][0] * np.diff(EDGES)
        return Scale(activation, initializer, float(sigma_w), width, layer, sample, expected, shares)

    def draw(self, result):
        """Move the recursions, what was measured, and the histogram."""
        a, layers = self.artists, np.arange(1, result.depth + 1)
        right = 10 * np.ceil(result.depth / 10) + 0.9
        pairs = (
            (a.signals, "signal", result.recursion.activation, result.sample.activation),
            (a.gradients, "gradient", result.recursion.gradient, result.sample.gradient),
        )
        for axes, name, recursion, measured in pairs:
            recursion, measured = _powers(recursion), _powers(measured)
            getattr(a, f"{name}_recursion").set_data(layers, recursion)
            getattr(a, f"{name}_measured").set_data(layers, measured)
            getattr(a, f"{name}_chosen").set_data([result.layer], [measured[result.layer - 1]])
            axes.set(xlim=(0, right), ylim=_limits(np.concatenate([recursion, measured])))
        a.outline.set_data(*figures.outline(EDGES, result.shares))
        a.layer.set_text(f"layer {result.layer}")

    def describe(self, result):
        """Which network, what becomes of signals and gradients, and how near the recursions are."""
        law = "normal weights" if result.initializer == SLIDER else result.initializer
        words = (
            f"{result.activation}, {law}, σ_w = {result.sigma_w:.3g}, width {result.width}, "
            f"depth {result.depth}. By the recursions: {verdict(result.recursion)} Measured at layer "
            f"{result.layer}: variance of the activations {_number(result.sample.activation, result.layer)} "
            f"(recursion {_number(result.recursion.activation, result.layer)}), of the gradients "
            f"{_number(result.sample.gradient, result.layer)} "
            f"({_number(result.recursion.gradient, result.layer)})."
        )
        outside = 1 - result.shares.sum()
        if outside > 0.01:
            words += f" Outside the histogram: {100 * outside:.0f} %."
        return words


def _number(values, layer) -> str:
    return f"{values[layer - 1]:.3g}"


def _powers(values) -> np.ndarray:
    """The powers of ten of the values; NaN, which is not drawn, where one is 0."""
    values = np.asarray(values, dtype=float)
    return np.log10(values, out=np.full_like(values, np.nan), where=values > 0)


def _limits(powers) -> tuple[float, float]:
    """Whole powers of ten around all values and 1, which seldom change, with room for a legend above."""
    powers = powers[~np.isnan(powers)]
    low, high = min(-1.0, powers.min(initial=0)), powers.max(initial=0)
    span = high - low
    unit = 1 if span <= 3 else 3 if span <= 15 else 6 if span <= 40 else 24
    return unit * np.floor(low / unit), unit * np.ceil((high + 0.22 * span) / unit)
