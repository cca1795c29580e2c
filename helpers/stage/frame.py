"""A frame: all that the page needs to show one choice of the controls, and the form in which it travels.

Packed, version 1: a head that JSON can hold, and buffers. The first buffer has the vertices of all frames,
little-endian 16-bit integers in sixteenths of a pixel from the top left corner, `GAP` where the pen is
lifted: all x of a frame, then all y; in a frame marked *after* they are differences to those of the frame
before. The other buffers are the PNG pictures named in the head. Styles and pictures travel once and are
referred to by their keys.
"""

import hashlib
import json
import zlib
from dataclasses import dataclass, field

import numpy as np
from matplotlib.path import Path
from matplotlib.transforms import Bbox

VERSION = 1
STEPS = 16  # to a pixel
GAP = -(2**15)
REACH = 2040.0  # pixels, from the corner: what lies beyond is cut off, and 16 bits hold the rest
LONG = 256  # vertices, from which on those that cannot be seen are left out, as matplotlib does from 128 on
WINDOW = (-REACH, -REACH, REACH, REACH)


@dataclass(frozen=True)
class Picture:
    """A fixed part of the figure: a PNG at its place in screen pixels, below or above what moves."""

    png: bytes
    left: int
    top: int
    above: bool
    key: str = ""

    def __post_init__(self):
        place = f"{self.left},{self.top},{self.above}".encode()
        object.__setattr__(self, "key", hashlib.blake2b(self.png + place, digest_size=8).hexdigest())


@dataclass(frozen=True, eq=False)
class Frame:
    """What one choice of the controls shows; `asked` and `values` are as the page holds them.

    `values` differs from `asked` where controls follow another. A frame with an `error` has nothing else.
    """

    asked: list
    values: list
    error: str = ""
    sentence: str = ""
    styles: list = field(default_factory=list)
    texts: list = field(default_factory=list)
    counts: list = field(default_factory=list)
    points: np.ndarray = field(default_factory=lambda: np.empty((0, 2), np.int16))
    pictures: tuple = ()
    areas: list = field(default_factory=list)
    positions: dict = field(default_factory=dict)
    result: object = None  # never sent

    @property
    def size(self) -> int:
        """Bytes that the page keeps of it, pictures aside."""
        return self.points.nbytes + 2 * len(self.sentence) + 200


def quantized(styles: list[dict], vertices: list[np.ndarray]) -> tuple[list[int], np.ndarray]:
    """The number of vertices of each mark, and all of them in `STEPS` of a pixel, (n, 2)."""
    pieces = [_within(style, points) for style, points in zip(styles, vertices, strict=True)]
    points = np.concatenate(pieces) if pieces else np.empty((0, 2))
    whole = np.full(points.shape, GAP, np.int16)
    finite = np.isfinite(points).all(axis=1)
    whole[finite] = np.rint(points[finite] * STEPS)
    return [len(piece) for piece in pieces], whole


def _within(style, points) -> np.ndarray:
    """The vertices (n, 2) of a mark with all that lies beyond `REACH` cut off; a row of NaN lifts the pen."""
    far = np.abs(points).max(axis=1, initial=0) > REACH  # False for NaN
    line = style["kind"] == "path" and "fill" not in style
    simplify = line and len(points) >= LONG and not np.isnan(points).any()  # the ends at a gap would move
    if not far.any() and not simplify:
        return points
    if style["kind"] != "path":
        return np.where(far[:, None], np.nan, points)
    if not line:
        return _polygons_within(points)
    path = Path(points).cleaned(remove_nans=True, clip=WINDOW, simplify=simplify)
    kept = path.codes != Path.STOP
    xy, begins = path.vertices[kept], path.codes[kept] == Path.MOVETO
    begins[:1] = False
    return np.insert(xy, np.flatnonzero(begins), np.nan, axis=0)


def _polygons_within(points) -> np.ndarray:
    gaps = np.flatnonzero(np.isnan(points[:, 0]))
    pieces = []
    for polygon in np.split(points, gaps):
        polygon = polygon[~np.isnan(polygon[:, 0])]
        if len(polygon) > 2:
            cut = Path(np.vstack([polygon, polygon[:1]])).clip_to_bbox(Bbox.from_extents(WINDOW)).vertices
            pieces += [cut, np.full((1, 2), np.nan)]
    return np.concatenate(pieces[:-1]) if pieces else np.empty((0, 2))


def pack(frames: list[Frame], known: set[str], *, small: bool = False) -> tuple[dict, list[bytes]]:
    """Head and buffers of some frames; what the receiver has is in `known`, which is brought up to date.

    `small`: vertices as differences and compressed, for what is not waited for.
    """
    heads, points, styles, pictures = [], [], {}, []
    before = None
    for frame in frames:
        head = {"asked": frame.asked}
        if frame.values != frame.asked:
            head["values"] = frame.values
        if frame.positions:
            head["positions"] = frame.positions
        if frame.error:
            heads.append(head | {"error": frame.error})
            continue
        text = json.dumps(frame.styles)
        key = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        if key not in known:
            known.add(key)
            styles[key] = frame.styles
        for picture in frame.pictures:
            if picture.key not in known:
                known.add(picture.key)
                pictures.append(picture)
        planes = frame.points.T  # x, then y: alike numbers stand together
        after = small and before is not None and before.shape == planes.shape
        points.append(planes - before if after else planes)  # modulo 2^16
        before = planes
        head |= {
            "sentence": frame.sentence,
            "styles": key,
            "texts": frame.texts,
            "counts": frame.counts,
            "pictures": [picture.key for picture in frame.pictures],
            "areas": frame.areas,
            "after": after,
        }
        heads.append(head)
    data = b"".join(np.ascontiguousarray(one, "<i2").tobytes() for one in points)
    head = {
        "version": VERSION,
        "frames": heads,
        "styles": styles,
        "pictures": [[p.key, p.left, p.top, p.above] for p in pictures],
        "small": small,
    }
    return head, [zlib.compress(data, 6) if small else data, *(p.png for p in pictures)]
