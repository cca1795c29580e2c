"""A pytest plugin for nbval: a cell that writes to stderr, a warning for instance, fails.

nbval itself reports exceptions only. Load it with ``-p helpers.upkeep.quiet_cells``.
"""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Run the cell, then look at what it wrote."""
    yield
    outputs = getattr(item, "test_outputs", None) or ()
    written = [output["text"] for output in outputs if output.get("name") == "stderr"]
    if written:
        pytest.fail("the cell wrote to stderr:\n" + "".join(written), pytrace=False)
