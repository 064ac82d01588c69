"""A cited sentence as it is checked: its words, and what they are to be understood with."""

from __future__ import annotations

from index.documents import Span
from index.records import DocumentRecord
from index.segmentation import sentences
from rag.citations import Library
from rag.reading import ReadSentence
from rag.verification import Evidence

_BEFORE_CHARACTERS = 400
"""In which the sentence before is looked for."""


def evidence_of(record: DocumentRecord, sentence: ReadSentence, library: Library) -> Evidence:
    """What one sentence of a document says, read again from its text."""
    document = library.text(record)
    quote = sentence.span.of(document.text)
    context = [sentence.headings, record.title, record.publisher or record.author or ""]
    return Evidence(
        quote=quote,
        context="\n".join(filter(None, context)),
        language=record.language,
        published=record.stated,
        quote_matches=quote == sentence.text,
        before=sentence_before(document.text, sentence.span, record.language),
    )


def sentence_before(text: str, span: Span, language: str) -> str:
    """The sentence before the one at ``span``, where it is of the same paragraph; else nothing."""
    near = text[max(span.start - _BEFORE_CHARACTERS, 0) : span.start]
    paragraph = near[near.rstrip(" \t").rfind("\n") + 1 :]
    found = sentences(paragraph, language)
    return found[-1].of(paragraph) if found else ""
