"""Diagnostics as SARIF 2.1.0, which code scanning reads.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from rackc.dsl.diagnostics import Code, Diagnostic, Fix, Label, default_severity
from rackc.dsl.explain import page, title
from rackc.dsl.render.place import Region, path_from, region_of, shown_region
from rackc.dsl.render.words import details
from rackc.dsl.source import Source
from rackc.dsl.text import printable

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: The folder of the parts that come with rackc: not in the user's repository.
_LIBRARY: Final = "RACKC_LIBRARY"


def sarif(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, Source], version: str, base: str = ""
) -> dict[str, Any]:
    """Return a SARIF log with one run; paths are relative to `base`, `version` is that of rackc."""
    diagnostics = tuple(diagnostics)
    codes = sorted({d.code for d in diagnostics})
    writer = _Writer(sources, base, {code: at for at, code in enumerate(codes)})
    driver = {"name": "rackc", "version": version, "rules": [_rule(code) for code in codes]}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [writer.result(d) for d in diagnostics],
    }
    if any(source.shipped for source in sources.values()):
        run["originalUriBaseIds"] = {_LIBRARY: {"description": _message("the parts that come with rackc")}}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: Code) -> dict[str, Any]:
    text = page(code)
    about = text.split("\n\n")[1] if "\n\n" in text else title(code)
    # Descriptions are code and prose for viewers, which print them as they stand: braces are not doubled here.
    return {
        "id": code.value,
        "name": "".join(word.capitalize() for word in code.name.split("_")),
        "shortDescription": {"text": title(code)},
        "fullDescription": {"text": " ".join(about.split())},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": default_severity(code).value},
    }


def _message(*lines: str) -> dict[str, str]:
    """Return a message; what would be a placeholder (3.11.5) or a link (3.11.6) in it is taken literally."""
    text = "\n".join(printable(line) for line in lines)
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "] (")}


@dataclass(frozen=True, slots=True)
class _Writer:
    """What all results share: the sources, the folder that paths start from, the place of each rule."""

    sources: Mapping[str, Source]
    base: str
    rules: Mapping[Code, int]

    def result(self, diagnostic: Diagnostic) -> dict[str, Any]:
        """Return one result."""
        result: dict[str, Any] = {
            "ruleId": diagnostic.code.value,
            "ruleIndex": self.rules[diagnostic.code],
            "level": diagnostic.severity.value,
            "message": _message(diagnostic.message, *details(diagnostic, self.sources)),
        }
        if diagnostic.at.span.source:
            result["locations"] = [self._location(diagnostic.at)]
        also = [label for label in diagnostic.also if label.span.source]
        if also:
            result["relatedLocations"] = [{"id": at, **self._location(label)} for at, label in enumerate(also, 1)]
        if diagnostic.fix is not None and diagnostic.fix.span.source in self.sources:
            result["fixes"] = [self._fix(diagnostic.fix)]
        if diagnostic.allowed:
            result["suppressions"] = [{"kind": "inSource", "justification": printable(diagnostic.allowed)}]
        return result

    def _location(self, label: Label) -> dict[str, Any]:
        place: dict[str, Any] = {"artifactLocation": self._artifact(label.span.source)}
        source = self.sources.get(label.span.source)
        if source is not None:
            place["region"] = _region(shown_region(source, label.span))
        said = {"message": _message(label.text)} if label.text else {}
        return {"physicalLocation": place, **said}

    def _artifact(self, name: str) -> dict[str, str]:
        source = self.sources.get(name)
        if source is not None and source.shipped:
            return {"uri": uri_of(name, ""), "uriBaseId": _LIBRARY}
        return {"uri": uri_of(name, self.base)}

    def _fix(self, fix: Fix) -> dict[str, Any]:
        region = _region(region_of(self.sources[fix.span.source], fix.span))
        replacement = {"deletedRegion": region, "insertedContent": {"text": fix.text}}
        change = {"artifactLocation": self._artifact(fix.span.source), "replacements": [replacement]}
        return {"artifactChanges": [change]}


def _region(region: Region) -> dict[str, int]:
    return {
        "startLine": region.line, "startColumn": region.column, "endLine": region.end_line, "endColumn": region.end_column,
    }  # fmt: skip


#: What stands for itself in a path of a URI (RFC 3986, 3.3); a colon does not in the first step of a relative one.
_SAFE: Final = "/!$&'()*+,;=@-._~"


def uri_of(name: str, base: str) -> str:
    """Return a file's path, relative to `base` where it lies below it, as a reference that any URI reader accepts."""
    path = path_from(name, base)
    # Names come from the system, where bytes that are no UTF-8 are kept as lone surrogates (PEP 383).
    low = [c for c in path if "\ud800" <= c <= "\udfff"]
    handler = "surrogateescape" if all("\udc80" <= c <= "\udcff" for c in low) else "surrogatepass"
    quoted = quote(path.encode("utf-8", handler), safe=_SAFE)
    # A reference that begins with two slashes would name a host.
    return f"file:///{quoted.lstrip('/')}" if quoted.startswith("/") else quoted
