"""No input makes the compiler raise, hang or eat memory: 5,000 seeded inputs in every run, more with `make fuzz`."""

from __future__ import annotations

import time

import pytest

from rackc.api import compile
from tests.dsl.fuzzing import KINDS, ROOT, SECONDS, try_one

_INPUTS = 5_000
_BATCH = 125
_BATCHES = [(kind, at) for kind in KINDS for at in range(0, _INPUTS // len(KINDS), _BATCH)]


@pytest.mark.parametrize(("kind", "first"), _BATCHES, ids=lambda v: str(v))
def test_seeded_inputs(kind: str, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "examples")  # where the traces of the examples are
    for seed in range(first, first + _BATCH):
        try_one(kind, seed)


def test_the_batches_are_as_many_as_said() -> None:
    assert len(_BATCHES) * _BATCH == _INPUTS


def compile_quickly(text: str) -> tuple[str, ...]:
    """Compile a text within the time allowed; return the codes found."""
    begin = time.process_time()
    result = compile(text + "\n", solve=False)
    taken = time.process_time() - begin
    assert taken < SECONDS, f"{taken:.1f} s for {text[:200]!r}"
    return tuple(d.code.value for d in result.diagnostics)


PART = 'part P { port a[4]: I }\ninterface I { protocol = "X" }\n'
HOSTILE = {
    "let of itself": "let a = a\n",
    "lets that double": "let a0 = 1\n" + "".join(f"let a{i + 1} = a{i} + a{i}\n" for i in range(60)),
    "lets that square": "part Q { let a0 = 10\n" + "".join(f"let a{i + 1} = a{i} * a{i}\n" for i in range(60)) + "}\n",
    "huge exponent": "part Q { x = 1e99999 W; y = 1e999999999999999999 W; z = 1e-99999 }\n",
    "long number": "edition " + "9" * 5_000 + "\n",
    "nested loops": "part Q { for i in 0..99_999 { for j in 0..99_999 { let x = i } } }\n",
    "nested lists": "part Q { x = [[j for j in 0..9_999] for i in 0..9_999] }\n",
    "loop over a name of our own": "part Q { for self in 0..3 { let name = self }\nlet x = [value for value in 1..3] }\n",
    "long chain of else": "part Q { if false { }" + " else if false { }" * 3_000 + " }\n",
    "long chain of supertypes": "part Q { }\n" + "".join(f"part A{i + 1}: {f'A{i}' if i else 'Q'} {{ }}\n" for i in range(2_000)),
    "shapes that double": "part A0(n) { }\n" + "".join(
        f"part A{i + 1}(n) {{ x: A{i}(n * 2); y: A{i}(n * 2 + 1) }}\n" for i in range(20)) + "part Q { x: A20(1) }\n",
    "arrays that multiply": "part A0 { }\n" + "".join(f"part A{i + 1} {{ x[1_000]: A{i} }}\n" for i in range(20)) + "part Q { x: A20 }\n",
    "part that takes itself": "part A(c) { x: c(c) }\npart Q { x: A(A) }\n",
    "indices": PART + "part Q { x[4]: P; connect x[0..999_999_999_999].a -- x[1e30].a; connect x[[x[0]]].a -- x[[1 W]].a }\n",
    "ends of a range": "part Q { x = count(0..1e30); for i in 0..1e30 { } }\n",
    "equality": PART + "part Q { x[4]: P; require x[0] in [x[1], x[0]] and x == x and [x[*].a] == [x[*].a] and u(x) == u(x) }\n",
    "arguments of all kinds": PART + "part A(a) { }\npart Q { x[4]: P; b: A(x); c: A(x[*].a); d: A(sum); e: A(u(x)); f: A([x, none]) }\n",
    "targets": PART + "part Q { a[0][1] = 3; a.b.c = 2; a[0][1]: P; a.b: P; port a.b[3]: P; a[0] = 1 }\n",
    "heights": "rack Q { a: T at u(1); b: T at u(1e50) }\ntray T { height = 1e20 U }\n",
    "long module": f"from {'a' * 5_000} import x\nfrom {'a.' * 2_000}b import y\n",
    "pool of nonsense": "rack Q { pool p { members = 3; controllers = []; modules = none; demand = x; survive 9 moons for fun } }\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_designs(name: str) -> None:
    compile_quickly(HOSTILE[name] + "design Main { q: Q }\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("host[*]\n", "[]\n"), ("host[*]\n", "host[0..<0]\n"), ("host[*]\n", "host[*].bmc\n"), ("host[*]\n", "[host[0], host[0]]\n"),
        ("jbom[*].card[*]", "[]"), ("jbom[*].card[*]", "host[*]"), ("jbom[*].card[*]", "none"),
        ("[rdimm_64, rdimm_96, rdimm_128, rdimm_256]", "[]"), ("[rdimm_64, rdimm_96, rdimm_128, rdimm_256]", "[LeoA1000, Chat, 3]"),
        ("[CxlCopper8, AriesSmartCable8]", "[]"), ("[CxlCopper8, AriesSmartCable8]", "[rdimm_64]"),
        ("[8, 8, 6, 6, 6, 6, 4, 4]", "1e9"), ("[8, 8, 6, 6, 6, 6, 4, 4]", "[]"), ("5 min", "1e40 s"), ("60 s", "1e-9 s"),
        ("KvPrefix(model, keep = 5 min)", "Steady(3 GiB, read = 5 W)"), ("KvPrefix(model, keep = 5 min)", "Steady(-3 GiB)"),
        ("KvPrefix(model, keep = 5 min)", "Steady([], [], [])"), ("KvPrefix(model, keep = 5 min)", "KvPrefix(LeoA1000)"),
        ("llama31_70b\n", "deepseek\n"), ("traces/conversation.jsonl.gz", "y" * 5_000), ("traces/conversation.jsonl.gz", "leo_pool.rack"),
        ("700 ns", "700 W"), ("10 %", "1e30"), ("1 GiB", "0.1 GiB"), ("1 GiB", "1e30 GiB"), ("30 s", "-30 s"),
    ],
)  # fmt: skip
def test_hostile_pools(old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "examples")
    text = (ROOT / "examples" / "leo_pool.rack").read_text(encoding="utf-8")
    assert old in text
    compile_quickly(text.replace(old, new, 1))
