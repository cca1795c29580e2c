"""Panel (b) of §5.4, scale through depth: how large signals and gradients are, layer by layer."""

import numpy as np

from helpers.figures import initialization as figures
from helpers.mathematics import checks
from helpers.mathematics.activations import LABELS
from helpers.mathematics.numerals import numeral
from helpers.mathematics.sampled_network import Comparison, compare
from helpers.mathematics.signal_propagation import EXPLODES, KEPT
from helpers.panels import controls
from helpers.panels.panel import Panel

LAWS = {  # shape of the law of the weights: its name
    "normal": "normal", "truncated": "truncated normal", "uniform": "uniform", "orthogonal": "orthogonal",
}  # fmt: skip
WIDTHS = (16, 32, 64, 128, 256, 512)
REACH, CELLS = 2.5, 51  # of the histogram: one of its cells is around 0
DEPTHS, SIGMAS = checks.DEPTH.within(high=50), checks.SIGMA_W.within(high=10)
HE = 1.4142  # √2, short enough for its field
POSITIONS = sorted([*(round(0.05 * i, 2) for i in range(61)), HE])


class DepthScale(Panel):
    """Panel (b): depth, width, activation and the scale of the weights, against the recursions."""

    sentence_lines = 6

    def __init__(self, activation="tanh", shape="normal", sigma_w=1.0, depth=20, width=512):
        figure, self.artists = figures.depth_scale(REACH)
        a = self.artists
        super().__init__(
            {
                "depth": controls.Slider(
                    "depth", "depth, number of layers", range(1, int(DEPTHS.high) + 1), depth, DEPTHS.allowed,
                    play=True, interval=200,
                ),
                "sigma_w": controls.Slider(
                    "σ_w", "σ_w, root of n_in times the variance of a weight", POSITIONS, sigma_w,
                    SIGMAS.allowed,
                ),
                "activation": controls.Choice("activation", _named(LABELS), activation),
                "shape": controls.Choice("weights", _named(LAWS), shape),
                "width": controls.Choice("width", WIDTHS, width),
            },
            figure,
            [
                a.signal_recursion, a.signal_measured, a.gradient_recursion, a.gradient_measured,
                a.outline, a.layer,
            ],
            presets={
                "tanh, too small": {"activation": "tanh", "shape": "normal", "sigma_w": 0.5},
                "tanh, Glorot": {"activation": "tanh", "shape": "uniform", "sigma_w": 1.0},
                "tanh, too large": {"activation": "tanh", "shape": "normal", "sigma_w": 3.0},
                "ReLU, Glorot": {"activation": "relu", "shape": "uniform", "sigma_w": 1.0},
                "ReLU, He": {"activation": "relu", "shape": "truncated", "sigma_w": HE},
                "linear, orthogonal": {"activation": "linear", "shape": "orthogonal", "sigma_w": 1.0},
                "ReLU, He, narrow": {
                    "activation": "relu", "shape": "truncated", "sigma_w": HE, "width": 16, "depth": 50.0
                },
            },
        )  # fmt: skip

    def compute(self, depth, sigma_w, activation, shape, width) -> Comparison:
        """A network of this kind beside the recursions."""
        return compare(
            activation, SIGMAS.check(sigma_w), DEPTHS.check(depth), width,
            shape=shape, reach=REACH, cells=CELLS,
        )  # fmt: skip

    def draw(self, result):
        """Move the recursions, what was measured, and the histogram of the last layer."""
        a, depth = self.artists, result.sample.depth
        layers = np.arange(1, depth + 1)
        for axes, name, recursion, measured in (
            (a.signals, "signal", result.recursion.activation, result.sample.activation),
            (a.gradients, "gradient", result.recursion.gradient, result.sample.gradient),
        ):
            recursion, measured = figures.powers(recursion), figures.powers(measured)
            getattr(a, f"{name}_recursion").set_data(layers, recursion)
            getattr(a, f"{name}_measured").set_data(layers, measured)
            axes.set(
                xlim=(0, 10 * np.ceil(depth / 10) + 0.9),
                ylim=figures.whole_powers(np.concatenate([recursion, measured])),
            )
        a.outline.set_data(*figures.outline(REACH, result.shares))
        a.layer.set_text(f"layer {depth}")

    def describe(self, result):
        """Which network, what becomes of signals and gradients, and how near the recursions are."""
        sample, recursion, depth = result.sample, result.recursion, result.sample.depth
        words = (
            f"{LABELS[result.activation]}, {LAWS[result.shape]} weights, σ_w = {numeral(result.sigma_w)}"
            f"{_keras(result)}, width {result.width}, depth {depth}. Mean squares, by recursion: "
            f"activations, from inputs of 1, {_fate(recursion.forward, '')}; gradients ∂L/∂z, from ∂L/∂a of "
            f"1, {_fate(recursion.backward, ' back')}. Measured: "
            f"×{numeral(sample.activation[-1])} and ×{numeral(sample.gradient[0])}; farthest from the "
            f"recursions: {_departure(result.forward)} and {_departure(result.backward)}."
        )
        if result.fluctuation is not None:
            words += (
                f" Between networks ln of the activations' mean square scatters by "
                f"{numeral(result.fluctuation, 2)} (leading order)."
            )
        if result.outside > 0.01:
            words += f" Outside the histogram: {numeral(100 * result.outside, 2)} %."
        return words


def _named(words) -> list:
    return [(name, value) for value, name in words.items()]


def _keras(result) -> str:
    return f" (Keras' {', '.join(result.keras)})" if result.keras else ""


def _departure(one) -> str:
    if one.layer is None:
        return "rounding alone"
    return f"a factor {numeral(one.factor)} (layer {one.layer})"


def _fate(fate, way) -> str:
    if fate.change == KEPT:
        return f"stay within a factor 1000, ×{numeral(fate.last)} in all"
    verb = "explode: a factor 1000 gained" if fate.change == EXPLODES else "vanish: a factor 1000 lost"
    layers = "1 layer" if fate.layers == 1 else f"{fate.layers} layers"
    return f"{verb} after {layers}{way}, ×{numeral(fate.last)} in all"
