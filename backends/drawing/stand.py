"""Where things stand: racks, the trays in them in rack order, and the names people use for them."""

from __future__ import annotations

from rackc.compiler.plan import Instance, Plan


def racks_of(plan: Plan) -> tuple[Instance, ...]:
    """Return every rack: what is defined as one, and whatever something is placed in."""
    used = {i.place.rack for i in plan.instances if i.place is not None}
    return tuple(i for i in plan.instances if i.part.kind == "rack" or i.index in used)


def rack_order(instance: Instance) -> tuple[int, int, int]:
    """Sort key: rack by rack, from the top down, things without a place last."""
    place = instance.place
    if place is None:
        return (1 << 30, 0, instance.index)
    return (place.rack, -place.unit, instance.index)


def tray_of(plan: Plan, index: int) -> Instance:
    """Return the tray that holds an instance, or the outermost thing below the root where nothing is placed."""
    placed = plan.placed_in(index)
    if placed is not None:
        return placed
    instance = plan.instances[index]
    while instance.parent > 0:
        instance = plan.instances[instance.parent]
    return instance


def descendants(kids: dict[int, list[Instance]], index: int) -> list[Instance]:
    """Return everything inside an instance, parents before what is inside them."""
    found: list[Instance] = []
    queue = list(kids.get(index, ()))
    while queue:
        found.append(queue.pop(0))
        queue.extend(kids.get(found[-1].index, ()))
    return found


def children_by_parent(plan: Plan) -> dict[int, list[Instance]]:
    """Return the children of every parent, in order; one pass over the plan."""
    kids: dict[int, list[Instance]] = {}
    for instance in plan.instances:
        if instance.parent >= 0 and instance.parent != instance.index:
            kids.setdefault(instance.parent, []).append(instance)
    return kids


def common_prefix(addresses: list[str]) -> str:
    """Return the steps, with the dot after them, that all addresses begin with."""
    if len(addresses) < 2:
        return ""
    steps = [address.split(".")[:-1] for address in addresses]
    shared = []
    for level in zip(*steps, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return ".".join(shared) + "." if shared else ""


def title_of(instance: Instance) -> str:
    """Return what people call an instance's part."""
    return instance.part.title or instance.part.name


def brief_title(instance: Instance) -> str:
    """Return the part's title up to where it goes into detail: `GB200 compute tray: two superchips` is cut at the colon."""
    title = title_of(instance)
    cuts = (title.find(mark) for mark in (": ", ". ", "; ", ", ", " with ", " of "))
    return title[: min((cut for cut in cuts if cut >= 10), default=len(title))]
