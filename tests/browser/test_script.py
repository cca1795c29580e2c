"""The page's script in a real browser, with a session in this process instead of a notebook behind it."""

import base64
import pathlib

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from helpers.panels.panel import collection
from helpers.stage.live import script
from helpers.stage.session import Session

HERE = pathlib.Path(__file__).parent
STAGE = pathlib.Path(script.__code__.co_filename).parent
CSS = (STAGE / "stage.css").read_text(encoding="utf-8")


class Table:
    """A page with a scene on it, and the session behind."""

    def __init__(self, chromium, scene, pixels, width=700, height=900, **context):
        self.scene, self.pixels, self.out = scene, pixels, []
        self.session = Session(scene, lambda *message: self.out.append(message))
        self.context = chromium.new_context(viewport={"width": width, "height": height}, **context)
        self.page = page = self.context.new_page()
        self.faults = []
        page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.expose_function("kernel", self.handle)
        page.set_content((HERE / "stub.html").read_text(encoding="utf-8"))
        page.add_style_tag(content=CSS)
        page.evaluate("([source, data]) => start(source, data)", [script(), scene.data()])
        self.drawn()

    def handle(self, content):
        self.session.receive(content)
        return self.sent()

    def sent(self):
        messages = [
            {"content": content, "buffers": [base64.b64encode(one).decode() for one in buffers]}
            for content, buffers in self.out
        ]
        self.out.clear()
        return messages

    def ahead(self, name):
        """Let the kernel be idle until the page has all moves of a control."""
        self.session.ahead._name = name
        while self.session.ahead.step():
            self.page.evaluate("(messages) => push(messages)", self.sent())
        self.page.wait_for_timeout(100)

    def drawn(self, place=0):
        self.page.wait_for_function(
            "(k) => Number(document.querySelectorAll('main')[k].dataset.drawn) > 0", arg=place
        )
        self.page.wait_for_timeout(80)

    def turn(self):
        return int(self.page.locator("main").first.get_attribute("data-turn"))

    def slider(self, name):
        return self.page.get_by_role("slider", name=name)

    def field(self, name):
        return self.page.get_by_role("textbox", name=name)

    def words(self, kind="sentence", place=0):
        return self.page.locator(f".stage-{kind}").nth(place).inner_text()

    def log(self, kind="set"):
        return [one for one in self.page.evaluate("net.log") if one["kind"] == kind]

    def picture(self, place=0):
        data = self.page.locator("canvas").nth(place).evaluate("(canvas) => canvas.toDataURL()")
        return self.pixels(base64.b64decode(data.split(",")[1]))


@pytest.fixture
def table(chromium, bars, pixels):
    """The scene of these tests, 600 CSS pixels wide: one figure pixel is one pixel of the screen."""
    one = Table(chromium, bars(), pixels, width=616)
    yield one
    one.context.close()
    assert one.faults == []


# ---------------------------------------------------------------------- pictures
# Found: up to 0.6 in the mean, and 0.8 in a thousand pixels far off, where dashes begin elsewhere.
@pytest.mark.parametrize("kind", collection(), ids=lambda kind: kind.__name__)
def test_the_canvas_of_every_panel_shows_what_matplotlib_saves(chromium, kind, pictures, pixels, apart):
    scene = kind().scene
    width, height = scene.size()
    table = Table(chromium, scene, pixels, width + 16, height + 330)
    try:
        drawn = table.picture()
        saved = pixels(scene.picture(table.session.settled().result))
        assert drawn.shape == saved.shape
        difference = apart(drawn, saved)
        for text in (one for one in scene.pictures.moving if isinstance(one, Text) and one.get_text()):
            left, bottom, right, top = text.get_window_extent().padded(3).extents.round().astype(int)
            difference[height - top : height - bottom, max(left, 0) : right] = 0  # letters are another matter
        shown = np.repeat(255 - difference[..., None], 3, axis=-1)
        stack = np.vstack([drawn, saved, shown]).astype("uint8")
        Image.fromarray(stack).save(pictures / f"{kind.__name__} drawn, saved, difference.png")
        found = difference.mean(), (difference > 100).mean()
        # up to .84 where dashes crowd, .0013 at the edges of bars, which matplotlib snaps to whole pixels
        assert found[0] < 1.0 and found[1] < 0.002, found
    finally:
        table.context.close()
    assert table.faults == []


