"""Plans what is searched for a message: one small call turns it into up to four searches of the library.

A follow-up is written out, a comparison is taken apart, and a question in another language than that of the
reports is searched in theirs. Without a usable plan, the rules of :mod:`rag.follow_ups` hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import regex

from index.documents import UNKNOWN_LANGUAGE
from index.search import Snapshot, terms
from index.text import detect
from rag.answer_limits import PLAN_SECONDS
from rag.conversations.history import Conversation
from rag.errors import ModelError
from rag.finding.abstention import name_language
from rag.finding.matching import contains_term, content_words, words_of
from rag.llm import LanguageModel
from rag.llm.messages import NoteUsage, tokens, without_thoughts
from rag.llm.prompts import MOST_SEARCHES, Turn, plan_prompt
from rag.questions import POSSESSIVE, Form, Question

MOST_TURNS = 4
MOST_REPORTS = 6  # of those that earlier answers cite, the latest
_MOST_QUESTION = 500  # characters
_MOST_SEARCH = 300
_MOST_REPLY = 1_200  # bytes after the thoughts: about 400 tokens
_MOST_LANGUAGES = 4
# A question is searched in a language that so large a share of the reports has.
_SHARE_OF_LANGUAGE = 0.1

Kind = Literal["answer", "instruction", "overview"]


@dataclass(frozen=True, slots=True)
class Search:
    """``report`` is the id of the document to which it is kept; None for all."""

    text: str
    report: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """``question`` is the message, understandable alone, in its own language.

    An ``instruction`` has no searches: it changes the form of the last answer.
    """

    question: str
    searches: tuple[Search, ...]
    kind: Kind = "answer"


_ASKS_REPORTS = regex.compile(
    r"\b(?:which|what|list|name|how many|any|all)\b[^.?!]{0,30}"
    r"\b(?:reports?|documents?|papers?|files?|articles?|stud(?:y|ies)|letters?|filings?|releases?|10-[qk]s?)\b",
    regex.IGNORECASE,
)

_YEAR = regex.compile(r"\b(?:19|20)\p{N}\p{N}\b")


def languages_of(index: Snapshot) -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that many reports are in, the most frequent first."""
    counts = index.reader.count_by_language()
    least = _SHARE_OF_LANGUAGE * sum(counts.values())
    known = [code for code, count in counts.items() if code != UNKNOWN_LANGUAGE and count >= least]
    return tuple(sorted(known, key=lambda code: (-counts[code], code))[:_MOST_LANGUAGES])


def needs_plan(question: Question, conversation: Conversation, languages: Sequence[str]) -> bool:
    """Whether a plan may find more than the question as typed. ``languages`` are those of the reports."""
    return (
        bool(conversation.exchanges)
        or question.form in {Form.COMPARISON, Form.LIST}
        or len(set(_YEAR.findall(question.text))) > 1
        or _ASKS_REPORTS.search(question.text) is not None
        or (question.language != UNKNOWN_LANGUAGE and any(code != question.language for code in languages))
    )


def plan(
    model: LanguageModel,
    question: Question,
    conversation: Conversation,
    languages: Sequence[str],
    note_usage: NoteUsage = lambda _: None,
    *,
    seconds: float = PLAN_SECONDS,
) -> Plan | None:
    """None if the model fails or its reply is of no use. ``note_usage`` gets the tokens of any reply."""
    reports = _cited_reports(conversation)
    numbers = {report: number for number, report in enumerate(reports, 1)}
    turns = [
        Turn(turn.standalone, turn.answer, numbers.get(turn.document_id or 0))
        for turn in conversation.exchanges[-MOST_TURNS:]
    ]
    budget = model.limits.context_tokens - model.limits.reply_tokens
    named = list(map(name_language, languages))
    messages = plan_prompt(question.text, turns, list(reports.values()), named, budget)
    if sum(tokens(message.text) for message in messages) > budget:
        return None
    reply = ""
    try:
        writing = model.write(messages, seconds=seconds)
        try:
            for piece in writing:
                reply += piece
                # What comes after so much is not read.
                if len(without_thoughts(reply).encode("utf-8", "replace")) > _MOST_REPLY:
                    break
        finally:
            note_usage(writing.usage)
    except ModelError:
        # The model is called again for the answer, and that call reports the failure.
        return None
    return read_plan(without_thoughts(reply), question, conversation, list(reports))


