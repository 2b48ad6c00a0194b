"""What an expression can be worth while a design is elaborated.

Figures are `Quantity`, `Interval`, text, yes/no and lists of these. Instances and ports are *selections*: arrays of
offsets relative to the definition that looks at them, so that one elaboration serves every instance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from rackc.compiler.plan import Interval
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span
from rackc.dsl.units import Quantity, kind_of, quantity

if TYPE_CHECKING:
    from rackc.compiler.shape import Shape

Offsets = npt.NDArray[np.int64]


class Fault(Exception):
    """A statement that cannot be elaborated; caught per statement, so that the next one is still looked at."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def fault(code: Code, message: str, span: Span, label: str = "", *hints: str) -> Fault:
    """Return the exception that reports one finding and gives up the statement."""
    return Fault(Diagnostic(code, message, Label(span, label), hints=hints))


class Untold(Exception):
    """A figure of a group is not known: what has none, and what to state."""


class Spoilt(Exception):
    """The value rests on a statement that was reported already: nothing more to say."""


class Undecided(Exception):
    """The rule speaks of something that the optimizer has yet to decide."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Instances of one shape: offsets of the instances, and of the first port within each."""

    shape: Shape
    instances: Offsets
    ports: Offsets


@dataclass(frozen=True, slots=True)
class Selection:
    """Instances in order. `single` says that it names one thing, not a list of one."""

    chunks: tuple[Chunk, ...]
    single: bool

    def __len__(self) -> int:
        return sum(len(chunk.instances) for chunk in self.chunks)


@dataclass(frozen=True, slots=True)
class Family:
    """An array of children that has not been indexed yet: `gpu` in `compute[*].gpu`.

    One selection and its keys for each parent.
    """

    name: str
    rows: tuple[tuple[Selection, tuple[int | str | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class PortSet:
    """Ports in bundles, one bundle an owner; an index or a range takes its share of each bundle.

    `array` says that an index may follow.
    """

    bundles: tuple[Offsets, ...]
    array: bool

    def __len__(self) -> int:
        return sum(len(bundle) for bundle in self.bundles)


@dataclass(frozen=True, slots=True)
class Whole:
    """A range of whole numbers, `1..18` or `0..<4`, both ends included here."""

    first: int
    last: int
    step: int = 1

    @property
    def count(self) -> int:
        """How many numbers there are; unlike `len`, for any ends."""
        return max(0, (self.last - self.first) // self.step + 1)

    def numbers(self) -> range:
        """Return the numbers in order."""
        return range(self.first, self.last + 1, self.step)


@dataclass(frozen=True, slots=True)
class Bounded(Interval):
    """A figure that is not known but lies between the ends; `typ` is the lower one, which is sure."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of things: `1 feed`."""

    count: int
    noun: str


@dataclass(frozen=True, slots=True)
class Record:
    """The result of a call such as `relet(delay = 30 s)` or `u(1..4)`: its name and its arguments by name."""

    name: str
    span: Any
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DefinitionRef:
    """A definition used as a value: `over = NVLink5`, `modules = [rdimm_64]`, `Cooling`."""

    definition: tree.Definition | tree.Enum
    module: str


@dataclass(frozen=True, slots=True)
class Member:
    """`Cooling.liquid`: one name of an enum."""

    enum: DefinitionRef
    name: str

    def __hash__(self) -> int:
        return hash((self.enum.module, self.enum.definition.name, self.name))


@dataclass(frozen=True, slots=True)
class ModuleRef:
    """A module under a name of its own: `mem` after `import std.memory as mem`."""

    name: str


@dataclass(frozen=True, slots=True)
class DemandRef:
    """`Chat.prefix`: a demand of a workload."""

    workload: DefinitionRef
    name: str


@dataclass(frozen=True, slots=True)
class Space:
    """A named group of figures that a later phase computes, such as `power`; `members` may be functions."""

    name: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function of the language. It gets the call and its evaluated arguments, and may raise Fault."""

    name: str
    run: Callable[[tree.Call, list[Any], dict[str, Any]], Any]


def measured(value: float, unit: str) -> Quantity:
    """Return a computed figure, to be printed in whatever unit fits it."""
    found = quantity(Fraction(value).limit_denominator(1000), unit)
    return Quantity(found.value, found.dimension)


#: Stands for a value whose statement was at fault.
SPOILT: Final = object()


def a_kind(kind: str) -> str:
    """Return a kind with its article."""
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


_SHOWN: Final = 40
_WORDS: Final[dict[type, str]] = {
    type(None): "nothing", tuple: "a list", Selection: "instances",
    Family: "an array of instances", PortSet: "ports", Whole: "a range of numbers", Counted: "a number of things",
    ModuleRef: "a module", DemandRef: "a demand", Space: "a group of figures",
    Builtin: "a function",
}  # fmt: skip


def described(value: Any) -> str:
    """Return what a value is, for messages."""
    if isinstance(value, Quantity):
        return f"{value} ({kind_of(value.dimension)})"
    if isinstance(value, Record):
        return f"{value.name}(…)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'the text "{value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"}"'
    if isinstance(value, DefinitionRef):
        return f"`{value.definition.name}`, {a_kind(value.definition.kind)}"
    if isinstance(value, Member):
        return f"`{value.enum.definition.name}.{value.name}`"
    if isinstance(value, Interval):
        return f"{value.low} to {value.high} (a range)"
    return _WORDS.get(type(value), type(value).__name__)


def said(value: Any) -> str:
    """Return a value as a text says it: `"{n} of them"`."""
    match value:
        case bool() | None:
            return {True: "true", False: "false", None: "none"}[value]
        case str() | Quantity():
            return str(value)
        case Bounded(low=low, high=high):
            return f"not known: between {low} and {high}"
        case Interval(low=low, high=high):
            return f"{low} to {high}"
        case tuple():
            return ", ".join(said(v) for v in value)
        case DefinitionRef(definition=definition):
            return definition.name
        case Member(name=name):
            return name
        case Counted(count=count, noun=noun):
            return f"{count} {noun}"
        case _:
            return described(value)


def plain(value: Any) -> Any:
    """Return a value as a Plan can hold it: references by name, selections not at all."""
    match value:
        case Quantity() | Interval() | str() | bool() | None:
            return value
        case tuple():
            return tuple(plain(v) for v in value)
        case _:
            return said(value)


def key_of(value: Any) -> Any:
    """Return a hashable stand-in for an argument, equal for equal arguments."""
    match value:
        case DefinitionRef(definition=definition, module=module):
            return (module, definition.name)
        case Member(enum=enum, name=name):
            return (key_of(enum), name)
        case tuple():
            return tuple(key_of(v) for v in value)
        case Selection():
            return tuple((id(c.shape), c.instances.tobytes()) for c in value.chunks)
        case PortSet():
            return tuple(bundle.tobytes() for bundle in value.bundles)
        case Family(name=name, rows=rows):
            return (name, tuple((key_of(selection), keys) for selection, keys in rows))
        case DemandRef(workload=workload, name=name):
            return (key_of(workload), name)
        case Record():
            return (value.name, tuple((k, key_of(v)) for k, v in value.fields.items()))
        case _:
            return value
