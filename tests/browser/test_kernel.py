"""A panel whose kernel has been restarted, in a real JupyterLab."""

STAGE = "stage.ipynb"


def test_a_restarted_kernel_is_said_and_nothing_moves(opened, jupyter, pictures):
    with opened(STAGE, width=1500, height=1600) as page:
        jupyter.run_all(page)
        jupyter.wait_for_panels(page)
        page.wait_for_timeout(1000)
        slider = page.get_by_role("slider", name="φ, phase").first
        box = slider.bounding_box()
        page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        status = page.locator(".stage-status").first
        page.wait_for_timeout(3000)
        slider.press("ArrowRight")
        page.wait_for_timeout(1500)
        said = status.inner_text()
        assert "stopped or was restarted: run this cell again" in said and "earlier choice" in said, said
        assert slider.bounding_box() == box
        page.screenshot(path=pictures / "kernel restarted.png")
        jupyter.run_all(page)
        jupyter.wait_for_panels(page)
        page.wait_for_timeout(1000)
        page.get_by_role("slider", name="φ, phase").first.press("ArrowRight")
        page.wait_for_function(
            "() => document.querySelector('.stage-sentence').textContent.includes('φ = 0.25')", timeout=10_000
        )
        assert page.faults == []
