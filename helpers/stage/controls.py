"""Controls as data: what the page needs to build one, and which values it may take."""

import math
from collections.abc import Sequence

import numpy as np


class Control:
    """A value with a label; functions given to `observe` are called when it changes.

    `value` is what `compute` is handed; `wire` and `unwire` translate it to what the page holds: a number,
    the place in a list, or true and false.
    """

    kind = ""

    def __init__(self, label: str, name: str, value):
        self.label, self.name = label, name
        self._watchers = []
        self._value = self.accept(value)

    @property
    def value(self):
        """The present value. Setting it raises `ValueError` for what the control cannot hold."""
        return self._value

    @value.setter
    def value(self, value):
        old, self._value = self._value, self.accept(value)
        if not (old is self._value or old == self._value):
            for function in self._watchers:
                function()

    def observe(self, function):
        """Call ``function()`` at each change."""
        self._watchers.append(function)

    def accept(self, value):
        """The value as it is kept; `ValueError` if the control cannot hold it."""
        raise NotImplementedError

    def wire(self, value):
        """The value as the page holds it."""
        return value

    def unwire(self, data):
        """The value that the page means."""
        return self.accept(data)

    def words(self, value) -> str:
        """The choice of this value in words."""
        raise NotImplementedError

    def around(self, value, heading: int = 1) -> list:
        """The other values within reach, nearest first, those ahead and behind in turn."""
        return []

    def data(self) -> dict:
        """What the page needs to build the control."""
        return {"kind": self.kind, "label": self.label, "name": self.name}


class Slider(Control):
    """A slider over given positions, beside a field in which any number can be typed.

    The slider is a native range input: it has an accessible name, its value is read aloud, and arrow keys,
    Home, End and Page keys move it. What is typed is not clipped: the scene says whether it is allowed.

    Parameters
    ----------
    label : the symbol shown, such as ``"β₁"``
    name : the accessible name, such as ``"β₁, memory of the first moment"``
    positions : increasing values the slider can take
    value : the initial value
    allowed : the allowed range in words, shown when what is typed is no number
    play : add a Play button that walks through the positions, one every `interval` milliseconds
    """

    kind = "slider"

    def __init__(self, label, name, positions, value, allowed, *, play=False, interval=50):
        self.positions = _increasing(positions)
        self.allowed, self.play, self.interval = allowed, bool(play), int(interval)
        super().__init__(label, name, value)

    def accept(self, value):
        if isinstance(value, (bool, str, bytes, list, tuple, dict)) or value is None:
            raise ValueError(f"{self.label} cannot be {value!r}; allowed: {self.allowed}")
        return float(value)

    def wire(self, value):
        return value if math.isfinite(value) else None  # JSON has no other; the field is empty

    def unwire(self, data):
        return math.nan if data is None else self.accept(data)

    def words(self, value) -> str:
        return f"{self.label} = {value:g}"

    def around(self, value, heading: int = 1, positions=None) -> list[float]:
        """The other positions, nearest first; of each three two in the direction `heading`."""
        positions = positions or self.positions
        at = int(np.argmin(np.abs(np.subtract(positions, value))))
        ahead = positions[at + 1 :] if heading >= 0 else positions[:at][::-1]
        behind = positions[:at][::-1] if heading >= 0 else positions[at + 1 :]
        found = [] if positions[at] == value else [positions[at]]
        while ahead or behind:
            found += ahead[:2] + behind[:1]
            ahead, behind = ahead[2:], behind[1:]
        return found

    def data(self) -> dict:
        return super().data() | {
            "positions": self.positions,
            "allowed": self.allowed,
            "play": self.play,
            "interval": self.interval,
        }


class Choice(Control):
    """A drop-down list; `options` are names, or pairs (name, value)."""

    kind = "choice"

    def __init__(self, label: str, options: Sequence, value, name: str | None = None):
        self.options = list(options)
        self._pairs = [one if isinstance(one, tuple) else (str(one), one) for one in self.options]
        super().__init__(label, name or label, value)

    @property
    def allowed(self) -> str:
        """The names, in words."""
        return ", ".join(name for name, _ in self._pairs)

    def accept(self, value):
        for _, one in self._pairs:
            if one is value or (type(one) is type(value) and one == value):
                return one
        for _, one in self._pairs:
            if np.isscalar(value) and np.isscalar(one) and one == value:
                return one
        raise ValueError(f"{self.label} cannot be {value!r}; allowed: {self.allowed}")

    def wire(self, value):
        return next(k for k, (_, one) in enumerate(self._pairs) if one is value or one == value)

    def unwire(self, data):
        return self._pairs[int(data)][1]

    def words(self, value) -> str:
        return f"{self.label}: {self._pairs[self.wire(value)][0]}"

    def around(self, value, heading: int = 1) -> list:
        at = self.wire(value)
        order = sorted(range(len(self._pairs)), key=lambda k: (abs(k - at), -k * heading))
        return [self._pairs[k][1] for k in order[1:]]

    def data(self) -> dict:
        return super().data() | {"options": [name for name, _ in self._pairs]}


class Switch(Control):
    """A switch that is on or off."""

    kind = "switch"
    allowed = "True, False"

    def __init__(self, label: str, value: bool, name: str | None = None):
        super().__init__(label, name or label, value)

    def accept(self, value):
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"{self.label} cannot be {value!r}; allowed: {self.allowed}")
        return bool(value)

    def words(self, value) -> str:
        return f"{self.label}: {'on' if value else 'off'}"

    def around(self, value, heading: int = 1) -> list:
        return [not value]


def _increasing(positions) -> list[float]:
    positions = [float(p) for p in positions]
    if len(positions) < 2 or not np.all(np.diff(positions) > 0):
        raise ValueError("positions must be at least two increasing values")
    return positions
