"""A Word file is read as a person sees it: its text, lists, tables and notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import docx
import pytest
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from benchmarks.fuzz_samples import parts_of
from index.documents import Section
from index.errors import LoadError
from index.loaders import load
from index.loaders.word import read_docx
from tests.support.word_files import (
    NAMESPACES,
    PATH,
    SUPERSCRIPT,
    Writer,
    changed,
    formatted,
    p,
    read,
    run,
    saved,
    text,
)

HIDDEN = "<w:vanish/>"
SYMBOL = "<w:rFonts w:ascii='Symbol' w:hAnsi='Symbol'/>"


def styled(name: str, kind: str, properties: str, others: str = "") -> Callable[[WordDocument], object]:
    """Adds a style of runs (``character``) or of paragraphs, with properties of words and other elements."""
    xml = (
        f"<w:style {NAMESPACES} w:type='{kind}' w:styleId='{name}'><w:name w:val='{name}'/>{others}"
        f"<w:rPr>{properties}</w:rPr></w:style>"
    )
    return lambda word: word.styles.element.append(parse_xml(xml))


def numbered(number: int, level: str = "", override: str = "") -> Callable[[WordDocument], object]:
    """Adds a list; without ``level``, it uses the definition that an earlier list has added."""
    names = f"{NAMESPACES} w:abstractNumId='9100'"
    abstract = f"<w:abstractNum {names}><w:lvl w:ilvl='0'>{level}</w:lvl></w:abstractNum>"
    own = f"<w:num {NAMESPACES} w:numId='{9100 + number}'><w:abstractNumId w:val='9100'/>{override}</w:num>"

    def write(word: WordDocument) -> None:
        numbering = word.part.numbering_part.element
        if level:
            numbering.insert(0, parse_xml(abstract))
        numbering.append(parse_xml(own))

    return write


def item(number: int, content: str, end: str = "") -> str:
    """An item of a list; ``end`` has the properties of the paragraph's end mark."""
    return p(content, f"<w:numPr><w:ilvl w:val='0'/><w:numId w:val='{9100 + number}'/></w:numPr>{end}")


def decimal(words: str) -> str:
    return f"<w:numFmt w:val='decimal'/><w:lvlText w:val='{words}'/>"


def table(*rows: Sequence[str], last: str = "") -> str:
    """A table of cells of words, paragraphs or tables; ``last`` has the properties of its last row."""
    cells = [
        "".join(f"<w:tc>{cell if cell.startswith('<') else p(cell)}</w:tc>" for cell in row) for row in rows
    ]
    properties = [*[""] * (len(rows) - 1), f"<w:trPr>{last}</w:trPr>"]
    written = "".join(f"<w:tr>{of_row}{row}</w:tr>" for of_row, row in zip(properties, cells, strict=True))
    return f"<w:tbl>{written}</w:tbl>"


class TestMetadata:
    def test_it_is_that_of_the_properties(self) -> None:
        def write(word: WordDocument) -> None:
            word.add_paragraph("Gate 3 failed because nobody had looked at its pin since the dam was built.")
            said = word.core_properties
            said.title, said.author = "Inquiry into the dam", "Dam commission"
            said.created, said.modified = datetime(2031, 3, 1), datetime(2031, 4, 2)  # noqa: DTZ001

        found = read(write)
        assert (found.title, found.author) == ("Inquiry into the dam", "Dam commission")
        assert (found.published, found.kind, found.language) == (None, "docx", "en")
        assert found.origins == dict.fromkeys(("author", "title"), "document properties")

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
            parse_xml(f"<w:outlineLvl {NAMESPACES} w:val='0'/>")
        )

    found = read(write)
    assert found.text == "The Maravel Dam\n\nWhat failed\n\nGate 3 failed.\n\nThe pin\n\nWhat follows"
    assert found.sections == (
        *(Section(17, 1, "What failed"), Section(46, 2, "The pin"), Section(55, 1, "What follows")),
    )


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
        [relation] = twice.findall(parts_of(saved(docx.Document()))["word/_rels/document.xml.rels"])
        again = relation.replace(b'Id="', b'Id="again')
        attacked = changed("word/_rels/document.xml.rels", relation, relation + again)
        with pytest.raises(LoadError, match=r"is broken: multiple relationships of type .*/styles' in"):
            read_docx(attacked, PATH)

    def test_the_deepest_nesting_that_is_parsed_is_read_and_deeper_is_one_line(self) -> None:
        """libxml2 stops at 256 levels of elements, far below the limit of recursion in the loader."""
        opened, closed = b"<w:tbl><w:tr><w:tc><w:p/>", b"</w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>"
        mark = b"<w:p><w:r><w:t>MARK</w:t></w:r></w:p>"
        deep = [changed("word/document.xml", mark, opened * n + mark + closed * n) for n in (80, 90)]
        assert read_docx(deep[0], PATH).text == "MARK"
        with pytest.raises(LoadError, match="is broken: Excessive depth in document: 256"):
            read_docx(deep[1], PATH)


