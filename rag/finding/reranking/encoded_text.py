"""The text of a sentence that the reranker, or a multilingual encoder, compares with a question."""

from __future__ import annotations

from index.text import cells, is_row, words_outside_columns
from rag.finding.features import Candidate, contains_term, content_words, words_of

_MAX_CAPTION = 160
_MAX_COLUMNS = 120
_MAX_CHARACTERS = 700


def text_of(candidate: Candidate, question: str = "") -> str:
    """Return the text of a candidate: the title of the document, and the words of the sentence.

    For a row of a table with headings, the words of the sentence are replaced by the words of the headings
    that are not above a column of values (such as the caption), the row's group, the row's label, and the
    headings of columns that share a word with the question. All other columns and the values are left out,
    because they make all rows of a table alike.

    Args:
        candidate: the candidate.
        question: the question, in the language of the document; empty to leave out all columns.
    """
    sentence = candidate.sentence
    caption, words, columns = "", sentence.text.replace(" | ", ", "), ""
    if sentence.headings and is_row(sentence.text):
        caption = " ".join(words_outside_columns(sentence.headings).split())[:_MAX_CAPTION]
        words = cells(sentence.text)[0]
        columns = _columns_in(question, sentence.headings, candidate.reading.document.language)[:_MAX_COLUMNS]
    parts = [f"{candidate.reading.document.title}:", caption, sentence.section, words, columns]
    return " ".join(" ".join(parts).split())[:_MAX_CHARACTERS]


def _columns_in(question: str, headings: str, language: str) -> str:
    """Return the headings of columns that share a word with the question, each once."""
    asked = frozenset(content_words(question, language))
    rows = (cells(line)[1:] for line in headings.splitlines() if is_row(line))
    names = dict.fromkeys(name for row in rows for name in row)
    return " ".join(
        name for name in names if any(contains_term(asked, term) for term in words_of(name, language))
    )
