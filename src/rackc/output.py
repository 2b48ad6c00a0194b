"""Output folders: written beside and renamed into place, so that a failure leaves the last good one as it was."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rackc.backends.target import Emitted

#: Lists what a build wrote. A folder is ours to replace only if it holds what its manifest lists, and nothing else.
MANIFEST: Final = "manifest.json"
_FORMAT: Final = "rackc-manifest-1"


class OutputError(Exception):
    """The output cannot be written; the message says why."""


def write_outputs(folder: Path, design: str, emitted: Mapping[str, Emitted]) -> None:
    """Replace `folder` by what the targets emitted, each in a folder of its own; raises OutputError."""
    folder = Path(os.path.realpath(folder))
    if folder.exists():
        foreign = _foreign(folder)
        if foreign:
            raise OutputError(f"{folder} holds {foreign}, which rackc did not write; name another folder, or empty it")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}") from None
    try:
        staging.chmod(0o755)
        for target, made in emitted.items():
            for path, data in made.files.items():
                file = staging / target / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        (staging / MANIFEST).write_text(_manifest(design, emitted), encoding="utf-8")
        _swap(staging, folder)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _foreign(folder: Path) -> str:
    """Return something in a folder that no build of ours put there, empty where there is nothing such."""
    if not folder.is_dir():
        return "no folder"
    found = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir() or p.is_symlink())
    listed = _listed(folder / MANIFEST)
    return next((f"`{path}`" for path in found if path not in listed), "")


def _listed(manifest: Path) -> frozenset[str]:
    """Return the files that a manifest of ours lists, itself among them; none where it is not ours."""
    try:
        document = json.loads(manifest.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            return frozenset()
        rows = document["targets"].items()
        return frozenset((MANIFEST, *(f"{target}/{path}" for target, row in rows for path in row["files"])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return frozenset()


def _swap(staging: Path, folder: Path) -> None:
    if not folder.exists():
        staging.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    try:
        folder.rename(old / "was")
        try:
            staging.rename(folder)
        except OSError:
            (old / "was").rename(folder)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _manifest(design: str, emitted: Mapping[str, Emitted]) -> str:
    rows = {
        target: {
            "files": {path: hashlib.sha256(data).hexdigest() for path, data in sorted(made.files.items())},
            "not_expressed": list(made.losses),
        }
        for target, made in sorted(emitted.items())
    }
    return json.dumps({"format": _FORMAT, "design": design, "targets": rows}, indent=1, ensure_ascii=False) + "\n"


def write_file(path: Path, text: str) -> None:
    """Write a file beside and rename it into place, with the mode of the one it replaces; raises OutputError."""
    name = ""
    try:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise OutputError(f"{path}: {error.strerror}") from None
