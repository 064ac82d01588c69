"""Tells which words of a question count, which of them a text has, and which sentences state something."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import regex

from index.search import Snapshot, Term, terms
from index.text import is_barred_caption, is_row
from rag.figures.numerals import ENGLISH
from rag.finding.reading import ReadSentence
from rag.finding.spelling import LIGHT_WORDS
from rag.questions import Question

_WORDS = regex.compile(r"\w+")
_SHORTEST_ROOT = 5
# Letters. With a shorter common root or a longer ending, words that begin alike are often unrelated.
_LONGEST_ENDING = 3
_CAPITALISED = regex.compile(r"\b\p{Lu}")
_LONG_NAME = regex.compile(
    r"\b\p{Lu}[\p{L}\p{M}'’-]*(?:\s(?:(?:of|on|for|and|the|de|des|du|y)\s){0,2}\p{Lu}[\p{L}\p{M}'’-]*)+"
)
_LANGUAGE = "en"
# By stem; *one* is left out, because it often counts nothing.
_DIGITS: Mapping[str, str] = {
    stem: str(value)
    for word, value in ENGLISH.values.items()
    if value > 1
    for _, stem in terms(word, _LANGUAGE)
}
_LETTERS = {digits: stem for stem, digits in _DIGITS.items()}


def content_terms(index: Snapshot, question: Question, language: str) -> Mapping[Term, float]:
    """Return all words, with their rarity, if none is a content word."""
    return index.idf(content_words(question.text, language) or terms(question.text, language))


def content_words(text: str, language: str) -> list[Term]:
    return [term for term in terms(text, language) if term[1] not in LIGHT_WORDS]


def words_of(text: str, language: str) -> frozenset[Term]:
    return frozenset(terms(text, language))


@lru_cache(maxsize=4096)
def terms_of(text: str, language: str) -> frozenset[Term]:
    return words_of(" ".join([text, *acronyms(text)]), language)


def acronyms(text: str) -> list[str]:
    """UNODC is one of United Nations Office on Drugs and Crime."""
    names = (name.removeprefix("The ") for name in _LONG_NAME.findall(text))
    return ["".join(_CAPITALISED.findall(name)) for name in names]


def contains_term(text_terms: frozenset[Term], term: Term) -> bool:
    return bool(matching_terms(text_terms, term))


def matching_terms(text_terms: frozenset[Term], term: Term) -> frozenset[Term]:
    """Also related words, with a long beginning in common (Cambodian, Cambodia), and *five* for 5."""
    field, word = term
    number = _DIGITS.get(word) or _LETTERS.get(word) if field == _LANGUAGE else None
    same = text_terms & ({term, (field, number)} if number else {term})
    if len(word) < _SHORTEST_ROOT:
        return same
    roots = range(max(_SHORTEST_ROOT, len(word) - _LONGEST_ENDING), len(word))
    longest = len(word) + _LONGEST_ENDING
    longer = (
        (other_field, other)
        for other_field, other in text_terms
        if other.startswith(word) and other_field == field and len(other) <= longest
    )
    return (text_terms & {(field, word[:length]) for length in roots}).union(same, longer)


def names_label(question: str, label: str) -> bool:
    """*Space*, not *space*: the capital tells a row's name, such as *Water*, from a word."""
    words = " ".join(_WORDS.findall(label))
    return words[:1].isupper() and f" {words} " in f" {' '.join(_WORDS.findall(question))} "


_COMPLETE = regex.compile(r"[.!?…。！？।۔။។]\P{L}*$|\s\|\s")
_WORD_RUN = regex.compile(r"\p{L}+")
_LONG_WORD = regex.compile(r"[\p{L}\p{M}\p{N}&-]{2,}")
_NAMED = regex.compile(r"\p{L}{4,}")
_CAPTION = regex.compile(
    r"\W*(?:figure|fig|table|chart|box|map|exhibit|annex)\b[\s.]*\p{L}{0,3}\p{N}", regex.IGNORECASE
)


def is_fragment(sentence: str) -> bool:
    return _COMPLETE.search(sentence) is None


def names_only(sentence: ReadSentence, title: str) -> bool:
    """Titles, captions, headings, lone names and lone numbers never answer a question.

    A title that is a whole sentence may be one of a report without a title, so that it may answer.
    """
    text = sentence.text.strip()
    if sentence.is_heading or (text == title.strip() and (is_fragment(text) or _ASKS.search(text))):
        return True
    # A sentence without a letter is the number of a page, for example.
    if is_barred_caption(text) or not (is_row(text) or _WORD_RUN.search(text)):
        return True
    if is_row(text) and set(_WORD_RUN.findall(text)) <= set(_WORD_RUN.findall(sentence.headings)):
        # A long table repeats its headings between its rows.
        return not any(map(str.isdigit, text))
    if is_row(text) or any(map(str.isdigit, text)):
        return is_fragment(text) and _CAPTION.match(text) is not None
    # A lone name may end with the full stop of an abbreviation: "Netflix, Inc." Unlike a name, a sentence has
    # a word without a capital.
    words = (_NAMED if is_fragment(text) else _WORD_RUN).findall(text)
    return bool(words) and all(word[0].isupper() for word in words)


# Of a sentence cut in two, a footnote, an instruction, or one about what the sentence before names.
_LEANS = regex.compile(
    r"\P{L}*\p{Ll}|\s*(?:\(?(?:[¹²³⁰⁴-⁹*†‡☐☒☑□■¨]|\p{N}{1,2}\))|\p{N}{1,2}\s\p{Lu})|\W*(?i:notes?:|sources?:)"
    r"|\W*(?i:see|refer|indicate by check|he|she|it|they|his|her|its|their)\b"
)
_ASKS = regex.compile(r"[?？؟]\W*$")
_FEWEST_WORDS = 8


def stands_alone(sentence: ReadSentence, title: str) -> bool:
    """No row, heading, question, footnote, instruction or fragment does."""
    text = sentence.text
    return (
        not is_row(text)
        and not is_fragment(text)
        and _LEANS.match(text) is None
        and _ASKS.search(text) is None
        and not names_only(sentence, title)
        and len(_LONG_WORD.findall(text)) >= _FEWEST_WORDS
    )
