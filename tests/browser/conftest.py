"""One JupyterLab and one Chromium for all browser tests, over copies of the notebooks."""

import contextlib
import importlib.util
import pathlib
import re
import shutil
import urllib.parse
from types import SimpleNamespace

import nbformat
import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
STAGE = "stage.ipynb"  # generated here: the panels of the base, whatever notebooks there are
CELLS = [
    "from helpers.panels.adam_energy import EnergyMap, Ratio\nfrom sampler import Sampler",
    "sampler = Sampler()\nsampler",
    "energy_map = EnergyMap()\nenergy_map",
    "ratio = Ratio()\nratio",
]
PICTURES = []  # folders with screenshots, for people: one for each process


@pytest.fixture(scope="session")
def jupyter():
    """The harness that starts JupyterLab and Chromium."""
    spec = importlib.util.spec_from_file_location("browser_harness", HERE / "jupyter.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def server(jupyter, tmp_path_factory):
    """A JupyterLab over copies of the notebooks and the generated one: nothing is saved into the tree."""
    from helpers.upkeep import notebooks

    folder = tmp_path_factory.mktemp("notebooks")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(path, folder)
    shutil.copy(HERE / "sampler.py", folder)
    generated = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    nbformat.write(generated, folder / STAGE)
    (folder / STAGE).write_text(notebooks.execute(folder / STAGE), encoding="utf-8")
    with jupyter.lab(tmp_path_factory.mktemp("jupyter"), folder) as (address, token):
        yield SimpleNamespace(address=address, token=token, folder=folder)


@pytest.fixture(scope="session")
def chromium(jupyter):
    """A headless Chromium."""
    with jupyter.browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder for screenshots, named at the end of the run."""
    folder = tmp_path_factory.mktemp("screenshots")
    PICTURES.append(folder)
    return folder


@pytest.fixture(scope="session")
def opened(jupyter, server, chromium):
    """A context manager: a page with a notebook open, and in ``page.faults`` what went wrong in it."""

    @contextlib.contextmanager
    def opener(name, width=1280, height=720, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        page = context.new_page()
        page.faults = []
        page.on("console", lambda m: page.faults.append(f"console: {m.text}") if m.type == "error" else None)
        page.on("pageerror", lambda error: page.faults.append(f"exception: {error}"))
        page.on("request", lambda request: _only_here(request.url, page.faults))
        page.on("requestfailed", lambda request: _failed(request, page.faults))
        try:
            jupyter.open_notebook(page, server.address, server.token, name)
            yield page
            jupyter.shut_down(page)
        finally:
            context.close()

    return opener


def _only_here(address, faults):
    parts = urllib.parse.urlsplit(address)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
        faults.append(f"request to the outside: {address}")


def _failed(request, faults):
    if "ERR_ABORTED" not in (request.failure or ""):  # a page that is left aborts what it still asks for
        faults.append(f"request failed: {request.url} {request.failure}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Where several processes share the tests, keep those of one page together."""
    from xdist.scheduler import LoadScopeScheduling

    class ByPage(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            notebook = re.search(r"\[(.+\.ipynb)\]$", nodeid)
            return notebook[1] if notebook else nodeid.split("::")[0]

    return ByPage(config, log)


def pytest_sessionfinish(session):
    """Let the process that runs the others know where the screenshots are."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["pictures"] = [str(folder) for folder in PICTURES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """One of the others has ended."""
    PICTURES.extend(getattr(node, "workeroutput", {}).get("pictures", []))


def pytest_terminal_summary(terminalreporter):
    """Say where the screenshots are."""
    for folder in PICTURES:
        terminalreporter.write_line(f"screenshots: {folder}")
