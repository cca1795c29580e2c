"""What a reader has done: predictions and verdicts in one small file, saved at every check and merged.

The file is `progress.json` in the folder `.answers` beside the notebook, or in the one named by the variable
NOTEBOOKS_MEMORY; NOTEBOOKS_MEMORY=off keeps nothing on disk (notebooks executed for storage, tests).
Its content is {"version": 1, "name": "", "predictions": {key: entry}, "exercises": {key: entry}}; an entry is
{"events": [{"at": time, …}, …]}, so that two files merge by the union of their events. The name is there only
if the reader types one.
"""

import contextlib
import inspect
import json
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VARIABLE = "NOTEBOOKS_MEMORY"
VERSION = 1
KINDS = ("predictions", "exercises")
FILE = "progress.json"
KEPT = 60  # events of one entry, the first and the first right one besides
ROOM = 4000  # characters of an answer
PATIENCE = 2.0  # seconds of waiting for another kernel's lock
STALE = 10.0  # seconds after which a lock or a draft was left behind

_session: dict[str, Any] = {}  # what this kernel has recorded or read, kept whatever becomes of the file
_problem = ""


def empty() -> dict[str, Any]:
    """A record without any event."""
    return {"version": VERSION, "name": "", **{kind: {} for kind in KINDS}}


def folder() -> Path | None:
    """The folder of the file, or None if nothing is kept; raises OSError if the kernel's folder is gone."""
    name = os.environ.get(VARIABLE, "").strip()
    if name.lower() == "off":
        return None
    return Path(name) if name else Path.cwd() / ".answers"


def record(table: str, key: str, /, **event: Any) -> str:
    """Add an event to an entry and save; return "" or, in words, why it could not be saved."""
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    return take(empty() | {table: {key: {"events": [{"at": at, **event}]}}})


def entry(kind: str, key: str) -> list[dict[str, Any]]:
    """The events of an entry, the oldest first."""
    return content()[kind].get(key, {}).get("events", [])


def content() -> dict[str, Any]:
    """All that is known: what this kernel has recorded, and what the file holds."""
    global _session, _problem
    try:
        place = folder()
        if place is not None:
            _session = merged(_session or empty(), read((place / FILE).read_text(encoding="utf-8")))
        _problem = ""
    except FileNotFoundError:
        _problem = ""
    except (OSError, ValueError) as error:
        _problem = _words(error)
    return _session or empty()


def problem() -> str:
    """Why the file could not be read the last time, in words; "" if it could."""
    return _problem


def take(more: dict[str, Any]) -> str:
    """Merge a record into what is known and save it; return "" or, in words, why it could not be saved."""
    global _session
    _session = merged(content(), more)
    draft = None
    try:
        place = folder()
        if place is None:
            return ""
        place.mkdir(parents=True, exist_ok=True)
        with _locked(place):
            _session = merged(content(), more)  # with what another kernel has saved meanwhile
            if _problem:  # damaged: set aside, not overwritten
                with contextlib.suppress(OSError):
                    os.replace(place / FILE, place / f"damaged-{FILE}")
            for old in place.glob("progress.*.part"):
                if time.time() - old.stat().st_mtime > STALE:  # its kernel was killed while it wrote
                    old.unlink(missing_ok=True)
            handle, draft = tempfile.mkstemp(dir=place, prefix="progress.", suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(written(_session))
            os.replace(draft, place / FILE)
    except OSError as error:
        if draft is not None:
            Path(draft).unlink(missing_ok=True)
        return f"This is kept until the kernel stops only: {_words(error)}"
    return ""


def rename(name: str) -> str:
    """Put a name into the record, or take it out; return "" or, in words, why it could not be saved."""
    content()["name"] = _session["name"] = name
    return take(_session)


def written(what: dict[str, Any]) -> str:
    """A record as the text of a file."""
    return json.dumps(what, ensure_ascii=False, indent=1)


def read(text: str) -> dict[str, Any]:
    """A record from the text of a file; raises ValueError, in words, for any other text."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("This is no file of progress: it cannot be read as JSON.") from None
    if not isinstance(found, dict) or not isinstance(found.get("version"), int):
        raise ValueError("This is no file of progress: it names no version.")
    if found["version"] > VERSION:
        raise ValueError(f"This file is of a later edition, version {found['version']}; known is {VERSION}.")
    clean = empty()
    clean["name"] = found["name"][:80] if isinstance(found.get("name"), str) else ""
    for kind in KINDS:
        entries = found.get(kind, {})
        if not isinstance(entries, dict):
            raise ValueError(f"This file of progress is damaged: its {kind} are no table.")
        for key, value in entries.items():
            events = value.get("events") if isinstance(value, dict) else None
            if not isinstance(events, list) or not all(
                isinstance(one, dict) and isinstance(one.get("at"), str) for one in events
            ):
                raise ValueError(f"This file of progress is damaged at {kind}, {key}.")
            clean[kind][key] = {"events": events}
    return clean


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The union of two records; of two names the later argument's."""
    both = empty() | {"name": other["name"] or one["name"]}
    for kind in KINDS:
        for key in {**one[kind], **other[kind]}:
            events = [e for part in (one, other) for e in part[kind].get(key, {"events": ()})["events"]]
            unique = {json.dumps(event, sort_keys=True): event for event in events}
            both[kind][key] = {"events": _shortened(sorted(unique.values(), key=lambda event: event["at"]))}
    return both


def _shortened(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(events) <= KEPT:
        return events
    right = next((event for event in events if event.get("kind") == "holds"), events[0])
    return [*(event for event in events[:-KEPT] if event in (events[0], right)), *events[-KEPT:]]


def answer_text(answer: Any) -> str:
    """An answer as text: a function's source, a panel's values, a number or a proposal."""
    try:
        if isinstance(getattr(answer, "values", None), dict):
            answer = answer.values
        text = inspect.getsource(answer) if callable(answer) else repr(answer)
    except Exception:  # no source, or a broken __repr__ of the reader's
        text = f"an object of type {type(answer).__name__}"
    return text[:ROOM]


@contextlib.contextmanager
def _locked(place: Path) -> Iterator[None]:
    """Hold the lock of the folder; go on without it if another kernel keeps it too long."""
    lock, end = place / "progress.lock", time.monotonic() + PATIENCE
    held = False
    while not held and time.monotonic() < end:
        try:
            lock.touch(exist_ok=False)
            held = True
        except FileExistsError:
            with contextlib.suppress(OSError):
                if time.time() - lock.stat().st_mtime > STALE:  # its kernel was killed
                    lock.unlink()
            time.sleep(0.01)
    try:
        yield
    finally:
        if held:
            lock.unlink(missing_ok=True)


def _words(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "the folder of the notebook is gone."
    if isinstance(error, OSError):
        return f"{error.strerror or 'the folder cannot be written'}."
    return str(error) if "progress" in str(error) or "edition" in str(error) else "the file cannot be read."
