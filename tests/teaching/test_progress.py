"""What a reader has done: saved whole, merged, read again, and refused in words where it is damaged."""

import json
import multiprocessing
import os
import shutil
import stat

import pytest

from helpers.teaching import progress


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "answers"
    monkeypatch.setenv(progress.VARIABLE, str(place))
    return place


def restart(monkeypatch):
    monkeypatch.setattr(progress, "_session", {})


def test_events_are_kept_in_order_over_a_restart(folder, monkeypatch):
    assert progress.record("exercises", "5.2/a", kind="broken", broken="x") == ""
    assert progress.record("exercises", "5.2/a", kind="holds") == ""
    restart(monkeypatch)
    assert [event["kind"] for event in progress.entry("exercises", "5.2/a")] == ["broken", "holds"]
    saved = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    assert saved["version"] == 1 and saved["name"] == ""  # nothing personal
    assert set(saved) == {"version", "name", "predictions", "exercises"}
    assert [path.name for path in folder.iterdir()] == ["progress.json"]


def test_the_draft_of_a_kernel_that_was_killed_is_cleared_away_and_a_fresh_one_is_not(folder):
    folder.mkdir()
    old, fresh = folder / "progress.a.part", folder / "progress.b.part"
    for draft in (old, fresh):
        draft.write_text("{")
    os.utime(old, (0, 0))
    assert progress.record("exercises", "5.2/a", kind="holds") == ""
    assert not old.exists() and fresh.exists()


def write_many(place, name, count):
    os.environ[progress.VARIABLE] = place
    progress._session = {}
    for number in range(count):
        assert progress.record("exercises", f"0/{name}", kind="broken", number=number) == ""
        assert progress.record("predictions", "shared", value=f"{name}{number}") == ""


def test_kernels_that_write_at_once_lose_nothing(folder, monkeypatch):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(str(folder), name, 15)) for name in "abc"]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert all(one.exitcode == 0 for one in writers)
    for name in "abc":
        assert [event["number"] for event in progress.entry("exercises", f"0/{name}")] == list(range(15))
    assert len(progress.entry("predictions", "shared")) == 45
    assert [path.name for path in folder.iterdir()] == ["progress.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", "3", "\x00", '"text"', "[" * 100_000, b"\xff\xfe"])
def test_a_damaged_file_is_said_and_set_aside(folder, monkeypatch, content):
    folder.mkdir()
    data = content if isinstance(content, bytes) else content.encode()
    (folder / "progress.json").write_bytes(data)
    assert progress.entry("exercises", "5.2/a") == [] and progress.problem()
    assert progress.record("exercises", "5.2/a", kind="holds") == ""
    assert (folder / "damaged-progress.json").read_bytes() == data
    restart(monkeypatch)
    assert len(progress.entry("exercises", "5.2/a")) == 1 and progress.problem() == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read as JSON"),
        ("[1]", "names no version"),
        ('{"version": "1"}', "names no version"),
        ('{"version": 2}', "later edition, version 2"),
        ('{"version": 1, "exercises": []}', "its exercises are no table"),
        ('{"version": 1, "exercises": {"a": 3}}', "damaged at exercises, a"),
        ('{"version": 1, "predictions": {"a": {"events": [{}]}}}', "damaged at predictions, a"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        progress.read(text)


def test_what_is_written_is_read():
    progress.record("exercises", "5.2/a", kind="holds", answer="x = “1”\n")
    assert progress.read(progress.written(progress.content())) == progress.content()


def test_merging_is_a_union_in_any_order(monkeypatch):
    progress.record("exercises", "5.2/a", kind="broken")
    one = progress.content()
    restart(monkeypatch)
    progress.record("exercises", "5.2/a", kind="holds")
    progress.record("predictions", "b", value=3)
    other = progress.content()
    both = progress.merged(one, other)
    assert both == progress.merged(other, one) == progress.merged(both, one) == progress.merged(both, both)
    assert [event["kind"] for event in both["exercises"]["5.2/a"]["events"]] == ["broken", "holds"]


def test_thousands_of_checks_stay_small_and_keep_the_first_right_one():
    progress.record("exercises", "5.2/a", kind="broken", number=0)
    progress.record("exercises", "5.2/a", kind="holds", number=1)
    for number in range(2, 150):
        progress.record("exercises", "5.2/a", kind="broken", number=number)
    numbers = [event["number"] for event in progress.entry("exercises", "5.2/a")]
    assert numbers[:2] == [0, 1] and numbers[2:] == list(range(90, 150))


def test_a_write_that_fails_leaves_the_old_file_whole(folder, monkeypatch):
    progress.record("exercises", "5.2/a", kind="broken")

    def fail(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    words = progress.record("exercises", "5.2/a", kind="holds")
    assert words == "This is kept until the kernel stops only: No space left on device."
    assert len(progress.entry("exercises", "5.2/a")) == 2  # in this kernel
    assert [path.name for path in folder.iterdir()] == ["progress.json"]
    restart(monkeypatch)
    assert len(progress.entry("exercises", "5.2/a")) == 1


def test_a_file_in_place_of_the_folder_is_said_in_words(folder):
    folder.write_text("")
    assert "kept until the kernel stops only" in progress.record("exercises", "5.2/a", kind="holds")
    assert stat.S_ISREG(folder.stat().st_mode) and len(progress.entry("exercises", "5.2/a")) == 1


def test_a_folder_that_is_gone_is_said_and_nothing_is_lost(tmp_path, monkeypatch):
    place = tmp_path / "gone"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.delenv(progress.VARIABLE)
    progress.record("exercises", "5.2/a", kind="broken")
    shutil.rmtree(place)
    words = progress.record("exercises", "5.2/a", kind="holds")
    assert words == "This is kept until the kernel stops only: the folder of the notebook is gone."
    assert len(progress.entry("exercises", "5.2/a")) == 2


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_said(folder):
    folder.mkdir(mode=0o500)
    assert "Permission denied" in progress.record("exercises", "5.2/a", kind="holds")


def test_a_lock_left_behind_by_a_killed_kernel_is_broken(folder):
    folder.mkdir()
    lock = folder / "progress.lock"
    lock.touch()
    os.utime(lock, (1, 1))
    assert progress.record("exercises", "5.2/a", kind="holds") == "" and not lock.exists()
