"""The syntax tree: what was written, with the span of every node. Nothing here knows what a rack is."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from rackc.dsl.source import Span

# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Number:
    """A count or a decimal: `18`, `0.5`."""

    span: Span
    value: Fraction


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its unit: `1200 W`; `both_ways` when the source adds up the two directions of a bandwidth."""

    span: Span
    value: Fraction
    unit: str
    both_ways: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of things: `1 feed`."""

    span: Span
    count: int
    noun: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text in quotes, with its escapes resolved."""

    span: Span
    value: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions in braces, `"{n} of them"`: texts and expressions as they come."""

    span: Span
    parts: tuple[str | Expr, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """true, false or none."""

    span: Span
    value: bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """A bare name."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Attr:
    """`of.name`; `name_span` is that of the last step."""

    span: Span
    of: Expr
    name: str
    name_span: Span


@dataclass(frozen=True, slots=True)
class Every:
    """The `*` of `gpu[*]`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`of[subscripts]`."""

    span: Span
    of: Expr
    subscripts: tuple[Expr | Every, ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call; `name` is empty for a positional one."""

    span: Span
    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """`of(arguments)`."""

    span: Span
    of: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    span: Span
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`[item for name in of if where]`; with two names, `[item for key, name in of]`, `key` is not empty."""

    span: Span
    item: Expr
    key: str
    name: str
    of: Expr
    where: Expr | None


@dataclass(frozen=True, slots=True)
class Unary:
    """`-a` or `not a`."""

    span: Span
    op: str
    of: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """`a op b`, also for ranges (`..`, `..<`), `step`, `typ` and `+/-`."""

    span: Span
    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Conditional:
    """`if test then yes else no`."""

    span: Span
    test: Expr
    yes: Expr
    no: Expr


Expr = (
    Number | Measure | Counted | Text | Template | Constant | Name | Attr | Index | Call | ListOf | Comprehension | Unary | Binary
    | Conditional
)  # fmt: skip

# ---------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A use of a definition: `ocp.mgx.Rack(units = 48)`."""

    span: Span
    path: tuple[str, ...]
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """`edition 2026`."""

    span: Span
    year: int


@dataclass(frozen=True, slots=True)
class ImportName:
    """One name of an import, and what it is called here."""

    span: Span
    name: str
    alias: str


@dataclass(frozen=True, slots=True)
class Import:
    """`from module import names`; `is_path` where the module is a text, a path from the file that imports."""

    span: Span
    module: str
    module_span: Span
    names: tuple[ImportName, ...]
    is_path: bool


@dataclass(frozen=True, slots=True)
class ImportModule:
    """`import module as alias`; without an alias the last step of the module's name is one."""

    span: Span
    module: str
    module_span: Span
    alias: str


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a definition: `name: type = default`."""

    span: Span
    name: str
    type: TypeRef | None
    default: Expr | None


@dataclass(frozen=True, slots=True)
class Definition:
    """`kind Name(params): Super on target { body }`; `doc` is the text of the `##` lines above it."""

    span: Span
    kind: str
    name: str
    name_span: Span
    params: tuple[Param, ...]
    supers: tuple[TypeRef, ...]
    on: Expr | None
    body: Block
    doc: str


@dataclass(frozen=True, slots=True)
class Word:
    """One bare word: a member of an enum, a code."""

    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Enum:
    """`enum Name { member, member }`; `doc` as with a definition."""

    kind: ClassVar[str] = "enum"
    params: ClassVar[tuple[Param, ...]] = ()

    span: Span
    name: str
    name_span: Span
    members: tuple[Word, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class Block:
    """The statements between two braces."""

    span: Span
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """`name[count]: Type at place { body }`."""

    span: Span
    target: Expr
    type: TypeRef
    at: Expr | None
    body: Block | None


@dataclass(frozen=True, slots=True)
class Cite:
    """`@cite("KEY", medium)` or `@assume("why")`."""

    span: Span
    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value @cite(…)`."""

    span: Span
    target: Expr
    value: Expr
    cites: tuple[Cite, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """`target <= value`: a limit that the result must keep."""

    span: Span
    target: Expr
    op: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Port:
    """`port name[count]: Interface`."""

    span: Span
    target: Expr
    type: TypeRef


@dataclass(frozen=True, slots=True)
class Connect:
    """`connect left -- right : Carrier by pattern(…)`; no right side where a pattern joins one set with itself."""

    span: Span
    left: Expr
    right: Expr | None
    carrier: TypeRef | None
    pattern: TypeRef | None


@dataclass(frozen=True, slots=True)
class Pool:
    """`pool name { … }`."""

    span: Span
    name: str
    name_span: Span
    body: Block


@dataclass(frozen=True, slots=True)
class Demand:
    """`demand name: Class(…) by reader`."""

    span: Span
    name: str
    name_span: Span
    type: TypeRef
    reader: Expr | None


@dataclass(frozen=True, slots=True)
class Let:
    """`let name = value`."""

    span: Span
    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Choose:
    """`choose name: type in options`: a decision over a finite set."""

    span: Span
    name: str
    name_span: Span
    type: TypeRef | None
    options: Expr


@dataclass(frozen=True, slots=True)
class For:
    """`for name in of { … }`; `for key, name in of { … }` where `key` is not empty."""

    span: Span
    key: str
    name: str
    of: Expr
    body: Block


@dataclass(frozen=True, slots=True)
class If:
    """`if test { … } else { … }`."""

    span: Span
    test: Expr
    yes: Block
    no: Block | None


@dataclass(frozen=True, slots=True)
class Require:
    """`require test, "message"`."""

    span: Span
    test: Expr
    message: Text | Template | None


@dataclass(frozen=True, slots=True)
class Prefer:
    """`prefer test weight n, "message"`."""

    span: Span
    test: Expr
    weight: Expr | None
    message: Text | Template | None


@dataclass(frozen=True, slots=True)
class Survive:
    """`survive 1 controller for capacity`."""

    span: Span
    count: int
    noun: str
    promise: str


@dataclass(frozen=True, slots=True)
class Minimize:
    """`minimize cost then power`."""

    span: Span
    goals: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Expect:
    """`expect E0601, W0651`: the findings that a test must bring about."""

    span: Span
    codes: tuple[Word, ...]


Statement = (
    Edition | Import | ImportModule | Definition | Enum | Instance | Assign | Bound | Port | Connect | Pool | Demand | Let
    | Choose | For | If | Require | Prefer | Survive | Minimize | Expect
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tree:
    """One file. Statements that could not be read are missing; the diagnostics say which."""

    source: str
    statements: tuple[Statement, ...]
