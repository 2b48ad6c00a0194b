"""How far a carrier can reach, by how it is made and how fast its lanes run: a table of what copper and glass do.

A carrier's own `reach` can only be shorter. Where the table is silent, nothing is known that bounds it: passive PCIe
copper is a matter of insertion loss, and no figure was found for a redriver at 224 Gb/s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limit:
    """How far it goes: up to `safe_m` without a doubt, up to `most_m` by the best that is claimed (`source`)."""

    safe_m: float
    most_m: float
    source: str


#: What counts as one class of lanes of a network, in Gb/s: with and without what the encoding takes.
_CLASSES: Final = {28: (25, 28), 56: (50, 56), 112: (100, 112), 224: (200, 224)}

_NETWORK: Final[dict[tuple[str, int], Limit]] = {
    ("passive copper", 28): Limit(3, 5, "CAB-WAVE6"),
    ("passive copper", 56): Limit(3, 3, "CAB-WAVE6"),
    ("passive copper", 112): Limit(2, 2, "NV-CABLE"),
    ("passive copper", 224): Limit(1.2, 1.75, "AL-224G"),
    ("redriver", 56): Limit(5, 5, "CAB-WAVE6"),
    ("redriver", 112): Limit(5, 5, "NV-CABLE"),
    ("retimed", 56): Limit(7, 7, "CAB-WAVE6"),
    ("retimed", 112): Limit(5, 7, "CAB-WAVE6"),
    ("retimed", 224): Limit(2.5, 3, "CAB-GEN"),
    **{(made, rate): Limit(100, 100, "CAB-WAVE6") for made in ("active optical", "optical") for rate in (28, 56, 112)},
}
#: A splitter of 112 Gb/s lanes is made of thicker wire.
_SPLITTER_112: Final = Limit(3, 3, "NV-CABLE")
_PCIE: Final[dict[tuple[str, int], Limit]] = {
    ("retimed", 5): Limit(7, 7, "AL-SCM-B"),
    ("retimed", 6): Limit(6, 7, "AL-SCM-B, AL-SCM-C"),
    **{(made, rate): Limit(50, 50, "AL-LPO") for made in ("active optical", "optical") for rate in (5, 6)},
}
_CXL_COPPER: Final = Limit(1.5, 1.5, "CXL-OCTO")
_NVLINK5_COPPER: Final = Limit(1.0, 1.5, "NV-REVIEW")
_UALINK: Final = Limit(4, 4, "LAT-DOC")

#: Every way of making a carrier that the table knows.
CONSTRUCTIONS: Final = ("passive copper", "redriver", "retimed", "active optical", "optical")
OPTICAL: Final = frozenset(("active optical", "optical"))


def limit_of(construction: str, protocol: str, generation: float | None, splitter: bool = False) -> Limit | None:
    """Return how far a carrier of a construction reaches at a rate, None where nothing is known."""
    rate = 0 if generation is None else int(generation)
    match protocol:
        case "Ethernet" | "InfiniBand":
            known = next((c for c, (low, high) in _CLASSES.items() if low <= rate <= high), 0)
            splits = splitter and (construction, known) == ("passive copper", 112)
            return _SPLITTER_112 if splits else _NETWORK.get((construction, known))
        case "PCIe":
            return _PCIE.get((construction, rate))
        case "CXL":
            return _CXL_COPPER if construction == "passive copper" else _PCIE.get((construction, rate))
        case "NVLink" if rate == 5 and construction == "passive copper":
            return _NVLINK5_COPPER
        case "UALink":
            return _UALINK
        case _:
            return None


def running(protocol: str, generation: float | None) -> str:
    """Return at what rate links run, in words: `at 224 Gb/s a lane`, `at PCIe 5`."""
    if generation is None:
        return ""
    if protocol in ("Ethernet", "InfiniBand"):
        return f" at {generation:g} Gb/s a lane"
    return f" at {'PCIe' if protocol == 'CXL' else protocol} {generation:g}"
