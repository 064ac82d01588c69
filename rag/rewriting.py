"""Follow-ups → questions that stand alone: by the language model where there is one, else by rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import regex

from index.analysis import Term, terms
from rag.conversation import Exchange, Rewritten, stand_alone
from rag.features import holds
from rag.llm import LanguageModel, ModelError
from rag.prompting import rewriting
from rag.questions import MAX_QUESTION_CHARACTERS, Question, understand

Rarity = Callable[[Sequence[Term]], Mapping[Term, float]]
"""Words → how telling each of them is in the library."""

KEEPS = 0.6
"""The share of a follow-up's words that its rewriting must have, to be one."""

_MOST_CHARACTERS = 400
"""Of a rewriting: a longer one is an answer."""

_MOST_ANSWER_CHARACTERS = 600
"""Of each earlier answer that the model is shown."""

_LABEL = regex.compile(
    r"^\W*(?:q|(?:standalone |rewritten |the )?(?:last )?question)\s*:\s*", regex.IGNORECASE
)


def rewrite(
    question: Question, history: Sequence[Exchange], model: LanguageModel | None, rarity: Rarity
) -> Rewritten:
    """The question as it stands alone.

    What a model writes is used only where all its telling words are the conversation's, and those of the
    follow-up are still there: else, and where the model fails, the rules decide.

    Args:
        question: as it was asked.
        history: earlier turns, the oldest first.
        model: rewrites, where there is one.
        rarity: tells how telling words are.
    """
    by_rule = stand_alone(question.text, history, rarity)
    if model is None or not history:
        return by_rule
    written = _written(question, history, model)
    if written is None:
        return by_rule
    carried = _carried(written, question)
    return Rewritten(written, carried) if carried else Rewritten(question.text, ())


def _written(question: Question, history: Sequence[Exchange], model: LanguageModel) -> str | None:
    turns = [(turn.standalone, turn.answer[:_MOST_ANSWER_CHARACTERS]) for turn in history]
    try:
        reply = "".join(model.write(rewriting(question.text, turns)))
    except ModelError:
        # The answer asks the model again, and says what is wrong with it.
        return None
    lines = [line for line in map(str.strip, reply.splitlines()) if line]
    words = _LABEL.sub("", lines[-1]).strip(" \"'“”*") if lines else ""
    return words if _may_stand(words, question, history) else None


def _may_stand(words: str, question: Question, history: Sequence[Exchange]) -> bool:
    if not words or len(words) > min(_MOST_CHARACTERS, MAX_QUESTION_CHARACTERS):
        return False
    if question.text.rstrip().endswith(("?", "？")) and not words.endswith(("?", "？")):
        return False
    said = " ".join([question.text, *(f"{turn.standalone} {turn.answer}" for turn in history)])
    known = frozenset(terms(said, question.language))
    new = terms(words, question.language)
    own = terms(question.text, question.language)
    held = frozenset(new)
    keeps = sum(holds(held, term) for term in own) >= KEEPS * len(own)
    figures = set(understand(words).names) <= {*understand(said).names, *_words(said)}
    return keeps and figures and all(holds(known, term) for term in new)


def _carried(words: str, question: Question) -> tuple[str, ...]:
    own = frozenset(terms(question.text, question.language))
    return tuple(
        word
        for word in dict.fromkeys(_words(words))
        if (its := terms(word, question.language)) and not any(holds(own, term) for term in its)
    )


def _words(text: str) -> list[str]:
    return regex.findall(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}'’.,-]*(?<=[\p{L}\p{N}])", text)
