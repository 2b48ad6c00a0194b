"""The way through for a whole file: every combination of what the design decides with `choose`, and the best of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rackc.compiler.analyse.report import CombinationReport
from rackc.compiler.choices import MAX_COMBINATIONS, Choices, at_least, next_given, unmet
from rackc.compiler.loading import Loader
from rackc.compiler.modules import Program, design_of, link_modules
from rackc.compiler.pipeline import Elaborated, Result, Solver, build_one, check_one, elaborate
from rackc.compiler.rules import Goal
from rackc.compiler.settings import DEFAULTS, Settings
from rackc.compiler.settle import settle
from rackc.compiler.values import Spoilt
from rackc.dsl import tree
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.source import Source

if TYPE_CHECKING:
    from rackc.compiler.lock import Lock, LockedChoice

#: Finishes one combination: checks it, or builds it.
Finish = Callable[[Elaborated], Result]


def check(source: Source, loader: Loader, design: str = "", settings: Settings = DEFAULTS) -> Result:
    """Check a design without solving anything; `settings` also fix decisions, by their words."""
    program = link_modules(source, loader)
    return _design(program, design, settings, check_one, None)


def build(
    source: Source, loader: Loader, solver: Callable[[], Solver], lock: Lock | None, design: str = "",
    settings: Settings = DEFAULTS, *, relock: bool = False,
) -> Result:  # fmt: skip
    """Check a design, decide what it leaves open, and return its Plan. `solver` is called only if it is needed.

    With `relock` the lock is only what the answer is compared with.
    """
    program = link_modules(source, loader)
    used = None if relock else lock
    return _design(program, design, settings, lambda done: build_one(done, solver, used, lock), used)


def tests(
    source: Source,
    loader: Loader,
    solver: Callable[[], Solver] | None,
    only: str = "",
    settings: Settings = DEFAULTS,
) -> Iterator[tuple[tree.Definition, Result]]:
    """Yield each `test` of a file (or the one called `only`) with what came of it; without a solver pools stay open."""
    program = link_modules(source, loader)
    for statement in program.modules[""].statements:
        if isinstance(statement, tree.Definition) and statement.kind == "test" and only in ("", statement.name):
            finish = check_one if solver is None else (lambda done: build_one(done, solver, None))
            yield statement, _first_failed(_judged(r, statement) for r in _each(program, statement, settings, finish))


def _each(program: Program, design: tree.Definition, settings: Settings, finish: Finish) -> Iterator[Result]:
    """Yield what comes of each combination in turn; the first alone where there are too many."""
    given: dict[str, int] | None = {}
    count = 0
    while given is not None:
        done = elaborate(program, design, Choices(given, settings.fixed), settings)
        count += 1
        given = next_given(done.decisions)
        total = max(count + (given is not None), at_least(done.decisions))
        if total > MAX_COMBINATIONS:
            done.diagnostics.append(_too_many(total, done))
            given = None
        yield finish(done)


def _first_failed(results: Iterator[Result]) -> Result:
    """Return the first combination that fails, the last where none does: a test must pass whatever is decided."""
    for result in results:
        if result.failed:
            break
    return result


def _judged(result: Result, test: tree.Definition) -> Result:
    """Hold what was found against what the test expects: findings expected are taken out, those missing are put in."""
    wanted = {word.name: word for word in result.expected}
    found = {d.code.value for d in result.diagnostics}
    left = [_with_decisions(d, result) for d in result.diagnostics if d.code.value not in wanted]
    for code, word in wanted.items() if not any(d.is_error for d in left) else ():
        if code not in found:
            left.append(Diagnostic(Code.EXPECTATION, f"`{test.name}` expects {code}, which was not found", Label(word.span, "expected"),
                                   hints=("break the rule in the test, or expect what is found",)))  # fmt: skip
    result.diagnostics = tuple(left)
    return result


def _with_decisions(found: Diagnostic, result: Result) -> Diagnostic:
    """Say of an error in a test which options were taken."""
    if not found.is_error or not result.decisions:
        return found
    return replace(found, notes=(*found.notes, f"with {', '.join(f'{d.name} = {d.answer}' for d in result.decisions)}"))


def _design(program: Program, design: str, settings: Settings, finish: Finish, lock: Lock | None) -> Result:
    chosen = design_of(program, design)
    if isinstance(chosen, Diagnostic):
        # A file that could not be read whole may well have had its design in the part that was dropped.
        failed = any(d.is_error for d in program.diagnostics)
        found = program.diagnostics if failed else [*program.diagnostics, chosen]
        settled = settle(found, program.allows, settings, program.sources)
        standing, allowed = (tuple(program.routed(part)) for part in (settled.standing, settled.allowed))
        return Result(program.sources, standing, allowed, design=design)
    return _best(program, chosen, settings, finish, lock)


def _best(program: Program, design: tree.Definition, settings: Settings, finish: Finish, lock: Lock | None) -> Result:
    """Try every combination, and return the best with the table of all."""
    choice = lock.choice if lock is not None else None
    kept = _from_lock(program, design, settings, finish, choice) if choice is not None else None
    if kept is not None:
        return kept
    met: set[str] = set()
    results = []
    for result in _each(program, design, settings, finish):
        results.append(result)
        met |= {*program.choices.met, *program.choices.refused}
    wrong = tuple(unmet(settings.fixed, met))
    if wrong:
        results[0].diagnostics = (*wrong, *results[0].diagnostics)
    if wrong or len(results) == 1:
        return results[0]
    return _of_many(results, program, design, settings, finish)


def _too_many(count: int, done: Elaborated) -> Diagnostic:
    open_ones = [d for d in done.decisions if not d.fixed and len(d.options) > 1]
    return Diagnostic(
        Code.LIMIT, f"the decisions have {count:,} combinations or more, the limit is {MAX_COMBINATIONS}",
        Label(open_ones[-1].span, f"{len(open_ones[-1].options)} options"),
        tuple(Label(d.span, f"{len(d.options)} options") for d in open_ones[:-1]),
        (f"fix one: `--set {open_ones[0].name}={open_ones[0].answer}`, or offer fewer options",),
    )  # fmt: skip


def _of_many(
    results: list[Result], program: Program, design: tree.Definition, settings: Settings, finish: Finish
) -> Result:
    """Return the best of several combinations, with the table of all."""
    fitting = [result for result in results if not result.failed]
    if not fitting:
        return _none_holds(results, design)
    best = min(fitting, key=_rank)
    table = tuple(_row(result, best) for result in results)
    if len(fitting) > 1 and not best.goals and not best.undecided:
        best.diagnostics = (*best.diagnostics, _no_goal(design, best))
    if finish is check_one:
        return _with_table(best, table)
    best.chosen = tuple(d.name for d in best.decisions if not d.fixed)
    return _locked(_with_table(best, table), table, program, settings)


def _rank(result: Result) -> tuple[Any, ...]:
    """Order of the combinations that hold: preferences first, unless the goals place them, then the goals as written."""
    named = any("preferences" in goal.words for goal in result.goals)
    return (Fraction(0) if named else result.broken, *(goal.value.value for goal in result.goals))


def _row(result: Result, best: Result) -> CombinationReport:
    error = next((d for d in result.diagnostics if d.is_error), None)
    outcome = "no solution" if result.conflicts else "fails" if error else "kept" if result is best else "holds"
    return CombinationReport(
        tuple((d.name, d.answer) for d in result.decisions), outcome,
        tuple((goal.words, _reached(goal, result)) for goal in result.goals), float(result.broken),
        "" if error is None else f"{error.code}, {error.message}",
    )  # fmt: skip


def _reached(goal: Goal, result: Result) -> str:
    """Return a goal's value; with a cost, how many things it leaves out for want of a price."""
    missing = sum(n for _, n in result.report.unpriced) if result.report is not None and "cost" in goal.words else 0
    return f"{goal.value} + {missing} without a price" if missing else str(goal.value)


