"""Prints how well follow-up questions find their evidence: as asked, as searched, and written out.

``python -m benchmarks.followups [seeds] [mtrag-human] [reports] [hurried] [conversations]``; the default is
all. On the sample reports, the figure is the reciprocal rank of the first passage with the evidence; on
``mtrag-human`` fused nDCG@10. ``reports`` prints what was answered, for a person to judge; ``hurried`` counts
the right answers and refusals in sixty conversations. ``conversations`` asks conversations of four turns over
``train``, each turn after the answers before it, and counts the turns after the first: *searched* have most
words of an evidence's quote in one passage that the answer lists, *right* have a right first citation.
``--home FOLDER`` is a library of ``train`` that is already indexed (otherwise half an hour), ``--file`` has
other conversations.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from benchmarks.datasets import data_folder, open_index
from benchmarks.real_reports import is_right, share, words_shared
from index.embedding.encoder import Encoder, open_encoder
from index.ingest import sync
from index.library import Library
from index.search.fusion import DENSE_WEIGHT
from rag.answers import Answer
from rag.conversations.history import Conversation, exchange_of
from rag.engine import QueryEngine
from rag.evaluation import read_dataset
from rag.evaluation.datasets import read_json_lines
from rag.evaluation.measures import Sample, bootstrap, estimate, interval, mean, measure_retrieval
from rag.follow_ups import Exchange

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests" / "rag" / "follow_ups"
CONVERSATIONS = "mtrag-human"
FORMS = ("as asked", "as searched", "written out")
DEPTH = 10
"""Passages among which the evidence is sought."""

OF_TRAIN = Path(__file__).parent / "questions" / "conversations.jsonl"
SEARCHED = 0.9
"""Of the words of an evidence's quote, in a passage that was found."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """``evidence``: a document's name and words. ``held_out``: nobody saw it while writing the rules."""

    id: str
    history: tuple[str, ...]
    question: str
    written_out: str
    evidence: tuple[tuple[str, str], ...]
    kind: str
    split: str


def read_follow_ups(file: Path = TESTS / "followups.jsonl") -> list[FollowUp]:
    return [
        FollowUp(
            row["_id"],
            tuple(turn["question"] for turn in row["history"]),
            row["question"],
            row["written_out"],
            tuple((item["document"], item["text"]) for item in row["evidence"]),
            row["kind"],
            row["split"],
        )
        for _, row in read_json_lines(file)
    ]


def searched(engine: QueryEngine, question: str, history: Sequence[str]) -> str:
    """After it has answered the earlier questions."""
    exchanges: list[Exchange] = []
    for earlier in history:
        exchanges.append(exchange_of(engine.ask(earlier, conversation=Conversation(None, tuple(exchanges)))))
    return engine.ask(question, conversation=Conversation(None, tuple(exchanges))).standalone or question


def reciprocal_rank(index: Library, question: str, follow_up: FollowUp) -> float:
    """Of the first passage that has a whole piece of evidence; 0 if none has."""
    for rank, hit in enumerate(index.search(question, DEPTH), 1):
        for document, words in follow_up.evidence:
            if hit.document.path == document and words in hit.text:
                return 1 / rank
    return 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parts = ("seeds", CONVERSATIONS, "reports", "hurried", "conversations")
    parser.add_argument("parts", nargs="*", choices=parts, default=parts, metavar="PART")
    parser.add_argument("--home", type=Path, help="a library of train")
    parser.add_argument("--file", type=Path, default=OF_TRAIN)
    options = parser.parse_args()
    encoder = open_encoder()
    if "seeds" in options.parts:
        _over_seeds(encoder)
    if CONVERSATIONS in options.parts:
        _over_conversations(encoder)
    if "reports" in options.parts:
        _over_reports(encoder)
    if "hurried" in options.parts:
        _over_hurried(encoder)
    if "conversations" in options.parts:
        _over_train(encoder, options.home, options.file)


@contextmanager
def _library(folder: Path, encoder: Encoder) -> Iterator[Library]:
    with tempfile.TemporaryDirectory() as home, Library.open(Path(home), encoder) as index:
        sync(index, [folder])
        yield index


def _over_seeds(encoder: Encoder) -> None:
    follow_ups = read_follow_ups()
    with _library(ROOT / "seeds", encoder) as index:
        engine = QueryEngine(index)
        ranks = np.array([
            [
                reciprocal_rank(index, text, each)
                for text in (each.question, searched(engine, each.question, each.history), each.written_out)
            ]
            for each in follow_ups
        ])  # fmt: skip
    print(f"\nseeds: reciprocal rank of the first passage with the evidence, of {DEPTH}")
    for part in ("tune", "held_out", "together", *dict.fromkeys(each.kind for each in follow_ups)):
        places = [at for at, each in enumerate(follow_ups) if part in {each.split, each.kind, "together"}]
        ids = tuple(follow_ups[at].id for at in places)
        _print_row(part, [Sample(ids, mean(ranks[places, form])) for form in range(len(FORMS))])


def _over_conversations(encoder: Encoder) -> None:
    folder = data_folder() / CONVERSATIONS
    dataset = read_dataset(folder)
    forms: dict[str, tuple[str, str, str]] = {}
    with open_index(dataset, encoder) as index:
        engine = QueryEngine(index)
        for _, row in read_json_lines(folder / "queries.jsonl"):
            earlier = [turn.strip() for turn in row["all_questions"].split("|user|:")[1:-1]]
            turns = Conversation(None, tuple(Exchange(turn) for turn in earlier))
            asked = row["text"]
            form = engine.ask(asked, conversation=turns).standalone or asked
            forms[row["_id"]] = (asked, form, row["rewrite"])
        samples = [
            measure_retrieval(
                index, [replace(query, text=forms[query.id][form]) for query in dataset.queries], DENSE_WEIGHT
            )["retrieval", "fused", "ndcg@10"]
            for form in range(len(FORMS))
        ]
    changed = sum(asked != form for asked, form, _ in forms.values())
    print(f"\n{CONVERSATIONS}: fused nDCG@10 ({changed} of {len(forms)} last turns are joined)")
    _print_row("all", samples)


def _over_reports(encoder: Encoder) -> None:
    with _library(data_folder() / "reports", encoder) as index:
        engine = QueryEngine(index)
        for _, row in read_json_lines(TESTS / "real_reports.jsonl"):
            _print_answer(engine, row)


def _print_answer(engine: QueryEngine, row: dict[str, Any]) -> None:
    exchanges: list[Exchange] = []
    for earlier in row["history"]:
        exchanges.append(exchange_of(engine.ask(earlier, conversation=Conversation(None, tuple(exchanges)))))
    answer = engine.ask(row["question"], conversation=Conversation(None, tuple(exchanges)))
    cited = answer.citations[0] if answer.citations else None
    print(f"\n{row['_id']} {' / '.join(row['history'])} / {row['question']}")
    print(f"  searched: {answer.standalone or answer.question}")
    print(f"  answered: {cited.path if cited else '–'}: {answer.text[:300]!r}")
    print(f"  expected: {row['document']}: {row['answer']!r}")


def _over_hurried(encoder: Encoder) -> None:
    rows = [row for _, row in read_json_lines(TESTS / "hurried.jsonl")]
    outcomes: Counter[tuple[str, str]] = Counter()
    for name in ("field", "reports"):
        with _library(data_folder() / name, encoder) as index:
            engine = QueryEngine(index)
            for row in rows:
                if row["library"] == name:
                    outcomes[row["split"], _outcome(engine, row)] += 1
    print("\nhurried: answers to the last question")
    for split in ("tune", "held_out"):
        counted = {outcome: outcomes[split, outcome] for outcome in ("right", "refused", "repeated", "wrong")}
        print(f"| {split.replace('_', ' ')} | {' | '.join(f'{word} {n}' for word, n in counted.items())} |")


def _outcome(engine: QueryEngine, row: dict[str, Any]) -> str:
    """A row without an answer needs a refusal."""
    answers: list[Answer] = []
    for question in [*row["history"], row["question"]]:
        before = Conversation(None, tuple(map(exchange_of, answers)))
        answers.append(engine.ask(question, conversation=before))
    *_, before_last, last = [
        [(each.path, " ".join(each.quote.split())) for each in a.citations] for a in answers
    ]
    if not row["answer"]:
        return "wrong" if last else "right"
    if any(path == row["document"] and row["answer"] in quote for path, quote in last):
        return "right"
    return "refused" if not last else "repeated" if last == before_last else "wrong"


@dataclass(frozen=True, slots=True)
class Turn:
    """What became of a turn; ``searched`` and ``right`` are False if it has no answer."""

    number: int
    answerable: bool
    searched: bool
    right: bool
    answer: Answer


def ask_turns(engine: QueryEngine, turns: Sequence[Mapping[str, Any]], form: str) -> Iterator[Turn]:
    """``form``: ``question`` for each turn after those before it, ``written_out`` for each by itself."""
    before: list[Exchange] = []
    for number, turn in enumerate(turns, 1):
        history = Conversation(None, tuple(before) if form == "question" else ())
        answer = engine.ask(turn[form], conversation=history)
        before.append(exchange_of(answer))
        searched = any(
            PurePath(each.path).name == evidence["document"]
            and words_shared(each.text, evidence["quote"]) >= SEARCHED
            for each in answer.passages
            for evidence in turn["evidence"]
        )
        first = answer.citations[:1]
        right = any(
            is_right(each, evidence, turn["answers"]) for each in first for evidence in turn["evidence"]
        )
        yield Turn(number, turn["answerable"], searched, right, answer)


def _over_train(encoder: Encoder, home: Path | None, file: Path) -> None:
    conversations = [row["turns"] for _, row in read_json_lines(file)]
    with Library.open(home, encoder) if home else _library(data_folder() / "train", encoder) as index:
        engine = QueryEngine(index)
        print(f"\nconversations: turns after the first of {len(conversations)}")
        print("| | answerable | searched | right | refused | unanswerable | refused |")
        print("|---|---|---|---|---|---|---|")
        for name, form in (("as typed", "question"), ("written out", "written_out")):
            asked = [turn for turns in conversations for turn in ask_turns(engine, turns, form)]
            _print_turns(name, [turn for turn in asked if turn.number > 1])


def _print_turns(name: str, turns: Sequence[Turn]) -> None:
    own = [turn for turn in turns if turn.answerable]
    others = [turn for turn in turns if not turn.answerable]
    figures: tuple[Iterable[bool], ...] = (
        (turn.searched for turn in own),
        (turn.right for turn in own),
        (turn.answer.abstained for turn in own),
    )
    refused = share(turn.answer.abstained for turn in others)
    print(f"| {name} | {len(own)} | {' | '.join(map(share, figures))} | {len(others)} | {refused} |")


def _print_row(name: str, samples: Sequence[Sample]) -> None:
    shown = []
    for sample in samples:
        figure, (low, high) = estimate(sample), interval(bootstrap(sample))
        shown.append(f"{figure.value if figure else np.nan:.3f} ({low:.3f} to {high:.3f})")
    print(f"| {name.replace('_', ' ')} | {len(samples[0].queries)} | {' | '.join(shown)} |")


if __name__ == "__main__":
    main()
