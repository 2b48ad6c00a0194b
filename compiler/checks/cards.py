"""Memory controllers with modules fitted by the design: what a card takes, and whether anyone can reach it."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_cards(model: Model) -> Iterator[Diagnostic]:
    """Yield cards with more modules than slots, or more memory than they address (AL-LEO-SKU: 2 TB for a Leo)."""
    told: set[int] = set()
    for card in range(len(model.parent)):
        shape = model.shape_at(card)
        if text(shape, "role") != "memory-controller" or id(shape) in told:
            continue
        fitted = [group for group in shape.children if text(group.shape, "role") == "memory"]
        count = sum(group.size for group in fitted)
        gib = sum(group.size * (figure(group.shape, "capacity", "GiB") or 0.0) for group in fitted)
        slots, limit = figure(shape, "dimm_slots", ""), figure(shape, "max_capacity", "GiB")
        also = (Label(shape.span, "the card"),)
        if slots is not None and count > slots:
            told.add(id(shape))
            yield Diagnostic(Code.CARD, f"{model.address(card)} holds {count} modules in {slots:.0f} slots",
                             Label(fitted[0].span, "fitted here"), also, (f"fit {slots:.0f} at most",))  # fmt: skip
        if limit is not None and gib > limit:
            told.add(id(shape))
            yield Diagnostic(Code.CARD, f"{model.address(card)} holds {gib:,.0f} GiB and addresses {limit:,.0f}",
                             Label(fitted[0].span, "fitted here"), also, ("fit smaller modules, or fewer",))  # fmt: skip
