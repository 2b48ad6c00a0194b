"""Decisions over finite sets: `choose name in options`. A run of the elaborator picks one option of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rackc.compiler.operators import same
from rackc.compiler.values import said
from rackc.dsl.diagnostics import Code, Diagnostic, Label, closest
from rackc.dsl.source import NOWHERE, Span

#: More combinations than this are not tried one by one.
MAX_COMBINATIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Decision:
    """One `choose`, as it was met: its name, its options in words, which one is taken, whether `--set` fixed it."""

    name: str
    options: tuple[str, ...]
    picked: int
    fixed: bool
    span: Span

    @property
    def answer(self) -> str:
        """The option taken, in words."""
        return self.options[self.picked]


@dataclass(slots=True)
class Choices:
    """What one run takes: `given` picks options by number, `fixed` by their words; `met` grows as decisions are met.

    `refused` are decisions that were fixed to what is none of their options.
    """

    given: Mapping[str, int] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    met: dict[str, Decision] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def pick(
        self, name: str, options: tuple[Any, ...], span: Span, evaluated: Callable[[str], Any]
    ) -> Any | Diagnostic:
        """Return the option to take, or what is wrong; `evaluated` reads the words of a `--set` as a value."""
        words = tuple(said(option) for option in options)
        earlier = self.met.get(name)
        if earlier is not None:
            if earlier.options != words:
                return Diagnostic(Code.CHOICE, f"`{name}` is chosen twice, from different options", Label(span, "second"),
                                  (Label(earlier.span, "first"),), ("one decision has one list of options",))  # fmt: skip
            return options[earlier.picked]
        key = next((k for k in self.fixed if _means(k, name)), None)
        if key is None:
            picked = self.given.get(name, 0)
            picked = picked if 0 <= picked < len(options) else 0  # a lock edited by hand
        else:
            found = _position(self.fixed[key], options, words, evaluated)
            if found is None:
                self.refused.add(name)
                return Diagnostic(Code.CHOICE, f"`{name}` cannot be {self.fixed[key]}", Label(span, "decided here"),
                                  hints=(f"it is one of {', '.join(words)}",))  # fmt: skip
            picked = found
        self.met[name] = Decision(name, words, picked, key is not None, span)
        return options[picked]


def unmet(fixed: Mapping[str, str], met: Iterable[str]) -> Iterable[Diagnostic]:
    """Yield what was fixed and never decided, in any combination: a slip of the pen."""
    names = sorted(met)
    for key in fixed:
        if not any(_means(key, name) for name in names):
            hints = closest(key, names) or ("the design chooses nothing of that name",)
            yield Diagnostic(Code.CHOICE, f"`--set {key}` fixes no decision", Label(NOWHERE), hints=hints)


def _means(key: str, name: str) -> bool:
    """Whether `gpus` or `Node.gpus` names the decision `Node.gpus`."""
    return name == key or name.endswith(f".{key}")


def _position(
    text: str, options: tuple[Any, ...], words: tuple[str, ...], evaluated: Callable[[str], Any]
) -> int | None:
    if text in words:
        return words.index(text)
    value = evaluated(text)
    return next((at for at, option in enumerate(options) if same(option, value)), None)


def next_given(met: Iterable[Decision]) -> dict[str, int] | None:
    """Return what to take in the next run, so that all combinations are met one after another; None after the last."""
    order = list(met)
    while order:
        last = order.pop()
        if not last.fixed and last.picked + 1 < len(last.options):
            return {decision.name: decision.picked for decision in order} | {last.name: last.picked + 1}
    return None


def at_least(met: Iterable[Decision]) -> int:
    """Return how many combinations there are where no decision hides another."""
    total = 1
    for decision in met:
        total *= 1 if decision.fixed else len(decision.options)
    return total
