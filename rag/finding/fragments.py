"""Tells sentences that state something from fragments: headings, captions, names and running titles."""

from __future__ import annotations

import regex

from index.text import is_barred_caption, is_row
from rag.finding.reading import ReadSentence

_COMPLETE = regex.compile(r"[.!?…。！？।۔။។]\P{L}*$|\s\|\s")
_WORDS = regex.compile(r"\p{L}+")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}&-]{2,}")
_NAMED = regex.compile(r"\p{L}{4,}")
_CAPTION = regex.compile(
    r"\W*(?:figure|fig|table|chart|box|map|exhibit|annex)\b[\s.]*\p{L}{0,3}\p{N}", regex.IGNORECASE
)


def is_fragment(sentence: str) -> bool:
    """Return whether a text neither ends like a sentence nor is a row of a table."""
    return _COMPLETE.search(sentence) is None


def names_only(sentence: ReadSentence, title: str) -> bool:
    """Return whether a sentence names a subject and states nothing about it.

    Titles, captions, headings of tables, lone names and lone numbers are such sentences; they never answer a
    question.

    Args:
        sentence: the sentence.
        title: the document's title.
    """
    text = sentence.text.strip()
    if sentence.is_heading or text == title.strip():
        return True
    # A sentence without a letter is the number of a page, for example.
    if is_barred_caption(text) or not (is_row(text) or _WORDS.search(text)):
        return True
    if is_row(text) and set(_WORDS.findall(text)) <= set(_WORDS.findall(sentence.headings)):
        # A long table repeats its headings between its rows.
        return not any(map(str.isdigit, text))
    if is_row(text) or any(map(str.isdigit, text)):
        return is_fragment(text) and _CAPTION.match(text) is not None
    # A lone name may end with the full stop of an abbreviation: "Netflix, Inc." Unlike a name, a sentence has
    # a word without a capital.
    words = (_NAMED if is_fragment(text) else _WORDS).findall(text)
    return bool(words) and all(word[0].isupper() for word in words)


_LEANS = regex.compile(
    r"\P{L}*\p{Ll}|\s*(?:\(?(?:[¹²³⁰⁴-⁹*†‡☐☒☑□■¨]|\p{N}{1,2}\))|\p{N}{1,2}\s\p{Lu})|\W*(?i:notes?:|sources?:)"
    r"|\W*(?i:see|refer|indicate by check|he|she|it|they|his|her|its|their)\b"
)
"""The beginning of a sentence that the text or a page's layout has cut in two, of a footnote, of an
instruction to readers, or of a sentence about what the one before it names."""

_ASKS = regex.compile(r"[?？؟]\W*$")

_SHORTEST = 8
"""The fewest words of a sentence that stands alone."""


def stands_alone(sentence: ReadSentence, title: str) -> bool:
    """Return whether a sentence says something without its neighbours.

    A row, a heading, a question, a footnote, an instruction or a fragment does not.

    Args:
        sentence: the sentence.
        title: the document's title.
    """
    text = sentence.text
    return (
        not is_row(text)
        and not is_fragment(text)
        and _LEANS.match(text) is None
        and _ASKS.search(text) is None
        and not names_only(sentence, title)
        and len(_WORD.findall(text)) >= _SHORTEST
    )
