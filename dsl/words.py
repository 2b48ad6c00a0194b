"""The words of the language: one table for the lexer, the editors' grammars and the reference."""

from __future__ import annotations

from typing import Final

#: Words that begin a definition, with what it defines.
KINDS: Final = {
    "part": "a component, down to a module in a slot",
    "tray": "a chassis in a rack",
    "shelf": "a chassis of power supplies or cards",
    "rack": "what trays and shelves stand in",
    "row": "racks side by side",
    "pod": "rows, or racks that serve together",
    "link": "a cable or medium that carries links",
    "interface": "what a port speaks",
    "model": "the shape of a language model",
    "trait": "attributes and rules that others descend from",
    "pattern": "a way of wiring",
    "workload": "demand on hosts",
    "policy": "rules for a whole design",
    "design": "a root to build",
    "test": "a root to check, with what is expected of it",
}

#: Words that begin a statement when a name follows, and their terminals.
BEFORE_NAME: Final = {
    **dict.fromkeys(KINDS, "KIND"), "port": "PORT", "pool": "POOL", "demand": "DEMAND", "let": "LET", "for": "FOR",
    "from": "FROM", "import": "IMPORT", "enum": "ENUM", "choose": "CHOOSE", "expect": "EXPECT",
}  # fmt: skip
#: Those that begin one when a whole number follows.
BEFORE_INT: Final = {"edition": "EDITION", "survive": "SURVIVE"}
#: Those that begin one when an expression follows.
BEFORE_EXPR: Final = {
    "connect": "CONNECT", "require": "REQUIRE", "prefer": "PREFER", "minimize": "MINIMIZE", "if": "IF",
}  # fmt: skip
#: Words between two operands; anywhere else they are names.
INFIX: Final = {
    "import": "IMPORT", "as": "AS", "on": "ON", "at": "AT_WORD", "by": "BY", "for": "FOR", "in": "IN", "if": "IF",
    "else": "ELSE", "then": "THEN", "and": "AND", "or": "OR", "step": "STEP", "typ": "TYP", "mod": "MUL",
    "weight": "WEIGHT",
}  # fmt: skip
#: Words that begin an operand.
PREFIX: Final = {"not": "NOT", "if": "IF", "true": "TRUE", "false": "FALSE", "none": "NONE"}

#: Every word with a meaning of its own somewhere.
KEYWORDS: Final = tuple(sorted({*BEFORE_NAME, *BEFORE_INT, *BEFORE_EXPR, *INFIX, *PREFIX}))
#: The constants among them: values wherever they stand.
CONSTANTS: Final = ("false", "none", "true")
#: Those that only ever continue a statement: at the start of a line they are no names.
CONTINUING: Final = ("else", "in")
#: Words between operands that compute, as editors colour them.
OPERATOR_WORDS: Final = ("and", "in", "mod", "not", "or", "step", "typ")

#: Functions of the language: what each takes and gives.
FUNCTIONS: Final = {
    "sum": "`sum(list)` or `sum(a, b)`: figures of one kind, added",
    "min": "the least of a list, or of its arguments",
    "max": "the greatest of a list, or of its arguments",
    "count": "how many instances, ports, items, numbers of a range or members of an enum",
    "len": "the same as `count`",
    "all": "whether every item of a list is true",
    "any": "whether one is",
    "keys": "the keys of an array of instances: `keys(site)`",
    "floor": "a figure rounded down in its author's unit",
    "ceil": "a figure rounded up",
    "abs": "a figure without its sign",
    "low": "the least that a range can be",
    "high": "the greatest",
    "typical": "the typical value of a range",
}
#: Functions that rules may ask of the finished design.
QUESTIONS: Final = {
    "diameter": "`diameter(things, over = Interface)`: the most links on a shortest way between two of them",
    "bisection": "`bisection(things, over = Interface)`: the least bandwidth between two halves, each way",
    "hops": "`hops(a, b, over = Interface)`: the links on a shortest way, the most where there are several ends",
    "paths": "`paths(a, b, over = Interface)`: the ways from one thing to another that share no link",
    "separate_paths": "`separate_paths(a, b, over = Interface)`: the ways from one thing to another that share nothing between",
    "reachable": "`reachable(a, b, over = Interface)`: whether all of a reach all of b; of one list, whether all reach each other",
    "cut_off": "`cut_off(things, over = Interface, lose = 1 switch)`: how many the worst loss parts from the rest",
    "bandwidth": "`bandwidth(a, b, over = Interface)`: what one sends the other alone, over all ways; the least of several pairs",
    "all_to_all": "`all_to_all(things, over = Interface)`: what each gets when every one sends to every other",
    "latency": "`latency(a, b, over = Interface)`: of the quickest way, links and what is passed; the greatest of several pairs",
    "oversubscription": "`oversubscription(things, over = Interface)`: bandwidth from below by that upward, of switches or of ends",
}
