"""A Word export has real footnotes, which python-docx and the library's own loader read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from hypothesis import given, settings
from lxml import etree

from index.loaders.word import read_docx
from rag.answers import Answer
from rag.conversations.export_check import Claim
from tests.support.exports import DIGESTS, FIRST, SHOWN, answers_of_any_words, full_answer
from tests.support.markup import answer, citation
from ui.export import DOCX, Exported, export, read_export
from ui.export.docx import W

PATH = Path("answer.docx")
NAMES = {"w": W}


def written(made: Answer) -> bytes:
    return export(made, DOCX, DIGESTS)


def parts(data: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(data)) as archive:
        assert len(set(archive.namelist())) == len(archive.namelist())
        return {name: archive.read(name) for name in archive.namelist()}


def found(part: bytes, path: str) -> list[str]:
    return [str(value) for value in etree.fromstring(part).xpath(path, namespaces=NAMES)]


def edited(data: bytes, name: str, old: str, new: str) -> Exported:
    """The text of the document after a change of one part."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for entry, content in parts(data).items():
            text = content.decode() if entry == name else ""
            assert entry != name or old in text
            archive.writestr(entry, text.replace(old, new, 1) if entry == name else content)
    return read_export(file.getvalue(), PATH)


def test_python_docx_opens_it_and_reads_its_paragraphs() -> None:
    word = docx.Document(BytesIO(written(full_answer())))
    assert [(p.style.name if p.style else "", p.text) for p in word.paragraphs][:5] == [
        ("Title", "How many were *arrested*?"),
        ("First Line", "1,043 in *thousands* · Arrests › Monday · 2025"),
        ("Normal", f"{FIRST} {SHOWN} (paraphrased)"),
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


def test_the_library_reads_the_sentences_with_their_footnotes() -> None:
    document = read_docx(written(full_answer()), PATH)
    assert document.title == "How many were *arrested*?"
    assert f"{FIRST}¹ {SHOWN}²³ (paraphrased)\n\n" in document.text
    assert document.text.endswith(
        f"¹ “{FIRST}” — Report 1, The Office, 18 July 2025, page 3, 1.md, version 2\n\n"
        "² “The third gate of the dam failed · 12 · 30” Headings: Table 1 Gate · Opened · Shut "
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
        *("separator", "continuationSeparator"),
    ]
    styles = set(found(found_parts["word/styles.xml"], "//w:style/@w:styleId"))
    used = found(found_parts["word/footnotes.xml"], "//w:pStyle/@w:val | //w:rStyle/@w:val")
    used += found(found_parts["word/document.xml"], "//w:pStyle/@w:val | //w:rStyle/@w:val")
    assert set(used) - styles == set()
    assert {"FootnoteText", "FootnoteReference"} <= set(used)


@pytest.mark.parametrize(
    ("name", "old", "new", "claim"),
    [
        (
            "document",
            "arrested 1,043",
            "arrested 9,043",
            Claim("Police arrested 9,043 people on Monday.", (1,)),
        ),
        ("document", "<w:strike/>", "", Claim("Nobody knows why.", (), "unsupported")),
        ("document", "<w:strike/>", '<w:strike w:val="0"/>', Claim("Nobody knows why.", (), "unsupported")),
        (
            "document",
            '<w:footnoteReference w:id="1"/>',
            "",
            Claim(f"{FIRST} {SHOWN}", (1, 2), "paraphrased"),
        ),
        ("document", "Remarks", "Weather", Claim("Weather", ())),
        ("document", "(paraphrased)", "(well supported)", Claim("(well supported)", ())),
    ],
)
def test_what_was_edited_is_read_as_it_now_stands(name: str, old: str, new: str, claim: Claim) -> None:
    assert claim in edited(written(full_answer()), f"word/{name}.xml", old, new).claims


def test_an_edited_quote_is_read_as_it_now_stands() -> None:
    read = edited(written(full_answer()), "word/footnotes.xml", "arrested 1,043", "arrested 9,043")
    assert read.footnotes[0].quote == "Police arrested 9,043 people on Monday."
    assert read.footnotes[2].quote == FIRST


def test_a_text_in_runs_of_a_word_processor_is_read_whole() -> None:
    word = docx.Document(BytesIO(written(answer(citation(1, FIRST)))))
    run = word.paragraphs[1].runs[0]
    run.text = "Police arrested "
    second = word.paragraphs[1].add_run("1,043 people on Monday.")
    run._r.addnext(second._r)
    file = BytesIO()
    word.save(file)
    assert read_export(file.getvalue(), PATH).claims == (Claim(FIRST, (1,)),)
