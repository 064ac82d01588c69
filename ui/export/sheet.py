"""Answers as they are laid out on paper, before they become Markdown, HTML or a Word document.

All words in it are as a reader sees them (:func:`rag.wording.visible`); each format escapes
them in its way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.catalog import Catalog
from index.errors import DocumentNotFoundError
from index.records import DocumentRecord
from rag.answers import Answer, Citation, Disagreement, Passage, StatedFigure, Verdict
from rag.wording import visible
from ui.export.manifest import Entry, Made, Manifest
from ui.words import DOUBTS, RECOGNISED, date_or_undated, source_facts

Digests = Mapping[tuple[int, int], str]
"""sha256 of the files of documents, in hexadecimal, by the document's number and version."""

NO_ANSWER = "No answer"
REMARKS = "Remarks"
DIFFERENCES = "Different figures"
FOOTNOTES = "Footnotes"
ABOUT = "About this answer"
SECTIONS = (NO_ANSWER, REMARKS, DIFFERENCES, FOOTNOTES, ABOUT)
"""The headings under which no sentence of the answer stands."""

LISTS = (REMARKS, ABOUT)
"""Those of them under which there is nothing but a list."""

COLUMNS = ("Figure", "Source", "Date", "Footnote")

HEADINGS = "Headings: "
"""What stands before the headings of a table's row."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer: its words, the numbers of its footnotes, and how it is shown."""

    text: str
    footnotes: tuple[int, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote: its number, the quoted words, a table's headings, and what is said of the document."""

    number: int
    quote: str
    headings: str | None
    attribution: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A thing for which sources give different figures, and a row of cells (``COLUMNS``) for each of them."""

    about: str
    rows: tuple[tuple[str, str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """An answer on paper, without its footnotes.

    Attributes:
        question: the question.
        abstention: why there is no answer; None where there is one.
        paragraphs: the sentences, by paragraph.
        remarks: what the reader should know, a line each.
        differences: what sources give different figures for.
        colophon: names and values: how the answer was made.
    """

    question: str
    abstention: str | None
    paragraphs: tuple[tuple[Sentence, ...], ...]
    remarks: tuple[str, ...]
    differences: tuple[Difference, ...]
    colophon: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file shows.

    Attributes:
        name: what heads the answers of a conversation; None for an answer by itself.
        parts: the answers; one, unless it is a conversation.
        notes: the footnotes of all of them.
        manifest: what programs read of it.
    """

    name: str | None
    parts: tuple[Part, ...]
    notes: tuple[Note, ...]
    manifest: Manifest

    @property
    def title(self) -> str:
        """What heads it."""
        return self.parts[0].question if self.name is None else self.name


def digests_of(catalog: Catalog, *answers: Answer) -> Digests:
    """The digests of the files that answers cite, so far as the library still has them."""
    found: dict[tuple[int, int], str] = {}
    with catalog.reading() as reader:
        for place in {(cited.document_id, cited.version) for each in answers for cited in each.citations}:
            try:
                found[place] = reader.document(*place).digest
            except DocumentNotFoundError:
                continue
    return found


def lay_out(answer: Answer, digests: Digests) -> Sheet:
    """An answer by itself, as it is laid out.

    Args:
        answer: the answer.
        digests: of the files that it cites; a version without one can be found by its number only.
    """
    paragraphs = tuple(_paragraphs(answer))
    cited = {citation.id: citation for citation in answer.citations}
    sentences = tuple(sentence.footnotes for paragraph in paragraphs for sentence in paragraph)
    entries = tuple(
        Entry(
            number,
            each.document_id,
            each.version,
            digests.get((each.document_id, each.version)),
            each.start,
            each.end,
        )
        for number, each in cited.items()
    )
    part = Part(
        question=visible(answer.question),
        abstention=visible(answer.reason or answer.text) if answer.abstained else None,
        paragraphs=paragraphs,
        remarks=tuple(map(visible, _remarks(answer))),
        differences=tuple(map(_difference, answer.disagreements)),
        colophon=tuple((name, visible(value)) for name, value in _colophon(answer)),
    )
    return Sheet(
        name=None,
        parts=(part,),
        notes=tuple(_note(number, citation) for number, citation in cited.items()),
        manifest=Manifest((Made(answer.answer_id, answer.generation, sentences),), entries),
    )


def facts(record: DocumentRecord, page: int | None) -> list[str]:
    """What a footnote says of a document and of the page in it."""
    return _facts(record, record.stated, page)


def _facts(source: DocumentRecord | Citation | Passage, published: str | None, page: int | None) -> list[str]:
    issued = source_facts(source.publisher, source.author, published, page)
    said = (source.title, *issued, source.path, f"version {source.version}")
    return [fact for fact in said if fact]


def _paragraphs(answer: Answer) -> Iterator[tuple[Sentence, ...]]:
    run: list[Sentence] = []
    end = 0
    for sentence in answer.sentences:
        if run and "\n" in answer.text[end : sentence.start]:
            yield tuple(run)
            run = []
        words = visible(answer.text[sentence.start : sentence.end])
        run.append(Sentence(words, sentence.citations, sentence.verdict))
        end = sentence.end
    if run:
        yield tuple(run)


def _note(number: int, cited: Citation) -> Note:
    said = _facts(cited, cited.published, cited.page)
    if cited.superseded_by is not None:
        said.append(f"superseded by version {cited.superseded_by} when this was answered")
    if cited.recognised:
        said.append(RECOGNISED)
    headings = visible(cited.headings) if cited.headings else None
    return Note(number, visible(cited.quote), headings or None, ", ".join(map(visible, said)))


def _remarks(answer: Answer) -> Iterator[str]:
    if answer.note:
        yield answer.note
    for sentence in answer.sentences:
        if sentence.verdict != "supported":
            reason = f": {sentence.reason}" if sentence.reason else ""
            yield f"{DOUBTS[sentence.verdict]} “{answer.text[sentence.start : sentence.end]}”{reason}"
    for dropped in answer.dropped:
        yield f"Left out, as not supported: “{dropped.text}”: {dropped.reason}"
    if answer.abstained:
        for passage in answer.passages:
            place = ", ".join(_facts(passage, passage.published, passage.page))
            yield f"Read: {place}" + (f": {passage.shortfall}" if passage.shortfall else "")


def _difference(found: Disagreement) -> Difference:
    return Difference(visible(found.about), tuple(map(_row, found.figures)))


def _row(figure: StatedFigure) -> tuple[str, str, str, int]:
    superseded = f" (version {figure.version}, superseded)" if figure.superseded else ""
    return (
        visible(figure.value),
        visible(figure.title + superseded),
        visible(date_or_undated(figure.published)),
        figure.citation,
    )


def _colophon(answer: Answer) -> Sequence[tuple[str, str]]:
    model = "quoted: the reports' own sentences" if answer.model == "quoted" else answer.model
    said = [
        ("Answer", answer.answer_id),
        ("Asked as", answer.standalone),
        ("Model", model),
        ("Fallback", answer.fallback),
        ("Library generation", str(answer.generation)),
        ("Made", answer.created),
        ("Prompt digest", answer.prompt_digest),
    ]
    return [(name, value) for name, value in said if value]
