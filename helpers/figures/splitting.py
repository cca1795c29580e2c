"""Figures of §5.3.1: one epoch, the order of its error, what a constant Δt leaves, real data."""

from types import SimpleNamespace

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from helpers.figures import style
from helpers.mathematics.least_squares import LeastSquares

SCHEME_STYLES = {
    "Lie, Euler": (style.BLUE, "o"),
    "Lie, exact flows": (style.RED, "s"),
    "Strang, Euler": (style.SKY, "^"),
    "Strang, exact flows": (style.GREEN, "D"),
}


def batch_colors(p: int) -> np.ndarray:
    """Colors of p batches in the order of their visit, (p, 4), all dark enough for white digits: 4.5 to 1."""
    return colormaps["plasma"](np.linspace(0.0, 0.48, max(p, 2)))[:p]


@style.styled
def one_epoch(problem: LeastSquares) -> tuple[Figure, SimpleNamespace]:
    """Two axes: the data, numbered by batch, with the lines W; the plane of W with the sub-steps.

    `problem`: y ≈ slope · x + intercept, W^t = (slope, intercept). Returns (figure, artists), one entry of
    `data` a batch (at most one a datum), one of `numbers` a datum.
    """
    fig = style.figure(10.2, 3.9)
    data, plane = fig.subplots(1, 2, width_ratios=[1, 1.25])
    a = SimpleNamespace(plane=plane)
    x, y = problem.x[:, 0], problem.y[:, 0]
    a.span = np.array([x.min() - 0.25, x.max() + 0.25])
    data.plot(x, y, "o", ms=14, mfc="none", mec=style.GREY, mew=0.8, ls="none", zorder=2)
    (a.best_fit,) = data.plot([], [], color=style.ORANGE, lw=2, label="W*", zorder=1.5)
    (a.fit,) = data.plot([], [], color=style.BLACK, lw=1.8, label="W now", zorder=1.6)
    a.data = [data.plot([], [], "o", ms=14, ls="none", mec="white", mew=0.8, zorder=3)[0] for _ in x]
    (a.ring,) = data.plot([], [], "o", ms=18, mfc="none", mec=style.BLACK, mew=1.8, ls="none", zorder=3.5)
    a.numbers = [data.text(u, v, "", ha="center", va="center", fontsize=8.5, color="white", zorder=4)
               for u, v in zip(x, y, strict=True)]  # fmt: skip
    data.set(xlim=a.span, xlabel="x", ylabel="y", title="data; the number is the batch")
    data.set_ylim(y.min() - 0.5, y.max() + 1.0)
    data.legend(loc="upper left", ncols=2)

    (a.trail,) = plane.plot([], [], ".-", color=style.GREY, lw=0.9, ms=5, label="epochs before")
    (a.full,) = plane.plot([], [], color=style.BLACK, lw=1.5, ls="--", marker="s", mfc="white", ms=7,
                         label="one full step")  # fmt: skip
    (a.flow,) = plane.plot([], [], color=style.GREEN, lw=2.2, label="exact flow")
    (a.flow_end,) = plane.plot([], [], "D", ms=8, mfc=style.GREEN, mec="white", ls="none")
    a.segments = plane.add_collection(LineCollection([], linewidths=2.6, zorder=2.2))
    (a.stops,) = plane.plot([], [], "o", ms=5, mfc="white", mec=style.BLACK, mew=0.8, ls="none", zorder=2.4)
    (a.now,) = plane.plot([], [], "o", ms=10, mfc=style.BLACK, mec="white", mew=1.2, ls="none", label="W now")
    (a.best,) = plane.plot([], [], "*", ms=15, mfc=style.ORANGE, mec=style.BLACK, ls="none",
                         label="minimizer W*")  # fmt: skip
    (a.wrong,) = plane.plot([], [], "X", ms=10, mfc="white", mec=style.RED, mew=1.4, ls="none")
    a.wrong_name = plane.text(0, 0, "", color=style.RED, fontsize=9.5, ha="center", va="top", clip_on=True)
    plane.set(xlabel="slope", ylabel="intercept", title="plane of W = (slope, intercept)")
    plane.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    plane.yaxis.labelpad = 14  # room for the longer labels of a closer look
    plane.grid(False)
    return fig, a


@style.styled
def draw_levels(axes, problem: LeastSquares, center, radius: float):
    """Show the plane of W around `center`, `radius` up and down, with level lines of J."""
    for old in [a for a in axes.get_children() if a.get_gid() == "levels"]:
        old.remove()
    u = np.linspace(-1.35 * radius, 1.35 * radius, 121)
    v = np.linspace(-radius, radius, 121)
    grid = np.stack(np.meshgrid(center[0] + u, center[1] + v), axis=-1)
    J = problem.J(grid[..., None]) - float(problem.J(problem.minimizer))
    lines = axes.contour(
        grid[..., 0],
        grid[..., 1],
        np.sqrt(np.maximum(J, 0)),
        12,
        colors=[style.PALE],
        linewidths=0.9,
        zorder=0.5,
    )
    lines.set_gid("levels")
    axes.set(xlim=center[0] + u[[0, -1]], ylim=center[1] + v[[0, -1]])


