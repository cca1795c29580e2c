"""The stage: figures that answer controls at once, in a notebook, ahead of time, and without a kernel."""
