"""The command line: data to stdout, everything for a person to stderr, exit codes as documented in `EXITS`."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rackc import __version__

if TYPE_CHECKING:
    from rackc.backends.target import Emitted
    from rackc.compiler.lock import Lock
    from rackc.compiler.pipeline import Result
    from rackc.dsl.diagnostics import Diagnostic
    from rackc.dsl.tree import Definition
    from rackc.findings import Checked
    from rackc.formatting import Formatted
    from rackc.parts import Catalogue

FINE: Final = 0
AT_FAULT: Final = 1
USAGE: Final = 2
NO_SOLUTION: Final = 3
NOT_FOUND: Final = 4
DIFFERENT: Final = 5
OUR_BUG: Final = 70
INTERRUPTED: Final = 130

FORMATS: Final = ("text", "json", "sarif", "github", "junit")

EXITS: Final = """exit codes: 0 fine; 1 the design is at fault; 2 usage; 3 no solution exists (proved); 4 no solution found in
the effort given; 5 differences found; 70 a bug in rackc; 130 interrupted"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: file names need not be text
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (`rackc show | head`): let the interpreter not trip over the closed pipe at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except Exception:  # noqa: BLE001 (the one place where a bug of ours is met)
        from traceback import print_exc

        print_exc()
        print("this is a bug in rackc, please report it with the design that caused it", file=sys.stderr)
        return OUR_BUG


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="rackc", description="A compiler for AI racks.", epilog=EXITS,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    top.add_argument("--version", action="version", version=f"rackc {__version__}")
    commands = top.add_subparsers(required=True, metavar="command")

    check = commands.add_parser("check", help="parse, elaborate and check: no solving, no output files")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    _common(check, FORMATS)
    _severities(check)
    check.set_defaults(run=_check)

    build = commands.add_parser("build", help="the main job: check, optimize, emit all or the named targets")
    build.add_argument("file", type=Path, metavar="FILE")
    build.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="replaced as a whole, once all is well"
    )
    build.add_argument("--target", action="append", metavar="NAME", help="emit only this target (may be repeated)")
    build.add_argument("--relock", action="store_true", help="decide afresh, whatever the lock says")
    build.add_argument("--locked", action="store_true", help="fail (5) where the lock would change")
    _set(check)
    _set(build)
    _solving(build)
    build.add_argument("-v", "--verbose", action="store_true",
                       help="say how well each pool is solved, and what each format could not express")  # fmt: skip
    _common(build, FORMATS)
    _severities(build)
    build.set_defaults(run=_build)

    plan = commands.add_parser("plan", help="what a build would change against the lock; writes nothing")
    plan.add_argument("file", type=Path, metavar="FILE")
    plan.add_argument("--relock", action="store_true", help="decide afresh, and compare with the lock")
    _set(plan)
    _solving(plan)
    _common(plan)
    _severities(plan)
    plan.set_defaults(run=_plan)

    show = commands.add_parser(
        "show", help="one instance, port, link or pool of a design: what it is, where it comes from"
    )
    show.add_argument("address", metavar="ADDRESS", help="such as rack.compute[3].gpu[1].nvl[7]")
    show.add_argument("file", type=Path, metavar="FILE")
    _set(show)
    _common(show)
    show.set_defaults(run=_show)

    graph = commands.add_parser(
        "graph", help="the links of a design as a graph for other tools, to the standard output"
    )
    graph.add_argument("file", type=Path, metavar="FILE")
    graph.add_argument("--design", default="", metavar="NAME", help="which design, where a file has several")
    graph.add_argument("--format", choices=("graphml", "json", "dot"), default="graphml",
                       help="GraphML (the default), node-link JSON, or DOT")  # fmt: skip
    graph.add_argument("--level", choices=("ports", "parts", "trays", "racks"), default="parts",
                       help="what a node is; parts if left out. Trays and racks leave out the links inside one")  # fmt: skip
    graph.add_argument("--protocol", action="append", default=[], metavar="NAME",
                       help="only the links of this protocol (may be repeated)")  # fmt: skip
    _set(graph)
    graph.set_defaults(run=_graph)

    test = commands.add_parser("test", help="run the `test` definitions of files")
    test.add_argument("files", nargs="+", type=Path, metavar="FILE")
    test.add_argument("--only", default="", metavar="NAME", help="run one test")
    test.add_argument("--no-solve", action="store_true", help="leave pools undecided")
    test.add_argument("--format", choices=("text", "json", "sarif", "github", "junit"), default="text",
                      help="how to print what came of them")  # fmt: skip
    test.set_defaults(run=_test)
    fmt = commands.add_parser("fmt", help="set spaces, indentation and columns; words, lines and comments stay")
    fmt.add_argument("paths", nargs="*", type=Path, default=[Path()], metavar="FILE|DIR|-",
                     help="files, or folders with all that is in them; - for the standard input; the current folder if left out")  # fmt: skip
    fmt.add_argument("--check", action="store_true", help="write nothing; list what would change, and exit with 5")
    fmt.add_argument("--diff", action="store_true", help="write nothing; print what would change")
    fmt.set_defaults(run=_fmt)

    targets = commands.add_parser("targets", help="what a plan can be turned into")
    targets.add_argument("--format", choices=("text", "json"), default="text")
    targets.set_defaults(run=_targets)

    packages = commands.add_parser(
        "packages", help="the dependencies of a project; `packages lock` writes packages.lock"
    )
    packages.add_argument("words", nargs="*", metavar="[lock] [DIR|FILE]", help="the project's folder, or a file in it")
    packages.add_argument("--format", choices=("text", "json"), default="text")
    packages.set_defaults(run=_packages)

    parts = commands.add_parser(
        "parts", help="what the library and the project offer: `list`, `show NAME`, `search WORDS`"
    )
    parts.add_argument("words", nargs="*", metavar="[list] | show NAME | search WORD…",
                       help="all parts; one with its figures and sources; those that say every word")  # fmt: skip
    parts.add_argument("--format", choices=("text", "json"), default="text")
    parts.set_defaults(run=_parts)

    schema = commands.add_parser("schema", help="the JSON schema of a document")
    schema.add_argument("name", choices=("plan", "report", "lock", "findings", "changes", "parts"))
    schema.set_defaults(run=_schema)

    explain = commands.add_parser("explain", help="what a diagnostic code means, with an example")
    explain.add_argument("code", nargs="?", default="", metavar="CODE")
    explain.set_defaults(run=_explain)
    return top


