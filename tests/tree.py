"""Whole folders, for comparing them."""

from __future__ import annotations

from pathlib import Path


def all_bytes(folder: Path) -> dict[str, bytes]:
    """What every file below a folder holds, by its path in it."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
