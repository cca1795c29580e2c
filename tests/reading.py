"""Frames as they travel, read by other means than the page's script."""

import json
import zlib

import numpy as np

from helpers.stage.frame import GAP, STEPS, VERSION, Frame, pack


def bytes_of(frame: Frame) -> bytes:
    """The frame by itself: equal bytes, equal pictures and words."""
    head, buffers = pack([frame], set())
    return b"".join([json.dumps(head, sort_keys=True).encode(), *buffers])


def unpack(head: dict, buffers: list[bytes], styles: dict) -> list[dict]:
    """The frames of a message, as the page reads them: the heads, each with its *points* (n, 2) in pixels.

    `styles`: key → styles of messages before; those of this one are added.
    """
    if head["version"] != VERSION:
        raise ValueError(f"frames of version {VERSION} can be read; these have version {head['version']}")
    styles.update(head["styles"])
    data = np.frombuffer(zlib.decompress(buffers[0]) if head["small"] else buffers[0], "<i2")
    frames, at, before = [], 0, None
    for one in head["frames"]:
        if "error" in one:
            frames.append(one)
            continue
        count = sum(one["counts"])
        planes = data[at : at + 2 * count].reshape(2, count)
        at += 2 * count
        before = planes + before if one["after"] else planes
        points = np.where(before == GAP, np.nan, before / STEPS).T
        frames.append(one | {"points": points, "styles": styles[one["styles"]]})
    return frames
