"""The panel: one object with three faces, a live widget, a picture and a sentence, all from the same data."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import ipywidgets
import numpy as np
import traitlets

from helpers.panels.controls import Slider
from helpers.panels.stage import Stage

# glibc gives freed memory back to the system at once, and each change would pay for the same pages anew, up
# to half of its time. Freeing one large block, never touched, lets it keep as much: its threshold adapts,
# up to 32 MB.
np.empty(2**25 - 2**16, dtype=np.uint8)


class Panel(ipywidgets.VBox):
    """Controls above a stage; a change of any control computes, draws and describes anew.

    A subclass builds its figure, calls ``super().__init__(controls, figure, moving, presets=…)`` and defines

    - ``compute(**values)``: the result for these values of the controls (`ValueError` if not allowed),
    - ``draw(result)``: set the data of the moving artists,
    - ``describe(result)``: the sentence, computed from the result.

    Any other exception is a fault of the panel's own: the page says so in words and keeps the last picture;
    where `Panel.strict` is set, as in the tests, it is raised.

    From code: ``panel.controls.beta_1.value = 0.5`` redraws; ``panel.set(beta_1=0.5, beta_2=0.9)`` redraws
    once; ``panel.result`` is what was drawn, ``panel.figure`` the figure, ``panel.sentence`` its text twin.

    Parameters
    ----------
    controls : dict of name → `Slider`, drop-down or switch; the names are the keyword arguments of `compute`
    figure : a figure of `helpers.figures.style.figure`
    moving : the artists that `draw` changes; anything else it changes needs ``self.stage.invalidate()``
    presets : dict of label → dict of values
    pointer_axes : axes that report clicks and drags to ``on_point(axes, x, y)``
    """

    error = traitlets.Unicode()
    strict = False
    sentence_lines = 4  # lines of text for which room is kept; more where a panel has more to say

    def __init__(self, controls, figure, moving, *, presets=None, pointer_axes=()):
        self.controls = SimpleNamespace(**controls)
        self.figure = figure
        self.result = None
        self.sentence = ""
        self._controls = dict(controls)
        self._initial = {name: control.value for name, control in controls.items()}
        self._holding = False
        self.presets = dict(presets or {})
        self.result = self.compute(**self._initial)
        self.draw(self.result)
        self.sentence = self.describe(self.result)
        self.stage = Stage(figure, moving, pointer_axes, lines=self.sentence_lines)
        self.stage.show(self.sentence)
        self.stage.on_point(self._point)
        for control in controls.values():
            control.observe(self._changed, "value")
            if isinstance(control, Slider):
                control.observe(self._complain, "complaint")
        row = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
        rows = [list(controls.values()), self._buttons()] if controls else []
        children = [ipywidgets.HBox(parts, layout=row) for parts in rows]
        super().__init__(
            [*children, self.stage], layout=ipywidgets.Layout(max_width="100%", overflow="visible")
        )
        self.add_class("panel")

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

    def on_point(self, axes, x, y):
        """Called with a click or a drag on one of the pointer axes, in data coordinates."""

    # ------------------------------------------------------------------ use
    @property
    def values(self) -> dict:
        """The present values of all controls."""
        return {name: control.value for name, control in self._controls.items()}

    def set(self, **values):
        """Set several controls and redraw once."""
        unknown = sorted(set(values) - set(self._controls))
        if unknown:
            raise ValueError(
                f"no control named {', '.join(unknown)}; the controls are {', '.join(self._controls)}"
            )
        before = self.values
        self._holding = True
        try:
            for name, value in values.items():
                self._controls[name].value = value
        except traitlets.TraitError as problem:
            for other, old in before.items():
                self._controls[other].value = old
            raise ValueError(f"{name} cannot be {value!r}; {_allowed(self._controls[name])}") from problem
        finally:
            self._holding = False
        self.update()

    def reset(self, _button=None):
        """Return every control to its initial value."""
        self.set(**self._initial)

    def update(self):
        """Compute, draw and describe the present values; what is not allowed is said, the picture stays."""
        try:
            result = self.compute(**self.values)
        except ValueError as problem:
            self._say(str(problem))
            return
        except Exception as fault:
            self._admit(fault)
            return
        try:
            self.draw(result)
            sentence = self.describe(result)
            self.stage.show(sentence)
        except Exception as fault:
            with contextlib.suppress(Exception):
                self.draw(self.result)  # the artists as they were, for the static picture
            self._admit(fault)
            return
        self.result, self.sentence, self.error = result, sentence, ""

    # ------------------------------------------------------------------ inner parts
    def _say(self, words: str):
        self.error = f"{words.rstrip('.')}. The picture shows the last valid choice."
        self.stage.error = self.error

    def _admit(self, fault: Exception):
        if self.strict:
            raise fault
        self._say(f"this choice cannot be shown, by a fault of the panel ({type(fault).__name__}: {fault})")

    def _point(self, axes, x, y):
        try:
            self.on_point(axes, x, y)
        except Exception as fault:
            self._admit(fault)

    def _changed(self, _change):
        if not self._holding:
            self.update()

    def _complain(self, change):
        if change["new"]:
            self._say(change["new"])
        elif not self._holding:
            self.update()  # the words about what was typed give way to what the values deserve

    def _buttons(self) -> list:
        buttons = []
        for label, values in self.presets.items():
            words = ", ".join(self._words(name, value) for name, value in values.items())
            button = ipywidgets.Button(
                description=label, tooltip=words, layout=ipywidgets.Layout(width="auto")
            )
            button.on_click(lambda _, values=values: self.set(**values))
            buttons.append(button)
        reset = ipywidgets.Button(
            description="Reset", tooltip="all as at the start", layout=ipywidgets.Layout(width="auto")
        )
        reset.on_click(self.reset)
        return [*buttons, reset]

    def _words(self, name, value) -> str:
        control = self._controls[name]
        if isinstance(control, Slider):
            return f"{control.label} = {value:g}"
        options = getattr(control, "_options_full", ())  # pairs (name, value) of a drop-down list
        shown = next((text for text, one in options if one is value or one == value), value)
        return f"{control.description}: {shown}"

    def _repr_mimebundle_(self, **kwargs):
        bundle = dict(super()._repr_mimebundle_(**kwargs) or {})
        bundle["image/png"] = self.stage.picture()
        bundle["text/plain"] = self.sentence
        return bundle


def _allowed(control) -> str:
    """What a control may be set to, in words."""
    if isinstance(control, Slider):
        return f"allowed: {control.allowed}"
    options = getattr(control, "options", (True, False))
    names = [option[0] if isinstance(option, tuple) else option for option in options]
    return f"allowed: {', '.join(map(str, names))}"
