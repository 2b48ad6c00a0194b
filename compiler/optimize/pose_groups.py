"""Who may share what: hosts kept apart, hosts with blocks in common, and the shape of the pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rackc.compiler.cxl import version_of
from rackc.compiler.media import text, words
from rackc.compiler.model import Model
from rackc.compiler.optimize.pose_wanted import Wanted, rows_of
from rackc.compiler.optimize.problem import Sharing
from rackc.compiler.shape import PoolSpec
from rackc.compiler.values import Fault, Record, fault
from rackc.dsl.diagnostics import Code, Diagnostic, Label
from rackc.dsl.units import NONE, Quantity

#: A device of this version can take back a line that a host holds (back-invalidate, CXL 3.x, section 3.3).
_BACK_INVALIDATE: Final = 3.0

#: Hosts by position, in groups.
Groups = tuple[tuple[int, ...], ...]


def isolated(model: Model, spec: PoolSpec, want: Wanted, base: int) -> tuple[str, ...]:
    """Return, for every host, the group that shares no controller with another; empty where it is in none."""
    groups = _groups(model, spec, want, "isolate", base)
    of = [""] * len(want.hosts)
    for number, group in enumerate(groups):
        for host in group:
            if of[host]:
                raise fault(
                    Code.GROUPS, f"{model.address(want.hosts[host])} is in two groups of `isolate`", spec.spans["isolate"], "",
                    "a host is kept apart with one group: list it once",
                )  # fmt: skip
            of[host] = f"isolate[{number}]"
    if len(groups) == 1 and len(groups[0]) == len(want.hosts):
        raise fault(Code.GROUPS, "`isolate` has one group, of all members: it keeps nobody apart", spec.spans["isolate"], "",
                    "write two groups or more: `isolate = [host[0..3], host[4..7]]`")  # fmt: skip
    return tuple(of)


def shared_groups(model: Model, spec: PoolSpec, want: Wanted, base: int) -> Groups:
    """Return the groups of hosts that have blocks in common, by position; raises Fault where they could not.

    Sharing is limited to the hosts of one device, its part must say that it shares, and until a device can take back a line
    that a host holds, keeping copies alike is software's work: declared, not assumed.
    """
    groups = _groups(model, spec, want, "sharing", base)
    if not groups:
        return ()
    apart = isolated(model, spec, want, base)
    met: set[int] = set()
    for group in groups:
        twice = next((host for host in group if host in met), None)
        if twice is not None:
            raise fault(Code.GROUPS, f"{model.address(want.hosts[twice])} is in two groups of `sharing`", spec.spans["sharing"], "",
                        "what it shares lies on one device with its group: list it once")  # fmt: skip
        met.update(group)
        if len(group) == 1:
            raise fault(Code.GROUPS, f"`sharing` has a group of one host, {model.address(want.hosts[group[0]])}", spec.spans["sharing"], "",
                        "a group that shares has two hosts or more")  # fmt: skip
        kept = sorted({apart[host] for host in group if apart[host]})
        if len(kept) > 1:
            raise Fault(Diagnostic(
                Code.GROUPS, f"{_named(model, want, group)} share blocks and are kept apart", Label(spec.spans["sharing"], "shared"),
                (Label(spec.spans["isolate"], "kept apart"),), ("share within a group of `isolate`",),
            ))  # fmt: skip
        _one_device(model, spec, want, group)
    _able(model, spec, want)
    return groups


def _groups(model: Model, spec: PoolSpec, want: Wanted, name: str, base: int) -> Groups:
    value = spec.values.get(name)
    if not isinstance(value, tuple):
        return ()
    at = {host: position for position, host in enumerate(want.hosts)}
    found = []
    for one in value:
        rows = rows_of(one, base)
        stranger = next((row for row in rows if row not in at), None)
        if stranger is not None:
            raise Fault(Diagnostic(
                Code.GROUPS, f"{model.address(stranger)} is in a group of `{name}` and no member", Label(spec.spans[name]),
                (Label(spec.spans["members"], "the members"),), ("add it to `members`, or leave it out of the group",),
            ))  # fmt: skip
        found.append(tuple(sorted({at[row] for row in rows})))
    return tuple(found)


def _named(model: Model, want: Wanted, group: tuple[int, ...]) -> str:
    return f"{model.address(want.hosts[group[0]])} and {model.address(want.hosts[group[-1]])}"


def _one_device(model: Model, spec: PoolSpec, want: Wanted, group: tuple[int, ...]) -> None:
    most = max(len(heads) for heads in want.heads)
    if len(group) > most:
        card = next(at for at, heads in enumerate(want.heads) if len(heads) == most)
        raise Fault(Diagnostic(
            Code.ONE_DEVICE, f"{len(group)} hosts share blocks; {model.address(want.controllers[card])} reaches {most}", Label(spec.spans["sharing"]),
            (Label(model.shape_at(want.controllers[card]).span, "the controller"),),
            ("blocks are shared among the hosts of one device: make the groups smaller, or offer devices with more heads",),
        ))  # fmt: skip


def _able(model: Model, spec: PoolSpec, want: Wanted) -> None:
    """Raise for a controller that does not say that it shares, and for coherence that nobody keeps."""
    said = spec.values.get("coherence")
    for candidate, devices in zip(want.controllers, want.devices, strict=True):
        shape = model.shape_at(devices[0] if devices else candidate)
        if "sharing" not in words(shape, "uses"):
            raise Fault(Diagnostic(
                Code.NO_SHARING, f"`{shape.name}` does not share: it is for {' and '.join(words(shape, 'uses'))}",
                Label(spec.spans["sharing"], "shared here"), (Label(shape.spans.get("uses", shape.span), "said here"),),
                ("use a controller whose `uses` has sharing, or leave `sharing` out",),
            ))  # fmt: skip
        takes_back = (version_of(text(shape, "cxl")) or 0.0) >= _BACK_INVALIDATE
        takes_back = takes_back and shape.values.get("back_invalidate") is True
        if said == "software" or (takes_back and said in (None, "hardware")):
            continue
        at = spec.spans.get("coherence", spec.spans["sharing"])
        words_said = "nobody is said to keep copies alike" if said is None else "hardware is said to keep copies alike"
        raise Fault(Diagnostic(
            Code.COHERENCE, f"{words_said}; `{shape.name}` does not say that it takes back what hosts hold", Label(at),
            (Label(shape.spans.get("cxl", shape.span), "the controller"),),
            ('write `coherence = "software"` where the hosts do; CXL 3 parts may say `back_invalidate = true`',),
        ))  # fmt: skip


def sharing_of(model: Model, want: Wanted, groups: Groups) -> tuple[Sharing, ...]:
    """Return the groups as the problem has them, named after their first and last host."""
    return tuple(Sharing(_named(model, want, group), group) for group in groups)


#: Returns the host sets of a shape of so many hosts on devices of so many heads, or why there are none.
AllowedSets = Callable[[str, tuple[int | tuple[int, ...], ...], int, int], Groups | str]


def allowed_of(spec: PoolSpec, hosts: int, heads: int, sets: AllowedSets) -> Groups:
    """Return the host sets that the shape of a pool allows, empty where any may share; raises Fault where it has none."""
    shape = spec.values.get("shape")
    if not isinstance(shape, Record):
        return ()
    arguments = tuple(_numbers(value, spec) for value in shape.fields.values())
    found = sets(shape.name, arguments, hosts, heads)
    if isinstance(found, str):
        raise Fault(Diagnostic(
            Code.POOL_SHAPE, f"`{shape.name}` does not fit this pool: {found}", Label(spec.spans["shape"]),
            (Label(spec.spans["members"], f"{hosts} members"),),
            ("choose another shape, or leave `shape` out: the best is then found freely",),
        ))  # fmt: skip
    return found


def _numbers(value: object, spec: PoolSpec) -> int | tuple[int, ...]:
    """Return a whole number or a list of them; raises Fault for anything else."""
    items = value if isinstance(value, tuple) else (value,)
    found = tuple(
        int(one.value) for one in items
        if isinstance(one, Quantity) and one.dimension == NONE and one.value.denominator == 1 and one.value > 0
    )  # fmt: skip
    if len(found) != len(items):
        raise fault(Code.POOL, "a shape takes whole numbers from 1", spec.spans["shape"], "",
                    "write `islands(4)` or `circulant([1, 2])`")  # fmt: skip
    return found if isinstance(value, tuple) else found[0]
