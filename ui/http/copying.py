"""An answer as it is copied: its sentences with their marks and the footnotes below, as words and as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from rag.answers import Answer
from ui.export.sheet import HEADINGS, Difference, Note, Sentence, lay_out
from ui.naming import DOUBTS


@dataclass(frozen=True, slots=True)
class Copied:
    """An answer for a clipboard.

    Attributes:
        text: in plain words.
        html: the same for programs that take formatted text: paragraphs and raised marks, nothing else.
    """

    text: str
    html: str


def copied(answer: Answer) -> Copied:
    """An answer as it is copied; of an abstention, its reason."""
    sheet = lay_out(answer, {})
    [part] = sheet.parts
    reason = [part.abstention] if part.abstention is not None else []
    words = [*reason, *(" ".join(map(_sentence, paragraph)) for paragraph in part.paragraphs)]
    marked = [*map(escape, reason), *(" ".join(map(_marked, paragraph)) for paragraph in part.paragraphs)]
    differences = list(_differences(part.differences))
    notes = [f"[{note.number}] {_note(note)}" for note in sheet.notes]
    text = "\n\n".join(filter(None, [*words, "\n".join(differences), "\n".join(notes)]))
    lines = [*marked, *map(escape, differences), *map(escape, notes)]
    return Copied(text, "".join(f"<p>{line}</p>" for line in lines))


def _sentence(sentence: Sentence) -> str:
    marks = "".join(f" [{number}]" for number in sentence.footnotes)
    return f"{sentence.text}{marks}{_doubt(sentence)}"


def _marked(sentence: Sentence) -> str:
    marks = "".join(f"<sup>[{number}]</sup>" for number in sentence.footnotes)
    return f"{escape(sentence.text)}{marks}{_doubt(sentence)}"


def _doubt(sentence: Sentence) -> str:
    doubt = DOUBTS[sentence.verdict]
    return f" {doubt}" if doubt else ""


def _note(note: Note) -> str:
    headings = f" {HEADINGS}{note.headings}" if note.headings is not None else ""
    return f"“{note.quote}”{headings} — {note.attribution}"


def _differences(differences: Iterable[Difference]) -> Iterator[str]:
    """What sources give different figures for, a line each."""
    for found in differences:
        yield f"The sources give different figures: {found.about}"
        yield from (f"- {value} [{number}], {title}, {date}" for value, title, date, number in found.rows)
