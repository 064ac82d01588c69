"""The parts of answers in the order of every format. Their text is in its visible form, and not escaped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from index.records import DocumentRecord
from rag.answers import (
    DOUBTFUL,
    Answer,
    AnswerSentence,
    Citation,
    Comparison,
    Headline,
    Passage,
    StatedFigure,
    Verdict,
    stands_first,
)
from rag.visible_text import readable, visible
from ui.blocks import blocks, row_cells
from ui.words import (
    ADVICE,
    COMPUTED,
    DOUBTS,
    RECOGNISED,
    advice_for,
    compared_names,
    date_or_undated,
    difference_words,
    page_words,
    source_facts,
)

NO_ANSWER = "No answer"
REMARKS = "Remarks"
DIFFERENCES = "Different figures"
FOOTNOTES = "Footnotes"
ABOUT = "About this answer"
COLUMNS = ("Figure", "Source", "Date", "Footnote")

HEADINGS = "Headings: "


@dataclass(frozen=True, slots=True)
class Sentence:
    """``words`` are shown: those of a table's row have the names of its columns."""

    text: str
    footnotes: tuple[int, ...]
    verdict: Verdict
    words: str


@dataclass(frozen=True, slots=True)
class Note:
    """``words`` are shown: ``Citation.words``, in quotation marks unless it is a row of a table.

    ``attribution`` has the facts of the document, such as title, publisher and date.
    """

    number: int
    quote: str
    headings: str | None
    attribution: str
    cited: Citation
    words: str


@dataclass(frozen=True, slots=True)
class FirstLine:
    """The first line of an answer that is one value, or a comparison of two; ``value`` is in bold."""

    value: str
    details: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A disagreement of sources: its subject, and for each figure a row with the cells of ``COLUMNS``."""

    about: str
    rows: tuple[tuple[str, str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """``abstention`` says why there is no answer; None if there is one. ``remarks`` are one line each.

    ``missing``: what the answer lacks, to be read first.
    """

    question: str
    abstention: str | None
    missing: str | None
    first_line: FirstLine | None
    paragraphs: tuple[tuple[Sentence, ...], ...]
    remarks: tuple[str, ...]
    differences: tuple[Difference, ...]
    colophon: tuple[tuple[str, str], ...]

    @property
    def sentences(self) -> list[Sentence]:
        return [sentence for paragraph in self.paragraphs for sentence in paragraph]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A conversation with its ``name``, or a single answer without one, and the footnotes of all answers."""

    name: str | None
    parts: tuple[Part, ...]
    notes: tuple[Note, ...]

    @property
    def title(self) -> str:
        return self.parts[0].question if self.name is None else self.name


def lay_out(answer: Answer) -> Sheet:
    part = Part(
        question=visible(answer.question),
        abstention=visible(answer.reason or answer.text) if answer.abstained else None,
        missing=readable(answer.note) if answer.note and stands_first(answer.note) else None,
        first_line=first_line(answer.headline) if answer.headline else None,
        paragraphs=tuple(_paragraphs(answer)),
        remarks=tuple(readable(line) for line in _remarks(answer)),
        differences=tuple(
            Difference(visible(found.about), tuple(map(_row, found.figures)))
            for found in answer.disagreements
        ),
        colophon=tuple((name, visible(value)) for name, value in _colophon(answer)),
    )
    notes = {cited.id: _note(cited) for cited in answer.citations}
    return Sheet(name=None, parts=(part,), notes=tuple(notes.values()))


def first_line(headline: Headline) -> FirstLine:
    if headline.comparison is not None:
        return _compared_line(headline, headline.comparison)
    details = (f"· {name}" for name in (headline.row, headline.column) if name)
    return FirstLine(visible(headline.value), visible(" ".join(filter(None, [headline.unit, *details]))))


def _compared_line(headline: Headline, other: Comparison) -> FirstLine:
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


def facts(source: DocumentRecord | Citation | Passage, published: str | None, page: str | None) -> list[str]:
    """Return the known facts that a footnote states about its source, from the title to the version."""
    issued = source_facts(source.publisher, source.author, published, page)
    known = (source.title, *issued, source.path, f"version {source.version}")
    return [fact for fact in known if fact]


def _paragraphs(answer: Answer) -> Iterator[tuple[Sentence, ...]]:
    ends = [0, *(sentence.end for sentence in answer.sentences)]
    parted = blocks(
        (answer.text[end : sentence.start], answer.text[sentence.start : sentence.end], sentence)
        for end, sentence in zip(ends, answer.sentences, strict=False)
    )
    for block in parted:
        for line in block.lines:
            yield tuple(_sentence(answer, sentence, block.headings) for sentence in line)


def _sentence(answer: Answer, sentence: AnswerSentence, headings: Sequence[str]) -> Sentence:
    text = answer.text[sentence.start : sentence.end]
    words = answer.words_of(sentence)
    if headings:
        label, *values = row_cells(text)
        named = zip_longest(headings[1:], values, fillvalue="")
        words = f"{label}: {'; '.join(' '.join(filter(None, pair)) for pair in named)}"
    return Sentence(readable(text), sentence.citations, sentence.verdict, words)


def _note(cited: Citation) -> Note:
    attribution = facts(cited, cited.published, page_words(cited.page, cited.page_label))
    if cited.superseded_by is not None:
        attribution.append(f"superseded by version {cited.superseded_by} when this was answered")
    if cited.recognised:
        attribution.append(RECOGNISED)
    headings = readable(cited.headings) if cited.headings else ""
    source = ", ".join(map(visible, attribution))
    words = cited.words if headings else f"“{cited.words}”"
    return Note(cited.id, readable(cited.quote), headings or None, source, cited, words)


def _remarks(answer: Answer) -> Iterator[str]:
    if answer.note and not stands_first(answer.note):
        yield answer.note
    for sentence in answer.sentences:
        if sentence.verdict in DOUBTFUL:
            reason = f": {sentence.reason}" if sentence.reason else ""
            yield f"{DOUBTS[sentence.verdict]} “{answer.words_of(sentence)}”{reason}"
    for dropped in answer.dropped:
        yield f"Left out, as not supported: “{dropped.text}”: {dropped.reason}"
    for passage in answer.passages[: int(answer.abstained)]:
        place = ", ".join(facts(passage, passage.published, page_words(passage.page, passage.page_label)))
        yield f"Nearest passage: {place}" + (f": {passage.shortfall}" if passage.shortfall else "")
        if others := answer.passages[1:]:
            yield f"Other passages read: {len(others)}"
    advice = advice_for(answer.cause, filtered=bool(answer.searched and answer.searched.filters))
    if advice in ADVICE:
        yield ADVICE[advice]


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


def lay_out_conversation(name: str, answers: Sequence[Answer]) -> Sheet:
    """The first question replaces a blank ``name``; of shared footnotes, the last answer's facts count."""
    sheets = [lay_out(answer) for answer in _numbered(answers)]
    notes = {note.number: note for sheet in sheets for note in sheet.notes}
    return Sheet(
        name=visible(name) or sheets[0].title,
        parts=tuple(part for sheet in sheets for part in sheet.parts),
        notes=tuple(notes[number] for number in sorted(notes)),
    )


def _numbered(answers: Sequence[Answer]) -> Iterator[Answer]:
    """Questions asked at the same time may use one number for two quotes: the later quote gets another."""
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
