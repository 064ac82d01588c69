"""Answers a question that only greets or thanks, without a search."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import regex

from index.text import fold
from rag.answers import Cause
from rag.finding.abstention import Abstention
from rag.questions import Question
from rag.word_parsing import lines

_REASONS: Mapping[Cause, str] = {
    "greeting": "Hello! Ask a question about the reports in this library.",
    "thanks": "You are welcome. Ask another question whenever you like.",
}

_WORDS: Mapping[Cause, str] = {
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

_BETWEEN = regex.compile(r"[^\p{L}\p{M}]+")


def greeting(question: Question) -> Abstention | None:
    """Return the abstention that replies to a mere greeting or thanks; None for any other question."""
    cause = _causes().get(_plain(question.text))
    return Abstention(cause, _REASONS[cause]) if cause else None


def _plain(text: str) -> str:
    return " ".join(_BETWEEN.sub(" ", fold(text)).split())


@cache
def _causes() -> dict[str, Cause]:
    return {_plain(words): cause for cause, table in _WORDS.items() for words in lines(table)}
