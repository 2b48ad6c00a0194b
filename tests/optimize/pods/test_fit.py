"""Whether slices fit after losses, against listing every set of hosts."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rackc.compiler.optimize.pods.fit import INTACT, Lost, Net, Trial, least_uniform
from rackc.compiler.optimize.pods.wire import Wiring

HOSTS = 5
WIRINGS = st.lists(st.sets(st.integers(0, HOSTS - 1), min_size=1, max_size=3), min_size=1, max_size=6).map(
    lambda some: tuple(tuple(sorted(one)) for one in some)
)
ROWS = st.lists(st.tuples(*[st.integers(0, 20)] * HOSTS), min_size=1, max_size=4)


def lost_devices(wiring: Wiring, count: int) -> tuple[Lost, ...]:
    """Return every loss of so many devices."""
    return tuple(Lost(some) for some in combinations(range(len(wiring)), count))


def lost_links(wiring: Wiring) -> tuple[Lost, ...]:
    """Return the loss of every link."""
    return tuple(Lost(links=((host, device),)) for device, some in enumerate(wiring) for host in some)


def any_device(wiring: Wiring) -> tuple[Lost, ...]:
    """Return that any one device may be lost, asked host by host."""
    return tuple(Lost(hosts=(host,)) for host in sorted({host for some in wiring for host in some}))


def fits(wiring: Wiring, row: tuple[int, ...], room: tuple[int, ...], lost: Lost) -> bool:
    """Every set of hosts meets memory enough (Hall)."""
    for size in range(1, HOSTS + 1):
        for some in combinations(range(HOSTS), size):
            held = 0
            for device, served in enumerate(wiring):
                left = {host for host in served if (host, device) not in lost.links}
                held += room[device] * (device not in lost.devices and bool(left & set(some)))
            if sum(row[host] for host in some) > held:
                return False
    return True


@settings(deadline=None, max_examples=200)
@given(WIRINGS, ROWS, st.data())
def test_as_by_every_set_of_hosts(wiring: Wiring, rows: list[tuple[int, ...]], data: st.DataObject) -> None:
    room = data.draw(st.tuples(*[st.integers(0, 60)] * len(wiring)))
    net, table = Net(wiring, HOSTS), np.array(rows, np.int64)
    for losses in ((), lost_devices(wiring, 1), lost_devices(wiring, min(2, len(wiring))), lost_links(wiring)):
        wanted = all(fits(wiring, row, room, lost) for row in rows for lost in losses or (INTACT,))
        trial = Trial(net, table, losses)
        for _ in range(2):  # the second time with what it learned
            held = np.array(room, np.int64)
            assert (trial.may_stand(held) and trial.stands(held)) == wanted


@settings(deadline=None, max_examples=200)
@given(WIRINGS, ROWS, st.data())
def test_any_one_device_is_asked_by_host(wiring: Wiring, rows: list[tuple[int, ...]], data: st.DataObject) -> None:
    room = np.array(data.draw(st.tuples(*[st.integers(0, 60)] * len(wiring))), np.int64)
    table = np.array(rows, np.int64)
    answers = []
    for losses in (lost_devices(wiring, 1), any_device(wiring)):
        trial = Trial(Net(wiring, HOSTS), table, losses)
        answers.append(trial.may_stand(room) and trial.stands(room))
    assert answers[0] == answers[1] or any(
        row[h] for row in rows for h in range(HOSTS) if not any(h in s for s in wiring)
    )


@settings(deadline=None, max_examples=100)
@given(WIRINGS, ROWS)
def test_the_least_uniform_room_is_the_greatest_ratio(wiring: Wiring, rows: list[tuple[int, ...]]) -> None:
    for losses in ((INTACT,), lost_devices(wiring, 1)):
        ratios = []
        for row in rows:
            for size in range(1, HOSTS + 1):
                for some in combinations(range(HOSTS), size):
                    for lost in losses:
                        met = sum(
                            1 for d, served in enumerate(wiring) if d not in lost.devices and set(served) & set(some)
                        )
                        demand = sum(row[host] for host in some)
                        ratios += [Fraction(demand, met) if met else None] if demand else []
        wanted = None if None in ratios else max((one for one in ratios if one is not None), default=Fraction(0))
        found = least_uniform(Net(wiring, HOSTS), np.array(rows, np.int64), losses)
        assert found == wanted
