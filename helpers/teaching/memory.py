"""Answers that survive a restart of the kernel: one small JSON file a key, in a hidden folder.

The folder is `.answers` beside the notebook, or the one named by the environment variable NOTEBOOKS_MEMORY;
NOTEBOOKS_MEMORY=off keeps nothing (used when notebooks are executed for storage, and in tests).
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

VARIABLE = "NOTEBOOKS_MEMORY"


def folder() -> Path | None:
    """The folder of the answers, or None if nothing is to be kept."""
    name = os.environ.get(VARIABLE, "").strip()
    if name.lower() == "off":
        return None
    return Path(name) if name else Path.cwd() / ".answers"


def save(key: str, content: dict[str, Any]) -> str:
    """Write the content as a whole or not at all; return "" or, in words, why it could not be kept."""
    place = folder()
    if place is None:
        return ""
    draft = None
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=place, prefix=f"{key}.", suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False)
        os.replace(draft, place / f"{key}.json")
    except OSError as error:
        if draft is not None:
            Path(draft).unlink(missing_ok=True)
        return f"It is kept until the kernel stops only: {error.strerror or 'the folder cannot be written'}."
    return ""


def load(key: str) -> tuple[dict[str, Any], str]:
    """Read what was saved; ({}, "") if there is nothing, ({}, words) if it cannot be read."""
    place = folder()
    if place is None:
        return {}, ""
    try:
        content = json.loads((place / f"{key}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError):  # ValueError: not JSON, or not UTF-8
        content = None
    if isinstance(content, dict):
        return content, ""
    return {}, "An answer stored earlier could not be read and is ignored."
