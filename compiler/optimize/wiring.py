"""From a pool without names to addresses: which candidate is which card, and which port meets which head."""

from __future__ import annotations

import re

from rackc.compiler.optimize.patterns import Design, Pattern, cable_to
from rackc.compiler.optimize.problem import Controller, DecidedController, DecidedLink, PoolProblem


def natural(address: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that puts card[2] before card[10]."""
    pieces = re.split(r"(\d+)", address)
    return tuple((1, int(piece), "") if piece.isdigit() else (0, 0, piece) for piece in pieces)


def assign(problem: PoolProblem, design: Design) -> tuple[tuple[Controller, Pattern], ...]:
    """Give each card a candidate of its site: cards in order of their hosts, candidates in order of address.

    So neighbouring slots serve neighbouring hosts, and the same pool always gets the same names.
    """
    waiting: dict[int, list[Controller]] = {}
    for controller in sorted(problem.controllers, key=lambda one: natural(one.address)):
        waiting.setdefault(controller.site, []).append(controller)
    cards = sorted(design, key=lambda card: (card.site, card.hosts, -card.gib, card.module))
    named = [(waiting[card.site].pop(0), card) for card in cards]
    return tuple(sorted(named, key=lambda pair: natural(pair[0].address)))


def decided_controllers(
    problem: PoolProblem, assigned: tuple[tuple[Controller, Pattern], ...]
) -> tuple[DecidedController, ...]:
    """Return the populated controllers, in order of address."""
    return tuple(
        DecidedController(
            controller.address,
            problem.modules[card.module].name,
            card.modules,
            card.gib,
            controller.devices[: card.devices] if controller.devices else (),
        )
        for controller, card in assigned
    )


def decided_links(problem: PoolProblem, assigned: tuple[tuple[Controller, Pattern], ...]) -> tuple[DecidedLink, ...]:
    """Return the links in order of port address: ports and heads are both taken in ascending order."""
    free = [list(host.ports) for host in problem.hosts]
    links = [
        DecidedLink(
            port=free[host].pop(0),
            head=head,
            host=host,
            controller=controller.address,
            cable=cable_to(problem.sites[card.site], host),
        )
        for controller, card in assigned
        for host, head in zip(card.hosts, controller.heads[: len(card.hosts)], strict=True)
    ]
    return tuple(sorted(links, key=lambda link: natural(link.port)))
