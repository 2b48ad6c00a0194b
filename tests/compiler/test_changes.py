"""What changes between two answers: told in full, and not more than that."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from rackc.compiler.changes import Ends, PoolChange, compare
from rackc.compiler.optimize.problem import Cable, DecidedController, DecidedLink, Host, PoolDecision, PoolProblem

_PORTS, _CARDS, _HEADS = 3, 4, 2
_PROBLEM = PoolProblem(
    "r.p", tuple(Host(f"h{h}", tuple(f"h{h}.{p}" for p in range(_PORTS)), 1) for h in range(3)), (), (), (), True, (), (), ()
)  # fmt: skip


@st.composite
def decisions(draw: st.DrawFn) -> PoolDecision:
    """An answer with any links: a port and a head once each."""
    dice = draw(st.randoms(use_true_random=False))
    ports = dice.sample([(h, p) for h in range(3) for p in range(_PORTS)], _CARDS * _HEADS)
    heads = dice.sample([(c, k) for c in range(_CARDS) for k in range(_HEADS)], draw(st.integers(0, _CARDS * _HEADS)))
    links = tuple(
        DecidedLink(f"h{h}.{p}", f"c{c}.{k}", h, f"c{c}", Cable("wire", dice.choice((1000, 1500)), 900, 5))
        for (h, p), (c, k) in zip(ports, heads, strict=False)
    )
    fitted = dice.sample(range(_CARDS), draw(st.integers(0, _CARDS)))
    controllers = tuple(DecidedController(f"c{c}", "m", n := dice.choice((2, 4)), 64 * n) for c in sorted(fitted))
    return PoolDecision(controllers, links, (), (), 1, 1, 1, 1, 1, 0.0, True, 0.0, False)


def _ends(decision: PoolDecision) -> Counter[Ends]:
    return Counter(Ends(link.port, link.head, link.cable.carrier, link.cable.length_mm) for link in decision.links)


def _told(before: PoolDecision, after: PoolDecision) -> PoolChange:
    return compare("r.p", before, after, _PROBLEM)


@given(decisions(), decisions())
def test_the_changes_lead_from_one_to_the_other(before: PoolDecision, after: PoolDecision) -> None:
    links = _ends(before)
    for row in _told(before, after).links:
        links.subtract([row.before] if row.before else [])
        links.update([row.after] if row.after else [])
    assert +links == _ends(after)
    assert not -links
    fills = {c.address: c.modules for c in before.controllers}
    for change in _told(before, after).controllers:
        fills.pop(change.controller, None)
        if change.after is not None:
            fills[change.controller] = change.after.modules
    assert fills == {c.address: c.modules for c in after.controllers}


@given(decisions(), decisions())
def test_no_link_is_pulled_and_made_anew_that_could_be_moved(before: PoolDecision, after: PoolDecision) -> None:
    """A host's cables are told as moved as far as they go: it has no link removed and another one added."""
    rows = _told(before, after).links
    added = {row.after.port.partition(".")[0] for row in rows if row.after is not None and row.before is None}
    removed = {row.before.port.partition(".")[0] for row in rows if row.before is not None and row.after is None}
    assert not added & removed
    for row in rows:
        if row.kind == "moved":
            assert row.before is not None
            assert row.after is not None
            assert (row.before.port, row.before.head) != (row.after.port, row.after.head)


@given(decisions())
def test_nothing_changes_between_an_answer_and_itself(decision: PoolDecision) -> None:
    told = _told(decision, decision)
    assert not told.changed
    assert told.before == told.after


def test_a_host_that_stays_with_its_card_is_told_by_it() -> None:
    """The ports may be exchanged: then each link is with the card that it was with."""
    wire = Cable("wire", 1000, 900, 5)
    before, after = (
        PoolDecision((), tuple(DecidedLink(p, h, 0, h[:2], wire) for p, h in ends), (), (), 1, 1, 1, 1, 1, 0.0, True, 0.0, False)
        for ends in ((("h0.0", "c0.0"), ("h0.1", "c1.0")), (("h0.0", "c1.0"), ("h0.1", "c0.0")))
    )  # fmt: skip
    for row in _told(before, after).links:
        assert row.before is not None
        assert row.after is not None
        assert row.before.head == row.after.head
