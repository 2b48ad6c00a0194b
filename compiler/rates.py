"""What links of a Model speak and carry, each kind of link looked at once."""

from __future__ import annotations

import numpy as np

from rackc.compiler.columns import Flags, Floats, Ints
from rackc.compiler.media import figure
from rackc.compiler.model import Model
from rackc.compiler.training import agreed, trained


def _kinds(model: Model, links: Ints) -> tuple[Ints, Ints]:
    """Return a link of each kind, and the kind of every link: of one kind are those of one `connect` between the same ports."""
    count = len(model.port_groups)
    ends = model.port_group[model.link_a[links]] * count + model.port_group[model.link_b[links]]
    _, firsts, kind = np.unique(model.link_wiring[links] * count**2 + ends, return_index=True, return_inverse=True)
    return links[firsts], kind.ravel()


def link_rates(model: Model, links: Ints) -> Floats:
    """Return the data rate of links, bytes per second each way; nan where an end states no bandwidth."""
    firsts, kind = _kinds(model, links)
    return np.array([_rate(model, link) for link in firsts.tolist()], np.float64)[kind] if len(links) else np.zeros(0)


def _rate(model: Model, link: int) -> float:
    left, right = (model.interface(int(end[link])) for end in (model.link_a, model.link_b))
    if figure(left, "bandwidth", "B/s") is None or figure(right, "bandwidth", "B/s") is None:
        return np.nan
    return trained(left, right, model.wirings[int(model.link_wiring[link])].carrier).bandwidth


def speaking(model: Model, links: Ints, protocol: str) -> Flags:
    """Return which links run a protocol: where ports can run several, the one that both have."""
    firsts, kind = _kinds(model, links)
    ends = [[model.interface(int(end[link])) for end in (model.link_a, model.link_b)] for link in firsts.tolist()]
    return np.array([agreed(*pair) == protocol for pair in ends], bool)[kind]
