"""`rackc.compile`: what the command line itself uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rackc.compiler.combine import build, check, tests
from rackc.compiler.pipeline import Result, Solver
from rackc.compiler.settings import Settings
from rackc.dsl.source import Source
from rackc.loader import FileLoader
from rackc.reading import read_design

if TYPE_CHECKING:
    from rackc.compiler.lock import Lock
    from rackc.dsl.tree import Definition


def compile(
    path_or_text: Path | str, *, design: str = "", solve: bool = True, lock: Lock | None = None, progress: bool = False,
    choices: Mapping[str, str] | None = None, severities: Mapping[str, str] | None = None,
) -> Result:  # fmt: skip
    """Compile a design: a path, or the text of one (a string with a newline).

    `solve = False` checks without deciding. `choices` fixes what the design leaves to `choose`, by the options' words:
    `{"gpus": "4"}`. `lock` holds earlier decisions: an unchanged pool is not solved again. `severities` grades findings
    by their code (error, warning, note or off), over what rack.toml says. Imports and traces are read from the design's
    folder (the current one for a text), and from what the nearest rack.toml at or above it declares. Raises
    `rackc.UnreadableError` where the file cannot be read, and ValueError for a severity that a code cannot have;
    everything else is in `Result.diagnostics`.
    """
    source, loader = _opened(path_or_text)
    settings = Settings({**loader.severities, **(severities or {})}, choices or {})
    if not solve:
        return check(source, loader, design, settings)
    return build(source, loader, lambda: _solver(progress), lock, design, settings)


def run_tests(path_or_text: Path | str, *, only: str = "", solve: bool = True) -> Iterator[tuple[Definition, Result]]:
    """Yield each `test` definition of a file with its result, which has failed where an error is left in it.

    A finding that the test expects is taken out of its result, one that it expects in vain is put in as E0802.
    """
    source, loader = _opened(path_or_text)
    yield from tests(
        source, loader, (lambda: _solver(progress=False)) if solve else None, only, Settings(loader.severities)
    )


def _opened(path_or_text: Path | str) -> tuple[Source, FileLoader]:
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        return Source("<text>", path_or_text), FileLoader(Path())
    path = Path(path_or_text)
    return read_design(path), FileLoader(path.parent, path)


def _solver(progress: bool) -> Solver:
    from rackc.solving import solver  # imports OR-Tools

    return solver(progress=progress)
