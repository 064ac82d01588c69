"""Hidden text of a Word document is left out; signs of symbol fonts are read as shown."""

from __future__ import annotations

import pytest
from docx.document import Document as WordDocument
from docx.oxml import parse_xml

from tests.support.word_files import (
    HIDDEN,
    NAMESPACES,
    SYMBOL,
    formatted,
    item,
    numbered,
    paragraph,
    read,
    run,
    styled,
    written,
)


class TestHidden:
    @pytest.mark.parametrize(
        "xml",
        [
            formatted(" not", HIDDEN),
            formatted(" not", "<w:rStyle w:val='Secret'/>"),
            formatted(" not", "<w:rStyle w:val='MoreSecret'/>"),
        ],
        ids=["run", "style", "style based on it"],
    )
    def test_hidden_words_are_not_read(self, xml: str) -> None:
        def write(word: WordDocument) -> None:
            styled("Secret", "character", HIDDEN)(word)
            styled("MoreSecret", "character", "", "<w:basedOn w:val='Secret'/>")(word)
            paragraph(f"{run('Gate 3 has')}{xml}{run(' failed.')}")(word)

        assert read(write).text == "Gate 3 has failed."

    def test_words_that_a_style_hides_and_a_run_shows_are_read(self) -> None:
        def write(word: WordDocument) -> None:
            styled("Aside", "paragraph", HIDDEN)(word)
            shown = formatted("Seen.", "<w:vanish w:val='0'/>")
            paragraph(f"<w:pPr><w:pStyle w:val='Aside'/></w:pPr>{run('Unseen.')}{shown}")(word)

        assert read(write).text == "Seen."

    def test_words_that_are_hidden_on_the_web_alone_are_read(self) -> None:
        """Word marks the page numbers of a table of contents like this."""
        assert read(paragraph(run("Findings ") + formatted("12", "<w:webHidden/>"))).text == "Findings 12"

    def test_a_hidden_item_takes_no_number(self) -> None:
        def write(word: WordDocument) -> None:
            numbered(1, "decimal", "%1.")(word)
            hidden = f"<w:rPr>{HIDDEN}</w:rPr>"
            written(item(1, "food"), item(1, formatted("secret", HIDDEN), end=hidden), item(1, "water"))(word)

        assert read(write).text == "1. food\n2. water"

    def test_a_paragraph_whose_end_is_deleted_goes_on_in_the_next(self) -> None:
        def write(word: WordDocument) -> None:
            end = "<w:pPr><w:rPr><w:del w:id='1' w:author='x'/></w:rPr></w:pPr>"
            written(f"<w:p>{end}{run('Gate 3 ')}</w:p>", f"<w:p>{run('failed.')}</w:p>")(word)

        assert read(write).text == "Gate 3 failed."

    def test_a_paragraph_whose_end_is_deleted_stays_before_the_table_that_follows_it(self) -> None:
        def write(word: WordDocument) -> None:
            end = "<w:pPr><w:rPr><w:del w:id='1' w:author='x'/></w:rPr></w:pPr>"
            cells = "".join(f"<w:tc><w:p>{run(text)}</w:p></w:tc>" for text in "ab")
            paragraph(f"{end}{run('Gate 3')}")(word)
            word.element.body.insert(1, parse_xml(f"<w:tbl {NAMESPACES}><w:tr>{cells}</w:tr></w:tbl>"))
            word.add_paragraph("failed.")

        assert read(write).text == "Gate 3\n\na | b\n\nfailed."

    def test_a_hidden_row_of_a_table_is_not_read(self) -> None:
        def write(word: WordDocument) -> None:
            table = word.add_table(2, 2)
            for line, cells in zip(table.rows, (["a", "b"], ["c", "d"]), strict=True):
                for cell, text in zip(line.cells, cells, strict=True):
                    cell.text = text
            table._tbl.tr_lst[1].get_or_add_trPr().append(parse_xml(f"<w:hidden {NAMESPACES}/>"))

        assert read(write).text == "a | b"


class TestSymbols:
    @pytest.mark.parametrize(
        ("xml", "text"),
        [
            (
                f"{run('Dose ')}<w:r><w:sym w:font='Symbol' w:char='F0B3'/></w:r>{run(' 60 mg')}",
                "Dose ≥ 60 mg",
            ),
            (f"<w:r><w:sym w:font='Wingdings' w:char='F0FE'/></w:r>{run(' refused')}", "☑ refused"),
            (f"<w:r><w:sym w:font='Symbol' w:char='b1'/></w:r>{run('5')}", "±5"),
            (f"<w:r><w:sym w:font='Parish Signs' w:char='F041'/></w:r>{run(' 60 mg')}", "� 60 mg"),
            (f"<w:r><w:sym w:font='Symbol' w:char='zz'/></w:r>{run(' 60 mg')}", "� 60 mg"),
            (f"{formatted(chr(0xF06D), SYMBOL)}{run('g')}", "μg"),
            (f"{formatted('m', SYMBOL)}{run('g')}", "μg"),
        ],
        ids=["symbol", "wingdings", "no private use", "unknown font", "damaged", "private use", "letter"],
    )
    def test_they_are_read_as_shown(self, xml: str, text: str) -> None:
        assert read(paragraph(xml)).text == text
