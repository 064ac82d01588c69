"""Evidence for the verification: the words of a cited sentence, with their context."""

from __future__ import annotations

from dataclasses import replace

from index.documents import Document, Span
from index.records import DocumentRecord
from index.text import sentences, table_cells
from rag.finding.citations import DocumentTexts
from rag.finding.reading import ReadSentence
from rag.verification import Evidence

_BEFORE_CHARACTERS = 400
"""The number of characters before a quote that are searched for the sentence before it."""


def evidence_of(record: DocumentRecord, sentence: ReadSentence, document_texts: DocumentTexts) -> Evidence:
    """Read a sentence again from the stored text of its document, and return it as evidence."""
    document = document_texts.text(record)
    quote = sentence.span.of(document.text)
    found = evidence_at(record, document, sentence.span, quote, sentence.headings)
    cells = table_cells(document.text, sentence.header, sentence.span) if sentence.header else ()
    return replace(found, quote_matches=quote == sentence.text, cells=tuple(cells))


def evidence_at(
    record: DocumentRecord, document: Document, span: Span, quote: str, headings: str | None
) -> Evidence:
    """Return a quote as evidence, with its context in the document.

    ``quote`` are the words to compare with the sentence of the answer: those of the span, or their visible
    form (:func:`rag.visible_text.visible`). ``headings`` are those of a table's row.
    """
    context = [headings, record.title, record.publisher or record.author]
    return Evidence(
        quote=quote,
        context="\n".join(filter(None, context)),
        language=record.language,
        published=record.stated,
        before=_sentence_before(document.text, span, record.language),
    )


def _sentence_before(text: str, span: Span, language: str) -> str:
    near = text[max(span.start - _BEFORE_CHARACTERS, 0) : span.start]
    paragraph = near[near.rstrip(" \t").rfind("\n") + 1 :]
    found = sentences(paragraph, language)
    return found[-1].of(paragraph) if found else ""