def test_a_real_handbook_of_872_pages_keeps_its_words(evaluation_data: Path) -> None:
    found = load(evaluation_data / "documents" / "office" / "handbook-872p.docx")
    assert (found.title, found.published) == ("U.S. Department of Justice", None)
    assert found.language == "en"
    assert len(found.text) > 800_000
    assert "\n\nCHAPTER 1 - INTRODUCTION\n\n" in found.text


def mark(kind: str, inside: str = "") -> str:
    """A mark of a field: its begin, the begin of its result, or its end."""
    return f"<w:r><w:fldChar w:fldCharType='{kind}'>{inside}</w:fldChar></w:r>"


def sym(font: str, code: str) -> str:
    return f"<w:r><w:sym w:font='{font}' w:char='{code}'/></w:r>"


def styled_as(style: str) -> str:
    return f"<w:pStyle w:val='{style}'/>"


RUBY = f"<w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase>{run('漢')}</w:rubyBase>"
BOX = f"<w:r><w:pict><w:txbxContent>{p('Box.')}</w:txbxContent></w:pict></w:r>"
CHECKED = "<w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox></w:ffData>"
ENTRIES = "<w:result w:val='1'/><w:listEntry w:val='yes'/><w:listEntry w:val='no'/>"
CHOSEN = f"<w:ffData><w:ddList>{ENTRIES}</w:ddList></w:ffData>"
ENDS = "<w:rPr><w:del w:id='1' w:author='x'/></w:rPr>"
"""The properties of a paragraph whose end a revision deleted."""
LAYOUT = "Gate 3 failed. " * 120


def test_a_numbered_style_is_read_without_the_part_that_defines_its_list() -> None:
    def write(word: WordDocument) -> None:
        word.add_paragraph("Gate 3 failed.", "List Number")
        relations = word.part.rels
        del relations[word.part.relate_to(word.part.numbering_part, RELATIONSHIP_TYPE.NUMBERING)]

    assert text(write) == "Gate 3 failed."


