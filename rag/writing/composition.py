"""Builds the text of an answer sentence by sentence, with numbered footnotes; quotes the best sentences."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import regex

from index.embedding import Encoder
from index.library import Snapshot
from index.records import DocumentRecord
from index.text import ITEM
from rag.answers import Answer, AnswerSentence, Citation, Passage, Verification
from rag.disagreement import disagreements
from rag.events import CitationMade, Event, Token
from rag.finding.abstention import Abstention, Decision, caveat
from rag.finding.cells import CellChoice, choose_pair, subject_of
from rag.finding.citations import (
    CitedSentence,
    Copies,
    DocumentTexts,
    as_alternative,
    cite,
    cite_earliest,
)
from rag.finding.ranking import SURE, Calibration, Scored, is_repeated, select
from rag.finding.reading import Reader, Reading
from rag.finding.stretches import Widening
from rag.headlines import headline_of
from rag.questions import Form, Question
from rag.verification import verify_quote

ALTERNATIVES = 3  # the most other sentences that stand below an answer which is not sure


@dataclass(frozen=True, slots=True)
class Findings:
    """``readings`` and ``ranked``: best first; ``reports``: those that the question asks an overview of.

    ``sides`` has one sentence for each value of a comparison.
    """

    index: Snapshot
    reader: Reader
    question: Question
    readings: Sequence[Reading]
    ranked: Sequence[Scored]
    calibration: Calibration
    decision: Decision
    copies: Copies
    document_texts: DocumentTexts
    reports: Sequence[DocumentRecord] = ()
    sides: Sequence[Scored] = ()


_ABOVE = "above|previous|preceding|prior|earlier|foregoing|following"
_ADDRESSES = regex.compile(
    rf"\b(?:ignore|disregard|forget|override|skip)\s(?:\p{{L}}+\s){{0,3}}?(?:{_ABOVE}|everything"
    rf"|instructions?|rules?|prompts?)\b"
    r"|\bas an? (?:AI|artificial intelligence|(?:large )?language model|assistant|chatbot)\b"
    r"|\byou (?:are|act as) (?:now )?(?:an? )?(?:AI|language model|assistant|chatbot)\b"
    r"|\b(?:say|answer|reply|respond|write|output|print|tell (?:the )?(?:user|reader)) (?:only )?(?:that"
    r"|with)\b(?=.*\b(?:ignore|instead)\b)"
    r"|^\W*(?:say|answer|reply|respond|output|print|repeat|tell (?:the )?(?:user"
    r"|reader))\b(?: only)? (?:that|with|the)\b"
    r"|\b(?:system|new) (?:prompt|instructions?)\b|\bdo not (?:mention|tell|reveal|cite|say)\b"
    r"|\byou must (?:now )?(?:answer|say|reply|respond|write|state)\b"
    r"|(?:忽略|无视|忘记|不要理会|不理会)(?:以上|上述|上面|之前|前面|先前|所有)|作为(?:一个|一名)?(?:人工智能|AI|语言模型|助手)|请(?:只)?(?:回答|回复|输出)"
    r"|系统提示|^\s*(?:请)?(?:回答|回复|输出)(?:说|道|：|:)"
    r"|\b(?:bỏ qua|phớt lờ|quên|không tuân theo)\s(?:\p{L}+\s){0,3}?(?:trên|trước|hướng dẫn|chỉ dẫn"
    r"|chỉ thị|câu lệnh)\b"
    r"|\b(?:là|như|với tư cách) (?:một )?(?:trí tuệ nhân tạo|AI|mô hình ngôn ngữ|trợ lý)\b"
    r"|\bhãy (?:trả lời|nói|viết) (?:rằng|là)\b"
    r"|\b(?:abaikan|lupakan|hiraukan)\s(?:\p{L}+\s){0,3}?(?:di atas|sebelumnya|petunjuk|instruksi|perintah)\b"
    r"|\bsebagai (?:sebuah )?(?:AI|kecerdasan buatan|model bahasa|asisten)\b|\b(?:jawab|katakan"
    r"|tuliskan)(?:lah)? bahwa\b",
    regex.IGNORECASE,
)


def is_instruction(sentence: str) -> bool:
    return _ADDRESSES.search(sentence) is not None


Place = tuple[int, int, int, int]


@dataclass(slots=True)
class Composition:
    """``numbers``: of earlier footnotes. Without ``choice``, no cells; without ``encoder``, words alone."""

    document_texts: DocumentTexts
    numbers: dict[Place, int]
    choice: CellChoice | None = None
    encoder: Encoder | None = None
    text: str = ""
    sentences: list[AnswerSentence] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    _last: tuple[int, ...] = ()
    _is_item: bool = False
    _languages: dict[int, str] = field(default_factory=dict)

    def add(
        self,
        words: str,
        cited: Sequence[CitedSentence],
        verification: Verification,
        *,
        is_sure: bool = False,
        opens: str | None = None,
    ) -> Iterator[Event]:
        """``opens`` stands before the words; if None, another document, or an item of a list, begins a line.

        ``is_sure``: as :data:`SURE`.
        """
        documents = tuple(dict.fromkeys(item.record.document_id for item in cited))
        is_item = ITEM.match(words) is not None
        follows = documents == self._last and not (is_item or self._is_item)
        gap = opens if opens is not None else "" if not self.text else " " if follows else "\n"
        self._is_item = is_item
        start = len(self.text) + len(gap)
        self.text += gap + words
        self._last = documents
        self._languages.update((item.record.document_id, item.record.language) for item in cited)
        made = []
        for item in cited:
            span = item.sentence.span
            place = (item.record.document_id, item.record.version, span.start, span.end)
            number = self.numbers.setdefault(place, max(self.numbers.values(), default=0) + 1)
            cell = self.choice.cell(item, words, is_sure=is_sure) if self.choice else None
            texts = self.document_texts
            made.append(
                cite(number, start, words, item, document_texts=texts, verification=verification, cell=cell)
            )
        ids, verdict = tuple(citation.id for citation in made), verification.verdict
        self.sentences.append(AnswerSentence(start, len(self.text), ids, verdict, verification.reason))
        self.citations += made
        yield Token(gap + words, verdict)
        yield from map(CitationMade, made)

    def answer(self, draft: Answer) -> Answer:
        return replace(
            draft,
            text=self.text,
            sentences=tuple(self.sentences),
            citations=tuple(self.citations),
            disagreements=disagreements(self.citations, self._languages, self.encoder),
        )


def numbers_of(citations: Iterable[Citation]) -> dict[Place, int]:
    return {(cited.document_id, cited.version, cited.start, cited.end): cited.id for cited in citations}


def abstain(draft: Answer, abstention: Abstention) -> Generator[Event, None, Answer]:
    yield Token(abstention.reason)
    return replace(
        draft, text=abstention.reason, abstained=True, reason=abstention.reason, cause=abstention.cause
    )


QUOTED = "quoted"  # the ``Answer.model`` of an answer that no model wrote


def quote(
    findings: Findings,
    composition: Composition,
    draft: Answer,
    max_sentences: int,
) -> Generator[Event, None, Answer]:
    chosen = list(findings.sides) or select(
        findings.ranked, findings.question, findings.calibration, max_sentences
    )
    if not findings.sides and findings.question.form is not Form.SUMMARY and len(chosen) < max_sentences:
        # A sentence that is chosen already is not quoted twice.
        chosen += _contradicting(findings, chosen[0], composition.encoder)
    widening = Widening(findings.index, findings.reader, findings.question)
    groups = [
        [item for item in group if item in chosen or not is_instruction(item.candidate.sentence.text)]
        for group in widening.stretches(chosen, max_sentences)
    ]
    cited = cite_earliest(groups, findings.copies)
    for item in cited:
        words = item.sentence.text
        document = findings.document_texts.text(item.record)
        verification = verify_quote(words, document, item.sentence.span)
        is_sure = not composition.citations and findings.ranked[0].score >= SURE
        yield from composition.add(words, [item], verification, is_sure=is_sure)
    # Two cells are compared if the first cited sentence is the row of a table.
    rows = list(map(composition.choice.row, cited)) if composition.choice else []
    known = [row for row in rows if row is not None and rows[0] is not None]
    pair = choose_pair(findings.index, findings.question, known)
    headline = headline_of(findings.question, composition.citations, pair)
    if findings.sides and pair is None:
        # The value of one side alone does not answer.
        headline = None
    is_compared = headline is not None and headline.comparison is not None
    # The headline says whether a figure rose, so *rise* is not missing, although no cited row has the word.
    asked = subject_of(findings.question) if is_compared else findings.question
    shown = [item for group in groups for item in group]
    missing = None if asked.form is Form.SUMMARY or draft.note else caveat(asked, shown)
    note = " ".join(filter(None, [draft.note, missing]))
    others = () if findings.ranked[0].score >= SURE else _alternatives(findings, shown)
    answer = replace(composition.answer(draft), note=note or None, headline=headline)
    return replace(answer, alternatives=others)


def _alternatives(findings: Findings, shown: Sequence[Scored]) -> tuple[Passage, ...]:
    """Of a list, all that may answer are shown already; the sides of a comparison are sought one by one."""
    if findings.question.form not in {Form.FACT, Form.COMPARISON} or findings.sides:
        return ()
    found = list(shown)
    for item in findings.ranked:
        is_other = item.score > 0 and not is_repeated(item, found)
        if is_other and not is_instruction(item.candidate.sentence.text):
            found.append(item)
        if len(found) == len(shown) + ALTERNATIVES:
            break
    return tuple(
        as_alternative(
            findings.copies.earliest(item.candidate.reading.document, item.candidate.sentence),
            item.score,
            findings.document_texts,
        )
        for item in found[len(shown) :]
    )


def _contradicting(findings: Findings, best: Scored, encoder: Encoder | None) -> list[Scored]:
    """A reader sees that one sentence answers, so its rival is sought among what was read."""

    def cited(item: Scored) -> Citation:
        found = findings.copies.earliest(item.candidate.reading.document, item.candidate.sentence)
        words, record = found.sentence.text, found.record
        languages[record.document_id] = record.language
        verification = verify_quote(words, findings.document_texts.text(record), found.sentence.span)
        texts = findings.document_texts
        return cite(0, 0, words, found, document_texts=texts, verification=verification)

    languages: dict[int, str] = {}
    own = cited(best)
    for item in findings.ranked:
        is_other = item.candidate.reading.document.document_id != own.document_id
        if is_other and disagreements([own, cited(item)], languages, encoder):
            return [item]
    return []
