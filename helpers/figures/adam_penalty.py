"""Figures of §5.2: where three methods end in the space of the weights, and flat or sharp minimizers."""

from types import SimpleNamespace

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from helpers.figures import style
from helpers.figures.memories import draw_memory_map, memory_scale

METHODS = (
    ("gradient descent, ℓ₂", style.BLUE, "o"),
    ("ADAM, ℓ∞", style.RED, "s"),
    ("LASSO, ℓ₁", style.GREEN, "D"),
)


@style.styled
def weight_space(triangle, window) -> tuple[Figure, SimpleNamespace]:
    """The plane of all solutions of one equation for three unknowns, and the three weights as bars.

    `triangle`: shape (3, 2), where the plane cuts the axes of weight space, in coordinates of the plane.
    `window`: ((x0, x1), (y0, y1)) in them. Returns (figure, artists), one list entry a method.
    """
    fig = style.figure(10.2, 3.9)
    plane, bars = fig.subplots(1, 2, width_ratios=[1.35, 1])
    plane.add_patch(Polygon(triangle, closed=True, fc="#f4f1e8", ec=style.GREY, lw=1, zorder=0.4))
    corners = ((2, 0, 0), (0, 3, 0), (0, 0, 6))
    for point, corner, (dx, dy) in zip(
        triangle, corners, ((-0.62, 0.1), (0.55, 0.05), (-0.2, 0.2)), strict=True
    ):
        plane.text(
            *(point + np.array([dx, dy])),
            str(corner),
            fontsize=9,
            ha="center",
            va="center",
            color=style.GREY,
            clip_on=True,
        )
    balls, paths, ends, rectangles = [], [], [], []
    for k, (name, color, marker) in enumerate(METHODS):
        balls += plane.plot([], [], color=color, lw=1.4, ls="--")
        paths += plane.plot([], [], color=color, lw=2)
        ends += plane.plot([], [], marker, ms=10, mfc=color, mec="white", mew=1.2, ls="none", label=name)
        rectangles.append(bars.bar(np.arange(3) + 0.27 * (k - 1), np.zeros(3), 0.25, color=color).patches)
    plane.set(
        xlim=window[0],
        ylim=window[1],
        xlabel="first coordinate in the plane",
        ylabel="second coordinate",
        title="solutions of 3w₁ + 2w₂ + w₃ = 6,\nand slices of three balls",
    )
    plane.set_aspect("equal")
    plane.legend(loc="upper right", markerscale=0.8)
    bars.axhline(0, color=style.BLACK, lw=0.8)
    bars.set_xticks(range(3), ["w₁", "w₂", "w₃"])
    bars.set(ylim=(-1.1, 2.8), ylabel="weight at the end", title="the weights at the end")
    bars.grid(axis="x", visible=False)
    return fig, SimpleNamespace(balls=balls, paths=paths, ends=ends, bars=rectangles, plane=plane)


@style.styled
def flatness(loss, betas_1, betas_2, excess) -> tuple[Figure, SimpleNamespace]:
    """The path over the bilinear problem, and |θ|² at its end, minus the sign flow's, over the (β₁, β₂) map.

    `excess`: shape (len(betas_1), len(betas_2)), NaN where a run has not settled. Returns (figure, artists).
    """
    fig = style.figure(10.2, 3.9)
    plane, pad = fig.subplots(1, 2, width_ratios=[1.1, 1])
    (x0, x1), (y0, y1) = loss.window
    x, y = np.meshgrid(np.linspace(x0, x1, 161), np.linspace(y0, y1, 121))
    plane.contour(x, y, np.sqrt(loss.value(np.stack([x, y], -1))), 12, colors=[style.PALE], linewidths=0.9)
    t = np.linspace(0.75 / y1, x1, 200)
    plane.plot(t, 0.75 / t, color=style.GREEN, lw=2, label="minimizers θ₁θ₂ = 3/4")
    plane.plot(*loss.start, "s", ms=8, mfc="white", mec=style.BLACK, ls="none", label="start (3, 0.8)")
    (path,) = plane.plot([], [], color=style.BLUE, lw=2, label="path of ADAM, Keras form")
    (end,) = plane.plot([], [], "o", ms=9, mfc=style.BLUE, mec="white")
    plane.grid(False)
    plane.legend(loc="upper right")
    plane.set(
        xlim=(1.6, 3.3), ylim=(0.1, 1.2), xlabel="θ₁", ylabel="θ₂", title="from sharp (large |θ|) to flat"
    )

    draw_memory_map(pad, regions=False)
    edges = [_edges(memory_scale(b)) for b in (betas_1, betas_2)]
    mesh = pad.pcolormesh(  # one way from dark to light: read in grey as well
        *edges, excess.T, cmap="cividis", vmin=-0.45, vmax=0.45, rasterized=True, zorder=0.2
    )
    centers = [memory_scale(b) for b in (betas_1, betas_2)]
    pad.contour(*centers, excess.T, [0.0], colors="white", linewidths=2)
    pad.plot([0, 4], [0, 4], color=style.BLACK, lw=1.2, ls="--")
    pad.set(xlim=(edges[0][0], edges[0][-1]), ylim=(edges[1][0], edges[1][-1]), title="click or drag: β₁, β₂")
    pad.grid(False)
    pad.set_aspect("auto")
    pad.set_facecolor("#bdbdbd")
    bar = fig.colorbar(mesh, ax=pad, shrink=0.9)
    bar.set_label("|θ|² at the end − sign flow's\ndark: flatter, light: sharper")
    (here,) = pad.plot([], [], "o", ms=11, mfc=style.BLUE, mec="white", mew=1.5, clip_on=False)
    return fig, SimpleNamespace(path=path, end=end, here=here, pad=pad)


def _edges(centers):
    """Cell edges halfway between increasing centers."""
    middle = (centers[1:] + centers[:-1]) / 2
    return np.concatenate([[2 * centers[0] - middle[0]], middle, [2 * centers[-1] - middle[-1]]])
