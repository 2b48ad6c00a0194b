"""How a workload serves a trace: its speeds, its instances, and how requests come to them. No queueing is modelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rackc.compiler.media import figure
from rackc.compiler.shape import Shape
from rackc.compiler.values import described, fault
from rackc.compiler.workload.trace import Ints, Trace
from rackc.dsl.diagnostics import Code
from rackc.dsl.units import NONE, Dimension, Quantity

#: No host runs so many instances, no copies have so many requests: beyond these it is a slip.
MAX_INSTANCES: Final = 10_000
MAX_COPIED: Final = 20_000_000
_MAX_SEED: Final = 2**31
_LONGEST_TOKEN_S: Final = 1_000

_A_SECOND: Final[Dimension] = (("s", -1),)
_SPREADS: Final = ("split", "copied")
_ROUTINGS: Final = ("session", "round robin")
#: What belongs to the one way of spreading a trace alone.
_ONLY: Final = {"routing": "split", "rate": "copied", "seed": "copied"}


@dataclass(frozen=True, slots=True)
class Service:
    """Serving instances by host, and what they do with a trace.

    "split": every request goes to one instance, by its session ("session") or in turn ("round robin"). "copied": every instance gets a copy of
    its own, later by a time of its own and thinned by whole sessions to `rate` requests per second (None: all of
    them). `prefill_tokens_per_s`, `token_s` (seconds a token of decoding) are None where the workload does not say.
    """

    instances: tuple[int, ...]
    prefill_tokens_per_s: float | None = None
    token_s: float | None = None
    spread: str = "split"
    routing: str = "session"
    rate: float | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Lot:
    """Requests (positions in the trace) that are served together, the host of each, and how much later they come.

    `wraps` says that the trace begins again when it is over, as copies do.
    """

    requests: Ints
    host: Ints
    shift_s: int = 0
    wraps: bool = False


def service_of(workload: Shape, hosts: int) -> Service:
    """Return how a workload serves; raises Fault where it does not say it rightly."""
    spread, routing = (_word(workload, name, known) for name, known in (("spread", _SPREADS), ("routing", _ROUTINGS)))
    for name, of in _ONLY.items():
        if name in workload.values and of != spread:
            raise fault(Code.SERVICE, f"`{name}` belongs to a trace that is {of}, this one is {spread}",
                        workload.spans[name], "without effect", f'write `spread = "{of}"`, or leave `{name}` out')  # fmt: skip
    rate = _number(workload, "rate", _A_SECOND, 10**6, "requests a second for each instance, such as `rate = 1 Hz`")
    if rate == 0:
        raise fault(Code.SERVICE, "at a `rate` of nothing there is no demand", workload.spans["rate"])
    seed = _number(workload, "seed", NONE, _MAX_SEED, "a whole number, such as `seed = 1`")
    if seed is not None and seed != int(seed):
        raise fault(Code.SERVICE, "`seed` is a whole number", workload.spans["seed"], "", "write `seed = 1`")
    return Service(
        instances_of_hosts(workload, hosts),
        figure(workload, "prefill", "tokens/s") or None,
        _token_s(workload),
        spread,
        routing,
        rate,
        1 if seed is None else int(seed),
    )


def _word(workload: Shape, name: str, known: tuple[str, ...]) -> str:
    value = workload.values.get(name, known[0])
    if value in known:
        return str(value)
    quoted = " or ".join(f'"{one}"' for one in known)
    raise fault(Code.SERVICE, f"`{name}` is {quoted}, this is {described(value)}",
                workload.spans[name], "", f'write `{name} = "{known[0]}"`')  # fmt: skip


def _number(workload: Shape, name: str, dimension: Dimension, most: int, said: str) -> float | None:
    value = workload.values.get(name)
    if value is None:
        return None
    if isinstance(value, Quantity) and value.dimension == dimension and 0 <= value.value <= most:
        return float(value.value)
    raise fault(Code.SERVICE, f"`{name}` is {said.split(',')[0]}, this is {described(value)}", workload.spans[name], "",
                f"{said}")  # fmt: skip


def _token_s(workload: Shape) -> float | None:
    """Return the seconds a token of decoding, from a time, a time a token or tokens per second."""
    value = workload.values.get("decode")
    if value is None:
        return None
    if isinstance(value, Quantity) and value.value > 0:
        seconds = float(1 / value.value if value.dimension == (("s", -1), ("token", 1)) else value.value)
        known = value.dimension in ((("s", 1),), (("s", 1), ("token", -1)), (("s", -1), ("token", 1)))
        if known and seconds <= _LONGEST_TOKEN_S:
            return seconds
    raise fault(Code.SERVICE, f"`decode` is the time a token or tokens a second, this is {described(value)}",
                workload.spans["decode"], "", "write `decode = 40 ms`, or `decode = 25 tokens/s`")  # fmt: skip


def instances_of_hosts(workload: Shape, hosts: int) -> tuple[int, ...]:
    """Return how many serving instances each host runs; raises Fault where the workload does not say it rightly."""
    value: Any = workload.values.get("instances")
    span = workload.spans.get("instances", workload.span)
    values = value if isinstance(value, tuple) else (value,) * hosts
    if len(values) != hosts:
        raise fault(Code.DEMAND, f"`instances` has {len(values)} entries for {hosts} hosts", span, "one a host")
    numbers = [
        int(v.value) for v in values
        if isinstance(v, Quantity) and v.dimension == NONE and 0 <= v.value <= MAX_INSTANCES and v.value.denominator == 1
    ]  # fmt: skip
    if len(numbers) != hosts or sum(numbers) == 0:
        raise fault(Code.DEMAND, "`instances` says how many serving instances each host runs, in whole numbers", span, "",
                    "write `instances = [8, 6, 4]`, or one number for all hosts")  # fmt: skip
    return tuple(numbers)


# ---------------------------------------------------------------- who serves what


def lots(trace: Trace, service: Service) -> Iterator[Lot]:
    """Yield the requests as they are served: all at once where the trace is split, a lot an instance where it is copied."""
    host_of_instance = np.repeat(np.arange(len(service.instances)), service.instances)
    if service.spread == "split":
        # A new session goes to the next instance in turn and stays: prefix-affinity routing without regard to load.
        turn = trace.session if service.routing == "session" else np.arange(len(trace.session))
        yield Lot(np.arange(len(trace.session)), host_of_instance[turn % len(host_of_instance)])
        return
    share = 1.0 if service.rate is None else service.rate / own_rate(trace)
    for instance, host in enumerate(host_of_instance):
        kept = np.flatnonzero(_drawn(service.seed, instance, trace.session) < share)
        shift = int(_drawn(service.seed, instance, np.array([-1]))[0] * trace.seconds)
        yield Lot(kept, np.full(len(kept), host), shift, wraps=True)


def own_rate(trace: Trace) -> float:
    """Return the requests per second of a trace as it is."""
    return len(trace.session) / trace.seconds


def copied_requests(trace: Trace, service: Service) -> int:
    """Return how many requests the copies will have together, about."""
    share = 1.0 if service.rate is None else service.rate / own_rate(trace)
    return ceil(len(trace.session) * share * sum(service.instances))


def _drawn(seed: int, instance: int, what: Ints) -> npt.NDArray[np.float64]:
    """Return a number from 0 to 1 for each: of a hash (SplitMix64, JDK 8), so that no library's generator matters."""
    with np.errstate(over="ignore"):
        word = np.array([seed], np.uint64) << np.uint64(32) | np.array([instance], np.uint64)
        return (_mixed(_mixed(word) ^ what.astype(np.uint64)) >> np.uint64(11)).astype(np.float64) / 2.0**53


def _mixed(word: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    word = word + np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
