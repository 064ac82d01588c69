"""The chunks of a document are whole sentences, fit the encoder, and reconstruct the document."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise

import regex
from hypothesis import example, given
from hypothesis import strategies as st

from index.documents import Chunk, Document, Span
from index.embedding.encoder import Encoder
from index.text.passages import MAX_CHUNK_TOKENS, chunk, row_text, rows_text, sentences
from index.text.tokens import TokenSpans
from tests.support.writings import LANGUAGES, TEXTS

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


def cut(text: str, room: int, tokeniser: TokenSpans = words, language: str = "en") -> list[str]:
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
def test_chunks_reconstruct_the_document(text: str, language: str, room: int, tokeniser: TokenSpans) -> None:
    is_whole(text, chunk(Document(text, "T", "text", language), tokeniser, room))


@given(TEXTS, LANGUAGES, ROOM, TOKENISERS)
def test_a_chunk_has_at_most_as_many_tokens_as_there_is_room(
    text: str, language: str, room: int, tokeniser: TokenSpans
) -> None:
    count = counter(text, tokeniser)
    for piece in chunk(Document(text, "T", "text", language), tokeniser, room):
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
def test_a_chunk_ends_only_where_the_next_sentence_does_not_fit(text: str, room: int) -> None:
    count = counter(text, words)
    for piece, following in pairwise(chunk(Document(text, "T", "text", "en"), words, room)):
        assert count(Span(piece.span.start, following.sentences[0].end)) > room


@given(st.lists(st.sampled_from(SHORT_WORDS)).map(" ".join), ROOM)
def test_a_sentence_that_fits_is_never_cut(text: str, room: int) -> None:
    count = counter(text, words)
    chunks = chunk(Document(text, "T", "text", "en"), words, room)
    kept = {sentence for piece in chunks for sentence in piece.sentences}
    assert kept >= {sentence for sentence in sentences(text, "en") if count(sentence) <= room}


def test_sentences_are_packed_as_long_as_they_fit() -> None:
    text = "One two three. Four five. Six seven eight nine. Ten."
    assert cut(text, 7) == ["One two three. Four five.", "Six seven eight nine. Ten."]
    assert cut(text, 4) == ["One two three.", "Four five.", "Six seven eight", "nine. Ten."]
    assert cut(text, 100) == [text]


def test_a_repeated_sentence_stands_where_it_stands() -> None:
    text = "Same words. " * 5
    spans = [piece.span for piece in chunk(Document(text, "T", "text", "en"), words, 3)]
    assert spans == [Span(12 * number, 12 * number + 11) for number in range(5)]


def test_a_sentence_that_is_too_long_is_cut_after_white_space() -> None:
    assert cut("alpha beta gamma delta epsilon", 2) == ["alpha beta", "gamma delta", "epsilon"]


def test_a_run_without_white_space_is_cut_between_graphemes() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert cut(family * 3, 40, bytes_of_words) == [family * 2, family]
    assert cut("e\u0301" * 4, 7, bytes_of_words) == ["e\u0301" * 2] * 2


def test_a_character_of_more_tokens_than_fit_stands_alone() -> None:
    assert cut("a\U0001f468b", 2, bytes_of_words) == ["a", "\U0001f468", "b"]


def test_a_phrase_that_is_one_token_to_the_encoder_is_still_cut(encoder: Encoder) -> None:
    text = "ตำรวจเมืองวาร์ดาปิดประตูน้ำของเขื่อนแล้วย้ายประชาชนออกจากหมู่บ้าน" * 60
    assert len(encoder.token_spans(text)) == 1
    chunks = cut(text, MAX_CHUNK_TOKENS, encoder.token_spans, "th")
    assert "".join(chunks) == text
    assert [len(piece) for piece in chunks] == [800, 800, 798, 802, 700], "four characters a token"


def test_an_empty_document_has_no_chunks(encoder: Encoder) -> None:
    for text in ("", " \n\r\n "):
        assert chunk(Document(text, "T", "text"), encoder.token_spans) == []


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


@given(st.lists(st.tuples(FIGURES, FIGURES)), st.lists(st.tuples(FIGURES, FIGURES)))
def test_figures_of_rows_are_not_embedded(some: list[tuple[str, str]], others: list[tuple[str, str]]) -> None:
    labels = ["Gate 3", "", "2031", "Costs (in millions)"]
    of_some, of_others = (
        [" | ".join((label, *values)) for label, values in zip(labels, figures, strict=False)]
        for figures in (some, others)
    )
    both = min(len(of_some), len(of_others))
    of_some, of_others = of_some[:both], of_others[:both]
    assert rows_text("T", "H", "G", of_some) == rows_text("T", "H", "G", of_others)
    assert [row_text("T", "H", "G", row) for row in of_some] == [
        row_text("T", "H", "G", row) for row in of_others
    ]
