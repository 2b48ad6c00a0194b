"""What is asked of a fabric: flows between instances, and scenarios of flows that run at once."""

from __future__ import annotations

from dataclasses import dataclass

#: Large enough that latency is under a millionth of the time of a transfer.
TRANSFER_BYTES = 64 * 2**30


@dataclass(frozen=True, slots=True)
class Flow:
    """`size_bytes` sent from instance `source` to instance `target`. Reading memory is a flow *from* the memory."""

    source: int
    target: int
    size_bytes: int
    name: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """Flows that start together; `question` is what their rates answer."""

    name: str
    question: str
    flows: tuple[Flow, ...]
