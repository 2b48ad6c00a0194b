"""Wiring patterns: two sides, or one set of ports, to pairs of ports; one family a file."""

from __future__ import annotations

from typing import Final

from rackc.compiler.patterns.block_design import block_design
from rackc.compiler.patterns.clos import clos
from rackc.compiler.patterns.dragonfly import dragonfly
from rackc.compiler.patterns.grid import mesh, ring, torus
from rackc.compiler.patterns.joining import LINKS, Option, Pattern
from rackc.compiler.patterns.pairs import all_to_all, one_to_one, round_robin, striped
from rackc.compiler.patterns.rail import rail

#: Every built-in pattern, the sides it takes and its options.
PATTERNS: Final[dict[str, Pattern]] = {
    "one_to_one": Pattern(one_to_one, (2,)),
    "all_to_all": Pattern(all_to_all, (2,), (LINKS,)),
    "round_robin": Pattern(round_robin, (2,)),
    "striped": Pattern(striped, (2,)),
    "rail": Pattern(rail, (2,), (Option("rails"),)),
    "ring": Pattern(ring, (1, 2), (LINKS,)),
    "mesh": Pattern(mesh, (1, 2), (LINKS,), sizes="may"),
    "torus": Pattern(torus, (1, 2), (LINKS,), sizes="must"),
    "dragonfly": Pattern(dragonfly, (1,), (Option("groups"), Option("local", 1), Option("global"))),
    "clos": Pattern(clos, (2,), (
        Option("leaves"), Option("spines"), Option("oversubscription", optional=True, ratio=True),
        Option("pods", optional=True), Option("cores", optional=True),
        Option("core_oversubscription", optional=True, ratio=True),
    )),
    "block_design": Pattern(block_design, (2,), (Option("lambda", 1),)),
}  # fmt: skip