def test_what_is_not_a_number_lifts_the_pen(table):
    height = table.scene.figure.bbox.height
    axes = table.scene.figure.axes[0]
    picture = table.picture()
    for x, black in ((0.2, True), (0.5, False), (0.8, True)):
        across, up = axes.transData.transform((x, 0.5))
        column = picture[:, round(across)].mean(axis=-1)
        assert (column[round(height - up) - 2 : round(height - up) + 3].min() < 50) == black, x


PAINTED = """(source) => {
    const { drawMark } = new Function(`${source}; return { drawMark };`)();
    const x = Array.from({ length: 1203 }, (_, i) => (i === 400 ? NaN : i)), y = x.map((one) => one % 7);
    const segments = [], count = { strokes: 0 };
    let at = null;
    const calls = {
        moveTo: (x, y) => { at = x; },
        lineTo: (x, y) => { segments.push([at, x]); at = x; },
        stroke: () => { count.strokes += 1; },
    };
    const ctx = new Proxy({}, { get: (_, name) => calls[name] ?? (() => {}), set: () => true });
    return (mark) => {
        segments.length = count.strokes = 0;
        const line = { kind: "path", width: 1, join: "round", cap: "butt", dash: [], ...mark };
        drawMark(ctx, line, x, y, 0, x.length, "");
        return [count.strokes, segments];
    };
}"""


def test_a_long_line_is_stroked_in_runs_that_leave_out_no_segment(table):
    painted = table.page.evaluate_handle(PAINTED, (STAGE / "paint.js").read_text(encoding="utf-8"))
    expected = [[i, i + 1] for i in range(1202) if i not in (399, 400)]
    strokes, segments = painted.evaluate("(painted) => painted({ stroke: 'rgba(0,0,0,1)' })")
    assert segments == expected and strokes == 13
    # a run of dashes, and a line that shines through, must not begin anew or overlap itself
    for mark in ({"stroke": "rgba(0,0,0,1)", "dash": [3, 2]}, {"stroke": "rgba(0,0,0,0.5)"}):
        strokes, segments = painted.evaluate("(painted, mark) => painted(mark)", mark)
        assert segments == expected and strokes == 1


def test_two_views_and_a_page_of_another_width(table):
    table.page.evaluate("() => document.body.append(document.createElement('main'))")
    table.page.evaluate("() => show(document.querySelectorAll('main')[1])")
    table.drawn(1)
    table.slider("a, height").nth(1).press("ArrowRight")
    table.page.wait_for_timeout(200)
    assert table.words(place=0) == table.words(place=1) == "a is 0.55 and b is 0.5."
    assert np.array_equal(table.picture(0), table.picture(1))
    table.page.set_viewport_size({"width": 380, "height": 800})  # both are narrow: the axes stack
    table.page.wait_for_function("() => document.querySelector('canvas').height > 500")
    table.page.wait_for_timeout(100)
    assert table.session.view.narrow
    table.slider("a, height").first.press("ArrowRight")
    table.page.wait_for_timeout(200)
    assert table.words() == "a is 0.6 and b is 0.5."


# ---------------------------------------------------------------------- memory, late and lost messages
def test_what_is_known_is_drawn_without_asking(table):
    table.ahead("a")
    before = table.picture()
    table.page.evaluate("net.hold = true")  # the kernel answers no more
    for _ in range(4):
        table.slider("a, height").press("ArrowRight")
    table.page.wait_for_timeout(60)
    assert table.words() == "a is 0.7 and b is 0.5." and table.turn() == 4
    assert np.abs(table.picture() - before).max() > 100
    assert [one["seen"] for one in table.log()] == [True] * 4 and not any(o["want"] for o in table.log())
    table.page.evaluate("release()")
    assert table.session.values["a"] == 0.7 and table.session.settled().result[0] == 0.7


