"""The layout of exported answers and conversations, which is the same for all formats.

All text in a :class:`Sheet` is in its visible form (:func:`rag.visible_text.visible`). Each format escapes
this text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from index.catalog import Catalog
from index.errors import DocumentNotFoundError
from index.records import DocumentRecord
from rag.answers import (
    DOUBTFUL,
    Answer,
    Citation,
    Comparison,
    Disagreement,
    Headline,
    Passage,
    StatedFigure,
    Verdict,
)
from rag.visible_text import readable, visible
from ui.export.manifest import AnswerEntry, ConversationEntry, FootnoteEntry, Manifest, digest_of
from ui.words import (
    ADVICE,
    COMPUTED,
    DOUBTS,
    RECOGNISED,
    advice_for,
    compared_names,
    date_or_undated,
    difference_words,
    source_facts,
)

Digests = Mapping[tuple[int, int], str]
"""The SHA-256 of each document's file, in hexadecimal, by document number and version."""

NO_ANSWER = "No answer"
REMARKS = "Remarks"
DIFFERENCES = "Different figures"
FOOTNOTES = "Footnotes"
ABOUT = "About this answer"
SECTIONS = (NO_ANSWER, REMARKS, DIFFERENCES, FOOTNOTES, ABOUT)
"""The headings of the sections that have no sentences of the answer."""

LISTS = (REMARKS, ABOUT)
"""The sections that have only a list."""

COLUMNS = ("Figure", "Source", "Date", "Footnote")

