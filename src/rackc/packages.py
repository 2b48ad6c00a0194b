"""Dependencies: read once into a snapshot, and held against packages.lock by the digest of what was read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.source import Source
from rackc.dsl.text import printable
from rackc.project import FILE, LOCK, Dependency, Keys, parse_toml, wrong
from rackc.reading import MAX_BYTES, UnreadableError, read_plain
from rackc.roots import SUFFIX, Snapshot

#: A dependency with more files, or more bytes in them, is no library of parts.
MAX_FILES: Final = 10_000
MAX_TOTAL_BYTES: Final = 64_000_000
FORMAT: Final = 1
_ROW: Final = ("source", "rev", "commit", "version", "sha256")


class PackageError(Exception):
    """A dependency that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Locked:
    """One dependency in packages.lock; `rev` and `commit` are empty for a folder."""

    source: str
    rev: str
    commit: str
    version: str
    sha256: str

    def holds(self, asked: Dependency) -> bool:
        """Whether this is the row of what rack.toml asks for."""
        return (self.source, self.rev) == (asked.source, asked.rev) and agrees(asked.version, self.version)


def agrees(wanted: str, found: str) -> bool:
    """Whether a version is the one wanted: `1.4` is any 1.4.x, and an empty one is anything."""
    steps = wanted.split(".") if wanted else []
    return found.split(".")[: len(steps)] == steps


def digest(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 over files in the order of their paths: path, NUL, length in decimal, NUL, bytes."""
    total = hashlib.sha256()
    for path, data in sorted((os.fsencode(path), data) for path, data in files.items()):
        total.update(b"%b\0%d\0%b" % (path, len(data), data))
    return total.hexdigest()


# ---------------------------------------------------------------- reading


def hold(asked: Dependency, base: Path, shown: str, commit: str = "") -> tuple[Snapshot, str]:
    """Read a dependency; return its files and, of a git repository, the commit; raises PackageError.

    `base` is the folder that rack.toml stands in, `shown` its path for messages. A commit stands for the revision.
    """
    place = Path(os.path.realpath(base / asked.source))
    if not place.is_dir():
        raise PackageError(f"there is no folder `{asked.source}`")
    label = os.path.normpath(os.path.join(shown, asked.source))
    if asked.git:
        from rackc.git import GitError, commit_of, files_of  # starts processes, which few designs need

        try:
            commit = commit or commit_of(place, asked.rev)
            files, odd = files_of(place, commit, _wanted, _Budget().refuse)
        except GitError as error:
            raise PackageError(str(error)) from None
        return Snapshot(asked.name, files, odd, f"{label}@{commit[:12]}:"), commit
    if base.is_relative_to(place):
        raise PackageError("it holds this project, and cannot be a part of it")
    files, odd = _folder(place)
    return Snapshot(asked.name, files, odd, f"{label}/", place), ""


def _wanted(path: str) -> bool:
    hidden = any(step.startswith(".") for step in path.split("/"))
    return path == FILE or (path.endswith(SUFFIX) and not hidden)


class _Budget:
    """What one dependency may still hold."""

    def __init__(self) -> None:
        self._files = 0
        self._bytes = 0

    def refuse(self, _path: str, size: int) -> str:
        """Count a file; return why it is left out. Raises PackageError where the dependency as a whole is too large."""
        if size > MAX_BYTES:
            return f"it has more than {MAX_BYTES:,} bytes"
        self._files += 1
        self._bytes += size
        if self._files > MAX_FILES or self._bytes > MAX_TOTAL_BYTES:
            raise PackageError(f"it has more than {MAX_FILES:,} modules, or {MAX_TOTAL_BYTES:,} bytes in them")
        return ""


def _folder(top: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    files: dict[str, bytes] = {}
    odd: dict[str, str] = {}
    budget = _Budget()
    for path in _walk(top, odd):
        try:
            data = read_plain(top / path)
        except UnreadableError as error:
            odd[path] = str(error)
            continue
        budget.refuse(path, len(data))
        files[path] = data
    return files, odd


def _walk(top: Path, odd: dict[str, str]) -> Iterator[str]:
    """Yield the paths of modules in a folder, in order; no link is followed."""
    waiting = [""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(top / prefix) as entries:
                inside = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise PackageError(f"`{printable(prefix) or '.'}` in it cannot be read: {error.strerror}") from None
        for entry in inside:
            path = prefix + entry.name
            if entry.is_symlink():
                odd[path] = "it is a link"
            elif entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    waiting.append(f"{path}/")
            elif _wanted(path):
                yield path


# ---------------------------------------------------------------- packages.lock


def write_lock(rows: Mapping[str, Locked]) -> str:
    """Return the text of a packages.lock: a table for each dependency, in the order of their names."""
    lines = ["# Written by `rackc packages lock`: what each dependency of rack.toml was when it was locked.",
             f"format = {FORMAT}"]  # fmt: skip
    for name, row in sorted(rows.items()):
        lines += [
            "",
            f"[packages.{name if name.isascii() else _quoted(name)}]",
            *(f"{key} = {_quoted(value)}" for key in _ROW if (value := getattr(row, key))),
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class Lock:
    """What a packages.lock says: a row for each dependency, and where each stands; nothing where it is unreadable."""

    rows: Mapping[str, Locked]
    keys: Keys
    readable: bool = True


def lock_command(shown: str) -> str:
    """Return the command that locks the project in a folder, as messages name it."""
    return f"`rackc packages lock{'' if shown == '.' else f' {shown}'}`"


def read_lock(source: Source, shown: str) -> Lock | Diagnostic:
    """Return what the packages.lock of the project in `shown` says, or what is wrong with it."""
    keys = Keys(source)
    document = parse_toml(source, keys)
    mend = f"write it anew: {lock_command(shown)}"
    if isinstance(document, Diagnostic):
        return wrong(f"{LOCK} cannot be read: {document.message}", document.at.span, "not understood", mend)
    packages = document.get("packages", {})
    if document.get("format") != FORMAT or not isinstance(packages, dict):
        return wrong(f"{LOCK} has another format than {FORMAT}", keys.at("format"), "here", mend)
    rows: dict[str, Locked] = {}
    for name, row in packages.items():
        values = row if isinstance(row, dict) else {}
        if {"source", "version", "sha256"} - values.keys() or any(
            key not in _ROW or not isinstance(value, str) for key, value in values.items()
        ):
            return wrong(f"{LOCK} does not say what `{name}` is", keys.at("packages", name), "this row", mend)
        rows[name] = Locked(*(values.get(key, "") for key in _ROW))
    return Lock(rows, keys)
