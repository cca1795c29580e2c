"""Predict, then reveal: an answer given before the experiment, and the measurement set against it."""

from __future__ import annotations

import base64
import html
import io
import math
import re
from collections.abc import Sequence
from typing import Any

from helpers.teaching import memory, page
from helpers.teaching.exercises import as_number


class Prediction:
    """A question to be answered before the experiment: by one of several `choices`, or by a number.

    A number lies between `low` and `high` and has a `unit`; `scale` is "log" where ratios matter (the default
    if high >= 100 low > 0), or "linear". The answer is kept under `key`, also over a restart of the kernel.

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
        unit: str = "",
        scale: str | None = None,
    ) -> None:
        if not re.fullmatch(r"\w[\w.-]{0,80}", key, flags=re.ASCII):
            raise ValueError(f"key must consist of letters, digits, '_', '-' and '.'; got {key!r}")
        self.key, self.question, self.unit, self.scale = key, question, unit, scale
        self.choices = None if choices is None else tuple(choices)
        if self.choices is not None:
            if len(self.choices) < 2 or len(set(self.choices)) < len(self.choices):
                raise ValueError("choices must be at least two different labels")
        else:
            self._set_range(low, high)
        self._answer: Any = None
        self._loaded = False
        self._live: Any = None
        self.note = ""

    def _set_range(self, low: float | None, high: float | None) -> None:
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"give choices, or finite numbers low < high; got low = {low}, high = {high}")
        if self.scale not in (None, "log", "linear") or (self.scale == "log" and low <= 0):
            raise ValueError(f'scale must be "linear", or "log" with low > 0; got {self.scale!r}')
        self.low, self.high = float(low), float(high)
        self.scale = self.scale or ("log" if low > 0 and high >= 100 * low else "linear")

    @property
    def answer(self) -> Any:
        """The recorded answer: a label or a number; None as long as there is none."""
        if not self._loaded:
            self._loaded = True
            content, self.note = memory.load(self.key)
            if content:
                self._answer, words = self._read(content.get("answer"))
                if words:
                    self.note = "An answer stored earlier does not fit this question and is ignored."
        return self._answer

    def _read(self, value: Any) -> tuple[Any, str]:
        """Bring a value into the form of an answer; else say in words what is allowed."""
        if self.choices is None:
            number, words = as_number(value)
            if number is None:
                return None, words
            if not self.low <= number <= self.high:
                return None, f"Give a number from {self.low:g} to {self.high:g}; this is {number:g}."
            return number, ""
        if isinstance(value, str):
            for label in self.choices:
                if label.casefold() == value.strip().casefold():
                    return label, ""
        elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(self.choices):
            return self.choices[value], ""
        known = "; ".join(f"{index}: {label}" for index, label in enumerate(self.choices))
        return None, f"Choose one of the answers, by its number or its words ({known})."

    def record(self, value: Any) -> Statement:
        """Keep an answer: a label, its index, or a number. A bad value is answered in words, never raised."""
        before = self.answer
        if value is None:
            return self._say("Choose an answer first, then record it.")
        answer, words = self._read(value)
        if words:
            return self._say(f"Not recorded. {words}")
        self._answer = answer
        lost = memory.save(self.key, {"answer": answer})
        earlier = f" (before: {self._shown(before)})" if before not in (None, answer) else ""
        return self._say(f"Recorded: {self._shown(answer)}{earlier}. {lost}".strip())

    def reveal(self, measured: Any) -> Reveal:
        """Set the measurement against the recorded answer: an index or label, or a number. Never raises."""
        if self.choices is None:
            number, words = as_number(measured)
            if number is None:
                return Reveal(f"The measurement is not a number to compare with. {words}")
            return Reveal(self._compared(number), self._drawing(number))
        found, words = self._read(measured)
        if words:
            return Reveal(f"The measurement fits none of the answers: {measured!r}.")
        if self.answer is None:
            return Reveal(self._without(f"the measurement says: {found}."))
        if self.answer == found:
            return Reveal(f"You said “{found}”, and so does the measurement.")
        return Reveal(f"You said “{self.answer}”; the measurement says “{found}”.")

    def _without(self, words: str) -> str:
        return f"No prediction recorded; {words}{' ' + self.note if self.note else ''}"

    def _compared(self, measured: float) -> str:
        if self.answer is None:
            return self._without(f"measured {self._shown(measured)}.")
        difference = compared(self.answer, measured, self.scale, self.high - self.low)
        return f"You said {self._shown(self.answer)}; measured {self._shown(measured)}: {difference}."

    def _drawing(self, measured: float) -> dict[str, Any]:
        limits = (self.low, self.high)
        return {
            "predicted": self.answer,
            "measured": measured,
            "limits": limits,
            "unit": self.unit,
            "scale": self.scale,
        }

    def _shown(self, value: Any) -> str:
        if isinstance(value, str):
            return f"“{value}”"
        return f"{value:.3g}{' ' + self.unit if self.unit else ''}"

    def _say(self, words: str) -> Statement:
        if self._live is not None:
            self._live.children[-1].value = page.prose(words)
        return Statement(words)

    def _state(self) -> str:
        answer = self.answer
        if answer is None:
            return f"No prediction recorded yet. {self.note}".strip()
        return f"Recorded earlier: {self._shown(answer)}. Recording again replaces it."

    def live(self) -> Any:
        """The widget: the question, the possible answers, the button that records, a line of confirmation."""
        if self._live is None:
            import ipywidgets

            name = {"description": "Prediction", "style": {"description_width": "initial"}}
            if self.choices is None:
                start = self.low if self.answer is None else self.answer
                control = ipywidgets.BoundedFloatText(start, min=self.low, max=self.high, step=None, **name)
            else:
                control = ipywidgets.RadioButtons(
                    options=self.choices, value=self.answer, layout={"width": "max-content"}, **name
                )
            button = ipywidgets.Button(description="Record my prediction", layout={"width": "auto"})
            button.on_click(lambda _: self.record(control.value))
            parts = [ipywidgets.HTML(self._asked()), control]
            if self.choices is None:
                parts[1] = ipywidgets.HBox([control, ipywidgets.HTML(html.escape(self.unit))])
            status = ipywidgets.HTML(page.prose(self._state()))
            self._live = ipywidgets.VBox([*parts, button, status], layout={"align_items": "flex-start"})
            self.control, self.button = control, button
        return self._live

    def _asked(self) -> str:
        return f"<p><strong>Predict</strong></p>\n{page.prose(self.question)}"

    def __str__(self) -> str:
        if self.choices is None:
            answers = f"A number from {self.low:g} to {self.high:g}{' ' + self.unit if self.unit else ''}."
        else:
            answers = "\n".join(f"  {index}: {label}" for index, label in enumerate(self.choices))
        return f"Predict: {page.plain(self.question)}\n{answers}\n{self._state()}"

    def __repr__(self) -> str:
        return f"<Prediction {self.key}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        if self.choices is None:
            unit = " " + html.escape(self.unit) if self.unit else ""
            answers = f"<p>A number from {self.low:g} to {self.high:g}{unit}.</p>"
        else:
            items = "".join(f"<li>{page.inline(label)}</li>" for label in self.choices)
            answers = f'<ol start="0">{items}</ol>'
        static = page.boxed(self._asked() + answers + page.prose(self._state()))
        return page.bundle(static, str(self), self.live)


def compared(predicted: float, measured: float, scale: str = "log", width: float = math.inf) -> str:
    """Say how a predicted number lies to the measured one: by ratio ("log") or by difference ("linear")."""
    if predicted == measured:
        return "the same"
    if scale == "log" and predicted * measured > 0:
        ratio = measured / predicted
        powers = abs(math.log10(ratio))
        if abs(ratio - 1) <= 0.05:
            return f"within 5 %, ratio {ratio:.3g}"
        if powers <= 0.5:
            return f"the same order of magnitude, ratio {ratio:.2g}"
        direction = "low" if abs(predicted) < abs(measured) else "high"
        return f"too {direction} by {powers:.1f} orders of magnitude, ratio {ratio:.2g}"
    difference = measured - predicted
    words = f"too {'low' if difference > 0 else 'high'} by {abs(difference):.2g}"
    if predicted * measured < 0:
        words = f"of the opposite sign, {words}"
    if math.isfinite(width):
        words += f", {abs(difference) / width:.0%} of the range asked for".replace("%", " %")
    return words


class Statement:
    """A line of confirmation, or of what is allowed."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __str__(self) -> str:
        return self.words

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return page.bundle(page.boxed(page.prose(self.words), status=True), self.words)


class Reveal(Statement):
    """The measurement beside the prediction: a sentence and, for numbers, a picture of both."""

    def __init__(self, words: str, drawing: dict[str, Any] | None = None) -> None:
        super().__init__(words)
        self._drawing, self._figure = drawing, None

    @property
    def figure(self) -> Any:
        """The matplotlib figure, drawn at first use; None where there is nothing to draw."""
        if self._figure is None and self._drawing is not None:
            from helpers.figures.predictions import draw_prediction

            self._figure = draw_prediction(**self._drawing)
        return self._figure

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        if self.figure is None:
            return super()._repr_mimebundle_()
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png")
        picture = base64.b64encode(buffer.getvalue()).decode("ascii")
        alternative = html.escape(self.words, quote=True)
        static = (
            f'<figure style="margin: 0"><img alt="{alternative}" src="data:image/png;base64,{picture}">'
            f"<figcaption>{page.inline(self.words)}</figcaption></figure>"
        )
        return page.bundle(static, self.words) | {"image/png": picture}
