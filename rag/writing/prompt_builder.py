"""The prompt for an answer: the instructions of :mod:`rag.llm.prompts`, the sentences, and the question.

The text of documents is data. It is enclosed in tags that it cannot close, its sentences have numbers that it
cannot forge, and the prompt tells the model to follow no instruction in it. This is a precaution without a
guarantee, so every sentence of the reply is checked against the sentences that it cites
(:mod:`rag.verification`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from index.documents import UNKNOWN_LANGUAGE
from index.records import DocumentRecord
from rag.finding.abstention import name_language
from rag.finding.reading import ReadSentence
from rag.llm.messages import Message, escape_fences, tokens
from rag.llm.prompts import WRITE


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence that a model may cite.

    Attributes:
        record: its document.
        sentence: its span and words.
        score: the probability, 0 to 1, that it answers the question.
    """

    record: DocumentRecord
    sentence: ReadSentence
    score: float


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages to a model, and the sentences that the numbers in them stand for.

    Attributes:
        messages: the messages, in order.
        sources: the sentences by their numbers, in the order in which the prompt shows them.
    """

    messages: tuple[Message, ...]
    sources: Mapping[str, Source]

    @property
    def digest(self) -> str:
        """The sha256 of the messages, in hexadecimal."""
        sent = json.dumps([asdict(message) for message in self.messages], ensure_ascii=False)
        return hashlib.sha256(sent.encode()).hexdigest()


def build_prompt(question: str, language: str, sources: Iterable[Source], budget_tokens: int) -> Prompt:
    """Build the prompt for an answer.

    Args:
        question: the question in its standalone form.
        language: the question's language, as an ISO 639-1 code, or ``und``.
        sources: sentences that may be cited, best first; those that do not fit are left out.
        budget_tokens: the most tokens of the prompt.
    """
    question_line = _question_line(question, language)
    budget = budget_tokens - sum(tokens(message.text) for message in WRITE) - tokens(question_line)
    reports = _numbered(_within(sources, budget))
    shown = {
        f"{report}.{rank}": source
        for report, group in enumerate(reports, 1)
        for rank, source in enumerate(group, 1)
    }
    fenced = "\n\n".join(_fenced(number, group) for number, group in enumerate(reports, 1))
    return Prompt((*WRITE, Message("user", f"{fenced}\n\n{question_line}")), shown)


def _question_line(question: str, language: str) -> str:
    known = language != UNKNOWN_LANGUAGE
    write = f"Write in {name_language(language)}." if known else "Write in the language of the question."
    return f"Question: {escape_fences(question)}\n{write}"


def _within(sources: Iterable[Source], budget: int) -> list[Source]:
    """Return the best sentences that fit the budget; the opening tags of their reports count, too."""
    kept: list[Source] = []
    documents: set[tuple[int, int]] = set()
    for source in sources:
        key = (source.record.document_id, source.record.version)
        head = 0 if key in documents else tokens(_head(0, source.record)) + 4
        cost = head + tokens(_line("00.00", source))
        if cost <= budget:
            budget -= cost
            documents.add(key)
            kept.append(source)
    return kept


def _numbered(sources: Sequence[Source]) -> list[list[Source]]:
    """Group sentences by report; keep the order of the reports, and sort each group by place in the text."""
    reports: dict[tuple[int, int], list[Source]] = {}
    for source in sources:
        reports.setdefault((source.record.document_id, source.record.version), []).append(source)
    return [sorted(group, key=lambda source: source.sentence.span) for group in reports.values()]


def _fenced(number: int, group: Sequence[Source]) -> str:
    lines = [_line(f"{number}.{rank}", source) for rank, source in enumerate(group, 1)]
    return "\n".join([_head(number, group[0].record), *lines, "</report>"])


def _head(number: int, record: DocumentRecord) -> str:
    known = {
        "title": record.title,
        "publisher": record.publisher or record.author,
        "date": record.stated,
        "superseded": "by a newer version" if record.superseded_by is not None else None,
    }
    facts = "".join(f' {name}="{_attribute(value)}"' for name, value in known.items() if value)
    return f'<report number="{number}"{facts}>'


def _line(number: str, source: Source) -> str:
    headings = source.sentence.headings
    words = f"{headings}: {source.sentence.text}" if headings else source.sentence.text
    return f"[{number}] {escape_fences(words)}"


def _attribute(value: str) -> str:
    return escape_fences(value).replace('"', "”").replace(">", "›")
