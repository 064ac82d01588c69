"""The text that a larger or a multilingual encoder reads to compare a sentence with a question."""

from __future__ import annotations

from index.text import cells, is_row, words_outside_columns
from rag.finding.features import Candidate

_MAX_CAPTION = 80
_MAX_CHARACTERS = 700


def text_of(candidate: Candidate) -> str:
    """Return the text of a candidate: the title of the document, and the words of the sentence.

    For a row of a table with headings, the words of the sentence are replaced by three parts: the last line
    of the headings that is not above a column of values (the caption, the units, or the heading of the
    labels), the row's group, and the row's label. Without values and column names, the first citation is
    right for 0.53 of the questions on real reports; with them, for 0.50.
    """
    sentence = candidate.sentence
    caption, words = "", sentence.text.replace(" | ", ", ")
    if sentence.headings and is_row(sentence.text):
        caption = words_outside_columns(sentence.headings).strip().rpartition("\n")[2][:_MAX_CAPTION]
        words = cells(sentence.text)[0]
    parts = [f"{candidate.reading.document.title}:", caption, sentence.section, words]
    return " ".join(" ".join(parts).split())[:_MAX_CHARACTERS]