def _common(parser: argparse.ArgumentParser, formats: tuple[str, ...] = ("text", "json")) -> None:
    parser.add_argument("--design", default="", metavar="NAME", help="which design, where a file has several")
    parser.add_argument("--format", choices=formats, default="text",
                        help="how to print findings and figures")  # fmt: skip


def _solving(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=_workers, metavar="N",
                       help="solve so many pools side by side; as many as there are cores if left out")  # fmt: skip
    where.add_argument("--cluster", type=_address, metavar="ADDRESS",
                       help="solve on the workers of a Dask scheduler, such as tcp://10.0.0.1:8786")  # fmt: skip


def _workers(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a number of processes from 1, not {text!r}")
    return int(text)


def _address(text: str) -> str:
    if re.fullmatch(r"(tcp|tls)://[^/\s]+:\d{1,5}", text) is None:
        raise argparse.ArgumentTypeError(f"an address such as tcp://10.0.0.1:8786, not {text!r}")
    return text


def _severities(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--severity", action="append", default=[], type=_severity, metavar="CODE=LEVEL",
                        help="grade a finding as error, warning, note or off (may be repeated)")  # fmt: skip


def _severity(text: str) -> tuple[str, str]:
    """Read `W0651=error`; argparse says on stderr what is wrong with it, and exits with 2."""
    from rackc.compiler.settings import why_not

    code, _, level = text.partition("=")
    code, level = code.strip().upper(), level.strip()
    if refused := why_not(code, level):
        raise argparse.ArgumentTypeError(refused)
    return code, level


def _set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], type=_fixed, metavar="NAME=VALUE", dest="fixed",
                        help="fix what the design leaves to `choose` (may be repeated)")  # fmt: skip


