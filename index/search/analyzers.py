"""Turns texts into terms with tantivy's analysers, by language.

Each passage is indexed in the field of its document's language, with that language's stemmer and stop words.
Text in a script without spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) is indexed in a
separate field, as pairs of characters, whatever the language of the document.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

import regex
import tantivy

from index.text.normalize import UNSPACED

_STEMMED = {
    "ar": "arabic", "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish", "fr": "french",
    "de": "german", "el": "greek", "hu": "hungarian", "it": "italian", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "es": "spanish", "sv": "swedish",
    "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""ISO 639-1 codes of the languages that tantivy stems, and tantivy's names for them."""

_WITHOUT_STOP_WORDS = {"ar", "el", "ro", "ta", "tr"}
"""Stemmed languages for which tantivy has no stop words."""

_PLAIN = "plain"
"""The field of the words of all languages that tantivy does not stem."""

PAIRS = "pairs"
"""The field of pairs of characters, for scripts without spaces between words."""

NO_SPACES = regex.compile(rf"[{UNSPACED}ーｰ]+")
"""A run of characters of a script that puts no spaces between words."""

_WRITTEN = regex.compile(r"(?<![\p{L}\p{M}])\p{L}[\p{L}\p{M}]{2,39}+(?![\p{L}\p{M}])")
"""A word of 3 to 40 letters. A longer run of letters does not count as a word."""

Term = tuple[str, str]
"""A field of the index (a language code, ``plain`` or ``pairs``), and a term in that field."""


def terms(text: str, language: str) -> list[Term]:
    """Return the terms by which ``text`` is indexed if its document is in ``language``, each once.

    The terms in the field of the language come first, then the pairs of characters; both are in the order of
    the text.
    """
    # ASCII has no script without spaces, so most sentences need no field of pairs.
    fields = (field_of(language),) if text.isascii() else (field_of(language), PAIRS)
    return [(field, term) for field in fields for term in terms_in(field, text)]


def single_characters(text: str) -> list[str]:
    """Return the characters of ``text`` from scripts without spaces, each once; none if any two are adjacent.

    In these scripts, only pairs of adjacent characters are terms of the index. A text with a pair is searched
    by its pairs, so its single characters are needed only if it has no pair.
    """
    runs = dict.fromkeys(NO_SPACES.findall(composed(text)))
    return list(runs) if all(len(run) == 1 for run in runs) else []


def field_of(language: str) -> str:
    """Return the field in which words of ``language`` (ISO 639-1) are indexed."""
    return language if language in _STEMMED else _PLAIN


def terms_in(field: str, text: str) -> list[str]:
    """Return the terms by which ``text`` is indexed in ``field``, in order, each once."""
    text = composed(text)
    parts = NO_SPACES.findall(text) if field == PAIRS else [text]
    return list(dict.fromkeys(term for part in parts for term in analyzers()[field].analyze(part)))


def written_words(text: str) -> list[str]:
    """Return the words of ``text`` as they are written, in order, each once.

    Words of fewer than 3 or more than 40 letters are left out, and so are scripts without spaces.
    """
    return list(dict.fromkeys(_WRITTEN.findall(NO_SPACES.sub(" ", composed(text)))))


@cache
def analyzers() -> Mapping[str, tantivy.TextAnalyzer]:
    """Return tantivy's text analyser of each field, by the field's name."""
    return {field: _analyzer(field) for field in (*_STEMMED, _PLAIN, PAIRS)}


def _analyzer(field: str) -> tantivy.TextAnalyzer:
    if field == PAIRS:
        return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(2, 2)).build()
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(80))
        .filter(tantivy.Filter.lowercase())
    )
    if field in _STEMMED and field not in _WITHOUT_STOP_WORDS:
        builder = builder.filter(tantivy.Filter.stopword(_STEMMED[field]))
    if field in _STEMMED:
        builder = builder.filter(tantivy.Filter.stemmer(_STEMMED[field]))
    return builder.filter(tantivy.Filter.ascii_fold()).build()


def composed(text: str) -> str:
    """Compose each letter and its accent into one character (NFC).

    tantivy would end a word before an accent that is a character of its own.
    """
    return unicodedata.normalize("NFC", text)
