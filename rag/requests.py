"""Recognises messages that are no questions, and does what quotes can do for them. English, but for courtesy.

A request has only words of requests, or begins as only a request does. Vectors tell it worse: *Who wrote the
press release?* is near *Write a press release*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import regex

from index.search import Snapshot
from index.text import cells, fold
from rag.answers import Cause
from rag.conversations.history import Conversation
from rag.finding.abstention import Abstention, Decision
from rag.finding.matching import contains_term, content_words, names_only, terms_of
from rag.finding.ranking import Scored
from rag.finding.reading import ReadSentence, sentences_of
from rag.questions import Form, Question, lines, understand, word_set
from rag.writing.composition import Findings

MOST_ROWS = 30

Kind = Literal["shorter", "more", "table"]

MOST_SENTENCES: Mapping[Kind, int] = {"shorter": 1, "table": MOST_ROWS}


@dataclass(frozen=True, slots=True)
class Request:
    """Its question is the one to search for: the last one, or a table's subject."""

    kind: Kind
    question: Question


_REPLIES: Mapping[Cause, str] = {
    "greeting": "Hello! Ask a question about the reports in this library.",
    "thanks": "You are welcome. Ask another question whenever you like.",
    "needs_model": "Without a language model, answers can only quote the reports; whoever runs this server "
    "can choose one on the page, under “Quotes only” below the question, or with `footnoted model set`.",
    "nothing_earlier": "There is no earlier answer in this conversation; ask a question first.",
    "nothing_more": "No further sentence of the reports comes near the last question.",
}
_GREETINGS: Mapping[Cause, str] = {
    "greeting": """
        hello, hello there, hi, hi there, hey, hey there, good morning, good afternoon, good evening,
        good day, greetings, 你好, 您好, 你们好, 大家好, 早上好, 下午好, 晚上好, xin chào, xin chào bạn,
        chào, chào bạn, halo, hai, selamat pagi, selamat siang, selamat sore, selamat malam,
        សួស្តី, សួស្ដី, ជំរាបសួរ, ជម្រាបសួរ
    """,
    "thanks": """
        thanks, thanks a lot, thanks so much, thanks very much, many thanks, thank you,
        thank you so much, thank you very much, 谢谢, 谢谢你, 谢谢您, 多谢, 非常感谢, 感谢, cảm ơn,
        cám ơn, cảm ơn bạn, cảm ơn nhiều, cảm ơn bạn nhiều, xin cảm ơn, terima kasih,
        terima kasih banyak, makasih, អរគុណ, អរគុណច្រើន, សូមអរគុណ
    """,
}
_ASKING = word_set(
    "a an and can could d do for i in it just ll m me now of ok on please so the to would you your"
)
_SAYING = _ASKING | word_set(
    "about again also am answer any anything be bit but child does don down english five get give have if"
    " info information keep kid language laymans let like line little made make mean my need old one other"
    " own point put s say sentence some t tell terms text that there these this those too understand us"
    " version very want what with word words year"
)
_USING = (_ASKING - {"it"}) | word_set(
    "able about app are ask capabilities does exactly help here how is kind kinds know like need questions"
    " question should site start tell that thing things this tool type use what who with work works"
)
_PROGRAM = regex.compile(
    r"\b(?:your?|i (?:ask|start|use)|this (?:app|site|tool))\b|^\W*(?:i need )?help\b", regex.IGNORECASE
)
# The kind None can be met only by a language model.
_SIGNS: Mapping[Kind | None, frozenset[str]] = {
    None: word_set(
        "dumb easier easily easy eli explain explanation layman paraphrase plain rephrase reword rewrite"
        " simple simpler simplify simply translate translation"
    ),
    "shorter": word_set(
        "brief briefer briefly concise concisely condense dr fewer gist long one_line one_sentence short"
        " shorten shorter shortly tl tldr"
    ),
    "more": word_set(
        "continue deeper detail detailed details elaborate else expand further go_on keep_going longer more"
    ),
}
_WORD = regex.compile(
    r"one (?:line|sentence)\b|(?:go|keep) (?:going|on)\b|\p{L}[\p{L}\p{M}]*|\p{N}{3,}", regex.IGNORECASE
)
_WRITE = regex.compile(
    r"\W*(?:(?:please|can|could|would|you|now|then)\W+)*(?:compose|draft|paraphrase|rephrase|rewrite|translate|turn"
    r"|write)\W+(?:me|us|\p{N}+|an?|the|this|that|these|those|it|your|some|into)\b",
    regex.IGNORECASE,
)
_VERBS = "build|create|draw|get|give|have|let|like|list|make|need|produce|put|see|show|up|us|want"
_LEAD = rf"(?:\W*\b(?:{'|'.join(sorted(_ASKING))}|{_VERBS})\b)*"
_TABLE = regex.compile(
    rf"{_LEAD}\W*\b(?:table (?:of|with|showing|for)|tabulate) (?P<of>.+?)[\s.!?]*"
    rf"|{_LEAD}\W*\b(?:{_VERBS})\b{_LEAD} (?P<of>.+?) (?:in|into) (?:a table|tabular form)[\s.!?]*"
    rf"|(?:{_LEAD} )?(?P<of>.+?),? as a table[\s.!?]*",
    regex.IGNORECASE,
)
_BY = regex.compile(r" (?:by|per|for (?:each|every)|across) ", regex.IGNORECASE)


