"""How fast the panels answer in a real browser, beside `interact`: ``bench_panels.py [NAME …]``.

For each panel of the collection, in a real JupyterLab and Chromium, in one run:

- *key to pixels*: from the keydown event on a slider to the first moment after the browser has rendered the
  frame in which the canvas shows the answer. The script writes the number of the move it has drawn into
  ``data-turn``; a MutationObserver sees it in the same frame, and a message posted then is delivered once the
  frame is rendered. The keys come at random moments between two refreshes of the screen, as a reader's do;
  without that each would follow the frame before it by the same time. *From memory*: once the idle kernel has
  worked ahead. *Not known*: the page has been made to forget, and the kernel not to work ahead. *Far*: from
  memory and not known with a proxy on loopback between browser and server that keeps each byte for 50 ms, as
  on Binder.
- *held*: of the moves of a key held from 0.3 s after the focus, those that were not served from memory.
- *frames/s*: moves drawn per second while the thumb is dragged to and fro for two seconds within what is
  known, beside the values it took per second, and whether kernel and page agree afterwards.
- *interact*: the same computation and the same figure, built anew at each change and shown by the inline
  backend, as most notebooks do; from the keydown event to the rendering of the frame with the new, decoded
  ``<img>``.

Wanted: from memory 12 ms in the median and 21 in 95 of 100, far away too; 15 times faster than `interact`;
30 frames/s. Exits with 1 if a ratio or a rate is missed: times depend on the machine, whose load is printed.
"""

import importlib.util
import os
import pathlib
import random
import statistics
import sys
import tempfile

import nbformat

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
PRESSES, PRESSES_OF_INTERACT, SECONDS = 60, 12, 2.0
REFRESH = 1000 / 60  # milliseconds between two frames
RATIO, RATE = 15, 30  # wanted: times faster than `interact`, frames a second

# In the kernel: the rival of a panel. The functions of helpers.figures that make its figure are recorded
# while a panel is built, and called again at each change.
RIVAL = '''
import importlib, pkgutil
import ipywidgets
from IPython.display import display
from matplotlib.figure import Figure
import helpers.figures

made = []
def recording(function):
    def wrapper(*arguments, **options):
        result = function(*arguments, **options)
        if isinstance(result, tuple) and result and isinstance(result[0], Figure):
            made.append(lambda: function(*arguments, **options))
        return result
    return wrapper

modules = [importlib.import_module(m.name)
           for m in pkgutil.iter_modules(helpers.figures.__path__, "helpers.figures.")]
before = []
for module in modules:
    for name, function in list(vars(module).items()):
        if callable(function) and getattr(function, "__module__", "").startswith("helpers.figures"):
            if not isinstance(function, type):
                before.append((module, name, function))
                setattr(module, name, recording(function))
other = {kind}()
for module, name, function in before:
    setattr(module, name, function)
build = made[-1] if made else None

class Rival:
    """The panel's methods on a figure of its own."""
    def __init__(self):
        self.figure, self.artists = build()
    def __getattr__(self, name):
        return getattr(other, name)

def rival(name):
    """The figure under `interact`, with one slider over the same positions."""
    control = getattr(other.controls, name)
    values = other.values
    def show(value):
        one = Rival()
        type(other).draw(one, other.compute(**{{**values, name: value}}))
        display(one.figure)
    start = min(control.positions, key=lambda p: abs(p - control.value))
    slider = ipywidgets.SelectionSlider(options=control.positions, value=start, description=control.label)
    ipywidgets.interact(show, value=slider)
'''

# Put into the page.
PAGE = (HERE / "timing.js").read_text(encoding="utf-8")


