"""What a reader should know of an answer that was found: said beside it, in a sentence or two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from babel import Locale

from index.search import Snapshot, Term
from rag.finding.features import words_not_in
from rag.finding.ranking import Scored
from rag.questions import Question

_ENGLISH = Locale("en")


def caveat(index: Snapshot, question: Question, cited: Sequence[Scored]) -> str | None:
    """What the cited sentences lack: the question's language, or words of it that none of them has."""
    foreign = {item.candidate.reading.document.language for item in cited if item.candidate.features.foreign}
    if foreign:
        cited_in = " and ".join(name_language(language) for language in sorted(foreign))
        return f"The question is in {name_language(question.language)}; the words cited are in {cited_in}."
    held: dict[str, frozenset[Term]] = {}
    for item in cited:
        language = item.candidate.reading.document.language
        held[language] = held.get(language, frozenset()) | item.candidate.terms
    lacks = [words_not_in(index, question, words, language) for language, words in held.items()]
    missing = [word for word in lacks[0] if all(word in others for others in lacks)]
    return f"Not mentioned in the sentences cited: {quote_list(missing)}." if missing else None


def name_language(code: str) -> str:
    """The English name of a language by its ISO 639-1 code; the code itself where it has none."""
    return str(_ENGLISH.languages.get(code, code))


def quote_list(words: Iterable[str]) -> str:
    """Words in quotation marks, with commas between them."""
    return ", ".join(f"“{word}”" for word in words)
