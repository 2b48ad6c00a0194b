"""Every family of rules, in the order in which it is asked. A new family is a file here and a line below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from rackc.compiler.checks.cards import check_cards
from rackc.compiler.checks.domain import check_domain, check_fusion
from rackc.compiler.checks.fabrics import check_fabrics
from rackc.compiler.checks.mass import check_mass
from rackc.compiler.checks.planned import Planned
from rackc.compiler.checks.pools import check_pools
from rackc.compiler.checks.ports import check_ends, check_ports_once
from rackc.compiler.checks.power import check_power
from rackc.compiler.checks.ratings import check_ratings
from rackc.compiler.model import Model
from rackc.compiler.places import check_places
from rackc.dsl.diagnostics import Diagnostic

#: What a design says, before anything is decided.
OF_THE_MODEL: Final[tuple[Callable[[Model], Iterator[Diagnostic]], ...]] = (
    check_ports_once,
    check_ends,
    check_places,
    check_cards,
    check_domain,
    check_fusion,
)

#: What comes of it, with every link given its carrier and every decided pool filled.
OF_THE_PLAN: Final[tuple[Callable[[Planned], Iterator[Diagnostic]], ...]] = (
    check_mass,
    check_power,
    check_ratings,
    check_fabrics,
    check_pools,
)
