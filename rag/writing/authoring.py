"""Findings → an answer: by the language model where there is one and it does well, else quoted."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from index.documents import Span
from index.errors import DocumentNotFoundError
from rag.answers import Answer, Fallback
from rag.conversations.history import ALONE, Conversation
from rag.events import Event, Token
from rag.finding.abstention import Abstention
from rag.finding.caveats import caveat
from rag.finding.ranking import Scored
from rag.finding.reading import ReadSentence
from rag.llm import LanguageModel, Usage
from rag.tuning import CERTAIN, Tuning
from rag.verification import Evidence
from rag.verification.instructions import instructions
from rag.writing.composing import Composition
from rag.writing.findings import Findings, as_it_is, doubts_of
from rag.writing.model import Outcome, Writer
from rag.writing.prompting import Source
from rag.writing.quoting import quote

BEST_SOURCES = 24
"""Sentences that a model is shown before those that earlier answers cited; the rest comes after them."""

MOST_EARLIER = 48
"""Citations of earlier answers that are looked up, the latest first."""

UNASKED: frozenset[Fallback] = frozenset({"timeout", "error", "paused", "busy"})
"""Why a model's answer is missing that says nothing of the question."""

_INSTEAD = "the answer is quoted from the reports instead"


def abstain(draft: Answer, abstention: Abstention) -> Generator[Event, None, Answer]:
    """No answer, with the reason for it."""
    yield Token(abstention.reason)
    return replace(
        draft, text=abstention.reason, abstained=True, reason=abstention.reason, cause=abstention.cause
    )


def write(
    writer: Writer,
    findings: Findings,
    composition: Composition,
    draft: Answer,
    *,
    conversation: Conversation,
    tuning: Tuning,
) -> Generator[Event, None, Answer]:
    """The answer that a language model writes; quoted where it fails, or where nothing carries what it wrote.

    Args:
        writer: has it written and checked.
        findings: what it may rest on.
        composition: the answer's text.
        draft: the answer, as far as it is known.
        conversation: what was cited before.
        tuning: how much is quoted, and from which probability on the library answers for certain.
    """
    began = time.perf_counter()
    sources = sources_of(findings, conversation if draft.standalone is not None else ALONE)
    doubts = doubts_of(findings, tuning.certain)
    outcome = yield from writer.write(findings.question, sources, composition, findings.copies, doubts)
    # Whoever lowers the threshold trusts the model, also where it says that there is no answer.
    overruled = outcome.declined and tuning.certain >= CERTAIN <= doubts.answerability
    draft = replace(
        draft,
        dropped=tuple(outcome.dropped),
        fallback="declined" if overruled else outcome.fallback,
        prompt_digest=outcome.digest,
        timings=_timings(outcome, time.perf_counter() - began, writer.model),
    )
    if outcome.declined and not overruled:
        return (yield from abstain(draft, _declined(writer.model)))
    if outcome.carried:
        said = f"{outcome.cause}; the answer ends here." if outcome.cause else None
        cited = _scored(findings, outcome)
        lacks = caveat(findings.index, findings.question, cited) if cited else None
        note = " ".join(filter(None, [said, lacks])) or None
        return replace(composition.answer(draft), model=writer.model.name, note=note)
    draft = replace(draft, note=_why(writer.model, outcome))
    # Where the model could not be asked, the answer is the one that there would be without it.
    judged = as_it_is if outcome.fallback in UNASKED else doubts.judged
    return (yield from quote(_stating(findings), composition, draft, tuning.max_sentences, judged))


def sources_of(findings: Findings, conversation: Conversation) -> list[Source]:
    """The sentences that a model may cite: the best ones, those that were cited before, and the others."""
    found = [_source(item) for item in findings.ranked]
    earlier = list(_earlier(findings, conversation))
    listed = [*found[:BEST_SOURCES], *earlier, *found[BEST_SOURCES:]]
    places = {
        (source.record.document_id, source.record.version, source.sentence.span): source
        for source in reversed(listed)
    }
    return list(reversed(places.values()))


def _stating(findings: Findings) -> Findings:
    """The findings less sentences that tell a model what to say: they are no answer in its place either."""
    ranked = [
        item for item in findings.ranked if instructions([Evidence(item.candidate.sentence.text)]).score
    ]
    return replace(findings, ranked=ranked) if ranked else findings


def _earlier(findings: Findings, conversation: Conversation) -> Iterator[Source]:
    """What earlier answers cited, the latest first, as far as the library still has it."""
    for cited in islice(reversed(conversation.cited), MOST_EARLIER):
        try:
            record = findings.index.reader.document(cited.document_id, cited.version)
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
    """The ranked sentences that an answer cites."""
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


def _why(model: LanguageModel, outcome: Outcome) -> str:
    """Why the answer is not the model's, as a person is told."""
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
    return charged(timings, outcome.usage, model)


def charged(timings: Mapping[str, float], usage: Usage, model: LanguageModel) -> dict[str, float]:
    """An answer's timings with what a reply took and cost, added to what others did."""
    took = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    cost = {} if model.prices is None else {"cost": model.prices.of(usage)}
    return {**timings, **{name: timings.get(name, 0.0) + value for name, value in (took | cost).items()}}