HEADINGS = "Headings: "
"""The label before the headings of a cited table row."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the answer: its text, the numbers of its footnotes, and its verdict."""

    text: str
    footnotes: tuple[int, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote.

    Attributes:
        number: the number of the footnote.
        quote: the quote.
        headings: the headings of the table row that is quoted; None if the quote is not a table row.
        attribution: the facts of the document, such as title, publisher, date and page.
    """

    number: int
    quote: str
    headings: str | None
    attribution: str


@dataclass(frozen=True, slots=True)
class FirstLine:
    """The first line of an answer that is one value or a comparison of two values.

    Attributes:
        value: the words in bold: the value, or both values with their names.
        details: the other words: the unit, the row and column, and the difference of two values.
    """

    value: str
    details: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A disagreement of sources: its subject, and for each figure a row with the cells of ``COLUMNS``."""

    about: str
    rows: tuple[tuple[str, str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """An answer without its footnotes.

    Attributes:
        question: the question.
        abstention: why the library has no answer; None if it has one.
        first_line: the answer itself, if it is one value or a comparison of two; else None.
        paragraphs: the sentences, by paragraph.
        remarks: notes for the reader, one line each.
        differences: the disagreements of the sources.
        colophon: names and values that say how the answer was made.
    """

    question: str
    abstention: str | None
    first_line: FirstLine | None
    paragraphs: tuple[tuple[Sentence, ...], ...]
    remarks: tuple[str, ...]
    differences: tuple[Difference, ...]
    colophon: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The content of an exported file, which contains a conversation or one answer.

    Attributes:
        name: the title of the conversation; None if the file contains no conversation.
        parts: the answers, in order.
        notes: the footnotes of all answers.
        manifest: the data for programs.
    """

    name: str | None
    parts: tuple[Part, ...]
    notes: tuple[Note, ...]
    manifest: Manifest

    @property
    def title(self) -> str:
        """The title of the file."""
        return self.parts[0].question if self.name is None else self.name


def digests_of(catalog: Catalog, *answers: Answer) -> Digests:
    """Return the digests of the files that the answers cite and that the library still has."""
    found: dict[tuple[int, int], str] = {}
    with catalog.reading() as reader:
        for place in {(cited.document_id, cited.version) for each in answers for cited in each.citations}:
            try:
                found[place] = reader.document(*place).digest
            except DocumentNotFoundError:
                continue
    return found


def lay_out(answer: Answer, digests: Digests) -> Sheet:
    """Lay out a single answer for export.

    Args:
        answer: the answer.
        digests: the digests of the cited files. A document without a digest can be found again only by its
            number and version.
    """
    paragraphs = tuple(_paragraphs(answer))
    cited = {citation.id: citation for citation in answer.citations}
    sentences = tuple(sentence.footnotes for paragraph in paragraphs for sentence in paragraph)
    entries = tuple(
        FootnoteEntry(
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
        first_line=first_line(answer.headline) if answer.headline else None,
        paragraphs=paragraphs,
        remarks=tuple(readable(line) for line in _remarks(answer)),
        differences=tuple(map(_difference, answer.disagreements)),
        colophon=tuple((name, visible(value)) for name, value in _colophon(answer)),
    )
    return Sheet(
        name=None,
        parts=(part,),
        notes=tuple(_note(number, citation) for number, citation in cited.items()),
        manifest=Manifest((AnswerEntry(answer.answer_id, answer.generation, sentences),), entries),
    )


def first_line(headline: Headline) -> FirstLine:
    """Return the first line of an answer that is one value or a comparison of two, given by ``headline``."""
    if headline.comparison is not None:
        return _compared_line(headline, headline.comparison)
    details = (f"· {name}" for name in (headline.row, headline.column) if name)
    return FirstLine(visible(headline.value), visible(" ".join(filter(None, [headline.unit, *details]))))


def _compared_line(headline: Headline, other: Comparison) -> FirstLine:
    """Return both figures of a comparison with their names, then their difference, marked as computed."""
    computed = other.computed
    shared, own, others = compared_names((headline.row, headline.column), (other.row, other.column))
    answer = f"{computed.answer[:1].upper()}{computed.answer[1:]}: " if computed.answer else ""
    value = f"{answer}{_named_figure(headline.value, own)}; {_named_figure(other.value, others)}"
    difference = difference_words(computed.difference, computed.unit, computed.percent)
    details = [
        headline.unit,
        *(f"· {name}" for name in (shared, f"difference {difference}, {COMPUTED}") if name),
    ]
    return FirstLine(visible(value), visible(" ".join(filter(None, details))))


def _named_figure(value: str, name: str) -> str:
    return f"{value} ({name})" if name else value


def facts(record: DocumentRecord, page: int | None) -> list[str]:
    """Return the facts that a footnote states about its source, such as title, publisher, date and page.

    Missing facts are left out.
    """
    return _facts(record, record.stated, page)


def _facts(source: DocumentRecord | Citation | Passage, published: str | None, page: int | None) -> list[str]:
    issued = source_facts(source.publisher, source.author, published, page)
    known = (source.title, *issued, source.path, f"version {source.version}")
    return [fact for fact in known if fact]


def _paragraphs(answer: Answer) -> Iterator[tuple[Sentence, ...]]:
    run: list[Sentence] = []
    end = 0
    for sentence in answer.sentences:
        if run and "\n" in answer.text[end : sentence.start]:
            yield tuple(run)
            run = []
        words = readable(answer.text[sentence.start : sentence.end])
        run.append(Sentence(words, sentence.citations, sentence.verdict))
        end = sentence.end
    if run:
        yield tuple(run)


def _note(number: int, cited: Citation) -> Note:
    attribution = _facts(cited, cited.published, cited.page)
    if cited.superseded_by is not None:
        attribution.append(f"superseded by version {cited.superseded_by} when this was answered")
    if cited.recognised:
        attribution.append(RECOGNISED)
    headings = readable(cited.headings) if cited.headings else None
    return Note(number, readable(cited.quote), headings or None, ", ".join(map(visible, attribution)))


def _remarks(answer: Answer) -> Iterator[str]:
    if answer.note:
        yield answer.note
    for sentence in answer.sentences:
        if sentence.verdict in DOUBTFUL:
            reason = f": {sentence.reason}" if sentence.reason else ""
            yield f"{DOUBTS[sentence.verdict]} “{answer.text[sentence.start : sentence.end]}”{reason}"
    for dropped in answer.dropped:
        yield f"Left out, as not supported: “{dropped.text}”: {dropped.reason}"
    for passage in answer.passages[: int(answer.abstained)]:
        place = ", ".join(_facts(passage, passage.published, passage.page))
        yield f"Nearest passage: {place}" + (f": {passage.shortfall}" if passage.shortfall else "")
        if others := answer.passages[1:]:
            yield f"Other passages read: {len(others)}"
    advice = advice_for(answer.cause, filtered=bool(answer.searched and answer.searched.filters))
    if advice in ADVICE:
        yield ADVICE[advice]


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
    fields = [
        ("Answer", answer.answer_id),
        ("Searched for", answer.searched_for),
        ("Asked as", answer.standalone),
        ("Model", model),
        ("Fallback", answer.fallback),
        ("Library generation", str(answer.generation)),
        ("Made", answer.created),
        ("Prompt digest", answer.prompt_digest),
    ]
    return [(name, value) for name, value in fields if value]


def lay_out_conversation(
    conversation_id: str, name: str, answers: Sequence[Answer], digests: Digests
) -> Sheet:
    """Lay out a conversation for export, with one list of footnotes for all answers.

    If several answers share a footnote, the last of these answers supplies the facts about the source.

    Args:
        conversation_id: the id of the conversation.
        name: the title; the first question if the title is blank.
        answers: the answers in order; at least one.
        digests: the digests of the cited files.
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
            ConversationEntry(conversation_id, digest_of(title)),
        ),
    )


def _numbered(answers: Sequence[Answer]) -> Iterator[Answer]:
    """Yield the answers, with new footnote numbers where one number stands for different quotes.

    If two questions of a conversation were asked at the same time, their answers may use one number for
    different quotes. The quote of the later answer gets a number that no answer uses.
    """
    words: dict[int, tuple[int, ...]] = {}
    moved: dict[tuple[int, ...], int] = {}
    last = max((cited.id for answer in answers for cited in answer.citations), default=0)
    for answer in answers:
        numbers: dict[int, int] = {}
        for cited in answer.citations:
            if words.setdefault(cited.id, _quote_key(cited)) != _quote_key(cited):
                last = last if _quote_key(cited) in moved else last + 1
                numbers[cited.id] = moved.setdefault(_quote_key(cited), last)
        yield _renumbered(answer, numbers) if numbers else answer


def _quote_key(cited: Citation) -> tuple[int, ...]:
    return cited.document_id, cited.version, cited.start, cited.end


def _renumbered(answer: Answer, numbers: Mapping[int, int]) -> Answer:
    """Return ``answer`` with the footnotes renumbered; ``numbers`` maps old numbers to new ones."""

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
