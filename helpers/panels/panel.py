"""The panel: one object with three faces, a live widget, a picture and a sentence, all from the same data."""

import importlib
import inspect
import pkgutil

import helpers.panels
from helpers.figures import style
from helpers.stage.live import Live
from helpers.stage.scene import Scene


class Panel(Live):
    """Controls, a figure and words; a change of any control computes, draws and describes anew.

    A subclass builds its figure, calls ``super().__init__(controls, figure, moving, presets=…)`` and defines

    - ``compute(**values)``: the result for these values of the controls (`ValueError` if not allowed),
    - ``draw(result)``: set the data of all moving artists,
    - ``describe(result)``: the sentence, computed from the result,

    and where it needs them ``follow(values, name)``, ``positions(values)``, ``looks(result)`` with
    ``dress(result)``, all as in `helpers.stage.scene.Scene`. Any other exception than `ValueError` is a fault
    of the panel's own: the page says so in words and keeps the last picture; where `Scene.strict` is set, as
    in the tests, it is raised.

    From code: ``panel.set(beta_1=0.5, beta_2=0.9)`` redraws once; ``panel.result`` is what was drawn,
    ``panel.figure`` the figure, ``panel.sentence`` its text twin, ``panel.values`` those of the controls.

    Parameters
    ----------
    controls : dict of name → control of `helpers.panels.controls`; the names are the arguments of `compute`
    figure : a figure of `helpers.figures.style.figure`
    moving : the artists that `draw` changes
    presets : dict of label → dict of values
    pads : axes on which a click or a drag chooses two sliders, as `helpers.stage.scene.Pad`
    """

    sentence_lines = 4  # lines of text for which room is kept; more where a panel has more to say
    follow = positions = looks = dress = None

    def __init__(self, controls, figure, moving, *, presets=None, pads=()):
        scene = Scene(
            controls,
            figure,
            moving,
            lambda **values: self.compute(**values),  # by name, as tests may replace it
            lambda result: self.draw(result),
            lambda result: self.describe(result),
            follow=self.follow,
            positions=self.positions,
            looks=self.looks,
            dress=self.dress,
            presets=presets,
            pads=pads,
            lines=self.sentence_lines,
            settings=style.applied,
        )
        super().__init__(scene)

    # ------------------------------------------------------------------ to be defined by each panel
    def compute(self, **values):
        """The result for these values of the controls; `ValueError`, in words, where they are not allowed."""
        raise NotImplementedError

    def draw(self, result):
        """Set the data of the moving artists from `result`."""
        raise NotImplementedError

    def describe(self, result) -> str:
        """The sentence that says what the picture shows, with its numbers."""
        raise NotImplementedError


def collection() -> list[type[Panel]]:
    """Every panel of `helpers.panels` that can be built without arguments; none has to be listed."""
    found = []
    for each in pkgutil.iter_modules(helpers.panels.__path__, "helpers.panels."):
        # not from __subclasses__, where traitlets puts a class for each panel that is alive
        for _, kind in inspect.getmembers(importlib.import_module(each.name), inspect.isclass):
            if issubclass(kind, Panel) and kind.__module__ == each.name and _needs_nothing(kind):
                found.append(kind)
    return sorted(found, key=lambda kind: (kind.__module__, kind.__name__))


def _needs_nothing(kind: type) -> bool:
    return all(p.default is not p.empty for p in inspect.signature(kind).parameters.values())
