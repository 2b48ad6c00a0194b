"""What `rackc fmt` does to one file: its text before and after, and the difference."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import dataclass

from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.format import format_text
from rackc.dsl.source import Source
from rackc.reading import source_of


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file as it was, byte order mark and all, and as it should be; `faults` where it cannot be read."""

    source: Source
    before: str
    after: str
    faults: tuple[Diagnostic, ...]

    @property
    def changed(self) -> bool:
        """Whether the file is not in its one form."""
        return self.before != self.after


def formatted(name: str, data: bytes) -> Formatted:
    """Return a file's bytes formatted; raises UnreadableError."""
    source = source_of(name, data)
    before = data.decode("utf-8")
    gc.disable()  # trees hold no cycles, and looking for some takes a third of the time
    try:
        found = format_text(source)
    finally:
        gc.enable()
    return Formatted(source, before, found, ()) if isinstance(found, str) else Formatted(source, before, before, found)


def difference(one: Formatted) -> Iterator[str]:
    """Yield the lines of a unified diff, as `patch` takes them."""
    from difflib import unified_diff

    name = one.source.name
    for line in unified_diff(_lines(one.before), _lines(one.after), name, name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    *lines, last = text.split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]
