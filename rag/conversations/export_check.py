"""Checks an exported answer, as its file shows it, against the current library.

The check compares the words that a reader sees in sentences and quotes (see
:func:`rag.visible_text.visible`). It runs no search. The only model that it may use is a judge, which
compares a sentence with its quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from index.catalog import Catalog, CatalogReader
from index.documents import Document, Span
from index.errors import DocumentNotFoundError
from index.records import DocumentRecord
from index.text import tables
from rag.answers import VERDICTS, Verdict
from rag.verification import Evidence, Gate, Judge, is_verbatim
from rag.verification.evidence import evidence_at
from rag.visible_text import readable, visible

_VERDICT_WORDS: Mapping[Verdict, str] = {"unsupported": "not supported", "paraphrased": "only paraphrased"}

_MAX_INTEGER = 2**63 - 1
"""The largest integer that the catalog can hold."""


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a quote.

    Attributes:
        document_id: the document's number, in the library that made the answer.
        version: the document's version.
        digest: sha256 of that version's file, in hexadecimal; None if it is unknown.
        start: the offset at which the quote begins in the version's text.
        end: the offset at which the quote ends.
    """

    document_id: int
    version: int
    digest: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Footnote:
    """A footnote as the file shows it.

    Attributes:
        number: the number of its mark in the sentences.
        quote: the words between its quotation marks.
        headings: for a row of a table, the headings that it shows; else None.
        attribution: the words after the quote, which name the document and state facts about it.
        place: the position of the words; None if the file does not say.
    """

    number: int
    quote: str
    headings: str | None
    attribution: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence as the file shows it.

    Attributes:
        text: its words.
        footnotes: the numbers of its footnotes.
        shown: the verdict that the file shows; a sentence that is struck out is ``unsupported``. Only a JSON
            file tells ``quoted`` sentences from ``supported`` ones. Other files label neither, so both are
            read as ``supported``.
    """

    text: str
    footnotes: tuple[int, ...]
    shown: Verdict = "supported"


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking a sentence or a footnote.

    Attributes:
        number: the footnote's mark, or the sentence's number, from 1.
        words: the sentence, or the quote.
        problems: the faults, one per line; empty if the sentence or footnote is correct.
        remarks: information that is not a fault.
    """

    number: int
    words: str
    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Return whether the result has no problem."""
        return not self.problems


AttributionFacts = Callable[[DocumentRecord, int | None], Sequence[str]]
"""Returns the facts that the attribution of a footnote must state about a document and a page of it."""

_Texts = Callable[[int, int], Document]
"""Returns a document's text by its number and version."""


def recheck(
    catalog: Catalog,
    claims: Sequence[Claim],
    footnotes: Sequence[Footnote],
    required_facts: AttributionFacts,
    judge: Callable[[], Judge | None] | None = None,
) -> tuple[tuple[Checked, ...], tuple[Checked, ...]]:
    """Check sentences against their quotes, and the quotes against the library.

    Args:
        catalog: the library's catalog.
        claims: the sentences, in their order.
        footnotes: the footnotes of the answer.
        required_facts: returns the facts that the attribution of a footnote must state.
        judge: opens the judge for sentences that do not repeat their quotes; None to check without one.
            Opening takes seconds, and sentences that quote literally never need it.

    Returns:
        The results for the sentences, and the results for the footnotes, both in the given order.
    """
    with catalog.reading() as reader:
        texts = cache(reader.text)
        found = [_check_footnote(reader, texts, footnote, required_facts) for footnote in footnotes]
    notes = {note.number: (note, evidence) for note, evidence in found}
    sentences = _check_claims(claims, notes, Gate())
    if judge is not None and any(not each.holds for each in sentences) and (opened := judge()):
        sentences = _check_claims(claims, notes, Gate(opened))
    return sentences, tuple(note for note, _ in found)


def cited_document(reader: CatalogReader, place: Place) -> DocumentRecord | None:
    """Return the document that ``place`` names; None if the library lacks its version or has another file."""
    found = _document_at(reader, place)
    return found if found is not None and place.digest in {None, found.digest} else None


def _check_claims(
    claims: Sequence[Claim], notes: Mapping[int, tuple[Checked, Evidence]], gate: Gate
) -> tuple[Checked, ...]:
    return tuple(_check_claim(number, claim, notes, gate) for number, claim in enumerate(claims, 1))


