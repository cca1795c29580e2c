"""Figures of §5.2: the map of (β₁, β₂) with path and energy, and the ratio R of (5.28)."""

from types import SimpleNamespace

import numpy as np
from matplotlib.figure import Figure

from helpers.figures import style
from helpers.figures.memories import draw_memory_map
from helpers.mathematics.losses import Loss


@style.styled
def energy_map(end_time: float) -> tuple[Figure, SimpleNamespace]:
    """Three axes: the map of (β₁, β₂), the plane of W, energies against time; returns (figure, artists)."""
    fig = style.figure(10.2, 3.75)
    pad, plane, time = fig.subplots(1, 3, width_ratios=[1.05, 1, 1.15])
    a = SimpleNamespace(pad=pad, plane=plane, time=time)
    draw_memory_map(pad)
    pad.set_title("click or drag: β₁, β₂")
    (a.here,) = pad.plot([], [], "o", ms=11, mfc=style.BLUE, mec="white", mew=1.5, clip_on=False)
    (a.path,) = plane.plot([], [], color=style.BLUE, lw=1.6)
    (a.end,) = plane.plot([], [], "o", ms=8, mfc=style.BLUE, mec="white")
    time.set(xlim=(0, end_time), yscale="log", xlabel="time t", title="energies")
    (a.energy,) = time.plot([], [], color=style.BLUE, lw=2.2, label="E")
    (a.loss,) = time.plot([], [], color=style.BLACK, lw=1.4, label="J")
    (a.lasso,) = time.plot([], [], color=style.RED, lw=1.8, ls="--", label="J + (ε₁/2)|∇J|₁")
    time.legend(loc="lower left")
    return fig, a


@style.styled
def draw_landscape(axes, loss: Loss):
    """Draw the level lines of a loss of two variables, its start and its minimizer, in place of the old."""
    for old in [a for a in axes.get_children() if a.get_gid() == "landscape"]:
        old.remove()
    (x0, x1), (y0, y1) = loss.window
    x, y = np.meshgrid(np.linspace(x0, x1, 141), np.linspace(y0, y1, 141))
    levels = np.sqrt(loss.value(np.stack([x, y], axis=-1)))  # equally spaced in √J: no crowding far away
    lines = axes.contour(x, y, levels, 14, colors=[style.PALE], linewidths=0.9, zorder=0.5)
    lines.set_gid("landscape")
    for point, mark, face in ((loss.start, "s", "white"), (loss.minimizer, "*", style.ORANGE)):
        size = 13 if mark == "*" else 7
        (artist,) = axes.plot(*point, mark, ms=size, mfc=face, mec=style.BLACK, mew=1)
        artist.set_gid("landscape")
    axes.grid(False)
    axes.set(xlim=(x0, x1), ylim=(y0, y1), xlabel="w₁", ylabel="w₂", title="path of W on the levels of J")


@style.styled
def ratio(end_time: float, band) -> tuple[Figure, SimpleNamespace]:
    """Two axes against time: the two sides whose quotient is R, and R; returns (figure, artists)."""
    fig = style.figure(10.2, 3.6)
    sides, quotient = fig.subplots(1, 2)
    a = SimpleNamespace(sides=sides, quotient=quotient)
    (a.kinetic,) = sides.plot([], [], color=style.BLUE, lw=2, label="E − J")
    (a.penalty,) = sides.plot([], [], color=style.RED, lw=1.8, ls="--", label="(ε₁/2)|∇J|₁")
    (a.loss,) = sides.plot([], [], color=style.GREY, lw=1.2, label="J")
    sides.set(xlim=(0, end_time), yscale="log", xlabel="time t", title="the two sides of (5.28)")
    sides.legend(loc="lower left")
    quotient.axhspan(*band, color="#d3e8f5", lw=0)
    quotient.axhline(1, color=style.BLUE, lw=1)
    (a.default,) = quotient.plot([], [], color=style.ORANGE, lw=1.3, label="(0.9, 0.999), Keras' default")
    (a.eight,) = quotient.plot([], [], color=style.GREEN, lw=1.3, label="(0.9, 0.6), Algorithm 8")
    (a.expansion,) = quotient.plot([], [], color=style.BLACK, lw=1.2, ls=":", label="first order in ε/|∇J|")
    (a.chosen,) = quotient.plot([], [], color=style.BLUE, lw=2.2, label="your β₁, β₂")
    quotient.set(xlim=(0, end_time), ylim=(0.01, 10), yscale="log", xlabel="time t", title="their ratio R")
    quotient.legend(loc="lower left")
    return fig, a
