"""Questions asked before an experiment: the answers given, kept, and set against the measurement."""

import html
import math
import re
from collections.abc import Sequence
from typing import Any

from helpers.mathematics.numerals import numeral, value_of
from helpers.teaching import page, progress
from helpers.teaching.answers import as_number
from helpers.teaching.reveals import Reveal, compared

_WITHOUT = "Without a prediction"
POINTS = 200  # steps of the axis on which a number is set, as in `axis`


class Prediction(page.Shown):
    """A question to be answered before the experiment: by one of several `choices`, or by a number.

    A number is set as a point on an axis from `low` to `high`; `scale` is "log" where ratios matter (the
    default if high >= 100 low > 0), or "linear". The answer is kept under `key`, also over a restart of the
    kernel. `giveaways` are patterns that no text above the question may hold.

    Raises ValueError for a key with other characters than letters, digits, `_`, `-` and `.`, for fewer than
    two different choices, for low >= high, and for a "log" scale with low <= 0.
    """

    def __init__(
        self,
        key: str,
        question: str,
        choices: Sequence[str] | None = None,
        *,
        low: float | None = None,
        high: float | None = None,
        scale: str | None = None,
        giveaways: Sequence[str] = (),
    ) -> None:
        if not re.fullmatch(r"\w[\w.-]{0,80}", key, flags=re.ASCII):
            raise ValueError(f"key must consist of letters, digits, '_', '-' and '.'; got {key!r}")
        self.key, self.question, self.scale, self.giveaways = key, question, scale, tuple(giveaways)
        self.choices = None if choices is None else tuple(choices)
        if self.choices is None:
            self._set_range(low, high)
        elif len(self.choices) < 2 or len(set(self.choices)) < len(self.choices):
            raise ValueError("choices must be at least two different labels")
        self._reveals: list[Reveal] = []

    def _set_range(self, low: float | None, high: float | None) -> None:
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"give choices, or finite numbers low < high; got low = {low}, high = {high}")
        if self.scale not in (None, "log", "linear") or (self.scale == "log" and low <= 0):
            raise ValueError(f'scale must be "linear", or "log" with low > 0; got {self.scale!r}')
        self.low, self.high = float(low), float(high)
        self.scale = self.scale or ("log" if low > 0 and high >= 100 * low else "linear")

    def _events(self) -> list[dict[str, Any]]:
        return progress.entry("predictions", self.key)

    def _seen(self) -> int:
        """How many events came before the measurement was seen."""
        events = self._events()
        shown = (i for i, one in enumerate(events) if one.get("revealed") or one.get("skipped"))
        return next(shown, len(events))

    def _last(self, events: list[dict[str, Any]]) -> Any:
        values = (self._read(one["value"])[0] for one in reversed(events) if "value" in one)
        return next((value for value in values if value is not None), None)

    @property
    def answer(self) -> Any:
        """The answer on record: the last one given before the measurement was seen; None if there is none."""
        return self._last(self._events()[: self._seen()])

    @property
    def later(self) -> Any:
        """The last answer given after the measurement was seen; None if there is none."""
        return self._last(self._events()[self._seen() :])

    @property
    def open(self) -> bool:
        """Whether the measurement may be shown: an answer is there, or the reader chose to see it without."""
        return self.answer is not None or self._seen() < len(self._events())

    def _read(self, value: Any) -> tuple[Any, str]:
        """Bring a value into the form of an answer; else say in words what is allowed."""
        if value is None:
            return None, "Set a point first." if self.choices is None else "Choose an answer first."
        if self.choices is None:
            number, words = as_number(value)
            if number is None:
                return None, words
            if not self.low <= number <= self.high:
                allowed = f"Give a number from {numeral(self.low)} to {numeral(self.high)}"
                return None, f"{allowed}; this is {numeral(number)}."
            return number, ""
        if isinstance(value, str):
            for label in self.choices:
                if label.casefold() == value.strip().casefold():
                    return label, ""
        elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(self.choices):
            return self.choices[value], ""
        known = "; ".join(f"{index}: {label}" for index, label in enumerate(self.choices))
        return None, f"Choose one of the answers, by its number or its words ({known})."

    def record(self, value: Any) -> page.Statement:
        """Keep an answer; once the measurement has been seen it is kept beside the first, never instead."""
        answer, words = self._read(value)
        if words:
            return self._say(f"Not recorded. {words}")
        before, seen = self.answer, self._seen() < len(self._events())
        note = progress.record("predictions", self.key, value=answer)
        if seen:
            first = "it was shown before"
            if before is not None:
                first = f"your first answer, {self._shown(before)}, stays"
            words = f"Noted: {self._shown(answer)}, after the measurement was seen; {first}."
        elif before is None or before == answer:
            words = f"Recorded: {self._shown(answer)}."
        else:
            words = f"Recorded: {self._shown(answer)} (before: {self._shown(before)})."
        statement = self._say(f"{words} {note}".strip())
        self._fill_in()
        return statement

    def skip(self, _button: Any = None) -> None:
        """Show the measurement without a prediction, by the reader's own choice; it is kept as such."""
        progress.record("predictions", self.key, skipped=True)
        self._fill_in()

    def reveal(self, measured: Any, *lines: str) -> Reveal:
        """Set the measurement against the prediction as soon as there is one; `lines` are shown with it."""
        revealed = Reveal(self, measured, lines)
        self._reveals = [*(one for one in self._reveals if one.is_live), revealed]
        if self.open:
            self._mark()
        return revealed

    def _fill_in(self) -> None:
        for one in self._reveals:
            one.fill_in()
        if any(one.is_live for one in self._reveals):
            self._mark()

    def _mark(self) -> None:
        """Keep that the measurement has been seen."""
        if self._seen() == len(self._events()):
            progress.record("predictions", self.key, revealed=True)

    def compared_with(self, measured: Any) -> tuple[str, dict[str, Any] | None]:
        """The comparison in words and, for numbers, what is drawn of it."""
        answer, later = self.answer, self.later
        words = self.comparison(answer, measured)
        if later is not None and later != answer:
            words += f" Later you said {self._shown(later)}."
        value = None if self.choices is not None else as_number(measured)[0]
        if value is None:
            return words, None
        return words, {
            "predicted": answer,
            "measured": float(f"{value:.3g}"),  # as it is said: no processor changes the picture
            "limits": (self.low, self.high),
            "scale": self.scale,
        }

    def comparison(self, answer: Any, measured: Any) -> str:
        """What the measurement says of an answer, or by itself if there is none."""
        if self.choices is not None:
            found, words = self._read(measured)
            if words:
                return f"The measurement, {measured!r}, fits none of the answers."
            if answer is None:
                return f"{_WITHOUT}: the measurement says “{found}”."
            same = answer == found
            says = ", and so does the measurement." if same else f"; the measurement says “{found}”."
            return f"You said “{answer}”{says}"
        value, words = as_number(measured)
        if words:
            return f"The measurement is not a number to compare with. {words}"
        if answer is None:
            return f"{_WITHOUT}: measured {self._shown(value)}."
        difference = compared(answer, value, self.scale, self.high - self.low)
        return f"You said {self._shown(answer)}; measured {self._shown(value)}: {difference}."

    def answers(self) -> list[Any]:
        """All answers that can be given without Python: the choices, or the points of the axis."""
        if self.choices is not None:
            return list(self.choices)
        ratio = self.high / self.low if self.scale == "log" else 0
        shares = (k / POINTS for k in range(POINTS + 1))
        points = (self.low * ratio**s if ratio else self.low + s * (self.high - self.low) for s in shares)
        return [float(f"{x:.3g}") for x in points]

    def as_data(self) -> dict[str, Any]:
        """The question for a page without Python."""
        return {
            "key": self.key,
            "question": self._asked(),
            "choices": self.choices is not None,
            "answers": [one if self.choices else self._shown(one) for one in self.answers()],
        }

    def revealed(self, static: str) -> dict[str, Any]:
        """What a page without Python says of each answer, from the HTML of a `Reveal` without a prediction.

        Raises ValueError for HTML without the measurement.
        """
        said = re.search(rf"<p>{_WITHOUT}: (?:the measurement says “(.*?)”|measured (.*?))\.</p>", static)
        if said is None:
            raise ValueError(f"what was measured for {self.key} is not to be found")
        measured = html.unescape(said[1]) if self.choices else value_of(said[2])
        return {
            "key": self.key,
            "skip": Reveal.SKIP,
            "waiting": Reveal.WAITING,
            "said": [self.comparison(one, measured) for one in (*self.answers(), None)],
        }

    def _shown(self, value: Any) -> str:
        return f"“{value}”" if isinstance(value, str) else numeral(value)

    def _say(self, words: str) -> page.Statement:
        if self._live is not None:
            self._live.children[-1].value = page.prose(words)
        return page.Statement(words)

    def _state(self) -> str:
        answer, note = self.answer, progress.problem()
        if any("value" in one and self._read(one["value"])[1] for one in self._events()):
            note = "An answer stored earlier does not fit this question and is ignored."
        elif note:
            note = f"What was stored earlier could not be read: {note}"
        if answer is None:
            return f"No prediction recorded yet. {note}".strip()
        if self._seen() < len(self._events()):
            return f"Recorded before the measurement was seen: {self._shown(answer)}. {note}".strip()
        return f"Recorded earlier: {self._shown(answer)}. Recording again replaces it. {note}".strip()

    def _made(self) -> Any:
        """The question, the possible answers, the button that records, a line of confirmation."""
        import ipywidgets

        if self.choices is None:
            from helpers.teaching.axis import AxisPoint

            log = self.scale == "log"
            self.control = AxisPoint(low=self.low, high=self.high, log=log, value=self.answer)
        else:
            name = {"description": "Prediction", "style": {"description_width": "initial"}}
            width = {"layout": {"width": "max-content"}}
            self.control = ipywidgets.RadioButtons(options=self.choices, value=self.answer, **width, **name)
        self.button = ipywidgets.Button(description="Record my prediction", layout={"width": "auto"})
        self.button.on_click(lambda _: self.record(self.control.value))
        asked, state = ipywidgets.HTML(self._asked()), ipywidgets.HTML(page.prose(self._state()))
        align = {"align_items": "flex-start"}
        return ipywidgets.VBox([asked, self.control, self.button, state], layout=align)

    def _asked(self) -> str:
        return f"<p><strong>Predict</strong></p>\n{page.prose(self.question)}"

    def _allowed(self) -> str:
        return f"A number from {numeral(self.low)} to {numeral(self.high)}."

    def __str__(self) -> str:
        if self.choices is None:
            answers = self._allowed()
        else:
            answers = "\n".join(f"  {index}: {label}" for index, label in enumerate(self.choices))
        return f"Predict: {page.plain(self.question)}\n{answers}\n{self._state()}"

    def __repr__(self) -> str:
        return f"<Prediction {self.key}>"

    def static(self) -> str:
        """The question, the possible answers and what is recorded, as HTML."""
        if self.choices is None:
            answers = f"<p>{html.escape(self._allowed())}</p>"
        else:
            items = "".join(f"<li>{page.inline(label)}</li>" for label in self.choices)
            answers = f'<ol start="0">{items}</ol>'
        return page.boxed(self._asked() + answers + page.prose(self._state()))
