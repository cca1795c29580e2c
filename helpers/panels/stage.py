"""The stage: a matplotlib figure whose moving artists are redrawn in the browser, the rest once.

Everything that does not move is rendered by matplotlib into one background picture. At each change only the
vertices of the moving artists, transformed by matplotlib itself to pixels, are sent, as one float32 buffer;
`stage.js` draws them over the background. ``figure.savefig`` draws both, so the static picture is the same.
"""

from __future__ import annotations

import io
import pathlib

import anywidget
import numpy as np
import traitlets
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from PIL import Image

HERE = pathlib.Path(__file__).parent
MARKERS = frozenset(("o", "s", "^", "v", "D", "*", "x", "+", ".", "|"))
# matplotlib's own dash patterns, in units of the line's width
DASHES = {"-": (), "--": (3.7, 1.6), ":": (1.0, 1.65), "-.": (6.4, 1.6, 1.0, 1.6), "None": None, "": None}
FAR = 1e5  # pixels: beyond this the canvas gains nothing, and float32 keeps its accuracy


class Stage(anywidget.AnyWidget):
    """A figure on a canvas: fixed parts as a picture, moving parts as vertices.

    Parameters
    ----------
    figure : a matplotlib figure on an Agg canvas (`helpers.figures.style.figure`)
    moving : the artists that change: `Line2D`, `Patch`, `Text` (plain text, no mathtext), `LineCollection`,
        `PolyCollection`
    pointer_axes : axes on which clicks and drags are reported to the functions given to `on_point`

    Raises
    ------
    ValueError : for an artist or a marker that the canvas cannot draw
    """

    _esm = HERE / "stage.js"
    _css = HERE / "stage.css"

    width = traitlets.Int().tag(sync=True)  # CSS pixels
    height = traitlets.Int().tag(sync=True)
    background = traitlets.Bytes().tag(sync=True)  # PNG
    marks = traitlets.List().tag(sync=True)  # how each moving artist is drawn
    frame = traitlets.Bytes().tag(sync=True)  # float32: the number of points of each mark, then all points
    sentence = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    pointer_areas = traitlets.List().tag(sync=True)  # rectangles (left, top, right, bottom) in CSS pixels
    pixel_ratio = traitlets.Float(1.0).tag(sync=True)  # set by the browser

    def __init__(self, figure: Figure, moving=(), pointer_axes=(), **kwargs):
        self.figure = figure
        self.moving = list(moving)
        self.pointer_axes = list(pointer_axes)
        self._listeners = []
        self._signature = None
        self._lay_out()
        width, height = (round(v) for v in figure.get_size_inches() * figure.dpi)
        super().__init__(width=width, height=height, **kwargs)
        for artist in self.moving:
            artist.set_animated(True)  # left out of the background, drawn by savefig
        self.on_msg(self._receive)
        self.observe(self._sharpen, "pixel_ratio")

    def _lay_out(self):
        """Let constrained layout place the axes once, then freeze them: nothing jumps afterwards."""
        self.figure.canvas.draw()
        self.figure.set_layout_engine("none")

    # ------------------------------------------------------------------ drawing
    def invalidate(self):
        """Let the next `show` render the background: a fixed artist has changed (limits are noticed)."""
        self._signature = None

    def show(self, sentence: str | None = None, error: str = ""):
        """Send what the figure shows now, in one message; `sentence` is its text twin."""
        with self.hold_sync():
            signature = [
                (a.get_xlim(), a.get_ylim(), a.get_title(), a.get_xlabel(), a.get_ylabel(), a.get_visible())
                for a in self.figure.axes
            ]
            if signature != self._signature:
                self.background = self._render_background()
                self.pointer_areas = [self._area(axes) for axes in self.pointer_axes]
                self._signature = signature
            marks, points = [], []
            for artist in self.moving:
                for style, vertices in _marks(artist, self.height):
                    marks.append(style)
                    points.append(vertices)
            counts = np.array([len(p) for p in points], dtype=np.float32)
            flat = np.concatenate([counts, *(p.ravel() for p in points)]) if points else counts
            self.marks = marks
            self.frame = flat.astype("<f4").tobytes()
            if sentence is not None:
                self.sentence = sentence
            self.error = error

    def _render_background(self) -> bytes:
        figure, dpi = self.figure, self.figure.dpi
        try:
            figure.set_dpi(dpi * self.pixel_ratio)
            figure.canvas.draw()  # skips animated artists
            pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
        finally:
            figure.set_dpi(dpi)
        return buffer.getvalue()

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
        return [left, self.height - top, right, self.height - bottom]

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


