"""Commands, formats and exit codes of the command line."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.examples.building import ROOT, built, copied, plan, run

_SMALL = """edition 2026
from std.memory import rdimm_64
rack R: std.racks.Eia42 { }
design Main { rack: R }
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "d.rack"
    path.write_text(text, encoding="utf-8")
    return path


def test_version() -> None:
    assert run("--version").stdout.strip() == "rackc 0.1.0"


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("build", "x.rack"), ("schema", "nonsense")])
def test_usage_is_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).returncode == 2


def test_an_unknown_target_is_usage_with_a_hint(tmp_path: Path) -> None:
    _write(tmp_path, _SMALL)
    done = run("build", "d.rack", "-o", "out", "--target", "simgrit", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean `simgrid`" in done.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = run("check", "nothing.rack", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error[E0209]: nothing.rack: No such file")


def test_findings_as_json(tmp_path: Path) -> None:
    _write(tmp_path, _SMALL.replace("rack: R", "rack: Q"))
    done = run("check", "--format", "json", "d.rack", cwd=tmp_path)
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)
    (diagnostic,) = found["diagnostics"]
    assert (diagnostic["code"], diagnostic["at"]["line"], diagnostic["at"]["column"]) == ("E0202", 4, 21)
    assert done.stderr == ""


def test_the_smallest_design_builds_every_target(tmp_path: Path) -> None:
    _write(tmp_path, _SMALL)
    done = run("build", "d.rack", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "d.rack.lock").exists()
    assert {p.name for p in (tmp_path / "out").iterdir()} >= {"manifest.json", "plan", "bom", "report", "elevation"}


@pytest.mark.parametrize("name", ["nvl72", "leo_pool", "fusion"])
def test_plan_json_keeps_its_published_schema(name: str) -> None:
    schema = json.loads(run("schema", "plan").stdout)
    jsonschema.Draft202012Validator(schema).validate(plan(name))


