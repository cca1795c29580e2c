"""What the teaching objects put on the page: escaped HTML, folded parts, and one bundle for every reader."""

import html
import re
from collections.abc import Iterable, Sequence
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


def table(caption: str, names: Sequence[str], rows: Iterable[Iterable[str]], between: str = "") -> str:
    """Make a table of HTML cells under these names, with this text between the rows."""
    left = 'style="text-align: left"'
    head = "".join(f'<th scope="col" {left}>{name}</th>' for name in names)
    lines = ("".join(f"<td {left}>{cell}</td>" for cell in row) for row in rows)
    body = between.join(f"<tr>{line}</tr>" for line in lines)
    top = f"<caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead>"
    return f"<table>{top}{between}<tbody>{body}</tbody></table>"


class Shown:
    """What the last line of a cell shows: its words, HTML from `static()` and, from `_made()`, a widget."""

    _live: Any = None
    _made: Any = None

    def __repr__(self) -> str:
        return str(self)

    def live(self) -> Any:
        """The widget (made at first use, then kept)."""
        if self._live is None:
            self._live = self._made()
        return self._live

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """HTML and words for every page and, where ipywidgets can be had, the live view."""
        data: dict[str, Any] = {"text/plain": str(self), "text/html": self.static()}
        try:
            view = self.live()._repr_mimebundle_() if self._made else {}
        except ImportError:
            return data
        return data | {VIEW: view[VIEW]} if VIEW in view else data


class Statement(Shown):
    """A line of confirmation, or of what is allowed."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __str__(self) -> str:
        return self.words

    def static(self) -> str:
        """The words as HTML, announced to a screen reader."""
        return boxed(prose(self.words), status=True)
