"""What a language model is given to read: stretches of reports, with their sentences numbered.

Whole paragraphs stand under their page and section, and a table's caption and headings once above its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice, zip_longest

from index.documents import Document, Span
from index.errors import DocumentNotFoundError
from index.library import Snapshot
from index.records import DocumentRecord
from rag.conversations.history import Conversation
from rag.finding.citations import without_repeated_readings
from rag.finding.ranking import Scored, neighbour
from rag.finding.reading import Reading, ReadSentence, sentences_of
from rag.finding.stretches import is_in_paragraph
from rag.llm.messages import escape_fences, tokens
from rag.writing.composition import Findings

MOST_PASSAGES = 30
MOST_RANKED = 48
MOST_EARLIER = 48
# For a fact, more only costs: an overview gets as much of its report as the model can read.
MOST_TOKENS = 14_000
WIDENED = 8  # passages whose neighbours are shown if there is room
# For small models, which lose themselves in more.
BRIEF_SENTENCES = 24
BRIEF_TOKENS = 3_000


@dataclass(frozen=True, slots=True)
class Source:
    record: DocumentRecord
    sentence: ReadSentence


@dataclass(frozen=True, slots=True)
class Excerpts:
    """``sources``: by the number that stands in front of each sentence; ``reports`` counts the reports."""

    text: str
    sources: Mapping[str, Source]
    reports: int = 0


NOTHING = Excerpts("", {})


def excerpts(
    findings: Findings,
    conversation: Conversation,
    budget_tokens: int,
    *,
    is_brief: bool = False,
    given: Excerpts = NOTHING,
) -> Excerpts:
    """What earlier answers cite comes first, then what was found, as far as ``budget_tokens`` reach.

    Without what is ``given`` already, and numbered on from it.
    """
    earlier = [[source] for source in _earlier(findings, conversation)]
    if is_brief:
        found = [_source(item) for item in findings.ranked]
        pieces = [*([each] for each in found[:BRIEF_SENTENCES]), *earlier]
        return render(pieces, findings.document_texts.text, min(budget_tokens, BRIEF_TOKENS))
    if findings.reports and not given.sources:
        return _of_whole_reports(findings, earlier, budget_tokens)
    pieces = [*earlier, *_found(findings)]
    return render(pieces, findings.document_texts.text, min(budget_tokens, MOST_TOKENS), given)


def _source(item: Scored) -> Source:
    return Source(item.candidate.reading.document, item.candidate.sentence)


def _found(findings: Findings) -> Iterator[list[Source]]:
    """The choice of the reader and that of the search by turns, because each finds what the other misses."""
    passages = without_repeated_readings(findings.readings, findings.copies)[:MOST_PASSAGES]
    read = ([_source(each) for each in _paragraph(item)] for item in findings.ranked[:MOST_RANKED])
    searched = ([Source(each.document, sentence) for sentence in each.sentences] for each in passages)
    for one, other in zip_longest(read, searched):
        yield from filter(None, (one, other))
    for distance in (1, 2, 3):
        for reading in passages[:WIDENED]:
            yield from _around(findings.index, reading, distance)


def _paragraph(item: Scored) -> list[Scored]:
    found = [item]
    for step in (-1, 1):
        place = item
        while is_in_paragraph(place, step):
            place = neighbour(place, step)
            found.append(place)
    return found


def _around(index: Snapshot, reading: Reading, distance: int) -> Iterator[list[Source]]:
    """Each report's passages have consecutive numbers."""
    numbers = [sentence.chunk_id for sentence in reading.sentences]
    for passage in index.reader.passages({min(numbers) - distance, max(numbers) + distance}):
        if passage.document.document_id == reading.document.document_id:
            yield [Source(passage.document, sentence) for sentence in sentences_of(passage)]


def _earlier(findings: Findings, conversation: Conversation) -> Iterator[Source]:
    for cited in islice(reversed(conversation.cited), MOST_EARLIER):
        try:
            record = findings.index.reader.document(cited.document_id, cited.version)
            document = findings.document_texts.text(record)
        except DocumentNotFoundError:
            continue
        if document.text[cited.start : cited.end] != cited.quote:
            continue
        header = document.text.find(cited.headings) if cited.headings else -1
        yield Source(
            record,
            ReadSentence(
                Span(cited.start, cited.end),
                cited.quote,
                Span(header, header + len(cited.headings or "")) if header >= 0 else None,
                cited.headings or "",
                cited.lead_in or "",
            ),
        )


def _of_whole_reports(findings: Findings, earlier: Iterable[list[Source]], budget_tokens: int) -> Excerpts:
    """The chosen sentences first, then the passages of each report by turns of its sections."""
    chosen = [[_source(item)] for item in findings.ranked]
    sections: list[list[list[Source]]] = []
    for report in findings.reports:
        document = findings.document_texts.text(report)
        of_section: dict[str, list[list[Source]]] = {}
        for passage in findings.index.reader.passages(document_id=report.document_id):
            path = section_path(document, passage.span.start)
            piece = [Source(report, sentence) for sentence in sentences_of(passage)]
            of_section.setdefault(path, []).append(piece)
        sections += of_section.values()
    by_turns = (piece for turn in zip_longest(*sections) for piece in turn if piece)
    return render([*earlier, *chosen, *by_turns], findings.document_texts.text, budget_tokens)


