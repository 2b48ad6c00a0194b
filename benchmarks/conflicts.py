"""Pools that cannot exist: what naming the conflict costs, and whether the cheapest way out, written down, builds.

    python benchmarks/conflicts.py

Three planted kinds at one rack of 8 and of 18 hosts, and four racks in one design. Processor time.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import rackc

#: Hosts in a rack.
SMALL: Final = 8
LARGE: Final = 18

IMPORTS: Final = """edition 2026
from astera.leo import LeoA1000
from std.cables import CxlCopper8
from std.memory import rdimm_64, rdimm_128
from std.racks import Eia48
from std.servers import CxlHost
from std.shelves import CxlShelf

tray Thin(cxl): CxlHost(cxl, gpus = 2) { height = 2 U }
shelf Retimed(slots): CxlShelf(slots, card = LeoA1000, heads = 2) { latency = 120 ns @assume("retimers") }
"""

RACK: Final = """
rack R{n}: Eia48 {{
  host[{hosts}]: Thin(cxl = {ports}) at u(1..{below} step 2, 23..{above} step 2)
  near: CxlShelf(slots = {slots}, card = LeoA1000, heads = 2) at u(19)
  far: Retimed(slots = {slots}) at u(21)
  pool kv {{
    members     = host[*]
    controllers = [near.card[*], far.card[*]]
    modules     = [rdimm_64, rdimm_128]
    cables      = [CxlCopper8]
    demand      = Load{n}.steady
    latency    <= {latency} ns
    survive 1 controller for capacity
  }}
  require kv.power <= {power} W
}}
workload Load{n} on r{n}.host[*] {{ demand steady: Steady({gib} GiB) }}
"""


@dataclass(frozen=True, slots=True)
class Planted:
    """A rack with a conflict, or without one; `named` are words that the finding must hold, none where it builds."""

    ports: int = 4
    slots: int = 18
    latency: int = 700
    power: int = 9_000
    gib: int = 240
    named: tuple[str, ...] = ()


def kinds(hosts: int) -> dict[str, Planted]:
    """Return one rack of each kind, and one that can be built."""
    survive = "survive 1 controller for capacity"
    return {
        "none": Planted(),
        "ports": Planted(ports=1, named=("ports", survive)),
        "power under one loss": Planted(power=78 * hosts, gib=400, named=("power <= ", survive, "demand")),
        "slots, ports, latency": Planted(slots=hosts - 2, latency=400, named=("candidates", "latency", survive)),
    }


def design(hosts: int, racks: list[Planted]) -> str:
    """Return the text of a design with these racks."""
    half = hosts // 2
    parts = [
        RACK.format(n=n, hosts=hosts, below=2 * half - 1, above=23 + 2 * (hosts - half) - 2, ports=one.ports,
                    slots=one.slots, latency=one.latency, power=one.power, gib=one.gib)
        for n, one in enumerate(racks)
    ]  # fmt: skip
    members = "".join(f"  r{n}: R{n}\n  load{n}: Load{n}\n" for n in range(len(racks)))
    return f"{IMPORTS}{''.join(parts)}\ndesign Main {{\n{members}}}\n"


#: What each proposal changes in the text of a rack: words, and the edit with what they say.
EDITS: Final[tuple[tuple[str, Callable[[re.Match[str], str], str]], ...]] = (
    (r"(\d+) CXL ports on each host", lambda m, text: re.sub(r"cxl = \d+", f"cxl = {m[1]}", text)),
    (r"no `survive 1 controller for capacity`", lambda _, text: text.replace("    survive 1 controller for capacity\n", "")),
    (r"`latency <= (\S+) ns`", lambda m, text: re.sub(r"latency    <= \S+", f"latency    <= {m[1]}", text)),
    (r"`power <= (\S+) W`", lambda m, text: re.sub(r"kv.power <= \S+", f"kv.power <= {m[1]}", text)),
    (r"(\d+) % of the demand", lambda m, text: re.sub(r"Steady\((\d+)", lambda was: f"Steady({int(was[1]) * int(m[1]) // 100}", text)),
    (r"(\d+) more controllers? at \S+\.near", lambda m, text: re.sub(
        r"near: CxlShelf\(slots = (\d+)", lambda was: f"near: CxlShelf(slots = {int(was[1]) + int(m[1])}", text)),
)  # fmt: skip


def followed(text: str, ways: list[str]) -> str:
    """Return the text with every change that a proposal names; raises ValueError for words that have no edit."""
    for way in ways:
        done = False
        for words, edit in EDITS:
            match = re.search(words, way)
            if match is not None:
                text, done = edit(match, text), True
        if not done:
            raise ValueError(f"no edit for: {way}")
    return text


def built(text: str) -> tuple[rackc.Result, float]:
    """Return what comes of a design, and the processor time that it took."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "d.rack"
        path.write_text(text, encoding="utf-8")
        began = time.process_time()
        result = rackc.compile(path)
        return result, time.process_time() - began


def report(name: str, hosts: int, racks: list[Planted]) -> None:
    """Build, follow the cheapest proposals, build again."""
    text = design(hosts, racks)
    result, seconds = built(text)
    named = [len(conflict.requirements) for conflict in result.conflicts]
    ways = [conflict.relaxations[0] for conflict in result.conflicts]
    print(f"{hosts} hosts, {name}: {len(named)} conflicts of {named} requirements in {seconds:.1f} s")
    for way in ways:
        print(f"    {way}")
    if len(racks) == 1 and hosts == SMALL:  # a large pool is solved to the last of its effort
        again, seconds = built(followed(text, ways))
        print(
            f"    followed: {'builds' if again.plan is not None and not again.failed else 'FAILS'} in {seconds:.1f} s"
        )


def main() -> None:
    """Report one rack of each kind, small and large, then four racks."""
    for hosts in (SMALL, LARGE):
        for name, one in kinds(hosts).items():
            if one.named:
                report(name, hosts, [one])
        report("four racks", hosts, [one for one in (*kinds(hosts).values(), kinds(hosts)["ports"]) if one.named])


if __name__ == "__main__":
    main()
