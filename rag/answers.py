"""The value types of an answer, and their JSON form, which API clients rely on.

Each citation is a span of a document: ``quote == document.text[start:end]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from index.records import Filters
from index.text import Box
from rag.visible_text import cited_words, legible, readable

if TYPE_CHECKING:
    from index.search import Snapshot

# ``quoted``: the sentence repeats the cited words, whether or not they answer. The others are for sentences
# that a model wrote. ``supported``: it repeats them, apart from endings and omissions, or a judge finds that
# they say the same. ``computed``: a figure of it follows from cited ones by arithmetic, as the formula shows.
# ``paraphrased``: no check finds a fault, and no judge is certain. ``unsupported``: it
# differs in a figure, date, name or denial, or a judge finds that they do not say the same.
Verdict = Literal["quoted", "supported", "computed", "paraphrased", "unsupported"]
COMPUTED: Verdict = "computed"
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)  # from the surest to the worst
WRITTEN = VERDICTS[1:]  # these sentences are a model's
# The sentence perhaps says more than the cited words; readers see a label on it.
DOUBTFUL: frozenset[Verdict] = frozenset({"paraphrased", "unsupported"})


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of checking a sentence of an answer against all the words that it cites.

    Attributes:
        quote_matches: whether the quote, read again from the stored text, is unchanged.
        score: the probability that the quotes say what the sentence says: 1 if it repeats them, 0 if it has a
            fault, else the judge's, or 0.5 without a judge.
        reason: what is wrong or uncertain, in words.
        checks: the score, 0 to 1, of each check that applies.
        formula: how figures of the sentence follow from cited ones: ``8.83 − 7.10 = 1.73``; "" if none do.
    """

    verdict: Verdict
    quote_matches: bool
    figures_match: bool
    score: float
    reason: str | None = None
    checks: Mapping[str, float] = field(default_factory=dict, hash=False)
    formula: str = ""


# ``needs_model``: the message asks for a text that only a language model can write. ``nothing_earlier``: it
# asks for more or less of an answer, and there is none. ``nothing_more``: no further sentence comes near the
# last question.
Courtesy = Literal["greeting", "thanks", "help", "needs_model", "nothing_earlier", "nothing_more"]
# ``empty_library``: nothing is indexed, or passes the filters. ``language``: the encoder cannot match the
# question with the documents. ``not_in_library``: no passage has most of its words. ``not_answered``: some
# have, but no sentence clearly answers.
Cause = Literal["empty_library", "language", "not_in_library", "not_answered", Courtesy]
# No fault of the library; a follow-up does not refer to such a reply.
COURTESIES: frozenset[Cause] = frozenset(get_args(Courtesy))
# Why an answer does not use the model's text, or ends early. ``error``: the model could not be reached or
# refused, or its reply broke off. ``paused``: it failed several times in a row. ``busy``: other requests
# occupied it. ``unusable``:
# it cited no sentence. ``nothing_supported``: the cited sentences support nothing that it wrote.
Fallback = Literal["timeout", "error", "paused", "busy", "unusable", "nothing_supported"]


