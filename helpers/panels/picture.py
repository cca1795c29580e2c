"""A figure without controls that still has the panel's three faces."""

from matplotlib.figure import Figure

from helpers.panels.panel import Panel


class Picture(Panel):
    """A fixed figure with its sentence: a canvas where a kernel answers, else PNG and words.

    Parameters
    ----------
    figure : a figure of `helpers.figures`
    sentence : what it shows, with its numbers, computed from the data that was drawn
    """

    def __init__(self, figure: Figure, sentence: str):
        self._sentence = sentence
        super().__init__({}, figure, [])

    def compute(self):
        """Nothing: the figure is complete."""

    def draw(self, result):
        """Nothing: nothing moves."""

    def describe(self, result) -> str:
        """The sentence given."""
        return self._sentence
