"""Frames computed in advance and written to files, so that a page without a kernel can show them.

A folder holds ``scene.json`` (the scene, its starts, and which file has the moves of which control), one file
for each start and control, and the pictures by their keys. The starts are the initial values and each preset.
Of a slider all positions are recorded, of a choice and a switch all values, of a pad a grid. A file is one
message of `helpers.stage.frame` in its small form: the length of its head as four bytes, little-endian, the
compressed head, the compressed vertices.
"""

from __future__ import annotations

import json
import pathlib
import struct
import zlib

from helpers.stage.frame import pack
from helpers.stage.scene import Scene, View

GRID = 12  # positions of each slider in the grid of a pad


def record(scene: Scene, folder: pathlib.Path, view: View | None = None) -> int:
    """Write all that a page can show of a scene by one move from a start; returns the number of frames."""
    view = view or View()
    writer = _Writer(scene, pathlib.Path(folder), view)
    starts = [scene.initial]
    for values in scene.presets.values():
        start = scene.followed(scene.initial | values, None)
        if scene.wire(start) not in map(scene.wire, starts):
            starts.append(start)
    moves = {}
    pads = [f"{pad.x},{pad.y}" for pad in scene.pads]
    writer.write("start.bin", starts, None)
    for number, start in enumerate(starts):
        for name in [*scene.controls, *pads]:
            file = moves[f"{number} {name}"] = f"{number}-{name.replace(',', '-')}.bin"
            writer.write(file, _moves(scene, start, name), name if name in scene.controls else None)
    content = {
        "data": scene.data() | {"foretold": True},
        "starts": [scene.wire(start) for start in starts],
        "moves": moves,
        "size": scene.size(view.narrow),
        "ratio": view.ratio,
    }
    (writer.folder / "scene.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return writer.frames


def _moves(scene: Scene, start: dict, name: str) -> list[dict]:
    """The values that one move of a control or pad leads to, neighbours after one another."""
    if name in scene.controls:
        control = scene.controls[name]
        everywhere = [*scene.around(name, start), start[name]]
        return [start | {name: value} for value in sorted(everywhere, key=control.wire)]
    pad = next(pad for pad in scene.pads if name == f"{pad.x},{pad.y}")
    x, y = (_spread(scene.controls[one].positions) for one in (pad.x, pad.y))
    return [start | {pad.x: one, pad.y: other} for one in x for other in y]


def _spread(positions: list) -> list:
    last = len(positions) - 1
    return [positions[k] for k in sorted({round(i * last / (GRID - 1)) for i in range(GRID)})]


class _Writer:
    def __init__(self, scene, folder, view):
        self.scene, self.folder, self.view = scene, folder, view
        self.frames = 0
        (folder / "pictures").mkdir(parents=True, exist_ok=True)

    def write(self, file: str, moves: list[dict], name: str | None):
        """One message with the frames of some moves; pictures that are new go to files of their own."""
        frames = [self.scene.moved(values, name, self.view) for values in moves]
        self.frames += len(frames)
        head, (vertices, *pngs) = pack(frames, set(), small=True)
        for (key, *_), png in zip(head["pictures"], pngs, strict=True):
            path = self.folder / "pictures" / f"{key}.png"
            if not path.exists():
                path.write_bytes(png)
        text = json.dumps(head | {"kind": "frames", "name": name, "now": False}, ensure_ascii=False)
        packed = zlib.compress(text.encode(), 9)
        (self.folder / file).write_bytes(struct.pack("<I", len(packed)) + packed + vertices)
