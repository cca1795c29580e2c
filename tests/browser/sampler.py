"""A panel with one moving artist of every kind the stage draws, for the tests of the stage."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle, Rectangle

from helpers.figures import style
from helpers.panels import controls
from helpers.panels.panel import Panel
from helpers.stage.marks import MARKERS
from helpers.stage.scene import Pad


class Sampler(Panel):
    """Lines with all dashes and markers, patches, collections and texts; the amplitude moves them all."""

    @style.styled
    def __init__(self):
        figure = style.figure(9.0, 3.6)
        left, middle, right = figure.subplots(1, 3)
        self.x = np.linspace(0, 1, 60)
        self.waves = [
            left.plot([], [], ls, lw=lw, color=color, label=f"wave {ls}")[0]
            for ls, lw, color in (("-", 2, style.BLUE), ("--", 1.5, style.RED), (":", 3, style.GREEN))
        ]
        self.waves += left.plot([], [], color=style.PURPLE, lw=2, dashes=(5, 2, 1, 2))
        left.set(xlim=(0, 1), ylim=(-1, 1.2), title="lines, clipped")
        left.legend(loc="upper right")  # fixed, on top of the lines
        self.markers = [
            middle.plot([], [], marker, ms=11, mfc=style.SKY, mec=style.BLACK, mew=1.2, ls="")[0]
            for marker in sorted(MARKERS)
        ]
        self.markers += middle.plot([], [], "o-", ms=9, alpha=0.5, color=style.ORANGE)
        self.markers += middle.plot([], [], "s", ms=9, mfc="none", mec=style.RED)
        middle.set(xlim=(0, 1), ylim=(0, 1), xlabel="x", title="markers")
        self.bars = right.bar([0.1, 0.25], [0, 0], 0.1, color=style.GREEN, ec=style.BLACK, lw=1.5)
        self.disk = right.add_patch(
            Circle((0.6, 0.3), 0.1, fc=style.YELLOW, ec=style.RED, ls="--", lw=2, alpha=0.7)
        )
        self.box = right.add_patch(Rectangle((0.8, 0.1), 0.3, 0.2, fc=style.PALE, ec="none"))
        self.band = right.fill([], [], color=style.SKY, alpha=0.4, lw=0)[0]
        self.rays = right.add_collection(
            LineCollection([], colors=[style.BLACK, style.RED], linewidths=[1, 3])
        )
        self.words = [
            right.text(0.5, 0.95, "", ha="center", va="top", path_effects=style.halo(), fontsize=12),
            right.text(0.95, 0.5, "", ha="right", va="center", color=style.BLUE, weight="bold"),
            right.text(0.05, 0.05, "", ha="left", va="bottom", fontsize=9, linespacing=1.4),
        ]
        right.set(xlim=(0, 1), ylim=(0, 1), title="patches, texts")
        super().__init__(
            {
                "amplitude": controls.linear(
                    "a", "a, amplitude", 0.6, 0, 1, 0.02, "0 ≤ a ≤ 1", play=True, interval=30
                ),
                "phase": controls.linear("φ", "φ, phase", 0.2, 0, 1, 0.05, "a number"),
                "shape": controls.choice("shape", [("sine", np.sin), ("cosine", np.cos)], np.sin),
                "words": controls.switch("texts", True),
            },
            figure,
            [*self.waves, *self.markers, *self.bars, self.disk, self.box, self.band, self.rays, *self.words],
            presets={"Flat": {"amplitude": 0.0}, "High": {"amplitude": 1.0, "shape": np.cos}},
            pads=[Pad(middle, "phase", "amplitude")],
        )

    def compute(self, amplitude, phase, shape, words):
        """Four waves, with a gap."""
        if not 0 <= amplitude <= 1:
            raise ValueError(f"a must lie in [0, 1]; got {amplitude:g}")
        y = np.array([amplitude * shape(6 * self.x + k + phase) * (1.3 if k == 1 else 1) for k in range(4)])
        y[0, 20:25] = np.nan
        return {"y": y, "amplitude": amplitude, "phase": phase, "words": words}

    def draw(self, result):
        """Move everything."""
        a = result["amplitude"]
        for line, y in zip(self.waves, result["y"], strict=True):
            line.set_data(self.x, y)
        for k, line in enumerate(self.markers):
            line.set_data(
                [(k % 5 + 0.6) / 5.2, (k % 5 + 1) / 5.2],
                [(k // 5 + 0.4) / 4.6, (k // 5 + 0.4 + 0.4 * a) / 4.6],
            )
        for bar, height in zip(self.bars, (a, a / 2), strict=True):
            bar.set_height(height)
        self.disk.set_center((0.6, 0.2 + 0.5 * a))
        self.box.set_x(0.8 + 0.1 * a)
        x = np.concatenate([self.x, self.x[::-1]])
        self.band.set_xy(np.column_stack([x, np.where(np.arange(x.size) < self.x.size, 0.2, 0.5) * a * x]))
        self.rays.set_segments(
            [[(0.3, 0.9), (0.3 + 0.6 * np.cos(t), 0.9 - 0.6 * np.sin(t + a))] for t in (0.2, 0.5, 0.8)]
        )
        texts = (
            (f"top {a:.2f}", f"bold {a:.2f}", f"two lines,\nbelow {a:.2f}") if result["words"] else ("",) * 3
        )
        for text, words in zip(self.words, texts, strict=True):
            text.set_text(words)

    def describe(self, result):
        """The amplitude and the phase."""
        largest = np.nanmax(result["y"])
        return f"a = {result['amplitude']:g}, φ = {result['phase']:.3g}: largest value {largest:.3f}."
