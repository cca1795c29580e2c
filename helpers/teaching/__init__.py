"""Layer 5, the teaching: predictions, self-checking exercises, wrong optimizers and the table of claims."""
