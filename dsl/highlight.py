"""How editors colour a `.rack` file: one list of rules, of which the TextMate grammar and the Pygments lexer are made.

Rules are tried in order at each place, as both do. Words that are keywords only in some places are told apart by what
stands around them on the line, as far as a regular expression can.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from rackc.dsl.lexer import NUMBER, UNITS
from rackc.dsl.words import (
    BEFORE_EXPR,
    BEFORE_INT,
    BEFORE_NAME,
    CONSTANTS,
    FUNCTIONS,
    INFIX,
    KINDS,
    OPERATOR_WORDS,
    QUESTIONS,
)


class Rule(NamedTuple):
    """One rule: its name, a regular expression that Python and Oniguruma read alike, what its groups are.

    `groups` are categories, one for each group of the expression; a rule without groups is of one category.
    """

    name: str
    regex: str
    groups: tuple[str, ...]


def _any(words: Any) -> str:
    return "|".join(sorted(words, key=lambda w: (-len(w), w)))


_BEGINS: Final = (
    rf"(?:{_any([*KINDS, *(w for w in BEFORE_NAME if w not in KINDS)])})(?=[ \t]+[A-Za-z_\"])"
    rf"|(?:{_any(BEFORE_INT)})(?=[ \t]+[0-9])"
    rf"|(?:{_any(BEFORE_EXPR)})(?=[ \t]+[A-Za-z_0-9\"(\[-]|[(\[])(?![ \t]+(?:==|--))"
)
_INFIX: Final = tuple(word for word in INFIX if word not in OPERATOR_WORDS)
_UNIT: Final = rf"(?:{UNITS})(?:/(?:{UNITS}))*(?![A-Za-z0-9_])"

#: Categories: comment, text, number, unit, keyword, definition, constant, operator word, function, name, sign, space.
RULES: Final = (
    Rule("doc comment", r"##[^\n]*", ("doc",)),
    Rule("comment", r"#[^\n]*", ("comment",)),
    Rule("text", r"\"(?:\\.|[^\"\\\n])*\"?", ("text",)),
    Rule("definition", rf"(^[ \t]*|(?:;|\{{|\}})[ \t]*)({_any(KINDS)}|enum|choose|let|pool|demand)([ \t]+)([A-Za-z_]\w*)(?![ \t]*[:=])",
         ("sign", "keyword", "space", "definition")),
    Rule("named value", r"(^[ \t]*|(?:;|\{|\})[ \t]*)(let|choose|demand|port)([ \t]+)([A-Za-z_]\w*)", ("sign", "keyword", "space", "definition")),
    Rule("statement", rf"(^[ \t]*|(?:;|\{{|\}})[ \t]*)({_BEGINS})", ("sign", "keyword")),
    Rule("quantity", rf"({NUMBER})([ \t]*)({_UNIT})([ \t]+(?:each|both)[ \t]+ways?\b)?", ("number", "space", "unit", "unit")),
    Rule("number", NUMBER, ("number",)),
    Rule("member", r"(\.)([A-Za-z_]\w*)", ("sign", "name")),
    Rule("constant", rf"(?:{_any(CONSTANTS)})\b(?![ \t]*=(?!=))", ("constant",)),
    Rule("operator word", rf"(?:{_any(OPERATOR_WORDS)})\b(?![ \t]*(?:=(?!=)|[:.,)\]]))", ("operator word",)),
    Rule("infix word", rf"(?:{_any(_INFIX)})\b(?![ \t]*(?:=(?!=)|[:.,)\]]|$))", ("keyword",)),
    Rule("function", rf"(?:{_any([*FUNCTIONS, *QUESTIONS])})(?=\()", ("function",)),
    Rule("source", r"(@)(cite|assume)\b", ("sign", "function")),
    Rule("name", r"[A-Za-z_]\w*", ("name",)),
    Rule("sign", r"--|\.\.<|\.\.|\+/-|==|!=|<=|>=|[<>+\-*/(){}\[\],:=@.;]", ("sign",)),
    Rule("space", r"[ \t]+", ("space",)),
)  # fmt: skip

#: TextMate scopes and Pygments token types by category.
SCOPES: Final = {
    "doc": "comment.line.documentation.rack", "comment": "comment.line.number-sign.rack", "text": "string.quoted.double.rack",
    "number": "constant.numeric.rack", "unit": "keyword.other.unit.rack", "keyword": "keyword.control.rack",
    "definition": "entity.name.rack", "constant": "constant.language.rack", "operator word": "keyword.operator.word.rack",
    "function": "support.function.rack", "name": "variable.other.rack", "sign": "punctuation.rack", "space": "text.rack",
}  # fmt: skip
PYGMENTS: Final = {
    "doc": "Comment.Special", "comment": "Comment.Single", "text": "String.Double", "number": "Number", "unit": "Keyword.Type",
    "keyword": "Keyword", "definition": "Name.Class", "constant": "Keyword.Constant", "operator word": "Operator.Word",
    "function": "Name.Builtin", "name": "Name", "sign": "Punctuation", "space": "Whitespace",
}  # fmt: skip


def textmate() -> str:
    """Return the TextMate grammar as JSON text."""
    document = {
        "name": "rack", "scopeName": "source.rack", "fileTypes": ["rack"],
        "comment": "Generated from rackc's own tables of words and units; change those.",
        "patterns": [_pattern(rule) for rule in RULES],
    }  # fmt: skip
    return json.dumps(document, indent=1) + "\n"


def _pattern(rule: Rule) -> dict[str, Any]:
    if len(rule.groups) == 1:
        return {"comment": rule.name, "match": rule.regex, "name": SCOPES[rule.groups[0]]}
    captures = {str(at): {"name": SCOPES[category]} for at, category in enumerate(rule.groups, 1)}
    return {"comment": rule.name, "match": rule.regex, "captures": captures}
