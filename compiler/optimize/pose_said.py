"""What a pool says, word by word: attributes, goals, bounds and promises, each looked at by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

from rackc.compiler.interleave import ATTRIBUTES as REGION
from rackc.compiler.interleave import whole
from rackc.compiler.optimize.pose_switches import own_capacity
from rackc.compiler.optimize.problem import Limit, Loss, Measure, Promise, Thing
from rackc.compiler.plan import Interval
from rackc.compiler.shape import PoolSpec, Promised
from rackc.compiler.values import Selection, described, fault
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.units import NONE, Dimension, Quantity, quantity

#: A pool may plan with this share of a link's data rate where it states no `utilisation`.
DEFAULT_UTILISATION: Final = 0.8
#: What a changed link is taken to cost where a pool states no `churn`: a quarter of an hour of a technician at 100 USD
#: an hour, to pull a cable, lay another and label both ends. An assumption.
DEFAULT_CHURN_CENTS: Final = 2_500

_EXAMPLES: Final = {"interleave": "4", "granularity": "256 B", "region": "64 GiB", "region_base": "0 GiB"}
_GOALS: Final = ("cost", "power", "cable.length")
#: Ways of dividing hosts among controllers.
SHAPES: Final = ("islands", "ring", "circulant", "block_design", "full")
_COHERENT: Final = ("software", "hardware")
_ATTRIBUTES: Final = (
    "members",
    "controllers",
    "modules",
    "cables",
    "demand",
    "assignment",
    "utilisation",
    "module_sizes",
    "latency",
    "isolate",
    "sharing",
    "coherence",
    "shape",
    "churn",
    *REGION,
)


@dataclass(frozen=True, slots=True)
class Bound:
    """What may be bounded: the unit of the bound and of the problem's figure, how many of the latter there are in the former."""

    dimension: Dimension
    unit: str
    each: int
    example: str


#: Bounds from above that the problem states of the pool as a whole, in its units.
LIMITS: Final[dict[str, Bound]] = {
    "cost": Bound((("USD", 1),), "USD", 100, "cost <= 60_000 USD"),
    "power": Bound(quantity(1, "W").dimension, "W", 1000, "power <= 900 W"),
    "capacity": Bound((("B", 1),), "GiB", 1, "capacity <= 4 TiB"),
    "controllers": Bound(NONE, "", 1, "controllers <= 10"),
    "cable.length": Bound((("m", 1),), "m", 1000, "cable.length <= 40 m"),
}
_LATENCY: Final = Bound((("s", 1),), "ns", 1, "latency <= 700 ns")
_LINKS: Final = Bound(NONE, "", 1, "links <= 3")
_LEAST: Final = Bound(NONE, "", 1, "links >= 2")
_BOUNDS: Final[dict[str, Bound]] = {"latency": _LATENCY, "links": _LINKS, "links >=": _LEAST, **LIMITS}


def check_attributes(spec: PoolSpec) -> Iterator[Diagnostic]:
    """Yield attributes, goals, bounds and promises that a pool does not have, and those it lacks."""
    yield from _names(spec)
    yield from _values(spec)
    yield from _regions(spec)
    for goal in spec.goals:
        if goal not in _GOALS:
            yield Diagnostic(Code.POOL, f"`{goal}` cannot be minimized here", Label(spec.span),
                             hints=(f"choose among {', '.join(_GOALS)}",))  # fmt: skip
    yield from _bounds(spec)
    for promised in spec.survive:
        yield from _promise(promised)


def _names(spec: PoolSpec) -> Iterator[Diagnostic]:
    for name, span in spec.spans.items():
        if name not in _ATTRIBUTES:
            yield Diagnostic(Code.POOL, f"a pool has no `{name}`", Label(span),
                             hints=(f"it has {', '.join(_ATTRIBUTES)}",))  # fmt: skip
    for name in ("members", "controllers", "modules", "demand"):
        if name not in spec.values and (name != "modules" or not _own_memory(spec)):
            yield Diagnostic(Code.POOL, f"pool `{spec.name}` names no {name}", Label(spec.span),
                             hints=(f"write `{name} = …`",))  # fmt: skip


def _own_memory(spec: PoolSpec) -> bool:
    """Whether all candidates are devices with memory of their own, that take no modules."""
    value = spec.values.get("controllers")
    chunks = [
        c for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Selection) for c in one.chunks
    ]
    return bool(chunks) and all(own_capacity(chunk.shape) is not None for chunk in chunks)


def _values(spec: PoolSpec) -> Iterator[Diagnostic]:
    said = spec.values
    if said.get("module_sizes", "one") not in ("one", "mixed"):
        yield Diagnostic(Code.POOL, '`module_sizes` is "one" or "mixed"', Label(spec.spans["module_sizes"]),
                         hints=('"one" size for the pool, or "mixed": one for each controller',))  # fmt: skip
    if "latency" in said and not _is_time(said["latency"]):
        yield _wrong(spec, "latency", "a time", "280..350 ns")
    if said.get("coherence", "software") not in _COHERENT:
        yield _wrong(spec, "coherence", '"software" or "hardware"', '"software"')
    if "churn" in said and not (_is(said["churn"], (("USD", 1),)) and said["churn"].value >= 0):
        yield _wrong(spec, "churn", "an amount of money, the price of a changed link", "100 USD")
    for name in ("isolate", "sharing"):
        if name in said and not _is_groups(said[name]):
            yield _wrong(spec, name, "a list of groups of hosts", "[host[0..1], host[2..3]]")
    if "shape" in said and getattr(said["shape"], "name", None) not in SHAPES:
        yield _wrong(spec, "shape", " or ".join(f"`{name}(…)`" for name in SHAPES), "islands(4)")


