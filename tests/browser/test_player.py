"""A recorded scene in a real browser, without a kernel and without a session."""

import base64
import io
import pathlib
import time

import numpy as np
import pytest
from PIL import Image

from helpers.figures import style
from helpers.stage.controls import Slider, Switch
from helpers.stage.live import script
from helpers.stage.recorder import record
from helpers.stage.scene import Scene

STAGE = pathlib.Path(script.__code__.co_filename).parent


def ramps():
    """A scene with a broken line and a dot: b, where the dot is, follows each move of a."""
    figure = style.figure(6, 3)
    left, right = figure.subplots(1, 2)
    (line,) = left.plot([], [], lw=4, color="black")
    (dot,) = right.plot([], [], "o", ms=12)
    left.set(xlim=(0, 1))
    right.set(xlim=(0, 1), ylim=(0, 1))
    x = np.linspace(0, 1, 101)

    def draw(result):
        a, b, _ = result
        line.set_data(x, np.where((x > 0.4) & (x < 0.6), np.nan, a))
        left.set_ylim(-1, 1 if a < 0.75 else 1.5)
        dot.set_data([a], [b])

    def follow(values, name):
        return values | {"b": round(1 - values["a"], 1)} if name == "a" else values

    tenths = [k / 10 for k in range(11)]
    controls = {
        "a": Slider("a", "a, height", tenths, 0.5, "0 ≤ a ≤ 1"),
        "b": Slider("b", "b, place", tenths, 0.5, "0 ≤ b ≤ 1"),
        "on": Switch("on", True),
    }
    return Scene(
        controls,
        figure,
        [line, dot],
        lambda a, b, on: (a, b, on),
        draw,
        lambda r: f"a is {r[0]:g} and b is {r[1]:g}.",
        presets={"High": {"a": 1.0}},
        follow=follow,
    )


@pytest.fixture
def played(chromium, tmp_path):
    """The scene on a page of its own, from its files alone."""
    scene = ramps()
    record(scene, tmp_path)
    context = chromium.new_context(viewport={"width": 616, "height": 900})
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    player = (STAGE / "player.js").read_text(encoding="utf-8")

    def serve(route):
        path = route.request.url.removeprefix("http://127.0.0.1:1/")
        texts = {"": "<!doctype html><main></main>", "stage.js": script(), "player.js": player}
        if path in texts:
            kind = "text/html" if not path else "text/javascript"
            route.fulfill(body=texts[path], content_type=f"{kind}; charset=utf-8")
        else:
            route.fulfill(body=(tmp_path / path.removeprefix("scene/")).read_bytes())

    page.route("**/*", serve)
    page.goto("http://127.0.0.1:1/")
    page.add_style_tag(content=(STAGE / "stage.css").read_text(encoding="utf-8"))
    start = time.monotonic()
    page.evaluate(
        """async () => {
            const [{ play }, stage] = await Promise.all([import("/player.js"), import("/stage.js")]);
            await play("/scene", document.querySelector("main"), stage.default); }"""
    )
    page.wait_for_function("() => Number(document.querySelector('main').dataset.drawn) > 0")
    assert time.monotonic() - start < 5
    yield scene, page
    context.close()
    assert faults == []


def said(page, words):
    page.wait_for_function(
        "(words) => document.querySelector('.stage-words').textContent.includes(words)", arg=words
    )


def test_a_recorded_scene_moves_without_a_kernel(played):
    scene, page = played
    said(page, "a is 0.5 and b is 0.5.")
    slider = page.get_by_role("slider", name="b, place")
    slider.press("ArrowRight")
    said(page, "a is 0.5 and b is 0.6.")
    slider.press("End")
    said(page, "a is 0.5 and b is 1.")
    page.wait_for_timeout(200)
    data = page.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")
    drawn, saved = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float)
        for png in (
            base64.b64decode(data.split(",")[1]),
            scene.picture(scene.frame(scene.initial | {"b": 1.0}).result),
        )
    )
    # a few edges differ by antialiasing; a dot elsewhere is .002 of the picture, twice
    assert (np.abs(drawn - saved).max(axis=-1) > 127).mean() < 0.002
    page.get_by_role("button", name="Reset").click()
    said(page, "a is 0.5 and b is 0.5.")
    page.get_by_role("button", name="High").click()
    slider.press("ArrowLeft")  # from a preset
    said(page, "a is 1 and b is 0.4.")
    page.get_by_role("slider", name="a, height").press("Home")  # two moves from any start
    said(page, "not recorded")


def test_a_slider_that_another_control_follows_moves_all_along(played):
    """After its first move no start has these values; the moves are recorded from the start all the same."""
    _, page = played
    slider = page.get_by_role("slider", name="a, height")
    for number in (6, 7, 8, 9, 10):
        slider.press("ArrowRight")
        said(page, f"a is {number / 10:g} and b is {(10 - number) / 10:g}.")
    slider.press("Home")
    said(page, "a is 0 and b is 1.")
    assert page.get_by_role("slider", name="b, place").input_value() == "10"
    page.get_by_role("checkbox", name="on").click()  # a second control
    said(page, "not recorded")
    page.get_by_role("button", name="Reset").click()
    said(page, "a is 0.5 and b is 0.5.")
    slider.press("ArrowLeft")
    said(page, "a is 0.4 and b is 0.6.")
