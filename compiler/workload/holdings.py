"""What a trace leaves in memory, class by class: hand-off, active, parked, prefix. No block is counted in two of them.

A request holds room for its whole input from its arrival, prefills it, then grows by a token each step of decoding, and
is gone at its end. With a hand-off its input leaves one instance after prefill, is on the way for the deadline, and
decoding begins when it is over. A session's context is parked from the end of a turn to the next one, or until `idle` is
over. A prefix block is retained for `keep` after its last use. What an earlier class holds on a host, a later one does
not count.

Blocks count in full, and are stored once a host; running requests count by the token, each for itself. Intervals of
blocks and parked contexts are rounded outwards to whole seconds, those of running requests and hand-offs are exact. A
trace that is split begins with nothing held and is cut off at its end; a copy begins again where it ends.
"""

from __future__ import annotations

import numpy as np

from rackc.compiler.workload.blocks import Groups, in_blocks
from rackc.compiler.workload.running import running
from rackc.compiler.workload.service import Service, lots
from rackc.compiler.workload.trace import Trace
from rackc.compiler.workload.turns import Flow, Step, handed_over_s, turns_of


def flow_of(
    trace: Trace, service: Service, steps: tuple[Step, ...], kv_bytes_per_token: float, groups: Groups = ()
) -> Flow:
    """Return what the last of `steps` comes to, the others being the classes before it, in order.

    The trace has what they need: lengths for all but prefixes, blocks for prefixes. `groups` are hosts (numbers, each in
    one group) that share prefix blocks: what several of them hold at a time is stored once.
    """
    shape = (len(service.instances), trace.seconds)
    none = np.zeros(shape)
    total = Flow(none, none, none, np.zeros((len(groups), shape[1])), none, np.zeros(shape[0]))
    for lot in lots(trace, service):
        turns = turns_of(trace, service, lot, handed_over_s(steps))
        if steps[-1].kind in ("hand-off", "active"):
            total = total.plus(running(turns, steps, service, kv_bytes_per_token, shape))
        else:
            total = total.plus(in_blocks(trace, turns, steps, kv_bytes_per_token, groups, shape))
    return total
