"""Layer 1, the mathematics: NumPy and SciPy only, one module per subject of the chapter."""
