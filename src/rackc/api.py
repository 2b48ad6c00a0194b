"""`rackc.compile`: what the command line itself uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
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
    choices: Mapping[str, str] | None = None, severities: Mapping[str, str] | None = None, relock: bool = False,
    workers: int | None = 1, cluster: str = "",
) -> Result:  # fmt: skip
    """Compile a design: a path, or the text of one (a string with a newline).

    `solve = False` checks without deciding. `choices` fixes what the design leaves to `choose`, by the options' words:
    `{"gpus": "4"}`. `lock` holds earlier decisions: an unchanged pool is not solved again, a changed one stays near its
    earlier answer; with `relock` it is only compared with (`Result.changes`). `severities` grades findings by their code
    (error, warning, note or off), over what rack.toml says.

    `workers` processes solve pools side by side, as many as there are cores for None; a script that asks for more than
    one does so under `if __name__ == "__main__":`. `cluster` is the address of a Dask scheduler whose workers solve
    instead. Whoever solves, the answers are the same.

    Imports and traces are read from the design's folder (the current one for a text), and from what the nearest
    rack.toml at or above it declares. Raises `rackc.UnreadableError` where the file cannot be read,
    `rackc.WorkerError` where a worker ends or a cluster cannot be used, and ValueError for a severity that a code cannot
    have; everything else is in `Result.diagnostics`.
    """
    source, loader = _opened(path_or_text)
    settings = Settings({**loader.severities, **(severities or {})}, choices or {})
    if not solve:
        return check(source, loader, design, settings)
    # One solver for all combinations of what is chosen: a stop ends the search in all of them.
    return build(
        source, loader, cache(lambda: _solver(progress, workers, cluster)), lock, design, settings, relock=relock
    )


def run_tests(path_or_text: Path | str, *, only: str = "", solve: bool = True) -> Iterator[tuple[Definition, Result]]:
    """Yield each `test` definition of a file with its result, which has failed where an error is left in it.

    A finding that the test expects is taken out of its result, one that it expects in vain is put in as E0802.
    """
    source, loader = _opened(path_or_text)
    yield from tests(
        source, loader, cache(lambda: _solver(progress=False)) if solve else None, only, Settings(loader.severities)
    )


def _opened(path_or_text: Path | str) -> tuple[Source, FileLoader]:
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        return Source("<text>", path_or_text), FileLoader(Path())
    path = Path(path_or_text)
    return read_design(path), FileLoader(path.parent, path)


def _solver(progress: bool, workers: int | None = 1, cluster: str = "") -> Solver:
    from rackc.solving import solver

    return solver(progress=progress, workers=workers, cluster=cluster)
