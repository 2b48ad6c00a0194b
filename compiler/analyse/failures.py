"""Every single failure of a Plan: links, switches, memory controllers, supplies, shelves and feeds, and what each costs.

Losses that come to the same are one row. Links and switches are looked at in each kind of domain of each fabric that
has switches, or memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, get_args

import numpy as np

from rackc.compiler.analyse.domains import domains
from rackc.compiler.analyse.fabric import Fabric, fabric
from rackc.compiler.analyse.fabrics import is_network
from rackc.compiler.analyse.losses import Before, Effect, Loss, Lost, effect, lost
from rackc.compiler.analyse.report import FailureReport, RackReport, Report
from rackc.compiler.analyse.routes import distances
from rackc.compiler.columns import Floats
from rackc.compiler.plan import Plan

_MEMORY: Final = "memory-controller"


def failures(plan: Plan, report: Report) -> tuple[FailureReport, ...]:
    """Return a row for all single failures that come to the same."""
    memory = memory_gib(plan)
    held, total = _held(plan, memory), float(memory[0])
    rows = [row for protocol in plan.columns.protocols for row in _of_fabric(plan, protocol, held, total)]
    rows += _of_memory(plan, held, total)
    rows += [row for rack in report.racks for row in _of_power(plan, rack, memory, total)]
    return tuple(rows)


# -------- links and switches


def _of_fabric(plan: Plan, protocol: str, held: Floats, total: float) -> Iterator[FailureReport]:
    whole = fabric(plan, protocol)
    every = domains(whole)
    for kind in every.commonest:
        of = every.fabric_of(kind)
        holding = bool(held[of.nodes].any())
        if not of.capacity.any() or not (is_network(of) or holding):
            continue
        rows: list[FailureReport] = []
        before = Before(of, of.endpoints)
        for loss in get_args(Loss):
            for one in lost(before, loss):
                row = _row(plan, protocol, before, one)
                left = total - _out_of_reach(plan, of, one.left, held) if holding else None
                rows.append(replace(row, count=row.count * len(every.alike[kind]), memory_left_gib=left))
        yield from _gathered(rows)


def _row(plan: Plan, protocol: str, before: Before, one: Lost) -> FailureReport:
    of, found = before.of, effect(before, one)
    columns = plan.columns
    if one.loss == "link":
        ends = [int(of.nodes[node]) for node in (of.a[one.at], of.b[one.at])]
        names = " to ".join(columns.parts[columns.part[end]].name for end in ends)
        example = " -- ".join(plan.instances[end].address for end in ends)
        return _told(f"{protocol} link", names, one.alike, example, found, before)
    switch = int(of.nodes[one.at])
    return _told(f"{protocol} switch", columns.parts[columns.part[switch]].name, one.alike,
                 plan.instances[switch].address, found, before)  # fmt: skip


def _told(what: str, of: str, count: int, example: str, found: Effect, before: Before) -> FailureReport:
    return FailureReport(
        what, of, count, example, found.cut_off, found.pair_left, found.all_to_all_left, sampled=not before.small
    )


def _gathered(rows: list[FailureReport]) -> Iterator[FailureReport]:
    """Make rows that say the same of the same parts one; those that cost most come first."""
    merged: dict[FailureReport, FailureReport] = {}
    for row in rows:
        key = replace(row, count=0, example="")
        last = merged.get(key)
        merged[key] = row if last is None else replace(last, count=last.count + row.count)
    yield from sorted(merged.values(), key=_gravity)


def _gravity(row: FailureReport) -> tuple[str, int, float, float]:
    share = row.all_to_all_left.high if row.all_to_all_left is not None else 1.0
    return row.what, -row.cut_off, 1.0 if row.pair_left is None else row.pair_left, share


# -------- memory


def memory_gib(plan: Plan) -> Floats:
    """Return the GiB of every instance and all in it: HBM, host DRAM, modules of linked controllers, and of pools."""
    of = plan.columns
    hosts = np.array([part.role in ("cpu", "server") for part in of.parts], bool)[of.part]
    modules = np.array([part.role == "memory" for part in of.parts], bool)[of.part]
    joined, pooled = np.zeros(len(of.parent), bool), np.zeros(len(of.parent), bool)
    joined[of.a_owner] = joined[of.b_owner] = True
    pooled[[i for pool in plan.pools for c in pool.controllers for i in (c.instance, *c.devices)]] = True
    own = np.nan_to_num(of.figure("hbm", "GiB")) + np.where(hosts, np.nan_to_num(of.figure("memory", "GiB")), 0.0)
    own += np.where(modules & (joined & ~pooled)[of.parent], np.nan_to_num(of.figure("capacity", "GiB")), 0.0)
    for pool in plan.pools:
        for controller in pool.controllers:
            own[controller.instance] += controller.capacity_gib
    return of.summed(own)


def _held(plan: Plan, memory: Floats) -> Floats:
    """Return the GiB of each memory controller, 0 for all else."""
    controllers = plan.columns.with_role(_MEMORY)
    held = np.zeros(len(memory))
    held[controllers] = memory[controllers]
    return held


def _out_of_reach(plan: Plan, of: Fabric, left: Fabric, held: Floats) -> float:
    """Return the GiB in a fabric that nothing but memory controllers and switches reaches any more."""
    parts = plan.columns.parts
    holds = np.array([parts[part].role == _MEMORY for part in of.part.tolist()], bool)
    hosts = np.flatnonzero(~holds & ~of.switches)
    return float(held[of.nodes[holds & (distances(left, hosts) < 0)]].sum())


def _of_memory(plan: Plan, held: Floats, total: float) -> Iterator[FailureReport]:
    """Yield the loss of a memory controller, of each part and size."""
    of = plan.columns
    kinds: dict[tuple[int, float], list[int]] = {}
    for at in np.flatnonzero(held).tolist():
        kinds.setdefault((int(of.part[at]), float(held[at])), []).append(at)
    for (part, gib), alike in sorted(kinds.items()):
        yield FailureReport("memory controller", of.parts[part].name, len(alike), plan.instances[alike[0]].address,
                            memory_left_gib=total - gib)  # fmt: skip


# -------- power


def _of_power(plan: Plan, rack: RackReport, memory: Floats, total: float) -> Iterator[FailureReport]:
    """Yield the cases of loss of a rack; where nothing is left, all of it is dark, with the memory in it."""
    of, at = plan.columns, rack.instance
    gpus = of.summed(np.array([part.role == "gpu" for part in of.parts], bool)[of.part].astype(float))
    for case in rack.cases[1:]:
        dark = case.available_w <= 0
        yield FailureReport(case.name.removesuffix(" lost"), of.parts[of.part[at]].name, len(rack.alike),
                            plan.instances[at].address, int(gpus[at]) if dark else 0,
                            memory_left_gib=total - float(memory[at]) if dark else None,
                            spare_w=case.available_w - case.peak_w)  # fmt: skip
