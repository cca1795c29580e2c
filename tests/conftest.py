"""Settings for all tests: no display, a silent TensorFlow, and what to do where there is no browser."""

import importlib.util
import os
import pathlib

import hypothesis
import pytest

# Before anything imports matplotlib or TensorFlow; the worker processes of xdist load this file too.
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["NOTEBOOKS_MEMORY"] = "off"

# Failing examples are printed, not stored: the checkout may be read-only, and its warning would be an error.
hypothesis.settings.register_profile("nothing stored", database=None)
hypothesis.settings.load_profile("nothing stored")

TESTS = pathlib.Path(__file__).parent


def find_chromium() -> str | None:
    """Return the browser that the harness of the browser tests would start."""
    spec = importlib.util.spec_from_file_location("browser_harness", TESTS / "browser" / "jupyter.py")
    harness = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(harness)
    return harness.find_chromium()


def pytest_runtest_setup(item):
    """Skip a browser test where there is no Chromium; fail it where the browser tests are required."""
    if TESTS / "browser" not in item.path.parents or find_chromium():
        return
    words = "no Chromium: install it, or set CHROMIUM to its path"
    if os.environ.get("BROWSER_TESTS") == "required":
        pytest.fail(words, pytrace=False)
    pytest.skip(words)
