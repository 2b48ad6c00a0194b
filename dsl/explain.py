"""The page of each diagnostic code: explain/CODE.md, beginning with `# CODE: title`."""

from __future__ import annotations

from importlib import resources

from rackc.dsl.diagnostics import Code


def page(code: Code) -> str:
    """Return the page of a code."""
    return resources.files("rackc.dsl").joinpath("explain", f"{code.value}.md").read_text(encoding="utf-8")


def title(code: Code) -> str:
    """Return the first line of a page, without the code."""
    return page(code).partition("\n")[0].partition(": ")[2]
