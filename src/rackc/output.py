"""Output folders: written beside and renamed into place, so that a failure leaves the last good one as it was."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rackc.backends.target import Emitted

#: Lists what a build wrote; its presence says that a folder is ours to replace.
MANIFEST: Final = "manifest.json"


class OutputError(Exception):
    """The output cannot be written; the message says why."""


def write_outputs(folder: Path, design: str, emitted: Mapping[str, Emitted]) -> None:
    """Replace `folder` by what the targets emitted, each in a folder of its own; raises OutputError."""
    folder = Path(os.path.abspath(folder))
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} exists and was not made by rackc; name another folder, or empty it")
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
    return json.dumps({"design": design, "targets": rows}, indent=1, ensure_ascii=False) + "\n"


def write_file(path: Path, text: str) -> None:
    """Write a file beside and rename it into place; raises OutputError."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent or Path())
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise OutputError(f"{path}: {error.strerror}") from None
