"""The way through for one root and one pick of its decisions, phase by phase: a definition to a Plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from rackc.compiler.analyse.analyse import analyse
from rackc.compiler.analyse.cooling import heat
from rackc.compiler.analyse.power import loads
from rackc.compiler.analyse.report import Report
from rackc.compiler.budgets import Budget, with_budgets
from rackc.compiler.changes import PoolChange, compare
from rackc.compiler.checks.families import OF_A_POOL, OF_THE_MODEL, OF_THE_PLAN
from rackc.compiler.checks.planned import Planned
from rackc.compiler.choices import Choices, Decision
from rackc.compiler.elaborate import Elaborator
from rackc.compiler.model import Model, flatten
from rackc.compiler.modules import Program
from rackc.compiler.no_solution import no_solution
from rackc.compiler.optimize.pods.said import check_fewer_links
from rackc.compiler.optimize.pose import Parts, PosedPool, check_apart, pose, shapes_named
from rackc.compiler.optimize.pose_groups import AllowedSets, shared_groups
from rackc.compiler.optimize.pose_said import check_attributes
from rackc.compiler.optimize.pose_wanted import wanted
from rackc.compiler.optimize.problem import Answer, Conflict, Question, Unknown
from rackc.compiler.places import places
from rackc.compiler.plan import Plan
from rackc.compiler.questions import Facts
from rackc.compiler.realize import SolvedPool, part_of, realize
from rackc.compiler.rules import Goal, check_rules, goals_of
from rackc.compiler.settings import Settings
from rackc.compiler.settle import forbidden, settle, stale
from rackc.compiler.shape import PoolSpec, Shape
from rackc.compiler.values import DemandRef, Fault
from rackc.compiler.workload.demand import assignment_of, demand_of, is_stated, model_of
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label, unknown
from rackc.dsl.source import Source

if TYPE_CHECKING:
    from rackc.compiler.lock import Lock, LockedPool


@dataclass(frozen=True, slots=True)
class Solver:
    """How pools are solved; kept apart so that checking never imports the solver. `name` goes into the lock.

    `answers` answers questions in their order; they do not depend on each other, and may be solved side by side.
    """

    name: str
    answers: Callable[[Sequence[Question]], Sequence[Answer]]


@dataclass(slots=True)
class Elaborated:
    """A design before any decision, and everything found so far.

    `ran` holds the statements met, by identity; `budgets` what rules bound of each pool, by its address.
    """

    program: Program
    design: str
    settings: Settings
    decisions: tuple[Decision, ...] = ()
    root: Shape | None = None
    model: Model | None = None
    posed: list[PosedPool] = field(default_factory=list)
    budgets: dict[str, tuple[Budget, ...]] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    ran: set[int] = field(default_factory=set)

    @property
    def sources(self) -> dict[str, Source]:
        """All files the design reaches, by name."""
        return self.program.sources

    @property
    def failed(self) -> bool:
        """Whether an error was found, by the settings."""
        return any(self.settings.is_error(d) for d in self.diagnostics)


@dataclass(slots=True)
class Result:
    """What compiling a design came to.

    `diagnostics` are the findings that stand, `allowed` those that the design allows by a comment. `plan` and `report`
    are None where the design is at fault. `waiting` rules await decisions (after a check);
    `conflicts` are pools proved to have no solution, `unknown` those that were given up; `solved` names the pools for
    which the solver ran. `lock` is the lock to keep, None where nothing was decided, `changes` what it changes against the
    one given. `decisions` are those of `choose`,
    `chosen` the names of those that were decided afresh, `goals` what the design minimizes, `broken` the weight of the preferences that do not hold, `expected` the findings
    that a test asks for.
    """

    sources: dict[str, Source]
    diagnostics: tuple[Diagnostic, ...] = ()
    allowed: tuple[Diagnostic, ...] = ()
    design: str = ""
    plan: Plan | None = None
    report: Report | None = None
    rules_held: int = 0
    rules_waiting: int = 0
    undecided: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    solved: tuple[str, ...] = ()
    interrupted: bool = False
    lock: Lock | None = None
    changes: tuple[PoolChange, ...] = ()
    decisions: tuple[Decision, ...] = ()
    chosen: tuple[str, ...] = ()
    goals: tuple[Goal, ...] = ()
    broken: Fraction = Fraction(0)
    expected: tuple[tree.Word, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether the design is at fault."""
        return any(d.is_error for d in self.diagnostics)