def test_what_is_known_is_drawn_in_the_frame_of_the_key(table):
    table.ahead("a")
    table.page.evaluate(
        """() => document.querySelector("input[type=range]").addEventListener("keydown", () => {
            const turn = document.querySelector("main").dataset.turn;
            requestAnimationFrame(() => requestAnimationFrame(() => {
                window.within = document.querySelector("main").dataset.turn !== turn;
            }));
        })"""
    )
    table.slider("a, height").press("ArrowRight")
    table.page.wait_for_timeout(100)
    assert table.page.evaluate("within")


def test_moves_faster_than_the_kernel_all_arrive_and_the_last_is_shown(table):
    table.page.evaluate("net.hold = true")
    for _ in range(7):
        table.slider("a, height").press("ArrowLeft")
    assert table.words() == "a is 0.5 and b is 0.5."  # nothing is known yet
    assert [one["values"][0] for one in table.log()] == [0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15]
    assert [one["want"] for one in table.log()] == [True] + [False] * 6  # one picture in flight
    table.page.evaluate("net.hold = false; release()")
    table.page.wait_for_timeout(200)
    assert table.words() == "a is 0.15 and b is 0.5." and table.turn() == 7
    assert table.session.values["a"] == 0.15 and table.session.settled().result[0] == 0.15
    assert table.field("a, height").input_value() == "0.15"


def test_a_late_answer_is_not_drawn_over_a_newer_one(table):
    table.slider("b, place").press("ArrowRight")
    table.slider("b, place").press("ArrowLeft")  # both are known now
    table.page.wait_for_timeout(200)
    table.page.evaluate("net.hold = true")
    table.slider("a, height").press("End")  # asked for
    table.page.wait_for_timeout(50)
    table.page.get_by_role("button", name="Reset").click()  # known: drawn at once
    table.page.wait_for_timeout(50)
    now, turn = table.picture(), table.turn()
    assert table.words() == "a is 0.5 and b is 0.5."
    table.page.evaluate("release()")  # the answer to the move before
    table.page.wait_for_timeout(150)
    assert table.words() == "a is 0.5 and b is 0.5." and table.turn() == turn
    assert np.array_equal(table.picture(), now) and table.slider("a, height").input_value() == "10"


def test_a_picture_that_decodes_late_is_not_drawn_over_a_newer_frame(table):
    fixed = {p.key for p in table.session.settled().pictures}
    late = table.scene.frame(table.scene.initial | {"a": 1.0})
    sizes = [len(p.png) for p in late.pictures if p.key not in fixed]
    assert sizes  # other limits: other pictures
    table.page.evaluate("(sizes) => sizes.forEach((size) => { slow[size] = 500; })", sizes)
    table.slider("a, height").press("End")
    table.page.wait_for_timeout(100)
    table.slider("a, height").press("Home")
    table.page.wait_for_timeout(150)
    now = table.picture()
    assert table.words() == "a is 0 and b is 0.5." and table.turn() == 2
    table.page.wait_for_timeout(700)
    assert table.words() == "a is 0 and b is 0.5." and table.turn() == 2
    assert np.array_equal(table.picture(), now)


def test_an_answer_that_is_lost_is_asked_for_again(table):
    table.page.evaluate("net.lose = 1")
    table.slider("a, height").press("ArrowRight")
    table.page.wait_for_timeout(300)
    assert table.words() == "a is 0.5 and b is 0.5."
    table.page.wait_for_function(
        "() => document.querySelector('.stage-sentence').textContent.startsWith('a is 0.55')", timeout=9000
    )
    table.slider("a, height").press("ArrowRight")
    table.page.wait_for_timeout(200)
    assert table.words() == "a is 0.6 and b is 0.5."


def test_a_busy_kernel_is_said(table):
    height = table.page.locator("main").bounding_box()["height"]
    table.page.evaluate("net.hold = true")
    table.slider("a, height").press("ArrowRight")
    table.page.wait_for_timeout(500)
    assert table.words("status") == ""
    table.page.wait_for_timeout(1000)
    assert "busy" in table.words("status") and "earlier choice" in table.words("status")
    assert table.page.locator("main").bounding_box()["height"] == height
    table.page.evaluate("net.hold = false; release()")
    table.page.wait_for_timeout(200)
    assert table.words("status") == "" and table.words() == "a is 0.55 and b is 0.5."


