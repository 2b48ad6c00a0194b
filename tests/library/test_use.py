"""Parts of the library beside those they are made for: no rule finds fault with them."""

from __future__ import annotations

import pytest

import rackc

_USES = {
    "retimers": """
from astera.aries import Aries5, Aries6
from intel.xeon6 import Xeon6
from std.carriers import BoardTrace, CardSlot
from std.interfaces import Pcie5, Pcie6
part Card { role = "nic"; port edge: Pcie5(16, "board", "up") }
part Root6 { role = "cpu"; port pcie[2]: Pcie6(4, "board", "down") }
part Card6 { role = "nic"; port edge: Pcie6(4, "board", "up") }
tray T {
  cpu: Xeon6; five: Aries5; card: Card
  root: Root6; six: Aries6(8, ways = 2); other[2]: Card6
  connect cpu.pcie[0] -- five.up : BoardTrace
  connect five.down -- card.edge : BoardTrace
  connect root.pcie -- six.up : BoardTrace
  connect six.down -- other[*].edge : BoardTrace
}
""",
    "gearbox": """
from astera.aries import Aries6Gearbox
from astera.scorpio import ScorpioP
from std.carriers import BoardTrace
from std.interfaces import Pcie5
part Nic { role = "nic"; port edge: Pcie5(16, "board", "up") }
tray T {
  switch: ScorpioP(32, each = 8); box: Aries6Gearbox; nic[2]: Nic
  connect switch.port[0..1] -- box.up : BoardTrace
  connect box.down -- nic[*].edge : BoardTrace
}
""",
    "scorpio": """
from astera.scorpio import ScorpioX
from std.carriers import BoardTrace
from std.storage import NvmeSsd6
tray T {
  switch: ScorpioX(each = 4); drive[80]: NvmeSsd6(8 TB, connector = "board")
  connect switch.port -- drive[*].pcie : BoardTrace
}
""",
    "leo": """
from amd.epyc import Epyc
from astera.leo import LeoCm5082E, LeoCm5162E
from std.carriers import CardSlot
from std.memory import rdimm_64
tray T {
  wide: Epyc(cxl_ports = 1, cxl_lanes = 16, cxl_connector = "CEM"); narrow: Epyc(cxl_ports = 1, cxl_connector = "CEM")
  a: LeoCm5162E { dimm[4]: rdimm_64 }
  b: LeoCm5082E { dimm[4]: rdimm_64 }
  connect wide.cxl_port -- a.head : CardSlot
  connect narrow.cxl_port -- b.head : CardSlot
}
""",
    "modules": """
from cxl.modules import Cz120, CmmD, CmmDdr5, Cxa8F2W, Cxa4F1W
from intel.xeon6 import Xeon6
from std.carriers import CardSlot
tray T {
  cpu: Xeon6(cxl_ports = 3, cxl_connector = "E3.S"); other: Xeon6(cxl_ports = 2, cxl_lanes = 16, cxl_connector = "CEM")
  a: Cz120(128 GB); b: CmmD(512 GB); c: CmmDdr5; d: Cxa8F2W; e: Cxa4F1W
  connect cpu.cxl_port -- [a.head, b.head, c.head] : CardSlot
  connect other.cxl_port -- [d.head, e.head] : CardSlot
}
""",
    "appliances": """
from cxl.appliances import FalconC5022, CmmB
from intel.xeon6 import Xeon6
from std.cables import CxlCopper16
tray H { height = 1 U; mass = 20 kg; tdp = 400 W; cpu: Xeon6(cxl_ports = 2, cxl_lanes = 16, cxl_connector = "CDFP") }
rack T: std.racks.Eia42 {
  host[2]: H at u(1, 2)
  falcon: FalconC5022 at u(3) { mass = 30 kg; tdp = 600 W }
  cmmb: CmmB(hosts = 2) at u(5) { mass = 30 kg; tdp = 600 W }
  connect [host[0].cpu.cxl_port[0], host[1].cpu.cxl_port[0]] -- falcon.box.host[0..1] : CxlCopper16
  connect [host[0].cpu.cxl_port[1], host[1].cpu.cxl_port[1]] -- cmmb.box.host : CxlCopper16
}
""",
    "cxl_3_switches": """
from cxl.switches import Structera30260, PanSwitch
from std.carriers import BoardTrace
from std.interfaces import Cxl3
part Root { role = "cpu"; cxl = "3.2"; port p[2]: Cxl3(16, "MCIO", version = "3.2") }
part Root1 { role = "cpu"; cxl = "3.1"; port p[2]: Cxl3(16, "MCIO") }
part Memory { role = "memory-controller"; cxl = "3.1"; device_type = 3; port head: Cxl3(16, "MCIO") }
part Memory2 { role = "memory-controller"; cxl = "3.2"; device_type = 3; port head: Cxl3(16, "MCIO", version = "3.2") }
tray T {
  pan: PanSwitch(4); marvell: Structera30260; a: Root; b: Root1; m: Memory2; n: Memory
  connect a.p[0] -- pan.port[0] : BoardTrace
  connect pan.port[1] -- m.head : BoardTrace
  connect b.p[0] -- marvell.port[0] : BoardTrace
  connect marvell.port[1] -- n.head : BoardTrace
}
""",
    "power_and_cooling": """
from ocp.cooling import Uqd04, Manifold, RackCdu
from ocp.orw import Orw
from ocp.power import PowerShelfHpr33, BatteryShelfHpr
part Hot { role = "gpu"; tdp = 2 kW; liquid = 1 }
tray N { height = 2 OU; mass = 60 kg; tdp = 300 W; liquid = 0; inlet_max = 45 degC; gpu[2]: Hot; uqd: Uqd04 }
rack T: Orw {
  coolant = "PG25"; coolant_rise = 10 K; coolant_flow = 60 L/min; coolant_inlet = 40 degC; air_rise = 15 K
  bus_voltage = 48..51 V; busbar_current = 1_000 A
  a: PowerShelfHpr33("A") at ou(1)
  node[4]: N at ou(3..9 step 2)
  bbu: BatteryShelfHpr at ou(20)
  b: PowerShelfHpr33("B") at ou(2)
  manifold: Manifold(4)
}
""",
}

