"""Findings as they are shown: each said once, graded by the settings, allowed by comments, by file and place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rackc.compiler.settings import OFF, Settings
from rackc.dsl import tree
from rackc.dsl.allow import Allow
from rackc.dsl.diagnostics import Code, Diagnostic, Fix, Label, Severity
from rackc.dsl.source import Source, Span

#: What an allowance allows and where: two comments may say the same.
_Key = tuple[Code, Span]


@dataclass(frozen=True, slots=True)
class Settled:
    """The findings that stand, those that the design allows, and the allowances that did so."""

    standing: tuple[Diagnostic, ...]
    allowed: tuple[Diagnostic, ...]
    used: frozenset[_Key]


def settle(
    found: Iterable[Diagnostic], allows: Iterable[Allow], settings: Settings, sources: Mapping[str, Source]
) -> Settled:
    """Grade findings, set those apart that a comment allows, and sort both."""
    order = {name: at for at, name in enumerate(sources)}
    unique = {(d.code, d.message, d.at.span): d for d in found}
    graded = [d for d in map(settings.graded, unique.values()) if d is not None]
    graded.sort(key=lambda d: (order.get(d.at.span.source, -1), d.at.span.start, d.code))
    reached = _reached(graded, {(allow.code, allow.covers): allow for allow in reversed(tuple(allows))})
    return Settled(
        tuple(one for at, one in enumerate(graded) if at not in reached),
        tuple(replace(one, allowed=reached[at][0].reason) for at, one in enumerate(graded) if at in reached),
        frozenset((allow.code, allow.covers) for reaching in reached.values() for allow in reaching),
    )


def _reached(findings: Sequence[Diagnostic], allows: Mapping[_Key, Allow]) -> dict[int, list[Allow]]:
    """Return the allowances that reach each finding, by its place: its primary label begins or ends in what they cover."""
    ends: dict[tuple[Code, str], list[tuple[int, int]]] = {}
    for at, one in enumerate(findings):
        span = one.at.span
        if not one.is_error:
            pair = {span.start, max(span.start, span.end - 1)}
            ends.setdefault((one.code, span.source), []).extend((end, at) for end in pair)
    for near in ends.values():
        near.sort()
    reached: dict[int, list[Allow]] = {}
    for (code, covers), allow in allows.items():
        near = ends.get((code, covers.source), [])
        for _, at in near[bisect_left(near, (covers.start,)) : bisect_left(near, (covers.end,))]:
            reached.setdefault(at, []).append(allow)
    return reached


def forbidden(allows: Iterable[Allow], settings: Settings, sources: Mapping[str, Source]) -> Iterator[Diagnostic]:
    """Yield allowances of what cannot be allowed: an error, and an allowance without use."""
    for allow in allows:
        if sources[allow.span.source].shipped:
            continue
        if allow.code is Code.ALLOW_UNUSED:
            yield Diagnostic(Code.ALLOW, f"{allow.code} cannot be allowed", Label(allow.span, "not this"),
                             hints=("remove the comment that allows nothing",))  # fmt: skip
        elif settings.level(allow.code) == Severity.ERROR:
            yield Diagnostic(Code.ALLOW, f"{allow.code} is an error and cannot be allowed", Label(allow.span, "not this"),
                             hints=("mend the design; warnings and notes can be allowed",))  # fmt: skip


def stale(
    allows: Iterable[Allow], settled: Settled, settings: Settings, sources: Mapping[str, Source], ran: set[int]
) -> Iterator[Diagnostic]:
    """Yield allowances that allowed nothing, of files of the user's own, where the design runs through them."""
    for allow in allows:
        judged = settings.level(allow.code) != OFF and not sources[allow.span.source].shipped
        if judged and (allow.code, allow.covers) not in settled.used and _was_run(allow, ran):
            yield Diagnostic(Code.ALLOW_UNUSED, f"nothing here brings about {allow.code}", Label(allow.span, "allows nothing"),
                             hints=("remove the comment",), fix=Fix(allow.span, ""))  # fmt: skip


def _was_run(allow: Allow, ran: set[int]) -> bool:
    """Whether every statement around what is allowed was met; those of a pool are met with it."""
    if not allow.path or not isinstance(allow.path[0], tree.Definition):
        return True
    for statement in allow.path:
        if id(statement) not in ran:
            return False
        if isinstance(statement, tree.Pool):
            return True
    return True
