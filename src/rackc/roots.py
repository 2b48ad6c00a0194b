"""Roots: the folders, snapshots and the library that modules are read from. A path in one never leads out of it unseen."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from rackc.compiler.loading import Refusal
from rackc.dsl.diagnostics import Code
from rackc.reading import bounded, read_plain

SUFFIX: Final = ".rack"
#: The longest name of a file that common file systems take, and the longest path that makes sense.
MAX_STEP_BYTES: Final = 255
MAX_PATH: Final = 1000
#: No more entries of folders are looked at for the sake of a hint, nor deeper ones.
_MAX_LISTED: Final = 2000
_MAX_DEPTH: Final = 6


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on disk, links followed. `shown` is its path as messages print it, `words` how they speak of it."""

    name: str
    folder: Path
    shown: str
    words: str

    def locate(self, path: str) -> Path | Refusal | None:
        """Return the file that a path in this folder leads to, wherever that is; None where there is none."""
        spelling = _spelling(self.folder, path)
        if spelling is None:
            return None
        if spelling != path:
            return _other_case(path, spelling, self.words)
        try:
            return (self.folder / path).resolve(strict=True)
        except FileNotFoundError:
            return Refusal(f"`{path}` in {self.words} is a link that leads nowhere", "mend the link, or remove it")
        except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
            reason = error.strerror if isinstance(error, OSError) else "a loop of links"
            return Refusal(f"`{path}` in {self.words} cannot be read: {reason}")

    def holds(self, step: str) -> bool:
        """Return whether a name may begin with `step` here: a folder or a module."""
        return (self.folder / step).is_dir() or (self.folder / f"{step}{SUFFIX}").is_file()

    def read(self, path: str) -> bytes:
        """Return the bytes of a file below this folder; raises UnreadableError."""
        return read_plain(self.folder / path)

    def show(self, path: str) -> str:
        """Return the path of a file below this folder as messages print it."""
        shown = os.path.normpath(os.path.join(self.shown, path))
        # The library's files are shown as `library/…`: a folder beside the design must not be taken for it.
        return f"./{shown}" if shown.startswith("library/") else shown

    def paths(self) -> Iterator[str]:
        """Yield the paths of some modules below, for hints."""
        left = _MAX_LISTED
        waiting = [("", 0)]
        while waiting and left > 0:
            prefix, depth = waiting.pop(0)
            for entry in _entries(self.folder / prefix):
                left -= 1
                if entry.name.startswith(".") or left < 0:
                    continue
                if _is_folder(entry):
                    waiting.extend([(f"{prefix}{entry.name}/", depth + 1)] if depth < _MAX_DEPTH else [])
                elif entry.name.endswith(SUFFIX):
                    yield prefix + entry.name


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The modules of a dependency, read once. `odd` says of paths why they are left out; `folder` is None for git."""

    name: str
    files: Mapping[str, bytes]
    odd: Mapping[str, str]
    shown: str
    folder: Path | None = None

    @property
    def words(self) -> str:
        """How messages speak of it."""
        return f"dependency `{self.name}`"

    def locate(self, path: str) -> str | Refusal | None:
        """Return the path of a module as it is held; None where there is none."""
        if path in self.files:
            return path
        for part in (path, *(parent.as_posix() for parent in Path(path).parents)):
            if part in self.odd:
                return Refusal(f"`{path}` in {self.words} cannot be read: {self.odd[part]}")
        spelling = next((held for held in self.files if held.lower() == path.lower()), None)
        return None if spelling is None else _other_case(path, spelling, self.words)

    def holds(self, step: str) -> bool:
        """Return whether a name may begin with `step` here: a folder or a module."""
        return any(path.startswith(f"{step}/") or path == f"{step}{SUFFIX}" for path in self.files)

    def read(self, path: str) -> bytes:
        """Return the bytes of a module; raises UnreadableError."""
        return bounded(self.files[path])

    def show(self, path: str) -> str:
        """Return the path of a module as messages print it."""
        return f"{self.shown}{path}"

    def paths(self) -> Iterator[str]:
        """Yield the paths of all modules, for hints."""
        yield from (path for path in self.files if path.endswith(SUFFIX))


@dataclass(frozen=True, slots=True)
class Library:
    """The library that comes with the compiler: the paths of its modules in `top`."""

    top: Traversable
    modules: tuple[str, ...]
    name: str = "(library)"  # no step of a name
    words: str = "the library"

    def locate(self, path: str) -> str | Refusal | None:
        """Return the path of a module; None where there is none."""
        return path if path in self.modules else None

    def holds(self, step: str) -> bool:
        """Return whether names begin with `step` here."""
        return any(path.startswith(f"{step}/") for path in self.modules)

    def read(self, path: str) -> bytes:
        """Return the bytes of a module."""
        node = self.top
        for step in path.split("/"):
            node = node.joinpath(step)
        return node.read_bytes()

    def show(self, path: str) -> str:
        """Return the path of a module as messages print it."""
        return f"library/{path}"

    def paths(self) -> Iterator[str]:
        """Yield the paths of all modules."""
        yield from self.modules


def open_library() -> Library:
    """Return the library of this compiler."""
    top = resources.files("rackc.dsl").joinpath("library")
    return Library(top, tuple(_below(top, "")))


Root = Folder | Snapshot | Library


@dataclass(frozen=True, slots=True)
class Place:
    """A module's file: one root and one path, however it was asked for."""

    root: Root
    path: str


