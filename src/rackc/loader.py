"""The one door to files: the library, modules beside a design, and traces, none outside the declared roots."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from rackc.dsl.source import Source

#: A trace line or file beyond these is refused rather than read into memory.
MAX_LINE: Final = 4_000_000
MAX_BYTES: Final = 4_000_000_000
MAX_MODULE_BYTES: Final = 16_000_000


class UnreadableError(Exception):
    """A design file that cannot be read; the message says why."""


def read_design(path: Path) -> Source:
    """Return the source of a design file; raises UnreadableError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"{path}: {error.strerror or error}") from None
    if len(data) > MAX_MODULE_BYTES:
        raise UnreadableError(f"{path}: {len(data):,} bytes; the limit is {MAX_MODULE_BYTES:,}")
    try:
        return Source(str(path), data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path}: not UTF-8 at byte {error.start}") from None


class FileLoader:
    """Modules from the library and from the design's folder; traces from the design's folder and below."""

    def __init__(self, root: Path) -> None:
        """Read beside and below `root`, the folder of the design."""
        self._root = root.resolve()
        self._library = resources.files("rackc.dsl").joinpath("library")

    def module(self, name: str) -> Source | None:
        """Return a module of the library, or one beside the design."""
        steps = name.split(".")
        node: Traversable = self._library
        for step in (*steps[:-1], f"{steps[-1]}.rack"):
            node = node.joinpath(step)
        if node.is_file():
            return Source(f"library/{'/'.join(steps)}.rack", node.read_text(encoding="utf-8"), shipped=True)
        path = self._inside("/".join(steps) + ".rack")
        try:
            return read_design(path) if path is not None and path.is_file() else None
        except (UnreadableError, OSError):  # a name too long for the file system names no module
            return None

    def modules(self) -> tuple[str, ...]:
        """Return the library's modules, and those beside the design."""
        local = (p.stem for p in self._root.glob("*.rack"))
        return tuple(sorted({*_walk(self._library, ""), *local}))

    def trace(self, path: str) -> Iterable[bytes] | str:
        """Return a trace line by line, unpacked where it is gzip; or a sentence that says why not."""
        found = self._inside(path)
        if found is None:
            return f"it lies outside {self._root.name}/, the folder of the design"
        if not found.is_file():
            return "there is no such file"
        return _Lines(found)

    def _inside(self, path: str) -> Path | None:
        try:
            found = (self._root / path).resolve()
        except (OSError, ValueError, RuntimeError):  # RuntimeError: a loop of links
            return None
        return found if found.is_relative_to(self._root) else None


def _walk(folder: Traversable, prefix: str) -> Iterator[str]:
    for node in folder.iterdir():
        if node.is_dir():
            yield from _walk(node, f"{prefix}{node.name}.")
        elif node.name.endswith(".rack"):
            yield prefix + node.name.removesuffix(".rack")


class _Lines:
    """A trace's lines; a file that breaks off or is too large ends in a line that no reader accepts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        total = 0
        try:
            with gzip.open(self._path) if self._path.suffix == ".gz" else self._path.open("rb") as file:
                while line := file.readline(MAX_LINE):
                    total += len(line)
                    if total > MAX_BYTES:
                        yield b"(beyond the size limit)"
                        return
                    yield line
        except (OSError, EOFError, zlib.error):
            yield b"(the file breaks off here)"