def test_report_and_lock_keep_their_published_schemas() -> None:
    built("leo_pool")
    report = json.loads((built("leo_pool") / "report" / "report.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(run("schema", "report").stdout)).validate(report)
    lock = json.loads((copied() / "leo_pool.rack.lock").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(run("schema", "lock").stdout)).validate(lock)


def test_the_manifest_names_every_file_and_every_loss() -> None:
    manifest = json.loads((built("nvl72") / "manifest.json").read_text(encoding="utf-8"))
    files = {str(p.relative_to(built("nvl72"))) for p in built("nvl72").rglob("*") if p.is_file()}
    named = {f"{target}/{path}" for target, row in manifest["targets"].items() for path in row["files"]}
    assert files == named | {"manifest.json"}
    assert any("SHARP" in loss for loss in manifest["targets"]["astra-sim"]["not_expressed"])


def test_a_folder_of_someone_else_is_not_replaced(tmp_path: Path) -> None:
    _write(tmp_path, _SMALL)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    done = run("build", "d.rack", "-o", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert "holds `thesis.tex`, which rackc did not write" in done.stderr
    assert (tmp_path / "out" / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize(
    "manifest", ["{}", '{"name": "a browser extension"}', '{"format": "rackc-manifest-1", "targets": {}}']
)
def test_a_manifest_alone_makes_no_folder_ours(tmp_path: Path, manifest: str) -> None:
    design = _write(tmp_path, _SMALL)
    (tmp_path / "manifest.json").write_text(manifest)
    done = run("build", "d.rack", "-o", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert design.read_text(encoding="utf-8") == _SMALL
    assert (tmp_path / "manifest.json").read_text() == manifest


def test_notes_in_an_output_folder_are_kept(tmp_path: Path) -> None:
    _write(tmp_path, _SMALL)
    assert run("build", "d.rack", "-o", "out", "--target", "bom", cwd=tmp_path).returncode == 0
    assert run("build", "d.rack", "-o", "out", "--target", "plan", cwd=tmp_path).returncode == 0
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert run("build", "d.rack", "-o", "out", cwd=tmp_path).returncode == 2
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"


def test_a_link_to_an_output_folder_stays_a_link(tmp_path: Path) -> None:
    _write(tmp_path, _SMALL)
    (tmp_path / "link").symlink_to("real")
    for _ in range(2):
        assert run("build", "d.rack", "-o", "link", "--target", "bom", cwd=tmp_path).returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "manifest.json").is_file()


def test_locked_fails_where_the_lock_would_change(tmp_path: Path) -> None:
    built("leo_pool")
    text = (copied() / "leo_pool.rack").read_text(encoding="utf-8")
    design = copied() / "other.rack"
    design.write_text(text.replace("headroom = 10 %", "headroom = 11 %"), encoding="utf-8")
    lock = copied() / "other.rack.lock"
    lock.write_bytes((copied() / "leo_pool.rack.lock").read_bytes())
    before = lock.read_bytes()
    done = run("build", str(design), "-o", str(tmp_path / "out"), "--locked")
    assert done.returncode == 5
    assert lock.read_bytes() == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["", "{", '{"format": 2}', '{"format": 1, "pools": {"rack.kv": 3}}', "edited"])
def test_a_damaged_lock_is_said_and_not_believed(tmp_path: Path, damage: str) -> None:
    built("leo_pool")
    design = copied() / f"damaged{abs(hash(damage))}.rack"
    design.write_bytes((copied() / "leo_pool.rack").read_bytes())
    good = (copied() / "leo_pool.rack.lock").read_text(encoding="utf-8")
    text = good.replace('"modules": 4', '"modules": 2', 1) if damage == "edited" else damage
    design.with_name(design.name + ".lock").write_text(text, encoding="utf-8")
    done = run("build", str(design), "-o", str(tmp_path / "out"), "--target", "plan")
    assert done.returncode == 0
    assert "decided by the solver" in done.stdout
    assert ("W0773" if damage == "edited" else "W0951") in done.stderr
    assert design.with_name(design.name + ".lock").read_text(encoding="utf-8") == good


def test_show() -> None:
    port = run("show", "rack.compute[3].gpu[1].nvl[7]", "examples/nvl72.rack")
    assert "linked to" in port.stdout
    assert "rack.sw[3].asic[1].nvl[13]" in port.stdout
    assert "50 GB/s each way" in port.stdout
    tray = run("show", "rack.compute[3]", "examples/nvl72.rack", "--format", "json")
    assert json.loads(tray.stdout)["place"] == "rack unit 8"
    missing = run("show", "rack.compte[3]", "examples/nvl72.rack")
    assert missing.returncode == 1
    assert "did you mean" in missing.stderr


def test_targets_lists_all() -> None:
    names = {line.split()[0] for line in run("targets").stdout.splitlines()}
    assert names == {"plan", "simgrid", "astra-sim", "bom", "elevation", "fabric", "pool", "report"}


def test_explain() -> None:
    done = run("explain", "e0401")
    assert done.stdout.startswith("# E0401: ")
    assert run("explain", "E9999").returncode == 2


# ---------------------------------------------------------------- interrupts


_SLOW = """
import os, sys, time
from rackc import cli
from rackc.compiler.optimize import pooling

real = pooling.solve_pool

def slow(problem, watch=None, prior=None):
    answer = real(problem, watch, prior)
    print("searching", flush=True)
    for _ in range(200):
        if watch.stopped and not os.environ.get("DEAF"):
            from dataclasses import replace
            return replace(answer, interrupted=True, proved=False) if hasattr(answer, "proved") else answer
        time.sleep(0.05)
    return answer

pooling.solve_pool = slow
sys.exit(cli.main(sys.argv[1:]))
"""


def _slow_build(folder: Path, **environment: str) -> subprocess.Popen[str]:
    (folder / "d.rack").write_bytes((ROOT / "examples" / "leo_pool.rack").read_bytes())
    (folder / "traces").mkdir()
    trace = ROOT / "examples" / "traces" / "conversation.jsonl.gz"
    (folder / "traces" / trace.name).write_bytes(trace.read_bytes())
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOW, "build", "d.rack", "-o", "out", "--target", "plan"],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "searching\n"
    return process


def test_the_first_interrupt_keeps_the_best_answer_and_marks_it(tmp_path: Path) -> None:
    process = _slow_build(tmp_path)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "stopping" in errors
    pool = json.loads((tmp_path / "out" / "plan" / "plan.json").read_text(encoding="utf-8"))["pools"][0]
    assert pool["proof"]["interrupted"]
    lock = json.loads((tmp_path / "d.rack.lock").read_text(encoding="utf-8"))
    assert lock["pools"]["rack.kv"]["reproducible"] is False


def test_the_second_interrupt_writes_nothing(tmp_path: Path) -> None:
    process = _slow_build(tmp_path, DEAF="1")
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "stopping" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "d.rack.lock").exists()


def test_a_forged_lock_with_a_true_seal_is_not_believed(tmp_path: Path) -> None:
    from rackc.compiler.lock import _seal, read_lock, write_lock

    built("leo_pool")
    lock = read_lock((copied() / "leo_pool.rack.lock").read_text(encoding="utf-8"))
    assert not isinstance(lock, str)
    kept = lock.pools["rack.kv"]
    first = dataclasses.replace(kept.decision.controllers[0], gib=1, modules=2)
    decision = dataclasses.replace(kept.decision, controllers=(first, *kept.decision.controllers[1:]))
    forged = kept.model_copy(update={"decision": decision, "seal": _seal(decision, kept.comparison)})
    design = copied() / "forged.rack"
    design.write_bytes((copied() / "leo_pool.rack").read_bytes())
    text = write_lock(lock.model_copy(update={"pools": {"rack.kv": forged}}))
    design.with_name("forged.rack.lock").write_text(text, encoding="utf-8")
    done = run("build", str(design), "-o", str(tmp_path / "out"), "--target", "plan")
    assert "warning[W0773]: the lock's answer for rack.kv is not used: it does not add up" in done.stderr
    assert "decided by the solver" in done.stdout


def test_nothing_from_a_design_reaches_the_terminal_raw(tmp_path: Path) -> None:
    _write(tmp_path, 'edition 2026\npart X { role = "\x1b[31mred\u202e" }\ndesign Main { x: X }\n')
    done = run("build", "d.rack", "-o", "out", cwd=tmp_path)
    assert done.returncode == 0
    shown = done.stdout + done.stderr + (tmp_path / "out" / "report" / "report.txt").read_text(encoding="utf-8")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
