"""Checks that a sentence is complete and not a fragment."""

from __future__ import annotations

import regex

from rag.verification.evidence import Finding, Statement
from rag.verification.words.lexicon import AUXILIARIES, ENGLISH_VERBS, IRREGULAR
from rag.verification.words.words import words_of
from rag.word_lists import listed

_SUBORDINATE = regex.compile(
    r"^\W*(?:because|although|though|while|whereas|which|who|whose|that|since|unless|until|if|when"
    r"|despite|due to)\b(?!.*(?:,|--|—|–)).*$",
    regex.IGNORECASE,
)
_OBJECT = listed("""
to the a an that his her its their it them him for on as into about from by up down over at
""")
_DETERMINERS = listed("the a an his her its their these those this many some all two three most")
_FEWEST = {"zh": 4, "ja": 4}
_FEWEST_WORDS = 3


def fragments(statement: Statement) -> Finding:
    """Check that the statement is a complete sentence.

    In English, its verbs decide. In other languages, its length alone decides.
    """
    reason = "it is a fragment, and no sentence"
    if statement.language in _FEWEST:
        letters = len(regex.findall(r"\p{L}", statement.text))
        whole = letters >= _FEWEST[statement.language]
    elif statement.language == "en":
        whole = not _SUBORDINATE.match(statement.text) and _has_predicate(statement.text)
    else:
        whole = len(words_of(statement.text, statement.language)) >= _FEWEST_WORDS
    return Finding("fragments", 1.0) if whole else Finding("fragments", 0.5, reason, fatal=False)


def _has_predicate(text: str) -> bool:
    found = words_of(text, "en")
    words = [word.text.lower() for word in found]
    finite = AUXILIARIES - {"to", "be", "been", "being"}
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        after = words[place + 1] if place + 1 < len(words) else ""
        if word in finite or (word.endswith(("n't", "n’t", "'s", "’s")) and after in _DETERMINERS):
            return True
        if place and word in ENGLISH_VERBS and before not in _DETERMINERS:
            return True
        if place and len(word) > 3 and word.endswith("ed") and before not in _DETERMINERS:
            return True
        if place and IRREGULAR.get(word, word) != word and word not in {"children", "people", "men", "women"}:
            return True
        named = place > 0 and found[place - 1].text[:1].isupper() and not found[place].text[:1].isupper()
        if place and (
            _may_be_verb(word, before, after) or (named and _is_singular(word) and before != "the")
        ):
            return True
    return False


def _may_be_verb(word: str, before: str, after: str) -> bool:
    """Return whether a word is used as a verb, judged by the words before and after it.

    It is if it ends in *-s* and an object follows (*runs the school*), or if it follows a plural (*farmers
    grow the rice*).
    """
    if before in _DETERMINERS or before.isdigit():
        return False
    return (
        _is_singular(word)
        and (
            after.isdigit()
            or (after in _OBJECT and after != "at")
            or (len(after) > 5 and after.endswith("ing"))
        )
    ) or (before.endswith("s") and after in _DETERMINERS)


def _is_singular(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3
