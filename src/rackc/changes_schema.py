"""The form of `rackc plan --format json`, for `rackc schema changes`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from rackc.compiler.changes import Figures, FillChange, LinkChange
from rackc.findings_schema import Finding


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DecisionChange(_Document):
    """A `choose` that takes another option, in words; `before` is null where the lock does not know it."""

    name: str
    before: str | None
    after: str | None


class PoolChanges(_Document):
    """What changes in one pool. `before` is null for a new pool, `after` for one that is gone; `solved`: not from the lock."""

    address: str
    solved: bool
    interrupted: bool
    links: list[LinkChange]
    controllers: list[FillChange]
    before: Figures | None
    after: Figures | None


class Changes(_Document):
    """What building a design would change against its lock; nothing where the design is at fault."""

    file: str
    design: str
    changed: bool
    links_changed: int
    links: int
    decisions: list[DecisionChange]
    pools: list[PoolChanges]
    diagnostics: list[Finding]