def _fixed(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"write NAME=VALUE, not {text!r}")
    return name.strip(), value.strip()


# ---------------------------------------------------------------- check and build


def _check(arguments: argparse.Namespace) -> int:
    from rackc.api import compile
    from rackc.findings import Checked, print_data, unreadable
    from rackc.reading import UnreadableError

    checked: list[Checked] = []
    for path in arguments.files:
        try:
            result = compile(path, design=arguments.design, solve=False, choices=dict(arguments.fixed),
                             severities=dict(arguments.severity))  # fmt: skip
            checked.append(Checked(path, result))
        except UnreadableError as error:
            checked.append(unreadable(path, error))
        if arguments.format == "text":
            _print_checked(checked[-1])
    if arguments.format != "text":
        print_data(checked, arguments.format)
    return AT_FAULT if any(each.result.failed for each in checked) else FINE


def _build(arguments: argparse.Namespace) -> int:
    wanted = _wanted_targets(arguments.target)
    if wanted is None:
        return USAGE
    from rackc.findings import Checked, print_data, print_text

    lock_path = _lock_path(arguments)
    severities = dict(arguments.severity)
    said: list[Diagnostic] = []
    old = None if arguments.relock else _read_lock(lock_path, said.append)
    result = _decided(arguments, old)
    if isinstance(result, int):
        return result
    code = _exit_of(result)
    if code == FINE and arguments.locked and (result.solved or result.chosen):
        said.append(_not_locked(result))
        code = DIFFERENT
    _add(result, said, severities)
    if arguments.format == "text":
        print_text(result.diagnostics, result.sources)
    code = code or _exit_of(result)
    if code == FINE:
        code = _emit(arguments, wanted, result, lock_path, old)
    if arguments.format != "text":
        print_data([Checked(arguments.file, result)], arguments.format, one=True)
    return code


def _plan(arguments: argparse.Namespace) -> int:
    from rackc.findings import print_json, print_text
    from rackc.planning import as_text, document, planned

    said: list[Diagnostic] = []
    old = _read_lock(_lock_path(arguments), said.append)
    result = _decided(arguments, old)
    if isinstance(result, int):
        return result
    _add(result, said, dict(arguments.severity))
    code = _exit_of(result)
    plan = planned(arguments.file, result, old)
    if arguments.format == "json":
        print_json(document(plan))
    else:
        print_text(result.diagnostics, result.sources)
        for line in as_text(plan) if code == FINE else ():
            print(line)
    return code or (DIFFERENT if plan.changed else FINE)


def _decided(arguments: argparse.Namespace, old: Lock | None) -> Result | int:
    """Compile as the arguments of `build` and `plan` say; an exit code where that cannot even begin."""
    from rackc.api import compile
    from rackc.interrupts import WorkerError
    from rackc.reading import UnreadableError

    try:
        return compile(
            arguments.file, design=arguments.design, lock=old, relock=arguments.relock, choices=dict(arguments.fixed),
            severities=dict(arguments.severity), workers=arguments.workers, cluster=arguments.cluster or "",
            progress=sys.stderr.isatty() and arguments.format == "text",
        )  # fmt: skip
    except UnreadableError as error:
        return _unreadable(error, arguments)
    except WorkerError as error:
        print(error, file=sys.stderr)
        return USAGE


def _lock_path(arguments: argparse.Namespace) -> Path:
    path: Path = arguments.file
    return path.with_name(path.name + ".lock")


def _add(result: Result, said: list[Diagnostic], severities: dict[str, str]) -> None:
    """Put what the command line itself has to say before the findings of the compiler."""
    from rackc.compiler.settings import Settings

    graded = map(Settings(severities).graded, said)
    result.diagnostics = (*(found for found in graded if found is not None), *result.diagnostics)


