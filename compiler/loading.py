"""What the compiler asks of whoever opens files: modules by name or by path, traces, and what is wrong with the project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from rackc.dsl.diagnostics import Code, Diagnostic
from rackc.dsl.source import Source


@dataclass(frozen=True, slots=True)
class Found:
    """A module's file. `name` is the same however it was asked for; that of the design itself is empty."""

    name: str
    source: Source


@dataclass(frozen=True, slots=True)
class Several:
    """One name that leads to different files: each with words for the root that it stands in."""

    places: tuple[tuple[Source, str], ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file is not read, and what to do about it. An empty message: it is among the loader's findings."""

    message: str
    hint: str = ""
    code: Code = Code.UNREADABLE


#: What a loader says of a module; None where there is none.
Answer = Found | Several | Refusal | None


class BrokenOffError(Exception):
    """Raised between the lines of a trace that cannot be read to its end; the message says why."""


class Loader(Protocol):
    """Where modules and traces come from: the one door to files, kept by the caller.

    `importer` is the name of the module that asks: what a name means depends on whose file it stands in.
    """

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the project that the design belongs to."""
        ...

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that these findings speak of."""
        ...

    def module(self, name: str, importer: str) -> Answer:
        """Return what `nvidia.gb200` leads to."""
        ...

    def file(self, path: str, importer: str) -> Answer:
        """Return what `../shared/parts.rack` leads to, a path from the file that asks."""
        ...

    def modules(self, importer: str) -> tuple[str, ...]:
        """Return the names of all modules, for `did you mean`."""
        ...

    def offering(self, name: str) -> tuple[str, ...]:
        """Return the library's modules that define `name`, for a hint; asked only where a name is not known."""
        ...

    def package(self, step: str, importer: str) -> str:
        """Return words for the package that names beginning with `step` lead into, empty where there is none."""
        ...

    def trace(self, path: str) -> Iterable[bytes] | str:
        """Return the lines of a trace (decompressed), or a sentence that says why it cannot be read.

        The lines raise BrokenOffError where the file is not whole.
        """
        ...
