"""Where things stand, in words."""

from __future__ import annotations

from rackc.compiler.model import Model


def stands(model: Model, instance: int) -> str:
    """Return the place of the nearest thing at or above an instance that has one, such as `u(17) of rack`, else nothing."""
    while instance > 0:
        group = model.group_at(instance)
        at, kind = int(model.ordinal[instance]), group.position_kind if group is not None else ""
        if group is not None and kind in ("u", "ou") and at < len(group.positions):
            return f"{kind}({group.positions[at]}) of {model.address(int(model.parent[instance]))}"
        instance = int(model.parent[instance])
    return ""
