"""The text that a larger or a multilingual encoder reads to compare a sentence with a question."""

from __future__ import annotations

from index.text import cells, is_row, is_units, over_no_column
from rag.finding.features import Candidate

_MAX_CAPTION = 80
_MAX_CHARACTERS = 700


def text_of(candidate: Candidate) -> str:
    """The text of a candidate: the title of the document, and the words of the sentence.

    A row of a table with headings has only names: the start of the caption, which says what the table is
    about, the row's group and the row's label. If values and column names are added, the first citation is
    right for 0.50 of the questions on real reports; without them, for 0.53.
    """
    sentence = candidate.sentence
    caption, words = "", sentence.text.replace(" | ", ", ")
    if sentence.headings and is_row(sentence.text):
        caption = _caption(sentence.headings)[:_MAX_CAPTION]
        words = cells(sentence.text)[0]
    parts = [f"{candidate.reading.document.title}:", caption, sentence.section, words]
    return " ".join(" ".join(parts).split())[:_MAX_CHARACTERS]


def _caption(headings: str) -> str:
    """The last line above a table's headings that gives more than units; else the words over its labels."""
    lines = [line.strip() for line in headings.splitlines()]
    named = [line for line in lines if line and not is_row(line) and not is_units(line)]
    return (named or [over_no_column(headings).strip()])[-1]
