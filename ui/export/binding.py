"""The answers of a conversation, laid out one below the other, with one list of footnotes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rag.answers import Answer, Citation
from rag.wording import visible
from ui.export.manifest import Manifest, Whole, digest_of
from ui.export.sheet import Digests, Sheet, lay_out


def bind(conversation_id: str, name: str, answers: Sequence[Answer], digests: Digests) -> Sheet:
    """The answers of a conversation, as they are laid out.

    A footnote that several answers have says of its source what it says in the last of them.

    Args:
        conversation_id: the conversation's id.
        name: what heads it; where it has no words, its first question does.
        answers: the answers, in their order; one at least.
        digests: as for :func:`~ui.export.sheet.lay_out`.
    """
    sheets = [lay_out(answer, digests) for answer in _numbered(answers)]
    notes = {note.number: note for sheet in sheets for note in sheet.notes}
    entries = {entry.number: entry for sheet in sheets for entry in sheet.manifest.footnotes}
    title = visible(name) or sheets[0].title
    return Sheet(
        name=title,
        parts=tuple(part for sheet in sheets for part in sheet.parts),
        notes=tuple(notes[number] for number in sorted(notes)),
        manifest=Manifest(
            tuple(made for sheet in sheets for made in sheet.manifest.answers),
            tuple(entries[number] for number in sorted(entries)),
            Whole(conversation_id, digest_of(title)),
        ),
    )


def _numbered(answers: Sequence[Answer]) -> Iterator[Answer]:
    """The answers with the footnotes' numbers that they have.

    Where one stands for other words than in an answer before it, as when two questions of a conversation were
    asked in the same moment, those words have a number that no answer has.
    """
    words: dict[int, tuple[int, ...]] = {}
    moved: dict[tuple[int, ...], int] = {}
    last = max((cited.id for answer in answers for cited in answer.citations), default=0)
    for answer in answers:
        numbers: dict[int, int] = {}
        for cited in answer.citations:
            if words.setdefault(cited.id, _words_of(cited)) != _words_of(cited):
                last = last if _words_of(cited) in moved else last + 1
                numbers[cited.id] = moved.setdefault(_words_of(cited), last)
        yield _renumbered(answer, numbers) if numbers else answer


def _words_of(cited: Citation) -> tuple[int, ...]:
    return cited.document_id, cited.version, cited.start, cited.end


def _renumbered(answer: Answer, numbers: Mapping[int, int]) -> Answer:
    """An answer in which some of the footnotes have other numbers, by the old ones."""

    def new(number: int) -> int:
        return numbers.get(number, number)

    return replace(
        answer,
        sentences=tuple(
            replace(sentence, citations=tuple(map(new, sentence.citations))) for sentence in answer.sentences
        ),
        citations=tuple(replace(cited, id=new(cited.id)) for cited in answer.citations),
        disagreements=tuple(
            replace(
                found,
                figures=tuple(replace(figure, citation=new(figure.citation)) for figure in found.figures),
            )
            for found in answer.disagreements
        ),
    )