@pytest.mark.parametrize(
    ("xml", "seen"),
    [
        (run("a") + f"<w:ins w:id='1' w:author='x'>{run(' b')}</w:ins>" + run(" c"), "a b c"),
        (run("a") + "<w:del w:id='1'><w:r><w:delText> b</w:delText></w:r></w:del>" + run(" c"), "a c"),
        (run("a") + f"<w:moveFrom w:id='2' w:author='x'>{run(' b')}</w:moveFrom>" + run(" c"), "a c"),
        (
            f"<w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent>{run('a')}</w:sdtContent></w:sdt>",
            "a",
        ),
        (run("a") + f"<w:hyperlink w:anchor='a'>{run(' b')}</w:hyperlink>", "a b"),
        # A field is its result, also of a field in its code.
        (
            mark("begin") + "<w:r><w:instrText>PAGEREF a</w:instrText></w:r>" + mark("separate") + run("7"),
            "7",
        ),
        (
            mark("begin")
            + run("IF ")
            + mark("begin")
            + mark("separate")
            + run("11")
            + mark("end")
            + mark("separate")
            + run("twelve")
            + mark("end")
            + run(" gates"),
            "twelve gates",
        ),
        (mark("begin", CHECKED) + mark("end") + run(" refused"), "☒ refused"),
        (mark("begin", CHOSEN) + mark("end"), "no"),
        ("<w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t><w:tab/><w:t>c</w:t></w:r>", "a-b c"),
        (run("a  b\n"), "a b"),
        (run("one") + "<w:r><w:br/></w:r>" + run("two"), "one\ntwo"),
        (run("over") + "<w:r><w:br w:type='page'/></w:r>" + run("leaf"), "over leaf"),
        (
            (
                f"<mc:AlternateContent><mc:Choice>{run('a')}</mc:Choice>"
                f"<mc:Fallback>{run('a')}</mc:Fallback></mc:AlternateContent>"
            ),
            "a",
        ),
        (f"<w:r><w:ruby>{RUBY}</w:ruby></w:r>" + run("字"), "漢字"),
        (run("about 10") + formatted("6", SUPERSCRIPT) + run(" spores"), "about 10⁶ spores"),
        (run("the 1") + formatted("st", SUPERSCRIPT) + run(" of May"), "the 1st of May"),
        (run("Gate 3") + BOX + run(" failed."), "Gate 3 failed.\n\nBox."),
        # Word marks the page numbers of a table of contents like this.
        (run("Findings ") + formatted("12", "<w:webHidden/>"), "Findings 12"),
        (run("Dose ") + sym("Symbol", "F0B3") + run(" 60 mg"), "Dose ≥ 60 mg"),
        (sym("Wingdings", "F0FE") + run(" refused"), "☑ refused"),
        (sym("Symbol", "b1") + run("5"), "±5"),
        (sym("Parish Signs", "F041") + run(" 60 mg"), "� 60 mg"),
        (sym("Symbol", "zz") + run(" 60 mg"), "� 60 mg"),
        (formatted(chr(0xF06D), SYMBOL) + formatted("m", SYMBOL) + run("g"), "μμg"),
        (p("The dam", styled_as("Heading1")) + p("Gate 3 failed."), "The dam\n\nGate 3 failed."),
        (
            p("a", styled_as("ListBullet"))
            + p("b", styled_as("ListBullet"))
            + p("c", styled_as("ListNumber"))
            + p("d", styled_as("ListNumber"))
            + p("That is all."),
            "• a\n• b\n\n1. c\n2. d\n\nThat is all.",
        ),
        (p("Gate 3 ", ENDS) + p("failed."), "Gate 3 failed."),
        (p("Gate 3", ENDS) + table(["a", "b"]) + p("failed."), "Gate 3\n\na | b\n\nfailed."),
        (
            p("People") + table(["A", "B", "C"], [p("a") + p("b"), "2,480", "4"], ["c", "", "1"]),
            "People\n\nA | B | C\na b | 2,480 | 4\nc |  | 1",
        ),
        (table([LAYOUT, "Aside."]), f"{LAYOUT.strip()}\n\nAside."),
        (table(["outer", table(["a", "b"]) + p("")]), "outer | a ¦ b"),
        (table(["a", "b"], ["c", "d"], last="<w:hidden/>"), "a | b"),
    ],
)
def test_the_text_is_what_is_seen(xml: str, seen: str) -> None:
    assert text(xml if xml.startswith(("<w:p>", "<w:tbl>")) else p(xml)) == seen


def test_a_cell_over_several_rows_stands_in_each_and_what_it_covers_is_not_read() -> None:
    def write(word: WordDocument) -> None:
        table = word.add_table(2, 2)
        table.cell(0, 0).merge(table.cell(1, 0)).text = "Pellan"
        table.cell(0, 1).text, table.cell(1, 1).text = "March", "May"
        covered = table._tbl.tr_lst[1].tc_lst[0]
        covered.append(parse_xml(f"<w:p {NAMESPACES}>{run('covered words')}</w:p>"))

    assert text(write) == "Pellan | March\nPellan | May"


def test_headers_and_footers_come_last_each_wording_once() -> None:
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

    assert text(write) == "Gate 3 failed.\n\nDam inquiry, page 0"


