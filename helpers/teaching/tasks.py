"""The question of an exercise on the page: its text, a ladder of hints, and the worked solution, folded."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from helpers.teaching import page, progress
from helpers.teaching.running import message
from helpers.teaching.verdicts import Verdict


class Hints(page.Shown):
    """A ladder of hints, shown one at a time: by a button where a kernel answers, folded elsewhere."""

    def __init__(self, hints: tuple[str, ...]) -> None:
        self.texts, self.shown = tuple(hints), 0

    def __len__(self) -> int:
        return len(self.texts)

    def __str__(self) -> str:
        return f"{len(self)} hints, to be opened one at a time." if self.texts else "No hints."

    @property
    def label(self) -> str:
        """What the next press of the button does."""
        if self.shown < len(self):
            return f"Show hint {self.shown + 1} of {len(self)}"
        return "Hide the hints"

    def next(self) -> None:
        """Show one more hint; after the last one, none again."""
        self.shown = self.shown + 1 if self.shown < len(self) else 0
        if self._live is not None:
            button, text = self._live.children
            button.description, text.value = self.label, self._opened()

    def _opened(self) -> str:
        shown = enumerate(self.texts[: self.shown], start=1)
        return "".join(f"<p><strong>Hint {number}.</strong></p>{page.prose(text)}" for number, text in shown)

    def static(self) -> str:
        """The hints as HTML, each folded inside the one before it."""
        return page.ladder(self.texts)

    def _made(self) -> Any:
        """A button and the hints shown so far."""
        import ipywidgets

        button = ipywidgets.Button(description=self.label, layout={"width": "auto"})
        button.on_click(lambda _: self.next())
        align = {"align_items": "flex-start"}
        return ipywidgets.VBox([button, ipywidgets.HTML(self._opened())], layout=align)


class Task(page.Shown):
    """A question with hints and a worked solution; the last line of a cell shows it.

    `key` is "section/name"; the solution is the one of that key in `solutions`, where there is one.
    Raises ValueError if the title or the question is empty.
    """

    def __init__(self, key: str, title: str, question: str, hints: Sequence[str] = ()) -> None:
        if not title.strip() or not question.strip():
            raise ValueError("an exercise needs a title and a question, both of at least one word")
        self.key, self.title, self.question, self.solution = key, title, question, _solution(key)
        self.hints = Hints(tuple(hints))

    def _recorded(self, check: Callable[[], Verdict], answer: Any) -> Verdict:
        """The verdict of a check that never raises, kept among what the reader has done."""
        try:
            verdict = check()
        except Exception as error:  # a fault of the check's own: said in words, with the answer unharmed
            words = f"The check could not deal with this answer: {message(error)}."
            verdict = Verdict("broken", "the check can deal with the answer", words)
        if verdict.kind in ("unanswered", "interrupted"):
            return verdict
        words = verdict.words if verdict.kind != "holds" else ""
        text = progress.answer_text(answer)
        event = {"kind": verdict.kind, "broken": verdict.broken, "words": words, "answer": text}
        return replace(verdict, note=progress.record("exercises", self.key, **event))

    def __str__(self) -> str:
        lines = [f"Exercise: {self.title}", "", page.plain(self.question), "", str(self.hints)]
        return "\n".join(lines + (["A worked solution is folded below."] if self.solution else []))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.title}>"

    def _asked(self) -> str:
        return f"<p><strong>Exercise: {page.inline(self.title)}</strong></p>\n{page.prose(self.question)}"

    def _solved(self) -> str:
        return page.folded("Worked solution", page.prose(self.solution)) if self.solution else ""

    def static(self) -> str:
        """Question, folded hints and folded solution as HTML."""
        return page.boxed(self._asked()) + self.hints.static() + self._solved()

    def _made(self) -> Any:
        """Question, hints by button, folded solution."""
        import ipywidgets

        parts = [ipywidgets.HTML(page.boxed(self._asked()))]
        parts += [self.hints.live()] if len(self.hints) else []
        parts += [ipywidgets.HTML(self._solved())] if self.solution else []
        return ipywidgets.VBox(parts)


def _solution(key: str) -> str:
    """The worked solution of a key; "" in the students' edition, which has none."""
    try:
        from helpers.teaching import solutions
    except ImportError:
        return ""
    return solutions.SOLUTIONS.get(key, "")
