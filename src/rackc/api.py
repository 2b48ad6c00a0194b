"""`rackc.compile`: what the command line itself uses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rackc.compiler.pipeline import Result, Solver, build, check
from rackc.dsl.source import Source
from rackc.loader import FileLoader, read_design

if TYPE_CHECKING:
    from rackc.compiler.lock import Lock


def compile(
    path_or_text: Path | str, *, design: str = "", solve: bool = True, lock: Lock | None = None, progress: bool = False
) -> Result:
    """Compile a design: a path, or the text of one (a string with a newline).

    `solve = False` checks without deciding. `lock` holds earlier decisions: an unchanged pool is not solved again.
    Imports and traces are read from the design's folder (the current one for a text), and from what the nearest
    rack.toml at or above it declares. Raises
    `rackc.UnreadableError` where the file cannot be read; everything else is in `Result.diagnostics`.
    """
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        source, loader = Source("<text>", path_or_text), FileLoader(Path())
    else:
        path = Path(path_or_text)
        source, loader = read_design(path), FileLoader(path.parent, path)
    if not solve:
        return check(source, loader, design)
    return build(source, loader, lambda: _solver(progress), lock, design)


def _solver(progress: bool) -> Solver:
    from rackc.solving import solver  # imports OR-Tools

    return solver(progress=progress)
