"""Prints how well encoders find documents and sentences, beside each other.

``python -m benchmarks.encoders [SET …] [--models …] [--limit N] [--reports FOLDER …]``: half an hour with the
default encoder, two hours with all three. The first table has nDCG@10 for several weights of the vectors; all
ways fuse the same pool, the 100 best by vectors and the 100 best by words. The second has the share of
questions whose right sentence is nearest, or among the 48 that the reader gets; also by late interaction.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import groupby
from statistics import mean

import ir_measures
import numpy as np
import numpy.typing as npt
from ir_measures import nDCG

from benchmarks.asked import Asked, ask_all, questions_about, reports_of
from benchmarks.datasets import HOME, data_folder, open_index
from benchmarks.side_by_side import note
from index.embedding import DEFAULT_MODEL, MULTILINGUAL_MODEL, Encoder, open_encoder
from index.embedding.model import Vectors, late_interaction
from index.library import POOL, Library
from index.search.fusion import fuse
from rag.answer_limits import MAX_READ
from rag.evaluation import Dataset, read_dataset
from rag.evaluation.datasets import Query, spread

MODELS = (DEFAULT_MODEL, "all-MiniLM-L6-v2", MULTILINGUAL_MODEL)
REPORTS = ("reports", "field")

WEIGHTS = (0.0, 0.25, 0.35, 0.5, 0.65, 0.8, 1.0)
POOL_WEIGHT = 0.6
"""If both scores are scaled within the pool."""

RRF_CONSTANT = 60
"""As in Cormack et al., SIGIR 2009."""

NAMES = (*map(str, WEIGHTS), f"scaled in the pool, {POOL_WEIGHT}", "RRF")

Run = Mapping[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help="default: every set with judged documents")
    parser.add_argument("--models", nargs="+", default=MODELS, metavar="MODEL")
    parser.add_argument("--limit", type=int, default=10_000, help="questions of a set at most")
    parser.add_argument("--reports", nargs="*", default=REPORTS, metavar="FOLDER")
    given = parser.parse_args()
    encoders = {name: open_encoder(name, models=HOME / "models") for name in given.models}
    sets = given.sets or sorted(path.parent.name for path in data_folder().glob("*/qrels.tsv"))
    print(f"| set | questions | encoder | {' | '.join(NAMES)} |\n{'|---' * (len(NAMES) + 3)}|")
    for name in sets:
        dataset = read_dataset(data_folder() / name)
        queries = spread([query for query in dataset.queries if query.judged], given.limit)
        for model, encoder in encoders.items():
            note(f"{name}, {model}")
            cells = [f"{figure:.3f}" for figure in searched(dataset, queries, encoder)]
            print(f"| {name} | {len(queries):,} | {model} | {' | '.join(cells)} |", flush=True)
    names = ("nearest", f"among {MAX_READ}", "late: nearest", f"late: among {MAX_READ}")
    print(f"\n| reports | questions | encoder | {' | '.join(names)} |\n{'|---' * (len(names) + 3)}|")
    for folder in given.reports:
        answerable = [question for question in questions_about(folder) if question["answerable"]]
        for model, encoder in encoders.items():
            with reports_of(folder, encoder=encoder) as library:
                cells = [f"{figure:.3f}" for figure in read_shares(library, answerable)]
            print(f"| {folder} | {len(answerable)} | {model} | {' | '.join(cells)} |", flush=True)


def searched(dataset: Dataset, queries: Sequence[Query], encoder: Encoder) -> list[float]:
    """For each of ``NAMES``."""
    with open_index(dataset, encoder) as index:
        runs = {query.id: runs_of(index, query.text) for query in queries}
    return [
        ndcg(queries, {query: each[place] for query, each in runs.items()}) for place in range(len(NAMES))
    ]


def ndcg(queries: Sequence[Query], runs: Mapping[str, Run]) -> float:
    """Of the judged questions; ``runs`` has the documents' scores by question."""
    qrels = {query.id: dict(query.judged) for query in queries if query.judged}
    return float(ir_measures.calc_aggregate([nDCG @ 10], qrels, runs)[nDCG @ 10])


