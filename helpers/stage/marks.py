"""What a canvas needs to draw a matplotlib artist: a style and the vertices in pixels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import FancyArrowPatch, Patch, Rectangle
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Transform

MARKERS = frozenset(
    ("o", "s", "^", "v", "<", ">", "D", "d", "p", "h", "*", "P", "X", "x", "+", ".", "|", "_")
)
ALLOWED = "Line2D, Patch, Text, LineCollection"


def marks(artist, height: float) -> list[tuple[dict, np.ndarray, Transform | None]]:
    """Triples of a style, of vertices (n, 2), and of their transform to matplotlib's pixels (None: they are).

    A row of NaN lifts the pen. A hidden artist has no marks. `height`: of the figure in pixels.

    Raises
    ------
    ValueError : for an artist, a marker or a property that the canvas cannot draw
    """
    if isinstance(artist, (FancyArrowPatch, Annotation)):
        raise _cannot(artist, f"allowed: {ALLOWED}")
    if not artist.get_visible():
        return []
    pixel = artist.get_figure(root=True).dpi / 72  # pixels a point
    style = _clip(artist, height)
    if isinstance(artist, Line2D):
        return [({**style, **_line_style(artist, pixel)}, artist.get_xydata(), artist.get_transform())]
    if isinstance(artist, Text):
        return [({**style, **one}, np.array([anchor]), None) for one, anchor in _text(artist, pixel)]
    if isinstance(artist, Patch):
        if artist.get_hatch():
            raise _cannot(artist, "without a hatch")
        width = artist.get_linewidth() * pixel
        style |= {
            "kind": "polygon",
            "fill": css(artist.get_facecolor()),
            "stroke": css(artist.get_edgecolor()) if width else None,
            "width": width,
            "dash": _dash(artist, pixel),
        }
        return [(style, *_boundary(artist))]
    if isinstance(artist, LineCollection):
        return _segments(artist, style, pixel)
    raise _cannot(artist, f"allowed: {ALLOWED}")


def pixels(vertices, transforms, height: float) -> np.ndarray:
    """All vertices (n, 2), one after another, in pixels from the top left corner; NaN where nothing is drawn.

    Those of one transform go through it together: most of the time of a call does not depend on their number.
    """
    ends = np.cumsum([len(v) for v in vertices])
    points = np.empty((ends[-1] if len(ends) else 0, 2))
    groups = {}
    for k, transform in enumerate(transforms):
        groups.setdefault(id(transform), []).append(k)
    with np.errstate(all="ignore"):
        for group in groups.values():
            transform, parts = transforms[group[0]], [vertices[k] for k in group]
            together = np.ma.concatenate(parts) if any(map(np.ma.isMA, parts)) else np.concatenate(parts)
            if np.ma.isMA(together):  # masked values become NaN
                together = np.ma.filled(together.astype(float), np.nan)
            if transform is not None:
                together = transform.transform(together)
            at = 0
            for k in group:
                points[ends[k] - len(vertices[k]) : ends[k]] = together[at : at + len(vertices[k])]
                at += len(vertices[k])
        points[:, 1] = height - points[:, 1]
        points[~np.isfinite(points).all(axis=1)] = np.nan
    return points


def css(color, alpha=None) -> str:
    """A color of matplotlib's in the browser's words."""
    return _css(*to_rgba(color, alpha))


@lru_cache
def _css(r, g, b, a):
    return f"rgba({round(255 * r)},{round(255 * g)},{round(255 * b)},{a:.3g})"


def _cannot(artist, words) -> ValueError:
    return ValueError(f"the stage cannot move this {type(artist).__name__}; {words}")


def _clip(artist, height) -> dict:
    if not artist.get_clip_on() or artist.get_clip_box() is None:
        return {}
    left, bottom, right, top = artist.get_clip_box().extents.tolist()
    return {"clip": [round(v, 2) for v in (left, height - top, right, height - bottom)]}


def _dash(artist, pixel) -> list:
    # matplotlib tells the scaled pattern, which may be the reader's own, nowhere in public
    return [float(length * pixel) for length in artist._dash_pattern[1] or ()]


def _line_style(line, pixel) -> dict:
    if line.get_markevery() is not None:
        raise _cannot(line, "without markevery: give the marked points to a line of their own")
    if line.get_drawstyle() != "default":
        raise _cannot(line, "without steps")
    drawn = line.get_linestyle() not in ("None", "none", "", " ") and line.get_linewidth() > 0
    dash = _dash(line, pixel)
    cap = line.get_dash_capstyle() if dash else line.get_solid_capstyle()
    style = {
        "kind": "line",
        "stroke": css(line.get_color(), line.get_alpha()) if drawn else None,
        "width": line.get_linewidth() * pixel,
        "dash": dash,
        "cap": "square" if cap == "projecting" else str(cap),
    }
    marker = line.get_marker()
    if marker in (None, "None", "none", "", " "):
        return style
    if not isinstance(marker, str) or marker not in MARKERS:
        raise _cannot(line, f"with the marker {marker!r}; allowed: {' '.join(sorted(MARKERS))}")
    join, filled, outline = _outline(marker, line.get_fillstyle())
    style |= {
        "marker": outline,  # in units of the size; empty for a disk
        "join": join,
        "size": line.get_markersize() * pixel * (0.5 if marker == "." else 1),
        "fill": css(line.get_markerfacecolor(), line.get_alpha()) if filled else None,
        "edge": css(line.get_markeredgecolor(), line.get_alpha()),
        "edgewidth": line.get_markeredgewidth() * pixel,
    }
    return style


@lru_cache
def _outline(marker, fillstyle):
    """Join, whether it is filled, and the outline of a marker of size 1, as lists x, y, x, y, … downwards."""
    style = MarkerStyle(marker, fillstyle)
    polygons = (
        []
        if marker in "o."
        else style.get_transform().transform_path(style.get_path()).to_polygons(closed_only=False)
    )
    outline = [np.round(p * [1, -1], 4).ravel().tolist() for p in polygons]
    return str(style.get_joinstyle()), style.is_filled(), outline


def _boundary(patch) -> tuple[np.ndarray, Transform | None]:
    """The vertices of a patch's boundary and their transform."""
    if type(patch) is Rectangle and not patch.get_angle():  # as bars are: sooner than through its path
        (x0, y0), (x1, y1) = patch.get_bbox().get_points()
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]), patch.get_data_transform()
    path = patch.get_transform().transform_path(patch.get_path())
    return _joined(path.to_polygons(closed_only=False)), None


