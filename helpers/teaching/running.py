"""Run a reader's code within a time limit, with its output, its errors and its warnings kept off the page."""

import ctypes
import math
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from helpers.teaching import streams

GRACE = 1.0  # seconds in which a run that is past its limit is asked, again and again, to stop
_PATIENCE = 0.5  # seconds of these that spare libraries: what is raised in a callback of theirs is lost
_PACKAGE = str(Path(__file__).resolve().parents[1])
_LIBRARY = str(Path(threading.__file__).parent)
_MONITORING = getattr(sys, "monitoring", None)  # from Python 3.12 on
_TOOLS = (4, 3, 5)  # numbers not meant for debuggers, coverage and profilers
_LOCK = threading.Lock()  # guards what follows and the events that are watched
_workers: dict[int, "_Worker"] = {}  # by the number of their thread
_tool: int | None = None  # the number under which events are watched, while they are


@dataclass
class Run:
    """What one run of a reader's code came to: a value, an error, or no end of its own within the limit."""

    value: Any = None
    error: BaseException | None = None
    expired: bool = False
    still_running: bool = False
    interrupted: bool = False
    printed: str = ""
    seconds: float = 0.0  # until it ended, or until it was given up

    def ending(self, limit: float) -> str:
        """Say what became of a run that was asked to stop after `limit` seconds."""
        late = f"Your code was still running after {limit:g} seconds"
        if self.still_running:
            return f"{late}. {STILL_RUNNING}"
        if self.seconds > limit + GRACE:
            why = "a routine outside Python may let nothing else run"
            return f"{late} and could be stopped only after {self.seconds:.0f} seconds ({why})."
        return f"{late} and was stopped."


STILL_RUNNING = (
    "It could not be stopped: it waits for a routine outside Python, or it withstands every attempt. "
    "It goes on in the background and may slow the notebook down; what it prints is discarded. "
    "Restarting the kernel ends it."
)


class _Stop(SystemExit):
    """Ends the reader's code: it passes through `except Exception`."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        worker = _workers.get(threading.get_ident())  # an exception is made in the thread where it is raised
        if worker is not None:
            worker.stopped = True
            if not _MONITORING:
                _trace(sys._getframe(1))


def _trace(frame: FrameType | None) -> None:
    """Have `_Stop` raised again at the next line of the functions that are running: one of them caught it."""
    while frame is not None and frame.f_code.co_filename != __file__:
        if not _is_library(frame.f_code.co_filename):
            frame.f_trace = _raise
        frame = frame.f_back
    if frame is not None and frame.f_code is _Worker.call.__code__:
        sys.settrace(lambda *event: None)  # none for functions called from now on


def _raise(*event: Any) -> None:
    raise _Stop


def _raise_in_worker(code: CodeType, *event: Any) -> None:
    worker = _workers.get(threading.get_ident())
    if worker is not None and id(code) in worker.watched:
        raise _Stop


def _is_library(file: str) -> bool:
    return file.startswith((_LIBRARY, "<frozen")) or "-packages" in file


class _Worker(threading.Thread):
    """The thread that runs the reader's code, so that no exception meant for it can reach any other code.

    To stop it, an exception is raised in the functions that are running in it, and again if one of them
    catches it. From Python 3.12 on, `sys.monitoring` raises it at each of their lines, jumps and starts.
    Before, it is sent to the thread and sets the trace function there when it is caught; it may then arrive
    when the reader's code has just ended, hence the care in `run` and `_close`.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        super().__init__(daemon=True, name="exercise")
        self.function, self.value, self.error = function, None, None
        self.over, self.stopped = False, False
        self.watched: dict[int, CodeType] = {}  # by identity: equal code may be another cell's
        self.kept = {"stdout": streams.Kept(), "stderr": streams.Kept()}

    def run(self) -> None:
        with _LOCK:
            _workers[threading.get_ident()] = self
        streams.keep(self.kept)
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
                streams.release()
                with _LOCK:
                    _unwatch(self)
                    _workers.pop(threading.get_ident(), None)
                    self.over = True
            except SystemExit:  # sent just before the lock was taken
                continue

    def ask(self, insist: bool) -> None:
        """Raise `_Stop` in the functions that are running here; in those of libraries only if one insists."""
        with _LOCK:  # the thread cannot end here, so its number cannot belong to another thread yet
            if self.over or _workers.get(self.ident) is not self:
                return
            codes, frame = [], sys._current_frames().get(self.ident)
            while frame is not None and frame.f_code is not _Worker.call.__code__:
                codes.append(frame.f_code)
                frame = frame.f_back
            if frame is None:  # not yet, or no longer, in the reader's code
                return
            own = [one for one in codes if insist or not _is_library(one.co_filename)]
            own = [one for one in own if one.co_filename != __file__]
            if _MONITORING:
                _watch(self, own)
            elif own and own[0] is codes[0]:  # the function that goes on when this thread pauses
                number, kind = ctypes.c_ulong(self.ident), ctypes.py_object(_Stop)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(number, kind)


