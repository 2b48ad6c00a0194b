"""Diagnostics to text and data: the one place where they are rendered, a module for each format."""

from rackc.dsl.render.document import as_json
from rackc.dsl.render.text import render, render_colour

__all__ = ["as_json", "render", "render_colour"]
