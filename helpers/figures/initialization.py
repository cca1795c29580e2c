"""Figures of §5.4: neurons in the plane of their weights, scale through depth, one equation in the plane."""

from types import SimpleNamespace

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from helpers.figures import style
from helpers.mathematics.numerals import power_of_ten

NEURON_COLORS = (
    style.BLACK, style.SKY, style.RED, style.YELLOW, style.BLUE, style.ORANGE, style.GREEN, style.PURPLE,
)  # fmt: skip
MEASURED, PREDICTED = style.BLUE, style.RED


@style.styled
def symmetry_trap(x, y, variance: float, epochs: int) -> tuple[Figure, SimpleNamespace]:
    """Neurons (weight, bias) in the plane, loss against epochs, fit of (x, y); returns (figure, artists).

    Neurons are disks of decreasing size, so that those in one place show as one target. `variance` is what a
    start from zero keeps of the loss.
    """
    fig = style.figure(10.2, 3.75)
    plane, loss, fit = fig.subplots(1, 3, width_ratios=[1.05, 1, 1])
    a = SimpleNamespace(plane=plane)
    plane.axhline(0, color=style.PALE, lw=1)
    plane.axvline(0, color=style.PALE, lw=1)
    a.trails, a.points = [], []
    sizes = np.linspace(19, 5, len(NEURON_COLORS))
    for color in NEURON_COLORS:
        a.trails += plane.plot([], [], color=color, lw=1.1, alpha=0.8)
    for color, size in zip(NEURON_COLORS, sizes, strict=True):
        a.points += plane.plot([], [], "o", ms=size, mfc=color, mec="white", mew=0.6)
    a.count = plane.text(0.03, 0.03, "", transform=plane.transAxes, path_effects=style.halo())
    plane.set(xlabel="incoming weight", ylabel="bias", title="the eight hidden neurons")

    label = f"Var(y) = {variance:.4f}"
    loss.axhline(variance, color=style.RED, lw=1.2, ls="--", label=label)
    (a.whole,) = loss.plot([], [], color=style.PALE, lw=2)
    (a.passed,) = loss.plot([], [], color=style.BLUE, lw=2)
    (a.now,) = loss.plot([], [], "o", color=style.BLUE, ms=7)
    loss.set(xlim=(0, epochs), ylim=(2e-4, 20), yscale="log", xlabel="epoch", title="loss J")
    loss.legend(loc="upper right")

    fit.plot(x, y, "o", ms=5, mfc="white", mec=style.BLACK, label="data")
    (a.network,) = fit.plot([], [], color=style.BLUE, lw=2.2, label="network")
    fit.set(xlim=(-1.05, 1.05), ylim=(-1.6, 2.1), xlabel="x", title="the function computed")
    fit.legend(loc="upper center", ncols=2)
    return fig, a


@style.styled
def depth_scale(reach: float) -> tuple[Figure, SimpleNamespace]:
    """Mean squares of signals and gradients per layer, and a histogram; returns (figure, artists).

    The mean squares are drawn as their powers of ten, on linear axes: these are rendered four times faster.
    `reach`: the histogram shows [-reach, reach], by `outline`.
    """
    fig = style.figure(10.2, 3.75)
    signals, gradients, cells = fig.subplots(1, 3, width_ratios=[1.1, 1.1, 0.9])
    artists = SimpleNamespace(signals=signals, gradients=gradients, cells=cells)
    for axes, name in ((signals, "signal"), (gradients, "gradient")):
        axes.axhline(0, color=style.PALE, lw=1.2)
        (measured,) = axes.plot([], [], "o", color=MEASURED, ms=5.5, label="measured")
        (recursion,) = axes.plot([], [], color=PREDICTED, lw=1.5, label="recursion")
        axes.set_xlabel("layer")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_formatter(lambda power, _: power_of_ten(round(power)))
        vars(artists).update({f"{name}_recursion": recursion, f"{name}_measured": measured})
        axes.legend(loc="upper center", ncols=2)
    signals.set_title("mean square of the activations")
    gradients.set_title("mean square of the gradients ∂L/∂z")
    (artists.outline,) = cells.plot([], [], color=MEASURED, lw=1.6)
    cells.set(xlim=(-reach, reach), ylim=(-3.3, 0.6))
    cells.yaxis.set_major_locator(FixedLocator([-3, -2, -1, 0]))
    cells.yaxis.set_major_formatter(lambda power, _: f"{10.0**power:g}")
    cells.set(xlabel="activation, last layer", title="share of values")
    artists.layer = cells.text(0.03, 0.93, "", transform=cells.transAxes, path_effects=style.halo())
    return fig, artists


