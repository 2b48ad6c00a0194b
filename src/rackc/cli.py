"""The command line: data to stdout, everything for a person to stderr, exit codes as documented in `EXITS`."""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rackc import __version__
from rackc.backends import TARGETS

if TYPE_CHECKING:
    from rackc.backends.target import Emitted
    from rackc.compiler.lock import Lock
    from rackc.compiler.pipeline import Result
    from rackc.dsl.diagnostics import Diagnostic
    from rackc.findings import Checked

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
        traceback.print_exc()
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
    build.add_argument("-v", "--verbose", action="store_true", help="say what each format could not express")
    _common(build, FORMATS)
    _severities(build)
    build.set_defaults(run=_build)

    show = commands.add_parser(
        "show", help="one instance, port, link or pool of a design: what it is, where it comes from"
    )
    show.add_argument("address", metavar="ADDRESS", help="such as rack.compute[3].gpu[1].nvl[7]")
    show.add_argument("file", type=Path, metavar="FILE")
    _common(show)
    show.set_defaults(run=_show)

    targets = commands.add_parser("targets", help="what a plan can be turned into")
    targets.add_argument("--format", choices=("text", "json"), default="text")
    targets.set_defaults(run=_targets)

    schema = commands.add_parser("schema", help="the JSON schema of a document")
    schema.add_argument("name", choices=("plan", "report", "lock", "findings"))
    schema.set_defaults(run=_schema)

    explain = commands.add_parser("explain", help="what a diagnostic code means, with an example")
    explain.add_argument("code", nargs="?", default="", metavar="CODE")
    explain.set_defaults(run=_explain)
    return top


def _common(parser: argparse.ArgumentParser, formats: tuple[str, ...] = ("text", "json")) -> None:
    parser.add_argument("--design", default="", metavar="NAME", help="which design, where a file has several")
    parser.add_argument("--format", choices=formats, default="text",
                        help="how to print findings and figures")  # fmt: skip


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


# ---------------------------------------------------------------- check and build


def _check(arguments: argparse.Namespace) -> int:
    from rackc.api import compile
    from rackc.findings import Checked, print_data, unreadable
    from rackc.loader import UnreadableError

    checked: list[Checked] = []
    for path in arguments.files:
        try:
            result = compile(path, design=arguments.design, solve=False, severities=dict(arguments.severity))
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
    from rackc.api import compile
    from rackc.findings import Checked, print_data, print_text
    from rackc.loader import UnreadableError

    lock_path = arguments.file.with_name(arguments.file.name + ".lock")
    severities = dict(arguments.severity)
    said: list[Diagnostic] = []
    old = None if arguments.relock else _read_lock(lock_path, said.append)
    try:
        result = compile(arguments.file, design=arguments.design, lock=old, severities=severities,
                         progress=sys.stderr.isatty() and arguments.format == "text")  # fmt: skip
    except UnreadableError as error:
        return _unreadable(error, arguments)
    code = _exit_of(result)
    if code == FINE and arguments.locked and result.solved:
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


def _add(result: Result, said: list[Diagnostic], severities: dict[str, str]) -> None:
    """Put what the command line itself has to say before the findings of the compiler."""
    from rackc.compiler.settings import Settings

    graded = map(Settings(severities).graded, said)
    result.diagnostics = (*(found for found in graded if found is not None), *result.diagnostics)


def _not_locked(result: Result) -> Diagnostic:
    from rackc.dsl.diagnostics import Code, Diagnostic, Label
    from rackc.dsl.source import NOWHERE

    return Diagnostic(Code.LOCK, f"the lock does not hold the decisions for {', '.join(result.solved)}", Label(NOWHERE),
                      hints=("build without --locked to decide",))  # fmt: skip


def _wanted_targets(names: list[str] | None) -> list[str] | None:
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
        _print_headline(arguments.file, result)
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


def _print_headline(path: Path, result: Result) -> None:
    from rackc.backends.report.summary import headline
    from rackc.findings import count, counted

    print(f"{path}: {counted(result)}")
    if result.plan is None or result.report is None:
        return
    for line in headline(result.plan, result.report):
        print(f"  {line}")
    if result.rules_held or result.rules_waiting:
        waiting = f", {result.rules_waiting} await decisions" if result.rules_waiting else ""
        print(f"  {count(result.rules_held, 'requirement')} {'holds' if result.rules_held == 1 else 'hold'}{waiting}")
    for pool in result.undecided:
        print(f"  {pool} is undecided: `rackc build` decides it")
    if result.solved:
        print(f"  decided by the solver: {', '.join(result.solved)}")
    elif result.lock is not None:
        print("  decisions taken from the lock; nothing was solved")


# ---------------------------------------------------------------- the rest


def _show(arguments: argparse.Namespace) -> int:
    from rackc.api import compile
    from rackc.findings import print_json, print_text
    from rackc.loader import UnreadableError
    from rackc.showing import shown

    try:
        lock = _read_lock(arguments.file.with_name(arguments.file.name + ".lock"))
        result = compile(arguments.file, design=arguments.design, lock=lock, solve=lock is not None)
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


def _targets(arguments: argparse.Namespace) -> int:
    if arguments.format == "json":
        from rackc.findings import print_json

        print_json([{"name": name, "summary": summary} for name, (summary, _) in TARGETS.items()])
        return FINE
    for name, (summary, _) in TARGETS.items():
        print(f"{name:<10} {summary}")
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