@style.styled
def splitting_error(steps) -> tuple[Figure, SimpleNamespace]:
    """Two axes against Δt: the error of the four schemes, and the error over its power of Δt.

    `steps`: the Δt, (K,). Returns (figure, artists), dicts by scheme.
    """
    fig = style.figure(10.2, 3.9)
    error, ratio = fig.subplots(1, 2)
    errors, labels, ratios, limits = {}, {}, {}, {}
    for name, (color, marker) in SCHEME_STYLES.items():
        (errors[name],) = error.plot([], [], marker + "-", color=color, ms=4.5, lw=1.4, label=name)
        labels[name] = error.text(1.0, 1.0, "", color=color, fontsize=10.5, ha="left", va="center",
                                  clip_on=False)  # fmt: skip
        (ratios[name],) = ratio.plot([], [], marker + "-", color=color, ms=4.5, lw=1.4)
        (limits[name],) = ratio.plot([], [], color=color, lw=1.3, ls="--")
    error.set(xscale="log", yscale="log", xlim=(steps[0] * 0.8, steps[-1] * 3.2), ylim=(1e-12, 1e1),
              xlabel="Δt")  # fmt: skip
    error.legend(loc="lower right")
    ratio.plot([], [], color=style.GREY, lw=1.3, ls="--", label="predicted limit")
    ratio.set(xscale="log", yscale="log", xlim=(steps[0] * 0.8, steps[-1] * 1.25), ylim=(1e-6, 2),
              xlabel="Δt")  # fmt: skip
    ratio.legend(loc="lower right")
    titles = [axes.text(0.5, 1.03, " ", transform=axes.transAxes, ha="center", va="bottom", fontsize=11.5)
              for axes in (error, ratio)]  # fmt: skip
    return fig, SimpleNamespace(errors=errors, labels=labels, ratios=ratios, limits=limits, titles=titles)


@style.styled
def constant_step(steps) -> tuple[Figure, SimpleNamespace]:
    """Two axes: the cloud of W once stationary, and bias and spread against Δt, `steps` (K,)."""
    fig = style.figure(10.2, 3.9)
    plane, law = fig.subplots(1, 2, width_ratios=[1, 1.2])
    a = SimpleNamespace(plane=plane)
    (a.cloud,) = plane.plot([], [], ".", color=style.BLUE, ms=4, alpha=0.5, ls="none", label="24 runs")
    (a.ellipse,) = plane.plot([], [], color=style.RED, lw=1.6, label="two deviations of the law")
    (a.mean,) = plane.plot([], [], "P", ms=10, mfc=style.RED, mec="white", ls="none", label="its mean",
                         zorder=2.5)  # fmt: skip
    plane.plot(0, 0, "*", ms=13, mfc=style.ORANGE, mec=style.BLACK, ls="none", label="W*", zorder=3)
    a.unit = plane.text(-1.26, 0.9, "", fontsize=11, fontweight="bold", va="center")
    plane.axhline(0, color=style.PALE, lw=0.8, zorder=0.4)
    plane.axvline(0, color=style.PALE, lw=0.8, zorder=0.4)
    plane.set(xlim=(-1.3, 1.3), ylim=(-1, 1), xlabel="slope − slope of W*, in units",
              ylabel="intercept − that of W*, in units", title="ends of epochs, stationary")  # fmt: skip
    plane.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=4, frameon=False, **style.CLOSE)
    (a.bias,) = law.plot([], [], "s-", color=style.RED, ms=5, lw=1.4, label="bias")
    (a.spread,) = law.plot([], [], "o-", color=style.BLUE, ms=5, lw=1.4, label="spread")
    (a.bias_line,) = law.plot([], [], color=style.RED, lw=1.2, ls="--")
    (a.spread_line,) = law.plot([], [], color=style.BLUE, lw=1.2, ls="--")
    law.plot([], [], color=style.GREY, lw=1.2, ls="--", label="predicted slope")
    (a.here,) = law.plot([], [], color=style.GREY, lw=1)
    (a.run_bias,) = law.plot([], [], "s", ms=10, mfc="none", mec=style.RED, mew=1.6, ls="none")
    (a.run_spread,) = law.plot([], [], "o", ms=10, mfc="none", mec=style.BLUE, mew=1.6, ls="none",
                             label="the runs at the left")  # fmt: skip
    law.set(xscale="log", yscale="log", xlim=(steps[0] * 0.8, steps[-1] * 1.25), ylim=(1e-8, 3), xlabel="Δt",
            title="bias |mean of W − W*| and spread (deviation)")  # fmt: skip
    law.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=4, frameon=False, **style.CLOSE)
    return fig, a


@style.styled
def real_data(names, largest: float, epochs: int) -> tuple[Figure, SimpleNamespace]:
    """Two axes: the distance to W* against epochs, with p batches and one; the weights beside W*.

    `names` of the weights, of which the last is the bias; `largest` weight that is shown.
    """
    fig = style.figure(10.2, 3.7)
    error, weights = fig.subplots(1, 2, width_ratios=[1.2, 1])
    (batches,) = error.plot([], [], color=style.BLUE, lw=2.6, label="with p batches")
    (full,) = error.plot([], [], color=style.BLACK, lw=1.4, ls="--", label="with the full gradient")
    error.set(yscale="log", xlim=(0, epochs), ylim=(1e-3, 10), xlabel="epoch k", title="|W − W*| / |W*|")
    error.legend(loc="upper right")
    places = np.arange(len(names))
    zero = np.zeros(len(names))
    goals = list(weights.bar(places, zero, 0.8, color=style.PALE, label="W*").patches)
    bars = list(weights.bar(places, zero, 0.4, color=style.BLUE, label="W at the end").patches)
    weights.axhline(0, color=style.BLACK, lw=0.8)
    weights.set_xticks(places, names)
    weights.set(ylim=(-largest, largest), title="the weights of the ten features, and the bias")
    weights.grid(axis="x", visible=False)
    weights.legend(loc="lower right")
    return fig, SimpleNamespace(full=full, batches=batches, bars=bars, goals=goals)
