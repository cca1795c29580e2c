"""The widget: a scene in a page with a kernel behind it."""

import pathlib
from types import SimpleNamespace

import anywidget
import traitlets

from helpers.stage.session import Session

HERE = pathlib.Path(__file__).parent
SCRIPTS = ("paint.js", "memory.js", "controls.js", "stage.js")  # in this order one module


def script() -> str:
    """The one script of the page."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)


class Live(anywidget.AnyWidget):
    """A scene whose controls a reader moves, in a page or from code.

    ``values``, ``result``, ``figure``, ``sentence`` and ``error`` are those of the last choice, whether page
    or kernel has drawn it; what only the page has shown is computed when asked for.
    """

    _esm = script()
    _css = (HERE / "stage.css").read_text(encoding="utf-8")
    scene_data = traitlets.Dict().tag(sync=True)

    def __init__(self, scene):
        self.scene, self.controls = scene, SimpleNamespace(**scene.controls)
        self._session = Session(scene, lambda content, buffers: self.send(content, buffers))
        super().__init__(scene_data=scene.data())
        self.on_msg(self._receive)

    @property
    def presets(self) -> dict:
        """Label → values."""
        return self.scene.presets

    @property
    def values(self) -> dict:
        """The present values of all controls."""
        return self._session.values

    @property
    def frame(self):
        """The `Frame` of the values shown."""
        return self._session.settled()

    @property
    def result(self):
        """What `compute` gave for the values shown."""
        return self.frame.result

    @property
    def sentence(self) -> str:
        """The sentence under the picture."""
        return self.frame.sentence

    @property
    def error(self) -> str:
        """Why the present values are not shown; empty if they are."""
        self._session.settled()
        return self._session.error

    @property
    def figure(self):
        """The figure, which shows the result."""
        self.scene.show(self.result)
        return self.scene.figure

    def set(self, **values):
        """Move controls one by one and redraw once; `ValueError` for what a control cannot hold."""
        controls = self.scene.controls
        unknown = sorted(set(values) - set(controls))
        if unknown:
            raise ValueError(f"no control named {', '.join(unknown)}; the controls are {', '.join(controls)}")
        for name, value in values.items():
            try:
                controls[name].accept(value)
            except (ValueError, TypeError) as problem:
                allowed = controls[name].allowed
                raise ValueError(f"{name} cannot be {value!r}; allowed: {allowed}") from problem
        with self.scene.lock:
            for name, value in values.items():  # each may let others follow
                self._session.assign({name: value}, name)
            self.update()

    def reset(self):
        """Return every control to its initial value."""
        self.set(**self.scene.initial)

    def update(self):
        """Compute, draw and describe the present values; what is not allowed is said, the picture stays."""
        self._session.update()

    def forget(self, **values):
        """Begin anew with these values, as something that is no control has changed what frames show."""
        with self.scene.lock:
            self._session.forget()
            self.set(**values)

    def _receive(self, _widget, content, _buffers):
        self._session.receive(content)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs) or {}
        if isinstance(bundle, tuple):  # with metadata, which belong to other front-ends
            bundle = bundle[0]
        return {**bundle, "image/png": self.scene.picture(self.result), "text/plain": self.sentence}
