"""Connected components of a graph given as arrays of ends."""

from __future__ import annotations

import numpy as np

from rackc.compiler.columns import Ints


def components(count: int, a: Ints, b: Ints) -> Ints:
    """Return, for each of `count` things, the smallest of those that edges `a[k]` -- `b[k]` join it to, itself included.

    Each round hooks every tree onto the least that an edge of it leads to, then lets all of it point at its new root
    (pointer jumping); edges inside one tree are let go. Rounds grow with the logarithm of the count.
    """
    label = np.arange(count)
    while len(a):
        left, right = label[a], label[b]
        apart = left != right
        a, b, left, right = a[apart], b[apart], left[apart], right[apart]
        least = np.minimum(left, right)
        np.minimum.at(label, left, least)
        np.minimum.at(label, right, least)
        label = rooted(label)
    return label


def rooted(up: Ints) -> Ints:
    """Return where each thing's chain of pointers ends, at a thing that points at itself."""
    while True:
        jumped = up[up]
        if np.array_equal(jumped, up):
            return up
        up = jumped