def _not_locked(result: Result) -> Diagnostic:
    from rackc.dsl.diagnostics import Code, Diagnostic, Label
    from rackc.dsl.source import NOWHERE

    return Diagnostic(Code.LOCK, f"the lock does not hold the decisions for {', '.join((*result.solved, *result.chosen))}", Label(NOWHERE),
                      hints=("build without --locked to decide",))  # fmt: skip


def _wanted_targets(names: list[str] | None) -> list[str] | None:
    from rackc.backends import TARGETS
    from rackc.dsl.diagnostics import closest

    for name in names or ():
        if name not in TARGETS:
            hint = "; ".join(closest(name, TARGETS))
            print(f"there is no target `{name}`{f'; {hint}' if hint else ''} (see `rackc targets`)", file=sys.stderr)
            return None
    return [name for name in TARGETS if not names or name in names]


def _exit_of(result: Result) -> int:
    if result.conflicts:
        return NO_SOLUTION
    if result.unknown:
        return INTERRUPTED if result.interrupted else NOT_FOUND
    return AT_FAULT if result.failed else FINE


def _emit(arguments: argparse.Namespace, wanted: list[str], result: Result, lock_path: Path, old: Lock | None) -> int:
    from rackc.backends import TARGETS
    from rackc.output import OutputError, write_file, write_outputs

    assert result.plan is not None
    assert result.report is not None
    emitted = {name: TARGETS[name][1]()(result.plan, result.report) for name in wanted}
    try:
        write_outputs(arguments.output, result.design, emitted)
        if result.lock is not None and result.lock != old:
            from rackc.compiler.lock import write_lock

            write_file(lock_path, write_lock(result.lock))
    except OutputError as error:
        print(error, file=sys.stderr)
        return USAGE
    if arguments.format == "text":
        _print_headline(arguments.file, result, verbose=arguments.verbose)
        if old is not None and result.solved:
            from rackc.planning import planned, summary

            print(f"  against the lock: {summary(planned(arguments.file, result, old))}")
        _print_emitted(arguments.output, emitted, verbose=arguments.verbose)
    return FINE


def _print_emitted(folder: Path, emitted: dict[str, Emitted], *, verbose: bool) -> None:
    from rackc.findings import count

    for name, made in emitted.items():
        limits = f", {count(len(made.losses), 'limit')} of the format" if made.losses else ""
        print(f"  {folder}/{name}: {count(len(made.files), 'file')}{limits}")
        if verbose:
            for loss in made.losses:
                print(f"    {loss}")
    if not verbose and any(made.losses for made in emitted.values()):
        print(f"  what each format could not express: {folder}/manifest.json, or build with -v")


