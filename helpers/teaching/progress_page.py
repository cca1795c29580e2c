"""The page of progress: what is done and what is open, to be downloaded, and loaded again by a button."""

import base64
import html
import importlib
from typing import Any

from helpers.mathematics.numerals import numeral
from helpers.teaching import page, progress
from helpers.teaching.claims import SUBJECTS
from helpers.teaching.tasks import Task


def tasks(section: str) -> tuple[Task, ...]:
    """The exercises of a section, from the first step to the challenge."""
    return importlib.import_module(f"helpers.teaching.{SUBJECTS[section]}_exercises").exercises


def _state(events: list[dict[str, Any]]) -> tuple[str, str]:
    """What became of an exercise, and what its last check said."""
    if not events:
        return "open", ""
    kinds = [event.get("kind") for event in events]
    count = f"{len(kinds)} check{'s' if len(kinds) > 1 else ''}"
    if "holds" in kinds:
        return "done", f"right at check {kinds.index('holds') + 1} of {len(kinds)}"
    return "begun", f"{count}, the last: {events[-1].get('broken') or events[-1].get('kind')}"


def rows() -> list[tuple[str, str, str, str]]:
    """Section, what is asked, state and remark of each prediction and exercise."""
    from helpers.teaching.questions import QUESTIONS

    table = []
    for section in SUBJECTS:
        for one in QUESTIONS[section]:
            first, later = one.answer, one.later
            said = "" if first is None else first if isinstance(first, str) else numeral(first)
            if later is not None and later != first:
                said += f" (later: {later if isinstance(later, str) else numeral(later)})"
            state = "predicted" if first is not None else "seen without" if one.open else "open"
            table.append((section, f"Prediction: {page.plain(one.question).split('. ')[-1]}", state, said))
        for task in tasks(section):
            table.append((section, f"Exercise: {task.title}", *_state(progress.entry("exercises", task.key))))
    return table


class Progress(page.Shown):
    """What a reader has done, as the last line of a cell; the name is there only if the reader types one."""

    def __init__(self) -> None:
        self.note = ""

    def _summary(self, table: list[tuple[str, str, str, str]]) -> str:
        done = sum(state in ("done", "predicted") for _, _, state, _ in table)
        words = f"{done} of {len(table)} predictions and exercises done."
        return f"{words} {progress.problem()}".strip()

    def __str__(self) -> str:
        table = rows()
        lines = [
            f"{section}  {state:12}  {title}{f' ({said})' if said else ''}"
            for section, title, state, said in table
        ]
        return "\n".join([self._summary(table), *lines])

    def static(self) -> str:
        """The table as HTML, with its summary."""
        table = rows()
        cells = (map(html.escape, row) for row in table)
        return page.table(self._summary(table), ("§", "", "state", ""), cells)

    def download(self) -> str:
        """A link that holds the file itself: it is saved by the browser, wherever the kernel is."""
        text = progress.written(progress.content()).encode("utf-8")
        data = base64.b64encode(text).decode("ascii")
        return (
            f'<a download="progress.json" href="data:application/json;base64,{data}">Download my progress</a>'
        )

    def load(self, data: bytes) -> str:
        """Merge the file's content into what is known; return what happened, in words."""
        try:
            found = progress.read(bytes(data).decode("utf-8"))
        except UnicodeDecodeError:
            return self._say("Not loaded. This is no file of progress: it is not text.")
        except ValueError as error:
            return self._say(f"Not loaded. {error}")
        note = progress.take(found)
        count = sum(len(found[kind]) for kind in progress.KINDS)
        return self._say(
            f"Loaded: {count} predictions and exercises, merged with what was here. {note}".strip()
        )

    def name(self, text: str) -> None:
        """Put a name into the file, for whoever collects it; an empty one takes it out."""
        self._say(progress.rename(text.strip()[:80]))

    def _say(self, words: str) -> str:
        self.note = words
        if self._live is not None:
            _, table, link, _, status = self._live.children
            table.value, link.value, status.value = self.static(), self.download(), page.prose(words)
        return words

    def live(self) -> Any:
        """The widget, with what is known now."""
        widget = super().live()
        self._say(self.note)
        return widget

    def _made(self) -> Any:
        """A field for a name, the table, the link to download, a button to load, a line of words."""
        import ipywidgets

        width = {"layout": {"width": "auto"}}
        self.upload = ipywidgets.FileUpload(accept=".json", description="Load my progress", **width)
        self.upload.observe(lambda change: [self.load(one["content"]) for one in change["new"]], "value")
        name = ipywidgets.Text(
            progress.content()["name"],
            description="Name, if you hand it in",
            continuous_update=False,
            style={"description_width": "initial"},
        )
        name.observe(lambda change: self.name(change["new"]), "value")
        table, link, status = (ipywidgets.HTML() for _ in range(3))
        align = {"align_items": "flex-start"}
        return ipywidgets.VBox([name, table, link, self.upload, status], layout=align)
