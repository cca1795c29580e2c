"""A scene: controls, a figure and three functions, from which every frame follows from the values alone."""

import io
import threading
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.gridspec import GridSpec

from helpers.stage.controls import Control, Slider
from helpers.stage.frame import Frame, quantized
from helpers.stage.marks import marks
from helpers.stage.pictures import Pictures

NARROW = 4.3, 3.1  # inches: the width of stacked axes, and the height of each
NOT_SHOWN = "The picture shows the last valid choice."


@dataclass(frozen=True)
class View:
    """How a page looks at a figure: screen pixels a figure pixel, and whether its axes stand in a column."""

    ratio: float = 1.0
    narrow: bool = False


@dataclass(frozen=True)
class Pad:
    """Axes on which a click or a drag chooses the values of two sliders.

    `scale_x`, `scale_y` take values of the sliders, an array, to the data coordinates of the axes.
    """

    axes: object
    x: str
    y: str
    scale_x: object = np.asarray
    scale_y: object = np.asarray


class Scene:
    """What is shown for which values; it needs no widget and no kernel.

    Parameters
    ----------
    controls : dict of name → `Control`; the names are the keyword arguments of `compute`
    figure : a matplotlib figure on an Agg canvas, with constrained layout
    moving : the artists that `draw` changes: lines, patches, collections, texts (plain text, no mathtext)
    compute : values → result; `ValueError`, in words, where they are not allowed
    draw : result → None; sets *all* data of the moving artists
    describe : result → the sentence that says what the picture shows
    follow : values, name of the control moved or None → values, where controls follow another
    positions : values → {name: positions} of sliders whose positions depend on the values
    looks, dress : result → a name of what the figure shows besides moving artists, limits and titles, such as
        level lines; and what draws that, called with the result when the name has changed
    presets : dict of label → dict of values
    pads : list of `Pad`
    lines : lines of text for which room is kept below the picture
    settings : a context manager for all that is drawn, which keeps settings of the reader's away

    Raises
    ------
    ValueError : for an artist that the canvas cannot draw, or initial values that are not allowed
    """

    strict = False  # where set, as in tests, a fault of the scene's own is raised instead of said

    def __init__(
        self,
        controls: dict[str, Control],
        figure,
        moving,
        compute,
        draw,
        describe,
        *,
        follow=None,
        positions=None,
        looks=None,
        dress=None,
        presets=None,
        pads=(),
        lines=4,
        settings=nullcontext,
    ):
        self.controls, self.figure = dict(controls), figure
        self.compute, self.draw, self.describe = compute, draw, describe
        self.follow, self.positions, self.looks, self.dress = follow, positions, looks, dress
        self.presets, self.pads = dict(presets or {}), list(pads)
        self.lines, self.settings = lines, settings
        self.lock = threading.RLock()  # a message may be handled in one thread while another computes ahead
        self.initial = {name: control.value for name, control in self.controls.items()}
        self.pictures = Pictures(figure, moving)
        self._places = {}  # whether stacked → size of the figure, place of each axes
        self._bare = True  # whether to dress the figure: labels on level lines depend on the layout
        self._first = self.compute(**self.initial)
        with settings():
            self._draw(self._first)
            self._lay_out(False)
        for artist in moving:
            artist.set_animated(True)  # left out of the pictures, drawn by savefig

    # ------------------------------------------------------------------ frames
    def frame(self, values: dict, view: View | None = None) -> Frame:
        """The frame for these values, of which no control follows another; it depends on nothing else."""
        view = view or View()
        with self.lock:
            wired = self.wire(values)
            try:
                result = self.compute(**values)
            except ValueError as problem:
                return Frame(wired, wired, _said(str(problem)))
            except Exception as fault:
                return self.faulty(wired, fault)
            try:
                with self.settings():
                    self._arrange(view.narrow)
                    self._draw(result)
                    return self._frame(wired, result, self.describe(result), view)
            except Exception as fault:
                self._drawn = None
                return self.faulty(wired, fault)

    def followed(self, values: dict, name: str | None) -> dict:
        """The values once the control `name` has been moved to its own, and others have followed."""
        return self.follow(dict(values), name) if self.follow else values

    def moved(self, values: dict, name: str | None, view: View | None = None) -> Frame:
        """The frame after a move of the control `name` has led to these values."""
        followed = self.followed(values, name)
        positions = self.positions(followed) if self.positions else {}
        return replace(self.frame(followed, view), asked=self.wire(values), positions=positions)

    def faulty(self, wired: list, fault: Exception) -> Frame:
        """The frame that says that the scene itself is wrong."""
        if self.strict:
            raise fault
        words = f"this choice cannot be shown, by a fault of the panel ({type(fault).__name__}: {fault})"
        return Frame(wired, wired, _said(words))

    def show(self, result):
        """Let the figure, for whoever looks at it from code, show this result."""
        with self.lock, self.settings():
            self._arrange(False)
            if self._drawn is not result or (self.looks and self._bare):
                self._draw(result)

    def picture(self, result) -> bytes:
        """The whole figure as PNG, what moves included."""
        with self.lock:
            self.show(result)
            buffer = io.BytesIO()
            self.figure.savefig(buffer, format="png", metadata={"Software": None})
            return buffer.getvalue()

    def wire(self, values: dict) -> list:
        """The values as the page holds them, in the order of the controls."""
        return [control.wire(values[name]) for name, control in self.controls.items()]

    def unwire(self, data) -> dict:
        """The values of what the page holds: a list of all, or a dict of some."""
        pairs = data.items() if isinstance(data, dict) else zip(self.controls, data, strict=True)
        return {name: self.controls[name].unwire(one) for name, one in pairs}

    def _draw(self, result):
        self._drawn = None  # if drawing fails, the figure shows nothing to rely on
        if self.looks:
            looks = self.looks(result)
            if looks != self.pictures.looks or self._bare:
                self.dress(result)
            self.pictures.looks, self._bare = looks, False
        self.draw(result)
        self._drawn = result

    def _frame(self, wired, result, sentence, view) -> Frame:
        height = self.figure.bbox.height
        for axes in self.figure.axes:  # as drawing will: new limits or places may ask for it
            if axes.get_aspect() != "auto":
                axes.apply_aspect()
        drawn = [mark for artist in self.pictures.in_order() for mark in marks(artist)]
        styles = [style for style, _ in drawn]
        counts, points = quantized(styles, [vertices for _, vertices in drawn])
        texts = [style.pop("text") for style in styles if style["kind"] == "text"]
        return Frame(
            wired,
            wired,
            sentence=sentence,
            styles=styles,
            texts=texts,
            counts=counts,
            points=points,
            pictures=self.pictures.of(view),
            areas=[self._area(pad, height) for pad in self.pads],
            result=result,
        )

    # ------------------------------------------------------------------ pads
    def _area(self, pad, height) -> dict:
        """Where the axes of a pad and the positions of its sliders lie, in pixels."""
        left, bottom, right, top = pad.axes.bbox.extents
        box = [round(float(v), 2) for v in (left, height - top, right, height - bottom)]
        x, y = (np.asarray(self.controls[name].positions) for name in (pad.x, pad.y))
        x, y = np.asarray(pad.scale_x(x), dtype=float), np.asarray(pad.scale_y(y), dtype=float)
        data = pad.axes.transData
        across = data.transform(np.column_stack([x, np.full(x.shape, y[0])]))[:, 0]
        up = height - data.transform(np.column_stack([np.full(y.shape, x[0]), y]))[:, 1]
        across, up = across.round(1).tolist(), up.round(1).tolist()
        return {"box": box, "x": pad.x, "y": pad.y, "across": across, "up": up}

    # ------------------------------------------------------------------ layout
    def size(self, narrow: bool = False) -> tuple[int, int]:
        """Width and height of the figure in pixels."""
        with self.lock, self.settings():
            self._arrange(narrow)
            return tuple(round(v) for v in self.figure.get_size_inches() * self.figure.dpi)

    def _arrange(self, narrow: bool):
        """Put the axes beside each other or, for a narrow page, in a column."""
        if self._narrow == narrow:
            return
        if narrow not in self._places:
            self._draw(self._first)  # the layout, too, must not depend on what was shown before
            self._stack()
            return
        size, places = self._places[narrow]
        self.figure.set_size_inches(size)
        for axes, place in places.items():
            axes.set_position(place)
        self.figure.draw_without_rendering()  # axes of equal aspect find their place: labels depend on it
        self._narrow, self._bare = narrow, True

    def _lay_out(self, narrow):
        """Let constrained layout place the axes once, then freeze them: nothing jumps afterwards."""
        for _ in range(2):  # axes of equal aspect find their place in the second pass
            self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")
        places = {axes: axes.get_position(original=True).frozen() for axes in self.figure.axes}
        self._places[narrow] = tuple(self.figure.get_size_inches()), places
        self._narrow, self._bare = narrow, True

    def _stack(self):
        """Lay out the axes that share a row one below the other."""
        row = [axes for axes in self.figure.axes if axes.get_subplotspec() is not None]
        self.figure.set_size_inches(NARROW[0], NARROW[1] * len(row))
        grid = GridSpec(len(row), 1, figure=self.figure)
        for k, axes in enumerate(row):
            axes.set_subplotspec(grid[k])
        self.figure.set_layout_engine("constrained")
        self._lay_out(True)

    # ------------------------------------------------------------------ what the page needs
    def data(self) -> dict:
        """The scene as the page builds it, without its frames."""
        presets = [
            {
                "label": label,
                "words": ", ".join(self.controls[name].words(value) for name, value in values.items()),
                "values": {name: self.controls[name].wire(value) for name, value in values.items()},
            }
            for label, values in self.presets.items()
        ]
        return {
            "controls": {name: control.data() for name, control in self.controls.items()},
            "initial": self.wire(self.initial),
            "presets": presets,
            "size": self.size(),
            "lines": self.lines,
            "coupled": self.follow is not None,
        }

    def neighbours(self, values: dict, name: str, heading: int = 1) -> list[dict]:
        """The values that a next move of a control or pad may give, nearest first; a preset gives its own."""
        if name in self.presets:
            return [values | self.presets[name]]
        pad = next((pad for pad in self.pads if name == f"{pad.x},{pad.y}"), None)
        if pad is None:
            return [values | {name: one} for one in self.around(name, values, heading)]
        x, y = ([values[one], *self.around(one, values)[:12]] for one in (pad.x, pad.y))
        order = sorted((i + j, i, j) for i in range(len(x)) for j in range(len(y)))
        return [values | {pad.x: x[i], pad.y: y[j]} for _, i, j in order[1:]]

    def around(self, name: str, values: dict, heading: int = 1) -> list:
        """The other values of a control, nearest first."""
        control = self.controls[name]
        if not isinstance(control, Slider):
            return control.around(values[name], heading)
        positions = self.positions(values).get(name) if self.positions else None
        return control.around(values[name], heading, positions) if np.isfinite(values[name]) else []


def _said(words: str) -> str:
    return f"{words.rstrip('.')}. {NOT_SHOWN}"