class TestHidden:
    @pytest.mark.parametrize(
        "properties", [HIDDEN, "<w:rStyle w:val='Secret'/>", "<w:rStyle w:val='MoreSecret'/>"]
    )
    def test_words_of_a_run_or_a_style_or_one_based_on_it_are_not_read(self, properties: str) -> None:
        styles = (
            styled("Secret", "character", HIDDEN),
            styled("MoreSecret", "character", "", "<w:basedOn w:val='Secret'/>"),
        )
        xml = run("Gate 3 has") + formatted(" not", properties) + run(" failed.")
        assert text(*styles, p(xml)) == "Gate 3 has failed."

    def test_words_that_a_style_hides_and_a_run_shows_are_read(self) -> None:
        xml = run("Unseen.") + formatted("Seen.", "<w:vanish w:val='0'/>")
        hiding = styled("Aside", "paragraph", HIDDEN)
        assert text(hiding, p(xml, "<w:pStyle w:val='Aside'/>")) == "Seen."

    def test_an_item_takes_no_number(self) -> None:
        secret = item(1, formatted("secret", HIDDEN), end=f"<w:rPr>{HIDDEN}</w:rPr>")
        items = item(1, "food") + secret + item(1, "water")
        assert text(numbered(1, decimal("%1.")), items) == "1. food\n2. water"


PARTS = {
    "footnote": (CONTENT_TYPE.WML_FOOTNOTES, RELATIONSHIP_TYPE.FOOTNOTES),
    "endnote": (CONTENT_TYPE.WML_ENDNOTES, RELATIONSHIP_TYPE.ENDNOTES),
}


def with_notes(kind: str, texts: dict[int, str]) -> Callable[[WordDocument], object]:
    """Adds footnotes or endnotes, each with its ``w:id``, in this order."""
    notes = "".join(f"<w:{kind} w:id='{number}'>{p(text)}</w:{kind}>" for number, text in texts.items())
    separator = f"<w:{kind} w:type='separator' w:id='-1'>{p('line')}</w:{kind}>"

    def write(word: WordDocument) -> None:
        content_type, relation = PARTS[kind]
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


def sentence(text: str, mark: str, properties: str = "") -> str:
    return p(f"{run(text)}{mark}{run('.')}", properties)


def settings(properties: str) -> Callable[[WordDocument], object]:
    return lambda word: word.settings.element.append(
        parse_xml(properties.replace("Pr>", f"Pr {NAMESPACES}>", 1))
    )


GAUGE = "By the gauge."
EACH_PAGE = "<w:footnotePr><w:numRestart w:val='eachPage'/></w:footnotePr>"
NOTES: dict[str, tuple[list[Writer], str]] = {
    "are numbered in the order of their references": (
        [
            sentence("It cost 2,500", reference(0)) + sentence("It rained", reference(7)),
            with_notes("footnote", {7: GAUGE, 3: "Of nothing.", 0: "Without labour."}),
        ],
        "It cost 2,500¹.\n\nIt rained².\n\n¹ Without labour.\n\n² By the gauge.",
    ),
    "at the end are counted apart in small roman numbers": (
        [
            sentence("It cost 2,500", reference(2, "endnote")),
            sentence("It rained", reference(1) + run(" and snowed") + reference(3, "endnote")),
            with_notes("footnote", {1: GAUGE}),
            with_notes("endnote", {2: "Council.", 3: "Parish."}),
        ],
        "It cost 2,500[i].\n\nIt rained¹ and snowed[ii].\n\n¹ By the gauge.\n\n[i] Council.\n\n[ii] Parish.",
    ),
    "with a mark of their own are not numbered": (
        [
            sentence("It cost 2,500", reference(1, custom="*")) + sentence("It rained", reference(2)),
            sentence("It froze at 10", reference(3, custom="8")),
            with_notes("footnote", {1: "* Off.", 2: GAUGE, 3: formatted("8", SUPERSCRIPT) + run(" C.")}),
        ],
        "It cost 2,500*.\n\nIt rained¹.\n\nIt froze at 10⁸.\n\n* Off.\n\n¹ By the gauge.\n\n⁸ C.",
    ),
    "whose reference a revision deleted count for nothing": (
        [
            sentence("It cost 2,500", f"<w:del w:id='9' w:author='x'>{reference(1)}</w:del>"),
            sentence("It rained", reference(2)) + p("Then."),
            with_notes("footnote", {1: "Without labour.", 2: GAUGE}),
        ],
        "It cost 2,500.\n\nIt rained¹.\n\nThen.\n\n¹ By the gauge.",
    ),
    "begin anew on each page that Word saw": (
        [
            *(settings(EACH_PAGE), sentence("a", reference(1)) + sentence("b", reference(2))),
            p(f"<w:r><w:lastRenderedPageBreak/><w:t>c</w:t></w:r>{reference(3)}"),
            with_notes("footnote", {1: "A.", 2: "B.", 3: "C."}),
        ],
        "a¹.\n\nb².\n\nc¹\n\n¹ A.\n\n² B.\n\n¹ C.",
    ),
}