def powers(values) -> np.ndarray:
    """The powers of ten of the values; NaN, which is not drawn, where one is 0."""
    values = np.asarray(values, dtype=float)
    return np.log10(values, out=np.full_like(values, np.nan), where=values > 0)


def whole_powers(exponents) -> tuple[float, float]:
    """Whole powers of ten around all values and 1, which seldom change, with room for a legend above."""
    exponents = exponents[~np.isnan(exponents)]
    low, high = min(-1.0, exponents.min(initial=0)), exponents.max(initial=0)
    span = high - low
    unit = 1 if span <= 3 else 3 if span <= 15 else 6 if span <= 40 else 24
    return unit * np.floor(low / unit), unit * np.ceil((high + 0.22 * span) / unit)


def outline(reach, shares) -> tuple[np.ndarray, np.ndarray]:
    """The upper edge of a histogram, in powers of ten, from the ground to the ground; empty is -6."""
    heights = np.log10(np.maximum(shares, 1e-6))
    edges = np.linspace(-reach, reach, len(shares) + 1)
    return np.repeat(edges, 2), np.concatenate([[-6], np.repeat(heights, 2), [-6]])


@style.styled
def linear_case(minimum, along, steps: int) -> tuple[Figure, SimpleNamespace]:
    """The plane of two unknowns with a line of solutions, and errors against iterations.

    `minimum`: the solution of least norm; `along`: a unit vector of the kernel, the line's direction.
    """
    fig = style.figure(10.2, 3.9)
    plane, errors = fig.subplots(1, 2, width_ratios=[1, 1.25])
    a = SimpleNamespace(plane=plane)
    line = minimum + np.array([-9, 9])[:, None] * along
    plane.plot(*line.T, color=style.GREY, lw=1.6)
    plane.plot(*np.array([-9, 9])[:, None].T * along[:, None], color=style.PALE, lw=1.4, ls="--")
    circle = np.linalg.norm(minimum) * np.exp(1j * np.linspace(0, 2 * np.pi, 101))
    plane.plot(circle.real, circle.imag, color=style.PALE, lw=1.2)
    (star,) = plane.plot(*minimum, "*", ms=19, mfc=style.ORANGE, mec=style.BLACK)
    star.set_label("solution of least norm")
    (a.kernel,) = plane.plot([], [], color=style.GREEN, lw=3, label="kernel part of the start")
    (a.descent,) = plane.plot([], [], "o-", color=style.BLUE, lw=1.2, ms=5)
    (a.conjugate,) = plane.plot([], [], color=style.RED, lw=1.8, ls="--")
    (a.start,) = plane.plot([], [], "s", ms=9, mfc="white", mec=style.BLACK, mew=1.4)
    (a.end,) = plane.plot([], [], "D", ms=7, mfc=style.RED, mec="white")
    plane.set(xlim=(-3, 3), ylim=(-3, 3), xlabel="w₁", ylabel="w₂", title="click: the start")
    plane.set_aspect("equal")
    (a.descent_error,) = errors.plot([], [], color=style.BLUE, lw=2, label="gradient descent")
    (a.conjugate_error,) = errors.plot([], [], "o--", color=style.RED, lw=1.8, label="conjugate gradient")
    (a.drift,) = errors.plot([], [], color=style.GREEN, lw=1.4, label="change of the kernel part")
    errors.set(xlim=(0, steps), ylim=(1e-13, 1e2), yscale="log", xlabel="iteration k")
    errors.set_title("6 equations, 12 unknowns: distance to the limit")
    errors.legend(handles=[*errors.get_lines(), a.kernel, star], loc="lower right", bbox_to_anchor=(1, 0.08))
    return fig, a
