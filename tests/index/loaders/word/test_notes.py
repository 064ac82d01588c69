"""Notes of a Word document have Word's numbers, both in the text and before the note."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from tests.support.word_files import NAMESPACES, SUPERSCRIPT, formatted, read, run, written

_PARTS = {
    "footnote": (CONTENT_TYPE.WML_FOOTNOTES, RELATIONSHIP_TYPE.FOOTNOTES),
    "endnote": (CONTENT_TYPE.WML_ENDNOTES, RELATIONSHIP_TYPE.ENDNOTES),
}


def with_notes(kind: str, texts: dict[int, str]) -> Callable[[WordDocument], object]:
    """Adds footnotes or endnotes, each with its ``w:id``, in this order."""
    notes = "".join(
        f"<w:{kind} w:id='{number}'><w:p>{text if text.startswith('<') else run(text)}</w:p></w:{kind}>"
        for number, text in texts.items()
    )
    separator = f"<w:{kind} w:type='separator' w:id='-1'><w:p>{run('line')}</w:p></w:{kind}>"

    def write(word: WordDocument) -> None:
        content_type, relation = _PARTS[kind]
        blob = f"<w:{kind}s {NAMESPACES}>{separator}{notes}</w:{kind}s>".encode()
        word.part.relate_to(
            Part(PackURI(f"/word/{kind}s.xml"), content_type, blob, word.part.package), relation
        )

    return write


def reference(number: int, kind: str = "footnote", custom: str = "") -> str:
    follows = "w:customMarkFollows='1'" if custom else ""
    return (
        f"<w:r><w:rPr>{SUPERSCRIPT}</w:rPr><w:{kind}Reference {follows} w:id='{number}'/>"
        + (f"<w:t>{custom}</w:t>" if custom else "")
        + "</w:r>"
    )


def sentence(text: str, mark: str, end: str = "") -> str:
    return f"<w:p>{end}{run(text)}{mark}{run('.')}</w:p>"


def section(properties: str = "") -> str:
    return f"<w:pPr><w:sectPr>{properties}</w:sectPr></w:pPr>"


def lines(*writers: Callable[[WordDocument], object]) -> list[str]:
    """The lines of a document that the ``writers`` fill."""

    def write(word: WordDocument) -> None:
        for writer in writers:
            writer(word)

    return read(write).text.split("\n\n")


def settings(properties: str) -> Callable[[WordDocument], object]:
    return lambda word: word.settings.element.append(
        parse_xml(properties.replace("Pr>", f"Pr {NAMESPACES}>", 1))
    )


def test_they_are_numbered_in_the_order_of_their_references() -> None:
    assert lines(
        written(sentence("It cost 2,500", reference(0)), sentence("It rained", reference(7))),
        with_notes("footnote", {7: "By the gauge.", 3: "Of nothing.", 0: "Without labour."}),
    ) == ["It cost 2,500¹.", "It rained².", "¹ Without labour.", "² By the gauge."]


def test_endnotes_are_counted_apart_in_small_roman_numbers() -> None:
    assert lines(
        written(
            sentence("It cost 2,500", reference(2, "endnote")),
            sentence("It rained", reference(1) + run(" and snowed") + reference(3, "endnote")),
        ),
        with_notes("footnote", {1: "By the gauge."}),
        with_notes("endnote", {2: "Council.", 3: "Parish."}),
    ) == [
        "It cost 2,500[i].",
        "It rained¹ and snowed[ii].",
        "¹ By the gauge.",
        "[i] Council.",
        "[ii] Parish.",
    ]


def test_a_custom_mark_is_not_numbered() -> None:
    assert lines(
        written(
            sentence("It cost 2,500", reference(1, custom="*")),
            sentence("It rained", reference(2)),
            sentence("It froze at 10", reference(3, custom="8")),
        ),
        with_notes(
            "footnote",
            {
                1: run("* Without labour."),
                2: "By the gauge.",
                3: formatted("8", SUPERSCRIPT) + run(" Degrees."),
            },
        ),
    ) == [
        *("It cost 2,500*.", "It rained¹.", "It froze at 10⁸."),
        *("* Without labour.", "¹ By the gauge.", "⁸ Degrees."),
    ]


def test_a_reference_that_a_revision_deleted_counts_for_nothing() -> None:
    deleted = f"<w:del w:id='9' w:author='x'>{reference(1)}</w:del>"
    assert lines(
        written(sentence("It cost 2,500", deleted), sentence("It rained", reference(2))),
        with_notes("footnote", {1: "Without labour.", 2: "By the gauge."}),
    ) == ["It cost 2,500.", "It rained¹.", "¹ By the gauge."]


@pytest.mark.parametrize(
    ("properties", "marks"),
    [
        ("", ["¹", "²", "³"]),
        ("<w:footnotePr><w:numStart w:val='4'/></w:footnotePr>", ["⁴", "⁵", "⁶"]),
        ("<w:footnotePr><w:numFmt w:val='chicago'/></w:footnotePr>", ["*", "†", "‡"]),
        ("<w:footnotePr><w:numFmt w:val='lowerLetter'/></w:footnotePr>", ["[a]", "[b]", "[c]"]),
        ("<w:footnotePr><w:numRestart w:val='eachSect'/></w:footnotePr>", ["¹", "²", "¹"]),
        (
            "<w:footnotePr><w:numStart w:val='8'/><w:numRestart w:val='eachSect'/></w:footnotePr>",
            ["⁸", "⁹", "⁸"],
        ),
    ],
    ids=["usual", "start", "signs", "letters", "sections", "start of sections"],
)
@pytest.mark.parametrize("is_for_all", [True, False], ids=["document", "sections"])
def test_their_numbers_are_as_the_document_or_its_section_asks(
    properties: str, marks: list[str], *, is_for_all: bool
) -> None:
    own = "" if is_for_all else properties

    def ask_last_section(word: WordDocument) -> None:
        if own:
            word.element.body.sectPr.insert(0, parse_xml(own.replace("Pr>", f"Pr {NAMESPACES}>", 1)))

    read_lines = lines(
        settings(properties) if is_for_all and properties else lambda _: None,
        ask_last_section,
        written(
            sentence("a", reference(1)),
            sentence("b", reference(2), section(own)),
            sentence("c", reference(3)),
        ),
        with_notes("footnote", {1: "A.", 2: "B.", 3: "C."}),
    )
    assert read_lines == [
        *(f"{word}{mark}." for word, mark in zip("abc", marks, strict=True)),
        *(f"{mark} {word}." for word, mark in zip("ABC", marks, strict=True)),
    ]


def test_numbers_that_begin_anew_on_each_page_follow_the_pages_that_word_saw() -> None:
    assert lines(
        settings("<w:footnotePr><w:numRestart w:val='eachPage'/></w:footnotePr>"),
        written(
            sentence("a", reference(1)),
            sentence("b", reference(2)),
            f"<w:p><w:r><w:lastRenderedPageBreak/><w:t>c</w:t></w:r>{reference(3)}</w:p>",
        ),
        with_notes("footnote", {1: "A.", 2: "B.", 3: "C."}),
    )[:3] == ["a¹.", "b².", "c¹"]
