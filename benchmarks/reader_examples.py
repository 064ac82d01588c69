"""Questions with windows that answer them or do not: what the reader is trained on.

Real questions come from the ``train`` part of the sets; their negatives are passages that the product's own
search finds and that do not answer, the right passage without the sentence that answers, and the right
passage for a question with one of its names or figures exchanged. Made-up ones (:func:`cloze`) take a name or
a figure out of a sentence and ask for it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import regex

from benchmarks.datasets import EvaluationSet
from index.segmentation import sentences
from index.store import Index
from rag.evaluation.splits import Part, part_of
from rag.windows import Window

MAX_SENTENCES = 6
RETRIEVED = 12
"""Passages that are searched for negatives."""

_NAME = regex.compile(
    r"(?<!^)(?<![.?!]\s)\b\p{Lu}[\p{L}'’-]+(?:\s\p{Lu}[\p{L}'’-]+)*|\b\p{N}[\p{N}.,]*(?<=\p{N})"
)
_YEAR = regex.compile(r"^1\d{3}$|^20\d{2}$")


@dataclass(frozen=True, slots=True)
class Example:
    """A question and a window.

    Attributes:
        question: what is asked.
        window: where the answer may be.
        gold: whether each sentence answers; all False where the window does not.
        answers: strings that answer where they stand in a gold sentence; none where the whole sentence does.
    """

    question: str
    window: Window
    gold: tuple[bool, ...]
    answers: tuple[str, ...]


def split(text: str) -> tuple[str, ...]:
    """The sentences of an English passage."""
    return tuple(span.of(text) for span in sentences(text, "en"))


def real(evaluation: EvaluationSet, index: Index | None, part: Part, seed: int = 0) -> list[Example]:
    """The questions of one part of a set, each with the windows that answer it and some that do not.

    Args:
        evaluation: the set.
        index: all of its documents, to search for negatives; None for the right passage alone, whole.
        part: which titles.
        seed: of the random choice of windows.
    """
    chance = random.Random(seed)  # noqa: S311
    examples: list[Example] = []
    for number, query in evaluation.queries.items():
        document = gold_document(evaluation, number)
        title = evaluation.corpus[document][0] if document else ""
        if not document or part_of(title or document) != part or not _usable(query):
            continue
        examples.extend(_of_question(evaluation, index, query, document, chance))
    return examples


def gold_document(evaluation: EvaluationSet, number: str) -> str | None:
    """The document that a question is about, also where it does not answer it."""
    judged = evaluation.qrels.get(number)
    return next(iter(judged)) if judged else evaluation.queries[number].get("doc")


def answers_of(query: Mapping[str, Any]) -> tuple[str, ...]:
    """The strings that answer a question."""
    found = query.get("answers", query.get("answer") if isinstance(query.get("answer"), list) else ()) or ()
    return tuple(str(answer) for answer in found if str(answer).strip())


def gold_flags(query: Mapping[str, Any], texts: Sequence[str]) -> tuple[bool, ...]:
    """Which sentences answer a question."""
    if not query.get("answerable", True):
        return (False,) * len(texts)
    if selected := query.get("selected_sentences"):
        plain = [" ".join(gold.split()) for gold in selected]
        return tuple(
            any(" ".join(text.split()) in gold or gold in " ".join(text.split()) for gold in plain)
            for text in texts
        )
    answers = [answer.casefold() for answer in answers_of(query)]
    return tuple(any(answer in text.casefold() for answer in answers) for text in texts)


def cloze(corpus: Mapping[str, tuple[str, str]], seed: int, a_sentence: int = 3) -> Iterator[Example]:
    """Made-up questions over passages: a name or a figure of a sentence, asked for by the rest of it.

    After Lewis et al., Unsupervised Question Answering by Cloze Translation, ACL 2019: a clause, its
    answer replaced by a question word in front, words dropped and shuffled a little.

    Args:
        corpus: title and text by document.
        seed: of every random choice.
        a_sentence: questions that a sentence is asked for at most.
    """
    chance = random.Random(seed)  # noqa: S311
    names = {key: list(dict.fromkeys(_NAME.findall(text))) for key, (_, text) in corpus.items()}
    by_title: dict[str, list[str]] = {}
    for key, (title, _) in corpus.items():
        by_title.setdefault(title or key, []).append(key)
    everywhere = list(corpus)
    for key, (title, text) in corpus.items():
        texts = split(text)
        for place, sentence in enumerate(texts):
            found = list(dict.fromkeys(_NAME.findall(sentence)))
            for answer in chance.sample(found, min(a_sentence, len(found))):
                question = _asked_for(sentence, answer, chance)
                if question is None:
                    continue
                gold = tuple(i == place for i in range(len(texts)))
                right = Example(question, Window(title, texts), gold, (answer,))
                draw = chance.random()
                if draw < 0.5:
                    yield crop(right, chance)
                elif draw < 0.65:
                    yield crop(_without_gold(right), chance)
                elif draw < 0.85:
                    others = [name for other in by_title[title or key] for name in names[other]]
                    changed = _exchanged(question, others, text, chance)
                    yield crop(_null(replace(right, question=changed)) if changed else right, chance)
                else:
                    near = [other for other in by_title[title or key] if other != key]
                    other = chance.choice(near or everywhere)
                    if answer not in corpus[other][1]:
                        yield crop(
                            Example(question, Window(corpus[other][0], split(corpus[other][1])), (), ()),
                            chance,
                        )


def crop(example: Example, chance: random.Random) -> Example:
    """A random run of at most ``MAX_SENTENCES`` sentences, about a gold one where there is one."""
    texts = example.window.sentences
    gold = example.gold or (False,) * len(texts)
    length = min(len(texts), chance.randint(3, MAX_SENTENCES))
    places = [place for place, is_gold in enumerate(gold) if is_gold]
    about = chance.choice(places) if places else chance.randrange(max(len(texts), 1))
    start = min(max(about - chance.randrange(length), 0), len(texts) - length) if texts else 0
    title = example.window.title if chance.random() < 0.8 else ""
    kept = slice(start, start + length)
    return replace(example, window=Window(title, texts[kept]), gold=gold[kept])


def _usable(query: Mapping[str, Any]) -> bool:
    return not query.get("answerable", True) or bool(answers_of(query) or query.get("selected_sentences"))


def _of_question(
    evaluation: EvaluationSet,
    index: Index | None,
    query: Mapping[str, Any],
    document: str,
    chance: random.Random,
) -> Iterator[Example]:
    question, answers = str(query["text"]), answers_of(query)
    title, text = evaluation.corpus[document]
    texts = split(text)
    right = Example(question, Window(title, texts), gold_flags(query, texts), answers)
    if index is None:
        yield right
        return
    answerable = any(right.gold)
    if query.get("answerable", True) and not answerable:
        return
    for _ in range(3 if answerable else 2):
        yield crop(right, chance)
    if answerable:
        if not all(right.gold) and chance.random() < 0.6:
            yield crop(_without_gold(right), chance)
        names = [
            name
            for _, (other, words) in evaluation.corpus.items()
            if other == title
            for name in _NAME.findall(words)
        ]
        changed = _exchanged(question, names, text, chance)
        if changed and chance.random() < 0.6:
            yield crop(_null(replace(right, question=changed)), chance)
    hits = index.search(question, RETRIEVED)
    wrong = [
        hit
        for hit in hits
        if hit.document.path != document and not any(gold_flags({**query, "answerable": True}, [hit.text]))
    ]
    for hit in wrong[:1] + chance.sample(wrong[1:], min(1, len(wrong[1:]))):
        texts = tuple(span.of(evaluation.corpus[hit.document.path][1]) for span in hit.sentences)
        yield crop(Example(question, Window(hit.document.title, texts), (), ()), chance)


def _null(example: Example) -> Example:
    return replace(example, gold=(False,) * len(example.window.sentences), answers=())


def _without_gold(example: Example) -> Example:
    pairs = zip(example.window.sentences, example.gold, strict=True)
    texts = tuple(text for text, is_gold in pairs if not is_gold)
    texts = tuple(
        text for text in texts if not any(answer.casefold() in text.casefold() for answer in example.answers)
    )
    return _null(replace(example, window=Window(example.window.title, texts)))


def _exchanged(question: str, names: Sequence[str], text: str, chance: random.Random) -> str | None:
    """The question with one of its names or figures exchanged for one that the passage does not have."""
    own = _NAME.findall(question)
    if not own:
        return None
    leaving = chance.choice(own)
    others = [
        name
        for name in dict.fromkeys(names)
        if name not in text and name not in question and name[0].isdigit() == leaving[0].isdigit()
    ]
    return question.replace(leaving, chance.choice(others)) if others else None


def _asked_for(sentence: str, answer: str, chance: random.Random) -> str | None:
    start = sentence.find(answer)
    left = max(sentence.rfind(mark, 0, start) for mark in (", ", "; ", " – ", " (")) + 1
    ends = [at for mark in (", ", "; ", " – ", ")") if (at := sentence.find(mark, start + len(answer))) >= 0]
    right = min(ends, default=len(sentence))
    if right - left < 40:
        left, right = 0, len(sentence)
    before, after = sentence[left:start].split(), sentence[start + len(answer) : right].split()
    words = before + after
    if len(words) < 4:
        return None
    if (
        before
        and before[-1].casefold() in {"in", "on", "by", "of", "at", "from", "the"}
        and chance.random() < 0.5
    ):
        before = before[:-1]
    kept = (
        [word for word in [*after, *before] if chance.random() > 0.12]
        if chance.random() < 0.5
        else [word for word in [*before, *after] if chance.random() > 0.12]
    )
    kept = kept[:24]
    if chance.random() < 0.3 and len(kept) > 3:
        at = chance.randrange(len(kept) - 1)
        kept[at], kept[at + 1] = kept[at + 1], kept[at]
    asked = " ".join(kept).strip(" ,.;:()")
    word = _question_word(answer, sentence[:start], sentence[start + len(answer) :], chance)
    return f"{word} {asked}?"


def _question_word(answer: str, before: str, after: str, chance: random.Random) -> str:
    if _YEAR.match(answer):
        return chance.choice(["When", "What year", "In what year"])
    if answer[0].isdigit():
        return (
            chance.choice(["How many", "How much", "What", "How many"])
            if "%" not in after[:2]
            else "What percentage"
        )
    if before.rstrip().endswith((" in", " at", " to", " from", " near")):
        return chance.choice(["Where", "What", "In which place", "Which"])
    return chance.choice(["Who", "What", "Which", "What", "Who"])
