"""What a reader has set in matplotlib or NumPy reaches no panel: same picture, same sentence."""

import io

import matplotlib.style
import numpy as np
import pytest
from matplotlib import rc_context

from helpers.panels.panel import collection


def shown(kind):
    panel, picture = kind(), io.BytesIO()
    panel.figure.savefig(picture, format="png")
    return picture.getvalue(), panel.sentence


@pytest.mark.parametrize("kind", collection(), ids=lambda kind: kind.__name__)
def test_settings_of_the_reader_reach_no_panel(kind):
    expected = shown(kind)
    with rc_context(), np.printoptions(precision=1, formatter={"float": lambda value: "?"}):
        matplotlib.style.use("dark_background")  # white labels, on white without care
        matplotlib.rcParams.update({"text.usetex": True, "font.size": 30, "axes.grid": True})  # LaTeX or not
        assert shown(kind) == expected
