"""`rackc parts`: what the library and the project offer, part by part, with every figure and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten, wrap
from typing import Any, Final

from rackc.compiler.media import figure, text
from rackc.compiler.modules import Module, Program, link_modules
from rackc.compiler.outline import Outline, outlines
from rackc.compiler.plan import Figure
from rackc.compiler.shape import PortGroup
from rackc.compiler.standing import THINGS
from rackc.dsl import tree
from rackc.dsl.diagnostics import Diagnostic, closest
from rackc.dsl.source import NOWHERE, Source
from rackc.dsl.text import printable
from rackc.loader import FileLoader

WIDTH: Final = 100
#: A row of the table of sources that stands beside the library.
_ROW: Final = re.compile(r"\| ([A-Z0-9-]+) \| (.+) \|")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every definition that a design here could import, by module, and what the keys of sources stand for."""

    parts: tuple[Outline, ...]
    program: Program
    sources: Mapping[str, str]

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What is at fault in files and in definitions by themselves."""
        return (*self.program.diagnostics, *(found for one in self.parts for found in one.findings))

    def where(self, one: Outline) -> str:
        """Return the file and line of a definition."""
        span = one.definition.name_span
        return f"{span.source}:{self.program.sources[span.source].line_of(span.start)}"

    def named(self, name: str) -> tuple[Outline, ...]:
        """Return the parts that a name means: `LeoA1000`, or `astera.leo.LeoA1000` where several bear it."""
        return tuple(one for one in self.parts if name in (one.definition.name, full_name(one)))


def open_catalogue(folder: Path) -> Catalogue:
    """Read the library, and the project that a folder belongs to where it has a rack.toml; what is at fault is left out."""
    loader = FileLoader(folder)
    program = link_modules(Source("<parts>", ""), loader)
    shipped = {path.removesuffix(".rack").replace("/", ".") for path in loader.workspace.library.paths()}
    names = loader.modules("") if loader.workspace.project is not None else sorted(shipped)
    modules = [module for name in names if isinstance(module := program.load(name, NOWHERE, ""), Module)]
    found = [one for module in modules for one in outlines(program, module)]
    return Catalogue(tuple(found), program, _keys(loader.workspace.library.read("SOURCES.md").decode()))


def _keys(table: str) -> dict[str, str]:
    return {row.group(1): row.group(2) for line in table.splitlines() if (row := _ROW.fullmatch(line))}


def full_name(one: Outline) -> str:
    """Return the name that needs no import."""
    return f"{one.module}.{one.definition.name}"


def role_of(one: Outline) -> str:
    """Return what a part does in a rack, empty where it states nothing."""
    return "" if one.shape is None else text(one.shape, "role")


def title_of(one: Outline) -> str:
    """Return the text above a definition, or that of the nearest supertype that has one."""
    return one.definition.doc or ("" if one.shape is None else one.shape.title)


# ---------------------------------------------------------------- searching


def search(catalogue: Catalogue, words: Sequence[str]) -> tuple[Outline, ...]:
    """Return the parts of which every word is said: those with all of them in name, role and title come first."""
    wanted = [word.lower() for word in words]
    hits = [one for one in catalogue.parts if _says(_all(one), wanted)]
    return tuple(sorted(hits, key=lambda one: not _says(_head(one), wanted)))


def _says(said: str, wanted: Iterable[str]) -> bool:
    return all(word in said for word in wanted)


def _head(one: Outline) -> str:
    return f"{full_name(one)} {one.definition.kind} {role_of(one)} {title_of(one)}".lower()


def _all(one: Outline) -> str:
    if one.shape is None:
        return _head(one)
    figures = (f"{name} {shown(f)} {f.source}" for name, f in one.shape.figures.items())
    given = (value for value in one.shape.values.values() if isinstance(value, str))  # parameters among them
    ports = (f"{port.name} {port.interface.name} {_speaks(port)}" for port in one.shape.ports)
    return " ".join((_head(one), *figures, *given, *ports)).lower()


def unknown(catalogue: Catalogue, name: str) -> str:
    """Return a sentence for a name that means nothing."""
    names = [one.definition.name for one in catalogue.parts] + [full_name(one) for one in catalogue.parts]
    hint = "; ".join(closest(name, names))
    return f"no part is called `{name}`{f'; {hint}' if hint else ''} (see `rackc parts`)"


# ---------------------------------------------------------------- as data


def summary(catalogue: Catalogue, one: Outline) -> dict[str, Any]:
    """Return one line of the list as plain data."""
    return {"name": one.definition.name, "module": one.module, "kind": one.definition.kind, "role": role_of(one),
            "title": title_of(one), "defined": catalogue.where(one)}  # fmt: skip


def detail(catalogue: Catalogue, one: Outline) -> dict[str, Any]:
    """Return all that is known of one part as plain data."""
    keys = dict.fromkeys(f.source for _, f in _figures(one) if f.source in catalogue.sources)
    return {
        **summary(catalogue, one),
        "descends_from": [] if one.shape is None else list(one.shape.lineage),
        "import": import_line(one),
        "example": example(one),
        "parameters": [{"name": p.name, "type": _type(p), "default": _default(catalogue, p)} for p in one.definition.params],
        "members": [word.name for word in one.definition.members] if isinstance(one.definition, tree.Enum) else [],
        "figures": [{"name": name, "value": shown(f), "confidence": f.confidence, "source": f.source} for name, f in _figures(one)],
        "ports": _ports(one),
        "holds": [] if one.shape is None else [
            {"name": group.name, "count": group.size, "part": group.shape.name} for group in one.shape.children],
        "sources": {key: catalogue.sources[key] for key in keys},
    }  # fmt: skip


def _figures(one: Outline) -> Iterator[tuple[str, Figure]]:
    if one.shape is not None:
        yield from ((name, f) for name, f in one.shape.figures.items() if name != "role")


def shown(one: Figure) -> str:
    """Return the value of a figure in words."""
    if isinstance(one.value, tuple):
        return ", ".join(str(v) for v in one.value)
    return str(one.value).lower() if isinstance(one.value, bool) else "none" if one.value is None else str(one.value)


def _type(param: tree.Param) -> str:
    return "" if param.type is None else ".".join(param.type.path)


def _default(catalogue: Catalogue, param: tree.Param) -> str | None:
    if param.default is None:
        return None
    span = param.default.span
    return " ".join(catalogue.program.sources[span.source].at(span).split())


def _ports(one: Outline) -> list[dict[str, str]]:
    if one.shape is None:
        return []
    known = [{"ports": p.name if p.count is None else f"{p.count} x {p.name}", "interface": p.interface.name, "speaks": _speaks(p)}
             for p in one.shape.ports]  # fmt: skip
    return known + [
        {"ports": words.split(":")[0], "interface": words.split(":", 1)[1].strip(), "speaks": ""} for words in one.loose
    ]


def _speaks(port: PortGroup) -> str:
    kind = port.interface
    lanes, rate = figure(kind, "lanes", ""), figure(kind, "bandwidth", "GB/s")
    words = [text(kind, "protocol"), "" if lanes is None else f"x{lanes:g}", text(kind, "connector"),
             "" if rate is None else f"{rate:g} GB/s each way"]  # fmt: skip
    return ", ".join(filter(None, words))


def import_line(one: Outline) -> str:
    """Return the statement that brings a part into a file."""
    return f"from {one.module} import {one.definition.name}"


def example(one: Outline) -> str:
    """Return a statement that uses a part: what its parameters leave open stands as `…`."""
    given = ", ".join(f"{p.name} = …" for p in one.definition.params if p.default is None)
    call = one.definition.name + (f"({given})" if given else "")
    match one.definition.kind:
        case "interface":
            return f"port p: {call}"
        case "link":
            return f"connect a -- b : {call}"
        case "pattern":
            return f"connect a -- b by {call}"
        case "model":
            return f"model = {call}"
        case "trait":
            return f"part P: {call} {{ }}"
        case kind if kind in THINGS:
            return f"x: {call}"
        case _:
            return ""


# ---------------------------------------------------------------- as text


def as_list(parts: Iterable[Outline]) -> Iterator[str]:
    """Yield parts by module, a line each."""
    parts = tuple(parts)
    columns = [max((len(cell(one)) for one in parts), default=0) for cell in (_name, _kind, role_of)]
    module = None
    for one in parts:
        if one.module != module:
            module = one.module
            yield module
        cells = (_name(one), _kind(one), role_of(one))
        line = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, columns, strict=True))
        yield f"  {line}  {shorten(printable(title_of(one)), WIDTH - len(line) - 4, placeholder=' …')}".rstrip()


def _name(one: Outline) -> str:
    return one.definition.name


def _kind(one: Outline) -> str:
    return one.definition.kind


def as_text(catalogue: Catalogue, one: Outline) -> Iterator[str]:
    """Yield all that is known of one part, for a terminal of 100 columns."""
    data = detail(catalogue, one)
    role = f", {data['role']}" if data["role"] else ""
    yield f"{data['name']}: {data['kind']}{role} ({data['defined']})"
    yield from wrap(printable(data["title"]), WIDTH)
    yield f"  {data['import']}"
    yield from (f"  {line}" for line in filter(None, (data["example"],)))
    for name in ("descends_from", "members"):
        if data[name]:
            yield from _hanging(f"{name.replace('_', ' ')}: ", ", ".join(data[name]))
    yield from _table("parameters", [(p["name"], _parameter(p)) for p in data["parameters"]])
    yield from _table("figures", [(f["name"], f"{f['value']}{_backing(f)}") for f in data["figures"]])
    yield from _table("ports", [(p["ports"], f"{p['interface']}  {p['speaks']}") for p in data["ports"]])
    yield from _table("holds", [(h["name"], f"{h['count']} x {h['part']}") for h in data["holds"]])
    yield from _table("sources", list(data["sources"].items()))


def _parameter(data: Mapping[str, Any]) -> str:
    words = "must be given" if data["default"] is None else f"= {data['default']}"
    return f"{words}  ({data['type']})" if data["type"] else str(words)


def _backing(data: Mapping[str, str]) -> str:
    if data["confidence"] == "unstated":
        return ""
    return f"  [{data['confidence']}: {data['source']}]"


def _table(heading: str, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    if not rows:
        return
    yield heading
    width = max(len(name) for name, _ in rows)
    for name, words in rows:
        yield from _hanging(f"  {name:<{width}}  ", printable(words))


def _hanging(before: str, words: str) -> Iterator[str]:
    yield from wrap(words, WIDTH, initial_indent=before, subsequent_indent=" " * len(before),
                    break_long_words=False, break_on_hyphens=False) or [before.rstrip()]  # fmt: skip
