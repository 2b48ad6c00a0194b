"""`rackc packages`: the roots and dependencies of a project, and its packages.lock written anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rackc.output import write_file
from rackc.packages import write_lock
from rackc.project import LOCK
from rackc.workspace import Workspace, open_workspace


def lock_packages(workspace: Workspace, folder: Path) -> Workspace:
    """Write packages.lock for what was found, where it is not so already; return the project opened with it.

    `folder` is the one that `workspace` was opened for. Raises OutputError.
    """
    path = workspace.top.folder / LOCK
    rows = {name: one.row for name, one in workspace.packages.items() if one is not None}
    text = write_lock(rows)
    if (rows or path.exists()) and not (path.is_file() and path.read_bytes() == text.encode()):
        write_file(path, text)
    return open_workspace(folder)


def as_data(workspace: Workspace) -> dict[str, Any]:
    """Return a project's roots and dependencies as plain data."""
    project = workspace.project
    assert project is not None
    return {
        "project": {"name": project.name, "version": project.version, "folder": workspace.top.shown},
        "roots": dict(sorted(project.roots.items())),
        "dependencies": [{"name": name, **_row(workspace, name)} for name in sorted(project.dependencies)],
        "findings": len(workspace.findings),
    }


def _row(workspace: Workspace, name: str) -> dict[str, str]:
    found, locked = workspace.packages[name], workspace.lock.rows.get(name)
    project = workspace.project
    assert project is not None
    if found is None:
        return {"source": project.dependencies[name].source, "state": "cannot be read"}
    row = found.row
    state = "as locked" if row == locked else "not locked" if locked is None else "not as locked"
    return {"version": row.version, "source": row.source, "rev": row.rev, "commit": row.commit, "sha256": row.sha256,
            "state": state}  # fmt: skip


def as_text(workspace: Workspace) -> str:
    """Return a project's roots and dependencies in columns, one a line."""
    document = as_data(workspace)
    rows = [("root", name, "", path, "", "") for name, path in document["roots"].items()]
    for one in document["dependencies"]:
        commit = f"{one['rev']} {one['commit'][:12]}" if one.get("rev") else ""
        short = f"sha256 {one['sha256'][:12]}" if "sha256" in one else ""
        source = f"{one['source']} {commit}".rstrip()
        rows.append(("dependency", one["name"], one.get("version", ""), source, short, one["state"]))
    if not rows:
        return "no roots and no dependencies\n"
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = ("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)
