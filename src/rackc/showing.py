"""`rackc show`: one row of a Plan in words."""

from __future__ import annotations

from rackc.compiler.amounts import usd
from rackc.compiler.plan import Instance, Link, Plan, Pool, PoolController, Port
from rackc.dsl.diagnostics import closest

Rows = list[tuple[str, str]]


def shown(plan: Plan, address: str) -> Rows | str:
    """Return what is known of an instance, port, link (`a -- b`) or pool; a sentence where there is none."""
    for pool in plan.pools:
        if pool.address == address:
            return _pool(plan, pool)
    for instance in plan.instances:
        if instance.address == address:
            return _instance(plan, instance)
    for port in plan.ports:
        if port.address == address:
            return _port(plan, port)
    ends = [end.strip() for end in address.split("--")]
    for link in plan.links:
        if sorted(ends) == sorted((plan.ports[link.a].address, plan.ports[link.b].address)):
            return _link(plan, link)
    known = [i.address for i in plan.instances] + [p.address for p in plan.ports] + [p.address for p in plan.pools]
    return f"nothing is called `{address}`; {'; '.join(closest(address, known)) or 'addresses begin at the design'}"


def _instance(plan: Plan, instance: Instance) -> Rows:
    part = instance.part
    rows = [
        ("address", instance.address),
        ("part", f"{part.name} ({part.kind}{f', {part.package}' if part.package else ''})"),
    ]
    if part.title:
        rows.append(("", part.title))
    place = instance.place
    if place is not None:
        top = place.unit + place.height - 1
        rows.append(
            (
                "place",
                f"{plan.instances[place.rack].address} unit {place.unit}" + (f" to {top}" if top > place.unit else ""),
            )
        )
    if not instance.populated:
        rows.append(("populated", "no: the optimizer left it out, or has not decided yet"))
    rows.append(("from", instance.source))
    for name, figure in sorted(part.figures.items()):
        backing = "" if figure.confidence == "unstated" else f"  [{figure.confidence}: {figure.source}]"
        value = ", ".join(str(v) for v in figure.value) if isinstance(figure.value, tuple) else figure.value
        rows.append((f"  {name}", f"{value}{backing}"))
    inside = [child.name for child in plan.children(instance.index)]
    if inside:
        rows.append(("holds", ", ".join(inside[:24]) + (f" and {len(inside) - 24} more" if len(inside) > 24 else "")))
    ports = [p for p in plan.ports if p.owner == instance.index]
    used = {end for link in plan.links for end in (link.a, link.b)}
    if ports:
        rows.append(("ports", f"{len(ports)}, {sum(p.index in used for p in ports)} with a link"))
    return rows


def _port(plan: Plan, port: Port) -> Rows:
    kind = port.interface
    rows = [
        ("address", port.address),
        ("interface", f"{kind.name} ({kind.protocol}, x{kind.lanes}, {kind.connector})"),
        ("bandwidth", f"{kind.bandwidth_each_way / 1e9:g} GB/s each way"),
    ]
    link = next((link for link in plan.links if port.index in (link.a, link.b)), None)
    if link is None:
        return [*rows, ("link", "none")]
    other = plan.ports[link.b if link.a == port.index else link.a].address
    return [*rows, ("linked to", other), *_link(plan, link)[2:]]


def _link(plan: Plan, link: Link) -> Rows:
    carrier = plan.carriers[link.carrier]
    rows = [
        ("a", plan.ports[link.a].address),
        ("b", plan.ports[link.b].address),
        ("protocol", link.protocol),
        ("carrier", f"{carrier.part.name} ({carrier.medium})"),
    ]
    if link.length_m is not None:
        need = "" if link.routed_m is None else f", {link.routed_m:.2f} m needed"
        rows.append(("length", f"{link.length_m:g} m{need}"))
    return [
        *rows,
        ("gives", f"{link.bandwidth_each_way / 1e9:g} GB/s each way, {link.latency_ns:g} ns"),
        ("decided", "by the optimizer" if link.decided else "stated"),
        ("from", f"{link.source}  {plan.groups[link.group]}"),
    ]


def _pool(plan: Plan, pool: Pool) -> Rows:
    populated = [c for c in pool.controllers if c.populated]
    rows = [
        ("address", pool.address),
        ("demand", f"{pool.demand_name}, class {pool.demand_class}, by {pool.reader}, {pool.assignment}"),
        ("cost", usd(pool.cost_cents)),
        ("proof", f"{pool.proof.said}, gap {pool.proof.gap:.2%}, {pool.proof.solver}"),
        ("capacity", f"{pool.capacity_gib:,} GiB in {len(populated)} of {len(pool.controllers)} controllers"),
    ]
    rows += [(f"  {plan.instances[c.instance].address}", _fitted(plan, c)) for c in populated]
    rows += [("survives", f"the loss of {one.count} {one.thing}, for {one.promise}") for one in pool.losses]
    for region in pool.regions:
        by = f"one region over {region.ways} ways" if region.ways > 1 else f"nodes weighted {list(region.weights)}"
        rows.append((f"  {plan.instances[pool.hosts[region.host]].address}", by))
    return [*rows, ("from", pool.source)]


def _fitted(plan: Plan, controller: PoolController) -> str:
    """Return what stands in a controller: modules, or devices behind a switch, and how many hosts' logical devices."""
    modules = f"{controller.modules} x {controller.module.name}" if controller.module else ""
    devices = (
        f"{len(controller.devices)} x {plan.instances[controller.devices[0]].part.name}" if controller.devices else ""
    )
    count = controller.logical_devices
    return f"{' in '.join(filter(None, (modules, devices)))}, {count} logical device{'' if count == 1 else 's'}"
