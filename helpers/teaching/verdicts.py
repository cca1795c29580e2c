"""The answer to an answer: whether the properties hold or which one is broken, and by what example."""

from dataclasses import dataclass

from helpers.teaching import page


@dataclass(frozen=True, repr=False)
class Verdict(page.Shown):
    """The outcome of a check; true exactly when every property holds.

    `kind` is "holds", "broken", "unanswered" or "interrupted"; `broken` is the name of the first property
    that does not hold; `held` names those that did before it; `looked` says how far a check of finitely many
    cases has looked; `note` why it could not be saved.
    """

    kind: str
    broken: str = ""
    words: str = ""
    example: tuple[str, ...] = ()
    printed: str = ""
    held: tuple[str, ...] = ()
    looked: str = ""
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.kind == "holds"

    def __bool__(self) -> bool:
        return self.holds

    @property
    def heading(self) -> str:
        """The verdict in one line."""
        if self.kind == "unanswered":
            return "Not answered yet."
        if not self.holds:
            return f"Does not hold yet: {self.broken}."
        if self.looked:
            return f"Right, as far as was looked: {self.looked}."
        return "Right."

    def __str__(self) -> str:
        lines = [self.heading]
        if self.words:
            lines.append(page.plain(self.words))
        lines += [f"  {line}" for line in self.example]
        if self.holds and len(self.held) > 1:
            lines += [f"  holds: {name}" for name in self.held]
        elif self.held and not self.holds:
            lines.append(f"Properties that hold before it: {len(self.held)}.")
        if self.note:
            lines.append(self.note)
        if self.printed:
            lines.append(f"Your code printed (the check does not read it): {_shortened(self.printed)}")
        return "\n".join(lines)

    @property
    def html(self) -> str:
        """What the page shows, without the rule at its left."""
        parts = [f"<p><strong>{page.inline(self.heading)}</strong></p>"]
        if self.words:
            parts.append(page.prose(self.words))
        if self.example:
            parts.append(page.prose("```\n" + "\n".join(self.example).replace("```", "'''") + "\n```"))
        if len(self.held) > self.holds:  # of one property that holds the heading has said all
            title = f"Properties that hold{'' if self.holds else ' before it'}: {len(self.held)}"
            names = "".join(f"<li>{page.inline(name)}</li>" for name in self.held)
            parts.append(page.folded(title, f"<ul>{names}</ul>"))
        if self.note:
            parts.append(page.prose(self.note))
        if self.printed:
            shown = _shortened(self.printed).replace("```", "'''")
            parts.append(page.prose(f"Your code printed (the check does not read it):\n```\n{shown}\n```"))
        return "\n".join(parts)

    def static(self) -> str:
        """What the page shows."""
        return page.boxed(self.html, status=True)


def _shortened(text: str, room: int = 300, lines: int = 5) -> str:
    text = text.strip()
    kept = "\n".join(text[:room].splitlines()[:lines])
    return text if kept == text else kept + " …"


UNANSWERED = Verdict("unanswered", words="Replace the `...` by your answer, then run this cell again.")
