"""What an experiment has measured, set against the prediction; shown once there is one.

Without an answer the reveal says only what to do, and fills itself in as soon as one is recorded.
"""

import base64
import html
import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from helpers.mathematics.numerals import numeral
from helpers.teaching import page

if TYPE_CHECKING:
    from helpers.teaching.predictions import Prediction


class Reveal(page.Shown):
    """The measurement beside the prediction; without one it says what to do, and waits.

    Live, it fills itself in when an answer is recorded. On a page without a kernel the measurement is folded.
    """

    WAITING = "Record your prediction at the question above; the measurement then appears here by itself."
    SKIP = "Show me without predicting"

    def __init__(self, prediction: "Prediction", measured: Any, lines: Sequence[str] = ()) -> None:
        self.prediction, self.measured, self.lines = prediction, measured, tuple(lines)

    @property
    def is_live(self) -> bool:
        """Whether it stands on the page as a widget."""
        return self._live is not None

    @property
    def words(self) -> str:
        """The comparison in words; what to do if there is no prediction yet."""
        return self.prediction.compared_with(self.measured)[0] if self.prediction.open else self.WAITING

    def __str__(self) -> str:
        return "\n".join((self.words, *self.lines)) if self.prediction.open else self.WAITING

    @property
    def figure(self) -> Any:
        """The matplotlib figure of both numbers; None where there is nothing to draw."""
        drawing = self.prediction.compared_with(self.measured)[1]
        if drawing is None:
            return None
        from helpers.figures.predictions import draw_prediction

        return draw_prediction(**drawing)

    def _measurement(self) -> str:
        words, drawing = self.prediction.compared_with(self.measured)
        parts = [page.prose(words)]
        if drawing is not None:
            buffer = io.BytesIO()
            self.figure.savefig(buffer, format="png", metadata={"Software": None})
            picture = base64.b64encode(buffer.getvalue()).decode("ascii")
            alternative = html.escape(words, quote=True)
            parts.insert(0, f'<img alt="{alternative}" src="data:image/png;base64,{picture}">')
        return "\n".join((*parts, *(page.prose(line) for line in self.lines)))

    def fill_in(self) -> None:
        """Show on the page what is known now."""
        if self._live is None:
            return
        text, button = self._live.children
        body = self._measurement() if self.prediction.open else page.prose(self.WAITING)
        text.value = page.boxed(body, status=True)
        button.layout.display = "none" if self.prediction.open else ""

    def _made(self) -> Any:
        """What to do or the measurement, and the button for those who will not predict."""
        import ipywidgets

        button = ipywidgets.Button(description=self.SKIP, layout={"width": "auto"})
        button.on_click(self.prediction.skip)
        self._live = ipywidgets.VBox([ipywidgets.HTML(), button], layout={"align_items": "flex-start"})
        self.fill_in()
        return self._live

    def static(self) -> str:
        """The measurement as HTML, folded where there is no prediction."""
        body = self._measurement()
        if not self.prediction.open:
            body = page.prose("Predict first, at the question above.") + page.folded(self.SKIP, body)
        return page.boxed(body, status=True)


def compared(predicted: float, measured: float, scale: str, width: float) -> str:
    """Say how a predicted number lies to the measured one: by ratio ("log") or by difference ("linear").

    `width` is that of the range asked for.
    """
    if predicted == measured:
        return "the same"
    if scale == "log" and predicted * measured > 0:
        ratio = measured / predicted
        powers = abs(math.log10(ratio))
        if abs(ratio - 1) <= 0.05:
            return f"within 5 %, ratio {numeral(ratio)}"
        if powers <= 0.5:
            return f"the same order of magnitude, ratio {numeral(ratio, 2)}"
        far = f"too {'low' if abs(predicted) < abs(measured) else 'high'} by {numeral(powers, decimals=1)}"
        return f"{far} orders of magnitude, ratio {numeral(ratio, 2)}"
    difference = measured - predicted
    opposite = "of the opposite sign, " if predicted * measured < 0 else ""
    words = f"{opposite}too {'low' if difference > 0 else 'high'} by {numeral(abs(difference), 2)}"
    return f"{words}, {numeral(100 * abs(difference) / width, decimals=0)} % of the range asked for"
