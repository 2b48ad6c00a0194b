"""Findings made by hand, one of each sort, over two small files: what the formats are tried on."""

from __future__ import annotations

from rackc.dsl.diagnostics import Code, Diagnostic, Fix, Label, Severity
from rackc.dsl.source import Source, Span

#: `é` takes two bytes and one column, `🦀` four bytes, one column, two units of UTF-16 and two cells of a terminal.
MAIN = Source(
    "d é.rack", 'part 🦀é { tdpp = 3 W }\ntray T {\n\tx: Qart "a, 50 %: b"\n  y[2]: Part(\n    n = 3,\n  )\n}\n'
)
SHIPPED = Source("library/std/x.rack", "part X { }\n", shipped=True)
SOURCES = {MAIN.name: MAIN, SHIPPED.name: SHIPPED}


def span(text: str, source: Source = MAIN) -> Span:
    """Return the span of the only place where a text stands."""
    assert source.text.count(text) == 1, text
    at = source.text.index(text)
    return Span(source.name, source.byte_of(at), source.byte_of(at + len(text)))


MISSPELT = Diagnostic(
    Code.MISSPELT, "the compiler does not read `tdpp`", Label(span("tdpp"), "stated here"),
    notes=("figures: 3 W, 50 %",), fix=Fix(span("tdpp"), "tdp"),
)  # fmt: skip
UNKNOWN = Diagnostic(
    Code.UNKNOWN_PART, "no part is called `Qart`", Label(span("Qart"), "not known"),
    (Label(span("part 🦀é"), "this one is"), Label(span("part X", SHIPPED), "and this")),
    ("did you mean `Part`? write `x: Part { … }`",), fix=Fix(span("Qart"), "Part"),
)  # fmt: skip
OVER_LINES = Diagnostic(
    Code.REQUIREMENT, "too many", Label(span("y[2]: Part(\n    n = 3,\n  )"), "of these"), graded=Severity.NOTE
)
IN_LIBRARY = Diagnostic(
    Code.MASS_MARGIN, "heavy", Label(span("X", SHIPPED), "this"), (Label(span("y[2]"), "used here"),)
)
ALLOWED = Diagnostic(
    Code.POWER_MARGIN,
    "no reserve",
    Label(span("T {"), ""),
    hints=("add a shelf",),
    allowed="the lab [1](x) may {0} trip",
)
NOWHERE = Diagnostic(Code.LOCK, "the lock is not there", Label(Span("", 0, 0)), hints=("build it",))
ALL = (UNKNOWN, NOWHERE, MISSPELT, OVER_LINES, IN_LIBRARY, ALLOWED)
