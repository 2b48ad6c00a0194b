"""The project that a design belongs to, opened: its roots and dependencies, and what the files of each may name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rackc.dependencies import Package, check_locked, check_package, open_package
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Source, Span
from rackc.packages import Lock, read_lock
from rackc.project import FILE, LOCK, Keys, Project, read_project, wrong
from rackc.reading import UnreadableError, read_plain, text_of
from rackc.roots import Folder, Library, Root, Snapshot, open_library


@dataclass(frozen=True, slots=True)
class View:
    """What the files of one project may name: its own root by any name, other roots by a first step.

    A step leads into a folder of its root, given with it; to None where what is wrong with it was reported.
    """

    own: Root
    named: Mapping[str, tuple[Root, str] | None]


@dataclass(frozen=True, slots=True)
class Workspace:
    """An opened project. `views` are by the name of the root whose files look; `project` is None without a rack.toml.

    `packages` are the dependencies that could be read, None those that could not; `lock` what packages.lock says.
    `broken` says that the rack.toml could not be read: what it declares is not known.
    """

    top: Folder
    project: Project | None
    views: Mapping[str, View]
    packages: Mapping[str, Package | None]
    lock: Lock
    findings: tuple[Diagnostic, ...]
    sources: tuple[Source, ...]
    library: Library
    broken: bool = False

    def folders(self) -> Iterator[tuple[Path, Folder | Snapshot | None]]:
        """Yield the roots of the project that are folders on this machine; None for a dependency not to be read from."""
        yield self.top.folder, self.top
        for meant in self.views[self.top.name].named.values():
            if meant is not None and isinstance(meant[0], Folder):
                yield meant[0].folder, meant[0]
        for name, one in self.packages.items():
            if one is not None and one.held.folder is not None:
                yield one.held.folder, one.held if name in self.views else None


def find_project(folder: Path) -> Path | None:
    """Return the folder of the nearest rack.toml at or above a folder, links followed."""
    folder = Path(os.path.realpath(folder))
    return next((place for place in (folder, *folder.parents) if os.path.lexists(place / FILE)), None)


def open_workspace(folder: Path, *, locking: bool = False) -> Workspace:
    """Open the project of the designs in `folder`; never fails. `locking` leaves packages.lock out of account."""
    place, real = find_project(folder), Path(os.path.realpath(folder))
    shown = os.path.normpath(os.path.join(folder, os.path.relpath(place or real, real)))
    library = open_library()
    if place is None:
        top = Folder("", real, shown, f"the design's folder `{real.name}/`")
        views = {"": View(top, {}), library.name: View(library, {})}
        return Workspace(top, None, views, {}, _no_lock(""), (), (), library)
    top = Folder("", place, shown, f"the project's folder `{place.name}/`")
    return _Opening(top, library).run(locking=locking)


class _Opening:
    """Opens the project in one folder; findings and the files they speak of gather as it goes."""

    def __init__(self, top: Folder, library: Library) -> None:
        self._top, self._library = top, library
        self._found: list[Diagnostic] = []
        self._sources: list[Source] = []

    def run(self, *, locking: bool) -> Workspace:
        source = self._source(FILE)
        broken = bool(self._found)
        project = read_project(source)
        self._found.extend((*project.findings, *_hidden(project, self._library)))
        roots = {name: self._root(project, name, path) for name, path in project.roots.items()}
        lock = _no_lock(LOCK) if locking or not project.dependencies else self._lock()
        packages = {name: self._package(project, name, None if locking else lock) for name in project.dependencies}
        sound = self._sound(project, packages, None if locking else lock)
        named: dict[str, tuple[Root, str] | None] = dict.fromkeys(project.lost)
        named |= {project.name: (self._top, "")} if project.name else {}
        named |= {name: None if root is None else (root, "") for name, root in roots.items()}
        named |= {name: (one.held, "") if one is not None else None for name, one in sound.items()}
        view = View(self._top, named)
        views = {self._library.name: View(self._library, {}), **dict.fromkeys(("", *project.roots), view)}
        views |= {name: _view_of(one, named) for name, one in sound.items() if one is not None}
        found, sources, broken = tuple(self._found), tuple(self._sources), broken or not project.readable
        return Workspace(self._top, project, views, packages, lock, found, sources, self._library, broken)

    def _source(self, name: str) -> Source:
        """Read a file of the project's folder; one that cannot be read is reported, and taken for empty."""
        shown = self._top.show(name)
        try:
            path = self._top.folder / name
            if path.is_symlink():
                raise UnreadableError("it is a link")
            source = Source(shown, text_of(read_plain(path)))
        except UnreadableError as error:
            source = Source(shown, "")
            self._found.append(wrong(f"{name} cannot be read: {error}", Span(shown, 0, 0)))
        self._sources.append(source)
        return source

    def _lock(self) -> Lock:
        if not os.path.lexists(self._top.folder / LOCK):
            return _no_lock(LOCK)
        before = len(self._found)
        source = self._source(LOCK)
        lock = read_lock(source, self._top.shown) if len(self._found) == before else None
        if isinstance(lock, Lock):
            return lock
        self._found.extend(filter(None, (lock,)))
        return replace(_no_lock(source.name), readable=False)

    def _root(self, project: Project, name: str, path: str) -> Folder | None:
        folder = Path(os.path.realpath(self._top.folder / path))
        if folder.is_dir():
            return Folder(name, folder, self._top.show(path), f"root `{name}`")
        self._found.append(project.wrong(f"root `{name}` has no folder `{path}`", "roots", name))
        return None

    def _package(self, project: Project, name: str, lock: Lock | None) -> Package | None:
        found = open_package(project, project.dependencies[name], self._top.folder, self._top.shown, lock)
        if isinstance(found, Package):
            self._sources.append(found.own.source)
            return found
        self._found.append(found)
        return None

    def _sound(
        self, project: Project, packages: Mapping[str, Package | None], lock: Lock | None
    ) -> dict[str, Package | None]:
        """Report what is wrong with dependencies; return them, None for one that is not to be read from."""
        there = {name: one for name, one in packages.items() if one is not None}
        sound: dict[str, Package | None] = {}
        for name, one in packages.items():
            wrong_here = list(check_package(project, one, there)) if one is not None else []
            if (
                lock is not None and one is not None and lock.readable and not wrong_here
            ):  # only what is in order is locked
                wrong_here.extend(check_locked(project, one, lock, self._top.shown))
            self._found.extend(wrong_here)
            sound[name] = one if not wrong_here and (lock is None or lock.readable) else None
        return sound


