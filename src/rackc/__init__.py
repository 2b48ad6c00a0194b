"""rackc: a compiler for AI racks. `rackc.compile(path)` is the whole way from a `.rack` file to a Plan and a Report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rackc.api import compile
    from rackc.compiler.pipeline import Result
    from rackc.interrupts import WorkerError
    from rackc.reading import UnreadableError

__version__ = "0.1.0"
__all__ = ["Result", "UnreadableError", "WorkerError", "__version__", "compile"]

_HOMES = {
    "compile": "rackc.api", "Result": "rackc.compiler.pipeline", "UnreadableError": "rackc.reading",
    "WorkerError": "rackc.interrupts",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import the front door's names at first use: `import rackc` itself stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rackc' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
