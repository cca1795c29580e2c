"""Figures of §5.3.2: the theorem as an instrument, the exponents of the samplings, real data."""

from types import SimpleNamespace

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from helpers.figures import style
from helpers.mathematics.convergence import OUTSIDE
from helpers.mathematics.numerals import numeral

# What a light may show: color, marker and word, so that color is never alone.
LIGHTS = {
    True: (style.GREEN, "o", "holds"),
    False: (style.RED, "X", "fails"),
    None: (style.GREY, "s", "undecided"),
}
HYPOTHESES = (
    r"$\Delta t_k\to 0$",
    r"$\Sigma\,\Delta t_k=\infty$",
    "batches partition the data",
    "the $x_i$ span",
    r"$\Sigma\,\Delta t_k^2<\infty$",
)
TALLEST = 1.85  # a bar ends below its label
LOWEST = 1e-5  # the window of a_k ends at OUTSIDE


@style.styled
def instrument() -> tuple[Figure, SimpleNamespace]:
    """Lights of the hypotheses on the left, a_k against k on the right; returns (figure, artists)."""
    fig = style.figure(10.2, 3.9)
    panel, plot = fig.subplots(1, 2, width_ratios=[1, 1.9])
    a = SimpleNamespace(plot=plot)
    panel.set(xlim=(0, 1), ylim=(0, 1), title="hypotheses")
    panel.axis("off")
    a.lights, a.words = [], []
    for place, name in enumerate(HYPOTHESES):
        y = 0.95 - 0.115 * place - (0.05 if place == 4 else 0)
        (light,) = panel.plot([0.04], [y], "o", ms=11, mec="white", mew=1, clip_on=False)
        panel.text(0.1, y, name, va="center", fontsize=11)
        a.words.append(panel.text(1.0, y, "", va="center", ha="right", fontsize=10.5, fontweight="bold"))
        a.lights.append(light)
    panel.axhline(0.545, color=style.PALE, lw=1)
    panel.text(0, 0.31, "the theorem says", va="center", fontsize=10, color=style.GREY)
    panel.text(0, 0.135, "measured", va="center", fontsize=10, color=style.GREY)
    a.says = panel.text(0, 0.235, "", va="center", fontsize=12, fontweight="bold")
    a.measured = panel.text(0, 0.09, "", va="top", fontsize=10.5, fontweight="bold")
    plot.set(xscale="log", yscale="log", xlim=(1, 2000), ylim=(LOWEST, OUTSIDE), xlabel="epoch k")
    plot.set_title(r"$a_k=\Vert W_k-W_*\Vert$")
    (a.runs,) = plot.plot([], [], color=style.SKY, lw=0.7, label="runs")
    (a.bound,) = plot.plot([], [], color=style.BLACK, lw=1.5, ls="--", label="proven bound")
    (a.rms,) = plot.plot([], [], color=style.BLUE, lw=2.4, label="root mean square")
    (a.predicted,) = plot.plot([], [], color=style.RED, lw=2.4, ls=":", label="predicted")
    (a.other,) = plot.plot([], [], color=style.PURPLE, lw=1.6, ls="-.", label="to minimum norm")
    lines = (a.runs, a.rms, a.predicted, a.bound, a.other)
    fig.legend(handles=lines, loc="outside lower right", ncols=3, frameon=False, **style.CLOSE)
    return fig, a


def set_lights(artists, states, says: str):
    """Show what is known of the five hypotheses (True, False or None), and the conclusion."""
    for place, (light, word, state) in enumerate(zip(artists.lights, artists.words, states, strict=True)):
        color, marker, text = LIGHTS[state]
        if place == 4:  # not needed: gray
            color, text = style.GREY, f"{text}, not needed"
        light.set_marker(marker)
        light.set_markerfacecolor(color)
        word.set_text(text)
        word.set_color(color)
    artists.says.set_text(says)


def broken_lines(x, columns) -> tuple[np.ndarray, np.ndarray]:
    """The columns (Q, R) over ``x`` (Q,) as one line, the pen lifted between them."""
    gap = np.full((1, columns.shape[1]), np.nan)
    y = np.concatenate([columns, gap]).T.ravel()
    return np.tile(np.append(x, np.nan), columns.shape[1]), y


@style.styled
def samplings(names, predicted) -> tuple[Figure, SimpleNamespace]:
    """RMS error against Δt_k; bars of the fitted slopes beside the predicted; returns (figure, artists)."""
    fig = style.figure(10.2, 3.8)
    plot, slopes = fig.subplots(1, 2, width_ratios=[1.35, 1])
    looks = ((style.BLUE, "-"), (style.GREEN, "--"), (style.ORANGE, "-."), (style.RED, "-"))
    lines, guides = [], []
    for name, (color, dash) in zip(names, looks, strict=True):
        lines += plot.plot([], [], color=color, lw=2.2, ls=dash, label=name)
        guides += plot.plot([], [], color=style.BLACK, lw=1.3, ls=":")
    guides[-1].set_label("predicted slope")
    plot.set(xscale="log", yscale="log", xlim=(3, 1e-3), ylim=(1e-6, 10))
    plot.xaxis.set_minor_formatter(NullFormatter())
    plot.set(xlabel=r"$\Delta t_k$ (time runs to the right)", title=r"root mean square of $a_k$")
    plot.legend(loc="lower left", fontsize=9)
    bars = list(slopes.bar(range(len(names)), [0] * len(names), color=[c for c, _ in looks], width=0.6))
    for place, exponent in enumerate(predicted):
        slopes.plot([place - 0.42, place + 0.42], [exponent, exponent], color=style.BLACK, lw=2, ls=":")
        slopes.text(place, 2.08, f"predicted\n{numeral(exponent)}", ha="center", va="center", fontsize=9)
    slopes.set_xticks(
        range(len(names)), [name.replace(", ", "\n").replace("with ", "with\n") for name in names]
    )
    slopes.tick_params(axis="x", labelsize=8.5)
    slopes.set(
        ylim=(0, 2.25),
        yticks=[0, 0.5, 1, 1.5],
        title=r"slope against $\Delta t_k$: fitted, and predicted (dotted)",
    )
    slopes.grid(False, axis="x")
    return fig, SimpleNamespace(lines=lines, guides=guides, bars=bars, plot=plot, slopes=slopes)


@style.styled
def real_data() -> tuple[Figure, SimpleNamespace]:
    """Error and spectrum of least squares on real data; returns (figure, artists)."""
    fig = style.figure(10.2, 3.7)
    plot, spectrum = fig.subplots(1, 2, width_ratios=[1.7, 1])
    a = SimpleNamespace(plot=plot, spectrum=spectrum)
    (a.runs,) = plot.plot([], [], color=style.SKY, lw=1, label="runs")
    (a.median,) = plot.plot([], [], color=style.BLUE, lw=3, label="median")
    (a.whole,) = plot.plot([], [], color=style.BLACK, lw=1.4, ls="--", label="p = 1, one batch", zorder=3)
    plot.set(xscale="log", yscale="log", xlim=(1, 300), ylim=(1e-4, 10), xlabel="epoch k")
    plot.set_title(r"$a_k/a_0$")
    plot.legend(loc="lower left")
    (a.values,) = spectrum.plot([], [], "o", color=style.BLUE, ms=8)
    spectrum.set(yscale="log", xlim=(0, 11), ylim=(1e-2, 30), xlabel="number", title="eigenvalues of A")
    (a.smallest,) = spectrum.plot([], [], color=style.RED, lw=1.4, ls="--")
    a.note = spectrum.text(0.04, 0.97, "", transform=spectrum.transAxes, ha="left", va="top")
    return fig, a
