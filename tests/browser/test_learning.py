"""Predict, reveal and progress with real clicks and keys, also after the kernel has been restarted."""

import base64
import json

import nbformat
import pytest

CELLS = [
    "import os\nos.environ['NOTEBOOKS_MEMORY'] = {memory!r}\n"
    "from helpers.teaching.questions import lost_signal, random_batches, ratio_default\n"
    "from helpers.teaching.progress_page import Progress",
    "ratio_default",
    "ratio_default.reveal(2, 'The measurement is 0.7613.')",
    "lost_signal",
    "lost_signal.reveal(1.1e6)",
    "random_batches.reveal(2, 'Still one neuron.')",
    "Progress()",
]


@pytest.fixture(scope="module")
def page(opened, jupyter, server, tmp_path_factory):
    memory = str(tmp_path_factory.mktemp("memory"))
    cells = [nbformat.v4.new_code_cell(source.format(memory=memory)) for source in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, server.folder / "learning.ipynb")
    with opened("learning.ipynb", height=2400) as page:
        page.memory = memory
        jupyter.run_all(page)
        page.get_by_text("Download my progress").wait_for()
        yield page


def words(page):
    return page.locator(".jp-Notebook .jp-OutputArea").all_inner_texts()


# The tests share a page and run in this order.
def test_run_all_reveals_nothing(page, pictures):
    seen = "\n".join(words(page))
    page.screenshot(path=pictures / "learning run.png")
    assert "0.7613" not in seen and "Still one neuron" not in seen and "measured" not in seen
    assert seen.count("Record your prediction at the question above") == 3
    assert "0 of 28" in seen


def test_a_choice_fills_its_reveal_in(page):
    page.get_by_label("well above 1").check()
    page.get_by_role("button", name="Record my prediction").first.click()
    page.get_by_text("The measurement is 0.7613.", exact=True).wait_for()
    assert "You said “well above 1”; the measurement says “well below 1”." in "\n".join(words(page))


def test_a_point_is_set_by_the_keyboard(page, pictures):
    point = page.get_by_role("slider", name="Prediction")
    assert point.get_attribute("aria-valuetext") == "not set yet"
    page.get_by_role("button", name="Record my prediction").nth(1).click()
    page.get_by_text("Not recorded. Set a point first.").wait_for()
    point.focus()
    for _ in range(3):
        point.press("ArrowRight")
    page.get_by_role("button", name="Record my prediction").nth(1).click()
    picture = page.locator("img[alt^='You said']")
    picture.wait_for()
    page.screenshot(path=pictures / "learning revealed.png")
    said = point.get_attribute("aria-valuetext")
    assert f"You said {said}; measured 1.1·10⁶" in picture.get_attribute("alt")  # no key press is lost


def test_to_see_without_predicting_is_a_button_of_its_own(page):
    page.get_by_role("button", name="Show me without predicting").locator("visible=true").click()
    page.get_by_text("Still one neuron.", exact=True).wait_for()


def test_a_restarted_kernel_knows_what_was_predicted(page, jupyter, pictures):
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.wait_for_timeout(3000)
    jupyter.run_all(page)
    page.get_by_text("2 of 28 predictions and exercises done.").wait_for()
    page.get_by_text("The measurement is 0.7613.", exact=True).wait_for()
    page.screenshot(path=pictures / "learning again.png", full_page=True)


def test_progress_is_downloaded_and_loaded(page):
    with page.expect_download() as caught:
        page.get_by_text("Download my progress").click()
    saved = json.loads(caught.value.path().read_text(encoding="utf-8"))
    assert caught.value.suggested_filename == "progress.json" and saved["name"] == ""
    assert saved["predictions"]["5.2-ratio-default"]["events"][0]["value"] == "well above 1"
    right = {"events": [{"at": "2026-01-01", "kind": "holds"}]}
    saved["exercises"]["5.2/effective-penalty"] = right
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Load my progress").click()
    buffer = json.dumps(saved).encode()
    chooser.value.set_files({"name": "progress.json", "mimeType": "application/json", "buffer": buffer})
    page.get_by_text("3 of 28 predictions and exercises done.").wait_for()
    link = page.get_by_text("Download my progress").get_attribute("href")
    assert "5.2/effective-penalty" in base64.b64decode(link.split("base64,")[1]).decode()


def test_nothing_went_wrong_in_the_page(page):
    assert page.faults == []
