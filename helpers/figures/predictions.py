"""A predicted number drawn against the measured one, on one axis."""

from matplotlib.figure import Figure

from helpers.figures import style


@style.styled
def draw_prediction(
    predicted: float | None, measured: float, limits: tuple[float, float], scale: str = "log"
) -> Figure:
    """Draw the measured number and, if there is one, the predicted one; `limits` is the range asked for.

    A measurement outside the range widens the axis; where one is not positive a "log" axis becomes linear.
    """
    values = [measured] if predicted is None else [measured, predicted]
    low, high = min(limits[0], *values), max(limits[1], *values)
    figure = style.figure(6.4, 1.6)
    axes = figure.add_subplot()
    if scale == "log" and low > 0:
        axes.set_xscale("log")
        axes.set_xlim(low / 1.3, high * 1.3)
    else:
        margin = 0.04 * (high - low)
        axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(-0.6, 1.6)
    axes.set_yticks([0, 1] if predicted is not None else [0])
    axes.set_yticklabels(["measured", "you said"] if predicted is not None else ["measured"])
    axes.grid(False, axis="y")
    if predicted is not None:
        axes.plot([predicted, measured], [1, 0], color=style.GREY, linestyle=":", linewidth=1.5)
        axes.plot([predicted], [1], "o", color=style.BLUE, markersize=10, fillstyle="none", markeredgewidth=2)
    axes.plot([measured], [0], "D", color=style.RED, markersize=9)
    return figure
