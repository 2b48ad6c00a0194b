"""What rules may ask of the fabrics of a Plan: functions that take instances and the interface whose links count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, get_args

import numpy as np

from rackc.compiler.analyse.bisection import bisection
from rackc.compiler.analyse.domains import domains
from rackc.compiler.analyse.fabric import Fabric, fabric, managed
from rackc.compiler.analyse.latency import MOST_SUMS, latencies_ns, mute, sums
from rackc.compiler.analyse.losses import Loss, all_to_all
from rackc.compiler.analyse.maxflow import disjoint_paths, separate_paths
from rackc.compiler.analyse.pairs import joined_after, least_after, least_bandwidth, most_cut_off
from rackc.compiler.analyse.report import Bounds
from rackc.compiler.analyse.routes import farthest
from rackc.compiler.analyse.tiers import down_and_up, of_ends
from rackc.compiler.columns import Flags, Ints
from rackc.compiler.model import Model
from rackc.compiler.plan import Interval, Plan
from rackc.compiler.values import Bounded, Builtin, Counted, DefinitionRef, Fault, Selection, described, fault, measured
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code
from rackc.dsl.source import Span
from rackc.dsl.units import Quantity, number

#: A fabric, and of each side that is asked about its nodes in it.
Asked = tuple[Fabric, list[Ints]]


@dataclass(frozen=True, slots=True)
class Over:
    """The links that an interface stands for: those of its protocol, or its links to management switches."""

    name: str
    protocol: str
    managing: bool


class Fabrics:
    """The fabrics of a Plan as rules ask for them; what is found out is kept, for all that is wired alike."""

    def __init__(self, plan: Plan, model: Model) -> None:
        self._plan = plan
        self._model = model
        self._owners: dict[str, Flags] = {}
        self._closed: dict[tuple[str, int], bool] = {}
        self._ends: dict[str, tuple[Ints, Ints]] = {}

    @cached_property
    def overs(self) -> dict[str, Over]:
        """What each interface in use stands for, by its name."""
        of = self._plan.columns
        apart = managed(of)
        found: dict[str, Over] = {}
        for at, kind in enumerate(of.interfaces):
            using = (of.interface[of.a] == at) | (of.interface[of.b] == at)
            managing = bool(using.any()) and bool(apart[using].all())
            last = found.get(kind.name)
            found[kind.name] = Over(kind.name, kind.protocol, managing if last is None else managing and last.managing)
        return found

    def owners(self, protocol: str) -> Flags:
        """Return the instances that have a port of a protocol."""
        if protocol not in self._owners:
            of = self._plan.columns
            speaks = np.array([kind.protocol == protocol for kind in of.interfaces], bool)
            owning = np.zeros(len(of.parent), bool)
            owning[of.owner[speaks[of.interface]]] = True
            self._owners[protocol] = owning
        return self._owners[protocol]

    def ends(self, over: Over, side: Ints) -> Flags:
        """Return which instances are ends of a fabric: those with a link of it, or a port that could have one."""
        of = self._plan.columns
        kinds = np.array([kind.name == over.name for kind in of.interfaces], bool)
        able = np.zeros(len(of.parent), bool)
        able[of.owner[kinds[of.interface]]] = True
        linked = fabric(self._plan, over.protocol, managing=over.managing).at(side) >= 0
        found: Flags = able[side] | linked
        return found

    def closed(self, protocol: str, instance: int) -> bool:
        """Whether no link of a protocol leads out of an instance: then what is outside does not matter to it."""
        key = (protocol, instance)
        if key not in self._closed:
            of = self._plan.columns
            if protocol not in self._ends:
                number = of.protocols.index(protocol) if protocol in of.protocols else -1
                links = np.flatnonzero(of.protocol == number)
                self._ends[protocol] = of.a_owner[links], of.b_owner[links]
            last = instance + self._model.shape_at(instance).instances
            inside = [(instance <= end) & (end < last) for end in self._ends[protocol]]
            self._closed[key] = bool((inside[0] == inside[1]).all())
        return self._closed[key]

    def asked(self, over: Over, sides: list[Ints]) -> Asked:
        """Return where the instances of each side are: in a domain that stands for its likes, if it holds them all."""
        of = fabric(self._plan, over.protocol, managing=over.managing)
        nodes = [of.at(side) for side in sides]
        every = np.concatenate(nodes) if nodes else np.zeros(0, np.int64)
        if not len(every) or (every < 0).any():
            joined = of.holding(np.concatenate(sides)) if sides else of
            return joined, [joined.at(side) for side in sides]
        split = domains(of)
        homes = split.of_node[every]
        if (homes != homes[0]).any():
            return of, nodes
        return split.fabric_of(int(split.kind[homes[0]])), [split.rank[side] for side in nodes]


def kept(asked: Asked, question: Any, answer: Callable[[], Any]) -> Any:
    """Return the answer to a question, found once for a fabric and the same nodes in it."""
    of, sides = asked
    key = (question, *(side.tobytes() for side in sides))
    if key not in of.found:
        of.found[key] = answer()
    return of.found[key]


class FabricQuestions:
    """The functions, seen from the instance `base`; `alone` as in `questions.Analysis`."""

    def __init__(self, model: Model, known: Fabrics, base: int) -> None:
        self.model = model
        self.base = base
        self.alone = True
        self._known = known

    def functions(self) -> dict[str, Any]:
        """Return the functions by name."""
        return {
            "diameter": Builtin("diameter", self._diameter),
            "bisection": Builtin("bisection", self._bisection),
            "hops": Builtin("hops", self._hops),
            "paths": Builtin("paths", self._paths),
            "separate_paths": Builtin("separate_paths", self._separate_paths),
            "reachable": Builtin("reachable", self._reachable),
            "cut_off": Builtin("cut_off", self._cut_off),
            "bandwidth": Builtin("bandwidth", self._bandwidth),
            "all_to_all": Builtin("all_to_all", self._all_to_all),
            "latency": Builtin("latency", self._latency),
            "oversubscription": Builtin("oversubscription", self._oversubscription),
        }

    # -------- what is asked about

    def _asked(
        self, call: tree.Call, positional: list[Any], named: dict[str, Any], least: int = 1, most: int = 1
    ) -> Asked:
        """Return the nodes of each side, in the fabric of the interface."""
        shown = f"{_called(call)}({'gpu[0], gpu[1]' if most > 1 else 'gpu[*]'}, over = NVLink5)"
        if not least <= len(positional) <= most or set(named) != {"over"}:
            raise fault(Code.ARGUMENT, f"write `{shown}`: instances, and the interface", call.span)
        wrong = next((value for value in positional if not isinstance(value, Selection)), None)
        if wrong is not None:
            raise fault(Code.ARGUMENT, f"instances are wanted, this is {described(wrong)}", call.span, "",
                        f"write `{shown}`")  # fmt: skip
        over = self._over(named["over"], call.span)
        sides = [self._instances(side) for side in positional]
        self.alone = self.alone and self._known.closed(over.protocol, self.base)
        for side in sides:
            without = np.flatnonzero(~self._known.ends(over, side))
            if len(without):
                raise self._no_port(call, int(side[without[0]]), over)
        return self._known.asked(over, sides)

    def _instances(self, side: Selection) -> Ints:
        rows = [chunk.instances for chunk in side.chunks]
        return (np.concatenate(rows) if rows else np.zeros(0, np.int64)) + self.base

    def _over(self, given: Any, span: Span) -> Over:
        if not isinstance(given, DefinitionRef) or given.definition.kind != "interface":
            raise fault(Code.TYPE, f"`over` is an interface, this is {described(given)}", span)
        name = given.definition.name
        return self._known.overs.get(name, Over(name, "", managing=False))

    def _no_port(self, call: tree.Call, instance: int, over: Over) -> Fault:
        """Return the finding for a thing that has no port of an interface, with what inside it has one."""
        address = self.model.address(instance)
        last = instance + self.model.shape_at(instance).instances
        inside = np.flatnonzero(self._known.owners(over.protocol)[instance:last])[:2] + instance
        found = [self.model.address(i) for i in inside.tolist()]
        hint = f"name what has: {', '.join(found)}" if found else "name things whose ports speak it"
        return fault(
            Code.ARGUMENT, f"{address} has no port of `{over.name}`", call.span, "not an end of that fabric", hint
        )

    # -------- how far

    def _hops(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        """Return the most links on a shortest way from any of one side to any of the other."""
        asked = self._asked(call, positional, named, 2, 2)
        if not all(len(side) for side in asked[1]):
            raise fault(Code.TYPE, "there is nothing on one side", call.span, "an empty list")
        return self._far(call, asked)

    def _diameter(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        """Return the most links on a shortest way between any two."""
        return self._far(call, self._asked(call, positional, named))

    def _far(self, call: tree.Call, asked: Asked) -> Quantity:
        found = self._farthest(asked)
        if found is None:
            raise fault(Code.MISSING_FIGURE, "some of these cannot reach each other", call.span)
        return number(found)

    def _farthest(self, asked: Asked) -> int | None:
        of, sides = asked
        found: int | None = kept(asked, "farthest", lambda: farthest(of, sides[0], sides[-1]))
        return found

    def _reachable(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> bool:
        """Whether all of one side reach all of the other, whatever is lost; with one side, whether all reach each other."""
        loss = self._loss(call, named)
        of, sides = asked = self._asked(call, positional, named, 1, 2)
        if loss is None:
            return self._farthest(asked) is not None
        return bool(self._found(call, asked, ("joined", loss), lambda: joined_after(of, sides[0], sides[-1], loss)))

    def _cut_off(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        """Return how many, at most, are parted from the rest once something is lost."""
        loss = self._loss(call, named)
        if loss is None:
            raise fault(Code.ARGUMENT, "`cut_off` asks what is lost", call.span, "",
                        "write `cut_off(gpu[*], over = NVLink5, lose = 1 switch)`")  # fmt: skip
        of, (among,) = asked = self._asked(call, positional, named)
        return number(self._found(call, asked, ("cut_off", loss), lambda: most_cut_off(of, among, loss)))

    def _loss(self, call: tree.Call, named: dict[str, Any]) -> Loss | None:
        """Take `lose` out of the arguments; None where there is none."""
        lose = named.pop("lose", None)
        if lose is None:
            return None
        if not isinstance(lose, Counted) or lose.count != 1 or lose.noun not in get_args(Loss):
            raise fault(Code.ARGUMENT, "`lose` is `1 link` or `1 switch` here", call.span, "",
                        "one thing is lost at a time; `paths` counts how many links can be")  # fmt: skip
        noun: Loss = lose.noun  # type: ignore[assignment]  # one of them
        return noun

    def _found(self, call: tree.Call, asked: Asked, question: Any, answer: Callable[[], Any]) -> Any:
        """Return an answer; a fabric of which too many parts differ is a finding."""
        found = kept(asked, question, answer)
        if found is None:
            raise fault(Code.LIMIT, "too many pairs in this fabric differ to look at each", call.span, "",
                        "ask for some of them, or without `lose`")  # fmt: skip
        return found

    # -------- by how much

    def _paths(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        """Return the number of ways from one thing to another that share no link: one less can fail."""
        of, (left, right) = asked = self._asked(call, positional, named, 2, 2)
        if len(left) != 1 or len(right) != 1 or left == right:
            raise fault(Code.ARGUMENT, "`paths` goes from one thing to another", call.span, "",
                        "write `min([paths(a, b, over = …) for b in others])` for several")  # fmt: skip
        return number(kept(asked, "paths", lambda: disjoint_paths(of, int(left[0]), int(right[0]))))

    def _separate_paths(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        """Return the number of ways from one thing to another that share nothing between: one less thing can fail."""
        of, (left, right) = asked = self._asked(call, positional, named, 2, 2)
        if len(left) != 1 or len(right) != 1 or left == right:
            raise fault(Code.ARGUMENT, "`separate_paths` goes from one thing to another", call.span, "",
                        "write `min([separate_paths(a, b, over = …) for b in others])` for several")  # fmt: skip
        return number(kept(asked, "separate", lambda: separate_paths(of, int(left[0]), int(right[0]))))

    def _bandwidth(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        """Return the least that any of one side can send any of the other, alone, over all ways; after a loss, if asked."""
        loss = self._loss(call, named)
        of, (left, right) = asked = self._asked(call, positional, named, 2, 2)
        if not len(left) or not len(right) or (len(np.union1d(left, right)) == 1):
            raise fault(Code.TYPE, "there is no pair of two things", call.span, "the least of nothing")
        if loss is None:
            found = self._found(call, asked, "bandwidth", lambda: least_bandwidth(of, left, right))
        else:
            found = self._found(call, asked, ("bandwidth", loss), lambda: least_after(of, left, right, loss))
        return measured(found, "B/s")

    def _oversubscription(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Quantity:
        """Return bandwidth from below divided by that upward: of the worst of some switches, or of some ends together."""
        of, (among,) = asked = self._asked(call, positional, named)
        if of.switches[among].all() and len(among):
            down, up = kept(asked, "tiers", lambda: down_and_up(of))
            bare = among[up[among] == 0]
            if len(bare):
                raise fault(Code.MISSING_FIGURE, f"{self.model.address(int(of.nodes[bare[0]]))} has no link upward",
                            call.span, "nothing above it")  # fmt: skip
            worst = among[np.argmax(down[among] / up[among])]
            return number(Fraction(down[worst]) / Fraction(up[worst]))
        sent, left = kept(asked, "leaving", lambda: of_ends(of, among))
        if not left or of.switches[among].any():
            raise fault(Code.ARGUMENT, "switches are wanted, or ends that have others to talk to", call.span, "",
                        "write `oversubscription(leaf[*], over = …)`, or name some of the ends")  # fmt: skip
        return number(Fraction(sent) / Fraction(left))

    def _latency(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Any:
        """Return the latency of the quickest way, that of the pair where it is greatest."""
        of, (left, right) = asked = self._asked(call, positional, named, 2, 2)
        if not len(left) or not len(right):
            raise fault(Code.TYPE, "there is nothing on one side", call.span, "an empty list")
        if sums(of, left) > MOST_SUMS:
            raise fault(Code.LIMIT, "these are too many pairs to look at each", call.span, "", "ask for some of them")
        found = kept(asked, "latency", lambda: latencies_ns(of, left, right).max(axis=(1, 2)))
        if np.isinf(found).any():
            raise self._no_latency(call, asked)
        low, typ, high = (measured(float(x), "ns") for x in found)
        return low if low == high else Interval(low, high, typ)

    def _no_latency(self, call: tree.Call, asked: Asked) -> Fault:
        if self._farthest(asked) is None:
            return fault(Code.MISSING_FIGURE, "some of these cannot reach each other", call.span)
        of, (left, right) = asked
        start, goal = np.argwhere(np.isinf(latencies_ns(of, left, right)[1]))[0]
        silent = self.model.address(int(of.nodes[mute(of, int(left[start]), int(right[goal]))[0]]))
        return fault(Code.MISSING_FIGURE, f"the way passes {silent}, which states no `latency`", call.span, "not known",
                     "state the `latency` of what traffic passes through")  # fmt: skip

    def _bisection(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Any:
        """Return the least bandwidth between two halves; a range where it is not known, which counts with its lower end."""
        of, (among,) = asked = self._asked(call, positional, named)
        return _within(kept(asked, "bisection", lambda: bisection(of, among)))

    def _all_to_all(self, call: tree.Call, positional: list[Any], named: dict[str, Any]) -> Any:
        """Return what each of some things gets when every one sends to every other; a range where that is not known."""
        of, (among,) = asked = self._asked(call, positional, named)
        return _within(kept(asked, "all to all", lambda: all_to_all(of, np.unique(among))))


def _called(call: tree.Call) -> str:
    """Return the name that a function was asked by, for a message that shows how to ask it."""
    return call.of.name if isinstance(call.of, tree.Name) else "f"


def _within(found: Bounds) -> Quantity | Bounded:
    low, high = measured(found.low, "B/s"), measured(found.high, "B/s")
    return high if found.exact else Bounded(low, high, low)
