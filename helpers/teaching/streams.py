"""Keep what some threads write to the standard streams, while all others write to them as before."""

import io
import sys
import threading
from typing import Any

_KEPT = 2000  # characters of each stream; an endless loop that prints must not fill the memory
_NAMES = ("stdout", "stderr")
_LOCK = threading.Lock()
_kept: dict[int, dict[str, "Kept"]] = {}  # by the number of the thread


class Kept(io.StringIO):
    """A stream that keeps the first characters written and drops the others."""

    def write(self, text: str) -> int:
        """Write, and say that all was written."""
        super().write(text[: max(0, _KEPT - self.tell())])
        return len(text)

    def close(self) -> None:
        """Stay readable."""


class _Stream:
    """Stand in for a standard stream, for what is set as well: IPython exchanges the `write` of a stream."""

    def __init__(self, name: str) -> None:
        self.__dict__.update(_name=name, _stream=getattr(sys, name))

    def _own(self) -> Any:
        kept = _kept.get(threading.get_ident())
        return kept[self._name] if kept else self._stream

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._own(), attribute)

    def __setattr__(self, attribute: str, value: Any) -> None:
        setattr(self._own(), attribute, value)

    def __delattr__(self, attribute: str) -> None:
        delattr(self._own(), attribute)


def keep(streams: dict[str, Kept]) -> None:
    """Keep in `streams["stdout"]` and `streams["stderr"]` what this thread writes from now on."""
    with _LOCK:
        _kept[threading.get_ident()] = streams
        for name in _NAMES:
            if not isinstance(getattr(sys, name), _Stream):
                setattr(sys, name, _Stream(name))


def release() -> None:
    """Keep nothing more of this thread; after the last one the streams are what they were."""
    with _LOCK:
        _kept.pop(threading.get_ident(), None)
        for name in _NAMES:
            stream = getattr(sys, name)
            if not _kept and isinstance(stream, _Stream):
                setattr(sys, name, stream._stream)
