"""What panels with a (β₁, β₂) map have in common: a click or a drag on the map moves both sliders."""

from __future__ import annotations

from helpers.figures.memories import memory_from_scale
from helpers.panels import controls
from helpers.panels.panel import Panel


class MemoryMap(Panel):
    """A panel with the controls `beta_1` and `beta_2`, whose pointer axes are a map on the scale of 1−β."""

    def on_point(self, axes, x, y):
        """Take (β₁, β₂) from the map, at the nearest positions of the sliders; beyond the axes, β = 0."""
        places = {"beta_1": x, "beta_2": y}
        self.set(
            **{
                name: controls.nearest_position(
                    getattr(self.controls, name), float(memory_from_scale(max(place, 0)))
                )
                for name, place in places.items()
            }
        )