def elaborate(program: Program, design: tree.Definition, choices: Choices, settings: Settings) -> Elaborated:
    """Elaborate and check everything that needs no solver, with the options that `choices` picks."""
    program.afresh(choices)
    work = Elaborator(program)
    root = work.root(design)
    found = [*program.diagnostics, *forbidden(program.allows, settings, program.sources), *work.diagnostics]
    done = Elaborated(
        program, design.name, settings, tuple(choices.met.values()), root, diagnostics=found, ran=work.ran
    )
    if not done.failed:
        done.model = flatten(root)
        for check in OF_THE_MODEL:
            done.diagnostics.extend(check(done.model))
    if not done.failed:
        _pose_pools(done, work)
    return done


def check_one(done: Elaborated) -> Result:
    """Check an elaborated design without deciding anything."""
    result = _begin(done)
    if done.failed or done.model is None:
        return _settled(done, result)
    result.undecided = tuple(p.address for p in done.posed)
    return _finish(done, [], result)


def build_one(done: Elaborated, solver: Callable[[], Solver], lock: Lock | None, against: Lock | None = None) -> Result:
    """Decide the pools of an elaborated design, and return its Plan. `solver` is called only if it is needed.

    The result says what it changes `against` a lock.
    """
    result = _begin(done)
    if done.failed or done.model is None:
        return _settled(done, result)
    kept = _decide(done, solver, lock, result)
    result.changes = _changes(done, kept, against)
    solved = [
        SolvedPool(posed, entry.decision, entry.comparison, entry.solver)
        for posed in done.posed
        if (entry := kept.get(posed.address)) is not None
    ]
    result.interrupted = any(s.decision.interrupted for s in solved) or any(u.interrupted for u in result.unknown)
    if done.failed:
        return _settled(done, result)
    if kept:
        from rackc.compiler.lock import Lock  # pydantic is needed only where something was decided

        result.lock = Lock(pools=kept)
    return _finish(done, solved, result)


def _begin(done: Elaborated) -> Result:
    expected = tuple(done.root.expected) if done.root is not None else ()
    return Result(done.sources, design=done.design, decisions=done.decisions, expected=expected)


def _changes(done: Elaborated, kept: dict[str, LockedPool], against: Lock | None) -> tuple[PoolChange, ...]:
    """Compare all pools with those of a lock, also those that are there alone."""
    old = {address: pool.decision for address, pool in against.pools.items()} if against is not None else {}
    now = {posed.address: posed.problem for posed in done.posed if posed.address in kept}
    gone = sorted(address for address in old if all(address != posed.address for posed in done.posed))
    made = [compare(address, old.get(address), kept[address].decision, problem) for address, problem in now.items()]
    return (*made, *(compare(address, old[address], None, None) for address in gone))


def _decide(done: Elaborated, solver: Callable[[], Solver], lock: Lock | None, result: Result) -> dict[str, LockedPool]:
    """Return the decision of every pool: from the lock where it answers the problem as it is now, else solved."""
    kept: dict[str, LockedPool | None] = {}
    waiting: list[tuple[PosedPool, Question]] = []
    for posed in done.posed:
        kept[posed.address], prior = None, None
        found = lock.believed(posed.problem) if lock is not None else None
        if isinstance(found, str):
            done.diagnostics.append(_not_believed(posed, found))
        elif found is not None and found.answers(posed.problem):
            kept[posed.address] = found
            continue
        elif found is not None:
            prior = found.decision
        waiting.append((posed, Question(posed.problem, prior)))
    if waiting:
        chosen = solver()
        answers = chosen.answers([question for _, question in waiting])
        for (posed, question), answer in zip(waiting, answers, strict=True):
            kept[posed.address] = _taken(done, posed, question, answer, chosen.name, result)
    return {address: entry for address, entry in kept.items() if entry is not None}