def _read_lock(path: Path, complain: Callable[[Diagnostic], None] | None = None) -> Lock | None:
    """Return the lock beside a design, None where there is none; one that cannot be used is said, to stderr at least."""
    if not path.is_file():
        return None
    from rackc.compiler.lock import read_lock

    try:
        found = read_lock(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        found = str(error)
    if not isinstance(found, str):
        return found
    from rackc.dsl.diagnostics import Code, Diagnostic, Label
    from rackc.dsl.source import Span
    from rackc.findings import print_text

    unused = Diagnostic(Code.LOCK_UNREADABLE, f"{path} cannot be used, deciding afresh: {found}",
                        Label(Span(str(path), 0, 0)))  # fmt: skip
    if complain is None:
        print_text([unused], {})
    else:
        complain(unused)
    return None


# ---------------------------------------------------------------- fmt


def _fmt(arguments: argparse.Namespace) -> int:
    from rackc.findings import print_text, unreadable_finding
    from rackc.reading import UnreadableError, rack_files, read_bytes

    codes = {FINE}
    paths = {
        os.path.realpath(p): p
        for given in arguments.paths
        for p in ((given,) if _is_stdin(given) else rack_files(given))
    }
    for path in paths.values():
        try:
            data = sys.stdin.buffer.read() if _is_stdin(path) else read_bytes(path)
            codes.add(_fmt_one(path, data, arguments))
        except UnreadableError as error:
            print_text([unreadable_finding(path, error)], {})
            codes.add(AT_FAULT)
    return next(code for code in (USAGE, AT_FAULT, DIFFERENT, FINE) if code in codes)


def _is_stdin(path: Path) -> bool:
    return str(path) == "-"


def _fmt_one(path: Path, data: bytes, arguments: argparse.Namespace) -> int:
    from rackc.findings import print_text
    from rackc.formatting import difference, formatted

    one = formatted("<stdin>" if _is_stdin(path) else str(path), data)
    if one.faults:
        print_text(one.faults, {one.source.name: one.source})
        return AT_FAULT
    if arguments.diff:
        _put("".join(difference(one)))
    elif arguments.check:
        _put(f"{one.source.name}\n" if one.changed else "")
    elif _is_stdin(path):
        _put(one.after)
    elif one.changed:
        return _rewrite(path, one)
    return DIFFERENT if arguments.check and one.changed else FINE


def _rewrite(path: Path, one: Formatted) -> int:
    from rackc.output import OutputError, write_file

    try:
        write_file(Path(os.path.realpath(path)), one.after)  # a link stays one
    except OutputError as error:
        print(error, file=sys.stderr)
        return USAGE
    print(f"formatted {path}", file=sys.stderr)
    return FINE


def _put(text: str) -> None:
    """Print a design's own text: UTF-8, whatever the terminal speaks."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))


# ---------------------------------------------------------------- printing


def _unreadable(error: Exception, arguments: argparse.Namespace) -> int:
    """Print the finding for a file that could not be read."""
    from rackc.findings import print_data, print_text, unreadable

    checked = unreadable(arguments.file, error)
    if arguments.format == "text":
        print_text(checked.findings, {})
    else:
        print_data([checked], arguments.format, one=True)
    return AT_FAULT


def _print_checked(checked: Checked) -> None:
    from rackc.findings import print_text

    print_text(checked.result.diagnostics, checked.result.sources)
    _print_headline(checked.path, checked.result)


def _print_headline(path: Path, result: Result, *, verbose: bool = False) -> None:
    from rackc.backends.report.summary import headline
    from rackc.findings import count, counted

    print(f"{path}: {counted(result)}")
    if result.plan is None or result.report is None:
        return
    for line in headline(result.plan, result.report):
        print(f"  {line}")
    if result.report.combinations:
        from rackc.backends.report.summary import decisions

        kept = ", ".join(f"{d.name} = {d.answer}" for d in result.decisions)
        print(f"  best of {len(result.report.combinations)} combinations: {kept}")
        for line in decisions(result.report.combinations):
            print(f"    {line}")
    for code, reason in dict.fromkeys((d.code.value, d.allowed) for d in result.allowed):
        print(f"  allowed: {code} {reason}")
    if result.rules_held or result.rules_waiting:
        waiting = f", {result.rules_waiting} await decisions" if result.rules_waiting else ""
        print(f"  {count(result.rules_held, 'requirement')} {'holds' if result.rules_held == 1 else 'hold'}{waiting}")
    for pool in result.undecided:
        print(f"  {pool} is undecided: `rackc build` decides it")
    if result.solved:
        print(f"  decided by the solver: {', '.join(result.solved)}")
    elif result.lock is not None and not result.chosen:
        print("  decisions taken from the lock; nothing was solved")
    if verbose and result.plan.pools:
        from rackc.progress import how_well

        for line in how_well(result.plan.pools):
            print(f"    {line}")


# ---------------------------------------------------------------- tests


def _test(arguments: argparse.Namespace) -> int:
    from rackc.api import run_tests
    from rackc.findings import Checked, count, document, print_data, print_json, print_text, unreadable
    from rackc.reading import UnreadableError

    checked: list[Checked] = []
    documents: list[dict[str, Any]] = []
    told: set[Diagnostic] = set()  # what is wrong with a file is said once, not with each of its tests
    for path in arguments.files:
        try:
            for test, result in run_tests(path, only=arguments.only, solve=not arguments.no_solve):
                checked.append(Checked(path.with_name(f"{path.name}:{test.name}"), result))
                documents.append({"test": test.name, "passed": not result.failed, **document(Checked(path, result))})
                if arguments.format == "text":
                    _print_test(path, test, result, told)
        except UnreadableError as error:
            checked.append(unreadable(path, error))
            if arguments.format == "text":
                print_text(checked[-1].findings, {})
    failed = sum(each.result.failed for each in checked)
    if arguments.format == "json":
        print_json(documents)
    elif arguments.format != "text":
        print_data(checked, arguments.format)
    else:
        print(f"{count(len(checked) - failed, 'test')} passed, {failed or 'none'} failed")
    if not checked:
        print(f"there is no test {f'`{arguments.only}` ' if arguments.only else ''}in these files", file=sys.stderr)
        return USAGE
    return AT_FAULT if failed else FINE


def _print_test(path: Path, test: Definition, result: Result, told: set[Diagnostic]) -> None:
    from rackc.findings import print_text

    word, doc = "FAILED" if result.failed else "ok    ", f": {test.doc}" if test.doc else ""
    print(f"{word}  {path}: {test.name}{doc}", flush=True)
    if result.failed:
        print_text([d for d in result.diagnostics if d not in told], result.sources)
        told.update(result.diagnostics)


# ---------------------------------------------------------------- the rest


def _as_locked(arguments: argparse.Namespace) -> Result:
    """Compile a design with the decisions of its lock, and say on stderr what is open or was picked without one.

    Raises UnreadableError.
    """
    from rackc.api import compile

    lock = _read_lock(_lock_path(arguments))
    result = compile(
        arguments.file, design=arguments.design, lock=lock, solve=lock is not None, choices=dict(arguments.fixed)
    )
    for pool in result.undecided:
        print(f"{pool} is undecided, its links are left out: `rackc build` decides it", file=sys.stderr)
    if result.chosen:
        picked = ", ".join(f"{d.name} = {d.answer}" for d in result.decisions if d.name in result.chosen)
        print(f"best of the combinations, not locked: {picked}", file=sys.stderr)
    return result


def _show(arguments: argparse.Namespace) -> int:
    from rackc.findings import print_json, print_text
    from rackc.reading import UnreadableError
    from rackc.showing import shown

    try:
        result = _as_locked(arguments)
    except UnreadableError as error:
        return _unreadable(error, arguments)
    if result.plan is None:
        print_text(result.diagnostics, result.sources)
        return _exit_of(result) or AT_FAULT
    found = shown(result.plan, arguments.address)
    if isinstance(found, str):
        print(found, file=sys.stderr)
        return AT_FAULT
    if arguments.format == "json":
        print_json(dict(found))
        return FINE
    width = max(len(name) for name, _ in found)
    for name, value in found:
        print(f"{name:<{width}}  {value}")
    return FINE


def _graph(arguments: argparse.Namespace) -> int:
    from rackc.backends.graph import FORMATS, graph_of
    from rackc.dsl.diagnostics import closest
    from rackc.findings import count, print_text, unreadable_finding
    from rackc.reading import UnreadableError

    try:
        result = _as_locked(arguments)
    except UnreadableError as error:
        print_text([unreadable_finding(arguments.file, error)], {})
        return AT_FAULT
    if result.plan is None:
        print_text(result.diagnostics, result.sources)
        return _exit_of(result) or AT_FAULT
    known = result.plan.columns.protocols
    for name in arguments.protocol:
        if name not in known:
            hint = "; ".join(closest(name, known))
            print(f"no link speaks `{name}`{f'; {hint}' if hint else ''}", file=sys.stderr)
            return USAGE
    graph = graph_of(result.plan, arguments.level, arguments.protocol)
    for piece in FORMATS[arguments.format](graph):
        _put(piece)
    if graph.inside:
        node = {"parts": "part", "trays": "tray", "racks": "rack"}.get(arguments.level, "node")
        print(f"left out: {count(graph.inside, 'link')} inside one {node}", file=sys.stderr)
    return FINE


def _targets(arguments: argparse.Namespace) -> int:
    from rackc.backends import TARGETS

    if arguments.format == "json":
        from rackc.findings import print_json

        print_json([{"name": name, "summary": summary} for name, (summary, _) in TARGETS.items()])
        return FINE
    for name, (summary, _) in TARGETS.items():
        print(f"{name:<10} {summary}")
    return FINE


def _packages(arguments: argparse.Namespace) -> int:
    from rackc.findings import print_json, print_text
    from rackc.listing import as_data, as_text, lock_packages
    from rackc.output import OutputError
    from rackc.workspace import open_workspace

    locking = arguments.words[:1] == ["lock"]
    places = [Path(word) for word in arguments.words[locking:]] or [Path()]
    if len(places) > 1 or not places[0].exists():
        print("name one file or folder that is there, or none for this one", file=sys.stderr)
        return USAGE
    folder = places[0] if places[0].is_dir() else places[0].parent
    workspace = open_workspace(folder, locking=locking)
    if workspace.project is None:
        print(f"there is no rack.toml in {folder}, nor above it", file=sys.stderr)
        return USAGE
    print_text(workspace.findings, {source.name: source for source in workspace.sources})
    if locking and not workspace.findings:
        try:
            workspace = lock_packages(workspace, folder)
        except OutputError as error:
            print(error, file=sys.stderr)
            return USAGE
    if arguments.format == "json":
        print_json(as_data(workspace))
    else:
        print(as_text(workspace), end="")
    return AT_FAULT if workspace.findings else FINE


def _parts(arguments: argparse.Namespace) -> int:
    from rackc.parts import as_list, open_catalogue, search, summary

    verb, *words = arguments.words or ["list"]
    wanted = {"list": not words, "show": len(words) == 1, "search": bool(words)}
    if not wanted.get(verb, False):
        print("write `rackc parts`, `rackc parts show NAME` or `rackc parts search WORD…`", file=sys.stderr)
        return USAGE
    catalogue = open_catalogue(Path())
    if verb == "show":
        return _show_part(catalogue, words[0], arguments.format)
    found = search(catalogue, words) if verb == "search" else catalogue.parts
    if arguments.format == "json":
        from rackc.findings import print_json

        print_json([summary(catalogue, one) for one in found])
    else:
        print("\n".join(as_list(found)) or f"no part says {' and '.join(words)}")
    return FINE if found else AT_FAULT


def _show_part(catalogue: Catalogue, name: str, form: str) -> int:
    from rackc.findings import print_json
    from rackc.parts import as_text, detail, full_name, unknown

    found = catalogue.named(name)
    if len(found) != 1:
        several = f"`{name}` is in several modules: {', '.join(full_name(one) for one in found)}"
        print(several if found else unknown(catalogue, name), file=sys.stderr)
        return USAGE
    if form == "json":
        print_json(detail(catalogue, found[0]))
    else:
        print("\n".join(as_text(catalogue, found[0])))
    return FINE


def _schema(arguments: argparse.Namespace) -> int:
    from pydantic import BaseModel

    from rackc.findings import print_json

    model: type[BaseModel]
    if arguments.name == "plan":
        from rackc.backends.plan.document import PlanDocument as model
    elif arguments.name == "report":
        from rackc.backends.report.document import ReportDocument as model
    elif arguments.name == "findings":
        from rackc.findings_schema import Findings as model
    elif arguments.name == "changes":
        from rackc.changes_schema import Changes as model
    elif arguments.name == "parts":
        from rackc.parts_schema import Parts as model
    else:
        from rackc.compiler.lock import Lock as model
    print_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()})
    return FINE


def _explain(arguments: argparse.Namespace) -> int:
    from rackc.dsl.diagnostics import Code, closest
    from rackc.dsl.explain import page, title

    if not arguments.code:
        for code in Code:
            print(f"{code.value}  {title(code)}")
        return FINE
    wanted = arguments.code.upper()
    if wanted not in set(Code):
        hint = "; ".join(closest(wanted, [c.value for c in Code]))
        print(
            f"there is no code {arguments.code}{f'; {hint}' if hint else ''}; `rackc explain` lists all",
            file=sys.stderr,
        )
        return USAGE
    print(page(Code(wanted)), end="")
    return FINE