def _events() -> tuple[int, int, int]:
    return _MONITORING.events.LINE, _MONITORING.events.JUMP, _MONITORING.events.PY_START


def _watch(worker: _Worker, codes: list[CodeType]) -> None:
    """Watch the events of these functions alone; the callback raises in the worker's thread alone."""
    global _tool
    if _tool is None:
        _tool = next((one for one in _TOOLS if _MONITORING.get_tool(one) is None), None)
        if _tool is None:  # others have taken all: the next attempt may find one
            return
        _MONITORING.use_tool_id(_tool, __name__)
        for event in _events():
            _MONITORING.register_callback(_tool, event, _raise_in_worker)
    for code in codes:
        worker.watched[id(code)] = code
        _MONITORING.set_local_events(_tool, code, sum(_events()))


def _unwatch(worker: _Worker) -> None:
    """Leave the functions as they were found, and the number to others once no worker is being stopped."""
    global _tool
    watched, worker.watched = worker.watched, {}
    still = {number for one in _workers.values() for number in one.watched}
    for number, code in watched.items():
        if number not in still:
            _MONITORING.set_local_events(_tool, code, 0)
    if _tool is not None and not still:
        for event in _events():
            _MONITORING.register_callback(_tool, event, None)
        _MONITORING.free_tool_id(_tool)
        _tool = None


def _stop(worker: _Worker, seconds: float) -> bool:
    """Ask the worker to stop until it ends; say whether it did."""
    start, pause = time.monotonic(), 0.002
    while not worker.over and (passed := time.monotonic() - start) < seconds:
        worker.ask(insist=passed > _PATIENCE)
        worker.join(pause)
        pause = min(1.7 * pause, 0.05)
    return worker.over


def run_limited(function: Callable[[], Any], limit: float = 2.0) -> Run:
    """Call `function()` and give it `limit` seconds; never raises, whatever the function does.

    The call runs in a thread of its own. Past the limit an exception is raised there, and again if it is
    swallowed. Nothing is ever raised in the calling thread, so nothing can leak into later code.
    A routine outside Python cannot be stopped. If it lets other threads run, the answer comes all the same
    (`still_running`): the call goes on, its output is discarded, and it is asked to stop in the background as
    soon as it comes back to Python. If it does not (`sum(range(4 * 10**8))`), the answer waits for it.
    Where threads do not exist (Python in a browser) the call runs in place, without a limit.
    An interrupt of the kernel ends the run too (`interrupted`). Standard output and error of the run, up to
    2000 characters of each, are returned in `printed`; warnings are dropped.
    """
    worker, run, start = _Worker(function), Run(), time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            worker.start()
            worker.join(limit)
        except RuntimeError:
            worker.run()
        except (KeyboardInterrupt, SystemExit):  # the second if this call is itself in a run that is stopped
            run.interrupted = True
        try:
            run.still_running = not _stop(worker, GRACE)
        except (KeyboardInterrupt, SystemExit):  # a second interrupt
            run.interrupted, run.still_running = True, not worker.over
    run.seconds = time.monotonic() - start
    run.expired = worker.stopped or run.still_running
    if not run.expired:
        run.value, run.error = worker.value, worker.error
    run.printed = "".join(kept.getvalue() for kept in worker.kept.values())
    if run.still_running:
        threading.Thread(target=_stop, args=(worker, math.inf), daemon=True, name="exercise-stop").start()
    return run


def where(error: BaseException, function: Any = None) -> str:
    """Say in which line of the reader's code the error arose: "line 3, `m = x`", or "" if in none.

    The line is the deepest one in the file (or notebook cell) of `function`, else the deepest one outside
    this package and outside installed libraries.
    """
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = traceback.extract_tb(error.__traceback__)
    theirs = [one for one in lines if one.filename.startswith(_PACKAGE) or _is_library(one.filename)]
    own = [one for one in lines if one.filename == file] or [one for one in lines if one not in theirs]
    if not own:
        return ""
    return f"line {own[-1].lineno}" + (f", `{own[-1].line}`" if own[-1].line else "")


def message(error: BaseException) -> str:
    """Give the error's type and its own words, shortened to one paragraph."""
    try:
        words = " ".join(str(error).split())
    except Exception:  # an exception class of the reader's may be broken itself
        words = ""
    name = type(error).__name__
    return f"{name}: {words[:300]}" if words else name
