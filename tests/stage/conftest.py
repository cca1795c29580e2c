"""A small scene that the tests of the engine share."""

import numpy as np
import pytest

from helpers.figures import style
from helpers.stage.controls import Choice, Slider, Switch
from helpers.stage.scene import Scene


@pytest.fixture(scope="session")
def waves():
    """Builds a scene of two axes with a line that has a gap, a text, and titles that move."""

    def build(**options):
        figure = style.figure(6, 3)
        left, right = figure.subplots(1, 2)
        (line,) = left.plot([], [])
        text = right.text(0.5, 0.5, "")
        x = np.linspace(0, 1, 50)

        def compute(a, shape, shown):
            if not 0 <= a <= 1:
                raise ValueError(f"a must lie in [0, 1]; got {a:g}")
            return {"y": np.where((x > 0.4) & (x < 0.5), np.nan, a * shape(9 * x)), "a": a, "shown": shown}

        def draw(result):
            line.set_data(x, result["y"])
            left.set_ylim(-1, 1 if result["a"] < 0.7 else 2)
            text.set_text(f"a = {result['a']:g}" if result["shown"] else "")

        controls = {
            "a": Slider("a", "a, amplitude", [k / 10 for k in range(11)], 0.5, "0 ≤ a ≤ 1"),
            "shape": Choice("shape", [("sine", np.sin), ("cosine", np.cos)], np.sin),
            "shown": Switch("text", True),
        }
        return Scene(controls, figure, [line, text], compute, draw, lambda r: f"a is {r['a']:g}.", **options)

    return build
