"""The contract of a target: a Plan and a Report in, files and a loss report out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rackc.compiler.analyse.report import Report
from rackc.compiler.plan import Plan


@dataclass(frozen=True, slots=True)
class Emitted:
    """What a target made: bytes by path below its own folder, and what its format could not express, one a line."""

    files: Mapping[str, bytes]
    losses: tuple[str, ...] = ()


#: A target's whole behaviour. It reads no source text and no solver state, opens nothing and draws no clock.
Emit = Callable[[Plan, Report], Emitted]
