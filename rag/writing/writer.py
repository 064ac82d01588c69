"""Answers that a language model writes, checked sentence by sentence; they quote if nothing is left."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import regex

from index.documents import UNKNOWN_LANGUAGE
from rag.answer_limits import AnswerLimits
from rag.answers import NOT_FOUND, Answer, Dropped, Fallback, Verification
from rag.conversations.history import NO_CONVERSATION, Conversation
from rag.errors import ModelError
from rag.events import Event, SentenceDrafted
from rag.finding.abstention import Abstention, caveat, name_language
from rag.finding.citations import CitedSentence
from rag.finding.matching import contains_term, content_words, words_of
from rag.llm import LanguageModel, Usage
from rag.llm.messages import MAX_STATEMENTS, Message, tokens, without_thoughts
from rag.llm.prompts import LEAVE_OUT, Turn, missing_prompt, repair_prompt, write_prompt
from rag.verification import Claim, Evidence, Gate, is_verbatim
from rag.verification.evidence import begins_with_pronoun, evidence_of
from rag.writing.composition import Composition, Findings, abstain, is_instruction, quote
from rag.writing.excerpts import Excerpts, Source, excerpts, paragraph_at, section_path
from rag.writing.reply_parser import Missing, NoAnswer, Statement, parse_reply

_log = logging.getLogger(__name__)

Policy = Literal["drop", "strike"]

MAX_CHECKED = 80  # a model that writes more statements would not stop by itself
MAX_CHECKED_OF_SMALL = 4 * MAX_STATEMENTS
MAX_REPEATS = 2  # a reply with more repetitions is a loop
MOST_TURNS = 4
_UNSUPPORTED = Verification("unsupported", False, False, 0.0)


@dataclass(frozen=True, slots=True)
class Writer:
    model: LanguageModel
    gate: Gate
    unsupported: Policy = "drop"


# Searches once more for what a reply names as missing; None if nothing new is found.
SearchAgain = Callable[[str], Generator[Event, None, Findings | None]]

NOT_ASKED: frozenset[Fallback] = frozenset({"timeout", "error", "paused", "busy"})


@dataclass(frozen=True, slots=True)
class _Checked:
    """``sources`` are those that the model was given, ``cited`` their earliest copies."""

    statement: Statement
    sources: tuple[Source, ...]
    cited: tuple[CitedSentence, ...]
    verification: Verification

    @property
    def is_kept(self) -> bool:
        return self.verification.verdict != "unsupported"


@dataclass(slots=True)
class _Writing:
    """``declined``: the model says that there is no answer; ``missing``: what it says is lacking."""

    writer: Writer
    findings: Findings
    composition: Composition
    given: Excerpts
    fallback: Fallback | None = None
    cause: str | None = None
    declined: bool = False
    missing: str = ""
    written: str = ""
    dropped: list[Dropped] = field(default_factory=list)
    shown: list[_Checked] = field(default_factory=list)
    usage: Usage = field(default_factory=lambda: Usage(0, 0))
    seconds_checking: float = 0.0
    cites: bool = False
    _waiting: list[_Checked] = field(default_factory=list)
    _struck: list[_Checked] = field(default_factory=list)
    _head: str = ""
    _lost_block: int = 0
    _shown_block: int = 0
    _last_block: int = 0

    @property
    def is_small(self) -> bool:
        return self.writer.model.is_small

    def write(self, messages: Sequence[Message]) -> Iterator[Event]:
        """Each sentence settles at once; with a judge, when the reply has ended, and it is a draft before."""
        self.missing, self.declined = "", False
        drafts: list[Statement] = []
        try:
            for statement in self._statements(messages):
                if self.writer.gate.judge is None:
                    [checked] = self._check([statement])
                    yield from self._settle(checked)
                else:
                    drafts.append(statement)
                    yield SentenceDrafted(f"{statement.opens}{statement.head}{statement.text}")
        except NoAnswer as none:
            self.missing = none.what
            self.declined = not self.shown and not drafts
        except ModelError as error:
            self.fallback, self.cause = error.kind, str(error)
            if error.detail:
                _log.warning("%s (%s)", error, error.detail)
        for checked in self._repaired(messages, self._check(drafts)):
            yield from self._settle(checked)
        self._drop_waiting()
        self.dropped += [_dropped(item) for item in self._struck]
        self._struck.clear()

    def _statements(self, messages: Sequence[Message]) -> Iterator[Statement]:
        model = self.writer.model
        reply = model.write(messages, tuple(self.given.sources) if model.is_small else ())
        most = MAX_CHECKED_OF_SMALL if model.is_small else MAX_CHECKED
        seen: set[str] = set()
        repeated = count = 0
        before = self._last_block
        pieces: list[str] = []

        def noted() -> Iterator[str]:
            for piece in reply:
                pieces.append(piece)
                yield piece

        try:
            for found in parse_reply(noted(), self.findings.question.language, lambda: reply.is_cut):
                if isinstance(found, Missing):
                    self.missing = found.what
                    continue
                statement = replace(found, block=before + found.block)
                self._last_block = statement.block
                count += 1
                words = " ".join(statement.text.split()).casefold()
                repeated += words in seen
                if count > most or repeated > MAX_REPEATS:
                    return
                if words not in seen:
                    seen.add(words)
                    yield statement
            if reply.is_cut:
                raise ModelError(f"The reply of {model.name} reached its length limit", "error")
        finally:
            self._spend(reply.usage)
            self.written = without_thoughts("".join(pieces)).strip()

    def _check(self, statements: Sequence[Statement]) -> list[_Checked]:
        began = time.perf_counter()
        known = [self._known(statement) for statement in statements]
        faults = [self._fault(*each) for each in zip(statements, known, strict=True)]
        claims = [
            Claim(statement.said, self._evidence(sources))
            for statement, sources, fault in zip(statements, known, faults, strict=True)
            if fault is None
        ]
        found = iter(self.writer.gate.check_all(claims, self._spend) if claims else ())
        checked = [
            self._checked(statement, sources, fault or next(found))
            for statement, sources, fault in zip(statements, known, faults, strict=True)
        ]
        self.cites = self.cites or any(known)
        moved = [each if each.is_kept else self._moved(each) for each in checked]
        self.seconds_checking += time.perf_counter() - began
        return moved

    def _spend(self, usage: Usage) -> None:
        self.usage = _sum(self.usage, usage)

    def _known(self, statement: Statement) -> tuple[Source, ...]:
        sources = self.given.sources
        return tuple(sources[number] for number in statement.sentence_numbers if number in sources)

    def _fault(self, statement: Statement, known: Sequence[Source]) -> Verification | None:
        """What is wrong before any comparison of words."""
        if not known:
            unknown = statement.sentence_numbers
            reason = f"it cites {_unknown_numbers(unknown)}" if unknown else "it cites no sentence"
            return replace(_UNSUPPORTED, reason=reason, checks={"exists": 0.0})
        if any(is_instruction(source.sentence.text) for source in known):
            return replace(_UNSUPPORTED, reason="the cited sentence is an instruction, and states nothing")
        return None

    def _earliest(self, sources: Iterable[Source]) -> tuple[CitedSentence, ...]:
        """If a model cites two copies, both lead to the earliest copy."""
        found = [self.findings.copies.earliest(source.record, source.sentence) for source in sources]
        places = {(item.record.document_id, item.record.version, item.sentence.span): item for item in found}
        return tuple(places.values())

    def _evidence(self, sources: Sequence[Source]) -> tuple[Evidence, ...]:
        texts = self.findings.document_texts
        found = []
        for item in self._earliest(sources):
            document, span = texts.text(item.record), item.sentence.span
            around = item.sentence.headings or paragraph_at(document, span)
            found.append(
                replace(
                    evidence_of(item.record, item.sentence, texts),
                    around=around,
                    section=section_path(document, span.start),
                )
            )
        return tuple(found)

    def _checked(
        self, statement: Statement, sources: tuple[Source, ...], verification: Verification
    ) -> _Checked:
        cited = self._earliest(sources)
        missing = [number for number in statement.sentence_numbers if number not in self.given.sources]
        if sources and statement.sentence_numbers:
            exists = round(1 - len(missing) / len(statement.sentence_numbers), 4)
            verification = replace(verification, checks={"exists": exists, **verification.checks})
        if verification.verdict == "supported":
            if missing:
                reason = f"it also cites {_unknown_numbers(missing)}"
                verification = replace(verification, verdict="paraphrased", reason=reason)
            elif len(cited) == 1 and is_verbatim(statement.text, self._evidence(sources)):
                # These are the report's words, whether or not they answer the question.
                verification = replace(verification, verdict="quoted")
        return _Checked(statement, sources, cited, verification)

    def _moved(self, item: _Checked) -> _Checked:
        """With its footnote under the sentence of the prompt that says so almost word for word."""
        statement = item.statement
        language = self.findings.question.language
        wanted = content_words(statement.said, language)
        if not wanted or self.is_small:
            return item

        def share(source: Source) -> float:
            has = words_of(
                f"{source.sentence.headings}\n{source.sentence.section}\n{source.sentence.text}", language
            )
            return sum(contains_term(has, term) for term in wanted) / len(wanted)

        near = sorted(self.given.sources.values(), key=share, reverse=True)[:_MOST_MOVED]
        for source in near:
            if share(source) < _MOVED_SHARE or source in item.sources or is_instruction(source.sentence.text):
                continue
            found = Gate().check(statement.said, self._evidence([source]))
            if found.verdict == "supported":
                return self._checked(replace(statement, sentence_numbers=()), (source,), found)
        return item

    def _repaired(self, messages: Sequence[Message], checked: list[_Checked]) -> list[_Checked]:
        """Ask once more for what is not supported; what stays so is left out."""
        failed = [place for place, item in enumerate(checked) if not item.is_kept]
        if not failed or self.fallback is not None:
            return checked
        faults = [
            (checked[place].statement.text, checked[place].verification.reason or "") for place in failed
        ]
        reply = self.writer.model.write(repair_prompt(messages, self.written, faults))
        try:
            text = without_thoughts("".join(reply))
        except ModelError as error:
            _log.warning("%s, so that %d sentences were not corrected", error, len(failed))
            return checked
        finally:
            self._spend(reply.usage)
        corrected: dict[int, Statement] = {}
        for match in _CORRECTION.finditer(text):
            number = int(match["number"]) - 1
            if number < len(failed) and LEAVE_OUT.casefold() not in match["words"].casefold():
                place = failed[number]
                statement = self._correction(match["words"], checked[place].statement)
                if statement is not None:
                    corrected[place] = statement
        again = dict(zip(corrected, self._check(list(corrected.values())), strict=True))
        return [
            found if (found := again.get(place)) is not None and found.is_kept else item
            for place, item in enumerate(checked)
        ]

    def _correction(self, words: str, former: Statement) -> Statement | None:
        try:
            found = list(parse_reply([words], self.findings.question.language))
        except NoAnswer:
            return None
        first = next((each for each in found if isinstance(each, Statement)), None)
        if first is None:
            return None
        if former.claim and not first.claim:
            # A row of a table cannot be replaced by a sentence.
            return None
        return replace(former, text=first.text, sentence_numbers=first.sentence_numbers, claim=first.claim)

    def _settle(self, item: _Checked) -> Iterator[Event]:
        """Show it, unless it is dropped; what announces a list waits for its first item."""
        statement = item.statement
        if self._waiting and statement.block != self._waiting[0].statement.block:
            self._drop_waiting()
        if statement.head:
            self._head = statement.head
        if not item.is_kept and self.writer.unsupported == "drop":
            self.dropped.append(_dropped(item))
            self._lost_block = statement.block
            return
        if not item.is_kept and not self.shown:
            # Struck words alone are no answer.
            self._struck.append(item)
            return
        is_lost = self._lost_block == statement.block and not statement.opens.startswith("\n")
        if is_lost and not self.is_small and begins_with_pronoun(statement.text):
            self.dropped.append(Dropped(statement.text, "it goes on from a sentence that is left out"))
            return
        self._lost_block = 0
        if statement.leads:
            self._waiting.append(item)
            return
        for each in [*self._struck, *self._waiting, item]:
            yield from self._show(each)
        self._struck.clear()
        self._waiting.clear()

    def _drop_waiting(self) -> None:
        for item in self._waiting:
            self.dropped.append(Dropped(item.statement.text, "nothing is left of what it announces"))
        self._waiting.clear()

    def _show(self, item: _Checked) -> Iterator[Event]:
        statement = item.statement
        opens: str | None = None
        if not self.is_small:
            opens = statement.opens
            if statement.block != self._shown_block and not opens.startswith("\n\n"):
                # What began the block has been left out.
                opens = f"\n\n{opens.strip()} " if opens.strip() else "\n\n"
            if statement.claim and self._head:
                opens, self._head = f"\n\n{self._head}", ""
            if not self.composition.text:
                opens = opens.lstrip("\n ")
        self._shown_block = statement.block
        self.shown.append(item)
        yield from self.composition.add(statement.text, item.cited, item.verification, opens=opens)


_MOST_MOVED = 2
_MOVED_SHARE = 0.6
_CORRECTION = regex.compile(r"(?m)^\W*(?P<number>\d{1,2})[.)]\s*(?P<words>.+)$")


def _dropped(item: _Checked) -> Dropped:
    return Dropped(item.statement.text, item.verification.reason or "no cited sentence says so")


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(one.prompt_tokens + other.prompt_tokens, one.completion_tokens + other.completion_tokens)


def _unknown_numbers(numbers: Sequence[str]) -> str:
    if len(numbers) == 1:
        return f"{numbers[0]}, a number that the model was not given"
    return f"{', '.join(numbers[:-1])} and {numbers[-1]}, numbers that the model was not given"


def generate(
    writer: Writer,
    findings: Findings,
    composition: Composition,
    draft: Answer,
    conversation: Conversation,
    *,
    limits: AnswerLimits,
    search_again: SearchAgain,
) -> Generator[Event, None, Answer]:
    """Quote if no sentence is left; say that there is no answer if the model finds none."""
    began = time.perf_counter()
    model = writer.model
    if model.is_small and draft.standalone is None:
        conversation = NO_CONVERSATION
    given, messages = _first_prompt(model, findings, conversation)
    writing = _Writing(writer, findings, composition, given)
    if given.sources:
        yield from writing.write(messages)
        if writing.missing and writing.fallback is None and not model.is_small:
            messages = yield from _write_missing(writing, messages, search_again)
    else:
        writing.fallback = "unusable"
        writing.cause = (
            f"the context of {model.name} has no room for a sentence of the reports with this question "
            f"({model.limits.context_tokens} tokens, of which {model.limits.reply_tokens} are for the reply)"
        )
    if not writing.shown and not writing.declined and writing.fallback is None:
        writing.fallback = "nothing_supported" if writing.cites else "unusable"
    seconds, checking = time.perf_counter() - began, writing.seconds_checking
    read = (source.record.document_id for source in writing.given.sources.values())
    timings = {"write": round((seconds - checking) * 1000, 2), "verify": round(checking * 1000, 2)}
    draft = replace(
        draft,
        dropped=tuple(writing.dropped),
        fallback=writing.fallback if not writing.declined else None,
        prompt_digest=_digest(messages) if given.sources else None,
        made_from=tuple(sorted({*draft.made_from, *read})),
        timings=add_usage(timings, writing.usage, model),
    )
    if writing.shown:
        return replace(composition.answer(draft), model=model.name, note=_note(writing))
    abstention = findings.decision.abstention
    if writing.declined:
        return (yield from abstain(draft, abstention or _not_answered(model, writing.missing)))
    note = _fallback_note(model, writing.fallback, writing.cause)
    if abstention is not None:
        return (yield from abstain(replace(draft, note=writing.cause and f"{writing.cause}."), abstention))
    # No sentence that gives instructions to a model replaces its failed answer, if others are left.
    ranked = [item for item in findings.ranked if not is_instruction(item.candidate.sentence.text)]
    findings = replace(findings, ranked=ranked or findings.ranked)
    return (yield from quote(findings, composition, replace(draft, note=note), limits.max_sentences))


def _first_prompt(
    model: LanguageModel, findings: Findings, conversation: Conversation
) -> tuple[Excerpts, tuple[Message, ...]]:
    question = findings.question
    language = name_language(question.language) if question.language != UNKNOWN_LANGUAGE else ""
    turns = [] if model.is_small else [Turn(turn.standalone, turn.answer) for turn in conversation.exchanges]

    def prompt(words: str) -> tuple[Message, ...]:
        return write_prompt(question.text, language, words, turns[-MOST_TURNS:], is_brief=model.is_small)

    spent = sum(tokens(message.text) for message in prompt(""))
    room = model.limits.context_tokens - model.limits.reply_tokens - spent
    given = excerpts(findings, conversation, room, is_brief=model.is_small)
    return given, prompt(given.text)


def _write_missing(
    writing: _Writing, messages: tuple[Message, ...], search_again: SearchAgain
) -> Generator[Event, None, tuple[Message, ...]]:
    """One more search, and one more reply about what it finds; return the last prompt."""
    missing, model = writing.missing, writing.writer.model
    declined = writing.declined
    findings = yield from search_again(missing)
    if findings is None:
        return messages
    prompt = missing_prompt(messages, writing.written, "", missing)
    room = model.limits.context_tokens - model.limits.reply_tokens - sum(tokens(each.text) for each in prompt)
    more = excerpts(findings, NO_CONVERSATION, room, given=writing.given)
    if not more.sources:
        return messages
    writing.given = Excerpts(more.text, {**writing.given.sources, **more.sources}, more.reports)
    prompt = missing_prompt(messages, writing.written, more.text, missing)
    before = len(writing.shown)
    yield from writing.write(prompt)
    if writing.fallback is not None and before:
        # What was written before stands.
        writing.fallback = writing.cause = None
    if len(writing.shown) == before:
        writing.missing, writing.declined = missing, declined
    return prompt


def _digest(messages: Sequence[Message]) -> str:
    sent = json.dumps([asdict(message) for message in messages], ensure_ascii=False)
    return hashlib.sha256(sent.encode()).hexdigest()


def _not_answered(model: LanguageModel, missing: str) -> Abstention:
    near = "Passages in this library come near the question"
    reason = f"{near}, and {model.name} found no sentence that answers it."
    return Abstention("not_answered", f"{reason} {NOT_FOUND}{missing}." if missing else reason)


def _note(writing: _Writing) -> str | None:
    ending = f"{writing.cause}; the answer ends here." if writing.cause else None
    lacks = f"{NOT_FOUND}{writing.missing}." if writing.missing else None
    if writing.is_small:
        findings = writing.findings
        places = {
            (source.record.document_id, source.sentence.span)
            for item in writing.shown
            for source in item.sources
        }
        cited = [
            item
            for item in findings.ranked
            if (item.candidate.reading.document.document_id, item.candidate.sentence.span) in places
        ]
        lacks = caveat(findings.question, cited) if cited else None
    return " ".join(filter(None, [lacks, ending])) or None


def _fallback_note(model: LanguageModel, fallback: Fallback | None, cause: str | None) -> str:
    reasons: dict[Fallback | None, str] = {
        "unusable": f"{model.name} cited no sentence of the reports",
        "nothing_supported": f"The sentences that {model.name} cites do not say what it wrote",
    }
    return f"{cause or reasons[fallback]}; the answer is quoted from the reports instead."


def add_usage(timings: Mapping[str, float], usage: Usage, model: LanguageModel) -> dict[str, float]:
    took = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
    cost = {} if model.prices is None else {"cost": model.prices.of(usage)}
    return {**timings, **{name: timings.get(name, 0.0) + value for name, value in (took | cost).items()}}