@pytest.mark.parametrize("gone", ["net.dead = true", "kernelGone(); net.hold = true"])
def test_a_kernel_that_is_gone_is_said_and_what_is_known_still_moves(table, gone):
    table.ahead("a")
    box = table.slider("b, place").bounding_box()
    table.page.evaluate(gone)
    table.slider("a, height").press("ArrowRight")
    table.page.wait_for_timeout(100)
    assert table.words() == "a is 0.55 and b is 0.5." and "run this cell again" in table.words("status")
    assert "earlier choice" not in table.words("status")
    table.slider("b, place").press("ArrowRight")
    table.page.wait_for_timeout(100)
    assert "earlier choice" in table.words("status")
    assert table.slider("b, place").bounding_box() == box  # nothing reflows


# ---------------------------------------------------------------------- controls
def test_what_is_no_number_is_marked_and_said_as_often_as_typed(table):
    field, height = table.field("a, height"), table.page.locator("main").bounding_box()["height"]
    table.page.evaluate(
        """() => { window.told = 0; new MutationObserver(() => window.told++).observe(
            document.querySelector('.stage-error'), {childList: true, characterData: true}); }"""
    )
    for count in (1, 2):
        field.fill("abc")
        field.press("Enter")
        assert table.words("error").startswith("a: “abc” is not a finite number; allowed: 0 ≤ a ≤ 1.")
        assert field.get_attribute("aria-invalid") == "true" and field.input_value() == "abc"
        assert table.page.evaluate("told") >= count
    assert table.page.locator("main").bounding_box()["height"] == height and not table.log()
    table.page.get_by_role("button", name="Reset").click()
    table.page.wait_for_timeout(100)
    assert field.input_value() == "0.5" and field.get_attribute("aria-invalid") == "false"
    assert table.words("error") == ""


def test_what_the_scene_refuses_is_marked_where_it_was_typed(table):
    field, before = table.field("a, height"), table.picture()
    field.fill("1,5")
    field.press("Enter")
    table.page.wait_for_timeout(150)
    assert table.words("error").startswith("a must be at most 1; got 1.5. The picture shows the last valid")
    assert field.get_attribute("aria-invalid") == "true"
    assert table.field("b, place").get_attribute("aria-invalid") == "false"
    assert np.array_equal(table.picture(), before)
    table.slider("a, height").press("ArrowLeft")
    table.page.wait_for_timeout(150)
    assert table.words("error") == "" and table.words() == "a is 0.95 and b is 0.5."


def test_reset_and_presets_stop_play(table):
    table.ahead("a")
    table.page.get_by_role("button", name="play a, height").click()
    table.page.wait_for_timeout(200)
    table.page.get_by_role("button", name="Reset").click()
    table.page.wait_for_timeout(300)
    assert table.words() == "a is 0.5 and b is 0.5." and table.session.values["a"] == 0.5
    assert table.page.get_by_role("button", name="play a, height").is_visible()


def test_the_pad_moves_both_sliders_from_memory(table):
    table.ahead("a,b")
    left, top, right, bottom = table.session.settled().areas[0]["box"]
    box = table.page.locator("canvas").bounding_box()
    table.page.evaluate("net.hold = true")
    table.page.mouse.click(box["x"] + left + 0.46 * (right - left), box["y"] + top + 0.31 * (bottom - top))
    table.page.wait_for_timeout(100)
    assert table.words() == "a is 0.45 and b is 0.7."
    assert [one["seen"] for one in table.log()] == [True]


def test_other_controls_are_foretold_too(table):
    table.page.get_by_label("kind").focus()
    table.page.get_by_label("on").focus()
    table.page.get_by_role("button", name="High").focus()
    assert [one["name"] for one in table.log("ahead")] == ["kind", "on", "High"]
    table.ahead("High")
    table.page.evaluate("net.hold = true")
    table.page.get_by_role("button", name="High").press("Enter")
    table.page.wait_for_timeout(100)
    assert table.words() == "a is 1 and b is 0.5."


def test_no_serious_violation_of_accessibility(table):
    from axe_playwright_python.sync_playwright import Axe

    table.field("a, height").fill("abc")
    table.field("a, height").press("Enter")
    found = Axe().run(table.page, options={"resultTypes": ["violations"]}).response["violations"]
    assert not [one["id"] for one in found if one["impact"] in ("serious", "critical")]
