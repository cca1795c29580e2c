"""Axes for the memories β₁ and β₂ on a scale that resolves 1−β, with the two lines that matter."""

import numpy as np

from helpers.figures import style

TICKS = (0.0, 0.6, 0.9, 0.99, 0.999, 0.9999)
TOP = 4.08  # the scale ends just past β = 0.9999


def memory_scale(beta):
    """The coordinate −log₁₀(1−β): 0 at β = 0, 1 at 0.9, 2 at 0.99."""
    return -np.log10(1 - np.asarray(beta, dtype=float))


def memory_from_scale(coordinate):
    """β from its coordinate, the inverse of `memory_scale`."""
    return 1 - 10.0 ** -np.asarray(coordinate, dtype=float)


@style.styled
def draw_memory_map(axes, *, regions=True):
    """Draw the (β₁, β₂) map: the energy line 1−β₂ = 4(1−β₁), the sign of ε₁−ε₂, the two usual choices."""
    span = np.array([-0.12, TOP])
    if regions:
        shift = np.log10(4)
        axes.fill_between(span, span - shift, -1, color="#fbe3d0", lw=0, label="_outside")
        axes.fill_between(span, span - shift, span, color="#d3e8f5", lw=0, label="_penalty")
        axes.fill_between(span, span, TOP, color="#eeeeee", lw=0, label="_anti-penalty")
        axes.plot(span, span - shift, color=style.RED, lw=2)
        axes.plot(span, span, color=style.GREY, lw=1.2, ls="--")
        box = {"rotation": 45, "rotation_mode": "anchor", "fontsize": 9, "ha": "center", "va": "center"}
        axes.text(2.5, 1.66, "1−β₂ = 4(1−β₁)", color=style.RED, **box)
        axes.text(3.2, 3.42, "ε₁ = ε₂", color=style.GREY, **box)
        axes.text(2.5, 2.2, "E falls, ε₁ > ε₂", color=style.BLACK, **box)
        axes.text(0.75, 3.62, "E falls, ε₁ < ε₂", fontsize=9, ha="left", va="center")
        axes.text(3.0, 0.72, "E may rise", fontsize=9, ha="center", va="center")
    for beta_1, beta_2, name, dx, dy in (
        (0.9, 0.6, "Algorithm 8", 10, -10),
        (0.9, 0.999, "Keras' default", 0, -14),
    ):
        x, y = memory_scale(beta_1), memory_scale(beta_2)
        axes.plot(x, y, "D", ms=6, mfc="white", mec=style.BLACK, mew=1.3, clip_on=False)
        side = "left" if dx > 0 else "center"
        words = {"fontsize": 9, "ha": side, "va": "center", "path_effects": style.halo()}
        axes.annotate(name, (x, y), (dx, dy), textcoords="offset points", **words)
    names = [f"{t:g}" for t in TICKS]
    axes.set_xticks(memory_scale(TICKS), names, rotation=35, fontsize=9)
    axes.set_yticks(memory_scale(TICKS), names, fontsize=9)
    axes.set(xlim=span, ylim=span, xlabel="β₁", ylabel="β₂")
    axes.set_aspect("equal")
