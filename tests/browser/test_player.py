"""A recorded scene in a real browser, without a kernel and without a session."""

import base64
import pathlib
import time

import pytest

from helpers.stage.live import script
from helpers.stage.recorder import record

STAGE = pathlib.Path(script.__code__.co_filename).parent


@pytest.fixture
def play(chromium, tmp_path):
    """Shows a scene on a page of its own, from its files alone."""
    contexts, faults = [], []

    def shown(scene):
        count = record(scene, tmp_path)
        assert count > 150 and sum(path.stat().st_size for path in tmp_path.rglob("*.*")) < 200_000
        context = chromium.new_context(viewport={"width": 616, "height": 900})
        contexts.append(context)
        page = context.new_page()
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
        return page

    yield shown
    for context in contexts:
        context.close()
    assert faults == []


def said(page, words):
    page.wait_for_function(
        "(words) => document.querySelector('.stage-words').textContent.includes(words)", arg=words
    )


def test_a_recorded_scene_moves_without_a_kernel(play, bars, pixels, apart):
    scene = bars()
    page = play(scene)
    said(page, "a is 0.5 and b is 0.5.")
    slider = page.get_by_role("slider", name="a, height")
    slider.press("ArrowRight")
    said(page, "a is 0.55 and b is 0.5.")
    slider.press("End")
    said(page, "a is 1 and b is 0.5.")
    page.wait_for_timeout(200)
    data = page.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")
    saved = pixels(scene.picture(scene.frame(scene.initial | {"a": 1.0}).result))
    difference = apart(pixels(base64.b64decode(data.split(",")[1])), saved)
    assert (difference > 100).mean() < 0.001  # the vertices travelled as differences
    page.get_by_role("button", name="High").click()
    page.get_by_role("slider", name="b, place").press("ArrowRight")  # from a preset
    said(page, "a is 1 and b is 0.6.")
    page.get_by_role("slider", name="a, height").press("Home")  # two moves from any start
    said(page, "not recorded")
    page.get_by_role("button", name="Reset").click()
    said(page, "a is 0.5 and b is 0.5.")


def test_a_slider_that_another_control_follows_moves_all_along(play, bars):
    """After its first move no start has these values; the moves are recorded from the start all the same."""

    def follow(values, name):
        return values | {"b": round(1 - values["a"], 1)} if name == "a" else values

    page = play(bars(follow=follow))
    slider = page.get_by_role("slider", name="a, height")
    for a in (0.55, 0.6, 0.65, 0.7, 0.75):
        slider.press("ArrowRight")
        said(page, f"a is {a:g} and b is {round(1 - a, 1):g}.")
    slider.press("Home")
    said(page, "a is 0 and b is 1.")
    assert page.get_by_role("slider", name="b, place").input_value() == "10"
    page.get_by_role("checkbox", name="on").click()  # a second control
    said(page, "not recorded")
    page.get_by_role("button", name="Reset").click()
    said(page, "a is 0.5 and b is 0.5.")
    slider.press("ArrowLeft")
    said(page, f"a is 0.45 and b is {round(1 - 0.45, 1):g}.")
