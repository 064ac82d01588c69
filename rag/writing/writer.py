"""Answers that a language model writes, checked sentence by sentence; they quote if nothing is supported."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Literal

from index.documents import UNKNOWN_LANGUAGE, Span
from index.errors import DocumentNotFoundError
from index.records import DocumentRecord
from rag.answer_limits import CERTAIN, AnswerLimits
from rag.answers import Answer, Dropped, Fallback, Verification
from rag.conversations.history import NO_CONVERSATION, Conversation
from rag.errors import ModelError
from rag.events import Event
from rag.finding.abstention import Abstention, caveat, name_language
from rag.finding.citations import CitedSentence
from rag.finding.reading import ReadSentence
from rag.llm import LanguageModel, Usage
from rag.llm.messages import MAX_STATEMENTS, Message, escape_fences, tokens
from rag.llm.prompts import WRITE
from rag.verification import Gate, is_verbatim
from rag.verification.evidence import evidence_of
from rag.writing.composition import Composition, Confidence, Findings, abstain, is_instruction, quote
from rag.writing.reply_parser import NoAnswer, Statement, parse_reply


@dataclass(frozen=True, slots=True)
class Source:
    record: DocumentRecord
    sentence: ReadSentence
    score: float


@dataclass(frozen=True, slots=True)
class Prompt:
    messages: tuple[Message, ...]
    sources: Mapping[str, Source]

    @property
    def digest(self) -> str:
        sent = json.dumps([asdict(message) for message in self.messages], ensure_ascii=False)
        return hashlib.sha256(sent.encode()).hexdigest()


def build_prompt(question: str, language: str, sources: Iterable[Source], budget_tokens: int) -> Prompt:
    """Leave out sources that do not fit into ``budget_tokens``."""
    known = language != UNKNOWN_LANGUAGE
    write = f"Write in {name_language(language)}." if known else "Write in the language of the question."
    asked = f"Question: {escape_fences(question)}\n{write}"
    budget = budget_tokens - sum(tokens(message.text) for message in WRITE) - tokens(asked)
    reports: dict[tuple[int, int], list[Source]] = {}
    for source in sources:
        key = (source.record.document_id, source.record.version)
        head = 0 if key in reports else tokens(_head(0, source.record)) + 4
        cost = head + tokens(_line("00.00", source))
        if cost <= budget:
            budget -= cost
            reports.setdefault(key, []).append(source)
    shown: dict[str, Source] = {}
    fenced = []
    for report, group in enumerate(reports.values(), 1):
        group.sort(key=lambda source: source.sentence.span)
        numbered = {f"{report}.{rank}": source for rank, source in enumerate(group, 1)}
        shown |= numbered
        lines = [_line(*item) for item in numbered.items()]
        fenced.append("\n".join([_head(report, group[0].record), *lines, "</report>"]))
    words = "\n\n".join(["\n\n".join(fenced), asked])
    return Prompt((*WRITE, Message("user", words)), shown)


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


def _line(number: str, source: Source) -> str:
    sentence = source.sentence
    above = f"{sentence.headings}: " if sentence.headings else sentence.lead_in and f"{sentence.lead_in} "
    return f"[{number}] {escape_fences(above + sentence.text)}"


_log = logging.getLogger(__name__)

Policy = Literal["drop", "strike"]

MAX_CHECKED = 4 * MAX_STATEMENTS  # a model that writes more statements would not stop by itself
MAX_REPEATS = 2  # a reply with more repetitions is a loop
_UNSUPPORTED = Verification("unsupported", False, False, 0.0)


@dataclass(frozen=True, slots=True)
class Writer:
    model: LanguageModel
    gate: Gate
    unsupported: Policy = "drop"


@dataclass(frozen=True, slots=True)
class _Checked:
    words: str
    sources: tuple[Source, ...]
    cited: tuple[CitedSentence, ...]
    verification: Verification

    @property
    def score(self) -> float:
        return max((source.score for source in self.sources), default=0.0)


@dataclass(slots=True)
class _Writing:
    """``supported``: a sentence justifies the answer, else none was shown. ``declined``: no answer."""

    writer: Writer
    findings: Findings
    composition: Composition
    confidence: Confidence
    prompt: Prompt
    supported: bool = False
    declined: bool = False
    fallback: Fallback | None = None
    cause: str | None = None
    dropped: list[Dropped] = field(default_factory=list)
    cited: list[Source] = field(default_factory=list)
    usage: Usage = field(default_factory=lambda: Usage(0, 0))
    seconds_checking: float = 0.0

    def write(self) -> Iterator[Event]:
        """Sentences are held back until one of them justifies the answer; if none does, none is shown."""
        waiting: list[_Checked] = []
        try:
            statements = self._statements()
            for statement in statements if self.writer.gate.judge is None else _after_the_last(statements):
                began = time.perf_counter()
                checked = self._check(statement)
                self.seconds_checking += time.perf_counter() - began
                self.supported = self.supported or self.confidence.justifies(
                    checked.verification, checked.score
                )
                waiting.append(checked)
                if self.supported:
                    for item in waiting:
                        yield from self._show(item)
                    waiting.clear()
        except NoAnswer:
            self.declined = not self.supported
        except ModelError as error:
            self.fallback, self.cause = error.kind, str(error)
            if error.detail:
                _log.warning("%s (%s)", error, error.detail)
        self.dropped += [_dropped(item) for item in waiting]
        if not self.supported and not self.declined and self.fallback is None:
            cites = any(item.cited for item in waiting)
            self.fallback = "nothing_supported" if cites else "unusable"

    def _statements(self) -> Iterator[Statement]:
        reply = self.writer.model.write(self.prompt.messages, tuple(self.prompt.sources))
        seen: set[str] = set()
        repeated = 0
        try:
            statements = parse_reply(reply, self.findings.question.language, lambda: reply.is_cut)
            for count, statement in enumerate(statements, 1):
                words = " ".join(statement.text.split()).casefold()
                repeated += words in seen
                if count > MAX_CHECKED or repeated > MAX_REPEATS:
                    return
                if words not in seen:
                    seen.add(words)
                    yield statement
            if reply.is_cut:
                name = self.writer.model.name
                raise ModelError(f"The reply of {name} reached its length limit", "error")
        finally:
            self.usage = reply.usage

    def _check(self, statement: Statement) -> _Checked:
        sources, numbers = self.prompt.sources, statement.sentence_numbers
        known = tuple(sources[number] for number in numbers if number in sources)
        missing = [number for number in numbers if number not in sources]
        copies = self.findings.copies
        earliest = [copies.earliest(source.record, source.sentence) for source in known]
        # If a model cites two copies, both lead to the earliest copy.
        places = {
            (item.record.document_id, item.record.version, item.sentence.span): item for item in earliest
        }
        cited = tuple(places.values())
        if not cited:
            reason = f"it cites {_unknown_numbers(missing)}" if missing else "it cites no sentence"
            verification = replace(_UNSUPPORTED, reason=reason, checks={"exists": 0.0})
        elif any(is_instruction(source.sentence.text) for source in known):
            reason = "the cited sentence is an instruction, and states nothing"
            verification = replace(_UNSUPPORTED, reason=reason)
        else:
            verification = self._verify(statement, cited, missing)
        return _Checked(statement.text, known, cited, verification)

    def _verify(
        self, statement: Statement, cited: Iterable[CitedSentence], missing: Sequence[str]
    ) -> Verification:
        texts = self.findings.document_texts
        evidence = [evidence_of(item.record, item.sentence, texts) for item in cited]
        verification = self.writer.gate.check(statement.text, evidence)
        exists = round(1 - len(missing) / len(statement.sentence_numbers), 4)
        verification = replace(verification, checks={"exists": exists, **verification.checks})
        if verification.verdict != "supported":
            return verification
        if missing:
            reason = f"it also cites {_unknown_numbers(missing)}"
            return replace(verification, verdict="paraphrased", reason=reason)
        if len(evidence) == 1 and is_verbatim(statement.text, evidence):
            # These are the report's words, whether or not they answer the question.
            return replace(verification, verdict="quoted")
        return verification

    def _show(self, item: _Checked) -> Iterator[Event]:
        if item.verification.verdict == "unsupported" and self.writer.unsupported == "drop":
            self.dropped.append(_dropped(item))
        else:
            self.cited += item.sources
            verification = self.confidence.adjust(item.verification, item.score)
            yield from self.composition.add(item.words, item.cited, verification)


def _after_the_last(statements: Iterable[Statement]) -> Iterator[Statement]:
    """The judge may be the model that is still writing: its judgement would wait until the time limit."""
    written: list[Statement] = []
    try:
        written.extend(statements)
    except (NoAnswer, ModelError):
        yield from written
        raise
    yield from written


def _dropped(item: _Checked) -> Dropped:
    return Dropped(item.words, item.verification.reason or "no other sentence of the answer is supported")


def _unknown_numbers(numbers: Sequence[str]) -> str:
    if len(numbers) == 1:
        return f"{numbers[0]}, a number that the model was not given"
    return f"{', '.join(numbers[:-1])} and {numbers[-1]}, numbers that the model was not given"


BEST_SOURCES = 24  # shown first in the prompt, before those that earlier answers cited, and all others
MAX_EARLIER = 48

NOT_ASKED: frozenset[Fallback] = frozenset({"timeout", "error", "paused", "busy"})


def generate(
    writer: Writer,
    findings: Findings,
    composition: Composition,
    draft: Answer,
    conversation: Conversation,
    *,
    limits: AnswerLimits,
) -> Generator[Event, None, Answer]:
    """Quote if no sentence can be shown, or if the model finds no answer, but the library surely has one."""
    began = time.perf_counter()
    sources = gather_sources(findings, conversation if draft.standalone is not None else NO_CONVERSATION)
    question, model = findings.question, writer.model
    budget = model.limits.context_tokens - model.limits.reply_tokens
    prompt = build_prompt(question.text, question.language, sources, budget)
    answerability = findings.decision.answerability or 0.0
    best, reach = findings.ranked[0].score, findings.calibration.reach
    confidence = Confidence(answerability, limits.certain, best, reach)
    writing = _Writing(writer, findings, composition, confidence, prompt)
    if prompt.sources:
        yield from writing.write()
    else:
        writing.fallback = "unusable"
        writing.cause = (
            f"the context of {model.name} has no room for a sentence of the reports with this question "
            f"({model.limits.context_tokens} tokens, of which {model.limits.reply_tokens} are for the reply)"
        )
    # If the operator has lowered ``certain``, a model that finds no answer is not overruled.
    overruled = writing.declined and limits.certain >= CERTAIN <= answerability
    seconds, checking = time.perf_counter() - began, writing.seconds_checking
    given = (source.record.document_id for source in prompt.sources.values())
    timings = {"write": round((seconds - checking) * 1000, 2), "verify": round(checking * 1000, 2)}
    draft = replace(
        draft,
        dropped=tuple(writing.dropped),
        fallback="declined" if overruled else writing.fallback,
        prompt_digest=prompt.digest if prompt.sources else None,
        made_from=tuple(sorted({*draft.made_from, *given})),
        timings=add_usage(timings, writing.usage, model),
    )
    if writing.declined and not overruled:
        reason = (
            f"Passages in this library come near the question, and {model.name} found no sentence that "
            "answers it."
        )
        return (yield from abstain(draft, Abstention("not_answered", reason)))
    if writing.supported:
        ending = f"{writing.cause}; the answer ends here." if writing.cause else None
        places = {(source.record.document_id, source.sentence.span) for source in writing.cited}
        cited = [
            item
            for item in findings.ranked
            if (item.candidate.reading.document.document_id, item.candidate.sentence.span) in places
        ]
        lacks = caveat(findings.question, cited) if cited else None
        note = " ".join(filter(None, [ending, lacks])) or None
        return replace(composition.answer(draft), model=model.name, note=note)
    draft = replace(draft, note=_fallback_note(model, draft.fallback, writing.cause))
    # If the model could not be asked, the answer is the same as without a model.
    doubts = None if writing.fallback in NOT_ASKED else confidence
    # No sentence that gives instructions to a model replaces its failed answer, if others are left.
    ranked = [item for item in findings.ranked if not is_instruction(item.candidate.sentence.text)]
    findings = replace(findings, ranked=ranked or findings.ranked)
    return (yield from quote(findings, composition, draft, limits.max_sentences, doubts))


def gather_sources(findings: Findings, conversation: Conversation) -> list[Source]:
    found = [
        Source(item.candidate.reading.document, item.candidate.sentence, item.score)
        for item in findings.ranked
    ]
    earlier = list(_earlier(findings, conversation))
    listed = [*found[:BEST_SOURCES], *earlier, *found[BEST_SOURCES:]]
    places = {
        (source.record.document_id, source.record.version, source.sentence.span): source
        for source in reversed(listed)
    }
    return list(reversed(places.values()))


def _earlier(findings: Findings, conversation: Conversation) -> Iterator[Source]:
    for cited in islice(reversed(conversation.cited), MAX_EARLIER):
        try:
            record = findings.index.reader.document(cited.document_id, cited.version)
            text = findings.document_texts.text(record).text
        except DocumentNotFoundError:
            continue
        if text[cited.start : cited.end] == cited.quote:
            above = cited.headings or "", cited.lead_in or ""
            sentence = ReadSentence(Span(cited.start, cited.end), cited.quote, None, *above)
            yield Source(record, sentence, 0.0)


def _fallback_note(model: LanguageModel, fallback: Fallback | None, cause: str | None) -> str:
    reasons: dict[Fallback | None, str] = {
        "declined": f"{model.name} did not find an answer, but the library certainly has one",
        "unusable": f"{model.name} cited no sentence of the reports",
        "nothing_supported": f"The sentences that {model.name} cites support nothing that it wrote",
    }
    return f"{cause or reasons[fallback]}; the answer is quoted from the reports instead."


def add_usage(timings: Mapping[str, float], usage: Usage, model: LanguageModel) -> dict[str, float]:
    took = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    cost = {} if model.prices is None else {"cost": model.prices.of(usage)}
    return {**timings, **{name: timings.get(name, 0.0) + value for name, value in (took | cost).items()}}
