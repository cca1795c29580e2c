"""Controls that look and behave alike wherever they appear: β₁, β₂, p, Δt_k and choices by name."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.figures.memories import memory_scale
from helpers.stage.controls import Choice, Slider, Switch
from helpers.stage.scene import Pad


def _round_numbers(first: int, last: int) -> list[float]:
    """Values of two digits per decade, from 10^first to 10^last, finest where they are small."""
    digits = [*range(10, 20), *range(20, 50, 2), 25, *range(50, 100, 5)]
    values = [float(f"{d}e{e - 1}") for e in range(first, last) for d in sorted(digits)]
    return [*values, float(f"1e{last}")]


def memory_positions(shortest: int = -4) -> list[float]:
    """Positions for β that resolve 1−β: from 0 to 1−10^shortest, 36 a decade of 1−β, all decimal numbers."""
    digits = 2 - shortest
    return [round(1 - v, digits) for v in reversed(_round_numbers(shortest, 0))]


def beta_1(value: float = 0.9, positions=None) -> Slider:
    """The slider of β₁, the memory of the first moment, Eq. (5.26)."""
    return Slider(
        "β₁", "β₁, memory of the first moment", positions or memory_positions(), value, "0 ≤ β₁ < 1"
    )


def beta_2(value: float = 0.6, positions=None) -> Slider:
    """The slider of β₂, the memory of the second moment, Eq. (5.26)."""
    return Slider(
        "β₂", "β₂, memory of the second moment", positions or memory_positions(), value, "0 ≤ β₂ < 1"
    )


def time_step(value: float, smallest: int = -4, largest: int = 0, symbol: str = "Δt", **kwargs) -> Slider:
    """The slider of the time step (learning rate) Δt or Δt_k, on a logarithmic scale."""
    return Slider(
        symbol,
        f"{symbol}, time step (learning rate)",
        _round_numbers(smallest, largest),
        value,
        f"{symbol} > 0",
        **kwargs,
    )


def batches(value: int, data: int) -> Slider:
    """The slider of p, the number of batches in an epoch, from 1 to #D = `data`."""
    return Slider(
        "p",
        "p, number of batches in an epoch",
        range(1, data + 1),
        value,
        f"a whole number, 1 ≤ p ≤ #D = {data}",
    )


def logarithmic(
    label: str, name: str, value: float, smallest: int, largest: int, allowed: str, **kwargs
) -> Slider:
    """A slider over round numbers from 10^smallest to 10^largest."""
    return Slider(label, name, _round_numbers(smallest, largest), value, allowed, **kwargs)


def linear(
    label: str, name: str, value: float, low: float, high: float, step: float, allowed: str, **kwargs
) -> Slider:
    """A slider over equidistant numbers from `low` to `high`."""
    count = round((high - low) / step)
    positions = [round(low + i * step, 10) for i in range(count + 1)]
    return Slider(label, name, positions, value, allowed, **kwargs)


def choice(label: str, options: Sequence, value) -> Choice:
    """A drop-down list; `options` are names, or pairs (name, value)."""
    return Choice(label, options, value)


def switch(label: str, value: bool) -> Switch:
    """A switch that is on or off."""
    return Switch(label, value)


def memory_pad(axes) -> Pad:
    """A map of (β₁, β₂), as `helpers.figures.memories` draws it, on which both are chosen."""
    return Pad(axes, "beta_1", "beta_2", memory_scale, memory_scale)
