"""Signs of symbol fonts and numbers of notes in an RTF file are read as shown."""

from __future__ import annotations

import pytest

from tests.index.loaders.rtf.test_document import text_of


@pytest.mark.parametrize(
    "body",
    [
        r"Dose {\f1 \'b3} 60 mg",
        r"Dose {\f1 \u-3917\'b3} 60 mg",
        r"Dose {\f1 \u61619 ?} 60 mg",
        r"Dose {\field{\*\fldinst SYMBOL 179 \\f \"Symbol\" \\s 12}{\fldrslt\f1\fs24}} 60 mg",
        r"Dose {\field{\*\fldinst { SYMBOL 179 \\f Symbol}}{\fldrslt{\f1\'b3}}} 60 mg",
    ],
    ids=["byte", "private use", "number", "field", "field with a result"],
)
def test_symbols_are_read_as_shown(body: str) -> None:
    fonts = r"\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\froman\fcharset2\fprq2 Symbol;}}"
    assert text_of(body, head=fonts) == "Dose ≥ 60 mg"


def test_a_symbol_of_a_font_that_is_not_known_is_replaced() -> None:
    assert text_of(r"Dose \u-4031 ? 60 mg") == "Dose � 60 mg"


@pytest.mark.parametrize(
    ("asked", "marks"),
    [
        ("", ["¹", "²", "³"]),
        (r"\ftnstart4", ["⁴", "⁵", "⁶"]),
        (r"\ftnnchi", ["*", "†", "‡"]),
        (r"\ftnnalc", ["[a]", "[b]", "[c]"]),
        (r"\ftnrestart", ["¹", "²", "¹"]),
    ],
)
def test_notes_are_numbered_as_the_document_asks(asked: str, marks: list[str]) -> None:
    note = r"{\super\chftn{\footnote{\super\chftn} n.}}"
    assert text_of(rf"{asked} a{note}\par b{note}\sect c{note}\par").split("\n\n") == [
        *(f"{word}{mark}" for word, mark in zip("abc", marks, strict=True)),
        *(f"{mark} n." for mark in marks),
    ]
