"""A real JupyterLab and a real Chromium for the tests and the benchmark: everything in a temporary folder."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """The browser: $CHROMIUM, or the first of the usual names on the path."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, names)]
    return next((path for path in found if path), None)


@contextlib.contextmanager
def lab(folder: pathlib.Path, root: pathlib.Path = ROOT):
    """Run JupyterLab over `root` with settings and data under `folder`; yields (address, token)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(12)
    settings = folder / "user" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    variables = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR"]
    environment = {**os.environ, **{name: str(folder / name.lower()) for name in variables}}
    environment |= {"NOTEBOOKS_MEMORY": "off", "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", f"--IdentityProvider.token={token}"]
    command += ["--expose-app-in-browser", f"--ServerApp.root_dir={root}"]
    command += [f"--LabApp.user_settings_dir={folder / 'user'}", f"--LabApp.workspaces_dir={folder / 'spaces'}"]
    with open(folder / "jupyter.log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(lambda: server.poll() is not None or _answers(f"{address}/api?token={token}"), 60)
            if server.poll() is not None:
                raise RuntimeError((folder / "jupyter.log").read_text()[-2000:])
            yield address, token
        finally:
            server.terminate()
            server.wait(20)


def wait_for(condition, seconds):
    """Wait until `condition()` is true, at most `seconds`; `TimeoutError` after that."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"nothing after {seconds} s")
        time.sleep(0.1)


def _answers(address) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def browser(**options):
    """A headless Chromium driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, **options)
        try:
            yield chromium
        finally:
            chromium.close()


def open_notebook(page, address, token, path):
    """Open `path` in JupyterLab and wait until its kernel is idle."""
    page.goto(f"{address}/lab/tree/{path}?token={token}&reset")
    page.wait_for_function(
        "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=60_000,
    )
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=30_000)


def run_all(page, seconds=120):
    """Run all cells and wait until the last code cell has been executed and the kernel is idle."""
    page.evaluate("window.ranAll = false; jupyterapp.commands.execute('notebook:run-all-cells').then(() => window.ranAll = true); undefined")
    page.wait_for_function("() => window.ranAll", timeout=1000 * seconds)


def shut_down(page):
    """End the notebook's kernel."""
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
