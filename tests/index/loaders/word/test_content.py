"""Paragraphs, lists, tables and notes of a Word document are read as Word shows them."""

from __future__ import annotations

import pytest
from docx.document import Document as WordDocument
from docx.oxml import parse_xml

from tests.support.word_files import (
    NAMESPACES,
    SUPERSCRIPT,
    formatted,
    paragraph,
    read,
    run,
)


def mark(kind: str) -> str:
    """A mark of a field: its begin, the begin of its result, or its end."""
    return f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>"


class TestText:
    def test_headings_paragraphs_and_line_breaks(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_heading("The Maravel Dam", 1)
            word.add_paragraph("Gate 3  was torn\tfrom its bearings.")
            word.add_paragraph("The commission\nheard 63 witnesses.")

        assert (
            read(write).text == "The Maravel Dam\n\nGate 3 was torn from its bearings.\n\n"
            "The commission\nheard 63 witnesses."
        )

    def test_items_of_lists_are_lines_with_their_bullet_or_number(self) -> None:
        def write(word: WordDocument) -> None:
            for style, text in (
                ("List Bullet", "tents"),
                ("List Bullet", "fuel"),
                ("List Number", "water"),
                ("List Number", "food"),
            ):
                word.add_paragraph(text, style)
            word.add_paragraph("That is all.")

        assert read(write).text == "• tents\n• fuel\n\n1. water\n2. food\n\nThat is all."

    def test_items_numbered_by_themselves_are_one_list_too(self) -> None:
        def write(word: WordDocument) -> None:
            numbering = word.part.numbering_part.element
            numbering.append(
                parse_xml(f"<w:num {NAMESPACES} w:numId='1234'><w:abstractNumId w:val='0'/></w:num>")
            )
            number = "<w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1234'/></w:numPr></w:pPr>"
            for text in ("food", "water"):
                paragraph(f"{number}{run(text)}")(word)

        assert read(write).text == "1. water\n2. food"

    @pytest.mark.parametrize(
        ("xml", "text"),
        [
            (
                f"{run('Gate ')}<w:ins w:id='1' w:author='x'>{run('3')}</w:ins>{run(' failed.')}",
                "Gate 3 failed.",
            ),
            (
                (
                    f"{run('Gate 3')}<w:del w:id='1'><w:r><w:delText> not</w:delText></w:r></w:del>"
                    f"<w:moveFrom w:id='2' w:author='x'>{run(' moved')}</w:moveFrom>{run(' failed.')}"
                ),
                "Gate 3 failed.",
            ),
            (
                (
                    "<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr>"
                    f"<w:sdtContent>{run('Gate 3')}</w:sdtContent></w:sdt>"
                    f"<w:hyperlink w:anchor='a'>{run(' failed.')}</w:hyperlink>"
                ),
                "Gate 3 failed.",
            ),
            (
                (
                    f"{run('Page ')}<w:r><w:fldChar w:fldCharType='begin'/></w:r>"
                    "<w:r><w:instrText>PAGEREF a</w:instrText>"
                    f"</w:r><w:r><w:fldChar w:fldCharType='separate'/></w:r>{run('7')}"
                ),
                "Page 7",
            ),
            (
                "<w:r><w:t>pre</w:t><w:noBreakHyphen/><w:t>war</w:t><w:tab/><w:t>site</w:t></w:r>",
                "pre-war site",
            ),
            (f"{run('over')}<w:r><w:br w:type='page'/></w:r>{run('leaf')}", "over leaf"),
            (
                (
                    f"{run('Seen.')}<mc:AlternateContent><mc:Choice>{run(' Once.')}</mc:Choice>"
                    f"<mc:Fallback>{run(' Once.')}</mc:Fallback></mc:AlternateContent>"
                ),
                "Seen. Once.",
            ),
            (
                (
                    "<w:r><w:ruby><w:rt><w:r><w:t>kan</w:t></w:r></w:rt>"
                    f"<w:rubyBase>{run('漢')}</w:rubyBase></w:ruby></w:r>{run('字')}"
                ),
                "漢字",
            ),
            (f"{run('about 10')}{formatted('6', SUPERSCRIPT)}{run(' spores')}", "about 10⁶ spores"),
            (f"{run('on the 1')}{formatted('st', SUPERSCRIPT)}{run(' of May')}", "on the 1st of May"),
            (
                (
                    f"{mark('begin')}{run('IF ')}{mark('begin')}{mark('separate')}{run('11')}{mark('end')}"
                    f"{mark('separate')}{run('twelve')}{mark('end')}{run(' gates')}"
                ),
                "twelve gates",
            ),
            (
                (
                    "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox><w:default w:val='0'/>"
                    f"<w:checked/></w:checkBox></w:ffData></w:fldChar></w:r>{mark('end')}{run(' refused')}"
                ),
                "☒ refused",
            ),
            (
                (
                    "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:ddList><w:result w:val='1'/>"
                    "<w:listEntry w:val='yes'/><w:listEntry w:val='no'/></w:ddList></w:ffData></w:fldChar>"
                    f"</w:r>{mark('end')}"
                ),
                "no",
            ),
        ],
        ids=[
            *("insertion", "deletion", "control", "field", "hyphen", "page break", "alternative", "ruby"),
            *("raised figure", "raised letters", "code in a code", "box to check", "list to choose from"),
        ],
    )
    def test_it_is_the_visible_text(self, xml: str, text: str) -> None:
        assert read(paragraph(xml)).text == text

    def test_a_text_box_is_not_part_of_its_anchor_paragraph(self) -> None:
        box = f"<w:r><w:pict><w:txbxContent><w:p>{run('Boxed.')}</w:p></w:txbxContent></w:pict></w:r>"
        assert read(paragraph(f"{run('Gate 3')}{box}{run(' failed.')}")).text == "Gate 3 failed.\n\nBoxed."


class TestTables:
    def test_rows_are_lines_of_cells(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_paragraph("Displaced people")
            table = word.add_table(3, 3)
            for line, cells in zip(
                table.rows,
                (["District", "March", "May"], ["Quell\nDelta", "2,480", "4,980"], ["Pellan", "", "1,100"]),
                strict=True,
            ):
                for cell, text in zip(line.cells, cells, strict=True):
                    cell.text = text

        assert read(write).text == (
            "Displaced people\n\nDistrict | March | May\nQuell Delta | 2,480 | 4,980\nPellan |  | 1,100"
        )

    def test_a_merged_cell_speaks_once(self) -> None:
        def write(word: WordDocument) -> None:
            table = word.add_table(2, 2)
            table.cell(0, 0).merge(table.cell(1, 0)).text = "Pellan"
            table.cell(0, 1).text, table.cell(1, 1).text = "March", "May"
            covered = table._tbl.tr_lst[1].tc_lst[0]
            covered.append(parse_xml(f"<w:p {NAMESPACES}>{run('covered words')}</w:p>"))

        assert read(write).text == "Pellan | March\n| May"

    def test_a_table_that_lays_out_the_page_is_read_as_text(self) -> None:
        def write(word: WordDocument) -> None:
            table = word.add_table(1, 2)
            table.cell(0, 0).text, table.cell(0, 1).text = "Gate 3 failed. " * 120, "Aside."

        assert read(write).text == f"{('Gate 3 failed. ' * 120).strip()}\n\nAside."

    def test_a_nested_table_s_words_are_in_the_cell_around_it(self) -> None:
        def write(word: WordDocument) -> None:
            table = word.add_table(1, 2)
            table.cell(0, 0).text = "outer"
            inner = table.cell(0, 1).add_table(1, 2)
            inner.cell(0, 0).text, inner.cell(0, 1).text = "a", "b"

        assert read(write).text == "outer | a ¦ b"


class TestRunningTitles:
    def test_headers_and_footers_come_last_each_wording_once(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_paragraph("Gate 3 failed.")
            word.add_section()
            word.add_section()
            for number, section in enumerate(word.sections):
                section.header.is_linked_to_previous = number == 1
                if number != 1:
                    section.header.paragraphs[0].text = f"Dam inquiry, page {number}"
                section.footer.is_linked_to_previous = False
                section.footer.paragraphs[0].text = str(number)

        assert read(write).text == "Gate 3 failed.\n\nDam inquiry, page 0"
