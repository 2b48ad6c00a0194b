"""Attributes that the compiler itself reads, and what each is measured in. One line a name, by what it is about."""

from __future__ import annotations

from typing import Final

#: By name, the unit a figure is read in; "" is a plain number. A figure of another kind would otherwise be left out of a
#: sum without a word.
UNIT_OF: Final[dict[str, str]] = {
    # power
    "tdp": "W",
    "peak": "W",
    "power_budget": "W",
    "rating": "W",
    "supply_rating": "W",
    "supplies": "",
    "bus_voltage": "V",
    "busbar_current": "A",
    # space and mass
    "units": "",
    "width": "m",
    "pitch_height": "m",
    "mass": "kg",
    "frame_mass": "kg",
    "payload": "kg",
    "brace_above": "kg",
    # money
    "price": "USD",
    # ports and carriers
    "lanes": "",
    "generation": "",
    "bandwidth": "B/s",
    "efficiency": "",
    "latency": "s",
    "max_domain": "",
    "reach": "m",
    "mean_length": "m",
    "cable_exit": "m",
    "cable_slack": "m",
    "delay": "s/m",
    "retimers": "",
    "retimer_latency": "s",
    "links_per_unit": "",
    # memory
    "hbm": "B",
    "memory": "B",
    "capacity": "B",
    "max_capacity": "B",
    "read_bandwidth": "B/s",
    "write_bandwidth": "B/s",
    "dimm_slots": "",
    "channels": "",
    "max_hosts": "",
    # workloads
    "local": "B",
    "prefill": "tokens/s",
    "bytes": "B",
    "layers": "",
    "kv_heads": "",
    "head_dim": "",
    "latent": "",
    "rope": "",
}  # fmt: skip

#: Lists, each item measured alike.
LISTS_IN: Final[dict[str, str]] = {
    "lengths": "m",
    "prices": "USD",
}

#: Plain numbers that need not be whole.
SHARES: Final = frozenset((
    "efficiency",
))  # fmt: skip

#: Counts that start at one.
FROM_ONE: Final = frozenset((
    "links_per_unit",
    "supplies",
    "channels",
))  # fmt: skip

TEXTS: Final = frozenset((
    "protocol",
    "connector",
    "role",
    "medium",
    "feed",
    "pitch",
    "vendor",
    "part_number",
))  # fmt: skip

TEXT_LISTS: Final = frozenset((
    "protocols",
    "connectors",
    "uses",
))  # fmt: skip

#: True or false.
ANSWERS: Final = frozenset((
    "field",
    "forwards",
    "fusion",
    "braced",
))  # fmt: skip

#: Read too, and checked where they are read.
ELSEWHERE: Final = frozenset((
    "height",
    "hbm_bandwidth",
    "memory_bandwidth",
    "dimm_slots_free",
    "trace",
    "instances",
    "slice",
    "model",
    "cxl",
    "version",
    "base_power",
))  # fmt: skip

#: Every attribute with a meaning of its own.
READ: Final = frozenset((*UNIT_OF, *LISTS_IN, *TEXTS, *TEXT_LISTS, *ANSWERS, *ELSEWHERE))

#: Words of other trades for what the compiler reads.
ALIASES: Final = {"weight": "mass", "cost": "price"}

#: No rack, part or price is beyond these, in base units; a figure that is has a unit or a digit too many.
MOST: Final[dict[str, int]] = {
    "A": 10**9,
    "V": 10**6,
    "W": 10**12,
    "kg": 10**9,
    "USD": 10**12,
    "m": 10**6,
    "B/s": 10**18,
    "s": 10**6,
    "s/m": 1,
    "B": 10**21,
    "tokens/s": 10**12,
    "": 10**6,
}
