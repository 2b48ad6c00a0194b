"""Whether dependencies are what the project, the other dependencies and packages.lock take them for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Source
from rackc.packages import Lock, Locked, PackageError, agrees, digest, hold, lock_command
from rackc.project import FILE, LOCK, Dependency, Project, read_project, wrong
from rackc.reading import UnreadableError, text_of
from rackc.roots import Snapshot


@dataclass(frozen=True, slots=True)
class Package:
    """A dependency as it was found: what it holds, what its own rack.toml says, and the row that would lock it.

    `findings` are what is wrong with it; one with findings is not read further.
    """

    asked: Dependency
    held: Snapshot
    own: Project
    row: Locked
    findings: tuple[Diagnostic, ...] = ()


def open_package(
    project: Project, asked: Dependency, folder: Path, shown: str, lock: Lock | None
) -> Package | Diagnostic:
    """Read one dependency; return what is wrong where it cannot be read at all.

    A lock that holds it says the commit to read; without a lock its revision does.
    """
    row = lock.rows.get(asked.name) if lock is not None else None
    pinned = row.commit if row is not None and row.holds(asked) else ""
    key = ("dependencies", asked.name)
    try:
        held, commit = hold(asked, folder, shown, pinned)
    except PackageError as error:
        return project.wrong(f"dependency `{asked.name}` cannot be read: {error}", *key)
    if FILE not in held.files:
        return project.wrong(f"{held.words} has no {FILE} to say its name and version", *key, hint=(
            f"its {FILE} begins `[project]`, `name = \"{asked.name}\"`, `version = \"…\"`"))  # fmt: skip
    try:
        source = Source(held.show(FILE), text_of(held.files[FILE]))
    except UnreadableError as error:
        return project.wrong(f"{FILE} of {held.words} cannot be read: {error}", *key)
    own = read_project(source)
    return Package(asked, held, own, Locked(asked.source, asked.rev, commit, own.version, digest(held.files)))


def check_package(project: Project, one: Package, packages: Mapping[str, Package]) -> Iterator[Diagnostic]:
    """Yield where a dependency is not what the project asks for, or needs what the project does not have."""
    own, asked = one.own, one.asked
    yield from own.findings
    if own.findings:
        return
    if own.name != asked.name:
        yield _disagrees(project, one, "name", own.name, asked.name)
    if not own.version or not agrees(asked.version, own.version):
        yield _disagrees(project, one, "version", own.version, asked.version)
    for name, path in own.roots.items():
        if os.path.isabs(path) or os.path.normpath(path).startswith(".."):
            yield own.wrong(f"root `{name}` of {one.held.words} lies outside it", "roots", name,
                            hint="what a dependency needs must be in it, or a dependency of its own")  # fmt: skip
    for needed in own.dependencies.values():
        yield from _check_needed(project, one, needed, packages.get(needed.name))


def _disagrees(project: Project, one: Package, key: str, said: str, wanted: str) -> Diagnostic:
    says = f"says that its {key} is `{said}`" if said else f"does not say its {key}"
    return wrong(
        f"{one.held.words} {says}", project.keys.at("dependencies", one.asked.name, key),
        f"`{wanted}` is wanted" if wanted else "wanted here", "correct one of them",
        (Label(one.own.keys.at("project", key), "it says so" if said else "it should say so here"),),
    )  # fmt: skip


def _check_needed(project: Project, one: Package, needed: Dependency, found: Package | None) -> Iterator[Diagnostic]:
    at = Label(one.own.keys.at("dependencies", needed.name), f"`{one.asked.name}` needs it")
    if needed.name not in project.dependencies:
        yield wrong(
            f"{one.held.words} needs `{needed.name}`, which this project does not declare",
            project.keys.at("dependencies", one.asked.name), "needs more than is declared",
            f"add `{needed.name} = {{ … }}` under [dependencies]: a project declares all that it is built of", (at,),
        )  # fmt: skip
    elif found is not None and not agrees(needed.version, found.own.version):
        yield wrong(
            f"{one.held.words} needs `{needed.name}` {needed.version}, this project has {found.own.version}",
            project.keys.at("dependencies", needed.name), "this one", "agree on a version", (at,),
        )  # fmt: skip


def check_locked(project: Project, found: Package, lock: Lock, shown: str) -> Iterator[Diagnostic]:
    """Yield how a dependency differs from what packages.lock holds; `shown` is the project's folder for messages."""
    asked, row = found.asked, lock.rows.get(found.asked.name)
    at = project.keys.at("dependencies", asked.name)
    mend = f"run {lock_command(shown)}"
    if row is None:
        yield wrong(f"{LOCK} does not hold `{asked.name}`", at, "not locked", mend)
        return
    also = (Label(lock.keys.at("packages", asked.name), "locked here"),)
    if not row.holds(asked):
        wanted = " ".join(filter(None, (asked.source, asked.rev, asked.version)))
        locked = " ".join(filter(None, (row.source, row.rev, row.version)))
        yield Diagnostic(
            Code.PACKAGE, f"{LOCK} holds another `{asked.name}` than {FILE} asks for", Label(at, "asked for"), also, (mend,),
            (f"asked for: {wanted}", f"locked: {locked}"),
        )  # fmt: skip
    elif found.row.sha256 != row.sha256:
        yield Diagnostic(
            Code.PACKAGE, f"{found.held.words} is not what was locked: its files have changed", Label(at, "changed since"),
            also, (f"look at what changed; if it is meant, {mend}",),
            (f"locked: {row.sha256}", f"found: {found.row.sha256}"),
        )  # fmt: skip
