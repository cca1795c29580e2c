"""A real JupyterLab and a real Chromium for the tests and the benchmark: everything in a temporary folder."""

import ast
import asyncio
import contextlib
import functools
import http.server
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import threading
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

SETTINGS = {
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "notebook-extension/tracker": {"windowingMode": "none"},
}

# options of `make lab`
PROMPT = "helpers.upkeep.prompt_connection.PromptConnection"
OPENING = "helpers.upkeep.opening.PicturesWithoutKernel"


def find_chromium() -> str | None:
    """The browser: $CHROMIUM, or the first of the usual names on the path."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, names)]
    return next((path for path in found if path), None)


@contextlib.contextmanager
def lab(folder: pathlib.Path, root: pathlib.Path = ROOT):
    """Run JupyterLab over `root` with settings and data under `folder`; yields (address, token).

    All cells are rendered, also those off the screen, so that a test finds every panel.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(12)
    for name, values in SETTINGS.items():
        settings = folder / "user" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(json.dumps(values))
    variables = [
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "IPYTHONDIR",
        "MPLCONFIGDIR",
    ]
    environment = {**os.environ, **{name: str(folder / name.lower()) for name in variables}}
    environment |= {
        "NOTEBOOKS_MEMORY": "off",
        "PYTHONPATH": str(ROOT),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.kernel_websocket_connection_class={PROMPT}"]
    command += [f"--ServerApp.contents_manager_class={OPENING}"]
    command += ["--expose-app-in-browser", f"--ServerApp.root_dir={root}"]
    command += [
        f"--LabApp.user_settings_dir={folder / 'user'}",
        f"--LabApp.workspaces_dir={folder / 'spaces'}",
    ]
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
def proxy(port: int, away: float = 0.05):
    """A loopback port that leads to `port`, each byte `away` seconds later, both ways; yields its number."""

    async def pour(reader, writer):
        loop, waiting = asyncio.get_running_loop(), asyncio.Queue()

        async def out():
            while (piece := await waiting.get()) is not None:
                await asyncio.sleep(max(0, piece[0] - loop.time()))
                writer.write(piece[1])
            writer.close()

        task = loop.create_task(out())
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                waiting.put_nowait((loop.time() + away, data))
        waiting.put_nowait(None)
        with contextlib.suppress(ConnectionError):
            await task

    async def accept(reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(asyncio.CancelledError):  # at the end
            await asyncio.gather(pour(reader, back), pour(there, writer))

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def end():
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    starting = asyncio.start_server(accept, "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(folder: pathlib.Path):
    """The address of a folder's files, served from loopback."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


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
    """Run all cells and wait until the last one has been executed."""
    page.evaluate(
        "() => { window.ranAll = undefined;"
        " jupyterapp.commands.execute('notebook:run-all-cells').then((ok) => window.ranAll = String(ok)); }"
    )
    page.wait_for_function("() => window.ranAll !== undefined", timeout=1000 * seconds)


def wait_for_panels(page, seconds=30):
    """Wait until every stage in the page has drawn; returns how many there are."""
    page.wait_for_function(
        "() => [...document.querySelectorAll('.stage')].every((stage) => Number(stage.dataset.drawn) > 0)",
        timeout=1000 * seconds,
    )
    return page.locator(".stage").count()


def ask(page, expression: str):
    """The value of a Python expression in the notebook's kernel, which must be a literal."""
    answer = page.evaluate(
        """async (expression) => {
            const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const request = {code: "", user_expressions: {it: expression}, store_history: false};
            const future = kernel.requestExecute(request);
            return (await future.done).content.user_expressions.it;
        }""",
        expression,
    )
    if answer["status"] != "ok":
        raise RuntimeError(f"{expression}: {answer['ename']}: {answer['evalue']}")
    return ast.literal_eval(answer["data"]["text/plain"])


def run(page, code: str):
    """Run Python code in the notebook's kernel, outside its cells."""
    ask(page, f"exec({code!r})")


def shut_down(page):
    """End the notebook's kernel."""
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
