"""What the teaching objects put on the page: escaped HTML, folded parts, and one bundle for every reader."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

_EMPHASIS = r"(?<![*\w)\]])\*([A-Za-z][^*<>]*?\w)\*(?![*\w])"
VIEW = "application/vnd.jupyter.widget-view+json"


def prose(text: str) -> str:
    """Turn plain text into HTML: paragraphs at blank lines, `code`, **bold**, and ``` blocks."""
    parts = []
    for number, block in enumerate(text.strip().split("```")):
        if number % 2:
            source = block.removeprefix("python").strip("\n")
            parts.append(f"<pre><code>{html.escape(source)}</code></pre>")
            continue
        for paragraph in re.split(r"\n\s*\n", block):
            if paragraph.strip():
                parts.append(f"<p>{inline(' '.join(paragraph.split()))}</p>")
    return "\n".join(parts)


def inline(text: str) -> str:
    """Escape one line of text and mark `code`, **bold** and *emphasis* in it; W* stays as it is."""
    escaped = html.escape(text, quote=False)
    escaped = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    escaped = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", escaped)
    return re.sub(_EMPHASIS, r"<em>\1</em>", escaped)


def folded(title: str, body: str) -> str:
    """Fold HTML under a title; it opens by mouse, or by Enter and Space from the keyboard."""
    return f"<details><summary>{inline(title)}</summary>\n{body}\n</details>"


def ladder(hints: tuple[str, ...]) -> str:
    """Fold each hint inside the one before it, so that they open one at a time."""
    body = ""
    for number in range(len(hints), 0, -1):
        body = folded(f"Hint {number} of {len(hints)}", prose(hints[number - 1]) + body)
    return body


def boxed(body: str, status: bool = False) -> str:
    """Set HTML off from the page by a rule at its left; `status` announces it to a screen reader."""
    role = ' role="status"' if status else ""
    return f'<div{role} style="border-left: 4px solid; padding-left: 0.8em">\n{body}\n</div>'


def plain(text: str) -> str:
    """Drop the marks of `prose` from a text."""
    text = re.sub(r"\*\*([^*]+)\*\*", r"\1", text)
    return re.sub(_EMPHASIS, r"\1", text).replace("```python", "```").strip()


def bundle(static: str, words: str, live: Callable[[], Any] | None = None) -> dict[str, Any]:
    """Make a mimebundle: HTML and words for every page and, where ipywidgets can be had, the live view."""
    data: dict[str, Any] = {"text/plain": words, "text/html": static}
    if live is not None:
        try:
            view = live()._repr_mimebundle_()
        except ImportError:
            return data
        if VIEW in view:
            data[VIEW] = view[VIEW]
    return data
