"""Interfaces by themselves: a mode that the port can run, a rate that its CXL version has, lanes that its cage has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rackc.compiler.cxl import version_of
from rackc.compiler.media import figure, text, words
from rackc.compiler.model import Model
from rackc.compiler.shape import Shape
from rackc.compiler.training import ON_PCIE, protocols, spoken
from rackc.dsl.diagnostics import Code, Diagnostic, Label, closest

#: Lanes of a cage, by the first word of its form (OSFP: CAB-OSFP; QSFP: unverified).
CAGE_LANES: Final = {"OSFP": 8, "OSFP-XD": 16, "QSFP112": 4, "QSFP-DD": 8}

#: The generation at which 64 GT/s and flits of 256 bytes came, with the CXL version that came with it (CXL-MATRIX).
_FAST: Final = 6
_FAST_VERSION: Final = 3.0


def check_interfaces(model: Model) -> Iterator[Diagnostic]:
    """Yield interfaces that contradict themselves or their part, each once however many ports speak it."""
    seen: set[int] = set()
    for _, shape, _ in model.standing():
        for interface in (group.interface for group in shape.ports):
            if text(shape, "cxl") or id(interface) not in seen:
                yield from _rate(interface, shape)
            if id(interface) not in seen:
                seen.add(id(interface))
                yield from _mode(interface)
                yield from _flit(interface)
                yield from _cage(interface)


def _at(interface: Shape, name: str, said: str = "") -> Label:
    return Label(interface.spans.get(name, interface.span), said)


def _mode(interface: Shape) -> Iterator[Diagnostic]:
    mode, modes = text(interface, "mode"), words(interface, "modes")
    if mode and modes and mode not in modes:
        yield Diagnostic(Code.MODE, f"`{interface.name}` runs {' or '.join(modes)}, not {mode}", _at(interface, "mode"),
                         (_at(interface, "modes", "its modes"),), closest(mode, modes) or ("name one of them",))  # fmt: skip


def _rate(interface: Shape, owner: Shape) -> Iterator[Diagnostic]:
    """R16: 64 GT/s needs CXL 3.x, of the port and of its part."""
    generation = figure(interface, "generation", "")
    if spoken(interface) != "CXL" or generation is None or generation < _FAST:
        return
    for where, name in ((interface, "version"), (owner, "cxl")):
        version = version_of(text(where, name))
        if version is not None and version < _FAST_VERSION:
            yield Diagnostic(
                Code.CXL_RATE, f"`{where.name}` is CXL {version:.1f}, its port at PCIe {generation:g}: 64 GT/s came with 3.0",
                _at(interface, "generation"), (_at(where, name, "its version"),), ("use generation 5, or a part of CXL 3.x",),
            )  # fmt: skip
            return


def _flit(interface: Shape) -> Iterator[Diagnostic]:
    """R16: 64 GT/s runs in flits of 256 bytes, and CXL before 3.0 knows those of 68 only."""
    flit, generation = figure(interface, "flit", ""), figure(interface, "generation", "")
    version = version_of(text(interface, "version")) if "CXL" in protocols(interface) else None
    if flit is None or not ON_PCIE & set(protocols(interface)):
        return
    if generation is not None and generation >= _FAST and flit < 256:
        yield Diagnostic(Code.CXL_RATE, f"`{interface.name}` has flits of {flit:.0f} bytes at PCIe {generation:g}: 64 GT/s needs 256",
                         _at(interface, "flit"), (_at(interface, "generation", "its rate"),), ("write `flit = 256`",))  # fmt: skip
    elif flit > 68 and version is not None and version < _FAST_VERSION:
        yield Diagnostic(Code.CXL_RATE, f"`{interface.name}` is CXL {version:.1f} with flits of {flit:.0f} bytes: they came with 3.0",
                         _at(interface, "flit"), (_at(interface, "version", "its version"),), ("write `flit = 68`",))  # fmt: skip


def _cage(interface: Shape) -> Iterator[Diagnostic]:
    """R26: the ports of a cage share its lanes."""
    form = text(interface, "connector")
    has, each = CAGE_LANES.get(form.split(" ")[0]), figure(interface, "lanes", "")
    ports = figure(interface, "ports_per_cage", "") or 1
    if has is not None and each is not None and each * ports > has:
        some = f"{ports:.0f} ports of x{each:.0f}" if ports > 1 else f"a port of x{each:.0f}"
        yield Diagnostic(Code.WIDTH, f"`{interface.name}` puts {some} in {form}, which has {has} lanes",
                         _at(interface, "connector"), (_at(interface, "lanes", "the lanes"),),
                         ("use a wider cage, or fewer lanes or ports in it",))  # fmt: skip
