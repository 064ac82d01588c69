"""Answers by a language model, with a quoted answer as the fallback."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from index.documents import Span
from index.errors import DocumentNotFoundError
from rag.answers import Answer, Event, Fallback, Token
from rag.conversations.history import NO_CONVERSATION, Conversation
from rag.finding.abstention import Abstention, caveat
from rag.finding.ranking import Scored
from rag.finding.reading import ReadSentence
from rag.llm import LanguageModel, Usage
from rag.tuning import CERTAIN, Tuning
from rag.verification import Evidence
from rag.verification.instructions import instructions
from rag.writing.composing import Composition, quote
from rag.writing.findings import Findings, confidence_of, unchanged
from rag.writing.model import Outcome, Writer
from rag.writing.prompting import Source

BEST_SOURCES = 24
"""How many of the best sentences precede the sentences that earlier answers cited; the rest follows them."""

MAX_EARLIER = 48
"""How many citations of earlier answers are looked up, the latest first."""

NOT_ASKED: frozenset[Fallback] = frozenset({"timeout", "error", "paused", "busy"})
"""Failures of the model that say nothing about the question."""

_INSTEAD = "the answer is quoted from the reports instead"


def abstain(draft: Answer, abstention: Abstention) -> Generator[Event, None, Answer]:
    """Return an abstention with its reason."""
    yield Token(abstention.reason)
    return replace(
        draft, text=abstention.reason, abstained=True, reason=abstention.reason, cause=abstention.cause
    )


def generate(
    writer: Writer,
    findings: Findings,
    composition: Composition,
    draft: Answer,
    *,
    conversation: Conversation,
    tuning: Tuning,
) -> Generator[Event, None, Answer]:
    """Let a language model write the answer; quote if it fails or if the citations support nothing it wrote.

    Args:
        writer: writes and checks the answer.
        findings: the sentences that the answer may cite.
        composition: the text of the answer.
        draft: the answer, as far as it is known.
        conversation: provides the earlier citations.
        tuning: how many sentences to quote, and the probability from which the library certainly answers.
    """
    began = time.perf_counter()
    sources = gather_sources(findings, conversation if draft.standalone is not None else NO_CONVERSATION)
    confidence = confidence_of(findings, tuning.certain)
    outcome = yield from writer.write(findings.question, sources, composition, findings.copies, confidence)
    # A lowered threshold means that the operator trusts the model, even if it finds no answer.
    overruled = outcome.declined and tuning.certain >= CERTAIN <= confidence.answerability
    draft = replace(
        draft,
        dropped=tuple(outcome.dropped),
        fallback="declined" if overruled else outcome.fallback,
        prompt_digest=outcome.digest,
        timings=_timings(outcome, time.perf_counter() - began, writer.model),
    )
    if outcome.declined and not overruled:
        return (yield from abstain(draft, _declined(writer.model)))
    if outcome.supported:
        said = f"{outcome.cause}; the answer ends here." if outcome.cause else None
        cited = _scored(findings, outcome)
        lacks = caveat(findings.index, findings.question, cited) if cited else None
        note = " ".join(filter(None, [said, lacks])) or None
        return replace(composition.answer(draft), model=writer.model.name, note=note)
    draft = replace(draft, note=_fallback_note(writer.model, outcome))
    # If the model could not be asked, the answer is the same as without a model.
    adjust = unchanged if outcome.fallback in NOT_ASKED else confidence.adjust
    return (
        yield from quote(_without_instructions(findings), composition, draft, tuning.max_sentences, adjust)
    )


def gather_sources(findings: Findings, conversation: Conversation) -> list[Source]:
    """Return the sentences that a model may cite: the best ones, then earlier citations, then the others."""
    found = [_source(item) for item in findings.ranked]
    earlier = list(_earlier(findings, conversation))
    listed = [*found[:BEST_SOURCES], *earlier, *found[BEST_SOURCES:]]
    places = {
        (source.record.document_id, source.record.version, source.sentence.span): source
        for source in reversed(listed)
    }
    return list(reversed(places.values()))


def _without_instructions(findings: Findings) -> Findings:
    """Leave out sentences that give a model instructions: they must not replace its answer either."""
    ranked = [
        item for item in findings.ranked if instructions([Evidence(item.candidate.sentence.text)]).score
    ]
    return replace(findings, ranked=ranked) if ranked else findings


def _earlier(findings: Findings, conversation: Conversation) -> Iterator[Source]:
    """Yield the citations of earlier answers that the library still has, the latest first."""
    for cited in islice(reversed(conversation.cited), MAX_EARLIER):
        try:
            record = findings.index.document(cited.document_id, cited.version)
            text = findings.library.text(record).text
        except DocumentNotFoundError:
            continue
        if text[cited.start : cited.end] == cited.quote:
            sentence = ReadSentence(Span(cited.start, cited.end), cited.quote, None, cited.headings or "")
            yield Source(record, sentence, 0.0)


def _source(item: Scored) -> Source:
    candidate = item.candidate
    return Source(candidate.reading.document, candidate.sentence, item.score)


def _scored(findings: Findings, outcome: Outcome) -> list[Scored]:
    """Return the ranked sentences that an answer cites."""
    cited = {(source.record.document_id, source.sentence.span) for source in outcome.cited}
    return [
        item
        for item in findings.ranked
        if (item.candidate.reading.document.document_id, item.candidate.sentence.span) in cited
    ]


def _declined(model: LanguageModel) -> Abstention:
    return Abstention(
        "not_answered",
        f"Reports in this library come near the question, and {model.name} found no sentence that answers "
        "it.",
    )


def _fallback_note(model: LanguageModel, outcome: Outcome) -> str:
    """Say why the answer is not the model's, for the reader."""
    reasons: dict[Fallback | None, str] = {
        "declined": f"{model.name} found no answer, and the library has one for certain",
        "unusable": f"{model.name} cited no sentence of the reports",
        "nothing_supported": f"Nothing that {model.name} wrote is carried by the sentences that it cites",
    }
    reason = outcome.cause or reasons.get(outcome.fallback) or f"{model.name} failed"
    return f"{reason}; {_INSTEAD}."


def _timings(outcome: Outcome, seconds: float, model: LanguageModel) -> dict[str, float]:
    checking = outcome.seconds_checking
    timings = {"write": round((seconds - checking) * 1000, 2), "verify": round(checking * 1000, 2)}
    return add_usage(timings, outcome.usage, model)


def add_usage(timings: Mapping[str, float], usage: Usage, model: LanguageModel) -> dict[str, float]:
    """Return an answer's timings with the tokens and the cost of one more reply added."""
    took = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    cost = {} if model.prices is None else {"cost": model.prices.of(usage)}
    return {**timings, **{name: timings.get(name, 0.0) + value for name, value in (took | cost).items()}}
