"""What holds what, and what is inside what, for every instance of a Model at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rackc.compiler.columns import Flags, Floats, Ints
from rackc.compiler.components import rooted
from rackc.compiler.model import Model
from rackc.compiler.shape import Shape


def where(model: Model, test: Callable[[Shape], bool]) -> Flags:
    """Return, for every instance, whether its shape passes a test; each shape is asked once."""
    return np.fromiter((test(shape) for shape in model.shapes), bool, len(model.shapes))[model.shape]


def figures(model: Model, read: Callable[[Shape], float | None]) -> Floats:
    """Return, for every instance, a figure of its shape, nan where it states none; each shape is asked once."""
    told = (read(shape) for shape in model.shapes)
    return np.array([np.nan if value is None else value for value in told], np.float64)[model.shape]


def holders(model: Model, wanted: Flags) -> Ints:
    """Return the nearest thing at or above every instance that is `wanted`, -1 where there is none."""
    count = len(model.parent)
    up = np.append(np.where(wanted, np.arange(count), np.where(model.parent < 0, count, model.parent)), count)
    found = rooted(up)[:-1]
    return np.where(found == count, -1, found)


def of_kind(model: Model, kind: str) -> Ints:
    """Return the nearest thing of a kind (`rack`, `tray`, …) at or above every instance, -1 where there is none."""
    return holders(model, where(model, lambda shape: shape.kind == kind))


def ends(model: Model) -> Ints:
    """Return, for every instance, the row after the last of what stands inside it: a thing and its insides are a run."""
    sizes = np.array([shape.instances for shape in model.shapes], np.int64)
    return np.arange(len(model.parent)) + sizes[model.shape]


def inside(model: Model, own: Floats | Ints) -> Floats:
    """Return, for every instance, the sum of a figure over it and all that stands inside it; nan counts as nothing."""
    run = np.concatenate(([0.0], np.cumsum(np.nan_to_num(own.astype(np.float64)))))
    return run[ends(model)] - run[:-1]
