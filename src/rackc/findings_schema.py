"""The form of `--format json` of check and build, for `rackc schema findings`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, RootModel

from rackc.compiler.analyse.report import Report


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Document):
    """A stretch of a file. Lines and columns count from 1, columns in characters; the end is that after it."""

    file: str
    label: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


class Edit(_Document):
    """An edit that is certain to be meant: `text` instead of what stands there."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Finding(_Document):
    """One finding. `also` are the other culprits; `allowed` is the reason for which the design allows it."""

    code: str
    severity: Literal["error", "warning", "note"]
    message: str
    at: Place
    also: list[Place]
    notes: list[str]
    hints: list[str]
    fix: Edit | None
    allowed: str | None


class Requirements(_Document):
    """How many requirements hold, and how many await decisions."""

    hold: int
    await_decisions: int


class File(_Document):
    """One design: `diagnostics` are the findings that stand, `allowed` those that comments allow."""

    file: str
    design: str
    diagnostics: list[Finding]
    allowed: list[Finding]
    requirements: Requirements
    undecided: list[str]
    solved: list[str]
    interrupted: bool
    report: Report | None


class Findings(RootModel[File | list[File]]):
    """What `rackc build` prints for its file, and `rackc check` for each of its files."""