_Key = tuple[int, int]


def render(
    pieces: Iterable[Sequence[Source]],
    document_of: Callable[[DocumentRecord], Document],
    budget_tokens: int,
    given: Excerpts = NOTHING,
) -> Excerpts:
    """The first pieces that fit, in the order of their reports and texts; none twice."""
    budget = budget_tokens
    known = {(_key(source.record), source.sentence.span) for source in given.sources.values()}
    reports: dict[_Key, dict[Span, Source]] = {}
    shared: set[tuple[_Key, object]] = set()
    misses = 0
    for piece in pieces:
        new: dict[Span, Source] = {}
        cost = 0
        above: set[tuple[_Key, object]] = set()
        for source in piece:
            key, sentence = _key(source.record), source.sentence
            is_known = (key, sentence.span) in known
            if is_known or sentence.span in reports.get(key, ()) or sentence.span in new:
                continue
            new[sentence.span] = source
            cost += tokens(f"[00.000] {sentence.text}") + 1
            above |= {(key, each) for each in (sentence.header, sentence.section) if each}
            above.add((key, ""))
        document = document_of(piece[0].record)
        for _, each in above - shared:
            cost += tokens(
                each.of(document.text) if isinstance(each, Span) else str(each) or _head(0, piece[0].record)
            )
        # The line of its page and section, and the mark of a gap.
        cost += 30 if new else 0
        if cost > budget:
            # A long table may not fit where a sentence does.
            misses += 1
            if misses > _MOST_MISSES:
                break
            continue
        budget -= cost
        shared |= above
        for span, source in new.items():
            reports.setdefault(_key(source.record), {})[span] = source
    sources: dict[str, Source] = {}
    fenced = []
    for number, found in enumerate(reports.values(), given.reports + 1):
        group = [found[span] for span in sorted(found)]
        lines = list(_lines(number, group, document_of(group[0].record), sources))
        fenced.append("\n".join([_head(number, group[0].record), *lines, "</report>"]))
    return Excerpts("\n\n".join(fenced), sources, given.reports + len(reports))


_MOST_MISSES = 12


def _key(record: DocumentRecord) -> _Key:
    return record.document_id, record.version


_IN_ATTRIBUTE = str.maketrans('">', "”›")


def _head(number: int, record: DocumentRecord) -> str:
    known = {
        "title": record.title,
        "publisher": record.publisher or record.author,
        "date": record.published,
        "superseded": "by a newer version" if record.superseded_by is not None else None,
    }
    facts = "".join(
        f' {name}="{escape_fences(value).translate(_IN_ATTRIBUTE)}"' for name, value in known.items() if value
    )
    return f'<report number="{number}"{facts}>'


def _lines(
    report: int, group: Sequence[Source], document: Document, sources: dict[str, Source]
) -> Iterator[str]:
    """Number the sentences in ``sources``; those of a paragraph share a line."""
    headers = {source.sentence.header for source in group if source.sentence.header is not None}
    numbers = count(1)
    place = table = section = None
    line, end = "", 0
    for source in group:
        sentence = source.sentence
        if any(header.covers(sentence.span) for header in headers):
            # These words stand above the rows of their table.
            continue
        number = f"{report}.{next(numbers)}"
        sources[number] = source
        words = f"[{number}] {escape_fences(sentence.text)}"
        is_new_table = sentence.header is not None and sentence.header != table
        begins = sentence.header if is_new_table and sentence.header else sentence.span
        between = document.text[end : max(begins.start, end)]
        above = []
        if (new_place := _place(document, sentence.span.start)) != place:
            above.append(f"## {escape_fences(new_place)}")
            place, table, section = new_place, None, None
        elif end and between.strip():
            above.append("…")
        if is_new_table:
            above += [
                f"Table: {escape_fences(each)}" for each in sentence.headings.splitlines() if each.strip()
            ]
        if sentence.header != table:
            table, section = sentence.header, None
        if sentence.section and sentence.section != section:
            name = "Rows of" if sentence.header is not None else "List"
            above.append(f"{name}: {escape_fences(', '.join(sentence.section.splitlines()))}")
        section = sentence.section
        if line and not above and "\n" not in between:
            line += f" {words}"
        else:
            yield from filter(None, [line])
            yield from above
            line = words
        end = sentence.span.end
    yield from filter(None, [line])


def _place(document: Document, offset: int) -> str:
    page = document.label_at(offset) or document.page_at(offset)
    path = section_path(document, offset)
    return " · ".join(filter(None, [f"Page {page}" if page else "", path])) or "Text"


_AROUND = 600  # characters on each side


def paragraph_at(document: Document, span: Span) -> str:
    """The lines around it up to an empty line, but no more than some sentences."""
    before = document.text[max(span.start - _AROUND, 0) : span.start]
    after = document.text[span.end : span.end + _AROUND]
    begins, ends = before.rpartition("\n\n")[2], after.partition("\n\n")[0]
    return f"{begins}{span.of(document.text)}{ends}".strip()


def section_path(document: Document, offset: int) -> str:
    """The titles of the sections in which the offset lies: ``Results > Revenue``; "" before the first."""
    path: list[tuple[int, str]] = []
    for section in document.sections:
        if section.start > offset:
            break
        while path and path[-1][0] >= section.level:
            path.pop()
        path.append((section.level, section.title))
    return " > ".join(title for _, title in path)
