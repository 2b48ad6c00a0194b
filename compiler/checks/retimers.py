"""Retimers along a link: on boards and in cables together there are two at most (PCIE-RET)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from rackc.compiler.checks.planned import Planned
from rackc.compiler.columns import Flags, Ints
from rackc.compiler.components import components
from rackc.compiler.media import text
from rackc.compiler.model import Model
from rackc.compiler.training import ON_PCIE
from rackc.dsl.diagnostics import Code, Diagnostic, Label

#: Three segments, each with a budget of its own.
_MOST: Final = 2


def check_retimers(planned: Planned) -> Iterator[Diagnostic]:
    """Yield link paths with more than two retimers: a smart cable has one in each plug, one more on a board is too many."""
    of, model = planned.plan.columns, planned.model
    in_cable = np.array([carrier.retimers for carrier in planned.plan.carriers], np.int64)
    pcie = np.array([name in ON_PCIE for name in of.protocols], bool)
    on_board = np.array([text(shape, "role") == "retimer" for shape in model.shapes], bool)[model.shape]
    if not len(of.a) or not pcie.any() or not (on_board.any() or (in_cable > _MOST).any()):
        return
    near = on_board[of.a_owner] | on_board[of.b_owner] | (in_cable[of.carrier] > _MOST)
    links = np.flatnonzero(near & pcie[of.protocol])
    path, boards = _paths(model, of.a[links], of.b[links], on_board)
    cables = np.bincount(path, in_cable[of.carrier[links]], len(links)).astype(np.int64)
    yield from _findings(planned, links, path, boards, cables)


def _channels(model: Model, ports: Ints) -> Ints:
    """Return, for ports of retimers, a number of what passes through together.

    What goes through a retimer goes from port k of one array to port k of the other, where both have as many.
    """
    apart = np.array([len({g.count for g in s.ports}) == 1 and len(s.ports) > 1 for s in model.shapes], bool)
    owner = model.port_owner[ports]
    lane = np.where(apart[model.shape[owner]], model.port_ordinal[ports], 0)
    return np.unique(np.stack((owner, lane)), axis=1, return_inverse=True)[1].ravel()


def _paths(model: Model, a: Ints, b: Ints, on_board: Flags) -> tuple[Ints, Ints]:
    """Return the path of each link, as the first link of it, and the retimers on boards of each path, by that link.

    Links that meet in a channel are one path. Where more than two meet, nothing says which goes on to which.
    """
    link, port = np.tile(np.arange(len(a)), 2), np.concatenate((a, b))
    at = np.flatnonzero(on_board[model.port_owner[port]])
    channel = _channels(model, port[at]) if len(at) else at
    order = np.argsort(channel, kind="stable")
    _, starts, ends = np.unique(channel[order], return_index=True, return_counts=True)
    link = link[at[order]]
    through = starts[ends == 2]
    path = components(len(a), link[through], link[through + 1])
    lone = np.flatnonzero(np.repeat(ends, ends) > 2)
    crossed = np.concatenate((link[starts[ends <= 2]], link[lone]))
    return path, np.bincount(path[crossed], minlength=len(a))


def _findings(planned: Planned, links: Ints, path: Ints, boards: Ints, cables: Ints) -> Iterator[Diagnostic]:
    """Yield one finding for paths that are alike: through the same connections, with as many retimers."""
    of = planned.plan.columns
    last = np.zeros(len(links), np.int64)
    np.maximum.at(last, path, np.arange(len(links)))
    wrong = np.flatnonzero(boards + cables > _MOST)
    if not len(wrong):
        return
    rows = np.stack((of.group[links[wrong]], of.group[links[last[wrong]]], boards[wrong], cables[wrong]))
    _, at, counts = np.unique(rows, axis=1, return_index=True, return_counts=True)
    for k, count in sorted(zip(wrong[at].tolist(), counts.tolist(), strict=True)):
        yield _finding(planned, links[path == k], (int(boards[k]), int(cables[k])), count)


def _finding(planned: Planned, links: Ints, retimers: tuple[int, int], count: int) -> Diagnostic:
    model, of = planned.model, planned.plan.columns
    ports = np.concatenate((of.a[links], of.b[links])).tolist()
    on_board = [p for p in ports if text(model.shape_at(int(model.port_owner[p])), "role") == "retimer"]
    ends = [p for p in ports if p not in on_board] or ports
    smart = [k for k in links.tolist() if planned.plan.carriers[int(of.carrier[k])].retimers] or links.tolist()
    labels = [Label(model.shape_at(int(model.port_owner[p])).span, "retimer") for p in on_board]
    labels += [Label(planned.joined(k), "over this too") for k in links.tolist() if k != smart[0]]
    here = planned.joined(smart[0])
    more = f" (and {count - 1:,} like it)" if count > 1 else ""
    return Diagnostic(
        Code.RETIMERS, f"{sum(retimers)} retimers between {model.port_address(ends[0])} and {model.port_address(ends[-1])}{more}: "
        f"{retimers[0]} on boards, {retimers[1]} in cables", Label(here, "joined here"),
        tuple(label for label in dict.fromkeys(labels) if label.span != here),
        ("two are the most: use a passive cable here, or leave the retimer out",),
    )  # fmt: skip
