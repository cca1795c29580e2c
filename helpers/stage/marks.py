"""What a canvas needs to draw a matplotlib artist: marks, each a style and vertices in pixels.

The artist draws itself, on a renderer that keeps what it is told. There are three kinds of mark: a path,
markers at each vertex, a line of text. A style names what a canvas names, lengths in pixels; *fill* closes a
path, *outlines* or the *radius* of a disk are those of a marker.
"""

from functools import lru_cache

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.path import Path
from matplotlib.text import Text

SHARE = {"left": 0.0, "center": 0.5, "right": 1.0}  # of a line of text, before the point that stays


def marks(artist) -> list[tuple[dict, np.ndarray]]:
    """Pairs of a style and of vertices (n, 2) from the top left corner of the figure; NaN lifts the pen.

    A hidden artist has no marks.

    Raises
    ------
    ValueError : for an artist or a property that the canvas cannot draw
    """
    recorder = _recorder(artist.get_figure(root=True).canvas.get_renderer())
    is_text = isinstance(artist, Text)
    effects = artist.get_path_effects() if is_text else None
    recorder.begin(artist.get_ha() if is_text else "left", max(map(_width, effects or ()), default=0.0))
    try:
        if effects:  # they would take the text apart
            artist.set_path_effects(None)
        with np.errstate(all="ignore"):
            artist.draw(recorder)
    except NotImplementedError as problem:
        kind = type(artist).__name__
        raise ValueError(f"the stage cannot move this {kind}; it moves lines, patches and texts") from problem
    finally:
        if effects:
            artist.set_path_effects(effects)
    return recorder.found


@lru_cache
def css(r, g, b, a) -> str:
    """A color of matplotlib's in the browser's words."""
    return f"rgba({round(255 * r)},{round(255 * g)},{round(255 * b)},{a:.3g})"


class Recorder(RendererBase):
    """Keeps what artists draw; sizes of letters are those of the Agg renderer."""

    def __init__(self, agg):
        super().__init__()
        self.points_to_pixels = agg.points_to_pixels
        self.get_canvas_width_height = agg.get_canvas_width_height
        self.get_text_width_height_descent = agg.get_text_width_height_descent
        self.height, self.pixel = agg.get_canvas_width_height()[1], agg.points_to_pixels(1.0)

    def begin(self, align: str, halo: float):
        """Forget what was drawn; `align` and `halo`, in points, are those of a text to come."""
        self.found, self.align, self.halo = [], align, halo

    def draw_path(self, gc, path, transform, rgbFace=None):
        style = self._style("path", gc, rgbFace)
        if "stroke" in style:
            cap = gc.get_capstyle()
            style["cap"] = "square" if cap == "projecting" else str(cap)
            style["dash"] = [float(length * self.pixel) for length in gc.get_dashes()[1] or ()]
        self._keep(style, self._vertices(path, transform))

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None):
        style = self._style("markers", gc, rgbFace)
        if marker_path is Path.unit_circle():
            style["radius"] = float(marker_trans.get_matrix()[0, 0])
        else:  # x, y, x, y, … downwards
            outlines = marker_path.to_polygons(marker_trans, closed_only=False)
            style["outlines"] = [np.round(one * [1, -1], 3).ravel().tolist() for one in outlines]
        self._keep(style, self._vertices(path, trans))

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        if ismath or angle:
            raise ValueError(f"a moving text must be plain and level; got {s!r}")
        width = self.get_text_width_height_descent(s, prop, False)[0] if SHARE[self.align] else 0.0
        style = self._clip(gc) | {
            "kind": "text",
            "text": s,
            "size": prop.get_size_in_points() * self.pixel,
            "fill": css(*gc.get_rgb()),
            "weight": str(prop.get_weight()),
            "slant": prop.get_style(),
            "align": self.align,
            "halo": self.halo * self.pixel,
        }
        # anchored as the text is aligned: a browser without this font has lines of another length
        self.found.append((style, np.array([[x + SHARE[self.align] * width, y]])))

    def _style(self, kind, gc, face) -> dict:
        if gc.get_hatch():
            raise ValueError("the stage cannot move a hatch")
        style, width = self._clip(gc) | {"kind": kind}, gc.get_linewidth() * self.pixel
        if width:
            style |= {"stroke": css(*gc.get_rgb()), "width": width, "join": str(gc.get_joinstyle())}
        if face is not None and len(face) == 4 and gc.get_forced_alpha():
            face = (*face[:3], gc.get_alpha())
        if face is not None and face[3]:
            style["fill"] = css(*face)
        return style

    def _clip(self, gc) -> dict:
        box = gc.get_clip_rectangle()
        if box is None:
            return {}
        left, bottom, right, top = box.extents.tolist()
        return {"clip": [round(v, 2) for v in (left, self.height - top, right, self.height - bottom)]}

    def _vertices(self, path, transform) -> np.ndarray:
        if path.codes is None:
            points = transform.transform_affine(path.vertices)
        else:
            points = _joined(path.to_polygons(transform, closed_only=False))
        points[:, 1] = self.height - points[:, 1]
        points[~np.isfinite(points).all(axis=1)] = np.nan
        return points

    def _keep(self, style, points):
        if not style.keys() & {"stroke", "fill"}:
            return
        if self.found and self.found[-1][0] == style:  # as the segments of a collection
            points = _joined([self.found.pop()[1], points])
        self.found.append((style, points))


@lru_cache(maxsize=16)
def _recorder(agg) -> Recorder:
    """One for each figure on its present canvas: matplotlib keeps the sizes of texts with it."""
    return Recorder(agg)


def _joined(pieces) -> np.ndarray:
    """All pieces in one array, with the pen lifted between them."""
    parts = [part for piece in pieces for part in (piece, np.full((1, 2), np.nan))]
    return np.concatenate(parts[:-1]) if parts else np.empty((0, 2))


def _width(effect) -> float:
    return float(getattr(effect, "_gc", {}).get("linewidth", 0.0))  # of `withStroke`, in points