@dataclass(frozen=True, slots=True)
class Copy:
    """A near-duplicate of the cited document that contains the cited words, too: ``text[start:end]``."""

    document_id: int
    version: int
    title: str
    publisher: str | None
    published: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CellAddress:
    """The cell that the question asks for, in a cited row of a table.

    Attributes:
        row: the names of the groups that the row belongs to, then its label, with ``" › "`` between them.
        column: the headings above the cell, likewise; "" without headings.
        value: ``document.text[start:end]``.
        unit: the currency or percent sign, and the scale that the headings state, or what is counted, such as
            ``km²``; "" if unknown.
        box: None for formats without page layouts.
        currency: its ISO 4217 code, or ``dollar`` if no country is said; "" if unknown or not money.
        scale: what the headings multiply the value by: 1000000 for *in millions*.
        period: when, in the words of headings, label or caption: *Three months ended June 30, 2022*; "" if
            unknown.
    """

    row: str
    column: str
    value: str
    unit: str
    start: int
    end: int
    box: Box | None = None
    currency: str = ""
    scale: int = 1
    period: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A footnote: the span of a document that supports a sentence of the answer.

    Attributes:
        id: the footnote's number, from 1. Citations of the same words have the same number throughout a
            conversation, even if they belong to two sentences of one answer.
        answer_start: the offset at which the sentence begins in ``Answer.text``.
        published: the document's ISO date, sometimes only the year or the month (``2021-05``); None if only
            the time of its file is known.
        page: from 1; None for formats without pages.
        page_label: the number that is printed on the page, such as ``iv``; None if unknown.
        quote: ``document.text[start:end]``.
        boxes: empty for formats without page layouts.
        headings: for a row of a table, the exact words of the table's caption and headings.
        lead_in: for an item of a list, the sentence with a colon above the list, unless the quote has it.
        cell: for a row of a table, the cell that the question asks for; None if that is not clear.
        also_in: at most twenty near-duplicates of the document that contain the quote word for word, the
            earliest first. All are later than the cited document. They do not count as further sources.
        recognised: whether OCR read some of the words from a page image, so that they may contain errors.
        superseded_by: the newer version that had replaced ``version`` when the answer was made.
    """

    id: int
    answer_start: int
    answer_end: int
    document_id: int
    version: int
    title: str
    publisher: str | None
    author: str | None
    published: str | None
    path: str
    page: int | None
    page_label: str | None = field(default=None, kw_only=True)
    start: int
    end: int
    quote: str
    boxes: tuple[Box, ...]
    verification: Verification
    headings: str | None = None
    lead_in: str | None = field(default=None, kw_only=True)
    cell: CellAddress | None = None
    also_in: tuple[Copy, ...] = ()
    recognised: bool = False
    superseded_by: int | None = None

    @property
    def words(self) -> str:
        return cited_words(self.quote, self.headings, self.lead_in, self.cell.row if self.cell else "")


def repeated_row(text: str, citations: Iterable[Citation]) -> Citation | None:
    """The cited row of a table whose words a sentence of an answer repeats; None for prose."""
    rows = (cited for cited in citations if cited.headings is not None)
    return next((row for row in rows if row.quote.split() == text.split()), None)


def sentence_words(text: str, citations: Iterable[Citation]) -> str:
    """A sentence of an answer in its visible form, as :attr:`Citation.words`."""
    row = repeated_row(text, citations)
    return readable(text) if row is None else row.words


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """The sentence ``Answer.text[start:end]``, with the numbers of its footnotes.

    ``reason`` says why they do not fully support it. The web page strikes out an ``unsupported`` sentence.
    """

    start: int
    end: int
    citations: tuple[int, ...]
    verdict: Verdict = "supported"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that a language model wrote and that no citation supports, so that the answer lacks it."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class StatedFigure:
    """One source's figure in a disagreement, as the source writes it; ``citation`` is its footnote."""

    value: str
    citation: int
    document_id: int
    version: int
    title: str
    publisher: str | None
    published: str | None
    superseded: bool


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Different figures for the same thing in the sentences that an answer cites.

    ``about`` has the words of the newest source. The newest figure comes first, undated ones last.
    """

    about: str
    figures: tuple[StatedFigure, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """The difference of the two figures of a comparison. No report states it, so it has no footnote.

    Attributes:
        difference: the first figure minus the second one, with its sign and currency, rounded to the figures'
            decimals: ``+$118``. It has no sign if the figures are not of two times, or if both are negative.
        unit: what ``difference`` does not show, such as ``in millions`` or ``percentage points``; else "".
        percent: the change between two times, in per cent of the earlier figure: ``+4.9%``. None if the
            figures are not of two times, if the earlier one is 0, or if only one is negative.
        answer: ``yes`` or ``no``; if the question asks which of two rows has more (or less), the label of
            that row; None if the figures alone do not answer the question.
    """

    difference: str
    unit: str
    percent: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second figure of a comparison, with fields as in :class:`Headline`, and what both figures give."""

    value: str
    unit: str
    row: str
    column: str
    computed: Computed


