"""A check of the environment that says in words what is missing and how to get it."""

import importlib.util
import sys

# package → (import name, what it is for)
NEEDED = {
    "numpy": ("numpy", "the mathematics"),
    "scipy": ("scipy", "differential equations, linear algebra"),
    "matplotlib": ("matplotlib", "the pictures"),
    "ipywidgets": ("ipywidgets", "the controls"),
    "anywidget": ("anywidget", "sliders and moving pictures"),
    "scikit-learn": ("sklearn", "the LASSO, the digits and other real data"),
    "tensorflow": ("tensorflow", "the last part of 5.2, 5.3.1 and 5.4: Keras"),
}
PYTHONS = ((3, 11), (3, 13))


def missing(needed=NEEDED) -> dict[str, str]:
    """The packages that cannot be imported, each with what it is for; nothing is imported to find out."""
    return {name: use for name, (module, use) in needed.items() if importlib.util.find_spec(module) is None}


def check_environment(needed=NEEDED, python=sys.version_info[:2]):
    """Say whether everything needed is installed and, if not, what is missing and how to install it."""
    from IPython.display import Markdown

    lost, words = missing(needed), []
    if not PYTHONS[0] <= tuple(python) <= PYTHONS[1]:
        low, high = (".".join(map(str, v)) for v in PYTHONS)
        version = f"{python[0]}.{python[1]}"
        words.append(f"- **Python {version}** is not supported: choose one from {low} to {high}.")
    for name, use in lost.items():
        words.append(f"- **{name}** is missing ({use}).")
    if not words:
        return Markdown("Everything is here: Python and the packages " + ", ".join(needed) + ".")
    if lost:
        words.append("- To install: `make lab`, or `pip install -r requirements.txt`; *Kernel ▸ Restart*.")
        if set(lost) == {"tensorflow"}:
            words.append("- Without TensorFlow all else runs; only the Keras parts do not.")
    return Markdown("\n".join(words))
