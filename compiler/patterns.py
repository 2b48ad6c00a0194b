"""Wiring patterns: two sets of port bundles in, pairs of ports out. A count that does not come out is a fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from rackc.compiler.values import Offsets, PortSet, fault
from rackc.dsl.diagnostics import Code
from rackc.dsl.source import Span

Pairs = tuple[Offsets, Offsets]


def one_to_one(left: PortSet, right: PortSet, span: Span) -> Pairs:
    """Pair the ports in order: the first with the first."""
    if len(left) != len(right):
        more, n = ("left", len(left) - len(right)) if len(left) > len(right) else ("right", len(right) - len(left))
        raise fault(
            Code.UNEQUAL, f"{len(left)} ports on the left, {len(right)} on the right", span,
            f"{n} on the {more} would be left over", "index the ports, or choose a pattern with `by`",
        )  # fmt: skip
    return np.concatenate(left.bundles), np.concatenate(right.bundles)


def all_to_all(left: PortSet, right: PortSet, span: Span, links: int = 1) -> Pairs:
    """Join every bundle on the left with every bundle on the right by `links` links.

    Bundle i of the left takes its ports in the order of the right's bundles and the other way round, so that GPU k
    sits on port k of every switch chip.
    """
    a, b = len(left.bundles), len(right.bundles)
    for side, bundles, others in (("left", left.bundles, b), ("right", right.bundles, a)):
        for bundle in bundles:
            if len(bundle) != others * links:
                rest = len(bundle) - others * links
                raise fault(
                    Code.UNEQUAL,
                    f"each of the {len(bundles)} on the {side} needs {others * links} ports, {links} to each of the {others} "
                    f"on the other side, and has {len(bundle)}", span,
                    f"{rest} left over" if rest > 0 else f"{-rest} missing",
                    _way_out(len(bundle), others, links),
                )  # fmt: skip
    lefts = np.stack(left.bundles).reshape(a, b, links)
    rights = np.stack(right.bundles).reshape(b, a, links).transpose(1, 0, 2)
    return lefts.ravel(), rights.ravel()


def _way_out(ports: int, others: int, links: int) -> str:
    if ports % others == 0 and ports:
        return f"`links = {ports // others}` uses all of them"
    return (
        f"index the ports that take part: `[0..<{others * links}]`" if ports > others * links else "join fewer things"
    )


def round_robin(left: PortSet, right: PortSet, span: Span) -> Pairs:
    """Deal the ports of the left to the bundles of the right in turn; each takes its next free port."""
    ports = np.concatenate(left.bundles)
    room = [list(bundle) for bundle in right.bundles]
    if sum(map(len, room)) < len(ports):
        raise fault(
            Code.UNEQUAL, f"{len(ports)} ports are dealt to {sum(map(len, room))}", span,
            f"{len(ports) - sum(map(len, room))} would be left over", "add a switch, or connect fewer ports",
        )  # fmt: skip
    taken: list[int] = []
    turn = 0
    for _ in ports:
        while not room[turn % len(room)]:
            turn += 1
        taken.append(room[turn % len(room)].pop(0))
        turn += 1
    return ports, np.array(taken, dtype=np.int64)


#: Every pattern, with the names of its whole-number options.
PATTERNS: Final[dict[str, tuple[Callable[..., Pairs], tuple[str, ...]]]] = {
    "one_to_one": (one_to_one, ()),
    "all_to_all": (all_to_all, ("links",)),
    "round_robin": (round_robin, ()),
}
