"""How fast the static pages answer, without a kernel: ``bench_site.py [FOLDER]``, served from loopback.

FOLDER holds the site as ``make site`` builds it; without one it is built in a temporary folder (minutes).
For each panel, in Chromium:

- *first picture*: from the moment the page is scrolled to the panel, which until then was far away, to the
  first drawn frame; *loaded*: what its files had by then.
- *key to pixels*: as in bench_panels.py, for a slider whose moves have come.
- *held*: of the moves of a key held from 0.3 s after the focus, those that were not drawn in the frame of
  the key.

Wanted: 0.5 s, 1 MB, 8 ms in the median, none missed. Times depend on the machine, whose load is printed.
"""

import functools
import os
import pathlib
import re
import statistics
import sys
import tempfile

import bench_panels as keys

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
PRESSES, HELD = 40, 14

# A panel starts to load when the reader comes near.
SCROLL = """(place) => new Promise((resolve) => {
    const start = performance.now(), observer = new MutationObserver(() => {
        observer.disconnect();
        rendered(() => resolve(performance.now() - start));
    });
    observer.observe(place, {attributeFilter: ['data-drawn']});
    place.scrollIntoView({block: 'start'});
})"""


def measure(browser, address: str, page_name: str, panel: str) -> dict:
    """The row of one panel, on a page opened for it alone."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(f"{address}{page_name}")
    page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
    page.evaluate(keys.PAGE)
    place, loaded = page.locator(f".recorded[data-panel={panel}]").first, []
    near = place.evaluate("(e) => e.dataset.alive === 'yes'")  # so close to the top that it came by itself
    page.on("response", lambda answer: loaded.append(int(answer.headers.get("content-length", 0))))
    first = None if near else page.evaluate(f"({SCROLL})(document.querySelector('[data-panel={panel}]'))")
    row = {"panel": panel, "first": first, "loaded": sum(loaded)}
    page.evaluate("(name) => { window.watched = document.querySelector(`[data-panel=${name}]`); }", panel)
    slider = place.get_by_role("slider").first

    at_end = functools.partial(keys.at_end, slider)
    slider.focus()
    page.wait_for_timeout(300)
    missed = 0
    for _ in range(HELD):
        key = "ArrowLeft" if at_end()[1] else "ArrowRight"
        before = place.get_attribute("data-turn")
        page.keyboard.press(key)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => rendered(done)))")
        missed += place.get_attribute("data-turn") == before
    row["held"] = missed
    page.wait_for_timeout(500)
    row["keys"] = sorted(keys.presses(page, slider.focus, "armStage()", at_end, PRESSES))
    page.close()
    return row


def main(arguments: list[str]) -> int:
    """Measure all panels; returns 1 if there is no browser."""
    from helpers.upkeep.site import build

    lab = keys.harness()
    if not lab.find_chromium():
        print("no Chromium: install it, or set CHROMIUM to its path")
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(arguments[0] if arguments else scratch)
        if not arguments:
            print(build.build(folder), file=sys.stderr)
        shown = [  # one that stands twice on a page is looked at once
            (path.name, panel)
            for path in sorted(folder.glob("*.html"))
            for panel in dict.fromkeys(re.findall(r'data-panel="(\w+)"', path.read_text(encoding="utf-8")))
        ]
        print("| panel | first picture, ms | loaded, kB | key to pixels, median / p95, ms | held: missed |")
        print("|---|---|---|---|---|")
        with lab.served(folder) as address, lab.browser() as browser:
            for page_name, panel in shown:
                row = measure(browser, address, page_name, panel)
                times = row["keys"]
                first = "-" if row["first"] is None else f"{row['first']:.0f}"
                said = f"{statistics.median(times):.0f} / {times[int(0.95 * len(times)) - 1]:.0f}"
                print(
                    f"| {panel} | {first} | {row['loaded'] / 1000:.0f} | {said} | {row['held']} of {HELD} |"
                )
    if hasattr(os, "getloadavg"):
        print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
