"""A click on a panel's map, as the page understands it."""

import numpy as np
import pytest


@pytest.fixture
def click():
    """``click(panel, axes, x, y)``: choose what lies nearest to a point in data coordinates."""

    def choose(panel, axes, x, y):
        area = panel.frame.areas[panel.scene.pointer_axes.index(axes)]
        across, up = axes.transData.transform([x, y])
        up = panel.scene.size()[1] - up
        places = {"x": np.abs(np.subtract(area["across"], across)), "y": np.abs(np.subtract(area["up"], up))}
        names = {area[key]: int(place.argmin()) for key, place in places.items()}
        panel.set(**{name: panel.scene.controls[name].positions[k] for name, k in names.items()})

    return choose
