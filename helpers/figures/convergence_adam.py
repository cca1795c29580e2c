"""The figure of §5.3.2 on stochastic ADAM: where it ends on the map of (β₁, β₂), in a run, as Δt → 0."""

from types import SimpleNamespace

import numpy as np
from matplotlib.figure import Figure

from helpers.figures import style
from helpers.figures.memories import draw_memory_map, memory_scale

LEVELS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
SHADES = ("#fff7ec", "#fee8c8", "#fdd49e", "#fdbb84", "#ef8a5a", "#d7552f")


@style.styled
def adam_limit() -> tuple[Figure, SimpleNamespace]:
    """Three axes: the map of the bias, the runs, the bias against Δt; returns (figure, artists)."""
    fig = style.figure(10.2, 3.95)
    pad, run, bias = fig.subplots(1, 3, width_ratios=[1.05, 1.15, 1])
    a = SimpleNamespace(pad=pad, run=run, bias=bias)
    draw_memory_map(pad, regions=False)
    pad.set_title("click or drag: |limit − W*|,\ncyclic order")
    (a.here,) = pad.plot([], [], "o", ms=11, mfc=style.BLUE, mec="white", mew=1.5, clip_on=False)
    looks = (
        ("cyclic", style.BLUE, "o"),
        ("reshuffled", style.GREEN, "s"),
        ("with replacement", style.RED, "^"),
    )
    a.paths, a.limits, a.biases = [], [], []
    for name, color, marker in looks:
        a.paths += run.plot([], [], color=color, lw=1.3, label=name)
        a.limits += run.plot([], [], color=color, lw=1.8, ls="--")
        a.biases += bias.plot([], [], color=color, marker=marker, ms=4.5, lw=1.5)
    a.guides = [bias.plot([], [], color=style.BLACK, lw=1.2, ls=ls)[0] for ls in (":", "-.")]
    run.set(xscale="log", yscale="log", xlim=(1, 1000), ylim=(1e-6, 10), xlabel="cycle k")
    run.set_title("|w − W*| with fixed β₁, β₂;\ndashed: the limits")
    bias.set(xscale="log", yscale="log", xlim=(0.13, 8e-4), ylim=(1e-10, 10), xlabel="Δt (time →)")
    bias.set_title("|limit − W*| with fixed ε₁, ε₂;\nslopes 2 (dotted) and 1")
    fig.legend(handles=a.paths, loc="outside lower right", ncols=3, frameon=False)
    return fig, a


@style.styled
def draw_bias(pad, beta, values):
    """Shade the map by |limit − W_*| = ``values`` (β₂, β₁) on the grid ``beta``, in place of the old."""
    for old in [a for a in pad.get_children() if a.get_gid() == "bias"]:
        old.remove()
    scale = memory_scale(beta)
    shown = np.maximum(values, 1e-9)
    shades = pad.contourf(scale, scale, shown, [0, *LEVELS, 1e3], colors=SHADES, zorder=0.4)
    lines = pad.contour(scale, scale, shown, LEVELS, colors=[style.GREY], linewidths=0.8, zorder=0.5)
    shades.set_gid("bias"), lines.set_gid("bias")
    names = {level: f"$10^{{{round(np.log10(level))}}}$" for level in LEVELS}
    pad.clabel(lines, fmt=names, fontsize=8.5, colors=style.BLACK)  # removed with the lines
    pad.grid(False)
