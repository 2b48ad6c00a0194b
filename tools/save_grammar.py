"""Write the parser table of the installed Lark beside the grammar, so that starting rackc does not build it, and the
grammar for editors.

Loading takes 0.02 s, building 0.3 s. The table is named after the Lark version and the grammar that it was made of;
anything else builds its own at each start.
"""

from __future__ import annotations

import sys
from pathlib import Path

import lark

from rackc.dsl.highlight import textmate
from rackc.dsl.parser import grammar_text, lark_options, table_name


def main() -> int:
    """Replace the table in the folder given; or all that is made of the grammar in `dsl/`."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "dsl"
    for old in folder.glob("rack-*.table"):
        old.unlink()
    with (folder / table_name()).open("wb") as file:
        lark.Lark(grammar_text(), **lark_options()).save(file)
    if len(sys.argv) == 1:
        (folder / "editors" / "rack.tmLanguage.json").write_text(textmate(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
