"""The static site in Chromium, offline: formulas, links, alternative texts, no other host, axe-core."""

import functools
import http.server
import threading
import urllib.parse

import nbformat
import pytest

from helpers.upkeep.settings import NOTEBOOKS
from helpers.upkeep.site import build as site
from helpers.upkeep.site.recording import panel_of

NAMES = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
ALIVE = ["LinearCase", "Flatness"]  # recorded here; the others take minutes
SIZES = {"projected": (1280, 720, False), "tablet": (820, 1180, True), "telephone": (390, 844, True)}


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The address of the built site, served from loopback."""
    folder = tmp_path_factory.mktemp("site") / "pages"
    site.build(folder, ALIVE)
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def visit(chromium, address):
    """Open a page at a size; `page.faults` lists console errors and requests that leave the site or fail."""
    contexts = []

    def opener(name, size="projected"):
        width, height, touch = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=touch)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("console", lambda m: page.faults.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("requestfailed", lambda request: page.faults.append(f"failed: {request.url}"))
        page.on("response", lambda r: page.faults.append(f"{r.status}: {r.url}") if r.status >= 400 else None)

        def look(request):
            inside = request.url.startswith((address, "data:", "blob:"))
            page.faults += [] if inside else [f"another host: {request.url}"]

        page.on("request", look)
        page.goto(f"{address}{name}.html")
        page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
        return page

    yield opener
    for context in contexts:
        context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_reads_offline_at_each_size(visit, name, size):
    page = visit(name, size)
    assert page.faults == []
    assert page.evaluate("document.querySelectorAll('mjx-merror').length") == 0
    places = "main p, main li, main td, nav.contents"
    text = page.evaluate(f"[...document.querySelectorAll('{places}')].map(e => e.innerText).join(' ')")
    assert "$" not in text and "\\" not in text  # no raw formula
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # nothing hangs over
    if name != "index":
        assert page.locator("mjx-container").count() > 20


@pytest.mark.parametrize("name", NAMES)
def test_pictures_have_their_sentence_and_axe_finds_nothing_serious(visit, name):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(name)
    stored = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    outputs = [output.get("data", {}) for cell in stored.cells for output in cell.get("outputs", [])]
    sentences = [data["text/plain"] for data in outputs if "image/png" in data]
    pictures = "[...document.querySelectorAll('main .output_png > img')].map(i => i.alt)"
    assert page.evaluate(pictures) == sentences
    found = Axe().run(page).response["violations"]
    serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []


@pytest.mark.parametrize("name", NAMES)
def test_each_link_within_the_site_leads_somewhere(visit, address, name):
    page = visit(name)
    links = page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)")
    inside = {link for link in links if link.startswith(address)}
    assert inside and not any(".ipynb" in link and "mybinder" not in link for link in links)
    for link in sorted(inside):
        target, anchor = urllib.parse.urldefrag(link)
        if target != page.url.partition("#")[0]:
            assert page.request.get(target).ok, link
        elif anchor:
            place = page.evaluate("id => document.getElementById(id)?.tagName", urllib.parse.unquote(anchor))
            assert place, link


@pytest.mark.parametrize("size", SIZES)
def test_a_recorded_panel_answers_the_keyboard_without_a_kernel(visit, size):
    page = visit("5.4_initialization", size)
    place = page.locator(".recorded[data-panel=LinearCase]")
    place.scroll_into_view_if_needed()
    page.wait_for_selector(".recorded[data-panel=LinearCase][data-alive=yes]")
    slider = place.get_by_role("slider").first
    slider.focus()
    page.wait_for_function("() => document.querySelector('.recorded').innerText.includes('From (0, 0)')")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.recorded').innerText.includes('From (0.25, 0)')")
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.recorded').innerText.includes('From (3, 0)')")
    place.get_by_role("slider").nth(1).press("Home")  # two moves from the start: not recorded, and said so
    page.wait_for_function("() => document.querySelector('.recorded').innerText.includes('not recorded')")
    place.get_by_role("button", name="Reset").click()
    page.wait_for_function("() => document.querySelector('.recorded').innerText.includes('From (0, 0)')")
    stored = place.evaluate("e => [...e.closest('.output_area').querySelectorAll('img')].map(i => i.hidden)")
    assert all(stored) and page.faults == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_panel_that_a_notebook_displays_is_found():
    """Two ways to tell: what the cells say, and the pictures that are stored with a sentence of a panel."""
    from helpers.panels.panel import collection

    shown = site.shown_panels()
    assert set(shown) == {kind.__name__ for kind in collection()}
    assert set(ALIVE) <= set(shown)
    assert panel_of("a = Flatness()\na", shown) == "Flatness"
    assert panel_of("Flatness(beta_1=0.5)", shown) is None
    assert panel_of("a.set(beta_1=0.5)", shown) is None


def test_the_keyboard_skips_to_the_text_and_reaches_the_contents(visit):
    page = visit(NAMES[0])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    headings = page.evaluate("[...document.querySelectorAll('main h2')].map(h => h.id)")
    listed = page.evaluate("[...document.querySelectorAll('.contents .level-2 a')].map(a => a.hash.slice(1))")
    assert [urllib.parse.unquote(anchor) for anchor in listed] == headings and len(headings) > 5


def test_the_folder_is_only_emptied_if_it_is_a_site(tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(ValueError, match="something else"):
        site.build(tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "kept"
