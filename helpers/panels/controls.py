"""Controls that look and behave alike wherever they appear: β₁, β₂, p, Δt_k and choices by name."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Sequence

import anywidget
import ipywidgets
import numpy as np
import traitlets

HERE = pathlib.Path(__file__).parent


class Slider(anywidget.AnyWidget):
    """A slider over given positions, beside a field in which any number can be typed.

    The slider is a native range input: it has an accessible name, its value is read aloud, and arrow keys,
    Home, End and Page keys move it. What is typed is not clipped: the panel says whether it is allowed.

    Parameters
    ----------
    label : the symbol shown, such as ``"β₁"``
    name : the accessible name, such as ``"β₁, memory of the first moment"``
    positions : increasing values the slider can take
    value : the initial value
    allowed : the allowed range in words, shown when what is typed is no number
    play : add a Play button that walks through the positions, one every `interval` milliseconds
    """

    _esm = HERE / "slider.js"
    _css = HERE / "slider.css"

    # a number that JSON cannot say, given from code, leaves the field empty
    value = traitlets.Float().tag(sync=True, to_json=lambda v, _: v if math.isfinite(v) else None)
    positions = traitlets.List(traitlets.Float()).tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    allowed = traitlets.Unicode().tag(sync=True)
    play = traitlets.Bool(False).tag(sync=True)
    interval = traitlets.Int(50).tag(sync=True)  # ms
    complaint = traitlets.Unicode().tag(sync=True)  # why what was typed is no number; the panel shows it

    def __init__(self, label, name, positions, value, allowed, **kwargs):
        positions = [float(p) for p in positions]
        if len(positions) < 2 or not np.all(np.diff(positions) > 0):
            raise ValueError("positions must be at least two increasing values")
        super().__init__(
            label=label, name=name, positions=positions, value=float(value), allowed=allowed, **kwargs
        )
        self.on_msg(self._receive)
        self.observe(self._forget, "value")

    def enter(self, text: str):
        """Take what was typed: a number becomes the value; else `complaint` says what is allowed.

        A decimal comma is as good as a point. Blank text changes nothing.
        """
        text = text.strip()
        if text:
            try:
                number = float(text.replace(",", ".").replace("−", "-"))
                if not math.isfinite(number):
                    raise ValueError
            except ValueError:
                shown = text if len(text) <= 20 else f"{text[:20]}…"
                self.complaint = f"{self.label}: “{shown}” is not a finite number; allowed: {self.allowed}"
                return
            self.value = number
        self.complaint = ""
        self.send({"kind": "taken"})  # the field shows the value as it is written here

    def _forget(self, _change):
        self.complaint = ""

    def _receive(self, _widget, content, _buffers):
        if content.get("kind") == "typed":
            self.enter(str(content["text"]))


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


def choice(label: str, options: Sequence, value) -> ipywidgets.Dropdown:
    """A drop-down list; `options` are names, or pairs (name, value)."""
    return ipywidgets.Dropdown(
        description=label,
        options=options,
        value=value,
        style={"description_width": "auto"},
        layout=ipywidgets.Layout(width="auto", margin="1px 18px 1px 0"),
    )


def switch(label: str, value: bool) -> ipywidgets.Checkbox:
    """A switch that is on or off."""
    return ipywidgets.Checkbox(
        description=label,
        value=value,
        indent=False,
        layout=ipywidgets.Layout(width="auto", margin="1px 18px 1px 0"),
    )


def nearest_position(slider: Slider, value: float) -> float:
    """The position of the slider nearest to `value`, as on the scale of 1−β or of the logarithm."""
    return min(slider.positions, key=lambda position: abs(position - value))
