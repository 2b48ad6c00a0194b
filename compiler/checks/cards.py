"""Memory controllers with modules fitted by the design: what a card takes, and whether its channels are filled alike."""

from __future__ import annotations

from collections.abc import Iterator

from rackc.compiler.media import figure, text
from rackc.compiler.model import Model
from rackc.compiler.shape import ChildGroup, Shape
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_cards(model: Model) -> Iterator[Diagnostic]:
    """Yield cards with more modules than slots, more memory than they address (AL-LEO-SKU: 2 TB for a Leo), or uneven ones."""
    for _, shape, rows in model.standing():
        if text(shape, "role") != "memory-controller":
            continue
        fitted = [group for group in shape.children if text(group.shape, "role") == "memory"]
        if fitted:
            name = model.address(int(rows[0])) + (f" (and {len(rows) - 1:,} like it)" if len(rows) > 1 else "")
            yield from _fitted(shape, name, fitted)


def _fitted(shape: Shape, name: str, fitted: list[ChildGroup]) -> Iterator[Diagnostic]:
    count = sum(group.size for group in fitted)
    gib = sum(group.size * (figure(group.shape, "capacity", "GiB") or 0.0) for group in fitted)
    slots, limit, channels = (figure(shape, figure_name, unit) for figure_name, unit in
                              (("dimm_slots", ""), ("max_capacity", "GiB"), ("channels", "")))  # fmt: skip
    at, also = Label(fitted[0].span, "fitted here"), (Label(shape.span, "the card"),)
    if slots is not None and count > slots:
        yield Diagnostic(
            Code.CARD, f"{name} holds {count} modules in {slots:.0f} slots", at, also, (f"fit {slots:.0f} at most",)
        )
    elif channels is not None and count % channels:
        yield Diagnostic(
            Code.UNEVEN, f"{name} holds {count} {'module' if count == 1 else 'modules'} on {channels:.0f} channels", at,
            (Label(shape.spans.get("channels", shape.span), "the card"),),
            ("fill all channels alike: one with fewer modules than the others bounds the bandwidth of all",),
        )  # fmt: skip
    if limit is not None and gib > limit:
        yield Diagnostic(
            Code.CARD, f"{name} holds {gib:,.0f} GiB and addresses {limit:,.0f}", at, also,
            ("fit smaller modules, or fewer",),
        )  # fmt: skip