def _joined(polygons) -> np.ndarray:
    """All polygons in one array, with the pen lifted between them."""
    pieces = [piece for polygon in polygons for piece in (polygon, np.full((1, 2), np.nan))]
    return np.concatenate(pieces[:-1]) if pieces else np.empty((0, 2))


def _segments(artist, style, pixel) -> list:
    """One mark for each combination of color, width and dash in a `LineCollection`."""
    groups = {}
    looks = (artist.get_edgecolor(), artist.get_linewidth(), artist.get_linestyle())
    for k, segment in enumerate(artist.get_segments()):
        color, width, (_, dash) = (each[k % len(each)] for each in looks)
        key = (css(color), float(width * pixel), tuple(float(d * pixel) for d in dash or ()))
        groups.setdefault(key, []).append(segment)
    return [
        (
            {**style, "kind": "line", "stroke": color, "width": width, "dash": list(dash), "cap": "butt"},
            _joined(segments),
            artist.get_transform(),
        )
        for (color, width, dash), segments in groups.items()
    ]


class _Lines(RendererBase):
    """Records where matplotlib puts the lines of a text; sizes are those of the Agg renderer."""

    KEPT = 500

    def __init__(self, agg):
        super().__init__()
        self.agg, self.found, self.known = agg, [], {}
        self._size = lru_cache(self.KEPT)(agg.get_text_width_height_descent)  # asked for twice a line

    def get_text_width_height_descent(self, s, prop, ismath):
        return self._size(s, prop.copy(), ismath)  # a copy: the text may change its own later

    def get_canvas_width_height(self):
        return self.agg.get_canvas_width_height()

    def points_to_pixels(self, points):
        return self.agg.points_to_pixels(points)

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        self.found.append((x, y, s, self.get_text_width_height_descent(s, prop, False)[0]))

    def lines(self, text) -> list[tuple]:
        """Place from the text's own (x, y), words and width of each line; once for each look."""
        x, y = text.get_transform().transform(text.get_unitless_position())
        y = self.get_canvas_width_height()[1] - y
        looks = (text.get_text(), hash(text.get_fontproperties()), text.get_ha(), text.get_va())
        key = (text, *looks, bool(np.isfinite([x, y]).all()))
        if key not in self.known:
            if len(self.known) >= self.KEPT:
                self.known.clear()
            self.found, effects = [], text.get_path_effects()
            try:
                text.set_path_effects(None)
                text.draw(self)
            finally:
                text.set_path_effects(effects)
            self.known[key] = [(xx - x, yy - y, *rest) for xx, yy, *rest in self.found]
        return [(x + dx, y + dy, *rest) for dx, dy, *rest in self.known[key]]


@lru_cache(maxsize=16)
def _recorder(agg):
    """One for each figure on its present canvas."""
    return _Lines(agg)


def _text(text, pixel) -> list:
    """Style and anchor (x, y), in matplotlib's pixels, of each line of a text, on its baseline."""
    if "$" in text.get_text():
        raise ValueError(f"a moving text must be plain text, without mathtext; got {text.get_text()!r}")
    if text.get_bbox_patch() is not None:
        raise _cannot(text, "without a box")
    if text.get_rotation():
        raise _cannot(text, "without a rotation")
    share = {"left": 0.0, "center": 0.5, "right": 1.0}[text.get_ha()]
    visible_lines, recorder = [], _recorder(text.get_figure(root=True).canvas.get_renderer())
    height = recorder.get_canvas_width_height()[1]
    for x, y, line, width in recorder.lines(text):
        # anchored as the text is aligned: a browser without this font has lines of another length
        anchor = (x + share * width, height - y)
        style = {
            "kind": "text",
            "text": line,
            "size": text.get_fontsize() * pixel,
            "fill": css(text.get_color(), text.get_alpha()),
            "weight": str(text.get_fontweight()),
            "slant": text.get_fontstyle(),
            "align": text.get_ha(),
            "halo": max((_width(e) for e in text.get_path_effects()), default=0.0) * pixel,
        }
        visible_lines.append((style, anchor))
    return visible_lines


def _width(effect) -> float:
    return float(getattr(effect, "_gc", {}).get("linewidth", 0.0))  # of `withStroke`, in points