def _with_table(result: Result, table: tuple[CombinationReport, ...]) -> Result:
    assert result.report is not None
    result.report = replace(result.report, combinations=table)
    return result


def _locked(result: Result, table: tuple[CombinationReport, ...], program: Program, settings: Settings) -> Result:
    """Add to the lock what was chosen, and the fingerprint of all that the choice rests on."""
    from rackc.compiler.lock import Lock, LockedChoice  # pydantic is needed only where something was decided

    modules = tuple(sorted(program.modules))
    picked = {d.name: d.picked for d in result.decisions}
    digest = _digest(program, modules, settings, picked, table)
    choice = LockedChoice(digest=digest, modules=modules, picked=picked, table=table)
    result.lock = Lock(pools=result.lock.pools if result.lock is not None else {}, choice=choice)
    return result


def _from_lock(
    program: Program, design: tree.Definition, settings: Settings, finish: Finish, kept: LockedChoice
) -> Result | None:
    """Return the combination that the lock names, where nothing has changed and its pools are answered there too."""
    if not all(_known(program, name, design) for name in kept.modules):
        return None
    if _digest(program, kept.modules, settings, kept.picked, kept.table) != kept.digest:
        return None
    result = finish(elaborate(program, design, Choices(kept.picked, settings.fixed), settings))
    if (
        result.failed
        or result.solved
        or result.undecided
        or {d.name: d.picked for d in result.decisions} != kept.picked
    ):
        return None
    return _locked(_with_table(result, kept.table), kept.table, program, settings)


