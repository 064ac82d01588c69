"""OpenDocument texts and spreadsheets are read as a person sees them."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import odfdo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fuzz_samples import zipped
from index.documents import Section
from index.errors import LoadError
from index.loaders.opendocument import MAX_REPEATED, read_ods, read_odt
from tests.support.opendocument_files import p, packed

PATH = Path("reports/dam.odt")
SENTENCE = "Gate 3 failed because nobody had looked at its pin since the dam was built."


def text_of(body: str, *, automatic: str = "", **parts: str) -> str:
    return read_odt(packed(body, automatic=automatic, **parts), PATH).text


def saved(document: odfdo.Document) -> bytes:
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def table(*rows: str, header: str = "") -> str:
    head = f"<table:table-header-rows>{header}</table:table-header-rows>" if header else ""
    return f"<table:table table:name='T'>{head}{''.join(rows)}</table:table>"


def row(*cells: str, repeated: int = 1) -> str:
    written = "".join(
        cell if cell.startswith("<") else f"<table:table-cell>{p(cell)}</table:table-cell>" for cell in cells
    )
    return f"<table:table-row table:number-rows-repeated='{repeated}'>{written}</table:table-row>"


class TestMetadata:
    META = (
        "<office:meta><dc:title>Inquiry</dc:title><meta:initial-creator>Ada Lind</meta:initial-creator>"
        "<dc:creator>Bo Ek</dc:creator><dc:date>2031-04-02T10:11:12.5</dc:date>"
        "<meta:creation-date>2030-01-01</meta:creation-date><dc:language>en-GB</dc:language></office:meta>"
    )

    def test_it_is_that_of_the_properties(self) -> None:
        found = read_odt(packed(p("Damm"), meta=self.META), PATH)
        assert (found.title, found.author) == ("Inquiry", "Ada Lind")
        assert (found.published, found.language) == (None, "en")
        assert found.origins == dict.fromkeys(("title", "author", "language"), "document properties")

    def test_the_last_author_and_the_day_of_creation_are_fallbacks(self) -> None:
        meta = "<dc:creator>Bo Ek</dc:creator><meta:creation-date>2030-01-01T00:00:00</meta:creation-date>"
        found = read_odt(packed(p(SENTENCE), meta=meta), PATH)
        assert (found.author, found.published, found.language) == ("Bo Ek", None, "en")

    def test_without_a_title_it_is_the_one_in_its_style_or_the_first_short_line_or_the_name(self) -> None:
        derived = "<style:style style:name='P1' style:parent-style-name='Title'/>"
        bodies = (p(SENTENCE) + p("The dam", "P1"), p("What failed") + p(SENTENCE), p(SENTENCE))
        found = [read_odt(packed(body, automatic=derived), PATH) for body in bodies]
        assert [(each.title, each.origins["title"]) for each in found] == [
            *(("The dam", "page"), ("What failed", "page"), ("dam", "file name")),
        ]


class TestSheets:
    def test_each_visible_sheet_is_its_name_and_its_rows(self) -> None:
        style = '<style:style style:name="H"><style:table-properties table:display="false"/></style:style>'
        first, second = table(row("District", "March"), row("Quell", "7")), table(row("Pellan", "8"))
        hidden = second.replace("'T'", "'Secret' table:style-name='H'")
        body = first + hidden + second.replace("'T'", "'South'")
        found = read_ods(packed(body, automatic=style, container="spreadsheet"), Path("a/dam.ods"))
        assert found.text == "T\n\nDistrict | March\nQuell | 7\n\nSouth\n\nPellan | 8"
        later = found.text.index("South")
        assert (found.kind, found.title) == ("ods", "dam")
        assert found.sections == (Section(0, 1, "T"), Section(later, 1, "South"))

    def test_a_sheet_that_odfdo_writes_is_read(self) -> None:
        made = odfdo.Document("spreadsheet")
        made.body.clear()
        sheet = odfdo.Table("Costs", width=2, height=2)
        for place, value in (("A1", "Year"), ("B1", "Cost"), ("A2", 2031), ("B2", 7)):
            sheet.set_value(place, value)
        made.body.append(sheet)
        assert read_ods(saved(made), Path("a.ods")).text == "Costs\n\nYear | Cost\n2031 | 7"


CONTENT = "is broken: its part content.xml "
LOCKED = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
ERRORS = [
    (b"plain words", "is named .odt but is not an OpenDocument text"),
    (packed(""), "holds no words to read"),
    (packed("<text:p>"), f"{CONTENT}is not XML: "),
    (packed(p("MARK")).replace(b"MARK", b"BARK"), f"{CONTENT}cannot be unpacked: Bad CRC-32"),
    (packed(p("x"), manifest=LOCKED), "is encrypted"),
    (zipped({"encrypted-package": "0123"}), "is encrypted"),
    (
        packed(p("x")).replace(b"content.xml", b"encrypted-p"),
        "is named .odt but is not an OpenDocument text: ",
    ),
    (packed("<text:p>" * 300 + "x" + "</text:p>" * 300), f"{CONTENT}is not XML: "),
]


@pytest.mark.parametrize(("data", "cause"), ERRORS)
def test_each_error_is_named(data: bytes, cause: str) -> None:
    with pytest.raises(LoadError) as caught:
        read_odt(data, PATH)
    assert caught.value.cause.startswith(cause)
    assert caught.value.remedy


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["Gate", "Pin", ""])), max_size=6))
def test_a_section_starts_at_its_heading(headings: list[tuple[int, str]]) -> None:
    body = "".join(heading(depth, words) + p("Words.") for depth, words in headings)
    found = read_odt(packed(p("Preface") + body), PATH)
    assert [(section.level, section.title) for section in found.sections] == [
        one for one in headings if one[1]
    ]
    for section in found.sections:
        assert found.text.startswith(f"{section.title}\n\nWords.", section.start)


def listed(*items: str, style: str = "L", attributes: str = "") -> str:
    written = "".join(f"<text:list-item>{item}</text:list-item>" for item in items)
    return f"<text:list text:style-name='{style}' {attributes}>{written}</text:list>"


def span(words: str, style: str = "") -> str:
    return f"<text:span text:style-name='{style}'>{words}</text:span>"


def cell(content: str, repeated: int = 1) -> str:
    return f"<table:table-cell table:number-columns-repeated='{repeated}'>{content}</table:table-cell>"


def heading(depth: int, words: str) -> str:
    return f"<text:h text:outline-level='{depth}'>{words}</text:h>"


def deep(opening: str, depth: int, inside: str = "") -> str:
    closing = "".join(f"</{tag}>" for tag in reversed(re.findall(r"<([\w:-]+)", opening)))
    return opening * depth + (inside or p("MARK")) + closing * depth


STYLES = (
    "<style:font-face style:name='S' svg:font-family=\"'Symbol'\"/>"
    + "".join(
        f"<style:style style:name='{name}' style:family='text'><style:text-properties {said}/></style:style>"
        for name, said in (
            *(("Hidden", "text:display='none'"), ("Symbol", "style:font-name='S'")),
            *(("Sym", "fo:font-family='Symbol'"), ("Signs", "fo:font-family='Parish Signs'")),
            *(("Super", "style:text-position='super 58%'"), ("Up", "style:text-position='33% 58%'")),
        )
    )
    + "<style:style style:name='Child' style:family='text' style:parent-style-name='Hidden'/>"
    + "<text:list-style style:name='L'>"
    + "".join(
        f"<text:list-level-style-number text:level='{level}' {said}/>"
        for level, said in enumerate(
            (
                "style:num-format='1' style:num-suffix='.'",
                "style:num-format='a' style:num-prefix='(' style:num-suffix=')'",
                "style:num-format='i' text:display-levels='2'",
            ),
            1,
        )
    )
    + "</text:list-style><text:list-style style:name='B'><text:list-level-style-bullet text:level='1'/>"
    + "</text:list-style>"
)
DELETION = "<text:changed-region><text:deletion><text:p>not</text:p></text:deletion></text:changed-region>"
CONTINUED = "text:continue-numbering='true'"
LONG = "word " * 320
COLUMNS = (
    "<table:table-column/><table:table-column table:visibility='collapse' "
    "table:number-columns-repeated='2'/><table:table-column/>"
)
FILTERED = row("c", "x", "y", "d").replace("-row ", "-row table:visibility='filter' ", 1)


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        (p("Gate<text:s text:c='3'/>3\n<text:tab/>failed."), "Gate 3 failed."),
        (p("Gate 3<text:line-break/>failed."), "Gate 3\nfailed."),
        (p("Gate <text:span>3</text:span><text:a> failed.</text:a>"), "Gate 3 failed."),
        (p("Gate<office:annotation><text:p>Sure?</text:p></office:annotation> fell."), "Gate fell."),
        (f"<text:tracked-changes>{DELETION}</text:tracked-changes>{p('It fell.')}", "It fell."),
        (p("Gate 3<text:change text:change-id='a'/> fell.<!-- a remark -->"), "Gate 3 fell."),
        # What is hidden is not seen.
        (f"<text:section text:display='none'>{p('No')}</text:section>{p('Seen.')}", "Seen."),
        (
            f"<text:section text:is-hidden='true' text:display='condition'>{p('No')}</text:section>{p('A')}",
            "A",
        ),
        (p("<text:hidden-paragraph text:is-hidden='true'/>No") + p("Seen."), "Seen."),
        (p("Kept <text:hidden-text text:is-hidden='true'>not </text:hidden-text>whole."), "Kept whole."),
        (p(f"Gate {span('not ', 'Hidden')}{span('not ', 'Child')}3") + p("Draft", "Hidden"), "Gate 3"),
        (p(f"A<draw:frame><draw:text-box>{p('Box.')}</draw:text-box></draw:frame> fell."), "A fell.\n\nBox."),
        (p("A <draw:frame><svg:title>alt</svg:title><draw:image/></draw:frame>picture."), "A picture."),
        (
            p(
                "<text:ruby><text:ruby-base>大</text:ruby-base><text:ruby-text>da</text:ruby-text></text:ruby>"
            ),
            "大",
        ),
        *[(p(f"cost 2,500{span('2', style)} marks"), "cost 2,500² marks") for style in ("Super", "Up")],
        *[(p(f"Dose {span(chr(0xF0B3), style)} 60"), "Dose ≥ 60") for style in ("Symbol", "Sym")],
        (p(f"Dose {span(chr(0xF0B3), 'Signs')} 60"), "Dose � 60"),
        # Items have the numbers of their style at every depth, and lists begin anew unless they go on.
        (
            listed(
                p("a"), p("b") + p("on") + listed(p("c") + listed(p("d"), style=""), p("e"), style=""), p("f")
            ),
            "1. a\n2. b\non\n(a) c\na.i d\n(b) e\n3. f",
        ),
        (
            *(listed(p("a"), p("b")) + p("Later:") + listed(p("c"), attributes=CONTINUED) + p("Then:"),),
            "1. a\n2. b\n\nLater:\n\n3. c\n\nThen:",
        ),
        (
            listed(p("a")) + p("Then:") + listed(p("b")) + listed(p("c"), style="B"),
            "1. a\n\nThen:\n\n1. b\n\n• c",
        ),
        # The headings of a table come first; covered and repeated cells keep their places.
        (table(row("Pell | am", "a<text:line-break/>b"), header=row("A", "B")), "A | B\nPell ¦ am | a b"),
        (
            *(
                table(
                    row("A", cell(p("1")) + "<table:covered-table-cell/>", "B"),
                    row("a", cell(p("0"), 2), "0"),
                ),
            ),
            "A | 1 |  | B\na | 0 | 0 | 0",
        ),
        (table(row("A", "B", "C", "D"), row("a", cell("", 2), "7")), "A | B | C | D\na |  |  | 7"),
        (table(row("A", cell(table(row("a", "b")))), row("B", "7")), "A | a ¦ b\nB | 7"),
        (table(row("Left", LONG)), f"Left\n\n{LONG.strip()}"),
        (
            *(
                table(
                    row("a", "7", cell("", 16384)), row(cell("", 16384), repeated=1_048_576), row("b", "8")
                ),
            ),
            "a | 7\nb | 8",
        ),
        (table(COLUMNS, row("e", "x", "y", "f"), row("a", cell(p("x"), 2), "b"), FILTERED), "e | f\na | b"),
        # libxml2 stops at 256 levels of elements, far below the limit of recursion in the loader.
        (deep("<table:table><table:table-row><table:table-cell>", 80), "MARK"),
        (deep("<text:list><text:list-item>", 120), "• MARK"),
        (deep("<text:p>" + "<text:span>" * 245, 1, "MARK"), "MARK"),
    ],
)
def test_the_text_is_what_is_seen(xml: str, text: str) -> None:
    assert text_of(xml, automatic=STYLES) == text


def test_repetition_has_an_end() -> None:
    body = table(*[row("a", cell(p("x"), 16384), repeated=1_048_576)] * 100)
    assert text_of(body).count("x") <= MAX_REPEATED + 100


def test_an_equation_is_read_in_its_place() -> None:
    equation = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mfrac><mn>1</mn><mn>2</mn></mfrac>'
        '<annotation encoding="StarMath 5.0">{1} over {2}</annotation></semantics></math>'
    )
    frame = '<draw:frame><draw:object xlink:href="./Object 1"/><draw:image xlink:href="x"/></draw:frame>'
    assert read_odt(packed(p(f"So {frame} of all."), equation=equation), PATH).text == "So 1/2 of all."


def test_headings_have_the_numbers_of_the_outline_style() -> None:
    number = "<text:outline-level-style text:level='1' style:num-format='1'/>"
    body = heading(1, "Findings") + heading(2, "Gate") + heading(1, "") + heading(1, "Advice")
    outline = f"<text:outline-style>{number}</text:outline-style>"
    found = read_odt(packed(body, styles=outline), PATH)
    assert found.text == "1 Findings\n\nGate\n\n2 Advice"
    assert found.sections == (
        *(Section(0, 1, "1 Findings"), Section(12, 2, "Gate"), Section(18, 1, "2 Advice")),
    )


class TestText:
    def test_a_file_that_odfdo_writes_is_read_with_its_headings_lists_and_tables(self) -> None:
        made = odfdo.Document("text")
        made.body.clear()
        drawn = odfdo.Table("Displaced", width=2, height=2)
        for place, words in (("A1", "District"), ("B1", "March"), ("A2", "Quell"), ("B2", "2,480")):
            drawn.set_value(place, words)
        first, second = odfdo.Header(1, "Findings"), odfdo.Header(2, "Who left")
        for element in (first, odfdo.Paragraph(SENTENCE), second, odfdo.List(["tents", "fuel"]), drawn):
            made.body.append(element)
        made.meta.title = "Inquiry into the dam"
        found = read_odt(saved(made), PATH)
        assert found.text == (  # odfdo's template numbers its headings
            f"1. Findings\n\n{SENTENCE}\n\n1.1. Who left\n\n• tents\n• fuel"
            "\n\nDistrict | March\nQuell | 2,480"
        )
        later = found.text.index("1.1. Who left")
        assert found.sections == (Section(0, 1, "1. Findings"), Section(later, 2, "1.1. Who left"))
        assert (found.kind, found.language, found.title) == ("odt", "en", "Inquiry into the dam")

    def test_notes_follow_the_body_footnotes_first_each_with_its_mark(self) -> None:
        def note(kind: str, mark: str, words: str) -> str:
            citation = f"<text:note-citation>{mark}</text:note-citation>"
            body = f"<text:note-body>{p(words)}</text:note-body>"
            return f"<text:note text:note-class='{kind}'>{citation}{body}</text:note>"

        body = p(f"It cost 2,500{note('endnote', 'i', 'Off.')} and{note('footnote', '12', 'Then.')} fell.")
        assert text_of(body + p("End.")) == "It cost 2,500[i] and¹² fell.\n\nEnd.\n\n¹² Then.\n\n[i] Off."

    def test_headers_and_footers_come_last_each_wording_once(self) -> None:
        pages = "".join(
            f"<style:master-page><style:header>{p('Dam inquiry')}</style:header>"
            f"<style:header-left style:display='false'>{p('Unused')}</style:header-left>"
            f"<style:footer>{p(f'Page {number}')}</style:footer></style:master-page>"
            for number in (1, 2)
        )
        assert text_of(p(SENTENCE), styles=pages) == f"{SENTENCE}\n\nDam inquiry\n\nPage 1"
