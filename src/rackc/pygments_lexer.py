"""A Pygments lexer for `.rack` files, made of the same rules as the TextMate grammar."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.token import string_to_tokentype

from rackc.dsl.highlight import PYGMENTS, RULES, Rule


def _entry(rule: Rule) -> tuple[str, Any]:
    types = [string_to_tokentype(PYGMENTS[category]) for category in rule.groups]
    return rule.regex, types[0] if len(types) == 1 else bygroups(*types)


class RackLexer(RegexLexer):  # type: ignore[misc]  # Pygments ships no types
    """The rack description language."""

    name = "rack"
    aliases: ClassVar[list[str]] = ["rack"]
    filenames: ClassVar[list[str]] = ["*.rack"]
    flags = re.MULTILINE
    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": [*map(_entry, RULES), (r"\n", string_to_tokentype("Whitespace"))],
    }
