"""Prints how much two copies of a text resemble each other, by the share of words that differ.

``python -m benchmarks.near_duplicates [SET …] [--texts N] [--documents N]``. The first table exchanges words,
or adds them to the end, like footers; the others have the pairs, the groups, and the time to find them.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.datasets import data_folder
from index.catalog.duplicate_groups import group_labels
from index.text.minhash import NEAR_DUPLICATE, PERMUTATIONS, numbers, resemblance, signature
from rag.evaluation import read_dataset

SETS = ("scifact", "clapnq", "squad2", "mlqa-zh")
SHARES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
OWN = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)
NEAR = (0.1, 0.3, NEAR_DUPLICATE, 0.7)
_SHORTEST = 100
"""In words, so that one word in a hundred can be exchanged."""

Change = Callable[[Sequence[str], float, random.Random], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="*", default=SETS, metavar="SET")
    parser.add_argument("--texts", type=int, default=200, help="texts that are changed, of all sets together")
    parser.add_argument("--documents", type=int, default=3000, help="documents of a set at most")
    arguments = parser.parse_args()
    sets = {
        name: [document.text for document in read_dataset(data_folder() / name).documents.values()]
        for name in arguments.sets
    }
    long = [text for texts in sets.values() for text in texts if len(text.split()) >= _SHORTEST]
    chance = random.Random(1)  # noqa: S311 (texts, not secrets)
    chosen = chance.sample(long, min(arguments.texts, len(long)))
    print(f"{len(chosen)} texts, {statistics.median(len(text.split()) for text in chosen):.0f} words\n")
    print("| changed | share | median | 5 % … 95 % | near-duplicates |\n|---|---|---|---|---|")
    for name, change, shares in (("words exchanged", _exchange, SHARES), ("words of its own", _append, OWN)):
        for share in shares:
            print(_row(name, share, [_alike(text, change, share) for text in chosen]))
    print(
        f"\n| set | documents | pairs | {' | '.join(f'≥ {near}' for near in NEAR)} | in groups | seconds |\n"
        f"|{'---|' * (5 + len(NEAR))}"
    )
    for name, texts in sets.items():
        print(_set_row(name, _signatures(texts[: arguments.documents])))
    print("\n| documents | share that all have in common | in groups | seconds |\n|---|---|---|---|")
    for common in (0.0, 0.05, 0.1, 0.2):
        labels, seconds = _timed(_random_signatures(10_000, common))
        print(f"| 10000 | {common} | {_grouped(labels)} | {seconds:.2f} |")


def _exchange(words: Sequence[str], share: float, chance: random.Random) -> str:
    places = set(chance.sample(range(len(words)), round(share * len(words))))
    return " ".join(_own(place, chance) if place in places else word for place, word in enumerate(words))


def _append(words: Sequence[str], share: float, chance: random.Random) -> str:
    return " ".join([*words, *(_own(place, chance) for place in range(round(share * len(words))))])


def _own(place: int, chance: random.Random) -> str:
    return f"own{place}x{chance.randrange(10**9)}"


def _alike(text: str, change: Change, share: float) -> float:
    """If words are added, the text and the copy get different words."""
    chance = random.Random(text)  # noqa: S311 (words, not secrets)
    one = text if change is _exchange else change(text.split(), share, chance)
    both = _signatures([one, change(text.split(), share, chance)])
    return float(resemblance(both[0], both[1:])[0])


def _row(name: str, share: float, scores: Sequence[float]) -> str:
    low, high = np.quantile(scores, [0.05, 0.95])
    found = statistics.mean(score >= NEAR_DUPLICATE for score in scores)
    return (
        f"| {name} | {share:.0%} | {statistics.median(scores):.2f} | {low:.2f} … {high:.2f} | {found:.0%} |"
    )


def _signatures(texts: Sequence[str]) -> npt.NDArray[np.uint32]:
    return numbers(b"".join(filter(None, map(signature, texts))))


def _set_row(name: str, stored: npt.NDArray[np.uint32]) -> str:
    scores = np.concatenate([resemblance(row, stored[place + 1 :]) for place, row in enumerate(stored)])
    counts = " | ".join(str(int((scores >= near).sum())) for near in NEAR)
    labels, seconds = _timed(stored)
    return f"| {name} | {len(stored)} | {len(scores)} | {counts} | {_grouped(labels)} | {seconds:.2f} |"


def _timed(stored: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.intp], float]:
    began = time.perf_counter()
    return group_labels(stored), time.perf_counter() - began


def _grouped(labels: npt.NDArray[np.intp]) -> int:
    sizes = np.bincount(labels)
    return int(sizes[sizes > 1].sum())


def _random_signatures(documents: int, common: float) -> npt.NDArray[np.uint32]:
    """Any two share a part of their numbers, and a tenth of them has a near copy."""
    chance = np.random.default_rng(1)
    all_have = chance.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
    stored = chance.integers(0, 2**32, (documents, PERMUTATIONS), dtype=np.uint32)
    stored = np.where(chance.random(stored.shape) < common**0.5, all_have, stored)
    copies = documents // 10
    kept = chance.random((copies, PERMUTATIONS)) < 0.8
    stored[copies : 2 * copies] = np.where(kept, stored[:copies], stored[copies : 2 * copies])
    return stored


if __name__ == "__main__":
    main()
