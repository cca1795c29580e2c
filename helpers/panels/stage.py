"""The stage: a matplotlib figure whose moving artists are redrawn in the browser, the rest once.

Everything that does not move is rendered by matplotlib into pictures: for each axes one below the moving
artists and, for legends and the like, one above them; a change of limits renders those of its axes again. At
each change only the vertices of the moving artists, transformed by matplotlib itself to pixels, are sent, as
one float32 buffer; `stage.js` draws them between the pictures.
``figure.savefig`` draws everything, so the static picture is the same.
"""

from __future__ import annotations

import io
import pathlib

import anywidget
import numpy as np
import traitlets
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from helpers.panels.marks import marks, pixels

HERE = pathlib.Path(__file__).parent
KEPT = 12  # renderings of each axes, some 20 kB each


class Stage(anywidget.AnyWidget):
    """A figure on a canvas: fixed parts as pictures, moving parts as vertices.

    Parameters
    ----------
    figure : a matplotlib figure on an Agg canvas (`helpers.figures.style.figure`)
    moving : the artists that change: `Line2D`, `Patch`, `Text` (plain text, no mathtext), `LineCollection`,
        `PolyCollection`; drawn in matplotlib's order
    pointer_axes : axes on which clicks and drags are reported to the functions given to `on_point`

    Raises
    ------
    ValueError : for an artist or a marker that the canvas cannot draw
    """

    _esm = HERE / "stage.js"
    _css = HERE / "stage.css"

    width = traitlets.Int().tag(sync=True)  # CSS pixels
    height = traitlets.Int().tag(sync=True)
    # the fixed parts: PNG with its place in screen pixels, and whether it lies above the moving artists
    layers = traitlets.List().tag(sync=True)
    marks = traitlets.List().tag(sync=True)  # how each moving artist is drawn
    frame = traitlets.Bytes().tag(sync=True)  # float32: the number of points of each mark, then all points
    turn = traitlets.Int(0).tag(sync=True)  # counts the calls of `show`; the page tells which it has drawn
    sentence = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    lines = traitlets.Int(4).tag(sync=True)  # lines of text for which room is kept below the picture
    pointer_areas = traitlets.List().tag(sync=True)  # rectangles (left, top, right, bottom) in CSS pixels
    pixel_ratio = traitlets.Float(1.0).tag(sync=True)  # screen pixels a figure pixel; set by the browser

    def __init__(self, figure: Figure, moving=(), pointer_axes=(), **kwargs):
        self.figure = figure
        self.moving = list(moving)
        self.pointer_axes = list(pointer_axes)
        self._listeners = []
        self._rendered = {}  # axes, or the figure → looks → its layers
        self._lay_out()
        width, height = (round(v) for v in figure.get_size_inches() * figure.dpi)
        super().__init__(width=width, height=height, **kwargs)
        for artist in self.moving:
            artist.set_animated(True)  # left out of the layers, drawn by savefig
        self.on_msg(self._receive)
        self.observe(self._sharpen, "pixel_ratio")

    def _lay_out(self):
        """Let constrained layout place the axes once, then freeze them: nothing jumps afterwards."""
        for _ in range(2):  # axes of equal aspect find their place in the second pass
            self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")

    # ------------------------------------------------------------------ drawing
    def invalidate(self, *axes):
        """Let the next `show` render the fixed parts of `axes`, or of all, as one of them has changed.

        A change of limits, scales, labels or titles is noticed without it; what has been rendered for earlier
        ones is kept, so that going to and fro costs nothing.
        """
        for one in axes or tuple(self._rendered):
            self._rendered.pop(one, None)

    def show(self, sentence: str | None = None, error: str = ""):
        """Send what the figure shows now, in one message; `sentence` is its text twin."""
        drawn = [mark for artist in self._in_order() for mark in marks(artist, self.height)]
        styles, vertices, transforms = ([mark[k] for mark in drawn] for k in range(3))
        points = pixels(vertices, transforms, self.height)
        frame = np.concatenate([[len(v) for v in vertices], points.ravel()]).astype("<f4").tobytes()
        with self.hold_sync():
            self.layers = self._fixed()
            self.pointer_areas = [self._area(axes) for axes in self.pointer_axes]
            self.marks = styles
            self.frame = frame
            self.turn += 1
            if sentence is not None:
                self.sentence = sentence
            self.error = error

    def _in_order(self) -> list:
        """The moving artists as matplotlib would draw them: axes after axes, by zorder, then by age."""
        place = {}
        for axes in self.figure.axes:
            for artist in _as_drawn(axes):
                place[artist] = len(place)
        return sorted(self.moving, key=lambda artist: place.get(artist, len(place)))

    def _fixed(self) -> list[dict]:
        """The layers of the figure and of its axes; only what has changed is rendered."""
        order = sorted(self.figure.axes, key=lambda axes: axes.get_zorder())
        layers = []
        for one in [self.figure, *order]:
            known, looks = self._rendered.setdefault(one, {}), _looks(one)
            if looks not in known:
                while len(known) >= KEPT:
                    known.pop(next(iter(known)))  # the oldest
                known[looks] = self._render(one)
            layers += known[looks]
        return layers

    def _render(self, one) -> list[dict]:
        """The layers of one axes, or of the figure without its axes, in the browser's resolution."""
        figure, dpi, axes = self.figure, self.figure.dpi, self.figure.axes
        above = [] if one is figure else self._above(one)
        shown, animated = [a.get_visible() for a in axes], [a.get_animated() for a in above]
        try:
            figure.set_dpi(dpi * self.pixel_ratio)
            renderer = figure.canvas.get_renderer()
            renderer.clear()
            for artist in above:
                artist.set_animated(True)
            if one is figure:
                for other in axes:
                    other.set_visible(False)
            one.draw(renderer)  # skips animated artists
            layers = [_layer(renderer, above=False)]
            if above:
                renderer.clear()
                for artist in above:
                    artist.draw(renderer)
                layers.append(_layer(renderer, above=True))
        finally:
            figure.set_dpi(dpi)
            for other, before in zip(axes, shown, strict=True):
                other.set_visible(before)
            for artist, before in zip(above, animated, strict=True):
                artist.set_animated(before)
        return layers

    def _above(self, axes) -> list:
        """The fixed artists, such as legends, that matplotlib draws after all moving ones of their axes."""
        drawn = _as_drawn(axes)
        # a moving text may lie on top of everything without pushing the legend below the lines
        own = [k for k, artist in enumerate(drawn) if artist in self.moving]
        own = [k for k in own if not isinstance(drawn[k], Text)] or own
        rest = drawn[own[-1] + 1 :] if own else []
        return [artist for artist in rest if artist not in self.moving and artist.get_visible()]

    def picture(self) -> bytes:
        """The whole figure as PNG, moving artists included: the panel's second face."""
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()

    def _sharpen(self, _change):
        self.invalidate()
        self.show(error=self.error)

    # ------------------------------------------------------------------ pointer
    def on_point(self, listener):
        """Call ``listener(axes, x, y)``, in data coordinates, at each click or drag on a pointer axes."""
        self._listeners.append(listener)

    def _area(self, axes) -> list[float]:
        left, bottom, right, top = axes.bbox.extents
        return [float(v) for v in (left, self.height - top, right, self.height - bottom)]

    def _receive(self, _widget, content, _buffers):
        if content.get("kind") != "point":
            return
        try:
            axes = self.pointer_axes[int(content["area"])]
            left, bottom, right, top = axes.bbox.extents
            # a drag may leave the axes: the nearest point inside is meant
            pixel = np.clip([content["x"], self.height - content["y"]], [left, bottom], [right, top])
            x, y = axes.transData.inverted().transform(pixel)
            for listener in self._listeners:
                listener(axes, float(x), float(y))
        finally:
            self.send({"kind": "ready"})  # the browser may send the next point


