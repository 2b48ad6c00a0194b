"""`rackc.compile`: what the command line itself uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rackc.compiler.pipeline import Result, Solver, build, check
from rackc.compiler.settings import Settings
from rackc.dsl.source import Source
from rackc.loader import FileLoader, read_design

if TYPE_CHECKING:
    from rackc.compiler.lock import Lock


def compile(
    path_or_text: Path | str, *, design: str = "", solve: bool = True, lock: Lock | None = None, progress: bool = False,
    severities: Mapping[str, str] | None = None,
) -> Result:  # fmt: skip
    """Compile a design: a path, or the text of one (a string with a newline).

    `solve = False` checks without deciding. `lock` holds earlier decisions: an unchanged pool is not solved again.
    `severities` grades findings by their code: error, warning, note or off. Imports and traces are read from the
    design's folder (the current one for a text). Raises `rackc.UnreadableError` where the file cannot be read, and
    ValueError for a severity that a code cannot have; everything else is in `Result.diagnostics`.
    """
    settings = Settings(severities or {})
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        source, root = Source("<text>", path_or_text), Path()
    else:
        path = Path(path_or_text)
        source, root = read_design(path), path.parent
    loader = FileLoader(root)
    if not solve:
        return check(source, loader, design, settings)
    return build(source, loader, lambda: _solver(progress), lock, design, settings)


def _solver(progress: bool) -> Solver:
    from rackc.solving import solver  # imports OR-Tools

    return solver(progress=progress)