def _check_claim(
    number: int, claim: Claim, notes: Mapping[int, tuple[Checked, Evidence]], gate: Gate
) -> Checked:
    if claim.shown == "unsupported":
        return Checked(number, claim.text, (), ("is struck out, as not supported",))
    if not claim.footnotes:
        return Checked(number, claim.text, ("has no footnote",))
    problems = [
        f"footnote {mark} {'does not hold' if mark in notes else 'is missing'}"
        for mark in claim.footnotes
        if mark not in notes or not notes[mark][0].holds
    ]
    remarks = ("is marked as paraphrased",) if claim.shown == "paraphrased" else ()
    cited = [notes[mark][0] for mark in claim.footnotes if mark in notes]
    repeated = [note for note in cited if is_verbatim(claim.text, [Evidence(note.words)])]
    if any(note.holds for note in repeated):
        # A literal quote needs no further support, even if it is a table's row or half a sentence.
        return Checked(number, claim.text, tuple(problems), remarks)
    if claim.shown == "quoted":
        problems += [] if repeated else ["is marked as quoted, but differs from the words that it cites"]
        return Checked(number, claim.text, tuple(problems), remarks)
    # Check against the words of the footnote, because these are what the reader sees, even if the document's
    # words differ.
    found = gate.check(claim.text, [notes[mark][1] for mark in claim.footnotes if mark in notes])
    if VERDICTS.index(found.verdict) > VERDICTS.index(claim.shown):
        problems.append(f"is {_VERDICT_WORDS[found.verdict]} by what it cites: {found.reason}")
    return Checked(number, claim.text, tuple(problems), remarks)


def _check_footnote(
    reader: CatalogReader, texts: _Texts, footnote: Footnote, required_facts: AttributionFacts
) -> tuple[Checked, Evidence]:
    """Check a footnote; return the result, and the quote as evidence for the sentences that cite it."""
    alone = Evidence(footnote.quote, footnote.headings or "")
    place = footnote.place
    if place is None:
        why = "the file does not say where the quote is in its document; export the answer again"
        return Checked(footnote.number, footnote.quote, (why,)), alone
    readings = [(record, texts(record.document_id, record.version)) for record in _versions(reader, place)]
    if not readings:
        return Checked(footnote.number, footnote.quote, (_absence(reader, place),)), alone
    record, document = next(
        (each for each in readings if _quoted(each[1], place) == footnote.quote), readings[0]
    )
    moved = (record.document_id, record.version) != (place.document_id, place.version)
    problems = [*_differences(footnote, place, document)]
    if not moved:
        page = document.page_at(place.start)
        problems += [
            f"does not state “{fact}” about its source"
            for fact in map(visible, required_facts(record, page))
            if fact not in footnote.attribution
        ]
    remarks = tuple(_remarks(reader, record, moved=moved))
    checked = Checked(footnote.number, footnote.quote, tuple(problems), remarks)
    if problems:
        return checked, alone
    span = Span(place.start, place.end)
    rows = [] if footnote.headings is None else tables(document.text)
    headings = next((each.header.of(document.text) for each in rows if each.span.covers(span)), None)
    return checked, evidence_at(record, document, span, span.of(document.text), headings)


def _differences(footnote: Footnote, place: Place, document: Document) -> Iterator[str]:
    if (words := _quoted(document, place)) != footnote.quote:
        yield f"the quote differs from the document, which says there: “{words}”"
    if footnote.headings is not None and footnote.headings not in readable(document.text):
        yield f"its headings, “{footnote.headings}”, are not in the document"


def _versions(reader: CatalogReader, place: Place) -> Iterator[DocumentRecord]:
    """Yield the cited version of a document; if the library lacks it, all versions with the same file."""
    if (cited := cited_document(reader, place)) is not None:
        yield cited
    elif place.digest is not None:
        yield from reader.same_file(place.digest)


def _document_at(reader: CatalogReader, place: Place) -> DocumentRecord | None:
    if max(place.document_id, place.version) > _MAX_INTEGER:
        return None
    try:
        return reader.document(place.document_id, place.version)
    except DocumentNotFoundError:
        return None


def _absence(reader: CatalogReader, place: Place) -> str:
    if _document_at(reader, place) is not None:
        return (
            f"in this library, document {place.document_id}, version {place.version} is another file than "
            "the cited one; the cited file may have been removed, or the answer comes from another library"
        )
    return str(DocumentNotFoundError(place.document_id, place.version))


def _quoted(document: Document, place: Place) -> str:
    """Return the visible words at a position; empty if the text has no such position."""
    if not 0 <= place.start <= place.end <= len(document.text):
        return ""
    return readable(Span(place.start, place.end).of(document.text))


def _remarks(reader: CatalogReader, record: DocumentRecord, *, moved: bool) -> Iterator[str]:
    if moved:
        yield f"the same file is document {record.document_id}, version {record.version} of this library"
    if record.superseded_by is not None:
        yield f"the library now has version {reader.document(record.document_id).version}"