def _css(color, alpha=None) -> str:
    r, g, b, a = to_rgba(color, alpha)
    return f"rgba({round(255 * r)},{round(255 * g)},{round(255 * b)},{a:.3g})"


def _pixels(vertices, transform, height) -> np.ndarray:
    """Vertices (n, 2) in CSS pixels from the top left corner; NaN where there is nothing to draw."""
    with np.errstate(all="ignore"):
        points = np.array(transform.transform(np.asarray(vertices, dtype=float)), dtype=float).reshape(-1, 2)
        points[:, 1] = height - points[:, 1]
        points[~np.isfinite(points).all(axis=1)] = np.nan
        return np.clip(points, -FAR, FAR)


def _marks(artist, height) -> list[tuple[dict, np.ndarray]]:
    """What the canvas needs to draw `artist`: pairs of a style and vertices in pixels."""
    if not artist.get_visible():
        return []
    style = {}
    if artist.axes is not None and artist.get_clip_on() and not isinstance(artist, Text):
        left, bottom, right, top = artist.axes.bbox.extents
        style["clip"] = [round(v, 2) for v in (left, height - top, right, height - bottom)]
    pixel = artist.get_figure(root=True).dpi / 72  # pixels a point
    if isinstance(artist, Line2D):
        return [
            (
                {**style, **_line_style(artist, pixel)},
                _pixels(artist.get_xydata(), artist.get_transform(), height),
            )
        ]
    if isinstance(artist, Text):
        return [
            (
                {**style, **_text_style(artist, pixel)},
                _pixels([artist.get_unitless_position()], artist.get_transform(), height),
            )
        ]
    if isinstance(artist, Patch):
        style |= {
            "kind": "polygon",
            "fill": _css(artist.get_facecolor()),
            "stroke": _css(artist.get_edgecolor()),
            "width": artist.get_linewidth() * pixel,
        }
        polygons = artist.get_transform().transform_path(artist.get_path()).to_polygons(closed_only=False)
        identity = _Identity()
        return [(style, _pixels(p, identity, height)) for p in polygons]
    if isinstance(artist, LineCollection):
        pieces = [np.vstack([s, [np.nan, np.nan]]) for s in artist.get_segments()]
        style |= {
            "kind": "line",
            "stroke": _css(artist.get_edgecolor()[0]),
            "width": artist.get_linewidth()[0] * pixel,
            "dash": [],
        }
        vertices = np.vstack(pieces) if pieces else np.empty((0, 2))
        return [(style, _pixels(vertices, artist.get_transform(), height))]
    if isinstance(artist, PolyCollection):
        style |= {
            "kind": "polygon",
            "fill": _css(artist.get_facecolor()[0]),
            "stroke": "rgba(0,0,0,0)",
            "width": 0,
        }
        return [(style, _pixels(p.vertices, artist.get_transform(), height)) for p in artist.get_paths()]
    raise ValueError(
        f"the stage cannot move a {type(artist).__name__}; allowed: Line2D, Patch, Text, "
        "LineCollection, PolyCollection"
    )


class _Identity:
    @staticmethod
    def transform(vertices):
        return vertices


def _line_style(line, pixel) -> dict:
    marker = line.get_marker()
    marker = None if marker in (None, "None", "none", "", " ") else marker
    if marker is not None and marker not in MARKERS:
        raise ValueError(f"the stage cannot draw the marker {marker!r}; allowed: {' '.join(sorted(MARKERS))}")
    dash, width = DASHES[line.get_linestyle()], line.get_linewidth() * pixel
    style = {
        "kind": "line",
        "stroke": None if dash is None else _css(line.get_color(), line.get_alpha()),
        "width": width,
        "dash": [d * width for d in dash or ()],
    }
    if marker:
        hollow = line.get_markerfacecolor() in ("none", "None")
        style |= {
            "marker": marker,
            "size": line.get_markersize() * pixel,
            "fill": None if hollow else _css(line.get_markerfacecolor(), line.get_alpha()),
            "edge": _css(line.get_markeredgecolor(), line.get_alpha()),
            "edgewidth": line.get_markeredgewidth() * pixel,
        }
    return style


def _text_style(text, pixel) -> dict:
    if "$" in text.get_text():
        raise ValueError(f"a moving text must be plain text, without mathtext; got {text.get_text()!r}")
    return {
        "kind": "text",
        "text": text.get_text(),
        "size": text.get_fontsize() * pixel,
        "fill": _css(text.get_color()),
        "weight": str(text.get_fontweight()),
        "align": text.get_ha(),
        "baseline": text.get_va(),
        "halo": bool(text.get_path_effects()),
    }
