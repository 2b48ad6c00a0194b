"""What a caller may set about a compilation, and which findings may be graded otherwise than their code says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from rackc.dsl.diagnostics import Code, Diagnostic, Severity, closest, default_severity

#: The level of a finding that is not reported at all.
OFF: Final = "off"
LEVELS: Final = (*(severity.value for severity in Severity), OFF)

#: Errors with which a Plan can still be made, and its figures stay true. No other error can be lowered: what follows
#: it rests on what it found wrong.
LOWERABLE: Final = frozenset((
    Code.OVERLAP, Code.MASS, Code.UNPLACED, Code.POWER, Code.BUSBAR, Code.BANDWIDTH, Code.CARD, Code.REQUIREMENT,
    Code.SUPPORT, Code.FLOOR, Code.UNITS, Code.TOO_LARGE_FOR_RACK, Code.N_PLUS_ONE, Code.PARALLEL, Code.CIRCUIT, Code.PLUG,
    Code.LOSS, Code.UNCONNECTED, Code.NO_COOLANT, Code.FLOW, Code.COUPLING, Code.INLET, Code.CDU_HEAT, Code.BRANCHES,
))  # fmt: skip

#: Lints: what is not reported unless a severity asks for it.
QUIET: Final = frozenset((
    Code.WEAK,
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """`severities` grades findings, by code: error, warning, note, or off. Raises ValueError where one cannot be so.

    `fixed` are decisions of `choose` that are made outside the design: options by the decision's name, in words.
    """

    severities: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for code, level in self.severities.items():
            if refused := why_not(code, level):
                raise ValueError(refused)

    def level(self, code: Code) -> str:
        """Return how findings of a code are graded."""
        return self.severities.get(code.value, OFF if code in QUIET else default_severity(code).value)

    def is_error(self, found: Diagnostic) -> bool:
        """Whether the design cannot be built while a finding stands."""
        return self.level(found.code) == Severity.ERROR

    def graded(self, found: Diagnostic) -> Diagnostic | None:
        """Return a finding with the severity that it has here, None where it is not to be reported."""
        level = self.level(found.code)
        return None if level == OFF else replace(found, graded=Severity(level))


#: What holds where a caller sets nothing.
DEFAULTS: Final = Settings()


def why_not(code: str, level: str) -> str:
    """Return why findings of a code cannot be graded so; empty where they can."""
    if level not in LEVELS:
        return f"`{level}` is no severity; choose among {', '.join(LEVELS)}"
    if code not in set(Code):
        hint = "; ".join(closest(code, [known.value for known in Code])) or "`rackc explain` lists all"
        return f"there is no code {code}: {hint}"
    known = Code(code)
    if default_severity(known) is Severity.ERROR and level != Severity.ERROR and known not in LOWERABLE:
        return (
            f"{code} stays an error: no plan can be made of a design with it. "
            f"These can be lowered: {', '.join(sorted(code.value for code in LOWERABLE))}"
        )
    return ""