def below(base: str, path: str, words: str) -> str | Refusal:
    """Return the path from a root's top of what a file in `base`, a folder of the root, calls `path`.

    It may lead above the root (`../…`): who asks knows what stands there. Whatever is no plain relative path of a module
    is refused.
    """
    wrong = _wrong(path)
    if wrong is not None:
        return Refusal(f"`{_short(path)}` is no path in {words}: it {wrong[0]}", wrong[1])
    full = posixpath.normpath(posixpath.join(base, path))
    if any(step.startswith(".") and step != ".." for step in full.split("/")):
        return Refusal(f"`{_short(path)}` is hidden in {words}: its name begins with a dot", "give it another name")
    return full


def _wrong(path: str) -> tuple[str, str] | None:
    if not path:
        return "is empty", 'write the path of a file: `"parts.rack"`'
    if not path.endswith(SUFFIX):
        if path.lower().endswith(SUFFIX):
            return "does not end in `.rack`", "capitals count: the file's name ends in `.rack`"
        return "does not end in `.rack`", f"write `{_short(path)}.rack`, or a module's name without quotes"
    if any(ord(c) < 32 or ord(c) == 127 for c in path):
        return "has a control character", "remove it"
    if "\\" in path:
        return "has a backslash", "write `/` between folders"
    if path.startswith("/"):
        return "is absolute", "write it from the folder of the file that imports, or declare a root in rack.toml"
    if path.startswith("~"):
        return "begins with `~`", "write it from the folder of the file that imports, or declare a root in rack.toml"
    if len(path) > MAX_PATH or any(len(step.encode()) > MAX_STEP_BYTES for step in path.split("/")):
        return "is too long", "give the file a shorter name"
    return None


def _short(path: str) -> str:
    return path if len(path) <= 60 else f"{path[:40]}…"


def _other_case(path: str, spelling: str, words: str) -> Refusal:
    return Refusal(f"{words} has no `{path}`, only `{spelling}`", "capitals count, whatever the file system thinks",
                   Code.UNKNOWN_MODULE)  # fmt: skip


def _spelling(folder: Path, path: str) -> str | None:
    """Return a path as the file system spells it, capitals aside; None where there is nothing such."""
    spelt: list[str] = []
    for step in path.split("/"):
        try:
            names = os.listdir(folder.joinpath(*spelt))
        except OSError:  # it may be entered without being listed: what stands there is seen when it is read
            names = [step]
        near = (name for name in sorted(names) if name.lower() == step.lower())
        found = step if step in names else next(near, None)
        if found is None:
            return None
        spelt.append(found)
    return "/".join(spelt)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _below(node: Traversable, prefix: str) -> Iterator[str]:
    for inner in sorted(node.iterdir(), key=lambda n: n.name):
        if inner.is_dir():
            yield from _below(inner, f"{prefix}{inner.name}/")
        elif inner.name.endswith(SUFFIX):
            yield prefix + inner.name
