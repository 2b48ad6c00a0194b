"""Diagnostics as JUnit XML, which nearly every build server shows: a suite a file, a case a finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.render.place import path_from
from rackc.dsl.render.text import render
from rackc.dsl.source import Source

#: What no XML document may hold, not even escaped (XML 1.0, 2.2).
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(files: Mapping[str, Iterable[Diagnostic]], sources: Mapping[str, Source], base: str = "") -> str:
    """Return a suite for each file that was checked; errors fail, what is milder or allowed is skipped with a word."""
    top = Element("testsuites", name="rackc")
    for name, diagnostics in files.items():
        _suite(SubElement(top, "testsuite"), path_from(name, base), list(diagnostics), sources, base)
    indent(top, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(top, encoding="unicode")}\n'


def _suite(suite: Element, name: str, diagnostics: list[Diagnostic], sources: Mapping[str, Source], base: str) -> None:
    failed = sum(d.is_error for d in diagnostics)
    suite.attrib |= {
        "name": _xml(name), "tests": str(max(1, len(diagnostics))), "failures": str(failed), "errors": "0",
        "skipped": str(len(diagnostics) - failed), "time": "0",
    }  # fmt: skip
    if not diagnostics:
        SubElement(suite, "testcase", classname=_xml(name), name="nothing found", time="0")
    for diagnostic in diagnostics:
        _case(suite, name, diagnostic, sources, base)


def _case(suite: Element, name: str, diagnostic: Diagnostic, sources: Mapping[str, Source], base: str) -> None:
    source = sources.get(diagnostic.at.span.source)
    title, place = diagnostic.code.value, {}
    if source is not None:
        line = source.line_of(diagnostic.at.span.start)
        path = path_from(source.name, base)
        title += f" at {path}:{line}:{source.column_of(diagnostic.at.span.start)}"
        place = {"file": _xml(path), "line": str(line)}
    case = SubElement(suite, "testcase", {"classname": _xml(name), "name": _xml(title), "time": "0", **place})
    if diagnostic.is_error:
        told = SubElement(case, "failure", type=diagnostic.code.value, message=_xml(diagnostic.message))
    else:
        word = "allowed" if diagnostic.allowed else diagnostic.severity.value
        told = SubElement(case, "skipped", message=_xml(f"{word}: {diagnostic.message}"))
    told.text = _xml(render(diagnostic, sources))


def _xml(text: str) -> str:
    return _NO_XML.sub("", text)
