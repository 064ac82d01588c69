"""An RTF file becomes paragraphs, rows and notes, or an error with its cause."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.documents import Section
from index.errors import LoadError
from index.loaders.rtf import read_rtf
from tests.support.examples import up_to

PATH = Path("reports/dam.rtf")
SENTENCE = "Gate 3 failed because nobody had looked at its pin since the dam was built."


def rtf(body: str, head: str = r"\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil\fcharset0 Arial;}}") -> bytes:
    return f"{{\\rtf1{head} {body}}}".encode("latin-1")


def text_of(body: str, **head: str) -> str:
    return read_rtf(rtf(body, **head), PATH).text


FONTS = r"\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\froman\fcharset2\fprq2 Symbol;}}"
SHAPE = r"{\shp{\*\shpinst\shpleft1{\sp{\sn a}{\sv b}}{\shptxt\pard Boxed.\par}}}"
NESTED = r"\itap2 a\nestcell b\nestcell{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}\itap1 "
LONG = "word " * 320


def row(*cells: str) -> str:
    return r"\trowd\cellx1\cellx2\pard\intbl " + "".join(rf"{cell}\cell " for cell in cells) + r"\row\pard "


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"Gate 3\par\pard It failed.\par", "Gate 3\n\nIt failed."),
        ("Gate\r\n 3 fai\nled.\\\nThen.", "Gate 3 failed.\n\nThen."),
        (r"Gate 3\line failed.\par Then.", "Gate 3\nfailed.\n\nThen."),
        (r"{\b Gate} {\i\fs24 3}\tab failed\~now.", "Gate 3 failed now."),
        (r"a\_b\emdash c\endash 2, \ldblquote so\rdblquote, it\rquote s", "a-b—c–2, “so”, it’s"),
        (r"co\-op \{x\} a\\b C:\\pict or \\bin", r"coop {x} a\b C:\pict or \bin"),
        (r"over\page leaf", "over leaf"),
        (r"One.\sect Two.", "One.\n\nTwo."),
        (r"Gate {\v not }3\v  hidden\v0  failed.", "Gate 3 failed."),
        (r"Gate {\v a\plain  3}", "Gate 3"),
        (r"Gate {\deleted not }3", "Gate 3"),
        (r"{\*\generator Writer;}{\*\anything words}Gate 3", "Gate 3"),
        (r"{\stylesheet{\s1 heading 1;}}{\colortbl;\red1;}{\info{\doccomm x}}Gate 3", "Gate 3"),
        (r"{\pict\wmetafile8 01aa}Gate {\*\shppict{\pict\pngblip ff}}{\nonshppict{\pict aa}}3", "Gate 3"),
        ("{\\pict\\bin5 }}}\\}}Gate 3", "Gate 3"),
        (r"{\field{\*\fldinst HYPERLINK \"http://x.test\"}{\fldrslt Gate 3}} fell.", "Gate 3 fell."),
        (r"Gate{\*\annotation Sure?}{\xe gate} 3", "Gate 3"),
        *[(body, "Gate 3") for body in (r"Gate 3}{\b outside", r"Gate {\b 3", r"Gate 3}")],
        (r"cost 2,500{\super 2} at 10{\up6 6} m{\super\u178 2}{\nosupersub 2}", "cost 2,500² at 10⁶ m²2"),
        (r"on the 1{\super st} of May", "on the 1st of May"),
        (r"a{\mmath{\*\moMath x}} = 3", "a� = 3"),
        (r"{\shp{\*\shpinst{\shptxt Boxed.\par}}{\shprslt Boxed.\par}}Gate 3", "Gate 3\n\nBoxed."),
        *[("{" * 100_000 + "Gate 3" + "}" * closed, "Gate 3") for closed in (0, 100_000)],
        # Symbols are read as shown, if their font is known.
        (r"Dose {\f1 \'b3} 60 mg", "Dose ≥ 60 mg"),
        (r"Dose {\f1 \u-3917\'b3} 60 mg", "Dose ≥ 60 mg"),
        (r"Dose {\f1 \u61619 ?} 60 mg", "Dose ≥ 60 mg"),
        (r"Dose {\field{\*\fldinst SYMBOL 179 \\f \"Symbol\" \\s 12}{\fldrslt\f1\fs24}} 60", "Dose ≥ 60"),
        (r"Dose {\field{\*\fldinst { SYMBOL 179 \\f Symbol}}{\fldrslt{\f1\'b3}}} 60", "Dose ≥ 60"),
        (r"Dose \u-4031 ? 60 mg", "Dose � 60 mg"),
        # Items have their number or bullet.
        (
            r"{\listtext\f1\'b7\tab}tents\par{\listtext\u-3913 ?\tab}fuel\par So:\par",
            "• tents\n• fuel\n\nSo:",
        ),
        (r"{\listtext}tents\par", "tents"),
        (r"{\pntext 1.\tab}water\par{\pntext 2.\tab}food\par", "1. water\n2. food"),
        # Notes follow the body, footnotes first, each with its mark.
        (
            (
                r"It cost 2,500{\super\chftn{\footnote\ftnalt\pard{\super\chftn} Off.}} and"
                r"{\super\chftn}{\*\footnote\chftn\pard Then.} fell*{\footnote * No\par record.}.\par End."
            ),
            "It cost 2,500[i] and¹ fell*.\n\nEnd.\n\n¹ Then.\n\n* No record.\n\n[i] Off.",
        ),
        # Headers and footers come last, each wording once.
        (
            r"{\header In\par}{\footer Page 1\par}{\footerl Page {\field{\fldrslt 2}}\par}It.",
            "It.\n\nIn\n\nPage 1",
        ),
        # The text of a drawing is not part of its anchor paragraph.
        (rf"Gate 3{SHAPE} fell.\par Then.", "Gate 3 fell.\n\nBoxed.\n\nThen."),
        (rf"Gate 3{SHAPE} fell.", "Gate 3 fell.\n\nBoxed."),
        # Rows are lines of cells, unless a table lays out the page.
        (rf"People\par{row('A', 'B')}{row('a | b', '2,480')}", "People\n\nA | B\na ¦ b | 2,480"),
        (row("A", "B") + row("", r"7\par or so") + r"After.\par", "A | B\n| 7 or so\n\nAfter."),
        (rf"{row('a', 'b')}\par{row('c', 'd')}", "a | b\n\nc | d"),
        (row(r"One.\par Two.") + row("Left", LONG), f"One.\n\nTwo.\n\nLeft\n\n{LONG.strip()}"),
        (r"\trowd\pard\intbl a\cell b\cell\pard\par Then.", "a | b\n\nThen."),
        (row("outer", NESTED), "outer | a b"),
    ],
)
def test_the_text_is_what_is_seen(body: str, text: str) -> None:
    assert text_of(body, head=FONTS) == text


@pytest.mark.parametrize(
    ("body", "head", "text"),
    [
        (r"Gr\'f6\'dfe", r"\ansi\ansicpg1252", "Größe"),
        (r"\'c3\'e5\'e9\'f2", r"\ansi\ansicpg1251", "Гейт"),
        ("\xc3\xe5\xe9\xf2", r"\ansi\ansicpg1251", "Гейт"),
        (r"\'c3", r"\ansi\ansicpg1251{\fonttbl{\f0\fcharset0 Arial;}}\f0", "Г"),
        (r"{\f1\'c3\'e5}\'e9", r"\ansicpg1252{\fonttbl{\f0 A;}{\f1\fcharset204{\*\falt X}B;}}", "Геé"),
        (r"\'83\'5f\'83\'80", r"\ansi\ansicpg932", "ダム"),
        (
            r"{\f1 \'c1c\'c5\'e9}\'e9{\f2 Caf\'8e}",
            *(r"\ansi\ansicpg1252{\fonttbl{\f0 A;}{\f1\fcharset136 B;}{\f2\cpg10000 C;}}", "繁體éCafé"),
        ),
        (r"\'93\'fa\'83e\'b1a", r"\ansi\ansicpg932", "日テｱa"),
        (r"\'8e", r"\mac", "é"),
        (r"\'81", r"\pc", "ü"),
        (r"\'f6", r"\ansi\ansicpg99999", "ö"),
        (r"\'f6", r"\ansi{\fonttbl{\f0\fcharset78 A;}}\f0", "ö"),
        (r"\u22823?\u22365 ?", r"\ansi", "大坝"),
        (r"\uc2\u22823\'91\'e5\uc0\u22365 .", r"\ansi", "大坝."),
        (r"{\uc0 \u22823 }\u22365?", r"\ansi", "大坝"),
        (r"\u-10179?\u-8704?", r"\ansi", "😀"),
        (r"a{\u22823}b \u8209\_c", r"\ansi", "a大b ‑c"),
        (r"\'83e\'83\'80", r"\ansi\ansicpg932{\fonttbl{\f0\fcharset1 A;}}\f0", "テム"),
        (r"a\u-10179?b\u99999999?", r"\ansi", "a\ufffdb?"),
        (r"Gr\'c3\'b6\'c3\'9fe", r"\ansi\ansicpg65001", "Größe"),
    ],
)
def test_characters_are_read_in_their_code_page(body: str, head: str, text: str) -> None:
    assert text_of(body, head=head) == text


def test_headings_make_the_outline() -> None:
    body = (
        rf"{{\pard\outlinelevel0 Findings\par}}\pard {SENTENCE}\par"
        r"\pard\outlinelevel1 The pin\par\pard It fell.\par"
    )
    found = read_rtf(rtf(body), PATH)
    assert found.text == f"Findings\n\n{SENTENCE}\n\nThe pin\n\nIt fell."
    later = found.text.index("The pin")
    assert found.sections == (Section(0, 1, "Findings"), Section(later, 2, "The pin"))


class TestMetadata:
    def test_it_is_that_of_the_information_group(self) -> None:
        info = (
            r"{\info\uc1{\title Gr\'f6\'dfe}{\author Ada \u321?ind}{\operator Bo}"
            r"{\creatim\yr2031\mo4\dy2\hr9\min5}{\revtim\yr2032\mo1\dy1}}"
        )
        found = read_rtf(rtf(info + SENTENCE), PATH)
        assert (found.title, found.author, found.published) == ("Größe", "Ada Łind", None)
        assert found.origins == dict.fromkeys(("title", "author"), "document properties")
        assert (found.kind, found.language) == ("rtf", "en")

    def test_without_a_title_it_is_the_first_short_line_or_the_name(self) -> None:
        short, named = read_rtf(rtf(rf"What fell\par {SENTENCE}"), PATH), read_rtf(rtf(SENTENCE), PATH)
        assert (short.title, dict(short.origins)) == ("What fell", {"title": "page"})
        assert (named.title, dict(named.origins)) == ("dam", {"title": "file name"})


class TestErrors:
    @pytest.mark.parametrize(
        ("data", "cause"),
        [
            (b"plain words", "is not RTF: it has no RTF header"),
            (b"PK\x03\x04word/", "is named .rtf but seems to be a Word document"),
            (b"{\\rtf1\\ansi }", "holds no words to read"),
            (b"{\\rtf1 {\\v hidden}}", "holds no words to read"),
        ],
        ids=["no header", "archive", "empty", "hidden"],
    )
    def test_each_is_named(self, data: bytes, cause: str) -> None:
        with pytest.raises(LoadError) as caught:
            read_rtf(data, PATH)
        assert caught.value.cause == cause
        assert caught.value.remedy


PIECES = st.sampled_from(
    [
        *("{", "}", "\\", "\\*", "\\par ", "\\cell ", "\\row ", "\\intbl", "\\pard", "\\trowd", "words "),
        *("\n", "|", "\\u-10179?", "\\u57344?", "\\u99999?", "\\u ", "\\uc ", "\\uc-5", "\\uc99", "\\'"),
        *("\\'8", "\\'81", "\\bin", "\\bin99999999 ", "\\footnote", "\\ftnalt", "\\chftn ", "\\header"),
        *("\\info", "\\title ", "\\creatim", "\\yr9999999", "\\fonttbl", "\\f1", "\\f-1", "\\fcharset78 "),
        *("\\fcharset204 ", "\\ansicpg", "\\ansicpg932", "\\mac", "\\listtext", "\\shptxt", "\\pict"),
        *("\\field", "\\v", "\\v0", "\\outlinelevel0", "\\outlinelevel99", "\\line ", "\x00", "\xff"),
    ]
)


@settings(max_examples=up_to(500))
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_content_gives_a_storable_document_or_a_load_error(body: str) -> None:
    try:
        found = read_rtf(rtf(body), PATH)
    except LoadError as error:
        assert error.cause == "holds no words to read"  # noqa: PT017 - it may be raised or not
        return
    for said in (found.text, found.title, found.author or ""):
        assert "\0" not in said
        assert said.encode("utf-8").decode("utf-8") == said


@pytest.mark.parametrize(
    ("asked", "marks"),
    [
        *(("", ["¹", "²", "³"]), (r"\ftnstart4", ["⁴", "⁵", "⁶"]), (r"\ftnnchi", ["*", "†", "‡"])),
        *((r"\ftnnalc", ["[a]", "[b]", "[c]"]), (r"\ftnrestart", ["¹", "²", "¹"])),
    ],
)
def test_notes_are_numbered_as_the_document_asks(asked: str, marks: list[str]) -> None:
    note = r"{\super\chftn{\footnote{\super\chftn} n.}}"
    assert text_of(rf"{asked} a{note}\par b{note}\sect c{note}\par").split("\n\n") == [
        *(f"{word}{mark}" for word, mark in zip("abc", marks, strict=True)),
        *(f"{mark} n." for mark in marks),
    ]
