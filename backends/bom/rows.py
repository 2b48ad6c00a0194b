"""A Plan to the lines of a bill: one line for each kind of thing under its parent, with quantities rolled up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from rackc.compiler.analyse.cost import carrier_units, price_cents, transceiver_name
from rackc.compiler.plan import Carrier, Instance, PartType, Plan


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `level` 0 is the design; `find_no` is unique under its parent; `qty_per` is for one of the parent.

    `ext_qty` is the product of `qty_per` down the path. Costs are USD cents, of the part itself; None where unknown.
    """

    level: int
    find_no: str
    item: str
    category: str
    description: str
    manufacturer: str
    mpn: str
    qty_per: Fraction
    ext_qty: int
    uom: str
    ref_des: tuple[str, ...]
    unit_cost_cents: int | None
    weight_kg: float | None
    power_w_max: float | None
    power_w_typ: float | None
    source: str
    cost_basis: str
    confidence: str

    @property
    def ext_cost_cents(self) -> int | None:
        """Cost of all of them; unknown stays unknown."""
        return None if self.unit_cost_cents is None else self.unit_cost_cents * self.ext_qty


def lines(plan: Plan) -> list[Line]:
    """Return the indented bill: trays, what is in them, then modules of pools, then what carries the links."""
    children: dict[int, list[Instance]] = defaultdict(list)
    for instance in plan.instances[1:]:
        if instance.populated:
            children[instance.parent].append(instance)
    modules = {c.instance: (c.module, c.modules) for p in plan.pools for c in p.controllers if c.module is not None}
    made: list[Line] = [_line(plan, 0, "0", [plan.instances[0]], 1)]
    _below(plan, [plan.instances[0]], 1, "", children, modules, made)
    top = sum(1 for line in made if line.level == 1)
    made.extend(_carriers(plan, top))
    return made


def _below(
    plan: Plan, parents: list[Instance], level: int, prefix: str, children: dict[int, list[Instance]],
    modules: dict[int, tuple[PartType, int]], made: list[Line],
) -> None:  # fmt: skip
    groups: dict[tuple[str, str, tuple[str, ...]], list[Instance]] = {}
    for parent in parents:
        for child in children[parent.index]:
            # Same part but different contents (a card with two modules, a card with four) are different lines.
            key = (child.part.name, child.group, _contents(child, children, modules))
            groups.setdefault(key, []).append(child)
    at = 0
    for at, members in enumerate(groups.values(), start=1):
        number = f"{prefix}{at}"
        made.append(_line(plan, level, number, members, len(parents)))
        _below(plan, members, level + 1, f"{number}.", children, modules, made)
    fitted = [modules[p.index] for p in parents if p.index in modules]
    if fitted:
        made.append(_module(level, f"{prefix}{at + 1}", fitted, parents))


def _contents(
    instance: Instance, children: dict[int, list[Instance]], modules: dict[int, tuple[PartType, int]]
) -> tuple[str, ...]:
    if instance.index in modules:
        module, count = modules[instance.index]
        return (f"{count} x {module.name}",)
    return tuple(sorted(f"{c.part.name}:{_contents(c, children, modules)}" for c in children[instance.index]
                        if c.part.role == "memory-controller"))  # fmt: skip


def _line(plan: Plan, level: int, number: str, members: list[Instance], parents: int) -> Line:
    part = members[0].part
    price = price_cents(plan, members[0].index)
    basis = part.figures.get("price")
    return Line(
        level=level, find_no=number, item=part.name, category=part.role or part.kind, description=part.title,
        manufacturer=manufacturer(part), mpn=part.text("part_number"), qty_per=Fraction(len(members), parents),
        ext_qty=len(members), uom="each", ref_des=tuple(m.address for m in members), unit_cost_cents=price,
        weight_kg=part.typ("mass", "kg"), power_w_max=part.high("tdp", "W"), power_w_typ=part.typ("tdp", "W"),
        source=members[0].source, cost_basis=basis.source if basis is not None and price is not None else "",
        confidence=basis.confidence if basis is not None and price is not None else "",
    )  # fmt: skip


