"""Frames computed in advance and written to files, so that a page without a kernel can show them.

A folder holds ``scene.json`` (the scene, its starts, and which file has the moves of which control) and, for
each view, a folder with one file for each start and control, and the pictures by their keys. The starts are
the initial values and each preset. Of a slider all positions are recorded, of a choice and a switch all
values, of a pad a grid. A file is one message of `helpers.stage.frame`: the length of its head as four bytes,
little-endian, the compressed head, the compressed vertices. These are written as differences, once more along
each curve, ±1, ±2 … as 1, 2, 3, 4 …, first all low bytes and then all high ones: zlib then makes them smaller
by a third.
"""

import json
import pathlib
import struct
import zlib
from functools import lru_cache

import numpy as np

from helpers.stage.frame import pack
from helpers.stage.scene import Scene, View

GRID = 12  # positions of each slider in the grid of a pad
VIEWS = {"wide": View(), "narrow": View(1.5, narrow=True)}  # the second for telephones, of more pixels
RESULTS = 1000  # kept while the moves from one start are recorded in both views


def record(
    scene: Scene, folder: pathlib.Path, views: dict[str, View] = VIEWS, limit: int | None = None
) -> int:
    """Write all that a page can show of a scene by one move from a start; returns the number of frames.

    Each view has a folder of its name. With a `limit`, for a look, there is one start, and of a move at
    most so many positions.
    """
    scene.compute = lru_cache(RESULTS)(scene.compute)  # each once, whatever the view and the start
    starts = [scene.initial]
    for values in () if limit else scene.presets.values():
        start = scene.followed(scene.initial | values, None)
        if scene.wire(start) not in map(scene.wire, starts):
            starts.append(start)
    pads = [f"{pad.x},{pad.y}" for pad in scene.pads]
    groups = [{"start.bin": (starts, None)}]
    moves = {}
    for number, start in enumerate(starts):
        groups.append({})
        for name in [*scene.controls, *pads]:
            file = moves[f"{number} {name}"] = f"{number}-{name.replace(',', '-')}.bin"
            mover = name if name in scene.controls else None
            groups[-1][file] = _moves(scene, start, name, limit), mover
    for one in views:
        (folder / one / "pictures").mkdir(parents=True, exist_ok=True)
    frames = 0
    for files in groups:  # to change the view takes longer than a frame
        for one, view in views.items():
            for file, (values, name) in files.items():
                frames += _write(scene, folder / one, file, values, name, view)
    content = {
        "data": scene.data(),
        "starts": [scene.wire(start) for start in starts],
        "moves": moves,
        "views": {one: {"size": scene.size(view.narrow), "ratio": view.ratio} for one, view in views.items()},
    }
    (folder / "scene.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return frames


def _write(scene, folder, file: str, moves: list[dict], name: str | None, view: View) -> int:
    """One message with the frames of some moves; pictures that are new go to files of their own."""
    frames = [scene.moved(values, name, view) for values in moves]
    head, (vertices, *pngs) = pack(frames, set(), small=True)
    steps = np.diff(np.frombuffer(zlib.decompress(vertices), "<i2"), prepend=np.int16(0))  # modulo 2^16
    unsigned = ((steps << 1) ^ (steps >> 15)).astype("<i2").view(np.uint8).reshape(-1, 2)
    vertices = zlib.compress(unsigned.T.tobytes(), 9)
    for (key, *_), png in zip(head["pictures"], pngs, strict=True):
        path = folder / "pictures" / f"{key}.png"
        if not path.exists():
            path.write_bytes(png)
    head |= {"kind": "frames", "name": name, "now": False, "small": False}
    packed = zlib.compress(json.dumps(head, ensure_ascii=False).encode(), 9)
    (folder / file).write_bytes(struct.pack("<I", len(packed)) + packed + vertices)
    return len(frames)


def _moves(scene: Scene, start: dict, name: str, limit: int | None = None) -> list[dict]:
    """The values that one move of a control or pad leads to, neighbours after one another."""
    if name in scene.controls:
        control = scene.controls[name]
        everywhere = [start[name], *scene.around(name, start)][:limit]
        return [start | {name: value} for value in sorted(everywhere, key=control.wire)]
    pad = next(pad for pad in scene.pads if name == f"{pad.x},{pad.y}")
    x, y = (_spread(scene.controls[one].positions)[:limit] for one in (pad.x, pad.y))
    return [start | {pad.x: one, pad.y: other} for one in x for other in y]


def _spread(positions: list) -> list:
    last = len(positions) - 1
    return [positions[k] for k in sorted({round(i * last / (GRID - 1)) for i in range(GRID)})]