def runs_of(index: Library, query: str) -> list[Run]:
    """For each of ``NAMES``."""
    by_words = index.search(query, POOL, dense_weight=0)
    by_vectors = index.search(query, POOL, dense_weight=1)
    documents = {hit.chunk_id: hit.document.path for hit in [*by_words, *by_vectors]}
    dense = {hit.chunk_id: hit.dense for hit in [*by_words, *by_vectors]}
    lexical = {hit.chunk_id: hit.lexical for hit in by_words}
    with index.snapshot() as snapshot:
        most = snapshot.max_score(query)
    best = max(lexical.values(), default=0.0)
    weighted = [fuse(dense, lexical, most, weight) for weight in WEIGHTS[1:-1]]
    in_pool = fuse(dense, lexical, best, POOL_WEIGHT)
    only_words, only_vectors = lexical, {hit.chunk_id: hit.dense for hit in by_vectors}
    runs = [documents_of(scores, documents) for scores in (only_words, *weighted, only_vectors, in_pool)]
    ranks: dict[str, float] = {}
    for half in (runs[0], runs[len(WEIGHTS) - 1]):
        for rank, document in enumerate(half, 1):
            ranks[document] = ranks.get(document, 0.0) + 1 / (RRF_CONSTANT + rank)
    return [*runs, ranks]


def documents_of(scores: Mapping[int, float], documents: Mapping[int, str]) -> Run:
    """By the best passage of each, best first."""
    best: dict[str, float] = {}
    for number in sorted(scores, key=lambda number: -scores[number]):
        best.setdefault(documents[number], scores[number])
    return best


def read_shares(library: Library, questions: Sequence[Mapping[str, object]]) -> list[float]:
    """The four shares of the second table."""
    tokens = _TokenVectors(library.encoder)
    marks = []
    for asked in ask_all(library, questions):
        orders = (np.arange(len(asked.gold)), _by_late_interaction(asked, tokens))
        gold = [[asked.gold[place] for place in order] for order in orders]
        marks.append([any(own[:most]) for own in gold for most in (1, MAX_READ)])
    return [mean(column) for column in zip(*marks, strict=True)]


def _by_late_interaction(asked: Asked, tokens: _TokenVectors) -> npt.NDArray[np.int64]:
    """By the tokens of sentences. A row keeps its cosine, because it is embedded alone."""
    parts = asked.parts.copy()
    known = tokens.of_sentences(asked)
    question = tokens.of_texts([asked.question.text])[0]
    keys = [(each.sentence.chunk_id, each.sentence.span.start) for each in asked.candidates]
    places = [place for place, key in enumerate(keys) if key in known]
    if places:
        likeness = np.array([late_interaction(question, known[keys[place]]) for place in places])
        parts[places, 1] = (likeness - likeness.min()) / max(float(np.ptp(likeness)), 1e-9)
    return np.argsort(-parts.sum(axis=1), kind="stable")


class _TokenVectors:
    """Those of each passage are made once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}

    def of_texts(self, texts: Sequence[str]) -> list[Vectors]:
        """Unit vectors, shape (tokens, dimensions)."""
        spans = [self._encoder.token_spans(text) for text in texts]
        # The product embeds each sentence as the mean of its tokens, so a sentence of one token is the token.
        embedded = self._encoder.encode_passages(texts, spans)
        return [each.vector[np.newaxis] if each.sentences is None else each.sentences for each in embedded]

    def of_sentences(self, asked: Asked) -> dict[tuple[int, int], Vectors]:
        """By the number of a passage and the place of a sentence in its document."""
        passages: list[tuple[int, str, list[tuple[int, int]]]] = []
        for reading in asked.readings:
            prose = (sentence for sentence in reading.sentences if not sentence.headings)
            for chunk, sentences in groupby(prose, key=lambda sentence: sentence.chunk_id):
                text, places = f"{reading.document.title}\n", []
                for sentence in sentences:
                    places.append((sentence.span.start, len(text)))
                    text += f"{sentence.text} "
                passages.append((chunk, text, places))
        new = list({text for _, text, _ in passages if text not in self._known})
        self._known |= dict(zip(new, self.of_texts(new), strict=True))
        found = {}
        for chunk, text, places in passages:
            starts = [start for start, _ in self._encoder.token_spans(text)]
            ends = [*(place for _, place in places[1:]), len(text)]
            for (start, place), end in zip(places, ends, strict=True):
                first, beyond = np.searchsorted(starts, [place, end])
                found[chunk, start] = self._known[text][first:beyond]
        return found


if __name__ == "__main__":
    main()
