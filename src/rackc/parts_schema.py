"""The form of `rackc parts … --format json`, for `rackc schema parts`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, RootModel


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Part(_Document):
    """One definition that a design could import. `defined` is its file and line."""

    name: str
    module: str
    kind: str
    role: str
    title: str
    defined: str


class Parameter(_Document):
    """What a use may give; `default` is the text of its default, none where it must be given."""

    name: str
    type: str
    default: str | None


class FigureOf(_Document):
    """One attribute. `source` is a key of `sources`, or why it is assumed; `value` the text where a parameter leaves it open."""

    name: str
    value: str
    confidence: str
    source: str


class Ports(_Document):
    """Ports of one kind: `head[2]`."""

    ports: str
    interface: str
    speaks: str


class Held(_Document):
    """What stands inside."""

    name: str
    count: int
    part: str


class PartInFull(Part):
    """All that is known of one part."""

    descends_from: list[str]
    import_: str = Field(alias="import")
    example: str
    parameters: list[Parameter]
    members: list[str]
    figures: list[FigureOf]
    ports: list[Ports]
    holds: list[Held]
    sources: dict[str, str]


class Parts(RootModel[list[Part] | PartInFull]):
    """What `rackc parts list` and `search` print, and what `rackc parts show` prints."""