def _known(program: Program, name: str, design: tree.Definition) -> bool:
    """Whether a module is there: read already, or found by its name as it was then."""
    try:
        return name in program.modules or not isinstance(program.load(name, design.name_span, ""), Diagnostic)
    except Spoilt:
        return False


def _digest(
    program: Program, modules: tuple[str, ...], settings: Settings, picked: Mapping[str, int],
    table: tuple[CombinationReport, ...],
) -> str:  # fmt: skip
    """Return the fingerprint of the modules' texts and of the answer; traces are in the fingerprints of the pools."""
    from hashlib import sha256

    whole = sha256()
    texts = [program.sources[program.modules[name].source].text for name in modules]
    answer = (repr(sorted(picked.items())), repr(table))
    for text in (*texts, *answer, *(f"{k}={v}" for k, v in sorted(settings.fixed.items()))):
        whole.update(f"{len(text)}:".encode() + text.encode("utf-8", "surrogatepass"))
    return whole.hexdigest()


def _no_goal(design: tree.Definition, result: Result) -> Diagnostic:
    open_ones = [d for d in result.decisions if not d.fixed and len(d.options) > 1]
    return Diagnostic(
        Code.NO_GOAL, f"`{design.name}` does not say which combination is the best", Label(design.name_span, "has no goal"),
        tuple(Label(d.span, "decided here") for d in open_ones), ("add one to the design: `minimize bom.cost then power.peak`",),
    )  # fmt: skip


def _none_holds(results: list[Result], design: tree.Definition) -> Result:
    """Return the combination with the fewest faults, with what each of the others fails by."""
    least = min(results, key=lambda result: sum(d.is_error for d in result.diagnostics))
    if len({tuple(d.code for d in r.diagnostics if d.is_error) for r in results}) == 1:
        return least  # the same faults whatever is decided: they say it all
    rows = [_row(result, least) for result in results]
    notes = tuple(f"{', '.join(f'{name} = {option}' for name, option in row.picked)}: {row.why}" for row in rows)
    least.diagnostics = (*least.diagnostics, Diagnostic(
        Code.NO_COMBINATION, f"none of the {len(results)} combinations of `{design.name}` holds", Label(design.name_span, "this design"),
        hints=("the findings above are those of the combination with the fewest",), notes=notes[:8],
    ))  # fmt: skip
    return least
