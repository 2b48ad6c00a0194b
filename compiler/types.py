"""Types of parameters and decisions: a dimension, a plain kind of value, an enum, or what a definition descends from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from rackc.compiler.modules import Named, Program
from rackc.compiler.operators import ends_of, interval_of, whole
from rackc.compiler.values import DefinitionRef, Fault, Member, PortSet, Selection, Spoilt, Whole, a_kind, described
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label, closest
from rackc.dsl.source import Span
from rackc.dsl.units import DIMENSIONS, kind_of

_PLAIN: Final[dict[str, tuple[str, Callable[[Any], bool]]]] = {
    "whole": ("a whole number", lambda v: whole(v) is not None),
    "text": ("a text", lambda v: isinstance(v, str)),
    "bool": ("true or false", lambda v: isinstance(v, bool)),
    "list": ("a list", lambda v: isinstance(v, tuple | Whole)),
    "ports": ("ports", lambda v: isinstance(v, PortSet)),
    "instances": ("instances", lambda v: isinstance(v, Selection)),
}
#: Every type that needs no definition.
TYPE_NAMES: Final = (*_PLAIN, *DIMENSIONS)


def typed(value: Any, wanted: tree.TypeRef, program: Program, module: str, name: str, span: Span) -> Any:
    """Return `value`, written at `span` for `name`, as the type that is wanted has it: `1..2` as a range of figures.

    Raises Fault where it is not of that type.
    """
    wrong = _wrong(value, wanted, program, module)
    if wrong is None:
        return interval_of(value, span) if ".".join(wanted.path) in DIMENSIONS else value
    code, what = wrong
    raise Fault(Diagnostic(code, f"`{name}` is {what}, this is {described(value)}", Label(span, "given here"),
                           (Label(wanted.span, "wanted here"),), ("give a value of that kind",)))  # fmt: skip


def _wrong(value: Any, wanted: tree.TypeRef, program: Program, module: str) -> tuple[Code, str] | None:
    """Return the code of the fault and what is wanted; None where the value is of that type."""
    name = ".".join(wanted.path)
    if value is None:
        return None  # `none` stands for a figure that is not known
    if name == "list" and wanted.arguments and isinstance(value, tuple):
        inner = _inner(wanted)
        found = next((w for one in value if (w := _wrong(one, inner, program, module)) is not None), None)
        return found and (found[0], f"a list, each {found[1]}")
    if name in _PLAIN:
        what, fits = _PLAIN[name]
        return None if fits(value) else (Code.TYPE, what)
    if name in DIMENSIONS:
        return _of_dimension(value, name)
    return _of_definition(value, wanted, program, module)


def _inner(wanted: tree.TypeRef) -> tree.TypeRef:
    argument = wanted.arguments[0].value
    if not isinstance(argument, tree.Name):
        raise Fault(
            Diagnostic(Code.TYPE, "a list holds one type", Label(argument.span), hints=("write `list(power)`",))
        )
    return tree.TypeRef(argument.span, (argument.name,), ())


def _of_dimension(value: Any, name: str) -> tuple[Code, str] | None:
    dimension = DIMENSIONS[name]
    ends = ends_of(value)
    if isinstance(value, Whole) and not dimension:
        return None
    if ends is None:
        return Code.TYPE, f"a figure ({kind_of(dimension)})"
    right = all(end.dimension == dimension for end in ends)
    return None if right else (Code.UNIT_MISMATCH, f"a {kind_of(dimension)}")


def _of_definition(value: Any, wanted: tree.TypeRef, program: Program, module: str) -> tuple[Code, str] | None:
    found = _definition(wanted, program, module)
    name = found[1].name
    if isinstance(found[1], tree.Enum):
        fits = isinstance(value, Member) and value.enum == DefinitionRef(found[1], found[0])
        return None if fits else (Code.TYPE, f"one of {name}: {', '.join(m.name for m in found[1].members)}")
    fits = isinstance(value, DefinitionRef) and descends(value, found, program)
    return None if fits else (Code.TYPE, f"{a_kind(found[1].kind)} that is `{name}`")


def _definition(wanted: tree.TypeRef, program: Program, module: str) -> tuple[str, Named]:
    found = program.find(module, wanted.path, wanted.span)
    if not isinstance(found, Diagnostic):
        return found
    name = ".".join(wanted.path)
    near = closest(name, (*TYPE_NAMES, *program.modules[module].names))
    raise Fault(Diagnostic(Code.UNKNOWN_PART, f"no type is called `{name}`", Label(wanted.span, "not known"),
                           hints=near or ("a type is a dimension such as power, `whole`, `text`, an enum or a definition",)))  # fmt: skip


def descends(value: DefinitionRef, base: tuple[str, Named], program: Program) -> bool:
    """Whether a definition is another one, or has it among its supertypes."""
    seen: set[tuple[str, str]] = set()
    waiting: list[tuple[str, Named]] = [(value.module, value.definition)]
    while waiting:
        module, definition = waiting.pop()
        if (module, definition.name) == (base[0], base[1].name):
            return True
        if (module, definition.name) in seen or isinstance(definition, tree.Enum):
            continue
        seen.add((module, definition.name))
        for ref in definition.supers:
            try:
                found = program.find(module, ref.path, ref.span)
            except Spoilt:
                return True  # reported where it stands
            if not isinstance(found, Diagnostic):
                waiting.append(found)
    return False
