"""Sources of power that state no rating: what they give is not known, so no case of loss is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rackc.compiler.analyse.supply import sources, unrated
from rackc.compiler.checks.planned import Planned
from rackc.dsl.diagnostics import Code, Diagnostic, Label


def check_ratings(planned: Planned) -> Iterator[Diagnostic]:
    """Note the sources of a rack that state no rating, once a definition."""
    for rack in planned.report.racks:
        feeding = unrated(sources(planned.plan, rack.instance))
        counts = Counter(source.part.name for source in feeding)
        firsts = {source.part.name: source.index for source in reversed(feeding)}
        for name, count in counts.items():
            said = f"{count} `{name}` state" if count > 1 else f"`{name}` states"
            yield Diagnostic(Code.RATING_UNKNOWN, f"{said} no rating: what feeds {planned.named(rack.alike)} is not known",
                             Label(planned.defined(rack.instance)), (Label(planned.defined(firsts[name]), "a source"),),
                             ("give it `rating = … kW`: until then neither power nor a loss is checked",))  # fmt: skip
