"""A Word export has real footnotes, which python-docx and the library's own loader read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
from hypothesis import given, settings
from lxml import etree

from index.loaders.word import read_docx
from rag.answers import Answer
from tests.support.exports import (
    ASKED,
    FIRST,
    NAME,
    NAMED,
    answers_of_any_words,
    exported,
    exported_conversation,
    full_answer,
)
from ui.export import FORMATS
from ui.export.docx import W

DOCX = FORMATS[2]
PATH = Path("answer.docx")
NAMES = {"w": W}


def written(made: Answer) -> bytes:
    return exported(DOCX, made)


def parts(data: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(data)) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def found(part: bytes, path: str) -> list[str]:
    return [str(value) for value in etree.fromstring(part).xpath(path, namespaces=NAMES)]


def test_python_docx_opens_it_and_reads_its_paragraphs() -> None:
    word = docx.Document(BytesIO(written(full_answer())))
    assert [(p.style.name if p.style else "", p.text) for p in word.paragraphs][:5] == [
        ("Title", "How many were *arrested*?"),
        ("First Line", "1,043 in *thousands* · Arrests › Monday · 2025"),
        ("Normal", f"{FIRST} {NAMED} (paraphrased)"),
        ("Normal", "Nobody knows why. (not supported)"),
        ("Heading 1", "Remarks"),
    ]
    assert [run.text for run in word.paragraphs[1].runs if run.bold] == ["1,043"]
    [struck] = [run.text for p in word.paragraphs for run in p.runs if run.font.strike]
    assert struck == "Nobody knows why."
    assert [cell.text for cell in word.tables[0].rows[1].cells] == ["1,043", "Report 1", "18 July 2025", "1"]
    properties = word.core_properties
    assert (properties.title, properties.author, properties.created) == (
        *("How many were *arrested*?", ""),
        datetime(2031, 8, 2, 10, tzinfo=UTC),
    )


def test_a_word_document_has_the_questions_as_headings_of_the_first_level() -> None:
    word = docx.Document(BytesIO(exported_conversation(DOCX)))
    headed = [(p.style.name, p.text) for p in word.paragraphs if p.style and p.style.name[:1] in "TH"]
    assert headed == [
        ("Title", NAME),
        ("Heading 1", "How many were *arrested*?"),
        ("Heading 2", "Remarks"),
        ("Heading 2", "Different figures"),
        ("Heading 2", "About this answer"),
        ("Heading 1", "Who *won*?"),
        ("Heading 2", "No answer"),
        ("Heading 2", "Remarks"),
        ("Heading 2", "About this answer"),
        ("Heading 1", ASKED),
        ("Heading 2", "About this answer"),
    ]
    assert word.core_properties.title == NAME


def test_the_library_reads_the_sentences_with_their_footnotes() -> None:
    document = read_docx(written(full_answer()), PATH)
    assert document.title == "How many were *arrested*?"
    assert f"{FIRST}¹ {NAMED}²³ (paraphrased)\n\n" in document.text
    assert document.text.endswith(
        f"¹ “{FIRST}” — Report 1, The Office, 18 July 2025, page 3, 1.md, version 2\n\n"
        "² The third gate of the dam failed: Opened = 12; Shut = 30 Headings: Table 1 Gate · Opened · Shut "
        "— Report 2, The Office, 18 July 2025, 2.md, version 2\n\n"
        f"³ “{FIRST}” — Report 1, The Office, 18 July 2025, page 3, 1.md, version 2"
    )


@given(answers_of_any_words())
@settings(max_examples=15)
def test_every_part_is_sound_and_every_mark_has_its_footnote(made: Answer) -> None:
    made = replace(made, question=made.question * 300)
    found_parts = parts(written(made))
    for name, content in found_parts.items():
        if name.endswith((".xml", ".rels")):
            etree.fromstring(content)
    marks = found(found_parts["word/document.xml"], "//w:footnoteReference/@w:id")
    notes = found(found_parts["word/footnotes.xml"], "//w:footnote/@w:id")
    assert marks == [str(number) for number in range(1, len(made.sentences) + 1)]
    assert notes == ["-1", "0", *marks]


def test_word_is_told_of_the_part_its_styles_and_its_separators() -> None:
    found_parts = parts(written(full_answer()))
    kinds = found_parts["[Content_Types].xml"].decode()
    assert 'PartName="/word/footnotes.xml"' in kinds
    assert "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml" in kinds
    relations = found_parts["word/_rels/document.xml.rels"].decode()
    assert re.search(r'relationships/footnotes" Target="footnotes\.xml"', relations)
    assert found(found_parts["word/settings.xml"], "//w:footnotePr/w:footnote/@w:id") == ["-1", "0"]
    assert found(found_parts["word/footnotes.xml"], "//w:footnote/@w:type") == [
        *("separator", "continuationSeparator")
    ]
    styles = set(found(found_parts["word/styles.xml"], "//w:style/@w:styleId"))
    used = found(found_parts["word/footnotes.xml"], "//w:pStyle/@w:val | //w:rStyle/@w:val")
    used += found(found_parts["word/document.xml"], "//w:pStyle/@w:val | //w:rStyle/@w:val")
    assert set(used) - styles == set()
    assert {"FootnoteText", "FootnoteReference"} <= set(used)
