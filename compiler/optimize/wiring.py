"""From a pool without names to addresses: which candidate is which card, and which port meets which head."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rackc.compiler.optimize.patterns import Design, Pattern, cable_to
from rackc.compiler.optimize.problem import Controller, DecidedController, DecidedLink, PoolDecision, PoolProblem
from rackc.compiler.optimize.stability import Before, matched

#: Cards with the candidates they are.
Assigned = tuple[tuple[Controller, Pattern], ...]


def natural(address: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that puts card[2] before card[10]."""
    pieces = re.split(r"(\d+)", address)
    return tuple((1, int(piece), "") if piece.isdigit() else (0, 0, piece) for piece in pieces)


def assign(problem: PoolProblem, design: Design, before: Sequence[Before] = ()) -> Assigned:
    """Give each card a candidate of its site: what it was in an earlier answer, else the first that is free.

    New cards go in order of their hosts, candidates in order of address. So neighbouring slots serve neighbouring hosts, and
    the same pool always gets the same names.
    """
    cards = tuple(sorted(design, key=lambda card: (card.site, card.hosts, -card.gib, card.module)))
    kept = {new: before[old].address for new, old in matched(cards, before).items()}
    waiting: dict[int, list[Controller]] = {}
    for controller in sorted(problem.controllers, key=lambda one: natural(one.address)):
        waiting.setdefault(controller.site, []).append(controller)
    named = []
    for index, card in enumerate(cards):
        if index in kept:
            place = next(one for one in waiting[card.site] if one.address == kept[index])
            waiting[card.site].remove(place)
            named.append((place, card))
    for index, card in enumerate(cards):
        if index not in kept:
            named.append((waiting[card.site].pop(0), card))
    return tuple(sorted(named, key=lambda pair: natural(pair[0].address)))


def decided_controllers(problem: PoolProblem, assigned: Assigned) -> tuple[DecidedController, ...]:
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


def decided_links(
    problem: PoolProblem, assigned: Assigned, prior: PoolDecision | None = None
) -> tuple[DecidedLink, ...]:
    """Return the links in order of port address: those of an earlier answer keep port and head, others take the first
    free port and head in ascending order."""
    ports = {port: index for index, host in enumerate(problem.hosts) for port in host.ports}
    heads = {controller.address: list(controller.heads) for controller, _ in assigned}
    free = [list(host.ports) for host in problem.hosts]
    kept: dict[tuple[int, str], tuple[str, str]] = {}
    wanted = {(host, controller.address) for controller, card in assigned for host in card.hosts}
    for link in prior.links if prior is not None else ():
        pair = (ports.get(link.port, -1), link.controller)
        if pair in wanted and pair not in kept and link.head in heads[link.controller]:
            kept[pair] = (link.port, link.head)
            free[pair[0]].remove(link.port)
            heads[link.controller].remove(link.head)
    links = []
    for controller, card in assigned:
        for host in card.hosts:
            ends = kept.get((host, controller.address))
            port, head = ends or (free[host].pop(0), heads[controller.address].pop(0))
            cable = cable_to(problem.sites[card.site], host)
            links.append(DecidedLink(port=port, head=head, host=host, controller=controller.address, cable=cable))
    return tuple(sorted(links, key=lambda link: natural(link.port)))
