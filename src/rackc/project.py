"""rack.toml to data: what a project is called, its roots, its dependencies and how severe findings are to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rackc.compiler.settings import why_not
from rackc.dsl.diagnostics import Code, Diagnostic, Label, closest
from rackc.dsl.source import Source, Span

FILE: Final = "rack.toml"
LOCK: Final = "packages.lock"
EDITION: Final = 2026
SEVERITIES: Final = ("error", "warning", "note", "off")

#: What a revision may look like: a tag, branch or commit, never an option or an expression.
REVISION: Final = re.compile(r"[0-9A-Za-z_](?:[0-9A-Za-z_/+-]|\.(?!\.))*")
_STEP: Final = re.compile(r"[A-Za-z_]\w*")
_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "": ("project", "roots", "dependencies", "severity"),
    "project": ("name", "version", "edition"),
    "dependency": ("path", "git", "rev", "version"),
}


@dataclass(frozen=True, slots=True)
class Dependency:
    """One line of `[dependencies]`: a folder, or a git repository at a revision; empty texts where nothing is said."""

    name: str
    path: str
    git: str
    rev: str
    version: str

    @property
    def source(self) -> str:
        """Where it comes from, as rack.toml says it."""
        return self.git or self.path


@dataclass(frozen=True, slots=True)
class Project:
    """What a rack.toml says, as far as it could be read; `findings` are what was wrong, `keys` where each key stands.

    `lost` are the roots and dependencies of which it says something that means nothing; where `readable` is false, it is
    not known what it says at all.
    """

    source: Source
    keys: Keys
    name: str = ""
    version: str = ""
    roots: Mapping[str, str] = field(default_factory=dict)
    dependencies: Mapping[str, Dependency] = field(default_factory=dict)
    severities: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Diagnostic, ...] = ()
    lost: frozenset[str] = frozenset()
    readable: bool = True

    def wrong(self, message: str, *key: str, label: str = "here", hint: str = "") -> Diagnostic:
        """Return a finding at a key."""
        return wrong(message, self.keys.at(*key), label, hint)


def wrong(message: str, span: Span, label: str = "here", hint: str = "", also: tuple[Label, ...] = ()) -> Diagnostic:
    """Return a finding about a project or its packages."""
    return Diagnostic(Code.PACKAGE, message, Label(span, label), also, hints=(hint,) if hint else ())


class Keys:
    """Where each key of a TOML file stands; the reader of the standard library does not say."""

    _KEY: Final = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
    _PATH: Final = re.compile(rf"\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*=")
    _HEADER: Final = re.compile(rf"\s*\[\[?\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*\]")
    _INLINE: Final = re.compile(rf"[{{,]\s*({_KEY})\s*=")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._spans: dict[tuple[str, ...], Span] = {}
        header: tuple[str, ...] = ()
        at = 0
        for line in source.text.split("\n"):
            found = self._HEADER.match(line)
            if found is not None:
                header = self._note((), found, at)
            elif (found := self._PATH.match(line)) is not None:
                key = self._note(header, found, at)
                for inner in self._INLINE.finditer(line, found.end()):
                    self._note(key, inner, at)
            at += len(line) + 1

    def _note(self, header: tuple[str, ...], found: re.Match[str], at: int) -> tuple[str, ...]:
        span = self.span(at + found.start(1), at + found.end(1))
        key = (*header, *(step.strip("\"'") for step in re.findall(self._KEY, found[1])))
        for length in range(len(header) + 1, len(key) + 1):
            self._spans.setdefault(key[:length], span)
        return key

    def span(self, start: int, end: int) -> Span:
        """Return the span of some characters."""
        return Span(self._source.name, self._source.byte_of(start), self._source.byte_of(end))

    def at(self, *key: str) -> Span:
        """Return where a key stands, or else what it stands in."""
        while key and key not in self._spans:
            key = key[:-1]
        return self._spans.get(key) or self.span(0, min(1, len(self._source.text)))


def read_project(source: Source) -> Project:
    """Read a rack.toml; never fails."""
    keys = Keys(source)
    document = parse_toml(source, keys)
    if isinstance(document, Diagnostic):
        return Project(source, keys, findings=(document,), readable=False)
    return _Reading(source, keys).read(document)


def parse_toml(source: Source, keys: Keys) -> dict[str, Any] | Diagnostic:
    """Return the document in a TOML file, or what is wrong with its form."""
    import tomllib  # most designs have no project

    try:
        return tomllib.loads(source.text)
    except (ValueError, RecursionError) as error:  # a number of too many digits is a ValueError
        place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
        lines = source.text.split("\n")
        at = len(source.text) if place is None or not place[1] else (
            sum(len(line) + 1 for line in lines[: int(place[1]) - 1]) + int(place[2]) - 1)  # fmt: skip
        at = min(at, max(len(source.text) - 1, 0))
        reason = "brackets are nested too deep" if isinstance(error, RecursionError) else str(error)
        reason = reason[: place.start()] if place is not None else reason
        return wrong(f"the file is no TOML: {reason[:1].lower()}{reason[1:80]}", keys.span(at, min(at + 1, len(source.text))),
                     "not understood")  # fmt: skip


class _Reading:
    """Reads one document; findings gather as it goes."""

    def __init__(self, source: Source, keys: Keys) -> None:
        self._source, self._keys = source, keys
        self._found: list[Diagnostic] = []

    def read(self, document: dict[str, Any]) -> Project:
        self._known(document, _KEYS[""], "rack.toml")
        project = self._table(document, "project")
        self._known(project, _KEYS["project"], "`[project]`", "project")
        if "edition" in project and project["edition"] != EDITION:
            self._wrong(f"edition {str(project['edition'])[:20]} is not known", "project", "edition",
                        hint=f"write `edition = {EDITION}`")  # fmt: skip
        roots, dependencies = self._table(document, "roots"), self._table(document, "dependencies")
        read = self._roots(roots), self._dependencies(dependencies)
        name, version = (self._text(project, "project", key) for key in ("name", "version"))
        severities = self._severities(self._table(document, "severity"))
        lost = frozenset((roots.keys() - read[0].keys()) | (dependencies.keys() - read[1].keys()))
        return Project(self._source, self._keys, name, version, *read, severities, tuple(self._found), lost)

    def _roots(self, table: dict[str, Any]) -> dict[str, str]:
        return {
            name: path for name in table if self._step(name, "roots") and (path := self._path(table, "roots", name))
        }

    def _dependencies(self, table: dict[str, Any]) -> dict[str, Dependency]:
        found: dict[str, Dependency] = {}
        for name, row in table.items():
            if not self._step(name, "dependencies"):
                continue
            if not isinstance(row, dict):
                self._wrong(f'`{name}` is a table, such as {{ path = "../{name}" }}', "dependencies", name)
                continue
            where = ("dependencies", name)
            self._known(row, _KEYS["dependency"], f"`{name}`", *where)
            one = Dependency(name, self._path(row, *where, "path"), self._path(row, *where, "git"),
                             self._text(row, *where, "rev"), self._text(row, *where, "version"))  # fmt: skip
            if self._complete(one, row):
                found[name] = one
        return found

    def _complete(self, one: Dependency, row: dict[str, Any]) -> bool:
        where = ("dependencies", one.name)
        if ("path" in row) == ("git" in row):
            self._wrong(f"`{one.name}` has {'a path and a' if 'git' in row else 'neither a path nor a'} git repository",
                        *where, hint="give it one: `path = \"…\"`, or `git = \"…\"` with `rev`")  # fmt: skip
            return False
        if bool(one.git) != bool(one.rev) and ("git" in row or "rev" in row):
            self._wrong(f"`{one.name}` has a git repository and no revision" if one.git else
                        f"`{one.name}` has a revision and no git repository", *where,
                        hint="write both: `git = \"…\", rev = \"v1.0\"`")  # fmt: skip
            return False
        if one.rev and not REVISION.fullmatch(one.rev):
            self._wrong("a revision is the name of a tag, branch or commit", *where, "rev")
            return False
        return bool(one.source)

    def _severities(self, table: dict[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        codes = [code.value for code in Code]
        for code, level in table.items():
            if code not in codes:
                self._wrong(f"no finding has the code `{code[:20]}`", "severity", code, hint=_hint(code, codes))
            elif level not in SEVERITIES:
                self._wrong(f"a severity is {', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}", "severity", code,
                            hint=_hint(str(level), SEVERITIES))  # fmt: skip
            elif refused := why_not(code, level):
                self._wrong(refused.partition(". ")[0], "severity", code, hint=refused.partition(". ")[2])
            else:
                found[code] = level
        return found

    # -------- values

    def _table(self, document: dict[str, Any], name: str) -> dict[str, Any]:
        found = document.get(name, {})
        if isinstance(found, dict):
            return found
        self._wrong(f"`{name}` is a table", name, hint=f"write `[{name}]` on a line of its own, its keys below")
        return {}

    def _known(self, table: dict[str, Any], names: tuple[str, ...], what: str, *where: str) -> None:
        for key in table:
            if key not in names:
                self._wrong(f"{what} has no key `{key[:40]}`", *where, key, label="not known", hint=_hint(key, names))

    def _step(self, name: str, table: str) -> bool:
        if _STEP.fullmatch(name):
            return True
        self._wrong(f"`{name[:40]}` cannot begin a module's name", table, name,
                    hint="it is one word of letters, digits and `_`")  # fmt: skip
        return False

    def _text(self, table: dict[str, Any], *key: str) -> str:
        found = table.get(key[-1], "")
        if isinstance(found, str) and found.isprintable() and (found or key[-1] not in table):
            return found
        self._wrong(f"`{key[-1]}` is a text", *key, hint=f'write `{key[-1]} = "…"`')
        return ""

    def _path(self, table: dict[str, Any], *key: str) -> str:
        found = self._text(table, *key)
        if found.startswith("~"):
            self._wrong("a path does not begin with `~`", *key, hint="write it from the folder of this file: `../…`")
            return ""
        return found

    def _wrong(self, message: str, *key: str, label: str = "here", hint: str = "") -> None:
        self._found.append(wrong(message, self._keys.at(*key), label, hint))


def _hint(word: str, among: Iterable[str]) -> str:
    return next(iter(closest(word, among)), "")