#: Cables between two boxes: the interface, its connector, and how far apart they stand.
_CABLES = {
    "Dac100": ("Net100", 1), "Dac400": ("Net400x8", 30), "Dac800": ("Net800", 20), "Dac1600": ("Net1600", 1),
    "Acc400": ("Net400x8", 40), "Acc800": ("Net800", 40), "Aec400": ("Net400x8", 40), "Aec800": ("Net800", 40),
    "Aoc400": ("Net400x8", 40), "Aoc800": ("Net800", 40), "Fibre800Sr8": ("Net800", 40),
}  # fmt: skip
_BETWEEN = """
from std.network_cables import {cable}
from std.interfaces import Net100, Net800, Net1600
interface Net400x8 {{ protocol = "Ethernet"; generation = 56; lanes = 8; connector = "QSFP-DD"; bandwidth = 400 Gb/s }}
part Box {{ role = "switch"; port p: {port} }}
tray B {{ height = 1 U; mass = 5 kg; tdp = 100 W; box: Box }}
rack T: std.racks.Eia48 {{
  low: B at u(1); high: B at u({unit})
  connect low.box.p -- high.box.p : {cable}
}}
"""


def _findings(text: str) -> list[str]:
    result = rackc.compile(f"edition 2026\n{text}design Main {{ t: T }}\n", solve=False)
    return [f"{d.code} {d.message}" for d in result.diagnostics]


@pytest.mark.parametrize("name", _USES)
def test_parts_meet_what_they_are_made_for(name: str) -> None:
    assert _findings(_USES[name]) == []


@pytest.mark.parametrize("cable", _CABLES)
def test_cables_reach_as_far_as_they_say(cable: str) -> None:
    port, unit = _CABLES[cable]
    assert _findings(_BETWEEN.format(cable=cable, port=port, unit=unit + 1)) == []


def test_a_cable_beyond_its_reach_is_found() -> None:
    assert _findings(_BETWEEN.format(cable="Dac800", port="Net800", unit=48))
    assert _findings(_BETWEEN.format(cable="Dac1600", port="Net1600", unit=40))


@pytest.mark.parametrize(("generation", "cable"), [(5, "AriesScm5"), (6, "AriesScm6")])
def test_smart_cables_join_ports_of_their_generation(generation: int, cable: str) -> None:
    text = f"""
    from astera.aries import {cable}
    from std.interfaces import Pcie{generation}
    part Box {{ role = "switch"; port p: Pcie{generation}(16, "CDFP") }}
    tray B {{ height = 1 U; mass = 5 kg; tdp = 100 W; box: Box }}
    rack T: std.racks.Eia48 {{ low: B at u(1); high: B at u(40); connect low.box.p -- high.box.p : {cable} }}
    """
    assert _findings(text) == []


def test_taurus_carries_200_400_and_800() -> None:
    for lanes in (2, 4, 8):
        text = f"""
        from astera.taurus import TaurusScm
        interface Net {{
          protocol = "Ethernet"; generation = 112; lanes = {lanes}; connector = "OSFP finned"; bandwidth = {lanes} * 100 Gb/s
        }}
        part Box {{ role = "nic"; port p: Net }}
        tray B {{ height = 1 U; mass = 5 kg; tdp = 100 W; box: Box }}
        rack T: std.racks.Eia48 {{ low: B at u(1); high: B at u(30); connect low.box.p -- high.box.p : TaurusScm({lanes}) }}
        """
        assert _findings(text) == []
