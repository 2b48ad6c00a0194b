"""Attributes that the compiler itself reads, and what each is measured in. One line a name, by what it is about."""

from __future__ import annotations

from typing import Final

from rackc.compiler.reach import CONSTRUCTIONS

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
    "transient": "",
    "provisioned": "W",
    "overload": "",
    "parallel_limit": "",
    "output_current": "A",
    "output_voltage": "V",
    "ac_current": "A",
    "ac_voltage": "V",
    "phases": "",
    "power_factor": "",
    "rated_current": "A",
    "continuous_share": "",
    # cooling
    "liquid": "",
    "coolant_rise": "K",
    "coolant_flow": "L/min",
    "coolant_inlet": "degC",
    "coolant_density": "kg/L",
    "coolant_heat": "J/g/K",
    "inlet_max": "degC",
    "inlet_min": "degC",
    "flow_limit": "L/min",
    "cv": "",
    "branch_pairs": "",
    "head": "kPa",
    "pressure_limit": "kPa",
    "air_rise": "K",
    "air_inlet": "degC",
    "air_inlet_max": "degC",
    "airflow": "CFM",
    # space and mass
    "units": "",
    "width": "m",
    "pitch_height": "m",
    "mass": "kg",
    "frame_mass": "kg",
    "payload": "kg",
    "brace_above": "kg",
    "units_reserved": "",
    "depth": "m",
    "inner_width": "m",
    "shelf_limit": "kg",
    "support_sets": "",
    "feet": "",
    "floor_rating": "kg",
    # money
    "price": "USD",
    # ports and carriers
    "lanes": "",
    "generation": "",
    "bandwidth": "B/s",
    "efficiency": "",
    "flit": "",
    "loss": "dB",
    "voltage": "V",
    "ports_per_cage": "",
    "split_of": "",
    "lanes_total": "",
    "latency": "s",
    "max_domain": "",
    "max_ports_gpu": "",
    "max_ports_switch": "",
    "domain_racks": "",
    "max_oversubscription": "",
    "reach": "m",
    "rate": "",
    "loss_per_m": "dB/m",
    "bend_radius": "m",
    "diameter": "m",
    "transceivers": "",
    "bend_space": "m",
    "power_separation": "m",
    "cable_area": "m2",
    "mean_length": "m",
    "cable_exit": "m",
    "cable_slack": "m",
    "cable_channel": "m",
    "slot_pitch": "m",
    "row_pitch": "m",
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
    "read_latency": "s",
    "dimm_slots": "",
    "channels": "",
    "max_hosts": "",
    "device_type": "",
    "logical_devices": "",
    "interleave": "",
    "granularity": "B",
    "region": "B",
    "region_base": "B",
    "hdm_decoders": "",
    "switching": "B/s",
    "hbm_bandwidth": "B/s",
    "memory_bandwidth": "B/s",
    "memory_free": "B",
    "ddr_speed": "T/s",
    # workloads
    "local": "B",
    "prefill": "tokens/s",
    "bytes": "B",
    "layers": "",
    "kv_heads": "",
    "head_dim": "",
    "latent": "",
    "parameters": "",
    "active_parameters": "",
    "weight_bytes": "B",
    "rope": "",
}  # fmt: skip

#: Lists, each item measured alike.
LISTS_IN: Final[dict[str, str]] = {
    "lengths": "m",
    "prices": "USD",
    "interleave_ways": "",
    "interleave_bits": "",
    "accepts": "",
    "ways": "",
}

#: Plain numbers that need not be whole.
SHARES: Final = frozenset((
    "max_oversubscription",
    "efficiency",
    "transient",
    "overload",
    "power_factor",
    "continuous_share",
    "liquid",
    "cv",
))  # fmt: skip

#: Parts of a whole.
UP_TO_ONE: Final = frozenset((
    "efficiency",
    "power_factor",
    "continuous_share",
    "liquid",
))  # fmt: skip

#: Sizes that a decoder takes in bytes.
WHOLE_BYTES: Final = frozenset((
    "granularity",
    "region",
    "region_base",
))  # fmt: skip

#: Counts that start at one.
FROM_ONE: Final = frozenset((
    "links_per_unit",
    "supplies",
    "channels",
    "domain_racks",
    "logical_devices",
    "hdm_decoders",
    "phases",
    "feet",
    "support_sets",
    "lanes",
    "lanes_total",
    "ports_per_cage",
    "split_of",
    "accepts",
    "ways",
    "max_hosts",
))  # fmt: skip

#: Figures of which nothing is left at zero.
ABOVE_ZERO: Final = frozenset((
    "bandwidth",
    "efficiency",
    "diameter",
    "cable_area",
    "read_bandwidth",
    "write_bandwidth",
))  # fmt: skip

TEXTS: Final = frozenset((
    "protocol",
    "connector",
    "role",
    "medium",
    "feed",
    "ac_connector",
    "coolant",
    "pitch",
    "vendor",
    "part_number",
    "form_factor",
    "routing",
    "version",
    "mode",
    "direction",
    "construction",
    "fibre",
    "polish",
))  # fmt: skip

TEXT_LISTS: Final = frozenset((
    "protocols",
    "connectors",
    "uses",
    "connectors",
    "modes",
    "splits",
))  # fmt: skip

#: True or false.
ANSWERS: Final = frozenset((
    "field",
    "forwards",
    "fusion",
    "redundant",
    "braced",
    "mandatory",
    "back_invalidate",
))  # fmt: skip

#: Read of links alone; elsewhere the name is anyone's.
OF_LINKS: Final = frozenset((
    "rate",
))  # fmt: skip

#: Texts that are one of a few words; another is left without effect.
ONE_OF: Final[dict[str, tuple[str, ...]]] = {
    "direction": ("up", "down", ""),
    "construction": CONSTRUCTIONS,
    "polish": ("APC", "UPC"),
}

#: Read too, and checked where they are read.
ELSEWHERE: Final = frozenset((
    "height",
    "dimm_slots_free",
    "trace",
    "instances",
    "slice",
    "decode",
    "spread",
    "rate",
    "seed",
    "provision",
    "model",
    "cxl",
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
    "K": 10**4,
    "degC": 10**4,
    "L/min": 10**6,
    "CFM": 10**6,
    "kPa": 10**12,
    "kg/L": 10**6,
    "J/g/K": 10**6,
    "m": 10**6,
    "B/s": 10**18,
    "T/s": 10**15,
    "s": 10**6,
    "s/m": 1,
    "dB": 10**3,
    "dB/m": 10**3,
    "m2": 10**2,
    "B": 10**21,
    "tokens/s": 10**12,
    "": 10**6,
}

#: Counts that may be larger than any rack's.
MOST_OF: Final[dict[str, int]] = {
    "parameters": 10**16,
    "active_parameters": 10**16,
}
