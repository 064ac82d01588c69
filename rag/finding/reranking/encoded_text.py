"""The text of a sentence that the reranker, or a multilingual encoder, compares with a question."""

from __future__ import annotations

from index.documents import Span
from index.text import PATH_SEPARATOR, TableCell, cells, is_row, table_cells, words_outside_columns
from rag.finding.features import Candidate, contains_term, content_words, words_of
from rag.finding.reading import ReadSentence

_MAX_CAPTION = 160
_MAX_CELLS = 160
_MAX_CHARACTERS = 700


def text_of(candidate: Candidate, question: str = "") -> str:
    """Return the text of a candidate: the title of the document, and the words of the sentence.

    For a row of a table with headings, the words of the sentence are replaced by the words of the headings
    that are not above a column of values (such as the caption), the row's group, the row's label, and the
    cells of the columns that share the most words with the question, each after its heading. If no column
    shares a word, these are the row's first cells.

    Args:
        candidate: the candidate.
        question: the question, in the language of the document; empty to leave out all cells.
    """
    sentence = candidate.sentence
    caption, words = "", sentence.text.replace(" | ", ", ")
    if sentence.headings and is_row(sentence.text):
        caption = " ".join(words_outside_columns(sentence.headings).split())[:_MAX_CAPTION]
        found = _cells_for(question, sentence, candidate.reading.document.language) if question else []
        words = cells(sentence.text)[0] + "".join(map(_as_words, found))[:_MAX_CELLS]
    parts = [f"{candidate.reading.document.title}:", caption, sentence.section, words]
    return " ".join(" ".join(parts).split())[:_MAX_CHARACTERS]


def _cells_for(question: str, row: ReadSentence, language: str) -> list[TableCell]:
    """Return the cells under the headings that share the most words with the question.

    Their units come from the headings, the caption and the row itself, not from the row's group.
    """
    asked = frozenset(content_words(question, language))
    headings = Span(0, len(row.headings))
    text = f"{row.headings}\n{row.text}"
    found = table_cells(text, headings, Span(headings.end + 1, len(text)))
    shared = [sum(contains_term(asked, term) for term in words_of(cell.column, language)) for cell in found]
    most = max(shared, default=0)
    return [cell for cell, count in zip(found, shared, strict=True) if count == most]


def _as_words(cell: TableCell) -> str:
    unit = "" if cell.unit in cell.value else cell.unit
    return f"; {cell.column.replace(PATH_SEPARATOR, ' ')}: {cell.value} {unit}".rstrip()
