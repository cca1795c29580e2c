"""Controls that look and behave alike wherever they appear: β₁, β₂, p, Δt_k and choices by name."""

from collections.abc import Sequence

from helpers.figures.memories import memory_scale
from helpers.mathematics import checks
from helpers.stage.controls import Choice, Slider, Switch  # noqa: F401 - all of them from here
from helpers.stage.scene import Pad

MEMORIES = {  # β₁ and β₂ by name
    "Algorithm 8": (0.9, 0.6),
    "Keras default": (0.9, 0.999),
    "Equal memories": (0.9, 0.9),
    "Beyond the line": (0.95, 0.3),
}
FIRST_STEP = checks.TIME_STEP.called("Δt₀")
DECAY = checks.EXPONENT.called("a", "exponent of Δtₖ = Δt₀/(k+1)^a")


def memory_presets(*names: str) -> dict[str, dict[str, float]]:
    """The presets of `MEMORIES` with these names."""
    return {name: dict(zip(("beta_1", "beta_2"), MEMORIES[name], strict=True)) for name in names}


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
    return _slider(checks.BETA_1, positions or memory_positions(), value)


def beta_2(value: float = 0.6, positions=None) -> Slider:
    """The slider of β₂, the memory of the second moment, Eq. (5.26)."""
    return _slider(checks.BETA_2, positions or memory_positions(), value)


def time_step(value: float, smallest: int = -4, largest: int = 0, quantity=checks.TIME_STEP) -> Slider:
    """The slider of the time step (learning rate) Δt or Δt₀, on a logarithmic scale."""
    return logarithmic(quantity, value, smallest, largest)


def batches(value: int, data: int, positions: Sequence[int] | None = None) -> Slider:
    """The slider of p, the number of batches in an epoch, up to `data`; by default over all from 1."""
    positions = positions or range(1, data + 1)
    return _slider(checks.BATCHES.within(positions[0], data), positions, value)


def factor(value: float, smallest: int, largest: int, quantity=checks.FACTOR) -> Slider:
    """The slider of c, the factor of the time steps, on a logarithmic scale."""
    return logarithmic(quantity, value, smallest, largest)


def exponent(value: float, high: float = 1.5, quantity=checks.EXPONENT) -> Slider:
    """The slider of a, the exponent of the time steps, in steps of 0.05 from the least one allowed."""
    return _slider(quantity, _equidistant(quantity.low, high, 0.05), value)


def logarithmic(quantity: checks.Quantity, value: float, smallest: int, largest: int) -> Slider:
    """A slider over round numbers from 10^smallest to 10^largest."""
    return _slider(quantity, _round_numbers(smallest, largest), value)


def linear(
    label: str, name: str, value: float, low: float, high: float, step: float, allowed: str, **kwargs
) -> Slider:
    """A slider over equidistant numbers from `low` to `high`."""
    return Slider(label, name, _equidistant(low, high, step), value, allowed, **kwargs)


def _equidistant(low: float, high: float, step: float) -> list[float]:
    return [round(low + i * step, 10) for i in range(round((high - low) / step) + 1)]


def _slider(quantity: checks.Quantity, positions, value: float) -> Slider:
    return Slider(quantity.symbol, f"{quantity.symbol}, {quantity.name}", positions, value, quantity.allowed)


def memory_pad(axes) -> Pad:
    """A map of (β₁, β₂), as `helpers.figures.memories` draws it, on which both are chosen."""
    return Pad(axes, "beta_1", "beta_2", memory_scale, memory_scale)
