"""A progress bar for long computations: live and accessible, and in the stored notebook one plain line.

Environment variable: NOTEBOOKS_PROGRESS=off shows nothing at all.
"""

import numbers
import os
import sys
import time
from html import escape

REFRESH = 0.1  # seconds between two pictures: below that a picture only costs the computation time


class Progress:
    """Progress of `total` steps under a `label`, shown between entering and leaving a `with` block.

    Call it with the number of steps done, or with that number and the total; `step` counts one more, whatever
    it is told. On leaving, the bar gives way to one line without any time in it, so that a notebook run again
    stores the same output. Outside a notebook only that line is printed. Nothing is a widget: the bar is
    plain HTML, replaced in place.
    Raises ValueError for a total below 1, an empty label, or a count outside 0..total.
    """

    def __init__(self, total: int, label: str):
        if isinstance(total, bool) or not isinstance(total, numbers.Integral) or total < 1:
            raise ValueError(f"total must be an integer, at least 1; got {total!r}")
        if not isinstance(label, str) or not label.strip():
            raise ValueError(f"label must be a text that says what is being done; got {label!r}")
        self.total, self.label, self.done = int(total), label.strip(), 0
        self._silent = os.environ.get("NOTEBOOKS_PROGRESS", "").strip().lower() == "off"
        self._display = None
        self._begun = self._shown = 0.0

    def __enter__(self) -> "Progress":
        self.done = 0
        self._begun = self._shown = time.monotonic()
        self._display = None
        if not self._silent and _in_notebook():
            from IPython.display import DisplayHandle

            self._display = DisplayHandle()
            self._display.display(self._picture(), raw=True)
        return self

    def __call__(self, done: int, total: int | None = None) -> None:
        """Show that `done` steps are done."""
        if total is not None and total != self.total:
            raise ValueError(
                f"this progress bar counts to {self.total}, and is told a total of {total}: "
                "hand on its method `step` to count the steps of several computations"
            )
        if isinstance(done, bool) or not isinstance(done, numbers.Integral) or not 0 <= done <= self.total:
            raise ValueError(f"done must be an integer from 0 to {self.total}; got {done!r}")
        self.done = int(done)
        now = time.monotonic()
        if self._display is not None and now - self._shown >= REFRESH:
            self._shown = now
            self._display.update(self._picture(), raw=True)

    def step(self, *_) -> None:
        """One more step is done; whatever is handed in is ignored."""
        self(self.done + 1)

    def __exit__(self, kind, error, trace) -> None:
        line = f"{self.label}: {self.done} of {self.total} done."
        if kind is not None:
            line = f"{self.label}: stopped after {self.done} of {self.total}."
        if self._display is not None:
            self._display.update({"text/plain": line}, raw=True)
            self._display = None
        elif not self._silent:
            print(line)

    def _picture(self) -> dict[str, str]:
        """The bar as a MIME bundle: label, count, elapsed and estimated remaining time."""
        elapsed = time.monotonic() - self._begun
        text = f"{self.label}: {self.done} of {self.total}, {duration(elapsed)} elapsed"
        if 0 < self.done < self.total:
            text += f", about {duration(elapsed / self.done * (self.total - self.done))} left"
        bar = f'<progress aria-label="{escape(self.label)}" value="{self.done}" max="{self.total}"'
        style = "width: 16em; max-width: 100%; vertical-align: middle; margin-right: 0.8em"
        return {
            "text/plain": text,
            "text/html": f'<div>{bar} style="{style}"></progress>{escape(text)}</div>',
        }


def duration(seconds: float) -> str:
    """A length of time in whole seconds, from a minute on in minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _in_notebook() -> bool:
    """Whether a kernel runs this code, which can then replace what it has displayed."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