def _module(level: int, number: str, fitted: list[tuple[PartType, int]], parents: list[Instance]) -> Line:
    part = fitted[0][0]
    total = sum(count for _, count in fitted)
    usd = part.typ("price", "USD")
    basis = part.figures.get("price")
    return Line(
        level, number, part.name, "memory", part.title, manufacturer(part), part.text("part_number"),
        Fraction(total, len(parents)), total, "each", tuple(f"{p.address}.dimm" for p in parents),
        None if usd is None else round(usd * 100), part.typ("mass", "kg"), part.high("tdp", "W"), part.typ("tdp", "W"),
        "chosen by the optimizer", basis.source if basis else "", basis.confidence if basis else "",
    )  # fmt: skip


def _carriers(plan: Plan, top: int) -> list[Line]:
    """Return what carries the links, and the transceivers that go with it."""
    made: list[Line] = []
    for index, units in carrier_units(plan).items():
        row = plan.carriers[index]
        carried = [link for link in plan.links if link.carrier == index]
        length = carried[0].length_m
        title = row.part.title + (f", {length:g} m" if length is not None else "")
        basis = row.part.figures.get("prices") or row.part.figures.get("price")
        ends = tuple(f"{plan.ports[k.a].address} -- {plan.ports[k.b].address}" for k in carried)
        made.append(Line(
            1, str(top + len(made) + 1), row.part.name, row.medium, title, manufacturer(row.part), row.part.text("part_number"),
            Fraction(units), units, "each", ends if row.links_per_unit == 1 else (f"{len(ends):,} links",),
            row.price_cents, None, None, None, carried[0].source,
            basis.source if basis is not None and row.price_cents is not None else "",
            basis.confidence if basis is not None and row.price_cents is not None else "",
        ))  # fmt: skip
        for form, count in row.transceivers:
            made.append(_transceiver(row, form, count, str(top + len(made) + 1), carried[0].source))
    return made


def _transceiver(row: Carrier, form: str, count: int, number: str, source: str) -> Line:
    """Return the line of a carrier's transceivers of one form; the carrier says how many, not which part they are."""
    title = f"Transceiver for {row.part.title or row.part.name}" + (f", {form}" if form else "")
    return Line(
        1, number, transceiver_name(row), "transceiver", title, manufacturer(row.part), "", Fraction(count), count, "each",
        (f"{row.links:,} links",), None, None, None, None, source, "", "",
    )  # fmt: skip


_MAKERS = {"nvidia": "NVIDIA", "astera": "Astera Labs", "intel": "Intel", "amd": "AMD", "ocp": "", "std": ""}


def manufacturer(part: PartType) -> str:
    """Return who makes a part: what it says, else its vendor package."""
    return part.text("vendor") or _MAKERS.get(part.package.split(".")[0], "")


def rolled_up(bill: list[Line]) -> list[Line]:
    """Return the buy list: one line a part, price and length, quantities added, without levels."""
    groups: dict[tuple[str, str, str, str], list[Line]] = {}
    for line in bill:
        if line.level:
            # Same part, same length, same figures: variants of a part by its arguments are bought apart.
            figures = f"{line.unit_cost_cents} {line.weight_kg} {line.power_w_max} {line.power_w_typ}"
            groups.setdefault((line.item, line.description, line.mpn, figures), []).append(line)
    made = []
    for at, key in enumerate(sorted(groups, key=lambda k: (groups[k][0].category, *k)), start=1):
        same = groups[key]
        first = same[0]
        total = sum(line.ext_qty for line in same)
        made.append(Line(
            1, str(at), first.item, first.category, first.description, first.manufacturer, first.mpn, Fraction(total),
            total, first.uom, tuple(ref for line in same for ref in line.ref_des), first.unit_cost_cents,
            first.weight_kg, first.power_w_max, first.power_w_typ, first.source, first.cost_basis, first.confidence,
        ))  # fmt: skip
    return made