@dataclass(frozen=True, slots=True)
class Headline:
    """The first line of an answer: the value of one cell of a table, or the two values of a comparison.

    Attributes:
        value: the words of the cell. In a comparison of two times, the words of the later cell; in a
            comparison of two rows, the words of the cell whose row the question names first.
        unit: what ``value`` does not show of the unit, such as ``in millions``; "" without one.
        row: as in :class:`CellAddress`.
        column: as in :class:`CellAddress`.
    """

    value: str
    unit: str
    row: str
    column: str
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that was read for an answer, or a sentence or row that may answer instead.

    Fields are as in :class:`Citation`.

    Attributes:
        text: ``document.text[start:end]``.
        score: the fused score of the search, 0 to 1; of an alternative, the probability that it answers.
        shortfall: for an abstention, why this passage does not answer the question.
        headings: of an alternative that is a row of a table.
    """

    document_id: int
    version: int
    title: str
    publisher: str | None
    author: str | None
    published: str | None
    path: str
    page: int | None
    page_label: str | None = field(default=None, kw_only=True)
    start: int
    end: int
    text: str
    score: float
    shortfall: str | None = None
    recognised: bool = False
    headings: str | None = None


UNKNOWN = 0  # no document has this id


@dataclass(frozen=True, slots=True)
class Answer:
    """A footnoted answer, or an abstention with its reasons.

    Attributes:
        answer_id: a UUID, as 32 hexadecimal digits.
        text: the sentences, in order; those of one document share a line. For an abstention, the reason.
        cause: for an abstention, the reason as a code.
        note: a caveat for the user: that the quotes are not in the language of the question, for example. One
            of a compared value that was not found stands before the sentences (:func:`stands_first`).
        citations: the footnotes, by number.
        passages: the nearest passages that were read, best first. For an abstention, a passage that several
            near-duplicate documents contain appears once.
        alternatives: if the quotes do not surely answer, at most three other sentences or rows that may, the
            likeliest first; not for an abstention.
        answerability: the calibrated probability, 0 to 1, that the library answers the question; None if
            nothing was read.
        model: ``quoted``, or the name of the language model that wrote the answer.
        generation: how many commits had changed the index's passages at the time of the search.
        created: ISO 8601 in UTC.
        standalone: for a follow-up, the question that the search used, which is clear without the
            conversation: either a model wrote it, or it is the follow-up joined to the question before.
        searched_for: the question with its spelling corrected. The search used this text or, for a follow-up,
            the ``standalone`` question that was made from it.
        headline: the value, or the two compared values, that answer the question. None unless the answer is
            quoted, its first sentence is a row of a table, and the question clearly means certain cells.
        dropped: the sentences that a language model wrote and that are not shown.
        fallback: why the language model's text is not used, or ends early; None if no model was asked.
        prompt_digest: sha256 of the prompt, in hexadecimal; None if no language model was asked.
        searched: None if nothing was searched, as for a greeting.
        made_from: the ids of further documents of which the answer may have words: those named by its filters
            or its text, those that a language model was given, and those of the earlier turns that
            ``standalone`` was made from. :data:`UNKNOWN` stands for those of turns that a client sent.
        timings: milliseconds by stage: ``rewrite`` (of a follow-up), ``search``, ``select`` (measuring and
            ranking sentences), ``read`` (the reader model), and ``answer``; with a language model
            also ``write`` (the model) and ``verify``, both parts of ``answer``. If a model was asked, also
            the numbers ``prompt_tokens``, ``completion_tokens`` and, if the model's prices are set, ``cost``
            in the currency of the prices.
    """

    answer_id: str
    question: str
    text: str
    abstained: bool
    reason: str | None
    cause: Cause | None
    note: str | None
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    answerability: float | None
    model: str
    generation: int
    created: str
    conversation_id: str | None = None
    standalone: str | None = None
    searched_for: str | None = None
    headline: Headline | None = None
    disagreements: tuple[Disagreement, ...] = ()
    alternatives: tuple[Passage, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    fallback: Fallback | None = None
    prompt_digest: str | None = None
    searched: Searched | None = None
    made_from: tuple[int, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def documents(self) -> frozenset[int]:
        """The ids of all documents of which the answer may have words."""
        copies = (copy for cited in self.citations for copy in cited.also_in)
        read = (*self.passages, *self.alternatives)
        places: tuple[Citation | Copy | Passage, ...] = (*self.citations, *copies, *read)
        return frozenset(self.made_from).union(place.document_id for place in places)

    def cited_by(self, sentence: AnswerSentence) -> tuple[Citation, ...]:
        own = {cited.id: cited for cited in self.citations if cited.answer_start == sentence.start}
        return tuple(own[number] for number in sentence.citations)

    def words_of(self, sentence: AnswerSentence) -> str:
        # A file to be verified may lack a footnote, so that ``cited_by`` would fail.
        cited = (each for each in self.citations if each.answer_start == sentence.start)
        return sentence_words(self.text[sentence.start : sentence.end], cited)

    @property
    def legible_text(self) -> str:
        """The text with its lines, and rows of tables as in :attr:`Citation.words`."""
        shown, end = "", 0
        for each in self.sentences:
            text = self.text[each.start : each.end]
            row = repeated_row(text, self.cited_by(each))
            shown += self.text[end : each.start] + (legible(text) if row is None else row.words)
            end = each.end
        return shown + legible(self.text[end:])


# The note of a comparison that lacks a value begins so.
NOT_FOUND = "Not found in these reports: "


def stands_first(note: str | None) -> bool:
    """Such a note stands before the sentences: they are half of what was asked for."""
    return note is not None and note.startswith(NOT_FOUND)


NAMED = 3


@dataclass(frozen=True, slots=True)
class Searched:
    """The scope of the search behind an answer: how many documents passed the filters.

    ``titles`` are those of the first documents that the filters name by number, without those that are gone.
    """

    documents: int
    filters: Filters
    titles: tuple[str, ...] = ()


def search_scope(index: Snapshot, filters: Filters) -> Searched:
    records = {record.document_id: record for record in index.reader.records(filters.document_ids)}
    known = [records[number].title for number in filters.document_ids if number in records]
    return Searched(index.reader.count_documents(filters), filters, tuple(known[:NAMED]))
