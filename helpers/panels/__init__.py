"""Layer 4, the panels: controls, a picture and a sentence computed from the same data."""