def read_plan(
    reply: str, question: Question, conversation: Conversation, reports: Sequence[int]
) -> Plan | None:
    """Read JSON, alone or among other words; ``reports`` are the ids that the numbers 1, 2, … stand for."""
    found = list(_objects(reply))
    fields: dict[str, Any] = {}
    for item in reversed(found):
        fields |= item
    follows = bool(conversation.exchanges)
    # What begins a conversation needs no other words: they could only change what was asked.
    written = _words(fields.get("question"), _MOST_QUESTION) if follows else question.text
    if not found or not written or (follows and not _is_asked(written, question, conversation)):
        return None
    kind = _kind(fields.get("kind"))
    if kind == "instruction" and follows:
        return Plan(written, (), kind)
    listed = fields.get("searches")
    items = listed if isinstance(listed, list) else found
    searches = {search.text.casefold(): search for search in _searches(items, reports)}
    chosen = tuple(searches.values())[:MOST_SEARCHES]
    if not (chosen or follows):
        return None
    return Plan(written, chosen or (Search(written),), "answer" if kind == "instruction" else kind)


def search_missing(question: Question, missing: str) -> Search | None:
    """Return one more search for what a reply names as missing; None if it is all of the question.

    The names of the question are put in: *figure for 2021* alone would find that of anybody.
    """
    said = missing[:_MOST_SEARCH].strip(" .;")
    language = question.language
    has = words_of(said, language)
    names = [POSSESSIVE.sub("", name) for name in question.names if not any(map(str.isdigit, name))]
    lacking = [name for name in names if not all(contains_term(has, term) for term in terms(name, language))]
    text = " ".join([said, *lacking])
    searched = words_of(text, language)
    is_new = not all(contains_term(searched, term) for term in content_words(question.text, language))
    return Search(text) if is_new and content_words(said, language) else None


_FINAL_COMMA = regex.compile(r",(?=\s*[}\]])")
# A character of a script that puts no spaces between words stands for a word.
_FIGURE_OR_SIGN = regex.compile(r"\p{N}+|[\p{Han}\p{Khmer}\p{Lao}\p{Myanmar}\p{Thai}]")
_NUMBER = regex.compile(r"\p{N}{1,2}")


def _cited_reports(conversation: Conversation) -> dict[int, str]:
    """Titles by id, the report that was cited last at first."""
    found: dict[int, str] = {}
    for turn in reversed(conversation.exchanges):
        if turn.document_id is not None:
            found.setdefault(turn.document_id, turn.source)
    for cited in reversed(conversation.cited):
        found.setdefault(cited.document_id, cited.title)
    return dict(list(found.items())[:MOST_REPORTS])


def _objects(reply: str) -> Iterator[dict[str, Any]]:
    """Those that are whole; of one that breaks off, the whole ones inside it."""
    text = _FINAL_COMMA.sub("", reply)
    decoder = json.JSONDecoder(strict=False)
    place = text.find("{")
    while place >= 0:
        try:
            found, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            yield found
        place = text.find("{", end)


def _searches(items: Sequence[object], reports: Sequence[int]) -> Iterator[Search]:
    for item in items:
        fields: Mapping[str, Any] = item if isinstance(item, dict) else {"text": item}
        text = _words(fields.get("text") or fields.get("search"), _MOST_SEARCH)
        if text:
            yield Search(text, _report(fields.get("report"), reports))


def _report(written: object, reports: Sequence[int]) -> int | None:
    number = _NUMBER.search(str(written))
    place = int(number[0]) if number and isinstance(written, int | str) else 0
    return reports[place - 1] if 0 < place <= len(reports) else None


def _kind(written: object) -> Kind:
    said = str(written).casefold()
    return next((kind for kind in get_args(Kind) if kind == said), "answer")


def _words(written: object, most: int) -> str:
    """On one line; "" if they are none, or too many."""
    text = " ".join(written.encode("utf-8", "replace").decode().split()) if isinstance(written, str) else ""
    return text if len(text) <= most and any(map(str.isalnum, text)) else ""


def _is_asked(written: str, question: Question, conversation: Conversation) -> bool:
    """Whether it has a word that the person has typed: words of a title or of an answer do not suffice."""
    language = detect(written)
    typed = [question.text, *(turn.asked or turn.standalone for turn in conversation.exchanges)]
    known = words_of("\n".join(typed), language)
    sought = content_words(written, language) or terms(written, language)
    shared = set(_FIGURE_OR_SIGN.findall(written)) & set(_FIGURE_OR_SIGN.findall("\n".join(typed)))
    return bool(shared) or any(contains_term(known, term) for term in sought)
