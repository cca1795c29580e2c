"""The fixed parts of a figure as pictures: for each axes one below what moves and, for legends, one above."""

import io

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from helpers.stage.frame import Picture

KEPT = 40  # renderings of each axes, some 20 kB each


class Pictures:
    """The pictures of a figure, rendered anew only where something has changed.

    A change of limits, scales, labels or titles is noticed; another change of the fixed parts needs a name,
    `looks`, or a call of `invalidate`, after which nothing rendered before is taken for the present.

    Parameters
    ----------
    figure : a matplotlib figure on an Agg canvas
    moving : the artists that are not part of the pictures
    """

    def __init__(self, figure: Figure, moving=()):
        self.figure, self.moving = figure, list(moving)
        self.looks = None  # names what the figure shows besides its limits and titles
        self._rendered = {}  # axes, or the figure → what it shows → its pictures

    def invalidate(self):
        """Let all be rendered when next asked for."""
        self._rendered.clear()

    def of(self, view) -> tuple[Picture, ...]:
        """The pictures of what the figure shows now, `view.ratio` screen pixels a figure pixel."""
        order = sorted(self.figure.axes, key=lambda axes: axes.get_zorder())
        pictures = []
        for one in [self.figure, *order]:
            known, looks = self._rendered.setdefault(one, {}), (view, self.looks, *_looks(one))
            if looks not in known:
                while len(known) >= KEPT:
                    known.pop(next(iter(known)))  # the oldest
                known[looks] = self._render(one, view.ratio)
            pictures += known[looks]
        return tuple(pictures)

    def in_order(self) -> list:
        """The moving artists as matplotlib would draw them: axes after axes, by zorder, then by age."""
        place = {}
        for axes in self.figure.axes:
            for artist in _as_drawn(axes):
                place[artist] = len(place)
        return sorted(self.moving, key=lambda artist: place.get(artist, len(place)))

    def _render(self, one, ratio) -> list[Picture]:
        """The pictures of one axes, or of the figure without its axes."""
        figure, dpi, axes = self.figure, self.figure.dpi, self.figure.axes
        above = [] if one is figure else self._above(one)
        shown, animated = [a.get_visible() for a in axes], [a.get_animated() for a in above]
        try:
            figure.set_dpi(dpi * ratio)
            renderer = figure.canvas.get_renderer()
            renderer.clear()
            for artist in above:
                artist.set_animated(True)
            if one is figure:
                for other in axes:
                    other.set_visible(False)
            one.draw(renderer)  # skips animated artists
            pictures = [_cut(renderer, above=False)]
            if above:
                renderer.clear()
                for artist in above:
                    artist.draw(renderer)
                pictures.append(_cut(renderer, above=True))
        finally:
            figure.set_dpi(dpi)
            for other, before in zip(axes, shown, strict=True):
                other.set_visible(before)
            for artist, before in zip(above, animated, strict=True):
                artist.set_animated(before)
        return [picture for picture in pictures if picture]

    def _above(self, axes) -> list:
        """The fixed artists, such as legends, that matplotlib draws after all moving ones of their axes."""
        drawn = _as_drawn(axes)
        # a moving text may lie on top of everything without pushing the legend below the lines
        own = [k for k, artist in enumerate(drawn) if artist in self.moving]
        own = [k for k in own if not isinstance(drawn[k], Text)] or own
        rest = drawn[own[-1] + 1 :] if own else []
        return [artist for artist in rest if artist not in self.moving and artist.get_visible()]


def _as_drawn(axes) -> list:
    """All that an axes holds, in the order in which matplotlib draws it: its patch before anything else."""
    return sorted(axes.get_children(), key=lambda a: (a is not axes.patch, a.get_zorder()))


def _looks(one) -> tuple:
    """What of an axes, or of the figure itself, may change without a name."""
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


def _cut(renderer, above: bool) -> Picture | None:
    """What has been drawn, cut to its size; None if nothing has."""
    pixels = np.asarray(renderer.buffer_rgba())
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return None
    top, left = int(rows[0]), int(columns[0])
    cut = np.ascontiguousarray(pixels[top : rows[-1] + 1, left : columns[-1] + 1])
    opaque = cut[..., 3].min() == 255
    buffer = io.BytesIO()
    Image.fromarray(cut[..., :3] if opaque else cut).save(buffer, "PNG", compress_level=1)
    return Picture(buffer.getvalue(), left, top, above)
