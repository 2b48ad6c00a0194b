"""Scale-up fabrics that are not regular: a link missing or misplaced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from rackc.compiler.analyse.domains import domains
from rackc.compiler.analyse.fabric import Fabric, fabric
from rackc.compiler.analyse.routes import twins
from rackc.compiler.checks.planned import Planned
from rackc.compiler.columns import Floats, Ints
from rackc.compiler.model import Model
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Span

#: Kinds of domains that are looked at one by one, else all together; and endpoints that are named.
_MOST_KINDS: Final = 64
_MOST_NAMED: Final = 6


def check_fabrics(planned: Planned) -> Iterator[Diagnostic]:
    """Warn of endpoints of a scale-up fabric that are wired unlike nearly all others: a link missing or misplaced."""
    spans = _scale_up(planned.model)
    for protocol in sorted(spans):
        of = fabric(planned.plan, protocol)
        every = domains(of)
        found = (
            [(every.fabric_of(kind), len(alike)) for kind, alike in enumerate(every.alike)]
            if len(every.alike) <= _MOST_KINDS
            else [(of, 1)]
        )
        odd = [(part, *odd_ones(part), alike) for part, alike in found]
        count = sum(len(ones) * alike for _, ones, _, alike in odd)
        if not count:
            continue
        names = [_named(planned.model, part, *pair) for part, ones, usual, _ in odd
                 for pair in zip(ones[:_MOST_NAMED].tolist(), usual[:_MOST_NAMED].tolist(), strict=True)][:_MOST_NAMED]  # fmt: skip
        more = f"; and {count - 1:,} more" if count > 1 else ""
        yield Diagnostic(Code.IRREGULAR, f"{count:,} of {len(of.endpoints):,} {protocol} endpoints {'is' if count == 1 else 'are'} wired unlike the "
                         f"others: {names[0]}{more}", Label(spans[protocol]),
                         hints=("look at the red cells of the `fabric` target's matrix",), notes=tuple(names[1:]))  # fmt: skip


def odd_ones(of: Fabric) -> tuple[Ints, Ints]:
    """Return the nodes wired unlike the others of their domain, and for each one that is wired as those are.

    The usual wiring is that of three in four endpoints of a domain, of which there are four at least. Wired alike are
    those that join the same things with the same bandwidths.
    """
    none = np.zeros(0, np.int64)
    if not of.switches.any():
        return none, none
    widths = np.unique(of.capacity, return_inverse=True)[1]
    alike = twins(of, of.switches.astype(np.int64), widths)
    ends, domain = of.endpoints, domains(of).of_node[of.endpoints]
    sizes = np.bincount(alike[ends], minlength=len(of))
    order = np.lexsort((-sizes[alike[ends]], domain))
    first = order[np.flatnonzero(np.diff(domain[order], prepend=-1))]  # of each domain, one wired in the commonest way
    count = np.bincount(domain)
    usual, number = np.full(len(count), -1), np.zeros(len(count), np.int64)
    usual[domain[first]], number[domain[first]] = alike[ends[first]], sizes[alike[ends[first]]]
    ruled = (count >= 4) & (number * 4 >= count * 3)
    odd = ruled[domain] & (alike[ends] != usual[domain])
    return ends[odd], usual[domain[odd]]


def _named(model: Model, of: Fabric, odd: int, usual: int) -> str:
    """Return in words how a node's wiring differs from that of another."""
    own, other = _wiring(of, odd), _wiring(of, usual)
    less = [model.address(int(of.nodes[n])) for n in np.flatnonzero(own < other).tolist()]
    more = [model.address(int(of.nodes[n])) for n in np.flatnonzero(own > other).tolist()]
    words = [f"has less to {_few(less)}"] if less else []
    words += [f"has more to {_few(more)}"] if more else []
    return f"{model.address(int(of.nodes[odd]))} {' and '.join(words)}"


def _wiring(of: Fabric, node: int) -> Floats:
    heads, edges = of.neighbours(node)
    row = np.zeros(len(of))
    row[heads] = of.capacity[edges]
    return row


def _few(names: list[str]) -> str:
    return ", ".join(names[:1]) + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def _scale_up(model: Model) -> dict[str, Span]:
    """Return the protocols of scale-up fabrics (their interface limits a domain), with a connection of each."""
    found: dict[str, Span] = {}
    for link in np.unique(model.link_wiring, return_index=True)[1].tolist():
        interface = model.interface(int(model.link_a[link]))
        if "max_domain" in interface.values:
            wiring = model.wirings[int(model.link_wiring[link])]
            found.setdefault(str(interface.values.get("protocol")), wiring.span)
    return found
