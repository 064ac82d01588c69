"""Answers that are quoted: the reports' own sentences, each footnoted to itself."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from rag.answers import Answer
from rag.events import Event
from rag.finding.caveats import caveat
from rag.finding.copies import sourced
from rag.finding.ranking import select
from rag.verification import verify
from rag.writing.composing import Composition
from rag.writing.findings import Findings, Judge, as_it_is

QUOTED = "quoted"
"""The name under which an answer says that no model wrote it: it is made of the reports' sentences."""


def quote(
    findings: Findings,
    composition: Composition,
    draft: Answer,
    max_sentences: int,
    judged: Judge = as_it_is,
) -> Generator[Event, None, Answer]:
    """The answer of the best sentences, and the events of it.

    Args:
        findings: the sentences, and what they are chosen by.
        composition: the answer's text.
        draft: the answer, as far as it is known.
        max_sentences: how many sentences at most.
        judged: what a sentence's verification comes to in this answer.
    """
    chosen = select(findings.ranked, findings.weights, max_sentences)
    # All of them are within reach of the best.
    score = min(item.score for item in chosen)
    for item in sourced(chosen, findings.copies):
        words = item.sentence.text
        document = findings.library.text(item.record)
        verification = judged(verify(words, words, document, item.sentence.span), score)
        yield from composition.add(words, [item], verification)
    note = " ".join(filter(None, [draft.note, caveat(findings.index, findings.question, chosen)]))
    return replace(composition.answer(draft), note=note or None)