def courtesy(index: Snapshot, question: Question) -> Abstention | None:
    words = _words(question.text)
    cause = _causes().get(tuple(words))
    if cause is not None:
        return Abstention(cause, _REPLIES[cause])
    if not (_PROGRAM.search(question.text) and _USING.issuperset(words)):
        return None
    count = index.reader.count_documents()
    return Abstention(
        "help",
        f"Ask a question, and sentences of this library's {count:,} report{'s' * (count != 1)} answer it,"
        " each with a footnote; you can also ask to summarise a report, for “a table of net sales by segment”"
        " and, after an answer, for “more” or “shorter”.",
    )


def request_of(question: Question, conversation: Conversation) -> Request | Abstention | None:
    """Return why quotes cannot give it, if so; None for a question."""
    table = _TABLE.fullmatch(question.text)
    if table is not None:
        return Request("table", understand(table["of"]))
    words = set(_words(question.text))
    kinds = [kind for kind, signs in _SIGNS.items() if words & signs]
    if _WRITE.match(question.text):
        kinds = [None]
    elif not kinds or not words <= _SAYING.union(*_SIGNS.values()):
        return None
    if kinds[0] is None:
        return Abstention("needs_model", _REPLIES["needs_model"])
    if not conversation.exchanges:
        return Abstention("nothing_earlier", _REPLIES["nothing_earlier"])
    return Request(kinds[0], understand(conversation.exchanges[-1].standalone))


def fulfil(kind: Kind, findings: Findings, conversation: Conversation) -> tuple[Findings, str | None]:
    ranked, least, note = findings.ranked, findings.calibration.reach * findings.ranked[0].score, None
    if kind == "shorter":
        return findings, None
    if kind == "more":
        said = conversation.said
        chosen = [item for item in ranked if item.score >= least and item.candidate.sentence.text not in said]
        if not chosen:
            none = Abstention("nothing_more", _REPLIES["nothing_more"])
            return replace(findings, decision=Decision(findings.decision.answerability, none)), None
    else:
        chosen = table_rows(findings, least)
        if not chosen:
            return findings, "No table that was read comes as near as these words."
        if len(chosen) > MOST_ROWS:
            note = f"These are the first {MOST_ROWS} of {len(chosen)} rows."
    is_overview = findings.question.form is Form.SUMMARY
    asked = findings.question if is_overview else replace(findings.question, form=Form.LIST)
    return replace(findings, ranked=chosen, question=asked), note


def table_rows(findings: Findings, least: float) -> list[Scored]:
    """Return the rows of the table that a question describes, in the text's order, with the best score.

    For *net sales by segment*, headings or rows are called *net sales*; the likeliest set wins. If its
    probability is below ``least``, one of the words suffices.
    """
    best = next((item for item in findings.ranked if item.candidate.sentence.headings), None)
    if best is None:
        return []
    record = best.candidate.reading.document
    passages = findings.index.reader.passages(document_id=record.document_id)
    read = [sentence for passage in passages for sentence in sentences_of(passage) if sentence.headings]
    named = terms_of(f"{record.title} {record.publisher or ''}", record.language)
    measure = [
        term
        for term in content_words(_BY.split(findings.question.text)[0], record.language)
        if not (contains_term(named, term) or term[1].isdecimal())
    ]
    scores = {item.candidate.sentence: item.score for item in findings.ranked}

    def likelihood(rows: Sequence[ReadSentence]) -> float:
        return sum(scores.get(row, 0.0) for row in rows)

    for is_said, fewest in ((all, 2), (any, 1)):
        sets: dict[object, list[ReadSentence]] = {}
        for row in (row for row in read if not (row.is_heading or names_only(row, record.title))):
            label, above = cells(row.text)[0], f"{row.headings}\n{row.section}"
            for key, words in (
                (row.header, row.headings), ((row.header, row.section), above), (label, label),
            ):  # fmt: skip
                found = terms_of(words, record.language)
                if is_said(contains_term(found, term) for term in measure):
                    sets.setdefault(key, []).append(row)
                    break
        rows = max((rows for rows in sets.values() if len(rows) >= fewest), key=likelihood, default=[])
        if rows and likelihood(rows) >= least:
            kept = {*rows, *((row.header, name) for row in rows for name in row.section.splitlines())}
            shown = [row for row in read if row in kept or (row.header, row.text) in kept]
            reading = replace(best.candidate.reading, sentences=tuple(shown))
            return [
                Scored(replace(best.candidate, reading=reading, number=number), findings.ranked[0].score)
                for number in range(len(shown))
            ]
    return []


def _words(text: str) -> list[str]:
    return [word.replace(" ", "_") for word in _WORD.findall(fold(text))]


@cache
def _causes() -> dict[tuple[str, ...], Cause]:
    return {tuple(_words(said)): cause for cause, table in _GREETINGS.items() for said in lines(table)}
