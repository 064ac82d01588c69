"""OpenDocument texts and spreadsheets are read as a person sees them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import odfdo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document, Section
from index.errors import LoadError
from index.loaders import load
from index.loaders.opendocument import MAX_REPEATED, read_ods, read_odt
from tests.support.opendocument_files import (
    NAMES,
    PATH,
    SENTENCE,
    level,
    p,
    packed,
    row,
    saved,
    table,
    text_of,
)


class TestMetadata:
    META = (
        "<office:meta><dc:title>Inquiry</dc:title><meta:initial-creator>Ada Lind</meta:initial-creator>"
        "<dc:creator>Bo Ek</dc:creator><dc:date>2031-04-02T10:11:12.5</dc:date>"
        "<meta:creation-date>2030-01-01</meta:creation-date><dc:language>en-GB</dc:language></office:meta>"
    )

    @staticmethod
    def known(found: Document) -> tuple[object, ...]:
        return (found.title, found.author, found.published, found.language, dict(found.origins))

    def test_it_is_that_of_the_properties(self) -> None:
        said = dict.fromkeys(("title", "author", "published", "language"), "document properties")
        assert self.known(read_odt(packed(p("Damm"), meta=self.META), PATH)) == (
            *("Inquiry", "Ada Lind", "2031-04-02", "en"),
            said,
        )

    def test_the_last_author_and_the_day_of_creation_are_fallbacks(self) -> None:
        meta = "<dc:creator>Bo Ek</dc:creator><meta:creation-date>2030-01-01T00:00:00</meta:creation-date>"
        found = read_odt(packed(p(SENTENCE), meta=meta), PATH)
        assert (found.author, found.published, found.language) == ("Bo Ek", "2030-01-01", "en")

    def test_without_a_title_it_is_the_one_in_the_style_for_titles_or_the_first_short_line_or_the_name(
        self,
    ) -> None:
        derived = "<style:style style:name='P1' style:parent-style-name='Title'/>"
        styled = read_odt(packed(p(SENTENCE) + p("The dam", "P1"), automatic=derived), PATH)
        short = read_odt(packed(p("What failed") + p(SENTENCE)), PATH)
        named = read_odt(packed(p(SENTENCE)), PATH)
        assert [(found.title, found.origins["title"]) for found in (styled, short, named)] == [
            ("The dam", "page"),
            ("What failed", "page"),
            ("dam", "file name"),
        ]


class TestSheets:
    def test_each_sheet_is_its_name_and_its_rows(self, tmp_path: Path) -> None:
        body = table(row("District", "March"), row("Quell", "7")) + table(row("Pellan", "8")).replace(
            "'T'", "'South'"
        )
        file = tmp_path / "dam.ods"
        file.write_bytes(packed(body, container="spreadsheet"))
        found = load(file)
        assert found.text == "T\n\nDistrict | March\nQuell | 7\n\nSouth\n\nPellan | 8"
        assert (found.kind, found.title, found.sections) == (
            "ods",
            "dam",
            (Section(0, 1, "T"), Section(found.text.index("South"), 1, "South")),
        )

    def test_a_hidden_sheet_is_not_read(self) -> None:
        style = '<style:style style:name="ta1"><style:table-properties table:display="false"/>'
        sheets = "".join(
            f'<table:table table:name="{name}" table:style-name="{styled}">{row(name, "2")}</table:table>'
            for name, styled in (("Shown", "ta0"), ("Secret", "ta1"))
        )
        data = packed(sheets, automatic=f"{style}</style:style>", container="spreadsheet")
        assert read_ods(data, PATH).text == "Shown\n\nShown | 2"

    def test_a_sheet_that_odfdo_writes_is_read(self) -> None:
        made = odfdo.Document("spreadsheet")
        made.body.clear()
        sheet = odfdo.Table("Costs", width=2, height=2)
        for place, value in (("A1", "Year"), ("B1", "Cost"), ("A2", 2031), ("B2", 7)):
            sheet.set_value(place, value)
        made.body.append(sheet)
        assert read_ods(saved(made), Path("a.ods")).text == "Costs\n\nYear | Cost\n2031 | 7"


class TestErrors:
    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (b"plain words", "is named .odt but is not an OpenDocument text"),
            (packed(""), "holds no words to read"),
            (packed("<text:p>"), "is broken: its part content.xml is not XML: "),
            (
                packed(
                    p("x"), manifest="<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
                ),
                "is encrypted",
            ),
            (
                packed(p("x")).replace(b"content.xml", b"encrypted-package"[:11]),
                "is named .odt but is not an OpenDocument text: ",
            ),
            (
                packed("<text:p>" * 300 + "x" + "</text:p>" * 300),
                "is broken: its part content.xml is not XML: ",
            ),
        ],
        ids=["no archive", "empty", "broken part", "encrypted", "no content", "deep"],
    )
    def test_each_is_named(self, data: bytes, cause: str) -> None:
        with pytest.raises(LoadError) as caught:
            read_odt(data, PATH)
        assert caught.value.cause.startswith(cause)
        assert caught.value.remedy

    def test_a_file_that_is_encrypted_as_a_whole_is_refused_by_name(self) -> None:
        made = BytesIO()
        with ZipFile(made, "w") as archive:
            archive.writestr("encrypted-package", "0123")
        with pytest.raises(LoadError, match=r"dam\.odt: is encrypted; save it without a password"):
            read_odt(made.getvalue(), PATH)

    def test_a_damaged_part_is_named(self) -> None:
        whole = packed(p("MARK"))
        with pytest.raises(
            LoadError, match=r"is broken: its part content\.xml cannot be unpacked: Bad CRC-32"
        ):
            read_odt(whole.replace(b"MARK", b"BARK"), PATH)

    def test_entities_are_neither_expanded_nor_followed(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("SECRET")
        made = BytesIO()
        entities = (
            f'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        )
        with ZipFile(made, "w") as archive:
            archive.writestr(
                "content.xml",
                f"{entities}<office:body {NAMES}><text:p>Gate &b;3&x; failed.</text:p></office:body>",
            )
        assert read_odt(made.getvalue(), PATH).text == "Gate 3 failed."


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["Gate", "Pin", ""])), max_size=6))
def test_a_section_starts_at_its_heading(headings: list[tuple[int, str]]) -> None:
    body = "".join(
        f"<text:h text:outline-level='{depth}'>{words}</text:h>{p('Words.')}" for depth, words in headings
    )
    found = read_odt(packed(p("Preface") + body), PATH)
    assert [(section.level, section.title) for section in found.sections] == [
        one for one in headings if one[1]
    ]
    for section in found.sections:
        assert found.text.startswith(f"{section.title}\n\nWords.", section.start)


class TestText:
    def test_a_file_that_odfdo_writes_is_read_with_its_headings_lists_and_tables(self) -> None:
        made = odfdo.Document("text")
        made.body.clear()
        drawn = odfdo.Table("Displaced", width=2, height=2)
        for place, words in (("A1", "District"), ("B1", "March"), ("A2", "Quell"), ("B2", "2,480")):
            drawn.set_value(place, words)
        for element in (
            odfdo.Header(1, "Findings"),
            odfdo.Paragraph(SENTENCE),
            odfdo.Header(2, "Who left"),
            odfdo.List(["tents", "fuel"]),
            drawn,
        ):
            made.body.append(element)
        made.meta.title = "Inquiry into the dam"
        found = read_odt(saved(made), PATH)
        assert found.text == (  # odfdo's template numbers its headings
            f"1. Findings\n\n{SENTENCE}\n\n1.1. Who left\n\n• tents\n• fuel"
            "\n\nDistrict | March\nQuell | 2,480"
        )
        assert found.sections == (
            Section(0, 1, "1. Findings"),
            Section(found.text.index("1.1. Who left"), 2, "1.1. Who left"),
        )
        assert (found.kind, found.language, found.title) == ("odt", "en", "Inquiry into the dam")

    @pytest.mark.parametrize(
        ("xml", "text"),
        [
            (p("Gate<text:s text:c='3'/>3\n<text:tab/>failed."), "Gate 3 failed."),
            (p("Gate 3<text:line-break/>failed."), "Gate 3\nfailed."),
            (p("Gate <text:span>3</text:span><text:a> failed.</text:a>"), "Gate 3 failed."),
            (
                p("Gate 3<office:annotation><text:p>Sure?</text:p></office:annotation> failed."),
                "Gate 3 failed.",
            ),
            (
                "<text:tracked-changes><text:changed-region><text:deletion><text:p>not</text:p>"
                "</text:deletion></text:changed-region></text:tracked-changes>"
                + p("Gate 3<text:change text:change-id='a'/> failed."),
                "Gate 3 failed.",
            ),
            (
                p("Seen.")
                + f"<text:section text:display='none'>{p('Draft')}</text:section>"
                + p("<text:hidden-paragraph text:is-hidden='true'/>Hidden")
                + p("Kept <text:hidden-text text:is-hidden='true'>not </text:hidden-text>whole."),
                "Seen.\n\nKept whole.",
            ),
            (
                p(f"Gate 3<draw:frame><draw:text-box>{p('Boxed.')}</draw:text-box></draw:frame> fell."),
                "Gate 3 fell.\n\nBoxed.",
            ),
            (p("A <draw:frame><svg:title>alt</svg:title><draw:image/></draw:frame>picture."), "A picture."),
            (
                p(
                    "<text:ruby><text:ruby-base>大坝</text:ruby-base><text:ruby-text>daba</text:ruby-text></text:ruby>"
                ),
                "大坝",
            ),
            (p("Gate 3<!-- a remark --> failed."), "Gate 3 failed."),
        ],
        ids=[
            "white space",
            "line break",
            "spans",
            "remark",
            "deletion",
            "hidden",
            "box",
            "picture",
            "ruby",
            "xml",
        ],
    )
    def test_it_is_the_visible_text(self, xml: str, text: str) -> None:
        assert text_of(xml) == text

    def test_words_in_a_hidden_style_are_not_seen(self) -> None:
        style = "<style:style style:name='H'><style:text-properties text:display='none'/></style:style>"
        body = p("Gate <text:span text:style-name='H'>not </text:span>3") + p("Draft", "H")
        assert text_of(body, automatic=style) == "Gate 3"

    def test_words_in_a_style_made_of_a_hidden_one_are_not_seen(self) -> None:
        styles = (
            '<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/>'
            '</style:style><style:style style:name="T1" style:family="text" style:parent-style-name="H"/>'
        )
        body = p('Gate<text:span text:style-name="T1"> not</text:span> 3')
        assert text_of(body, automatic=styles) == "Gate 3"

    def test_a_section_whose_condition_hides_it_is_not_seen(self) -> None:
        section = 'text:section text:display="condition" text:is-hidden="true"'
        assert text_of(f"<{section}>{p('Secret')}</text:section>{p('Gate 3')}") == "Gate 3"

    @pytest.mark.parametrize("position", ["super 58%", "33% 58%"])
    def test_raised_figures_do_not_run_into_the_ones_before_them(self, position: str) -> None:
        style = (
            '<style:style style:name="T1" style:family="text">'
            f'<style:text-properties style:text-position="{position}"/></style:style>'
        )
        body = p('cost 2,500<text:span text:style-name="T1">2</text:span> marks')
        assert text_of(body, automatic=style) == "cost 2,500² marks"

    @pytest.mark.parametrize(
        ("font", "text"),
        [
            ('style:font-name="S"', "Dose ≥ 60 mg"),
            ('fo:font-family="Symbol"', "Dose ≥ 60 mg"),
            ('fo:font-family="Parish Signs"', "Dose � 60 mg"),
        ],
    )
    def test_symbols_are_read_as_shown(self, font: str, text: str) -> None:
        styles = (
            '<style:font-face style:name="S" svg:font-family="\'Symbol\'"/>'
            f'<style:style style:name="T1" style:family="text"><style:text-properties {font}/></style:style>'
        )
        body = p('Dose <text:span text:style-name="T1">\uf0b3</text:span> 60 mg')
        assert text_of(body, automatic=styles) == text

    def test_an_equation_is_read_in_its_place(self) -> None:
        equation = (
            '<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mfrac><mn>1</mn><mn>2</mn></mfrac>'
            '<annotation encoding="StarMath 5.0">{1} over {2}</annotation></semantics></math>'
        )
        frame = '<draw:frame><draw:object xlink:href="./Object 1"/><draw:image xlink:href="x"/></draw:frame>'
        data = packed(p(f"So {frame} of all."), equation=equation)
        assert read_odt(data, PATH).text == "So 1/2 of all."

    def test_notes_follow_the_body_footnotes_first_each_with_its_mark(self) -> None:
        def note(kind: str, mark: str, words: str) -> str:
            return (
                f"<text:note text:note-class='{kind}'><text:note-citation>{mark}</text:note-citation>"
                f"<text:note-body>{p(words)}</text:note-body></text:note>"
            )

        body = p(
            f"It cost 2,500{note('endnote', 'i', 'In 2031.')} and{note('footnote', '12', 'Then.')} fell."
        )
        assert text_of(body + p("End.")) == "It cost 2,500[i] and¹² fell.\n\nEnd.\n\n¹² Then.\n\n[i] In 2031."

    def test_headers_and_footers_come_last_each_wording_once(self) -> None:
        pages = "".join(
            f"<style:master-page><style:header>{p('Dam inquiry')}</style:header>"
            f"<style:header-left style:display='false'>{p('Unused')}</style:header-left>"
            f"<style:footer>{p(f'Page {number}')}</style:footer></style:master-page>"
            for number in (1, 2)
        )
        assert text_of(p(SENTENCE), styles=pages) == f"{SENTENCE}\n\nDam inquiry\n\nPage 1"


class TestLists:
    STYLES = (
        "<text:list-style style:name='L'>"
        + level("number", 1, "style:num-format='1' style:num-suffix='.'")
        + level("number", 2, "style:num-format='a' style:num-prefix='(' style:num-suffix=')'")
        + level("number", 3, "style:num-format='i' text:display-levels='2'")
        + "</text:list-style><text:list-style style:name='B'>"
        + level("bullet", 1, "text:bullet-char='-'")
        + "</text:list-style>"
    )

    @staticmethod
    def listed(*items: str, style: str = "L", attributes: str = "") -> str:
        written = "".join(f"<text:list-item>{item}</text:list-item>" for item in items)
        return f"<text:list text:style-name='{style}' {attributes}>{written}</text:list>"

    def test_items_have_the_numbers_of_their_style_at_every_depth(self) -> None:
        deepest = f"<text:list><text:list-item>{p('rope')}</text:list-item></text:list>"
        inner = (
            f"<text:list><text:list-item>{p('wood')}{deepest}</text:list-item>"
            f"<text:list-item>{p('nails')}</text:list-item></text:list>"
        )
        body = self.listed(p("water"), p("food") + p("for a week") + inner, p("fuel"))
        assert text_of(body, automatic=self.STYLES) == (
            "1. water\n2. food\nfor a week\n(a) wood\na.i rope\n(b) nails\n3. fuel"
        )

    def test_a_list_begins_anew_unless_it_goes_on(self) -> None:
        body = (
            self.listed(p("water"), p("food"))
            + p("Later:")
            + self.listed(p("fuel"), attributes="text:continue-numbering='true'")
            + p("Then:")
            + self.listed(p("tents"))
            + self.listed(p("rope"), style="B")
        )
        assert text_of(body, automatic=self.STYLES) == (
            "1. water\n2. food\n\nLater:\n\n3. fuel\n\nThen:\n\n1. tents\n\n• rope"
        )

    def test_headings_have_the_numbers_of_the_outline_style(self) -> None:
        outline = (
            "<text:outline-style>"
            + level("number", 1, "style:num-format='1'")
            .replace("list-level", "outline-level")
            .replace("-number", "")
            + "</text:outline-style>"
        )
        body = "".join(
            f"<text:h text:outline-level='{depth}'>{words}</text:h>"
            for depth, words in ((1, "Findings"), (2, "Gate"), (1, ""), (1, "Advice"))
        )
        found = read_odt(packed(body, styles=outline), PATH)
        assert found.text == "1 Findings\n\nGate\n\n2 Advice"
        assert found.sections == (
            Section(0, 1, "1 Findings"),
            Section(12, 2, "Gate"),
            Section(18, 1, "2 Advice"),
        )


class TestTables:
    def test_rows_are_lines_of_cells_the_headings_first(self) -> None:
        body = table(
            row("Quell", "2,480"),
            row("Pellan | north", "a<text:line-break/>b"),
            header=row("District", "March"),
        )
        assert text_of(body) == "District | March\nQuell | 2,480\nPellan ¦ north | a b"

    def test_covered_and_repeated_cells_keep_their_places(self) -> None:
        wide = f"<table:table-cell>{p('2031')}</table:table-cell><table:covered-table-cell/>"
        twice = f"<table:table-cell table:number-columns-repeated='2'>{p('0')}</table:table-cell>"
        empty = "<table:table-cell table:number-columns-repeated='2'/>"
        body = table(row("District", wide, "Sum"), row("Quell", twice, "0"), row("Pellan", empty, "7"))
        assert text_of(body) == "District | 2031 |  | Sum\nQuell | 0 | 0 | 0\nPellan |  |  | 7"

    def test_a_table_inside_a_cell_is_not_a_separate_table(self) -> None:
        inner = table(row("a", "b"))
        body = table(row("District", f"<table:table-cell>{inner}</table:table-cell>"), row("Quell", "7"))
        assert text_of(body) == "District | a ¦ b\nQuell | 7"

    def test_a_table_with_whole_texts_in_its_cells_is_read_as_text(self) -> None:
        long = "word " * 320
        assert text_of(table(row("Left", p("x") and long))) == f"Left\n\n{long.strip()}"

    def test_empty_cells_and_rows_that_fill_a_sheet_are_nothing(self) -> None:
        filling = "<table:table-cell table:number-columns-repeated='16384'/>"
        body = table(row("Quell", "7", filling), row(filling, repeated=1_048_576), row("Pellan", "8"))
        assert text_of(body) == "Quell | 7\nPellan | 8"

    def test_hidden_columns_and_filtered_rows_are_not_seen(self) -> None:
        columns = (
            '<table:table-column/><table:table-column table:visibility="collapse" '
            'table:number-columns-repeated="2"/><table:table-column/>'
        )
        two = '<table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell>'
        start = "<table:table-row"
        filtered = row("c", "x", "y", "d").replace(start, f'{start} table:visibility="filter"')
        body = table(row("e", "x", "y", "f"), row("a", two, "b"), filtered)
        assert text_of(body.replace(start, f"{columns}{start}", 1)) == "e | f\na | b"

    def test_repetition_has_an_end(self) -> None:
        many = f"<table:table-cell table:number-columns-repeated='16384'>{p('x')}</table:table-cell>"
        body = table(*[row("a", many, repeated=1_048_576)] * 100)
        assert text_of(body).count("x") <= MAX_REPEATED + 100


def test_the_deepest_nesting_that_is_parsed_is_read() -> None:
    """libxml2 stops at 256 levels of elements, far below the limit of recursion in the loader."""
    opened, closed = (
        "<table:table><table:table-row><table:table-cell>",
        "</table:table-cell></table:table-row></table:table>",
    )
    assert text_of(opened * 80 + p("MARK") + closed * 80) == "MARK"
    assert (
        text_of("<text:list><text:list-item>" * 120 + p("MARK") + "</text:list-item></text:list>" * 120)
        == "• MARK"
    )
    assert text_of(p("<text:span>" * 245 + "MARK" + "</text:span>" * 245)) == "MARK"
