"""Compares a question, token by token, with the nearest sentences in other languages."""

from __future__ import annotations

from collections.abc import Sequence

from index.embedding import Encoder
from rag.finding.features import Candidate
from rag.finding.reranking.encoded_text import text_of
from rag.questions import Question

COMPARED = 16
"""The number of sentences in other languages that are compared with a question: about 1,000 tokens."""

_MAX_CHARACTERS = 400


def compare_across(encoder: Encoder, question: Question, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Compare a question, token by token, with the nearest sentences in other languages.

    The encoder read the whole passage to make the stored vector of a sentence, so this vector differs little
    from the vectors of neighbouring sentences. Between two languages, no common words tell the sentences
    apart. This function therefore embeds each sentence again, with only its title and headings. The new
    ``cosine`` of a candidate is the mean of the stored vector's cosine and the new vector's cosine; ``late``
    is the token-by-token similarity.

    Returns:
        First the candidates that are not compared: those in the question's language, and those in a
        language that the encoder does not read. Then the ``COMPARED`` nearest of the other candidates; the
        rest are dropped. If the encoder does not read the question's language, all
        candidates are returned unchanged.
    """
    known = encoder.languages or frozenset()
    carried: list[Candidate] = []
    others: list[Candidate] = []
    for candidate in candidates:
        languages = {question.language, candidate.reading.document.language}
        (carried if candidate.features.foreign and languages <= known else others).append(candidate)
    if not carried:
        return others
    nearest = sorted(carried, key=lambda candidate: -candidate.features.cosine)[:COMPARED]
    likenesses = encoder.compare(
        question.text, [text_of(candidate)[-_MAX_CHARACTERS:] for candidate in nearest]
    )
    return others + [
        candidate.with_features(cosine=(candidate.features.cosine + likeness.cosine) / 2, late=likeness.late)
        for candidate, likeness in zip(nearest, likenesses, strict=True)
    ]
