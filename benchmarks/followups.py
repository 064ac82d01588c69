"""Prints how well follow-ups are found: as asked, rewritten without a model, and written out.

``python -m benchmarks.followups [seeds] [mtrag-human]``; the default is both. On ``mtrag-human`` the figure
is fused nDCG@10 over the last turns of its conversations, with only the earlier questions known. On the
sample reports, with the sixty follow-ups of ``tests/rag/follow_ups/followups.jsonl``, the figures are the
rank of the first passage with the evidence, and whether an answer cites the evidence. Earlier turns are
rewritten too, as in a real conversation.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.datasets import data_folder, open_index
from index.embedding.encoder import Encoder, open_encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from index.search.fusion import DENSE_WEIGHT
from rag.answers import Answer
from rag.engine import QueryEngine
from rag.evaluation import read_dataset
from rag.evaluation.bootstrap import Array, Sample, bootstrap, estimate, interval, mean
from rag.evaluation.retrieval import measure_retrieval
from rag.follow_ups.conversation import Exchange, Rarity, stand_alone
from rag.json_lines import read_json_lines

_HERE = Path(__file__).parent
SEEDS = _HERE.parent / "seeds"
FOLLOW_UPS = _HERE.parent / "tests" / "rag" / "follow_ups" / "followups.jsonl"

FORMS = ("raw", "rewritten", "written out")
CONVERSATIONS = "mtrag-human"
DEPTH = 10
"""The number of passages among which the evidence is sought."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question in a conversation over the sample reports.

    Attributes:
        id: the name of the question.
        history: the earlier turns: questions with their answers or "".
        question: the question as asked.
        written_out: the question as a person would ask it alone.
        evidence: names of documents, each with words of it that answer the question.
        kind: the part that the question leaves to earlier turns.
        split: ``tune``, or ``held_out`` if nobody looked at it while the rules were written.
    """

    id: str
    history: tuple[tuple[str, str], ...]
    question: str
    written_out: str
    evidence: tuple[tuple[str, str], ...]
    kind: str
    split: str

    def forms(self, rarity: Rarity) -> tuple[str, str, str]:
        """Return the question in each of ``FORMS``."""
        return self.question, rewritten(self.question, self.history, rarity), self.written_out


def read_follow_ups(file: Path = FOLLOW_UPS) -> list[FollowUp]:
    """Read the follow-ups of a file."""
    return [
        FollowUp(
            row["_id"],
            tuple((turn["question"], turn.get("answer", "")) for turn in row["history"]),
            row["question"],
            row["written_out"],
            tuple((item["document"], item["text"]) for item in row["evidence"]),
            row["kind"],
            row["split"],
        )
        for _, row in read_json_lines(file)
    ]


def rewritten(question: str, history: Sequence[tuple[str, str]], rarity: Rarity) -> str:
    """Rewrite a question after the turns before it, which are rewritten in the same way."""
    kept: list[Exchange] = []
    for earlier, answer in history:
        kept.append(Exchange(earlier, stand_alone(earlier, kept, rarity).question, answer))
    return stand_alone(question, kept, rarity).question


def reciprocal_rank(index: Library, question: str, follow_up: FollowUp) -> float:
    """Return the reciprocal rank of the first passage that has a piece of evidence whole; 0 without one."""
    for rank, hit in enumerate(index.search(question, DEPTH), 1):
        for document, words in follow_up.evidence:
            if hit.document.path == document and words in hit.text:
                return 1 / rank
    return 0.0


def share_closed(raw: Sequence[float], rewritten: Sequence[float], written_out: Sequence[float]) -> float:
    """Return the share of a gap that rewriting closes.

    It is the gap between the figures for questions as asked and for questions that a person wrote out.
    """
    return float((np.mean(rewritten) - np.mean(raw)) / (np.mean(written_out) - np.mean(raw)))


def main(names: list[str]) -> None:
    """Measure and print the tables."""
    encoder = open_encoder()
    if not names or "seeds" in names:
        _over_seeds(encoder)
    if not names or CONVERSATIONS in names:
        _over_conversations(encoder)


def _over_conversations(encoder: Encoder) -> None:
    folder = data_folder() / CONVERSATIONS
    dataset = read_dataset(folder)
    rows = {row["_id"]: row for _, row in read_json_lines(folder / "queries.jsonl")}
    samples = []
    with open_index(dataset, encoder) as index:
        with index.snapshot() as snapshot:
            forms = {name: _forms(row, snapshot.idf) for name, row in rows.items()}
        for form in range(len(FORMS)):
            queries = [replace(query, text=forms[query.id][form]) for query in dataset.queries]
            figures = measure_retrieval(index, queries, DENSE_WEIGHT)
            samples.append(figures["retrieval", "fused", "ndcg@10"])
    changed = sum(raw != new for raw, new, _ in forms.values())
    print(f"\n{CONVERSATIONS}, fused nDCG@10 ({changed} of {len(rows)} last turns are rewritten)")
    _print_rows([("all", samples)])


def _forms(row: Mapping[str, str], rarity: Rarity) -> tuple[str, str, str]:
    earlier = [(turn.strip(), "") for turn in row["all_questions"].split("|user|:")[1:-1]]
    return row["text"], rewritten(row["text"], earlier, rarity), row["rewrite"]


def _over_seeds(encoder: Encoder) -> None:
    follow_ups = read_follow_ups()
    with (
        tempfile.TemporaryDirectory() as home,
        Isolated() as reader,
        Library.open(Path(home), encoder) as index,
    ):
        sync(index, [SEEDS], reader=reader)
        engine = QueryEngine(index)
        with index.snapshot() as snapshot:
            forms = [each.forms(snapshot.idf) for each in follow_ups]
        paired = list(zip(follow_ups, forms, strict=True))
        ranks = [[reciprocal_rank(index, text, each) for text in texts] for each, texts in paired]
        cites = [[_cites(index, engine.ask(text), each) for text in texts] for each, texts in paired]
    reciprocal, cited = np.array(ranks), np.array(cites)
    for title, values in (
        (f"seeds, reciprocal rank of the first passage with the evidence, of {DEPTH}", reciprocal),
        ("seeds, evidence in the first passage", (reciprocal == 1).astype(float)),
        ("seeds, evidence among the sentences that the answer cites", cited),
    ):
        print(f"\n{title}")
        _print_rows(_by_part(follow_ups, values))


def _cites(index: Library, answer: Answer, follow_up: FollowUp) -> float:
    """Return 1 if a quote has all words of a piece of evidence or lies within it, else 0."""
    quotes = [(index.catalog.document(each.document_id).path, each.quote) for each in answer.citations]
    return float(
        any(
            path == document and (words in quote or quote in words)
            for path, quote in quotes
            for document, words in follow_up.evidence
        )
    )


def _by_part(follow_ups: Sequence[FollowUp], values: Array) -> list[tuple[str, list[Sample]]]:
    kinds = dict.fromkeys(each.kind for each in follow_ups)
    rows = []
    for part in ("tune", "held_out", "together", *kinds):
        places = [
            place for place, each in enumerate(follow_ups) if part in {each.split, each.kind, "together"}
        ]
        ids = tuple(follow_ups[place].id for place in places)
        samples = [Sample(ids, mean(values[places, form])) for form in range(len(FORMS))]
        rows.append((part.replace("_", " "), samples))
    return rows


def _print_rows(rows: Sequence[tuple[str, Sequence[Sample]]]) -> None:
    print("| | questions | " + " | ".join(FORMS) + " | gain by rewriting | distance closed |")
    print("|---" * (len(FORMS) + 4) + "|")
    for name, samples in rows:
        values = [figure.value if (figure := estimate(sample)) else np.nan for sample in samples]
        shown = [_with_interval(*pair) for pair in zip(values, map(bootstrap, samples), strict=True)]
        gain = _with_interval(values[1] - values[0], bootstrap(samples[1]) - bootstrap(samples[0]), "+")
        distance = values[2] - values[0]
        closed = f"{(values[1] - values[0]) / distance:.0%}" if distance > 0 else "–"
        print(f"| {name} | {len(samples[0].queries)} | {' | '.join(shown)} | {gain} | {closed} |")


def _with_interval(value: float, resampled: Array, sign: str = "") -> str:
    low, high = interval(resampled)
    return f"{value:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


if __name__ == "__main__":
    main(sys.argv[1:])
