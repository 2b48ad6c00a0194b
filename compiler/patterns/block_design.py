"""Sparse pods: every two hosts share the same number of devices (Octopus, arXiv 2501.09020)."""

from __future__ import annotations

from collections import Counter

import numpy as np

from rackc.compiler.patterns.designs import design, near
from rackc.compiler.patterns.joining import Bundles, Given, Joining, Pairs, columns, counted, lengths
from rackc.compiler.values import Fault, fault
from rackc.dsl.diagnostics import Code


def block_design(joining: Joining, given: Given) -> Pairs:
    """Join hosts (left) to devices (right) so that every two hosts share exactly `lambda` devices.

    v hosts of r ports and b devices of k ports need v r = b k and lambda (v - 1) = r (k - 1), and a known construction:
    lines of affine and projective spaces, difference families, and what follows from them. Port i of a device meets its
    i-th host in order; port j of a host the j-th device in order that has it.
    """
    times = given.counts["lambda"]
    hosts, devices = len(joining.left), len(joining.others)
    host = _alike(joining, joining.left, "left")
    device = _alike(joining, joining.others, "right")
    _check_identities(joining, hosts, host.shape[1], devices, device.shape[1], times)
    blocks = design(hosts, device.shape[1], times)
    if blocks is None:
        raise _impossible(joining, f"no design of {hosts} hosts on {devices} devices of {device.shape[1]} ports is known here",
                          "no construction known", times)  # fmt: skip
    members = np.array(blocks, np.int64).ravel()
    order = np.argsort(members, kind="stable")
    places = np.empty(len(members), np.int64)
    places[order] = columns(np.bincount(members, minlength=hosts))
    return host[members, places], device.ravel()


def _alike(joining: Joining, bundles: Bundles, side: str) -> np.typing.NDArray[np.int64]:
    """Return bundles of one size as a table; the size that most have counts as meant."""
    size, _ = Counter(lengths(bundles).tolist()).most_common(1)[0]
    return joining.exactly(bundles, side, size, "as the others have",
                           lambda n: "index the ports that take part" if n > size else "use parts of one kind")  # fmt: skip


def _check_identities(joining: Joining, hosts: int, ports: int, devices: int, width: int, times: int) -> None:
    if width < 2 or width > hosts:
        label = "more ports than hosts" if width > hosts else "shared by nobody"
        raise _impossible(joining, f"a device of {counted(width, 'port')} cannot be shared by {width} of {hosts} hosts",
                          label, times)  # fmt: skip
    if hosts * ports != devices * width:
        rest = hosts * ports - devices * width
        raise _impossible(
            joining, f"v r = b k does not hold: {hosts} hosts x {ports} are {hosts * ports} ports, "
            f"{devices} devices x {width} are {devices * width}",
            f"{abs(rest)} left over on the {'left' if rest > 0 else 'right'}", times,
        )  # fmt: skip
    if times * (hosts - 1) != ports * (width - 1):
        raise _impossible(
            joining, f"lambda (v - 1) = r (k - 1) does not hold: {times} x {hosts - 1} shared devices a host, and "
            f"its ports reach {ports} x {width - 1}", f"{times * (hosts - 1)} is not {ports * (width - 1)}", times,
        )  # fmt: skip
    if devices < hosts and width < hosts:
        raise _impossible(joining, f"b >= v does not hold: {devices} devices for {hosts} hosts (Fisher's inequality)",
                          "too few devices", times)  # fmt: skip


def _impossible(joining: Joining, message: str, label: str, times: int) -> Fault:
    hosts, ports, width = len(joining.left), len(joining.left[0]), len(joining.others[0])
    shared = ports * (width - 1)
    if 1 < width <= hosts and shared % (hosts - 1) == 0 and shared // (hosts - 1) not in (0, times) and (
        hosts * ports == len(joining.others) * width and design(hosts, width, shared // (hosts - 1)) is not None
    ):  # fmt: skip
        return fault(Code.NO_PATTERN, message, joining.span, label, f"`lambda = {shared // (hosts - 1)}` comes out")
    hints = [_counts(n, width, times) for n in near(hosts, width, times) if width > 1]
    way_out = f"there is {'; or '.join(hints)}" if hints else f"no counts near these are known for devices of {width}"
    return fault(Code.NO_PATTERN, message, joining.span, label, way_out)


def _counts(hosts: int, width: int, times: int) -> str:
    ports = times * (hosts - 1) // (width - 1)
    devices = hosts * ports // width
    return f"one of {hosts} hosts with {counted(ports, 'port')} on {counted(devices, 'device')} of {width}"
