"""Where else a demand could live, by what the parts of a design state."""

from __future__ import annotations

from pathlib import Path

import pytest

from rackc.api import compile
from rackc.compiler.comparison import Comparison

DESIGN = """
from std.cables import CxlCopper8
from std.memory import rdimm_64
from std.racks import Eia48
interface C { protocol = "CXL"; version = "2.0"; generation = 5; lanes = 8; connector = "MCIO"; bandwidth = 31 GB/s }
interface N { protocol = "Ethernet"; lanes = 4; connector = "QSFP"; bandwidth = 50 GB/s }
part Cpu { role = "cpu"; cxl = "2.0"; port p[2]: C }
part Card {
  role = "memory-controller"; cxl = "2.0"; uses = ["pooling"]; dimm_slots = 2; channels = 2; max_capacity = 2 TB
  price = 100 USD; tdp = 20 W; mass = 1 kg; latency = LATENCY; port head[2]: C
  read_bandwidth = 32..50 GB/s; write_bandwidth = 32..50 GB/s
}
part Ssd { role = "storage"; SSD }
part Nic { role = "nic"; NIC; port net: N }
tray Host { height = 1 U; mass = 9 kg; tdp = 100 W; HOST; cpu: Cpu; ssd[2]: Ssd; nic: Nic }
shelf Box { height = 1 U; mass = 9 kg; tdp = 10 W; card[3]: Card at slot(1..3) }
rack R: Eia48 {
  host[2]: Host at u(1, 2)
  box: Box at u(3)
  pool kv {
    members = host[*]; controllers = box.card[*]; modules = [rdimm_64]; cables = [CxlCopper8]
    demand = Load.steady
    BOUND
  }
}
workload Load on rack.host[*] { demand steady: Steady(64 GiB, read = READ GB/s) }
design Main { rack: R; load: Load }
"""
SSD = "capacity = 1 TB; read_bandwidth = 10 GB/s; write_bandwidth = 5 GB/s; price = 90 USD; read_latency = 10..100 us; tdp = 20 W"  # fmt: skip


def compared(
    folder: Path, *, ssd: str = SSD, nic: str = "read_latency = 2..3 us", host: str = "memory_free = 256 GiB", read: str = "1",
    latency: str = "300 ns", bound: str = "minimize cost", link: str = "31 GB/s",
) -> Comparison:  # fmt: skip
    words = {"SSD": ssd, "NIC": nic, "HOST": host, "READ": read, "LATENCY": latency, "BOUND": bound}
    text = DESIGN.replace("31 GB/s", link)
    for word, value in words.items():
        text = (
            text.replace(f"{word}\n", f"{value}\n")
            .replace(f"; {word}", f"; {value}")
            .replace(f"= {word}", f"= {value}")
        )
    path = folder / "d.rack"
    path.write_text(text, encoding="utf-8")
    result = compile(path, solve=True)
    assert result.plan is not None, [d.message for d in result.diagnostics]
    return result.plan.pools[0].comparison


def why(found: Comparison, name: str) -> str:
    one = found.rival(name)
    assert one is not None
    return one.why


def test_tiers_with_their_figures(tmp_path: Path) -> None:
    found = compared(tmp_path)
    ssd, free, far = (found.rival(name) for name in ("local NVMe", "free host memory", "RDMA to remote DRAM"))
    assert ssd is not None
    assert ssd.intact is not None
    # A drive a host; two drives give 16 GB/s at 80 %.
    assert (ssd.intact.cost_cents, ssd.intact.devices, ssd.read_mbps, ssd.latency_ns) == (
        18_000,
        2,
        16_000,
        (10_000, 100_000),
    )
    assert free is not None
    assert free.intact is not None
    assert (free.intact.cost_cents, free.intact.gib, free.lost) == (0, 128, None)
    assert far is not None
    assert far.lost is not None
    assert (far.lost.gib, far.read_mbps, far.latency_ns) == (256, 40_000, (2_000, 3_000))
    assert found.verdict == "do not pool"


@pytest.mark.parametrize(
    ("change", "name", "said"),
    [
        ({"ssd": "capacity = 1 TB"}, "local NVMe", "not compared: `Ssd` states no `read_bandwidth`"),
        ({"nic": "tdp = 20 W"}, "RDMA to remote DRAM", "not compared: `Nic` states no `read_latency`"),
        ({"host": "memory = 1 TB"}, "RDMA to remote DRAM",
         "not compared: `Host` states neither `memory_free` nor `dimm_slots_free`"),
        ({"read": "18"}, "local NVMe", "too slow: a host reads 18 GB/s, it gives 16 GB/s"),
        ({"bound": "latency <= 700 ns"}, "local NVMe", "too slow: a read takes up to 100 us, 700 ns are asked"),
    ],
)  # fmt: skip
def test_what_a_tier_lacks(tmp_path: Path, change: dict[str, str], name: str, said: str) -> None:
    assert why(compared(tmp_path, **change), name) == said


def test_both_readings_of_a_bandwidth(tmp_path: Path) -> None:
    # A host reads 30 GB/s over links of 48 at the ceiling: 25.6 of a card by the lower reading, 40 by the higher.
    found = compared(tmp_path, read="30", link="60 GB/s")
    assert found.higher is not None
    assert (found.higher.what, found.higher.links) == ("Card reads at 32 to 50 GB/s and writes at 32 to 50 GB/s", 2)


def test_a_reading_that_changes_nothing_is_not_told(tmp_path: Path) -> None:
    assert compared(tmp_path, read="10", link="60 GB/s").higher is None
