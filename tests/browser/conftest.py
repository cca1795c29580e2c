"""One JupyterLab and one Chromium for all browser tests, over copies of the notebooks."""

import contextlib
import importlib.util
import io
import pathlib
import re
import shutil
import urllib.parse
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from PIL import Image

from helpers.figures import style
from helpers.stage.controls import Choice, Slider, Switch
from helpers.stage.scene import Pad, Scene

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


@pytest.fixture(scope="session")
def bars():
    """Builds a scene with a broken line, a bar and a text; the limits, and so a picture, change with a."""

    def build(**options):
        figure = style.figure(6, 3)
        left, right = figure.subplots(1, 2)
        (line,) = left.plot([], [], lw=4, color="black")
        (dot,) = right.plot([], [], "o", ms=12)
        text = right.text(0.5, 0.9, "")
        left.set(xlim=(0, 1))
        right.set(xlim=(0, 1), ylim=(0, 1))
        x = np.linspace(0, 1, 101)

        def compute(a, b, kind, on):
            if a > 1:
                raise ValueError(f"a must be at most 1; got {a:g}")
            return a, b, on

        def draw(result):
            a, b, on = result
            line.set_data(x, np.where((x > 0.4) & (x < 0.6), np.nan, a))
            left.set_ylim(-1, 1 if a < 0.75 else 1.5)
            dot.set_data([a], [b])
            text.set_text("on" if on else "off")

        controls = {
            "a": Slider(
                "a", "a, height", [k / 20 for k in range(21)], 0.5, "0 ≤ a ≤ 1", play=True, interval=30
            ),
            "b": Slider("b", "b, place", [k / 10 for k in range(11)], 0.5, "any"),
            "kind": Choice("kind", ["one", "two"], "one"),
            "on": Switch("on", True),
        }
        presets = {"High": {"a": 1.0}}
        pads = [Pad(right, "a", "b")]
        words = lambda r: f"a is {r[0]:g} and b is {r[1]:g}."  # noqa: E731
        artists = [line, dot, text]
        return Scene(controls, figure, artists, compute, draw, words, presets=presets, pads=pads, **options)

    return build


@pytest.fixture(scope="session")
def pixels():
    """Reads the bytes of a picture."""

    def pixels_of(png):
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float)

    return pixels_of


@pytest.fixture(scope="session")
def apart():
    """Compares two pictures."""

    def apart_of(drawn, saved) -> np.ndarray:
        """For each pixel how far it is, from 0 to 255, from each one of the other picture's within a pixel.

        Antialiasing, the hinting of letters and Agg's snapping of markers and lines to whole pixels move an
        edge by less than that.
        """
        shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]

        def one_way(a, b):
            return np.min([np.abs(a - np.roll(b, shift, (0, 1))).max(axis=-1) for shift in shifts], axis=0)

        return np.maximum(one_way(drawn, saved), one_way(saved, drawn))

    return apart_of
