"""Shared code of the notebooks on training neural networks, seen by a numerical analyst.

The package is built in layers, each importing only those before it:
``mathematics`` (NumPy, SciPy), ``networks`` (TensorFlow, imported when first used), ``figures`` (matplotlib),
``panels`` (controls, pictures and sentences), ``teaching`` (predictions, exercises, claims).
Importing ``helpers`` itself loads none of them.
"""

__version__ = "0.1.0"
