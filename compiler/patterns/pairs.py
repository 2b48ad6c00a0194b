"""Patterns of two sides without more structure: in order, each with each, dealt in turn, striped."""

from __future__ import annotations

import numpy as np

from rackc.compiler.patterns.joining import Given, Joining, Pairs, columns, counted, lengths


def one_to_one(joining: Joining, _: Given) -> Pairs:
    """Pair the ports in order: the first of the left with the first of the right, whatever their bundles."""
    left, right = np.concatenate(joining.left), np.concatenate(joining.others)
    if len(left) != len(right):
        side, more, n = ("left", left, len(right)) if len(left) > len(right) else ("right", right, len(left))
        raise joining.unequal(
            f"{counted(len(left), 'port')} on the left, {len(right)} on the right",
            f"{len(more) - n} on the {side} would be left over: {joining.ports(more[n:])}",
            "index the ports, or choose a pattern with `by`",
        )  # fmt: skip
    return left, right


def all_to_all(joining: Joining, given: Given) -> Pairs:
    """Join every bundle on the left with every bundle on the right by `links` links.

    Ports r * links to (r + 1) * links - 1 of a left bundle go to right bundle r, and the other way round: GPU k sits on
    port k of every switch chip. Needs bundles of (bundles on the other side) * links ports.
    """
    left, right, links = joining.left, joining.others, given.counts["links"]
    a, b = len(left), len(right)

    def needs(others: int) -> str:
        return f"{links} to each of the {others} on the other side"

    sizes = {len(bundle) // b for bundle in left} | {len(bundle) // a for bundle in right}
    even = all(len(bundle) % b == 0 for bundle in left) and all(len(bundle) % a == 0 for bundle in right)
    fits = sizes.pop() if even and len(sizes) == 1 else 0  # links with which both sides come out
    lefts = joining.exactly(left, "left", b * links, needs(b), lambda n: _way_out(n, b, links, fits))
    rights = joining.exactly(right, "right", a * links, needs(a), lambda n: _way_out(n, a, links, fits))
    return lefts.reshape(a, b, links).ravel(), rights.reshape(b, a, links).transpose(1, 0, 2).ravel()


def _way_out(ports: int, others: int, links: int, fits: int) -> str:
    if fits:
        return f"`links = {fits}` uses all of them"
    return (
        f"index the ports that take part: `[0..<{others * links}]`" if ports > others * links else "join fewer things"
    )


def round_robin(joining: Joining, _: Given) -> Pairs:
    """Deal the ports of the left, in order, to the bundles of the right in turn; each takes its next free port.

    A full bundle is passed over. Ports of the right may stay free.
    """
    left, right = np.concatenate(joining.left), np.concatenate(joining.others)
    if len(right) < len(left):
        raise joining.unequal(
            f"{counted(len(left), 'port')} cannot be dealt to {len(right)}",
            f"{len(left) - len(right)} would be left over: {joining.ports(left[len(right) :])}",
            "add a switch, or connect fewer ports",
        )  # fmt: skip
    # Turn t reaches every bundle that has a port t: the order of (place in the bundle, bundle).
    turn = np.argsort(columns(lengths(joining.others)), kind="stable")
    return left, right[turn[: len(left)]]


def striped(joining: Joining, _: Given) -> Pairs:
    """Join port j of every left bundle to right bundle j mod R, to its next free port.

    R is the number of bundles on the right. Left bundles come in order, so with equal bundles of R ports left bundle i
    sits on port i of every right bundle. Ports of the right may stay free, but no right bundle may stay without a link.
    """
    right = joining.others
    left = np.concatenate(joining.left)
    stripe = columns(lengths(joining.left)) % len(right)
    wanted, room = np.bincount(stripe, minlength=len(right)), lengths(right)
    full = np.flatnonzero(wanted > room)
    if len(full):
        at = int(full[0])
        rest = left[stripe == at][int(room[at]) :]
        raise joining.unequal(
            f"{counted(int(wanted[at]), 'port')} cannot be striped to {joining.owner(right[at])}, which has {room[at]}",
            f"{len(rest)} would be left over: {joining.ports(rest)}",
            f"give each on the right {counted(int(wanted.max()), 'port')}, or add to the {len(right)} there are",
        )  # fmt: skip
    if not wanted.all():
        idle = [bundle for bundle, n in zip(right, wanted.tolist(), strict=True) if not n]
        raise joining.unequal(
            f"ports are striped over {len(right)} on the right, and no bundle on the left has more than {len(right) - len(idle)}",
            f"no link would reach {joining.owners(idle)}",
            f"index the right side to {len(right) - len(idle)}, or use `round_robin`",
        )  # fmt: skip
    order = np.argsort(stripe, kind="stable")
    places = np.empty(len(left), np.int64)
    places[order] = columns(wanted)
    starts = np.cumsum(room) - room
    return left, np.concatenate(right)[starts[stripe] + places]
