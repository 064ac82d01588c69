"""A Word file is read as a person sees it: its text, lists, tables and notes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn

from index.errors import LoadError
from index.loaders import load
from index.loaders.word import read_docx
from tests.support.word_files import (
    HIDDEN,
    NAMESPACES,
    PATH,
    SUPERSCRIPT,
    SYMBOL,
    changed,
    formatted,
    item,
    numbered,
    paragraph,
    read,
    run,
    saved,
    styled,
    written,
)


def part(archive: bytes, name: str) -> bytes:
    with ZipFile(BytesIO(archive)) as opened:
        return opened.read(name)


class TestMetadata:
    def test_it_is_that_of_the_properties(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_paragraph("Gate 3 failed because nobody had looked at its pin since the dam was built.")
            said = word.core_properties
            said.title, said.author = "Inquiry into the dam", "Dam commission"
            said.created, said.modified = datetime(2031, 3, 1), datetime(2031, 4, 2)  # noqa: DTZ001

        found = read(write)
        assert (found.title, found.author, found.published) == (
            "Inquiry into the dam",
            "Dam commission",
            "2031-04-02",
        )
        assert (found.kind, found.language) == ("docx", "en")
        assert found.origins == dict.fromkeys(("author", "published", "title"), "document properties")

    def test_without_a_title_it_is_the_one_in_the_style_for_titles_or_the_first_short_line(self) -> None:
        def styled(word: WordDocument) -> None:
            word.core_properties.title = ""
            word.add_paragraph("A foreword that is long enough to be no title, and ends with a stop.")
            word.add_paragraph("The Maravel Dam", "Title")

        def plain(word: WordDocument) -> None:
            word.core_properties.title = "Document1"
            word.add_paragraph("What failed at Maravel")

        assert [read(styled).title, read(plain).title] == ["The Maravel Dam", "What failed at Maravel"]

    def test_nothing_is_made_up_for_a_file_without_properties(self) -> None:
        stored = re.compile(rb"<dc.*>", re.DOTALL)
        found = read_docx(changed("docProps/core.xml", stored, b"</cp:coreProperties>"), PATH)
        assert (found.title, found.publisher, found.published) == ("MARK", None, None)


def test_its_outline_comes_from_heading_styles_and_outline_levels() -> None:
    def write(word: WordDocument) -> None:
        word.add_paragraph("The Maravel Dam", "Title")
        word.add_paragraph("What failed", "Heading 1")
        word.add_paragraph("Gate 3 failed.")
        word.add_paragraph("The pin", "Heading 2")
        word.add_paragraph("What follows").paragraph_format.element.get_or_add_pPr().append(
            OxmlElement("w:outlineLvl", {qn("w:val"): "0"})
        )

    found = read(write)
    assert [(section.level, section.title) for section in found.sections] == [
        (1, "What failed"),
        (2, "The pin"),
        (1, "What follows"),
    ]
    assert [found.text[each.start :].startswith(each.title) for each in found.sections] == [True] * 3


class TestErrors:
    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (changed("[Content_Types].xml", re.compile(rb".*", re.DOTALL), b"<Types"), "is broken: "),
            (saved(docx.Document()), "holds no words to read"),
            (b"plain words", "is named .docx but is not a Word document"),
        ],
        ids=["broken part", "empty", "no archive"],
    )
    def test_each_is_named(self, data: bytes, cause: str) -> None:
        with pytest.raises(LoadError) as caught:
            read_docx(data, PATH)
        assert caught.value.cause.startswith(cause)
        assert caught.value.remedy

    def test_a_part_that_is_damaged_is_named(self) -> None:
        made = bytearray(changed("word/document.xml", b"MARK", b"Gate 3 failed."))
        made[made.index(b"Gate 3")] ^= 1
        with pytest.raises(LoadError) as caught:
            read_docx(bytes(made), PATH)
        assert caught.value.cause == "is broken: Bad CRC-32 for file 'word/document.xml'"

    def test_a_part_of_an_unexpected_type_is_damage_too(self) -> None:
        twice = re.compile(rb'<Relationship [^>]*relationships/styles"[^>]*/>')
        [relation] = twice.findall(part(saved(docx.Document()), "word/_rels/document.xml.rels"))
        again = relation.replace(b'Id="', b'Id="again')
        attacked = changed("word/_rels/document.xml.rels", relation, relation + again)
        with pytest.raises(LoadError, match=r"is broken: multiple relationships of type .*/styles' in"):
            read_docx(attacked, PATH)

    def test_external_entities_are_not_followed(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("SECRET")
        entity = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]><w:document'.encode()
        attacked = changed("word/document.xml", b"<w:document", entity, b"MARK", b"Gate 3 failed.&x;")
        assert read_docx(attacked, PATH).text == "Gate 3 failed."

    def test_the_deepest_nesting_that_is_parsed_is_read_and_deeper_is_one_line(self) -> None:
        """libxml2 stops at 256 levels of elements, far below the limit of recursion in the loader."""
        opened, closed = b"<w:tbl><w:tr><w:tc><w:p/>", b"</w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>"
        mark = b"<w:p><w:r><w:t>MARK</w:t></w:r></w:p>"
        deep = [changed("word/document.xml", mark, opened * n + mark + closed * n) for n in (80, 90)]
        assert read_docx(deep[0], PATH).text == "MARK"
        with pytest.raises(LoadError, match="is broken: Excessive depth in document: 256"):
            read_docx(deep[1], PATH)


def test_the_suffix_chooses_the_loader(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("Gate 3 failed.")
    file = tmp_path / "Dam.DOCX"
    word.save(str(file))
    assert (load(file).kind, load(file).text) == ("docx", "Gate 3 failed.")


def test_a_real_handbook_of_872_pages_keeps_its_words(evaluation_data: Path) -> None:
    found = load(evaluation_data / "documents" / "office" / "handbook-872p.docx")
    assert (found.title, found.published) == ("U.S. Department of Justice", "2023-05-15")
    assert found.language == "en"
    assert len(found.text) > 800_000
    assert "\n\nCHAPTER 1 - INTRODUCTION\n\n" in found.text


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

    def test_a_numbered_style_is_read_without_the_part_that_defines_its_list(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_paragraph("Gate 3 failed.", "List Number")
            relations = word.part.rels
            del relations[word.part.relate_to(word.part.numbering_part, RELATIONSHIP_TYPE.NUMBERING)]

        assert read(write).text == "Gate 3 failed."

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


@pytest.mark.parametrize(
    ("override", "texts"),
    [
        ("", "Article 1. a\n\nArticle 2. b\nArticle 3. c"),
        ("<w:startOverride w:val='5'/>", "Article 1. a\n\nArticle 5. b\nArticle 6. c"),
        (
            "<w:lvl w:ilvl='0'><w:numFmt w:val='upperRoman'/><w:lvlText w:val='Part %1'/></w:lvl>",
            "Article 1. a\n\nPart II b\nPart III c",
        ),
    ],
    ids=["none", "start", "level"],
)
def test_a_list_of_the_same_definition_goes_on_unless_it_begins_anew(override: str, texts: str) -> None:
    def write(word: WordDocument) -> None:
        numbered(1, "decimal", "Article %1.")(word)
        numbered(2, override=f"<w:lvlOverride w:ilvl='0'>{override}</w:lvlOverride>")(word)
        written(item(1, "a"), item(2, "b"), item(2, "c"))(word)

    assert read(write).text == texts


def test_a_style_has_the_list_of_the_style_that_it_is_based_on() -> None:
    def write(word: WordDocument) -> None:
        numbered(1, "decimal", "Article %1.")(word)
        styled("Article", "paragraph", "", "<w:pPr><w:numPr><w:numId w:val='9101'/></w:numPr></w:pPr>")(word)
        styled("ArticleOfLaw", "paragraph", "", "<w:basedOn w:val='Article'/>")(word)
        paragraph(f"<w:pPr><w:pStyle w:val='ArticleOfLaw'/></w:pPr>{run('Of gates.')}")(word)

    assert read(write).text == "Article 1. Of gates."