def _not_believed(posed: PosedPool, why: str) -> Diagnostic:
    return Diagnostic(
        Code.LOCK_FALSE, f"the lock's answer for {posed.address} is not used: {why}", Label(posed.spec.span, "solved again"),
        hints=("restore the lock from version control; to fix a decision, state it in the design",),
    )  # fmt: skip


def _taken(
    done: Elaborated, posed: PosedPool, question: Question, answer: Answer, solver: str, result: Result
) -> LockedPool | None:
    from rackc.compiler.lock import locked

    outcome = answer.outcome
    result.solved = (*result.solved, posed.address)
    match outcome:
        case Conflict():
            result.conflicts = (*result.conflicts, outcome)
            done.diagnostics.append(no_solution(posed, done.budgets.get(posed.address, ()), outcome))
            return None
        case Unknown():
            result.unknown = (*result.unknown, outcome)
            done.diagnostics.append(Diagnostic(
                Code.NOT_FOUND, f"no solution of {posed.address} was found in the effort given", Label(posed.spec.span),
                hints=("the design may still be possible: loosen a requirement, or offer fewer choices",),
            ))  # fmt: skip
            return None
        case _:
            return locked(question.problem, outcome, answer.comparison, solver)


def _pose_pools(done: Elaborated, work: Elaborator) -> None:
    """Pose every pool of the design, or report why it cannot be posed."""
    model = done.model
    assert model is not None
    owners = [(int(i), shape.pools) for _, shape, rows in model.standing() if shape.pools for i in rows]
    for instance, pools in sorted(owners, key=lambda owner: owner[0]):
        for spec in pools:
            wrong = list(check_attributes(spec))
            done.diagnostics.extend(wrong)
            if wrong:
                continue
            try:
                done.posed.append(_pose(done, work, model, instance, spec))
            except Fault as caught:
                if all(d.at != caught.diagnostic.at for d in done.diagnostics):
                    done.diagnostics.append(caught.diagnostic)
    done.diagnostics.extend(check_apart(done.posed, model))
    if done.posed and done.root is not None:
        done.posed, done.budgets = with_budgets(done.root, model, done.posed)
    for posed in done.posed:
        for check in OF_A_POOL:
            done.diagnostics.extend(check(model, posed))


def _pose(done: Elaborated, work: Elaborator, model: Model, instance: int, spec: PoolSpec) -> PosedPool:
    cables = shapes_named(spec, "cables", work.instantiate)
    want = wanted(model, spec, instance, cables)
    sharing = shared_groups(model, spec, want, instance)
    assignment = assignment_of(spec.values.get("assignment"), spec.spans.get("assignment", spec.span))
    workload, name = _workload(done, spec)
    demand_spec = next((d for d in workload.demands if d.name == name), None)
    if demand_spec is None:
        raise Fault(unknown(Code.UNKNOWN_NAME, f"demand of `{workload.name}`", name,
                            [d.name for d in workload.demands], spec.spans["demand"]))  # fmt: skip
    ref = model_of(workload, demand_spec)
    kv_model = work.instantiate(ref, demand_spec.span) if ref is not None else None
    _same_hosts(model, workload, want.hosts, spec)
    demand = demand_of(workload, demand_spec, len(want.hosts), assignment, done.program.loader.trace, kv_model, sharing)
    parts = Parts(shapes_named(spec, "modules", work.instantiate), cables, sharing, _sets())
    posed = pose(model, spec, instance, want, f"{workload.name}.{name}", demand, assignment, parts, places(model))
    if is_stated(demand_spec):  # it is what its own arguments say
        return posed
    return replace(posed, sources=(workload,) if kv_model is None else (workload, kv_model))


def _sets() -> AllowedSets:
    """Return what gives the host sets of a shape; loaded only where a pool is posed."""
    from rackc.compiler.optimize.pods.shapes import allowed_sets

    return allowed_sets


