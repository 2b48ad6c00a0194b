"""A design of many NVL72 racks behind a three-tier scale-out fabric, as text: what the benchmarks of scale run on.

Switches have 144 ports. Racks have a leaf each (72 ports down, 72 up); pods hold up to 70 leaves; spines have as many ports
up as down; links stay three a GPU at every size, so that the cost of one compares.
"""

from __future__ import annotations

from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "examples" / "nvl72.rack"
PORTS = 144
GPUS = 72


def fleet(racks: int) -> str:
    """Return the design of so many racks: 14, or a multiple of 140."""
    pods = max(2, racks // 70)
    leaves = racks // pods
    spines = next(s for s in range(leaves, GPUS + 1) if GPUS % s == 0)
    up = leaves * GPUS // spines
    cores = next(c for c in range(1, up + 1) if up % c == 0 and pods * up // c <= PORTS)
    rack = EXAMPLE.read_text(encoding="utf-8").split("design Main")[0]
    return f"""{rack}
# {racks * GPUS:,} GPUs
from std.interfaces import Net400

link Fibre {{
  medium    = "cable"
  protocols = ["Ethernet"]
  field     = true
  reach     = 500 m
  price     = 500 USD
}}

tray Switch {{
  role     = "switch"
  forwards = true
  height   = 4 U
  tdp      = 4 kW
  mass     = 40 kg
  port p[{PORTS}]: Net400(connector = "OSFP flat")
}}

rack Leaves: std.racks.Eia48 {{ sw[7]: Switch at u(1..25 step 4) }}
rack Others: std.racks.Eia48 {{ sw[8]: Switch at u(1..29 step 4) }}
row Row {{ rack[14]: Nvl72 }}

design Main {{
  row[{racks // 14}]: Row
  leaf[{racks // 7}]: Leaves
  spine[{spines * pods // 8}]: Others
  core[{cores * spines // 8}]: Others
  connect row[*].rack[*].compute[*].nic[*].net -- [leaf[*].sw[*].p, spine[*].sw[*].p, core[*].sw[*].p]  : Fibre by clos(leaves = {racks}, spines = {spines * pods}, pods = {pods}, cores = {cores * spines})
}}
"""