def _wrong(spec: PoolSpec, name: str, wanted: str, example: str) -> Diagnostic:
    return Diagnostic(Code.POOL, f"`{name}` is {wanted}, this is {described(spec.values[name])}",
                      Label(spec.spans[name]), hints=(f"write `{name} = {example}`",))  # fmt: skip


def _is(value: Any, dimension: Dimension) -> bool:
    return isinstance(value, Quantity) and value.dimension == dimension


def _is_time(value: Any) -> bool:
    ends = (value.low, value.high) if isinstance(value, Interval) else (value,)
    return all(_is(end, (("s", 1),)) for end in ends)


def _is_groups(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) > 0 and all(isinstance(one, Selection) for one in value)


def _regions(spec: PoolSpec) -> Iterator[Diagnostic]:
    for name, kind in REGION.items():
        if name in spec.values and whole(spec.values[name], kind) is None:
            said = "a whole number of ways" if name == "interleave" else "a whole number of bytes"
            yield _wrong(spec, name, said, _EXAMPLES[name])


def _bounds(spec: PoolSpec) -> Iterator[Diagnostic]:
    for name, (op, value, span) in spec.bounds.items():
        bound = _BOUNDS.get(name)
        if bound is None:
            plain = name.split()[0]
            hints = (f"write `{_BOUNDS[plain].example}`",) if plain in _BOUNDS else ()
            yield Diagnostic(Code.POOL, f"a pool has no bound `{plain} {op} …`", Label(span),
                             hints=hints or (f"it has {', '.join(f'`{b.example}`' for b in _BOUNDS.values())}",))  # fmt: skip
        elif not _is(value, bound.dimension) or value.value < 0 or (not bound.unit and value.value.denominator != 1):
            yield Diagnostic(Code.POOL, f"the bound of a pool is `{bound.example}`, this is {described(value)}", Label(span),
                             hints=("state it in such a unit, not below nothing",))  # fmt: skip
    least, most = (count_of(spec, name) for name in ("links >=", "links"))
    if least is not None and most is not None and least > most:
        yield Diagnostic(Code.BOUND, f"a host cannot have {least} links at least and {most} at most",
                         Label(spec.bounds["links >="][2], "at least"), (Label(spec.bounds["links"][2], "at most"),),
                         ("raise the one, or lower the other",))  # fmt: skip


def _promise(said: Promised) -> Iterator[Diagnostic]:
    """Yield a promise of words that there are not, or one that says nothing."""
    words = f"survive {said.count} {said.thing} for {said.promise}"
    for word, known in ((said.thing, get_args(Thing)), (said.promise, get_args(Promise))):
        if word not in known:
            yield Diagnostic(Code.POOL, f"a pool cannot `{words}`: `{word}` is none of {', '.join(known)}", Label(said.span),
                             hints=("write `survive 1 controller for capacity`",))  # fmt: skip
            return
    if said.count == 0:
        yield Diagnostic(Code.PROMISE, f"`{words}` promises nothing: none is lost", Label(said.span),
                         hints=("say how many may be lost, or leave it out",))  # fmt: skip
    if said.thing == "host" and said.promise == "host":
        yield Diagnostic(Code.PROMISE, f"`{words}` cannot hold: a host that is lost is down", Label(said.span),
                         hints=("write `for capacity`: what it held fits again on the others",))  # fmt: skip


def count_of(spec: PoolSpec, name: str) -> int | None:
    """Return the whole number of a bound, None where there is none."""
    value = spec.bounds[name][1] if name in spec.bounds else None
    return int(value.value) if isinstance(value, Quantity) and value.value.denominator == 1 else None


def limits_of(spec: PoolSpec) -> tuple[Limit, ...]:
    """Return the budgets of a pool in the problem's whole units, rounded down."""
    found: list[tuple[Measure, Bound]] = [
        ("cost", LIMITS["cost"]), ("power", LIMITS["power"]), ("cable.length", LIMITS["cable.length"]),
        ("capacity", LIMITS["capacity"]), ("controllers", LIMITS["controllers"]),
    ]  # fmt: skip
    return tuple(Limit(name, _in(spec.bounds[name][1], bound)) for name, bound in found if name in spec.bounds)


def _in(value: Quantity, bound: Bound) -> int:
    return int((value.exact(bound.unit) if bound.unit else value.value) * bound.each)


def losses_of(spec: PoolSpec) -> tuple[Loss, ...]:
    """Return the promises of a pool as the problem has them, in the order in which they are made."""
    things, promises = get_args(Thing), get_args(Promise)
    return tuple(
        Loss(things[things.index(one.thing)], one.count, promises[promises.index(one.promise)]) for one in spec.survive
    )


def share_of(spec: PoolSpec) -> float:
    """Return the utilisation ceiling; raises Fault where it is none."""
    value = spec.values.get("utilisation")
    if value is None:
        return DEFAULT_UTILISATION
    if isinstance(value, Quantity) and value.dimension == NONE and 0 < value.value <= 1:
        return float(value.value)
    raise fault(Code.POOL, "`utilisation` is a share from 1 % to 100 %", spec.spans["utilisation"])


def churn_of(spec: PoolSpec) -> int:
    """Return the price of a changed link in cents."""
    value = spec.values.get("churn")
    return round(value.exact("USD") * 100) if isinstance(value, Quantity) else DEFAULT_CHURN_CENTS
