"""An answer's text grows sentence by sentence; footnotes keep their numbers throughout a conversation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from index.documents import Span
from index.library import Library
from index.records import DocumentRecord
from rag.answers import Verification
from rag.events import CitationMade, Token
from rag.finding.citations import CitedSentence, DocumentTexts
from rag.finding.reading import ReadSentence
from rag.writing.composition import Composition, numbers_of

SUPPORTED = Verification("supported", True, True, 1.0)
STRUCK = Verification("unsupported", True, False, 0.2, "9 is not in the cited sentence")


@pytest.fixture
def records(seed_index: Library) -> dict[str, DocumentRecord]:
    return {record.path: record for record in seed_index.catalog.documents()}


def sourced(record: DocumentRecord, index: Library, start: int, end: int) -> CitedSentence:
    span = Span(start, end)
    return CitedSentence(record, ReadSentence(span, span.of(index.catalog.text(record.document_id).text)))


@pytest.fixture
def texts(seed_index: Library) -> Iterator[DocumentTexts]:
    with seed_index.catalog.reading() as reader:
        yield DocumentTexts(reader)


@pytest.fixture
def raids(records: dict[str, DocumentRecord], seed_index: Library) -> tuple[CitedSentence, CitedSentence]:
    record = records["cambodia-scam-raids.md"]
    return sourced(record, seed_index, 202, 253), sourced(record, seed_index, 578, 631)


@pytest.fixture
def flood(records: dict[str, DocumentRecord], seed_index: Library) -> CitedSentence:
    return sourced(records["lorvenna-floods-situation-report-4.txt"], seed_index, 473, 543)


def test_two_sentences_that_cite_the_same_words_share_a_number_and_have_a_citation_each(
    texts: DocumentTexts, raids: tuple[CitedSentence, CitedSentence]
) -> None:
    composition = Composition(texts, {})
    events = [
        *composition.add("Hun Manet ordered them.", [raids[0]], SUPPORTED),
        *composition.add("Officials may be dismissed.", [raids[1]], SUPPORTED),
        *composition.add("He ordered them himself.", [raids[0], raids[1]], SUPPORTED),
    ]
    assert composition.text == "Hun Manet ordered them. Officials may be dismissed. He ordered them himself."
    assert [sentence.citations for sentence in composition.sentences] == [(1,), (2,), (1, 2)]
    cited = [
        (made.id, composition.text[made.answer_start : made.answer_end]) for made in composition.citations
    ]
    assert cited == [
        (1, "Hun Manet ordered them."),
        (2, "Officials may be dismissed."),
        (1, "He ordered them himself."),
        (2, "He ordered them himself."),
    ]
    assert composition.citations[0].quote == "Prime Minister Hun Manet ordered the raids himself."
    assert [type(event) for event in events] == [
        *[Token, CitationMade, Token, CitationMade, Token, CitationMade, CitationMade]
    ]
    assert "".join(event.text for event in events if isinstance(event, Token)) == composition.text


def test_numbers_of_earlier_answers_stay_and_new_words_get_the_next(
    texts: DocumentTexts, raids: tuple[CitedSentence, CitedSentence], flood: CitedSentence
) -> None:
    first = Composition(texts, {})
    list(first.add("One.", [raids[0]], SUPPORTED))
    list(first.add("Two.", [flood], SUPPORTED))
    second = Composition(texts, numbers_of(first.citations))
    list(second.add("Three.", [raids[1], flood], SUPPORTED))
    assert [made.id for made in second.citations] == [3, 2]
    third = Composition(texts, numbers_of([*first.citations, *second.citations]))
    list(third.add("Four.", [raids[0], raids[1], flood], SUPPORTED))
    assert [made.id for made in third.citations] == [1, 3, 2]


def test_a_sentence_that_cites_other_documents_begins_a_line(
    texts: DocumentTexts, raids: tuple[CitedSentence, CitedSentence], flood: CitedSentence
) -> None:
    composition = Composition(texts, {})
    for words, cited in (("One.", raids[0]), ("Two.", raids[1]), ("Three.", flood), ("Four.", raids[0])):
        list(composition.add(words, [cited], SUPPORTED))
    assert composition.text == "One. Two.\nThree.\nFour."


def test_each_item_of_a_list_has_a_line(
    texts: DocumentTexts, raids: tuple[CitedSentence, CitedSentence]
) -> None:
    composition = Composition(texts, {})
    for words in ("He ordered:", "• raids,", "• arrests.", "They began.", "They ended."):
        list(composition.add(words, [raids[0]], SUPPORTED))
    assert composition.text == "He ordered:\n• raids,\n• arrests.\nThey began. They ended."


def test_a_sentence_without_citations_states_the_reason(texts: DocumentTexts) -> None:
    composition = Composition(texts, {})
    assert list(composition.add("Nine fled.", [], STRUCK)) == [Token("Nine fled.", "unsupported")]
    [sentence] = composition.sentences
    assert (sentence.verdict, sentence.reason) == ("unsupported", "9 is not in the cited sentence")
    assert (sentence.citations, composition.citations) == ((), [])
