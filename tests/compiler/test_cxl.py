"""CXL networks against a search one by one: who reaches which device, through whatever passes traffic on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.compiler.choices import Choices
from rackc.compiler.cxl import Network, network, through
from rackc.compiler.model import Model
from rackc.compiler.modules import design_of, link_modules
from rackc.compiler.pipeline import elaborate
from rackc.compiler.settings import DEFAULTS
from rackc.dsl.diagnostics import Diagnostic
from rackc.dsl.source import Source
from rackc.loader import FileLoader

_PORTS = 12
_PARTS = f"""edition 2026
interface Cxl {{ protocol = "CXL"; version = "3.1"; lanes = 8; bandwidth = 30 GB/s }}
interface Upi {{ protocol = "UPI"; lanes = 24; bandwidth = 48 GB/s }}
link Mid {{ medium = "midplane"; protocols = ["CXL", "UPI"] }}
part Cpu {{ role = "cpu"; port upi[{_PORTS}]: Upi; port p[{_PORTS}]: Cxl }}
part Switch {{ role = "switch"; forwards = true; port p[{_PORTS}]: Cxl }}
part Card {{ role = "memory-controller"; port p[{_PORTS}]: Cxl }}
part Retimer {{ role = "retimer"; port up[2]: Cxl; port down[2]: Cxl }}
"""
_KINDS = ("Cpu", "Switch", "Card")
_LINKS = st.lists(st.integers(0, 5), min_size=1, max_size=6).flatmap(
    lambda kinds: st.tuples(
        st.just([kind % 3 for kind in kinds]),
        st.lists(st.tuples(st.integers(0, len(kinds) - 1), st.integers(0, len(kinds) - 1)), max_size=10),
    )
)


def model_of(text: str) -> Model:
    """Return the tables of a design, whatever its checks say."""
    program = link_modules(Source("<text>", text), FileLoader(Path()))
    design = design_of(program, "")
    assert not isinstance(design, Diagnostic)
    done = elaborate(program, design, Choices({}, {}), DEFAULTS)
    assert done.model is not None
    return done.model


def design(kinds: list[int], links: list[tuple[int, int]]) -> str:
    """Return things of these kinds, wired as wanted: two CPUs by UPI, others by CXL."""
    used = [0] * len(kinds)
    lines = [f"  t{at}: {_KINDS[kind]}" for at, kind in enumerate(kinds)]
    for a, b in links:
        name = "upi" if kinds[a] == kinds[b] == 0 else "p"
        lines.append(f"  connect t{a}.{name}[{used[a]}] -- t{b}.{name}[{used[b]}] : Mid")
        used[a], used[b] = used[a] + 1, used[b] + 1
    return _PARTS + "tray T {\n" + "\n".join(lines) + "\n}\ndesign Main { t: T }\n"


def one_host(kinds: list[int], links: list[tuple[int, int]], start: int) -> set[int]:
    """Return the CPUs that UPI joins to one."""
    found, queue = {start}, [start]
    while queue:
        here = queue.pop()
        for a, b in (*links, *((b, a) for a, b in links)):
            if a == here and kinds[b] == 0 and kinds[a] == 0 and b not in found:
                found.add(b)
                queue.append(b)
    return found


def reached(kinds: list[int], links: list[tuple[int, int]], starts: set[int]) -> tuple[set[int], set[int]]:
    """Return the cards that a host is joined to, and those that it reaches through switches."""
    direct: set[int] = set()
    beyond: set[int] = set()
    queue, seen = sorted(starts), set(starts)
    while queue:
        here = queue.pop()
        for a, b in (*links, *((b, a) for a, b in links)):
            if a != here or (kinds[a] == 0 and kinds[b] == 0):
                continue
            if kinds[b] == 2 and kinds[here] != 2:
                (direct if here in starts else beyond).add(b)
            elif kinds[b] == 1 and b not in seen:
                seen.add(b)
                queue.append(b)
    return direct, beyond


def names(model: Model, net: Network, nodes: set[int]) -> set[int]:
    """Return the numbers of things by their address, `t.t3`."""
    addresses = [model.address(int(net.instance[node])) for node in nodes]
    return {int(address[3:]) if address.startswith("t.t") else -1 for address in addresses}


@settings(max_examples=60, deadline=None)
@given(_LINKS)
def test_hosts_reach_what_a_search_finds(case: tuple[list[int], list[tuple[int, int]]]) -> None:
    kinds, links = case
    links = [(a, b) for a, b in links if a != b and not (kinds[a] == kinds[b] == 2)]
    model = model_of(design(kinds, links))
    net = network(model)
    if net is None:
        assert not [1 for a, b in links if not (kinds[a] == kinds[b] == 0)]
        return
    count = through(net)[0]
    hosts = {frozenset(one_host(kinds, links, at)) for at, kind in enumerate(kinds) if kind == 0}
    wanted = {at: 0 for at, kind in enumerate(kinds) if kind == 2}
    for host in hosts:
        direct, beyond = reached(kinds, links, set(host))
        rows = {node for node in range(len(net.instance)) if net.host[node] >= 0 and names(model, net, {node}) <= host}
        first = min((int(net.host[node]) for node in rows), default=-1)
        assert names(model, net, set(net.direct[1][net.direct[0] == first].tolist())) == direct
        for card in beyond:
            wanted[card] += 1
    found = {next(iter(names(model, net, {n}))): int(count[n]) for n in np.flatnonzero(net.device).tolist()}
    assert found == wanted


def test_what_goes_through_a_retimer_stays_in_its_lanes() -> None:
    text = (
        _PARTS
        + """tray T {
  cpu[2]: Cpu; card[2]: Card; retimer: Retimer
  connect cpu[*].p[0] -- retimer.up : Mid
  connect retimer.down -- card[*].p[0] : Mid
}
design Main { t: T }
"""
    )
    model = model_of(text)
    net = network(model)
    assert net is not None
    assert through(net)[0][np.flatnonzero(net.device)].tolist() == [1, 1]
