"""A writer lets a language model write an answer, and checks each sentence before it is shown."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rag.answers import Dropped, Event, Fallback, Verification
from rag.errors import ModelError
from rag.evidence import evidence_of
from rag.finding.copies import CitedSentence, Copies
from rag.llm import LanguageModel, Usage
from rag.llm.messages import MAX_STATEMENTS
from rag.questions import Question
from rag.verification import Gate
from rag.writing.composing import Composition
from rag.writing.drafting import NoAnswer, Statement, parse_reply
from rag.writing.findings import Confidence
from rag.writing.prompting import Prompt, Source, build_prompt

Policy = Literal["drop", "strike"]
"""The treatment of an unsupported sentence: leave it out, or show it struck out."""

MAX_CHECKED = 4 * MAX_STATEMENTS
"""The most statements of a reply that are checked; a model that writes more does not come to an end."""

MAX_REPEATS = 2
"""How often a reply may repeat itself before it counts as a loop."""

_UNSUPPORTED = Verification("unsupported", False, False, 0.0)


@dataclass(slots=True)
class Outcome:
    """The outcome of writing an answer.

    Attributes:
        supported: whether the citations support a sentence; if not, no sentence was shown.
        declined: whether the model says that there is no answer.
        fallback: why the model's answer is not used, or ends early.
        cause: the same in words.
        dropped: the sentences that were written and not shown.
        cited: the sources that the shown sentences cite.
        digest: sha256 of the prompt.
        usage: the tokens that the reply used.
        seconds_checking: the time that verification took.
    """

    supported: bool = False
    declined: bool = False
    fallback: Fallback | None = None
    cause: str | None = None
    dropped: list[Dropped] = field(default_factory=list)
    cited: list[Source] = field(default_factory=list)
    digest: str | None = None
    usage: Usage = field(default_factory=lambda: Usage(0, 0))
    seconds_checking: float = 0.0


@dataclass(frozen=True, slots=True)
class _Checked:
    """A statement with its sources and its verification."""

    words: str
    sources: tuple[Source, ...]
    cited: tuple[CitedSentence, ...]
    verification: Verification

    @property
    def score(self) -> float:
        """The highest probability of a cited source to answer the question."""
        return max((source.score for source in self.sources), default=0.0)


@dataclass(frozen=True, slots=True)
class Writer:
    """Lets a model write answers, and checks them.

    Attributes:
        model: the language model.
        gate: the checks.
        unsupported: the treatment of an unsupported sentence.
    """

    model: LanguageModel
    gate: Gate
    unsupported: Policy = "drop"

    def write(
        self,
        question: Question,
        sources: Sequence[Source],
        composition: Composition,
        copies: Copies,
        confidence: Confidence,
    ) -> Generator[Event, None, Outcome]:
        """Write an answer into ``composition``, and yield the events of each sentence that is shown.

        Sentences wait until the citations support one of them. If they support none, nothing was shown.

        Args:
            question: the question.
            sources: the sentences that may be cited, best first.
            composition: the text of the answer.
            copies: finds the copy of a document to cite.
            confidence: adjusts the verification of each sentence.
        """
        outcome = Outcome()
        limits = self.model.limits
        budget = limits.context_tokens - limits.reply_tokens
        prompt = build_prompt(question.text, question.language, sources, budget)
        if sources and not prompt.sources:
            outcome.fallback, outcome.cause = "unusable", _no_room(self.model)
            return outcome
        outcome.digest = prompt.digest
        waiting: list[_Checked] = []
        try:
            for statement in self._statements(prompt, question, outcome):
                began = time.perf_counter()
                checked = self._check(statement, prompt, question, composition, copies)
                outcome.seconds_checking += time.perf_counter() - began
                outcome.supported = outcome.supported or confidence.justifies(
                    checked.verification, checked.score
                )
                waiting.append(checked)
                if outcome.supported:
                    for item in waiting:
                        yield from self._show(item, composition, outcome, confidence)
                    waiting.clear()
        except NoAnswer:
            outcome.declined = not outcome.supported
        except ModelError as error:
            outcome.fallback, outcome.cause = error.kind, str(error)
        outcome.dropped += [_dropped(item) for item in waiting]
        if not outcome.supported and not outcome.declined and outcome.fallback is None:
            cites = any(item.cited for item in waiting)
            outcome.fallback = "nothing_supported" if cites else "unusable"
        return outcome

    def _statements(self, prompt: Prompt, question: Question, outcome: Outcome) -> Iterator[Statement]:
        """Yield the statements of the reply, without repetitions."""
        writing = self.model.write(prompt.messages, tuple(prompt.sources))
        said: set[str] = set()
        repeated = 0
        try:
            for count, statement in enumerate(
                parse_reply(writing, question.language, lambda: writing.is_cut), 1
            ):
                words = " ".join(statement.text.split()).casefold()
                repeated += words in said
                if count > MAX_CHECKED or repeated > MAX_REPEATS:
                    return
                if words not in said:
                    said.add(words)
                    yield statement
        finally:
            outcome.usage = writing.usage

    def _check(
        self,
        statement: Statement,
        prompt: Prompt,
        question: Question,
        composition: Composition,
        copies: Copies,
    ) -> _Checked:
        known = tuple(prompt.sources[number] for number in statement.numbers if number in prompt.sources)
        missing = [number for number in statement.numbers if number not in prompt.sources]
        cited = _distinct(copies.earliest(source.record, source.sentence) for source in known)
        if not cited:
            reason = f"it cites {_listed(missing)}" if missing else "it cites no sentence"
            return _Checked(
                statement.text, (), (), replace(_UNSUPPORTED, reason=reason, checks={"exists": 0.0})
            )
        evidence = [evidence_of(item.record, item.sentence, composition.library) for item in cited]
        verification = self.gate.check(statement.text, evidence, question)
        exists = round(len(known) / len(statement.numbers), 4)
        verification = replace(verification, checks={"exists": exists, **verification.checks})
        if missing and verification.verdict == "supported":
            verification = replace(
                verification, verdict="partial", reason=f"it also cites {_listed(missing)}"
            )
        return _Checked(statement.text, known, cited, verification)

    def _show(
        self,
        item: _Checked,
        composition: Composition,
        outcome: Outcome,
        confidence: Confidence,
    ) -> Iterator[Event]:
        if item.verification.verdict == "unsupported" and self.unsupported == "drop":
            outcome.dropped.append(_dropped(item))
        else:
            outcome.cited += item.sources
            verification = confidence.adjust(item.verification, item.score)
            yield from composition.add(item.words, item.cited, verification)


def _distinct(cited: Iterable[CitedSentence]) -> tuple[CitedSentence, ...]:
    """Return the cited sentences, each span once: two numbers may stand for copies of the same words."""
    places = {(item.record.document_id, item.record.version, item.sentence.span): item for item in cited}
    return tuple(places.values())


def _no_room(model: LanguageModel) -> str:
    return (
        f"the context of {model.name} has no room for a sentence of the reports with this question "
        f"({model.limits.context_tokens} tokens, of which {model.limits.reply_tokens} are for the reply)"
    )


def _dropped(item: _Checked) -> Dropped:
    return Dropped(item.words, item.verification.reason or "nothing else of the answer is carried")


def _listed(numbers: Sequence[str]) -> str:
    return f"{', '.join(numbers)}, which was not shown to it"
