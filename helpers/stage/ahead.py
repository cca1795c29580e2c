"""Work ahead in an idle kernel: short pieces with pauses, so that nobody waits for more than one of them."""

import asyncio
import sys
import time
from collections.abc import Callable

PAUSE = 0.005  # seconds between two pieces: a message needs several turns of the loop to get through
LARGEST = 12  # frames in a message
DEAR = 0.1  # seconds a frame, from which on the pauses are as long as the pieces
BUDGET = 20.0  # seconds of work for one touch of a control


class Ahead:
    """Computes what a reader may ask for next and hands it over in messages of 1, 2, 4, … frames.

    Parameters
    ----------
    compute : name, heading → the next frame, or None when there is nothing left
    send : name, frames → None
    """

    def __init__(self, compute: Callable, send: Callable):
        self._compute, self._send = compute, send
        self._name, self._heading, self._task = None, 1, None

    def ask(self, name: str, heading: int = 1):
        """Work for this control from now on; without a kernel's loop nothing happens until `step`."""
        self._name, self._heading = name, heading
        loop = _main_loop()
        if loop is not None:
            loop.call_soon_threadsafe(self._start, loop)

    def _start(self, loop):
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._work())

    async def _work(self):
        frames, size, name, begun = [], 1, None, time.monotonic()
        while time.monotonic() - begun < BUDGET:
            if name != self._name:
                if frames:
                    self._send(name, frames)
                frames, size, name, begun = [], 1, self._name, time.monotonic()
            start = time.monotonic()
            frame = self._compute(name, self._heading)
            spent = time.monotonic() - start
            if frame is not None:
                frames.append(frame)
            if frames and (frame is None or len(frames) >= size):
                self._send(name, frames)
                frames, size = [], min(2 * size, LARGEST)
            if frame is None and name == self._name:
                return
            await asyncio.sleep(PAUSE if spent < DEAR else spent)
        if frames:
            self._send(name, frames)

    def step(self) -> bool:
        """One piece of work at once; whether there was one."""
        frame = self._compute(self._name, self._heading) if self._name else None
        if frame is not None:
            self._send(self._name, [frame])
        return frame is not None


def _main_loop():
    """The loop of the kernel's main thread; None outside a kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    loop = getattr(getattr(shell, "kernel", None), "io_loop", None)
    return getattr(loop, "asyncio_loop", None)
