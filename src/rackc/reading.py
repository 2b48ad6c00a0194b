"""Bytes of plain files: no device, pipe, folder or giant is ever opened, whatever its name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from rackc.dsl.source import Source

#: No module, and no rack.toml, is larger.
MAX_BYTES: Final = 16_000_000


class UnreadableError(Exception):
    """A file that cannot be read; the message says why."""


def open_plain(path: Path) -> IO[bytes]:
    """Return an open file; raises UnreadableError where it is none, or not a plain one."""
    try:
        _check_plain(path.stat().st_mode)
        # A pipe put there in between must not hold us up.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        raise UnreadableError(_words(error)) from None
    try:
        _check_plain(os.fstat(handle).st_mode)
    except UnreadableError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def read_plain(path: Path) -> bytes:
    """Return the bytes of a plain file of bearable size; raises UnreadableError."""
    with open_plain(path) as file:
        try:
            return bounded(file.read(MAX_BYTES + 1))
        except OSError as error:
            raise UnreadableError(_words(error)) from None


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file that a person named, whatever kind of file it is; raises UnreadableError."""
    try:
        with path.open("rb") as file:
            return bounded(file.read(MAX_BYTES + 1))
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{path}: {_words(error)}") from None
    except UnreadableError as error:
        raise UnreadableError(f"{path}: {error}") from None


def source_of(name: str, data: bytes) -> Source:
    """Return the source that a file's bytes are; raises UnreadableError."""
    try:
        return Source(name, text_of(bounded(data)))
    except UnreadableError as error:
        raise UnreadableError(f"{name}: {error}") from None


def read_design(path: Path) -> Source:
    """Return the source of a design file, whatever kind of file it is; raises UnreadableError."""
    return source_of(str(path), read_bytes(path))


def rack_files(path: Path) -> Iterator[Path]:
    """Yield a file, or every `.rack` file in a folder and below it, in order; those that are hidden are left out."""
    if not path.is_dir():
        yield path
        return
    for folder, below, names in os.walk(path):
        below[:] = sorted(name for name in below if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".rack") and not name.startswith("."))


def bounded(data: bytes) -> bytes:
    """Return data of bearable size; raises UnreadableError."""
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"it has more than {MAX_BYTES:,} bytes")
    return data


def text_of(data: bytes) -> str:
    """Return the text of a file; raises UnreadableError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not UTF-8 at byte {error.start}") from None


def _check_plain(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise UnreadableError("it is a folder")
    if not stat.S_ISREG(mode):
        raise UnreadableError("it is no plain file")


def _words(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or str(error)
