"""What is kept between two calls: large arrays by key, those of all callers together bounded by bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np

LEAST = 2**14  # bytes that an entry counts for at least: its key may hold a problem


def bytes_of(value, seen: set[int] | None = None) -> int:
    """Bytes of the arrays in ``value``, an array, a tuple, a list or an object; what two share, once."""
    seen = set() if seen is None else seen
    if isinstance(value, np.ndarray):
        while isinstance(value.base, np.ndarray):
            value = value.base
        found = 0 if id(value) in seen else value.nbytes
        seen.add(id(value))
        return found
    parts = value if isinstance(value, (tuple, list)) else getattr(value, "__dict__", {}).values()
    return sum(bytes_of(part, seen) for part in parts)


class Kept:
    """Values in families, together at most ``limit`` bytes.

    Families asked for longest ago are forgotten first. One that is larger than all keeps its first values and
    lacks the others: asked for in a circle, the last in would push out the next one needed.
    """

    def __init__(self, limit: int):
        self.limit, self.bytes = limit, 0
        self._values: OrderedDict = OrderedDict()  # by (family, part): value and size
        self._lock = threading.RLock()

    def get(self, family, part, compute):
        """The value of ``part`` of ``family``, hashable both: ``compute()`` unless it is kept."""
        key = family, part
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
        value = compute()
        with self._lock:
            self._values[key] = value, 0
            self.weigh(family, part)
        return value

    def weigh(self, family, part) -> None:
        """Count anew what a value takes, after it has grown, and forget what is too much."""
        key = family, part
        with self._lock:
            if key not in self._values:
                return
            value, size = self._values[key]
            now = max(LEAST, bytes_of(value))
            self._values[key] = value, now
            self.bytes += now - size
            while self.bytes > self.limit:
                others = (other for other in self._values if other[0] != family and now <= self.limit)
                self.bytes -= self._values.pop(next(others, key))[1]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self.bytes = 0


DRAWN = Kept(2**23)  # permutations, 8 MB: small, and dear to draw again
BATCHES = Kept(2**25)  # what drivers form of them, 32 MB
