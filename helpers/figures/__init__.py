"""Layer 3, the figures: data in, matplotlib artists out, in one style."""
