"""Every family of rules, in the order in which it is asked. A new family is a file here and a line below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from rackc.compiler.checks.backing import check_backing
from rackc.compiler.checks.cards import check_cards
from rackc.compiler.checks.carried import check_carriers
from rackc.compiler.checks.cooling import check_cooling
from rackc.compiler.checks.cxl import check_cxl
from rackc.compiler.checks.demands import check_assumed, check_deadline
from rackc.compiler.checks.domain import check_domain, check_links_of_a_domain
from rackc.compiler.checks.ends import check_ends, check_pool_ends
from rackc.compiler.checks.fabrics import check_fabrics
from rackc.compiler.checks.fusion import check_fusion, check_fusion_links
from rackc.compiler.checks.interfaces import check_interfaces
from rackc.compiler.checks.interleave import check_interleave
from rackc.compiler.checks.labels import check_labels
from rackc.compiler.checks.lanes import check_lanes
from rackc.compiler.checks.latency import check_latency
from rackc.compiler.checks.loss import check_loss
from rackc.compiler.checks.mass import check_mass
from rackc.compiler.checks.oversubscription import check_oversubscription
from rackc.compiler.checks.paths import check_paths
from rackc.compiler.checks.planned import Planned
from rackc.compiler.checks.plugs import check_plugs
from rackc.compiler.checks.pools import check_pools
from rackc.compiler.checks.ports import check_own_ends, check_ports_once
from rackc.compiler.checks.posed import check_active, check_claimed_latency
from rackc.compiler.checks.power import check_power
from rackc.compiler.checks.ratings import check_ratings
from rackc.compiler.checks.regions import check_growing, check_regions
from rackc.compiler.checks.retimers import check_retimers
from rackc.compiler.checks.routing import check_bends, check_routing
from rackc.compiler.checks.sharing import check_sharing
from rackc.compiler.checks.space import check_space
from rackc.compiler.checks.survival import check_pool_survival, check_survival
from rackc.compiler.checks.targets import check_targets
from rackc.compiler.checks.tiers import check_tiers
from rackc.compiler.checks.unconnected import check_unconnected
from rackc.compiler.checks.verdicts import check_verdicts
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose import PosedPool
from rackc.compiler.places import check_places
from rackc.dsl.diagnostics import Diagnostic

#: What a design says, before anything is decided.
OF_THE_MODEL: Final[tuple[Callable[[Model], Iterator[Diagnostic]], ...]] = (
    check_ports_once,
    check_own_ends,
    check_interfaces,
    check_lanes,
    check_ends,
    check_carriers,
    check_places,
    check_space,
    check_cards,
    check_cxl,
    check_sharing,
    check_interleave,
    check_targets,
    check_tiers,
    check_latency,
    check_domain,
    check_links_of_a_domain,
    check_fusion,
    check_fusion_links,
    check_survival,
    check_oversubscription,
)

#: What a pool asks for, before it is decided.
OF_A_POOL: Final[tuple[Callable[[Model, PosedPool], Iterator[Diagnostic]], ...]] = (
    check_active,
    check_claimed_latency,
    check_growing,
    check_deadline,
    check_assumed,
)

#: What comes of it, with every link given its carrier and every decided pool filled.
OF_THE_PLAN: Final[tuple[Callable[[Planned], Iterator[Diagnostic]], ...]] = (
    check_pool_ends,
    check_unconnected,
    check_plugs,
    check_loss,
    check_retimers,
    check_bends,
    check_routing,
    check_labels,
    check_mass,
    check_power,
    check_cooling,
    check_ratings,
    check_fabrics,
    check_pools,
    check_verdicts,
    check_backing,
    check_paths,
    check_regions,
    check_pool_survival,
)
