"""Run a reader's code within a time limit, with its output, its errors and its warnings kept off the page."""

from __future__ import annotations

import ctypes
import linecache
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GRACE = 1.0  # seconds in which a run that is past its limit is asked, again and again, to stop
_PACKAGE = str(Path(__file__).resolve().parents[1])
_LIBRARY = str(Path(threading.__file__).parent)
_KEPT_OUTPUT = 2000  # characters; an endless loop that prints must not fill the memory


@dataclass
class Run:
    """What one run of a reader's code came to: a value, an error, or no end within the limit."""

    value: Any = None
    error: BaseException | None = None
    expired: bool = False
    still_running: bool = False
    interrupted: bool = False
    printed: str = ""


class _Capture:
    """Stand in for a text stream: keep what one thread writes, pass on what all others write."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.owner, self.parts, self.room = stream, None, [], _KEPT_OUTPUT

    def write(self, text: str) -> int:
        if threading.get_ident() != self.owner:
            return self.stream.write(text)
        if self.room > 0:
            self.parts.append(text[: self.room])
            self.room -= len(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def _leave(frame: Any, event: str, argument: Any) -> Any:
    raise SystemExit


class _Leave(SystemExit):
    """Ends code that swallows SystemExit: once raised, every further line of that code raises it again.

    Python makes the exception in the thread it is sent to, so this may set that thread's trace function;
    an exception raised inside the `except:` block that swallowed the first one leaves the loop.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != __file__:
            frame.f_trace = _leave
            frame = frame.f_back
        if frame is not None and frame.f_code is _Worker.call.__code__:
            sys.settrace(_leave_new)


def _leave_new(frame: Any, event: str, argument: Any) -> Any:
    if frame.f_code.co_filename == __file__:  # this module's own closing steps
        return None
    raise SystemExit


class _Worker(threading.Thread):
    """The thread that runs the reader's code, so that no exception sent to it can reach any other code."""

    def __init__(self, function: Callable[[], Any], captures: tuple[_Capture, ...] = ()) -> None:
        super().__init__(daemon=True, name="exercise")
        self.function, self.captures = function, captures
        self.value, self.error, self.over, self.sent = None, None, False, 0
        self.gate = threading.Lock()

    def run(self) -> None:
        for capture in self.captures:
            capture.owner = threading.get_ident()
        try:
            try:
                self.call()
            except BaseException as error:  # SystemExit too: exit() must not end the kernel
                self.error = error
            self._close()
        except SystemExit:  # sent just as the function ended
            self._close()

    def call(self) -> None:
        self.value = self.function()

    def _close(self) -> None:
        sys.settrace(None)
        while not self.over:
            try:
                with self.gate:
                    self.over = True
            except SystemExit:  # sent just before the gate closed
                continue

    def interrupt(self) -> None:
        """Raise SystemExit in this thread at its next Python instruction, unless its code has ended.

        SystemExit passes through `except Exception` and is silent where a thread ends by it.
        """
        with self.gate:  # the thread cannot end here, so its number cannot belong to another thread yet
            if not self.over and self.is_alive():
                self.sent += 1
                kind = SystemExit if self.sent <= 2 else _Leave
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), ctypes.py_object(kind))


def _stop(worker: _Worker, seconds: float) -> bool:
    """Interrupt the worker until it ends (a bare except may swallow several); say whether it did."""
    end = time.monotonic() + seconds
    pause = 0.002
    while worker.is_alive() and time.monotonic() < end:
        worker.interrupt()
        worker.join(pause)
        pause = min(1.7 * pause, 0.05)
    return not worker.is_alive()


def run_limited(function: Callable[[], Any], limit: float = 2.0) -> Run:
    """Call `function()` and give it `limit` seconds; never raises, whatever the function does.

    The call runs in a thread of its own. Past the limit SystemExit is raised there, between two Python
    instructions, and again if it is swallowed. Nothing is ever raised in the calling thread, so nothing can
    leak into later code. Code that is blocked inside a C function cannot be interrupted: the answer comes all
    the same (`still_running`), and the thread is asked to stop in the background as soon as it comes back to
    Python. Where threads do not exist (Python in a browser) the call runs in place, without a limit.
    An interrupt of the kernel ends the run too (`interrupted`). Standard output and error of the run, up to
    2000 characters, are returned in `printed`; warnings are dropped.
    """
    captures = (_Capture(sys.stdout), _Capture(sys.stderr))
    worker = _Worker(function, captures)
    run = Run()
    streams = sys.stdout, sys.stderr
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.stdout, sys.stderr = captures
        try:
            try:
                worker.start()
            except RuntimeError:
                worker.run()
            else:
                try:
                    worker.join(limit)
                except KeyboardInterrupt:
                    run.interrupted = True
                if worker.is_alive() and not worker.over:
                    run.still_running = not _stop(worker, GRACE)
        finally:
            sys.stdout, sys.stderr = streams
    run.expired = worker.sent > 0
    if not run.expired:
        run.value, run.error = worker.value, worker.error
    run.printed = "".join(captures[0].parts + captures[1].parts)
    if run.still_running:
        threading.Thread(target=_stop, args=(worker, 600.0), daemon=True, name="exercise-stop").start()
    return run


def where(error: BaseException, function: Any = None) -> str:
    """Say in which line of the reader's code the error arose: "line 3, `m = x`", or "" if in none.

    The line is the deepest one in the file (or notebook cell) of `function`, else the deepest one outside
    this package and outside installed libraries.
    """
    own = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines: dict[bool, tuple[str, int]] = {}
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name == own:
            lines[True] = (name, trace.tb_lineno)
        elif not name.startswith((_PACKAGE, _LIBRARY)) and "site-packages" not in name:
            lines[False] = (name, trace.tb_lineno)
        trace = trace.tb_next
    if not lines:
        return ""
    name, number = lines.get(True) or lines[False]
    text = linecache.getline(name, number).strip()
    return f"line {number}" + (f", `{text}`" if text else "")


def message(error: BaseException) -> str:
    """Give the error's type and its own words, shortened to one paragraph."""
    try:
        words = " ".join(str(error).split())
    except Exception:  # an exception class of the reader's may be broken itself
        words = ""
    name = type(error).__name__
    return f"{name}: {words[:300]}" if words else name