def _no_lock(name: str) -> Lock:
    return Lock({}, Keys(Source(name, "")))


def _view_of(one: Package, named: Mapping[str, tuple[Root, str] | None]) -> View:
    """Return what the files of a dependency may name: its own, and the dependencies that it declares itself."""
    own: dict[str, tuple[Root, str] | None] = {one.asked.name: (one.held, "")}
    own |= {name: (one.held, f"{os.path.normpath(path)}/") for name, path in one.own.roots.items()}
    own |= {name: named.get(name) for name in one.own.dependencies}
    return View(one.held, own)


def _hidden(project: Project, library: Library) -> Iterator[Diagnostic]:
    """Yield a finding for each first step that the project gives to more than one thing."""
    first: dict[str, tuple[str, ...]] = {}
    own = [(project.name, ("project", "name"))] if project.name else []
    roots = [(name, ("roots", name)) for name in project.roots]
    for name, key in [*own, *roots, *((name, ("dependencies", name)) for name in project.dependencies)]:
        at = Label(project.keys.at(*key), f"`{name}` here")
        earlier = first.setdefault(name, key)
        if library.holds(name):
            yield Diagnostic(
                Code.SHADOW, f"`{name}` is a package of the library already", at, hints=("give it another name",),
                notes=(f"`library/{name}/` comes with the compiler: `{name}.…` would lead to two places",),
            )  # fmt: skip
        elif earlier is not key:
            yield Diagnostic(
                Code.SHADOW, f"`{name}` leads to two places", at, (Label(project.keys.at(*earlier), "and here"),),
                ("give one of them another name",),
            )  # fmt: skip
