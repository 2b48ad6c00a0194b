"""How tightly operators bind: one table for the tree builder and the printer."""

from __future__ import annotations

from typing import Final

#: The right side of an operator takes in what binds more tightly; `a .. b step c typ d` reads ((a .. b) step c) typ d.
BINDS: Final = {
    "or": 1, "and": 2, "in": 4, "==": 4, "!=": 4, "<=": 4, ">=": 4, "<": 4, ">": 4,
    "typ": 5, "step": 6, "..": 7, "..<": 7, "+/-": 8, "+": 9, "-": 9, "*": 10, "/": 10, "mod": 10,
}  # fmt: skip
#: `not` takes in a comparison, wherever it stands.
NOT_BINDS: Final = 3
SIGN_BINDS: Final = 11
