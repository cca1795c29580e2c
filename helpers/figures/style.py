"""The one style of the collection: color-blind safe, readable when projected, independent of pyplot."""

from contextlib import contextmanager

import matplotlib
import matplotlib.patheffects as path_effects
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as PlainFigure

# Okabe and Ito's palette: distinct for the common forms of color blindness.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#6b6b6b", "#d9d9d9"

DPI = 100  # one figure pixel is one CSS pixel

RC = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.titlesize": 11.5,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 9.5,
    "legend.framealpha": 0.9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    "mathtext.fontset": "dejavusans",
    "axes.prop_cycle": matplotlib.cycler(color=[BLUE, RED, GREEN, PURPLE, ORANGE, SKY, BLACK]),
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
}
# of a long legend, to fit a narrow page too
CLOSE = {"columnspacing": 0.8, "handlelength": 1.3, "handletextpad": 0.4, "fontsize": 9}


# Of everything that is not set above matplotlib's own defaults hold, whatever the reader's matplotlibrc or
# `plt.style.use` says. The backend is the reader's: drawing on an Agg canvas does not ask for it.
with matplotlib.rc_context():
    matplotlib.rcParams.update({k: v for k, v in matplotlib.rcParamsDefault.items() if k != "backend"})
    matplotlib.rcParams.update(RC)
    _SETTINGS = {name: dict.__getitem__(matplotlib.rcParams, name) for name in matplotlib.rcParamsDefault}
del _SETTINGS["backend"]


@contextmanager
def applied():
    """Within the block the collection's settings hold, and none of the reader's; afterwards as before.

    They were validated once; validating some 300 settings again would take a millisecond at each drawing.
    """
    settings, get = matplotlib.rcParams, dict.__getitem__
    before = {name: get(settings, name) for name in _SETTINGS}
    dict.update(settings, _SETTINGS)
    try:
        yield
    finally:
        dict.update(settings, before)


styled = applied()  # decorates a function that is to run under the collection's settings


class Figure(PlainFigure):
    """A figure that is laid out, drawn and saved in the collection's style only."""

    draw_without_rendering = styled(PlainFigure.draw_without_rendering)
    draw = styled(PlainFigure.draw)
    savefig = styled(PlainFigure.savefig)


@styled
def figure(width: float = 9.4, height: float = 3.7) -> Figure:
    """An empty figure of `width` × `height` inches (100 pixels an inch) with constrained layout.

    It belongs to no pyplot state, so the inline backend never shows it by itself.
    """
    fig = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(fig)
    return fig


def halo(width: float = 3.0) -> list:
    """Path effects that keep a text readable over lines: a white outline of `width` points."""
    return [path_effects.withStroke(linewidth=width, foreground="white")]
