"""Scale-up domains: how many may join, over how many racks, and with how many links each.

A protocol is a scale-up one where an interface of it states `max_domain` or `domain_racks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from rackc.compiler.columns import Floats, Ints
from rackc.compiler.components import components
from rackc.compiler.holders import figures, of_kind, where
from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.dsl.diagnostics import Code, Diagnostic, Label

#: What an interface says of a thing that is no switch, and of a switch.
_MOST_LINKS: Final = ("max_ports_gpu", "max_ports_switch")


def check_domain(model: Model) -> Iterator[Diagnostic]:
    """Yield domains with too many endpoints (NV-BCM-NVL: 576 for NVLink 5) or racks (NV-REVIEW: one for an NVL72)."""
    for protocol in scale_up(model):
        links = links_of(model, protocol)
        if not len(links):
            continue
        a, b = (model.port_owner[end[links]] for end in (model.link_a, model.link_b))
        label = components(len(model.parent), a, b)
        yield from _too_many(model, links, label)
        yield from _too_wide(model, links, label)


def _protocols(model: Model, names: tuple[str, ...]) -> list[str]:
    """Return the protocols of which an interface states one of these figures."""
    return sorted(
        {text(g.interface, "protocol") for g in model.port_groups if any(n in g.interface.values for n in names)}
    )


def scale_up(model: Model) -> list[str]:
    """Return the protocols whose domains have limits: those of scale-up fabrics."""
    return _protocols(model, ("max_domain", "domain_racks"))


def links_of(model: Model, protocol: str) -> Ints:
    """Return the links of a protocol."""
    speaks = np.array([text(group.interface, "protocol") == protocol for group in model.port_groups], bool)
    return np.flatnonzero(speaks[model.port_group[model.link_a]])


def _ends(model: Model, links: Ints) -> tuple[Ints, Ints]:
    """Return the instance at each end of the links, and its port group."""
    ports = np.concatenate((model.link_a[links], model.link_b[links]))
    return model.port_owner[ports], model.port_group[ports]


def _stated(model: Model, owners: Ints, groups: Ints, name: str) -> Floats:
    """Return, for every instance, the least that the interfaces of its ports say, infinite where they say nothing."""
    told = [figure(group.interface, name, "", "low") for group in model.port_groups]
    values = np.array([np.inf if value is None else value for value in told])
    least = np.full(len(model.parent), np.inf)
    if np.isfinite(values).any():
        np.minimum.at(least, owners, values[groups])
    return least


def _of_domains(label: Ints, members: Ints, own: Floats) -> Floats:
    """Return, for every domain, the least of what its members say."""
    least = np.full(len(label), np.inf)
    np.minimum.at(least, label[members], own[members])
    return least


def _first_links(model: Model, links: Ints, label: Ints, domains: Ints) -> Iterator[tuple[int, int, int]]:
    """Yield, for domains wired by one statement: the first of them, its first link, and how many there are."""
    if not len(domains):
        return
    first = np.full(len(label), -1)
    first[label[model.port_owner[model.link_a[links[::-1]]]]] = links[::-1]
    _, at, counts = np.unique(model.link_wiring[first[domains]], return_index=True, return_counts=True)
    for one, many in sorted(zip(at.tolist(), counts.tolist(), strict=True)):
        yield int(domains[one]), int(first[domains[one]]), many


def _too_many(model: Model, links: Ints, label: Ints) -> Iterator[Diagnostic]:
    owners, groups = _ends(model, links)
    members = np.flatnonzero(np.bincount(owners, minlength=len(label)))
    limit = _of_domains(label, members, _stated(model, owners, groups, "max_domain"))
    switch = where(model, lambda shape: shape.values.get("role") == "switch")
    count = np.bincount(label[members[~switch[members]]], minlength=len(label))
    for domain, link, many in _first_links(model, links, label, np.flatnonzero(count > limit)):
        interface = model.interface(int(model.link_a[link]))
        like = f" (and in {many - 1:,} like it)" if many > 1 else ""
        yield Diagnostic(Code.DOMAIN, f"{count[domain]:,} endpoints in one {interface.name} domain{like}",
                         Label(model.wirings[model.link_wiring[link]].span, "joined here"),
                         (Label(interface.spans.get("max_domain", interface.span), "the limit"),),
                         (f"it supports {limit[domain]:.0f}; split the fabric",))  # fmt: skip


def _too_wide(model: Model, links: Ints, label: Ints) -> Iterator[Diagnostic]:
    """Yield domains in more racks than their interface, a part in them or a rack of theirs says (`domain_racks`)."""
    rack = of_kind(model, "rack")
    a, b = (rack[model.port_owner[end[links]]] for end in (model.link_a, model.link_b))
    leaving = links[a != b]
    if not len(leaving):
        return
    owners, groups = _ends(model, links)
    members = np.flatnonzero(np.bincount(owners, minlength=len(label)))
    said = np.nan_to_num(figures(model, lambda shape: figure(shape, "domain_racks", "", "low")), nan=np.inf)
    own = np.minimum(np.minimum(said, _stated(model, owners, groups, "domain_racks")), np.append(said, np.inf)[rack])
    limit = _of_domains(label, members, own)
    placed = members[rack[members] >= 0]
    pairs = np.unique(label[placed] * len(label) + rack[placed])
    racks = np.bincount(pairs // len(label), minlength=len(label))
    for domain, link, many in _first_links(model, leaving, label, np.flatnonzero(racks > limit)):
        names = " and ".join(model.address(i) for i in (pairs[pairs // len(label) == domain][:2] % len(label)).tolist())
        like = f" (and {many - 1:,} like it)" if many > 1 else ""
        yield Diagnostic(
            Code.DOMAIN_RACKS, f"one {text(model.interface(int(model.link_a[link])), 'protocol')} domain stands in {racks[domain]} racks "
            f"({names}), {limit[domain]:.0f} is allowed{like}",
            Label(model.wirings[model.link_wiring[link]].span, "leaves the rack here"),
            _said(model, members[label[members] == domain], links, rack),
            ("keep the domain in its rack, and join racks by Ethernet or InfiniBand",),
        )  # fmt: skip


def _said(model: Model, members: Ints, links: Ints, rack: Ints) -> tuple[Label, ...]:
    """Return where the limit of racks is stated."""
    owners, groups = _ends(model, links)
    shapes = [model.port_groups[g].interface for g in np.unique(groups[np.isin(owners, members)]).tolist()]
    things = np.concatenate((members, rack[members]))
    shapes += [model.shapes[s] for s in np.unique(model.shape[things[things >= 0]]).tolist()]
    found = [shape for shape in shapes if "domain_racks" in shape.values]
    return (Label(found[0].spans.get("domain_racks", found[0].span), "the limit"),) if found else ()


def check_links_of_a_domain(model: Model) -> Iterator[Diagnostic]:
    """Yield GPUs and switch chips with more links than the generation gives them (NV-REVIEW: 18 and 72 in NVLink 5)."""
    switch = where(model, lambda shape: shape.values.get("role") == "switch")
    for protocol in _protocols(model, _MOST_LINKS):
        owners, groups = _ends(model, links_of(model, protocol))
        count = np.bincount(owners, minlength=len(switch))
        most = [_stated(model, owners, groups, name) for name in _MOST_LINKS]
        limit = np.where(switch, most[1], most[0])
        over = np.flatnonzero(count > limit)
        _, firsts, alike = np.unique(model.shape[over], return_index=True, return_counts=True)
        for instance, many in sorted(zip(over[firsts].tolist(), alike.tolist(), strict=True)):
            yield _too_many_links(model, protocol, instance, int(count[instance]), int(limit[instance]), many)


def _too_many_links(model: Model, protocol: str, instance: int, count: int, limit: int, many: int) -> Diagnostic:
    ports = np.flatnonzero(model.port_owner == instance)
    speaking = [p for p in ports.tolist() if text(model.interface(p), "protocol") == protocol]
    link = int(np.flatnonzero(np.isin(model.link_a, speaking) | np.isin(model.link_b, speaking))[0])
    interface = model.interface(speaking[0])
    name = "max_ports_switch" if model.shape_at(instance).values.get("role") == "switch" else "max_ports_gpu"
    like = f" (and {many - 1:,} like it)" if many > 1 else ""
    return Diagnostic(
        Code.DOMAIN_LINKS, f"{model.address(instance)}{like}: {count} {protocol} links, `{interface.name}` has {limit}",
        Label(model.wirings[model.link_wiring[link]].span, "joined here"),
        (Label(model.shape_at(instance).span, "the part"), Label(interface.spans.get(name, interface.span), "the limit")),
        (f"wire {limit} links, or use a part of another generation",),
    )  # fmt: skip