def _as_drawn(axes) -> list:
    """All that an axes holds, in the order in which matplotlib draws it: its patch before anything else."""
    return sorted(axes.get_children(), key=lambda a: (a is not axes.patch, a.get_zorder()))


def _looks(one) -> tuple:
    """What of an axes, or of the figure itself, may change without a call of `invalidate`."""
    if isinstance(one, Figure):
        return (one.get_suptitle(),)
    return (
        one.get_xlim(),
        one.get_ylim(),
        one.get_xscale(),
        one.get_yscale(),
        one.get_title(),
        one.get_xlabel(),
        one.get_ylabel(),
        one.get_visible(),
    )


def _layer(renderer, above: bool) -> dict:
    """What has been drawn, cut to its size."""
    pixels = np.asarray(renderer.buffer_rgba())
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return {"png": b"", "left": 0, "top": 0, "above": above}
    top, left = int(rows[0]), int(columns[0])
    cut = np.ascontiguousarray(pixels[top : rows[-1] + 1, left : columns[-1] + 1])
    opaque = cut[..., 3].min() == 255
    buffer = io.BytesIO()
    Image.fromarray(cut[..., :3] if opaque else cut).save(buffer, "PNG", compress_level=1)
    return {"png": buffer.getvalue(), "left": left, "top": top, "above": above}
