"""How much work something is, in steps of the interpreter: the same on every machine, whatever else runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def steps(work: Callable[[], object]) -> int:
    """Return how many lines of Python a piece of work runs, calls and returns counted too."""
    count = 0

    def seen(_frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal count
        count += 1
        return seen

    before = sys.gettrace()
    sys.settrace(seen)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
