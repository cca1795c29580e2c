"""Every notebook as a reader meets it, beside JupyterLab's list of files: stored, then run, then moved."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[2]
NOTEBOOKS = [path.name for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
SLOW = (
    "slow-in-browser"  # the tag of cells that are not run here: nbval runs them, and no later cell needs them
)
OURS = ".jp-OutputArea-output"
SERIOUS = {"serious", "critical"}
# In stored and printed outputs JupyterLab itself draws pictures without a description, and long lines of text
# in a region that scrolls but cannot be focused: no notebook can mend that.
JUPYTERS_OWN = {"image-alt", "scrollable-region-focusable"}


# test_stage.py has the generated notebook's panels in hand; here it stands in where there is no notebook
@pytest.fixture(scope="module", params=NOTEBOOKS or ["stage.ipynb"])
def page(request, opened, jupyter, pictures):
    """A notebook, open and not yet run."""
    with opened(request.param) as page:
        page.name = request.param
        yield page


def outputs(page):
    """The stored outputs: for each, its kinds of data."""
    return page.evaluate("""() => [...jupyterapp.shell.currentWidget.content.model.sharedModel.cells]
        .filter((cell) => cell.cell_type === 'code')
        .flatMap((cell) => cell.getOutputs())
        .map((output) => ({kind: output.output_type, data: output.data ?? {}}))""")


def screenshot(page, pictures, what):
    page.screenshot(path=pictures / f"{page.name} {what}.png")


# The three tests share a page and run in this order.
def test_before_anything_is_run_pictures_and_sentences_show(page, pictures):
    stored = outputs(page)
    images = [one["data"] for one in stored if "image/png" in one["data"]]
    sentences = [one["data"]["text/markdown"] for one in stored if "text/markdown" in one["data"]]
    page.wait_for_timeout(500)
    shown = page.locator(f"{OURS} img")
    assert shown.count() >= len(images)
    for k in range(shown.count()):
        assert shown.nth(k).evaluate("(image) => image.complete && image.naturalWidth > 0")
        folded = shown.nth(k).evaluate("(image) => image.closest('details:not([open])') !== null")
        assert shown.nth(k).is_visible() != folded  # a measurement is folded until it was predicted
    text = _plain(page.locator(".jp-Notebook").inner_text())
    for sentence in sentences:
        assert _plain(re.sub(r"\\([\\`*_$<\[\]~#+-])", r"\1", sentence))[:60] in text
    panels = [data for data in images if not "".join(data.get("text/plain", "<")).startswith("<")]
    assert len(sentences) >= len(panels)  # the sentence under each stored panel
    if page.name == "stage.ipynb":
        assert len(panels) == 3
    for words in ("model not found", "Error displaying widget", "Loading widget", "Traceback"):
        assert words.lower() not in text.lower()
    assert not [one for one in stored if one["kind"] == "error"]
    screenshot(page, pictures, "stored")
    assert page.faults == []


def _plain(text):
    return re.sub(r"\s+", " ", text)


def test_it_runs_and_its_panels_move(page, jupyter, pictures):
    removed = page.evaluate(
        """(tag) => {
            const model = jupyterapp.shell.currentWidget.content.model.sharedModel;
            const tagged = (cell) => (cell.getMetadata('tags') ?? []).includes(tag);
            const slow = model.cells.map((cell, k) => tagged(cell) ? k : -1).filter((k) => k >= 0);
            slow.reverse().forEach((k) => model.deleteCell(k));
            return slow.length;
        }""",
        SLOW,
    )
    jupyter.run_all(page, 150)
    panels = jupyter.wait_for_panels(page)
    assert not [one for one in outputs(page) if one["kind"] == "error"], page.name
    assert "Traceback" not in page.locator(".jp-Notebook").inner_text()
    page.wait_for_timeout(600)
    moved = [_move(page, k, pictures) for k in range(panels)]
    print(page.name, f"{panels} panels, {sum(moved)} sliders, {removed} cells left out")
    assert page.faults == []


PIXELS = """(canvas) => {
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0, white = 0;  // an order-sensitive sum: equal pictures, equal numbers
    for (let i = 0; i < data.length; i += 4) {
        sum = (sum * 31 + data[i] + 3 * data[i + 1] + 7 * data[i + 2]) % 2147483647;
        white += data[i] > 250 && data[i + 1] > 250 && data[i + 2] > 250;
    }
    return [sum, white / (data.length / 4)];
}"""


def _move(page, k, pictures) -> int:
    """Press keys on each slider of panel `k`; returns how many sliders it has."""
    stage = page.locator(".stage").nth(k)
    canvas, said = stage.locator("canvas"), stage.locator(".stage-sentence")
    panel = page.locator(".panel").nth(k)
    stage.scroll_into_view_if_needed()
    assert 0.2 < canvas.evaluate(PIXELS)[1] < 0.999, f"panel {k + 1} is blank"
    height = panel.bounding_box()["height"]
    sliders = panel.locator("input[type=range]")
    sentences, count = {said.inner_text()}, sliders.count()
    panel.screenshot(path=pictures / f"{page.name} panel {k + 1}.png")
    for i in range(count):
        slider = sliders.nth(i)
        name = slider.get_attribute("aria-label")
        seen = {canvas.evaluate(PIXELS)[0]}
        for key in ("ArrowRight", "ArrowLeft", "Home", "End"):
            before = slider.input_value()
            turn = stage.get_attribute("data-turn")
            slider.press(key)
            if slider.input_value() != before:  # else it was at its end
                _wait_for_turn(page, k, turn, f"{name}, {key}")
            seen.add(canvas.evaluate(PIXELS)[0])
            sentences.add(said.inner_text())
            assert stage.locator(".stage-error").inner_text() == "", f"{name}, {key}"
            assert panel.bounding_box()["height"] == height, f"{name}, {key}: the height has changed"
        assert len(seen) > 1, f"{name}: no key changes the picture of panel {k + 1}"
    assert len(sentences) > 1 or not count, f"no slider changes the sentence of panel {k + 1}"
    if count:
        panel.get_by_role("button", name="Reset").click()
    return count


def _wait_for_turn(page, k, turn, what):
    """Wait until the stage has drawn a change after `turn`, and all that is under way."""
    try:
        page.wait_for_function(
            """([k, turn]) => {
                const stage = document.querySelectorAll('.stage')[k];
                const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                return stage.dataset.turn !== turn && kernel.status === 'idle';
            }""",
            arg=[k, turn],
            timeout=10_000,
        )
    except Exception as late:
        raise AssertionError(f"{what}: nothing was drawn within 10 s") from late
    page.wait_for_timeout(30)


def test_no_serious_violation_of_accessibility(page):
    from axe_playwright_python.sync_playwright import Axe

    if not page.locator(OURS).count():
        pytest.skip("this notebook has no outputs")
    results = Axe().run(page, context={"include": [[OURS]]}, options={"resultTypes": ["violations"]}).response
    bad = []
    for violation in results["violations"]:
        if violation["impact"] not in SERIOUS:
            continue
        for node in violation["nodes"]:
            if violation["id"] in JUPYTERS_OWN and "canvas" not in node["html"]:
                continue
            bad.append(f"{violation['id']}: {node['html'][:200]}")
    assert not bad, "\n".join(bad)


def test_a_click_and_a_drag_on_the_map_move_both_sliders(page):
    areas = ((panel, _map_of(page, panel)) for panel in page.locator(".panel").all())
    found = next((one for one in areas if one[1]), None)  # the page must not scroll after it is found
    if not found:
        assert "5.2" not in page.name and page.name != "stage.ipynb", "the map of (β₁, β₂) is not there"
        pytest.skip("no map of β₁ and β₂ in this notebook")
    panel, (left, top, right, bottom) = found

    def at(x, y):
        return left + x * (right - left), bottom - y * (bottom - top)

    def values():
        page.wait_for_timeout(1000)
        return [panel.get_by_role("textbox", name=name).input_value() for name in ("β₁", "β₂")]

    first = values()
    page.mouse.click(*at(0.6, 0.7))
    clicked = values()
    page.mouse.move(*at(0.6, 0.7))
    page.mouse.down()
    for share in (0.5, 0.4, 0.3, 0.2):
        page.mouse.move(*at(share, share + 0.2))
        page.wait_for_timeout(20)
    page.mouse.up()
    dragged = values()
    for before, after in ((first, clicked), (clicked, dragged)):
        assert before[0] != after[0] and before[1] != after[1], (first, clicked, dragged)


def _map_of(page, panel):
    """The corners of the area of a panel with β₁ and β₂ where the pointer becomes a cross, or None."""
    if not all(panel.get_by_role("slider", name=name).count() for name in ("β₁", "β₂")):
        return None
    canvas = panel.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box, hits = canvas.bounding_box(), []
    for i in range(1, 16):
        for j in range(1, 6):
            x, y = box["x"] + i * box["width"] / 16, box["y"] + j * box["height"] / 6
            page.mouse.move(x, y)
            if canvas.evaluate("(canvas) => canvas.style.cursor") == "crosshair":
                hits.append((x, y))
    if not hits:
        return None
    x, y = zip(*hits, strict=True)
    return min(x), min(y), max(x), max(y)
