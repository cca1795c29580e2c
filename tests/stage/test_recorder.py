"""What is recorded is what the scene computes: decoded here by other means than the page's script."""

import json
import struct
import zlib

import numpy as np
import pytest
from reading import unpack

from helpers.stage.frame import pack
from helpers.stage.recorder import VIEWS, record


def read(path):
    """The frames of one file, the coding of its vertices undone one number after the other."""
    data = path.read_bytes()
    (size,) = struct.unpack_from("<I", data)
    head = json.loads(zlib.decompress(data[4 : 4 + size]))
    planes = zlib.decompress(data[4 + size :])
    half, value, vertices = len(planes) // 2, 0, []
    for low, high in zip(planes[:half], planes[half:], strict=True):
        code = low + 256 * high
        value = (value + (-(code + 1) // 2 if code % 2 else code // 2)) % 2**16
        vertices.append(value)
    return head, unpack(head, [np.array(vertices, "<u2").tobytes()], {})


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, waves):
    folder = tmp_path_factory.mktemp("scene")
    scene = waves(presets={"High": {"a": 1.0}})
    return scene, folder, record(scene, folder)


@pytest.mark.parametrize("one", VIEWS)
def test_each_recorded_frame_is_that_of_the_scene(recorded, waves, one):
    scene, folder, _ = recorded
    content = json.loads((folder / "scene.json").read_text(encoding="utf-8"))
    afresh = waves(presets={"High": {"a": 1.0}})
    assert content["views"][one] == {"size": list(scene.size(VIEWS[one].narrow)), "ratio": VIEWS[one].ratio}
    assert content["starts"] == [scene.wire(scene.initial), scene.wire(scene.initial | {"a": 1.0})]
    assert set(content["moves"]) == {f"{start} {name}" for start in (0, 1) for name in scene.controls}
    for number, start in enumerate((scene.initial, scene.initial | {"a": 1.0})):
        for name, count in {"a": 11, "shape": 2, "shown": 2}.items():
            head, frames = read(folder / one / content["moves"][f"{number} {name}"])
            assert head["name"] == name and len({json.dumps(frame["asked"]) for frame in frames}) == count
            for frame in frames:
                values = afresh.unwire(frame["asked"])
                assert all(values[other] == start[other] for other in scene.controls if other != name)
                frame.pop("after")  # how it was packed
                expected = afresh.frame(values, VIEWS[one])
                (other,) = unpack(*pack([expected], set()), {})
                other.pop("after")
                np.testing.assert_array_equal(frame.pop("points"), other.pop("points"))
                assert frame == other
                for picture in expected.pictures:
                    assert (folder / one / "pictures" / f"{picture.key}.png").read_bytes() == picture.png


def test_all_frames_are_counted(recorded):
    _, folder, count = recorded
    for one in VIEWS:
        files = list((folder / one).glob("*.bin"))
        assert len(files) == 1 + 2 * 3  # the starts, and three controls from each
    assert count == sum(len(read(path)[1]) for path in folder.glob("*/*.bin"))
