"""Figure of §5.2: Z over −∇J and D over ∇J², coordinate by coordinate, in time and in two planes."""

from types import SimpleNamespace

import numpy as np
from matplotlib.figure import Figure

from helpers.figures import style
from helpers.mathematics.numerals import numeral, subscript

COLORS = (style.BLUE, style.ORANGE)  # of the coordinates
WINDOW = (-0.5, 2.5)  # of the quotients
RANGE, LINEAR = 60, 1e-3  # of −∂J and Z; between ±LINEAR the scale is linear
SQUARES = 1e-8, 3e3  # of (∂J)² and D


@style.styled
def tendency(end_time: float, band: float) -> tuple[Figure, SimpleNamespace]:
    """Three axes: quotients in time, Z_i against −∂_iJ, D_i against (∂_iJ)²; returns (figure, artists).

    Each of ``z_quotients``, ``d_quotients``, ``z``, ``d`` and ``ends`` has one artist a coordinate; the
    diagonals and the line at 1 are where the tendency of §5.2 would be an equality.
    """
    fig = style.figure(10.2, 4.0)
    time, first, second = fig.subplots(1, 3, width_ratios=[1.35, 1, 1])
    time.axhspan(1 - band, 1 + band, color="#d3e8f5", lw=0)
    time.axhline(1, color=style.BLACK, lw=1)
    time.set(xlim=(0, end_time), ylim=WINDOW, xlabel="time t", title="quotients in time")
    a = SimpleNamespace(
        z_quotients=[], d_quotients=[], z=[], d=[], ends=[], time=time, first=first, second=second
    )
    for axes, span in ((first, (-RANGE, RANGE)), (second, SQUARES)):
        axes.plot(span, span, color=style.BLACK, lw=1)
    for i, color in enumerate(COLORS):
        k = subscript(i + 1)
        a.z_quotients += time.plot([], [], color=color, lw=1.8, label=f"Z{k}/(−∂{k}J)")
        a.d_quotients += time.plot([], [], color=color, lw=1.5, ls="--", label=f"D{k}/(∂{k}J)²")
        a.z += first.plot([], [], color=color, lw=1.5)
        a.d += second.plot([], [], color=color, lw=1.5, ls="--")
        for axes in (first, second):
            a.ends += axes.plot([], [], "o", ms=6, mfc=color, mec="white")
    ticks = [-10, -0.1, 0, 0.1, 10]
    first.set_xscale("symlog", linthresh=LINEAR)
    first.set_yscale("symlog", linthresh=LINEAR)
    names = [numeral(tick) for tick in ticks]
    first.set_xticks(ticks, names)
    first.set_yticks(ticks, names)
    first.minorticks_off()
    second.set(xscale="log", yscale="log")
    first.set(xlim=(-RANGE, RANGE), ylim=(-RANGE, RANGE), xlabel="−∂ᵢJ", title="Zᵢ against −∂ᵢJ")
    second.set(xlim=SQUARES, ylim=SQUARES, xlabel="(∂ᵢJ)²", title="Dᵢ against (∂ᵢJ)²")
    return fig, a


@style.styled
def draw_legend(a: SimpleNamespace, coordinates: int):
    """Name the quotients of the first so many coordinates."""
    lines = [line for i in range(coordinates) for line in (a.z_quotients[i], a.d_quotients[i])]
    a.time.legend(handles=lines, loc="upper left", ncols=2)


def in_window(quotient) -> np.ndarray:
    """The quotient with NaN where it leaves the window by far: the pen is lifted at its poles."""
    low, high = WINDOW
    margin = high - low
    with np.errstate(invalid="ignore"):
        return np.where((quotient > low - margin) & (quotient < high + margin), quotient, np.nan)