def _workload(done: Elaborated, spec: PoolSpec) -> tuple[Shape, str]:
    ref = spec.values.get("demand")
    span = spec.spans["demand"]
    if not isinstance(ref, DemandRef):
        raise Fault(Diagnostic(Code.DEMAND, "`demand` names a demand of a workload", Label(span),
                               hints=("write `demand = Chat.prefix`",)))  # fmt: skip
    root = done.root
    attached = [shape for _, shape in root.workloads] if root is not None else []
    name = ref.workload.definition.name
    found = next((shape for shape in attached if shape.name == name), None)
    if found is None:
        raise Fault(Diagnostic(Code.DEMAND, f"workload `{name}` is not part of design `{done.design}`", Label(span),
                               hints=(f"add it to the design: `load: {name}`",)))  # fmt: skip
    return found, ref.name


def _same_hosts(model: Model, workload: Shape, members: tuple[int, ...], spec: PoolSpec) -> None:
    """A workload that says where it runs must run on the pool's members, in their order."""
    if workload.on is None:
        return
    on = tuple(int(i) for chunk in workload.on.chunks for i in chunk.instances)
    if on != members:
        where = model.address(members[0]).split("[")[0] if members else "rack.host"
        raise Fault(Diagnostic(
            Code.DEMAND, f"`{workload.name}` runs on {len(on)} things, the pool has {len(members)} members",
            Label(spec.spans["members"], "these"), (Label(workload.span, "not the same as here"),),
            hints=(f"run it on the members: `workload {workload.name} on {where}[*]`",),
        ))  # fmt: skip


def _finish(done: Elaborated, solved: list[SolvedPool], result: Result) -> Result:
    """Realize, analyse, and run the checks that need a Plan."""
    assert done.model is not None
    assert done.root is not None
    model = done.model
    made = realize(model, done.design, done.sources, done.posed, solved)
    done.diagnostics.extend(made.diagnostics)
    for one in solved:
        done.diagnostics.extend(check_fewer_links(one.posed.address, one.posed.spec, one.decision))
    load = loads(made.plan)
    warm = heat(made.plan, load)
    stating = {id(shape): part_of(shape) for posed in done.posed for shape in posed.sources}
    report = analyse(made.plan, load, warm, tuple(stating.values()))
    open_pools = [p for p in done.posed if p.address not in {s.posed.address for s in solved}]
    waiting = frozenset(port for p in open_pools for ports in (*p.host_ports, *p.heads) for port in ports)
    spans = {p.address: p.spec.span for p in done.posed}
    planned = Planned(model, made.plan, report, load, warm, spans, made.laid, made.plugged, waiting)
    for check in OF_THE_PLAN:
        done.diagnostics.extend(check(planned))
    owners = frozenset(p.owner for p in done.posed)
    undecided = frozenset(p.owner for p in open_pools)
    facts = Facts(model, made.plan, report, load, warm, undecided, owners, bool(open_pools))
    judged = check_rules(done.root, facts)
    done.diagnostics.extend(judged.diagnostics)
    result.plan, result.report = made.plan, report
    result.rules_held, result.rules_waiting, result.broken = judged.held, judged.waiting, judged.broken
    goals = goals_of(done.root, facts, judged.broken)
    if isinstance(goals, Diagnostic):
        done.diagnostics.append(goals)
    else:
        result.goals = goals
    return _settled(done, result, complete=not open_pools)


def _settled(done: Elaborated, result: Result, *, complete: bool = False) -> Result:
    """Return the result with the findings in it, each with the way to its file.

    `complete` says that every check ran, on a Plan without open pools: only then is an allowance without use known.
    """
    allows, route = done.program.allows, done.program.routed
    found = settle(done.diagnostics, allows, done.settings, done.sources)
    if complete:
        unused = stale(allows, found, done.settings, done.sources, done.ran)
        found = settle((*done.diagnostics, *unused), allows, done.settings, done.sources)
    result.diagnostics, result.allowed = tuple(route(found.standing)), tuple(route(found.allowed))
    return result
