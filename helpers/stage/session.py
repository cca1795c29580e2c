"""What passes between a page and the kernel behind it.

Page to kernel: ``hello`` (how wide and sharp the page is; whatever was sent before is forgotten), ``set``
(values of some controls, with a number, *turn*, and whether the page has the frame already), ``ahead`` (a
control is about to be moved). Kernel to page: ``frames`` (see `helpers.stage.frame`) and ``taken`` (a turn
whose frame the page has, or has not asked for). *who* tells one page from another that looks at the same
kernel.
"""

from collections.abc import Callable
from dataclasses import replace

from helpers.stage.ahead import Ahead
from helpers.stage.frame import Frame, pack
from helpers.stage.scene import Scene, View

KEPT = 40_000_000  # bytes of frames and pictures that a page keeps; then both sides begin anew


class Session:
    """A scene at the values of its controls, and the pages that show it.

    Parameters
    ----------
    scene : the `Scene`
    send : called with content and buffers of each message to the pages
    """

    def __init__(self, scene: Scene, send: Callable):
        self.scene, self.send = scene, send
        self.holding = False  # while set, no change of a control redraws
        self.view, self.error = View(), ""
        self._turn, self._who = 0, ""
        # values chosen and not yet computed here: the latest, and the latest that the page has shown
        self._latest = self._valid = None
        self._asked = self._name = None
        self._known, self._sent, self._bytes = set(), set(), 0
        self._shown = scene.frame(scene.initial)
        if self._shown.error:
            raise ValueError(self._shown.error)
        for name, control in scene.controls.items():
            control.observe(lambda name=name: self._changed(name))
        self.ahead = Ahead(self._next, self._send_ahead)

    @property
    def values(self) -> dict:
        """The present values of all controls."""
        return {name: control.value for name, control in self.scene.controls.items()}

    def assign(self, values: dict, name: str | None = None):
        """Let the controls have these values, and those that follow theirs."""
        held, self.holding = self.holding, True
        try:
            for one, value in values.items():
                self.scene.controls[one].value = value
            for one, value in self.scene.followed(self.values, name).items():
                self.scene.controls[one].value = value
        finally:
            self.holding = held

    def update(self):
        """Compute the present values and send their frame."""
        with self.scene.lock:
            self._answer(self._computed(self.values))

    def settled(self) -> Frame:
        """The frame of the values shown, computed now if only the page has drawn it."""
        with self.scene.lock:
            if self._latest is not None:
                self._computed(self._latest)
            if self._valid is not None:
                self._shown, self._valid = self.scene.frame(self._valid, self.view), None
            return self._shown

    def _computed(self, values) -> Frame:
        """The frame of these values, which are shown from now on unless they are refused."""
        frame = self.scene.frame(values, self.view)
        self._latest, self.error = None, frame.error
        if not frame.error:
            self._shown, self._valid = frame, None
        return frame

    def _changed(self, name):
        """A control has been set from code."""
        if not self.holding:
            with self.scene.lock:
                self.assign({}, name)
                self.update()

    # ------------------------------------------------------------------ messages
    def receive(self, content: dict):
        """Handle a message of a page."""
        kind = content.get("kind")
        with self.scene.lock:
            if kind == "ahead":
                self.ahead.ask(content["name"], content.get("heading", 1))
                return
            self._who, self._turn = content["who"], content["turn"]
            if kind == "hello":
                self.view = View(float(content["ratio"]), bool(content["narrow"]))
                self.forget()
                shown = self.scene.frame(self.scene.unwire(self.settled().values), self.view)
                # where the values are refused, the page needs the last valid picture too
                self._answer(self.scene.frame(self.values, self.view) if self.error else shown, shown)
            elif kind == "set":
                self._take(content)

    def _take(self, content):
        self.assign(self.scene.unwire(content["changes"]), content["name"])
        now = self.scene.wire(self.values)
        meant = self.scene.followed(self.scene.unwire(content["values"]), content["name"])
        alike = now == self.scene.wire(meant)
        if content["want"] or not alike:
            self._asked, self._name = content["values"], content["name"]
            self.update()
            return
        self._latest = self.values
        if content["seen"]:
            self._valid, self.error = self._latest, ""
        self.send({**self._address("taken"), "values": now}, [])

    def _answer(self, frame: Frame, *before: Frame):
        """Send the frame of the present values, after others."""
        asked, self._asked = self._asked, None
        name, self._name = self._name, None
        now = self.scene.wire(self.values)
        positions = self.scene.positions(self.values) if self.scene.positions else {}
        frame = replace(frame, asked=asked or now, values=now, positions=positions)
        self._send([*(one for one in before if frame.error), frame], {"now": True, "name": name})

    def _address(self, kind) -> dict:
        return {"kind": kind, "turn": self._turn, "who": self._who}

    def forget(self):
        """Let the next message tell the pages to forget all that was sent."""
        self._known, self._sent, self._bytes = set(), set(), 0

    def _send(self, frames, more, small=False):
        if forget := (self._bytes > KEPT or not self._known):  # neither side grows without bound
            self.forget()
        head, buffers = pack(frames, self._known, small=small)
        self._bytes += sum(frame.size for frame in frames) + sum(map(len, buffers[1:]))
        self._sent.update((more.get("name") if self.scene.follow else None, *f.asked) for f in frames)
        size = {"size": self.scene.size(self.view.narrow), "ratio": self.view.ratio, "forget": forget}
        self.send(self._address("frames") | head | size | more, buffers)

    # ------------------------------------------------------------------ ahead
    def _next(self, name: str, heading: int):
        """The next frame for a coming move of a control, pad or preset; None if the page has all."""
        with self.scene.lock:
            for values in self.scene.neighbours(self.values, name, heading):
                key = (name if self.scene.follow else None, *self.scene.wire(values))
                if key not in self._sent:
                    self._sent.add(key)
                    frame = self.scene.moved(values, self._mover(name), self.view)
                    self.scene.show(self._shown.result)
                    return frame
        return None

    def _mover(self, name):
        return name if name in self.scene.controls else None

    def _send_ahead(self, name, frames):
        with self.scene.lock:
            self._send(frames, {"now": False, "name": self._mover(name)}, small=True)
