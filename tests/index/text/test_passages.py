"""A text is split into sentences, and these are packed into passages."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import regex
from hypothesis import assume, example, given
from hypothesis import strategies as st

from index.documents import Chunk, Document, Section, Span
from index.embedding.encoder import Encoder
from index.text.minhash import signature
from index.text.passages import (
    MAX_CHUNK_TOKENS,
    Chunks,
    Cut,
    chunk,
    cut,
    heading_lines,
    lead_in,
    row_text,
    rows_text,
    sentences,
)
from index.text.tabular import tables
from index.text.tokens import TokenSpans
from tests.support.writings import LANGUAGES, TEXTS


def said(text: str, language: str = "en") -> list[str]:
    return [span.of(text) for span in sentences(text, language)]


@given(TEXTS | st.text(), LANGUAGES)
def test_sentences_lie_in_order_and_only_white_space_between_them(text: str, language: str) -> None:
    place = 0
    for span in sentences(text, language):
        assert span.start >= place
        assert not text[place : span.start].strip()
        assert span.of(text) == span.of(text).strip() != ""
        place = span.end
    assert not text[place:].strip()


@given(TEXTS, TEXTS)
def test_a_line_break_ends_a_sentence(before: str, after: str) -> None:
    apart = f"{before}\n{after}"
    assert not any("\n" in sentence for sentence in said(apart))
    assume(not tables(apart))  # Lines below each other may be rows of a table, which are not cut.
    first = sentences(before, "en")
    second = [
        Span(span.start + len(before) + 1, span.end + len(before) + 1) for span in sentences(after, "en")
    ]
    assert sentences(apart, "en") == first + second


WHERE = {
    "plain": ["One gate failed. ‖Two held.", "One gate.\r\n‖Two gates", "Same. ‖Same. ‖Same.", "\n\u3000\n"],
    "other scripts": [
        "zh:市议会关闭了大坝。‖三十人被转移！‖还有谁？",
        "ar:أغلق السد. ‖هل كان متأخرا؟ ‖نعم.",
        "km:ទំនប់បានបិទ។ ‖ប្រជាជនបានទៅ។",
        "und:ទំនប់បានបិទ។‖ប្រជាជនបានទៅ៕",
        "my:ဆည်ကို ပိတ်ခဲ့သည်။ ‖လူများ ရွှေ့ခဲ့သည်။",
    ],
    "an unknown language is read as English": ["und:Dr. Ilves left. ‖She slept."],
    "a piece without letter or figure joins the sentence before it, but in its own block": [
        "It failed. … !",
        "It failed.\n‖***\n‖It held.",
    ],
    # Some reports print a bar between the number of a caption and its words.
    "no sentence begins with the bar after a number, but with an absolute value or as a row": [
        "Figure BR1. | Rate of floods, 2007",
        "It failed. ‖|x| rose.",
        "It failed.\n‖| 2007",
    ],
    "the mark of a footnote stays with its sentence": [
        *("Nine were silent.[1] ‖Two rang.", "Nine were silent.[b][c] ‖Two rang."),
        *("Nine were silent.[12, 13] ‖Two rang.", "Nine were silent.[note 4] ‖Two rang."),
        *(
            "Nine were silent.(1) ‖Two rang.",
            "Nine were silent.¹ ‖Two rang.",
            "Nine were silent.† ‖Two rang.",
        ),
        *(
            "Nine were silent.* ‖Two rang.*",
            "Nine were silent.1 ‖Two rang.",
            "“Nine were silent.”12 ‖Two rang.",
        ),
    ],
    "what only looks like a note stays where it is": [
        *("See No.5 Harbour Road. ‖It held.", "It makes approx.20 MW. ‖It held."),
        *(
            "It makes (approx.)20 Watts. ‖It held.",
            "Published.30 June 2021.",
            "It was stopped.12 GW were lost.",
        ),
        *("It rose. ‖(1) The gate failed.", "It rose. ‖* The gate failed.", "It held.[1]\n‖Next [2]"),
    ],
    "a sentence goes on after an abbreviation": [
        *("Dr. Ilves left. ‖She slept.", "It rose 3.5 m in No. 4. ‖Then it fell."),
        *("It met. ‖Ms. Ilves left. ‖She slept.", "The board elected Ms. Ilves yesterday."),
        *("It took 20 ms. ‖Ilves left.", "VARDA, April. 18, 2023 – The dam held."),
        *("It began in April. ‖18 people came.", "It is shown in Figs. 2 and 3. ‖It held."),
        *("Their non-U.S. revenue rose. ‖It held.", "We meet at 2:30 p.m. Pacific Time. ‖Come."),
        *("We meet at 11 a.m. ET on Monday.", "We meet at 11 a.m. ‖The gate is open."),
    ],
}


CODES = {"zh", "ar", "km", "und", "my"}


@pytest.mark.parametrize("written", WHERE.values(), ids=WHERE)
def test_where_sentences_end(written: list[str]) -> None:
    for marked in written:
        language, _, words = (
            marked.rpartition(":") if marked.partition(":")[0] in CODES else ("en", "", marked)
        )
        pieces = [piece.strip() for piece in words.split("‖")]
        assert said(words.replace("‖", ""), language) == [piece for piece in pieces if piece]


TITLES = st.sampled_from(["Mr.", "Mrs.", "Ms.", "Mx.", "Dr.", "Prof.", "Amb."])
NAMES = st.from_regex(r"[A-Z][a-z]{2,8}", fullmatch=True)


@given(st.lists(st.tuples(TITLES, NAMES), min_size=1, max_size=4), st.sampled_from(["", "It met. "]))
def test_no_title_is_parted_from_its_name(named: list[tuple[str, str]], before: str) -> None:
    names = " and ".join(f"{title} {name}" for title, name in named)
    assert said(f"{before}We heard {names} here.")[-1] == f"We heard {names} here."


def test_headings_are_the_lines_that_a_loader_has_marked_and_not_those_that_a_bookmark_only_points_to() -> (
    None
):
    text = "2. Costs of the dam. 2031\n\nThe gate failed. It was old.\n\nAnnex\n\nCosts rose."
    starts = text.index("The gate"), text.index("Annex"), text.index("Costs rose")
    titles = "Why it failed", "3.1 Annex", "Costs"
    marked = (Section(0, 1, "Costs of the dam. 2031"), *map(Section, starts, (2, 2, 2), titles))
    document = Document(text, "T", "pdf", sections=marked)
    assert [line.of(text) for line in heading_lines(document)] == ["2. Costs of the dam. 2031", "Annex"]


LIST = (
    "It met. The Council decided to:\n\n(a) close:\n  • gates\n  • roads\n(b) open nothing\n\nIt\n\n"
    "Then: or not\n• never\n\nWhy:\n1. Rain fell.\n• much:\n2. It rose.\n\nWe said: no."
)


def test_an_item_belongs_to_the_sentence_with_a_colon_above_its_list() -> None:
    found = {span.of(LIST): lead_in(LIST, span.start, "en") for span in sentences(LIST, "en")}
    assert {words: lead.of(LIST) for words, lead in found.items() if lead} == {
        "(a) close:": "The Council decided to:",
        **dict.fromkeys(("• gates", "• roads"), "(a) close:"),
        "(b) open nothing": "The Council decided to:",
        **dict.fromkeys(("1.", "Rain fell.", "• much:"), "Why:"),
        **dict.fromkeys(("2.", "It rose."), "• much:"),
    }


def test_a_lead_in_is_found_in_a_long_text_and_not_from_far_into_an_item() -> None:
    text = f"{'Rain fell. ' * 1_000}\nThe Council decided to:\n• pay. {'It rained. ' * 1_000}It met."
    item, end = text.index("• pay"), text.index("It met")
    lead = lead_in(text, item, "en")
    assert lead is not None
    assert (lead.of(text), lead_in(text, end, "en")) == ("The Council decided to:", None)


@given(TEXTS, LANGUAGES)
def test_a_lead_in_is_a_sentence_before_the_item(text: str, language: str) -> None:
    spans = sentences(text, language)
    for span in spans:
        lead = lead_in(text, span.start, language)
        assert lead is None or (lead in spans and lead.end <= span.start)


def test_a_list_that_fits_into_a_passage_is_not_cut_from_its_lead_in() -> None:
    items = "• close gates", "• open roads", "• pay"
    text = "\n".join(["Rain fell in all of May. The Council decided to:", *items, "It met."])
    whole = "\n".join(["The Council decided to:", *items])
    assert chunked(text, 18, words) == ["Rain fell in all of May.", f"{whole}\nIt met."]
    cut = "\n".join(["The Council decided to:", items[0]]), "\n".join([*items[1:], "It met."])
    assert chunked(text, 10, words) == ["Rain fell in all of May.", *cut]


ROOM = st.integers(1, 40)
SHORT_WORDS = ("dam", "gate", "Varda", "third.", "fell!", "why?", "No.", "2.5", "(so", "said)", "\n")

LONGEST_CHUNK = 4_000
"""Characters: 200 tokens of at most 20."""


def words(text: str) -> list[tuple[int, int]]:
    """A tokeniser whose tokens are words."""
    return [match.span() for match in regex.finditer(r"\w+|[^\w\s]", text)]


def bytes_of_words(text: str) -> list[tuple[int, int]]:
    """A tokeniser with a token for each byte, so that one character has up to four tokens."""
    return [(place, place + 1) for place, letter in enumerate(text) for _ in letter.encode()]


def counter(text: str, tokeniser: TokenSpans) -> Callable[[Span], int]:
    """A function that counts the tokens that begin in a span."""
    starts = [start for start, _ in tokeniser(text)]
    return lambda span: bisect_left(starts, span.end) - bisect_left(starts, span.start)


TOKENISERS = st.sampled_from([words, bytes_of_words])


def chunked(text: str, room: int, tokeniser: TokenSpans = words, language: str = "en") -> list[str]:
    document = Document(text, "T", "text", language)
    return [piece.span.of(text) for piece in chunk(document, tokeniser, room)]


def is_whole(text: str, chunks: list[Chunk]) -> None:
    """Chunks and their sentences are in order, with only white space between them."""
    place = 0
    for piece in chunks:
        assert (piece.span.start, piece.span.end) == (piece.sentences[0].start, piece.sentences[-1].end)
        for sentence in piece.sentences:
            assert sentence.start >= place
            assert not text[place : sentence.start].strip()
            assert sentence.of(text) == sentence.of(text).strip() != ""
            place = sentence.end
    assert not text[place:].strip()


@given(TEXTS, LANGUAGES, ROOM, TOKENISERS)
@example("\U0001f468", "en", 1, bytes_of_words)
@example("a \U0001f468\u200d\U0001f469b", "en", 1, bytes_of_words)
@example("e" + "\u0301" * 50, "en", 3, bytes_of_words)
def test_chunks_reconstruct_the_document_and_have_no_more_tokens_than_there_is_room(
    text: str, language: str, room: int, tokeniser: TokenSpans
) -> None:
    chunks = chunk(Document(text, "T", "text", language), tokeniser, room)
    is_whole(text, chunks)
    count = counter(text, tokeniser)
    for piece in chunks:
        # Only an indivisible piece may be larger.
        assert count(piece.span) <= room or regex.fullmatch(r"\X|.", piece.span.of(text), regex.DOTALL)


@given(TEXTS, LANGUAGES)
def test_with_the_encoders_own_tokens_every_chunk_fits_and_can_be_read(
    encoder: Encoder, text: str, language: str
) -> None:
    chunks = chunk(Document(text, "T", "text", language), encoder.token_spans)
    is_whole(text, chunks)
    count = counter(text, encoder.token_spans)
    for piece in chunks:
        assert count(piece.span) <= MAX_CHUNK_TOKENS
        assert len("".join(piece.span.of(text).split())) <= LONGEST_CHUNK


@given(st.lists(st.sampled_from(SHORT_WORDS)).map(" ".join), ROOM)
def test_a_chunk_ends_only_where_the_next_sentence_does_not_fit_and_none_that_fits_is_cut(
    text: str, room: int
) -> None:
    count = counter(text, words)
    chunks = chunk(Document(text, "T", "text", "en"), words, room)
    for piece, following in pairwise(chunks):
        assert count(Span(piece.span.start, following.sentences[0].end)) > room
    kept = {sentence for piece in chunks for sentence in piece.sentences}
    assert kept >= {sentence for sentence in sentences(text, "en") if count(sentence) <= room}


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


PACKED = "One two three. Four five. Six seven eight nine. Ten."


@pytest.mark.parametrize(
    ("text", "room", "tokeniser", "chunks"),
    [
        (PACKED, 7, words, ["One two three. Four five.", "Six seven eight nine. Ten."]),
        (PACKED, 4, words, ["One two three.", "Four five.", "Six seven eight", "nine. Ten."]),
        (PACKED, 100, words, [PACKED]),
        ("alpha beta gamma delta epsilon", 2, words, ["alpha beta", "gamma delta", "epsilon"]),
        # Without white space, it is cut between graphemes; a character of more tokens than fit stands alone.
        (FAMILY * 3, 40, bytes_of_words, [FAMILY * 2, FAMILY]),
        ("e\u0301" * 4, 7, bytes_of_words, ["e\u0301" * 2] * 2),
        ("a\U0001f468b", 2, bytes_of_words, ["a", "\U0001f468", "b"]),
        (" \n\r\n ", 9, words, []),
    ],
)
def test_sentences_are_packed(text: str, room: int, tokeniser: TokenSpans, chunks: list[str]) -> None:
    assert chunked(text, room, tokeniser) == chunks


def test_a_repeated_sentence_stands_where_it_stands() -> None:
    text = "Same words. " * 5
    spans = [piece.span for piece in chunk(Document(text, "T", "text", "en"), words, 3)]
    assert spans == [Span(12 * number, 12 * number + 11) for number in range(5)]


def test_a_phrase_that_is_one_token_to_the_encoder_is_still_cut(encoder: Encoder) -> None:
    text = "ตำรวจเมืองวาร์ดาปิดประตูน้ำของเขื่อนแล้วย้ายประชาชนออกจากหมู่บ้าน" * 60
    assert len(encoder.token_spans(text)) == 1
    chunks = chunked(text, MAX_CHUNK_TOKENS, encoder.token_spans, "th")
    assert "".join(chunks) == text
    assert [len(piece) for piece in chunks] == [800, 800, 798, 802, 700], "four characters a token"


def tabled(text: str, room: int) -> list[tuple[str, str]]:
    """The text of each chunk, with the header of its table."""
    document = Document(text, "T", "text", "en")
    return [
        (piece.span.of(text), piece.header.of(text) if piece.header else "")
        for piece in chunk(document, words, room)
    ]


TABLE = "Costs\nItem | 2031\nGate 3 | 1\nGate 4 | 2\nGate 5 | 3"


def test_a_tables_rows_stand_apart_from_the_words_around_it() -> None:
    assert tabled(f"It failed in the end.\n\n{TABLE}\n\nSo be it.", 100) == [
        ("It failed in the end.", ""),
        (TABLE, "Costs\nItem | 2031"),
        ("So be it.", ""),
    ]


def test_a_table_in_several_chunks_leaves_room_for_its_headings_in_each() -> None:
    assert tabled(TABLE, 12) == [
        ("Costs\nItem | 2031\nGate 3 | 1", "Costs\nItem | 2031"),
        ("Gate 4 | 2\nGate 5 | 3", "Costs\nItem | 2031"),
    ]


def test_a_row_is_one_sentence_whatever_stops_it_has() -> None:
    text = "Item. One | 2031\nRepairs etc. Labour vs. Parts | 3.5. Then 4."
    (piece,) = chunk(Document(text, "T", "text", "en"), words, 100)
    assert [sentence.of(text) for sentence in piece.sentences] == text.split("\n")


def test_two_tables_are_not_mixed() -> None:
    first, second = "Item | 2031\nGate 3 | 1", "Item | 2030\nGate 4 | 2"
    assert tabled(f"{first}\n\n{second}", 100) == [(first, "Item | 2031"), (second, "Item | 2030")]


def test_a_row_is_embedded_as_its_title_the_end_of_its_headings_its_groups_and_its_label() -> None:
    headings = "Costs of the\n  gates\nItem | 2031"
    assert row_text("Dams", headings, "North\nOld", "  Gate 3 | 12") == (
        "Dams: Costs of the gates Item | 2031 North Old Gate 3"
    )
    assert row_text("Dams", "", "", "Gate 3 | 12") == "Dams: Gate 3"
    assert row_text("", headings, "", " | Gate 3 | 12") == "Costs of the gates Item | 2031 Gate 3"
    assert row_text("Dams", "Item", "North", "| 12") == "Dams: Item North"
    assert row_text("Dams", "x" * 9 + "y" * 200, "", "Gate 3 | 12") == f"Dams: {'y' * 200} Gate 3"


def test_a_passage_of_rows_is_embedded_as_its_labels_under_the_end_of_its_headings() -> None:
    rows = ["North", "  Gate 3 | 12", "| 5", "| Gate 4 | 9"]
    assert rows_text("Dams", "Costs\nItem | 2031", "Gates\nOld", rows) == (
        "Dams\nCosts Item | 2031\nGates Old\nNorth; Gate 3; Gate 4"
    )
    assert rows_text("", "x" * 9 + "y" * 300, "", rows[:1]) == f"{'y' * 300}\nNorth"


FIGURES = st.from_regex(r"\A(?:[$€(]?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?(?: ?%|\))?|)\Z")


@given(st.lists(st.tuples(FIGURES, FIGURES, FIGURES, FIGURES), max_size=4))
def test_figures_of_rows_are_not_embedded(figures: list[tuple[str, str, str, str]]) -> None:
    labels = ["Gate 3", "", "2031", "Costs (in millions)"]
    rows = [
        [" | ".join((label, *values[part])) for label, values in zip(labels, figures, strict=False)]
        for part in (slice(2), slice(2, 4))
    ]
    assert rows_text("T", "H", "G", rows[0]) == rows_text("T", "H", "G", rows[1])
    embedded = [[row_text("T", "H", "G", row) for row in of_part] for of_part in rows]
    assert embedded[0] == embedded[1]


@given(
    st.just(f"{TABLE}\n\nThe third gate is closed. It stays closed.") | TEXTS, LANGUAGES, st.integers(1, 40)
)
def test_packed_passages_are_those_of_the_document(text: str, language: str, room: int) -> None:
    document = Document(text, "T", "text", language)
    made = cut(document, words, room)
    expected = chunk(document, words, room)
    assert list(Chunks(made)) == expected
    assert [Chunks(made)[place] for place in range(-len(expected), 0)] == expected
    assert Chunks(made)[1:3] == expected[1:3]
    assert (made.language, made.signature) == (language, signature(text))
    assert made.fits(text)


def test_beyond_the_last_passage_there_is_none() -> None:
    with pytest.raises(IndexError):
        Chunks(cut(Document("", "T", "text"), words, 9))[0]


def packed(*numbers: int) -> bytes:
    return array("I", numbers).tobytes()


CUT = Cut("en", packed(1, 2), packed(0, 4, 5, 9, 10, 20), packed(1, 0, 0, 4), None)


@pytest.mark.parametrize(
    "changes",
    [
        *({"counts": packed(1, 1)}, {"counts": packed(0, 3)}, {"counts": packed(1, 2, 1)}),
        *({"counts": b"\x01"}, {"sentences": packed(0, 4, 5, 9, 10, 21)}),
        *({"sentences": packed(0, 6, 5, 9, 10, 20)}, {"sentences": packed(0, 4, 5, 5, 10, 20)}),
        *({"sentences": packed(0, 4, 5, 9, 10)}, {"headers": packed(1, 0)}),
        {"headers": packed(1, 0, 0, 21)},
    ],
    ids=repr,
)
def test_passages_that_do_not_lie_in_the_text_in_order_are_refused(changes: dict[str, Any]) -> None:
    assert CUT.fits("x" * 20)
    assert not replace(CUT, **changes).fits("x" * 20)