def harness():
    """The module that starts JupyterLab and Chromium."""
    path = ROOT / "tests" / "browser" / "jupyter.py"
    spec = importlib.util.spec_from_file_location("browser_harness", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def notebook(kind) -> nbformat.NotebookNode:
    """The panel in one cell, what its rival needs in another, and an empty one for the rival."""
    shown = f"from {kind.__module__} import {kind.__name__}\npanel = {kind.__name__}()\npanel"
    cells = [shown, RIVAL.format(kind=kind.__name__), "slider_names = []"]
    one = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    one.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return one


def presses(page, focus, arm, at_end, count, only=None) -> list:
    """Press an arrow key `count` times, turning at the ends; what `arm`, a call in the page, resolves to.

    `only`: a key that is pressed alone.
    """
    focus()
    key, answers, moments = only or "ArrowRight", [], random.Random(0)
    for number in range(count):
        low, high = at_end()
        key = "ArrowLeft" if high else "ArrowRight" if low else key
        if number == count // 2 and not (low or high or only):
            key = "ArrowLeft" if key == "ArrowRight" else "ArrowRight"
        page.evaluate(arm)
        page.keyboard.press(key)
        answer = page.evaluate("window.armed")
        if answer is None:
            raise RuntimeError(f"no answer to {key} within 8 s")
        answers.append(answer)
        # the kernel has become idle: nothing waits from the press before
        page.wait_for_timeout(40 + moments.uniform(0, REFRESH))
    return answers


def drag(page, slider) -> tuple[float, float]:
    """Drag the thumb to and fro for some seconds; moves drawn, and values chosen, per second."""
    box = slider.bounding_box()
    share = slider.evaluate("(s) => (s.value - s.min) / (s.max - s.min)")
    y = box["y"] + box["height"] / 2
    x0, width = box["x"] + 8, box["width"] - 16  # the thumb is 16 pixels wide
    page.mouse.move(x0 + share * width, y)
    page.mouse.down()
    page.evaluate(
        """() => { window.frames_drawn = 0; window.chosen = 0;
            window.choice = () => window.chosen++;
            document.addEventListener('input', choice, true);
            window.started = performance.now();
            window.counter = new MutationObserver(() => window.frames_drawn++);
            window.counter.observe(document.querySelector('.stage'), {attributeFilter: ['data-turn']}); }"""
    )
    position, step = share, 0.02
    while page.evaluate("performance.now() - window.started") < 1000 * SECONDS:
        step = abs(step) if position < 0.02 else -abs(step) if position > 0.98 else step
        position += step
        page.mouse.move(x0 + position * width, y)
    rate, chosen = page.evaluate(
        "[frames_drawn, chosen].map((n) => 1000 * n / (performance.now() - window.started))"
    )
    page.mouse.up()
    page.evaluate("window.counter.disconnect(); document.removeEventListener('input', choice, true)")
    page.wait_for_timeout(800)
    return rate, chosen


def forget(page, lab, foretold: bool):
    """Let the page forget all, and the kernel work ahead or not."""
    lab.run(page, "panel.reset(); s = panel._session")
    lab.run(page, f"s.ahead._compute = s._next if {foretold} else lambda *_: None")
    lab.run(page, "s._who = ''; s.forget(); s.update()")
    page.wait_for_timeout(300)


def known(page, lab, slider):
    """Touch a slider and wait until the kernel has worked ahead."""
    page.evaluate("document.activeElement.blur()")
    slider.focus()
    for _ in range(120):
        page.wait_for_timeout(250)
        if lab.ask(page, "s.ahead._task is None or s.ahead._task.done()"):
            return


def held(page, lab, slider) -> tuple[int, int]:
    """Hold a key from 0.3 s after the focus for 14 moves; those not served from memory, of all."""
    forget(page, lab, True)
    lab.run(page, "seen = []; take = s._take; s._take = lambda c: (seen.append(c['seen']), take(c))[1]")
    page.evaluate("document.activeElement.blur()")
    slider.focus()
    page.wait_for_timeout(300)
    for _ in range(14):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(33)  # as keyboards repeat
    page.wait_for_timeout(800)
    missed = lab.ask(page, "(seen.count(False), len(seen))")
    lab.run(page, "s._take = take")
    return missed


def agree(page, lab, name, slider) -> bool:
    """Whether kernel, slider and words agree after a drag."""
    shown = float(slider.evaluate("(s) => s.closest('.control').querySelector('input[type=text]').value"))
    value, said = lab.ask(page, f"(float(panel.values[{name!r}]), panel.sentence)")
    there = page.locator(".stage-sentence").first.evaluate("(p) => p.textContent")
    return abs(value - shown) <= 1e-9 * max(1, abs(value)) and said == there


def at_end(slider) -> tuple[bool, bool]:
    """Whether a slider of a panel is at its lower and at its upper end."""
    value, low, high = slider.evaluate("(s) => [Number(s.value), Number(s.min), Number(s.max)]")
    return value <= low, value >= high


def times(page, lab, slider, remembered: bool, count=PRESSES) -> list[float]:
    """Sorted milliseconds from key to pixels, from memory or for moves that nobody has foretold."""
    forget(page, lab, remembered)
    if remembered:
        known(page, lab, slider)
        return sorted(presses(page, slider.focus, "armStage()", lambda: at_end(slider), count))
    found = []
    while len(found) < count // 2:  # only forwards: behind all is known
        forget(page, lab, False)
        room = slider.evaluate("(s) => Number(s.max) - Number(s.value)")
        key = "ArrowRight" if room >= 3 else "ArrowLeft"
        found += presses(page, slider.focus, "armStage()", lambda: (False, False), min(10, max(3, room)), key)
    return sorted(found)


def measure(page, far, lab, kind) -> list[dict]:
    """One row for each slider of a panel; the far page looks at the first only."""
    rows = []
    names = lab.ask(page, "[n for n, c in vars(panel.controls).items() if type(c).__name__ == 'Slider']")
    for one in (page, far):
        one.evaluate(PAGE)
    for number, name in enumerate(names):
        slider = page.locator(".panel input[type=range]").nth(number)
        slider.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        row = {
            "panel": kind.__name__,
            "slider": page.locator(".control-slider label").nth(number).inner_text(),
        }
        row["unknown"] = times(page, lab, slider, False)
        row["held"] = held(page, lab, slider)
        row["known"] = times(page, lab, slider, True)
        row["rate"], row["chosen"] = drag(page, slider)
        row["last"] = agree(page, lab, name, slider)
        if number == 0:
            away = far.locator(".panel input[type=range]").first
            row["far known"] = times(far, lab, away, True, PRESSES // 2)
            row["far unknown"] = times(far, lab, away, False, PRESSES // 2)
        lab.run(page, "panel.reset()")
        row["interact"] = interact(page, lab, name)
        rows.append(row)
        print(f"  {row['panel']} {row['slider']}: {statistics.median(row['known']):.0f} ms", file=sys.stderr)
    return rows


def interact(page, lab, name) -> list[float] | None:
    """Milliseconds of the rival, or None where its figure cannot be built by itself."""
    if not lab.ask(page, "build is not None and len(build()) == 2"):
        return None
    page.evaluate(
        """(code) => {
            const notebook = jupyterapp.shell.currentWidget.content, last = notebook.widgets.length - 1;
            notebook.widgets[last].model.sharedModel.setSource(code);
            notebook.activeCellIndex = last;
            jupyterapp.commands.execute('notebook:run-cell');
        }""",
        f"rival({name!r})",
    )
    handle = page.locator(".noUi-handle")
    handle.wait_for(timeout=20_000)
    page.wait_for_selector(".jp-OutputArea img, .widget-output img", timeout=20_000)
    handle.scroll_into_view_if_needed()
    page.wait_for_timeout(500)

    def at_end():
        value, low, high = (float(handle.get_attribute(f"aria-value{a}")) for a in ("now", "min", "max"))
        return value <= low, value >= high

    times = presses(page, handle.focus, "armImage()", at_end, PRESSES_OF_INTERACT)
    page.evaluate("() => jupyterapp.commands.execute('notebook:clear-cell-output')")
    handle.wait_for(state="detached")
    return times


def table(rows) -> tuple[list[str], bool]:
    """The rows as Markdown, and whether ratios and rates are what is wanted."""
    lines = [
        "| panel | slider | from memory, median / p95, ms | not known | far: memory | far: not known "
        "| held: missed | frames/s of values/s | agree | interact, ms | ratio | |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    good = True
    for row in rows:
        kinds = ("known", "unknown", "far known", "far unknown")
        said = [_said(row[kind]) if kind in row else "-" for kind in kinds]
        rival = statistics.median(row["interact"]) if row["interact"] else None
        ratio = rival / statistics.median(row["known"]) if rival else None
        met = {
            "ratio": ratio is None or ratio >= RATIO,
            "frames/s": row["rate"] >= min(RATE, 0.9 * row["chosen"]) > 0,
            "agreement": row["last"],
        }
        good = good and all(met.values())
        verdict = ", ".join(name for name, ok in met.items() if not ok)
        lines.append(
            f"| {row['panel']} | {row['slider']} | {' | '.join(said)} | {row['held'][0]} of {row['held'][1]} "
            f"| {row['rate']:.0f} of {row['chosen']:.0f} | {'yes' if row['last'] else 'no'} "
            f"| {f'{rival:.0f}' if rival else '-'} | {f'{ratio:.1f}' if rival else '-'} "
            f"| {f'missed: {verdict}' if verdict else 'ok'} |"
        )
    return lines, good


def _said(times) -> str:
    return f"{statistics.median(times):.0f} / {times[int(0.95 * len(times)) - 1]:.0f}"


def main(names: list[str]) -> int:
    """Measure all panels, or those named; returns 0 if ratios and rates are what is wanted."""
    from helpers.panels.panel import collection

    lab = harness()
    if not lab.find_chromium():
        print("no Chromium: install it, or set CHROMIUM to its path")
        return 1
    chosen = [kind for kind in collection() if not names or kind.__name__ in names]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "notebooks"
        root.mkdir()
        for kind in chosen:
            nbformat.write(notebook(kind), root / f"{kind.__name__}.ipynb")
        settings = pathlib.Path(folder) / "jupyter"
        settings.mkdir()
        with lab.lab(settings, root) as (address, token), lab.browser() as browser:
            with lab.proxy(int(address.rsplit(":", 1)[1])) as port:
                for kind in chosen:
                    pages = []
                    for place in (address, f"http://127.0.0.1:{port}"):
                        context = browser.new_context(viewport={"width": 1280, "height": 1000})
                        page = context.new_page()
                        lab.open_notebook(page, place, token, f"{kind.__name__}.ipynb")
                        if not pages:
                            lab.run_all(page)
                            page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
                            page.wait_for_timeout(1000)  # the far page opens what is stored
                        lab.wait_for_panels(page)
                        page.wait_for_timeout(1000)
                        pages.append(page)
                    rows += measure(*pages, lab, kind)
                    lab.shut_down(pages[0])
                    for page in pages:
                        page.context.close()
    lines, good = table(rows)
    print("\n".join(lines))
    if hasattr(os, "getloadavg"):
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print("ratios and rates are as wanted" if good else "some ratios or rates are missed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