@pytest.mark.parametrize(("writers", "seen"), NOTES.values(), ids=NOTES)
def test_notes(writers: list[Writer], seen: str) -> None:
    assert text(*writers) == seen


RESTART = "<w:numRestart w:val='eachSect'/>"


@pytest.mark.parametrize(
    ("asked", "marks"),
    [
        *(("", "¹²³"), ("<w:numStart w:val='4'/>", "⁴⁵⁶"), ("<w:numFmt w:val='chicago'/>", "*†‡")),
        *(("<w:numFmt w:val='lowerLetter'/>", "abc"), (RESTART, "¹²¹")),
        (f"<w:numStart w:val='8'/>{RESTART}", "⁸⁹⁸"),
    ],
    ids=["usual", "start", "signs", "letters", "sections", "start of sections"],
)
@pytest.mark.parametrize("is_for_all", [True, False], ids=["document", "sections"])
def test_their_numbers_are_as_the_document_or_its_section_asks(
    asked: str, marks: str, *, is_for_all: bool
) -> None:
    properties = f"<w:footnotePr>{asked}</w:footnotePr>"
    own = "" if is_for_all else properties

    def ask(word: WordDocument) -> None:
        if is_for_all:
            settings(properties)(word)
        else:
            word.element.body.sectPr.insert(0, parse_xml(own.replace("Pr>", f"Pr {NAMESPACES}>", 1)))

    sentences = (
        sentence("a", reference(1)),
        sentence("b", reference(2), f"<w:sectPr>{own}</w:sectPr>"),
        sentence("c", reference(3)),
    )
    seen = text(ask, *sentences, with_notes("footnote", {1: "A.", 2: "B.", 3: "C."}))
    shown = [f"[{mark}]" if mark.isalpha() else mark for mark in marks]
    assert seen.split("\n\n") == [
        *(f"{word}{mark}." for word, mark in zip("abc", shown, strict=True)),
        *(f"{mark} {word}." for word, mark in zip("ABC", shown, strict=True)),
    ]


@pytest.mark.parametrize(
    ("override", "seen"),
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
def test_a_list_of_the_same_definition_goes_on_unless_it_begins_anew(override: str, seen: str) -> None:
    lists = (
        numbered(1, decimal("Article %1.")),
        numbered(2, override=f"<w:lvlOverride w:ilvl='0'>{override}</w:lvlOverride>"),
    )
    assert text(*lists, item(1, "a") + item(2, "b") + item(2, "c")) == seen


def test_an_item_is_indented_by_its_level() -> None:
    levels = (
        "<w:numFmt w:val='decimal'/><w:lvlText w:val='%1.'/></w:lvl>"
        "<w:lvl w:ilvl='1'><w:numFmt w:val='lowerLetter'/><w:lvlText w:val='(%2)'/></w:lvl>"
        "<w:lvl w:ilvl='2'><w:numFmt w:val='bullet'/>"
    )
    items = "".join(
        item(1, words).replace("w:ilvl w:val='0'", f"w:ilvl w:val='{level}'") for words, level in ITEMS
    )
    assert (
        text(numbered(1, levels), items) == "1. Close:\n  (a) gates\n    • two of them\n  (b) roads\n2. Open"
    )


ITEMS = (("Close:", 0), ("gates", 1), ("two of them", 2), ("roads", 1), ("Open", 0))


def test_a_style_has_the_list_of_the_style_that_it_is_based_on() -> None:
    styles = (
        numbered(1, decimal("Article %1.")),
        styled("Article", "paragraph", "", "<w:pPr><w:numPr><w:numId w:val='9101'/></w:numPr></w:pPr>"),
        styled("ArticleOfLaw", "paragraph", "", "<w:basedOn w:val='Article'/>"),
    )
    assert text(*styles, p("Of gates.", "<w:pStyle w:val='ArticleOfLaw'/>")) == "Article 1. Of gates."
