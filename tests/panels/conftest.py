"""A click on a panel's map, as the page understands it; and faults of panels are raised."""

import re

import numpy as np
import pytest

from helpers.stage.scene import Scene

MACHINE = re.compile(r"\de[-+]?\d|_|-\d|−0(?![.\d])|\bNone\b|\bnan\b|\binf\b")  # not for readers


@pytest.fixture
def click():
    """``click(panel, axes, x, y)``: choose what lies nearest to a point in data coordinates."""

    def choose(panel, axes, x, y):
        area = panel.frame.areas[[pad.axes for pad in panel.scene.pads].index(axes)]
        across, up = axes.transData.transform([x, y])
        up = panel.scene.size()[1] - up
        places = {"x": np.abs(np.subtract(area["across"], across)), "y": np.abs(np.subtract(area["up"], up))}
        names = {area[key]: int(place.argmin()) for key, place in places.items()}
        panel.set(**{name: panel.scene.controls[name].positions[k] for name, k in names.items()})

    return choose


@pytest.fixture(autouse=True)
def strict(monkeypatch):
    """A fault of a panel's own is raised, not said."""
    monkeypatch.setattr(Scene, "strict", True)


def _number(text: str) -> float:
    """A number as the sentences write it."""
    mantissa, _, exponent = (
        text.replace("−", "-").rpartition("·10") if "10⁻" in text else (text.replace("−", "-"), "", "")
    )
    power = exponent.removeprefix("10").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    return float(mantissa or 1) * 10.0 ** int(power or 0)


NUMBER = r"(−?(?:\d+(?:\.\d+)?·)?10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|−?\d+(?:\.\d+)?)"


def _found(pattern: str, text: str) -> list[float]:
    match = re.search(pattern.replace("#", NUMBER), text)
    return [_number(group) for group in match.groups()] if match else []


@pytest.fixture
def found():
    """``found(pattern, text)``: the numbers that stand in a sentence in the places of #."""
    return _found


@pytest.fixture(scope="session")
def machine():
    """A pattern of what is not for readers."""
    return MACHINE


@pytest.fixture(scope="session")
def said(machine):
    """``said(panel, **values)``: the result and the sentence for these values, the others as at the start."""

    def of(panel, **values):
        result = panel.compute(**(panel.scene.initial | values))
        sentence = panel.describe(result)
        assert not machine.search(sentence), sentence
        assert len(sentence) <= 110 * panel.sentence_lines, sentence
        return result, sentence

    return of
