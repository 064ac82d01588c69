"""Trains the reranker, and writes ``rag/finding/reranking/reranker.safetensors``.

``python -m benchmarks.train_reranker``: an hour on two cores. all-mpnet-base-v2 gets low-rank changes (Hu et
al., LoRA, ICLR 2022) in the attention of its upper layers, and a head. They are trained listwise: the
sentences that the product would rerank for a question compete, each with its score without the reranker plus
the reranker's score. For a question that the library does not answer, none of them is right: that choice has
a score of its own. The reranker's score also competes alone with a second such score: the sentences that
answer must be above it, and all others below. So the score tells by itself whether a sentence answers. The
questions are those of :mod:`benchmarks.written_questions`, and the ``train`` part of the sets. The held-out
questions and the ``tune`` part only show the progress.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, inject_adapter_in_model
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from benchmarks.asked import Asked, asked_of, candidates_of
from benchmarks.datasets import data_folder, open_index
from benchmarks.side_by_side import note
from benchmarks.written_questions import DOCUMENTS, HELD_OUT, PAGES, WrittenQuestion, folders, read_questions
from index.embedding import Encoder, Mpnet, open_encoder, read_mpnet, sha256_of, whole_tokenizer
from index.ingest import sync
from index.library import NO_FILTERS, Library
from index.records import Filters
from rag.evaluation import Dataset, read_dataset
from rag.evaluation.datasets import Part, Query, part_of
from rag.finding.features import Candidate
from rag.finding.ranking import load_weights, rank
from rag.finding.reader import apply_reader, bundled_reader, windows_of
from rag.finding.reranking import ADAPTER, MAX_RERANKED, installed_weights, text_of
from rag.finding.reranking.network import RerankerModel
from rag.finding.reranking.pairs import TokenizedPair, tokenize_pair
from rag.questions import understand

SETS = ("squad2", "mlqa-en", "clapnq", "tatqa")
ANSWERED, UNANSWERED = 600, 200
"""The most questions with and without an answer from the ``train`` part of a set."""

SHOWN = 30
"""The most questions with and without an answer from the ``tune`` part of a set."""

LAYERS = range(4, 12)
RANK = 16
"""The changed layers, and the rank of their changes, which take 1.6 MB in half precision."""

OTHERS = 0.5
"""The weight of a sentence's score without the reranker. It is fixed: the reader learned from the same titles
of the sets, so its scores are better there than on other reports, and a trained weight grows to 1.7."""

ALONE = 0.5
"""The weight of the loss that compares the reranker's scores alone with a trained score."""

LISTED = 8
"""The most sentences of a question: fewer than the product reranks, for time."""

BATCH = 8
LEARNING_RATE = 2e-4
WARM_UP = 20
"""The number of batches over which the learning rate rises. It then falls to a tenth."""

_FILES: tuple[tuple[str, Path, Part], ...] = (
    ("documents", DOCUMENTS, "train"), ("held out", HELD_OUT, "tune"),
)  # fmt: skip

PROVENANCE = {
    "made_by": "benchmarks/train_reranker.py",
    "encoder": "all-mpnet-base-v2",
    "data": "benchmarks/questions; train titles of SQuAD 2.0 (CC BY-SA 4.0), MLQA English (CC BY-SA 3.0), "
    "CLAPNQ (Apache-2.0), TAT-QA (CC BY 4.0)",
}
"""The origin of the weights, written into their file."""


@dataclass(frozen=True, slots=True)
class Competing:
    """A question, and the sentences among which the reranker chooses.

    Attributes:
        name: the set, ``documents``, ``pages`` or ``held out``.
        part: ``train`` or ``tune``.
        pairs: the question with each sentence's text.
        gold: whether each sentence answers; all False if the library does not answer the question.
        scores: the score of each sentence without the reranker, in log-odds.
    """

    name: str
    part: Part
    pairs: tuple[TokenizedPair, ...]
    gold: tuple[bool, ...]
    scores: tuple[float, ...]


class Choice(nn.Module):
    """The reranker with low-rank changes, and the scores of the choice that no sentence answers.

    Attributes:
        reranker: the reranker.
        none: the score of that choice beside sentences with their scores from the reranker and without it.
        none_alone: its score beside sentences with the reranker's scores only.
    """

    def __init__(self, mpnet: Mpnet) -> None:
        super().__init__()
        config = LoraConfig(
            r=RANK,
            lora_alpha=RANK,
            target_modules=["q", "k", "v", "o"],
            layers_to_transform=list(LAYERS),
            layers_pattern="layer",
            init_lora_weights="gaussian",
        )
        inject_adapter_in_model(config, mpnet)
        self.reranker = RerankerModel(mpnet)
        self.none = nn.Parameter(torch.tensor(20.0))
        self.none_alone = nn.Parameter(torch.tensor(15.0))

    def forward(self, item: Competing) -> Tensor:
        """Return the reranker's score of each sentence."""
        with torch.autocast("cpu", torch.bfloat16):
            scores: Tensor = self.reranker(item.pairs)
        return scores

    def loss(self, item: Competing) -> Tensor:
        """Return the sum of three losses.

        The first is that of the choice among all sentences. The others compare the reranker's scores with
        ``none_alone``: those of the sentences that answer, and those of the others.
        """
        alone, gold = self(item), torch.tensor(item.gold)
        together = torch.cat([alone + OTHERS * torch.tensor(item.scores), self.none[None]])
        right = torch.cat([gold, ~gold.any()[None]])
        others = torch.cat([alone[~gold], self.none_alone[None]])
        loss: Tensor = together.logsumexp(0) - together[right].logsumexp(0)
        loss = loss + ALONE * (others.logsumexp(0) - self.none_alone)
        if gold.any():
            answering = torch.cat([alone[gold], self.none_alone[None]])
            loss = loss + ALONE * (answering.logsumexp(0) - alone[gold].logsumexp(0))
        return loss


def main() -> None:
    """Make the lists, train, and write the changes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=1, help="passes over the questions")
    parser.add_argument("--output", type=Path, default=ADAPTER)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    folder = installed_weights()
    if folder is None:
        raise SystemExit("the reranker's packages are not installed; run `make reranker`")
    items = list(_items(folder))
    tune = [item for item in items if item.part == "tune"]
    model = Choice(read_mpnet(folder))
    train(model, [item for item in items if item.part == "train"], tune, arguments.epochs)
    save(model, arguments.output)
    size, digest = arguments.output.stat().st_size, sha256_of(arguments.output)
    print(f"written {arguments.output.name}, {size:,} bytes; ADAPTER_SHA256 is {digest}")


def train(model: Choice, items: Sequence[Competing], tune: Sequence[Competing], epochs: int) -> None:
    """Train on ``items``, and print before the first and after each epoch how well ``tune`` is answered."""
    changes = [each for name, each in model.named_parameters() if ".lora_" in name]
    chosen = {id(each) for each in changes}
    for each in model.reranker.mpnet.parameters():
        each.requires_grad_(id(each) in chosen)
    optimizer = torch.optim.AdamW(
        [
            {"params": changes, "lr": LEARNING_RATE},
            {"params": list(model.reranker.head.parameters()), "lr": 1e-3},
            {"params": [model.reranker.scale, model.none, model.none_alone], "lr": 0.1},
        ],
        weight_decay=0.01,
    )
    chance = random.Random(0)  # noqa: S311
    steps, step = epochs * math.ceil(len(items) / BATCH), 0
    print(f"{len(items):,} questions", flush=True)
    show(model, tune)
    for epoch in range(epochs):
        begun, losses = time.perf_counter(), []
        shuffled = chance.sample(items, len(items))
        model.train()
        for start in range(0, len(shuffled), BATCH):
            rate = min(1.0, (step + 1) / WARM_UP) * max(0.1, 1 - step / steps)
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * rate
            optimizer.zero_grad()
            for item in shuffled[start : start + BATCH]:
                loss = model.loss(_shortened(item, chance)) / BATCH
                loss.backward()  # type: ignore[no-untyped-call]
                losses.append(loss.item() * BATCH)
            nn.utils.clip_grad_norm_(changes, 1.0)
            optimizer.step()
            step += 1
            if step % 20 == 0:
                note(f"{step}/{steps}: loss {np.mean(losses[-20 * BATCH :]):.3f}")
        took = time.perf_counter() - begun
        print(
            f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {took:.0f} s; "
            f"scale {model.reranker.scale.item():.1f}, none {model.none.item():.1f} "
            f"and {model.none_alone.item():.1f}",
            flush=True,
        )
        show(model, tune)


def show(model: Choice, items: Sequence[Competing]) -> None:
    """Print, for each set, how often the best sentence is right, by the reranker alone and with the others.

    The AUROC tells how well the best score separates questions with an answer from those without.
    """
    model.eval()
    for name in dict.fromkeys(item.name for item in items):
        own = [item for item in items if item.name == name]
        with torch.inference_mode():
            alone = [model(item) for item in own]
        scores = [each + OTHERS * torch.tensor(item.scores) for each, item in zip(alone, own, strict=True)]
        answered = [any(item.gold) for item in own]
        line = f"  {name}: {sum(answered)} answerable"
        for ranked in (alone, scores):
            line += f", {sum(item.gold[int(each.argmax())] for each, item in zip(ranked, own, strict=True))}"
        if not all(answered):
            best = [float(each.max()) for each in alone]
            line += f"; AUROC {roc_auc_score(answered, best):.3f} of {len(own)}"
        print(line, flush=True)


def save(model: Choice, target: Path) -> None:
    """Write the low-rank changes by the name of the weight that they are added to, and the head.

    The head's bias is lowered by ``none_alone``, so that about 0 divides the sentences that answer from the
    others.
    """
    tensors = {
        name.replace(".default.weight", ""): parameter.detach().to(torch.float16).contiguous()
        for name, parameter in model.reranker.named_parameters()
        if ".lora_" in name or not name.startswith("mpnet.")
    }
    bias = model.reranker.head.bias - model.none_alone
    tensors["head.bias"] = bias.detach().to(torch.float16)
    save_file(tensors, target, metadata=PROVENANCE)


def _shortened(item: Competing, chance: random.Random) -> Competing:
    """Return ``LISTED`` sentences: two that answer, the five best of the others, and more at random."""
    gold = [place for place, answers in enumerate(item.gold) if answers][:2]
    others = [place for place, answers in enumerate(item.gold) if not answers]
    most = max(0, LISTED - len(gold) - 5)
    chosen = sorted([*gold, *others[:5], *chance.sample(others[5:], min(most, len(others[5:])))])
    return replace(
        item,
        pairs=tuple(item.pairs[place] for place in chosen),
        gold=tuple(item.gold[place] for place in chosen),
        scores=tuple(item.scores[place] for place in chosen),
    )


def _items(folder: Path) -> Iterator[Competing]:
    encoder = open_encoder()
    tokenizer = whole_tokenizer(folder)
    for asked in [*_asked_of_documents(encoder), *_asked_of_pages(encoder), *_asked_of_sets(encoder)]:
        ranked = _competing(asked)
        gold = tuple(asked.gold_by_sentence[each.reading, each.number] for each in ranked)
        if ranked and any(gold) == asked.answerable:
            question = asked.question.text
            pairs = tuple(tokenize_pair(tokenizer, question, text_of(each, question)) for each in ranked)
            yield Competing(asked.name, asked.part, pairs, gold, tuple(map(_score, ranked)))


def _competing(asked: Asked) -> list[Candidate]:
    """Return the sentences that the product reranks.

    If none of them answers, the best one that answers takes the place of the last.
    """
    by_features = [each.candidate for each in rank(asked.candidates, load_weights("features"))]
    read = apply_reader(bundled_reader(), asked.question, by_features, windows_of(by_features))
    ranked = [each.candidate for each in rank(read, load_weights("reader"))]
    gold = asked.gold_by_sentence
    answering = [place for place, each in enumerate(ranked) if gold[each.reading, each.number]]
    if answering and answering[0] >= MAX_RERANKED:
        return [*ranked[: MAX_RERANKED - 1], ranked[answering[0]]]
    return ranked[:MAX_RERANKED]


def _score(candidate: Candidate) -> float:
    probability = load_weights("reranker").selection.of(candidate.features)
    return math.log(probability / (1 - probability))


def _asked_of_documents(encoder: Encoder) -> Iterator[Asked]:
    note("the questions about documents")
    with (
        tempfile.TemporaryDirectory() as temporary,
        Library.open(Path(temporary) / "home", encoder) as library,
    ):
        sync(library, folders(Path(temporary) / "documents"))
        for name, file, part in _FILES:
            for written in read_questions(file):
                yield _asked(library, written, NO_FILTERS, name, part)


def _asked_of_pages(encoder: Encoder) -> Iterator[Asked]:
    note("the questions about pages")
    with open_index(read_dataset(data_folder() / "tatqa"), encoder) as library:
        numbers = {record.path: record.document_id for record in library.catalog.documents()}
        for written in read_questions(PAGES):
            yield _asked(library, written, Filters((numbers[written.document],)), "pages", "train")


def _asked(library: Library, written: WrittenQuestion, filters: Filters, name: str, part: Part) -> Asked:
    question = understand(written.question)
    candidates = candidates_of(library, question, filters)
    gold = tuple(written.marks(each.reading.document.path, each.sentence.text) for each in candidates)
    return Asked(name, part, question, tuple(candidates), gold, (), answerable=bool(written.quotes))


def _asked_of_sets(encoder: Encoder) -> Iterator[Asked]:
    for name in SETS:
        note(f"questions of {name}")
        dataset = read_dataset(data_folder() / name)
        queries = [
            *_sample(dataset, "train", ANSWERED, has_gold=True),
            *_sample(dataset, "train", UNANSWERED, has_gold=False),
            *_sample(dataset, "tune", SHOWN, has_gold=True),
            *_sample(dataset, "tune", SHOWN, has_gold=False),
        ]
        with open_index(dataset, encoder) as library:
            for item in asked_of(replace(dataset, queries=tuple(queries)), library):
                yield item.to_learn_from()


def _sample(dataset: Dataset, part: Part, most: int, *, has_gold: bool) -> list[Query]:
    own = [
        each
        for each in dataset.queries
        if each.has_gold == has_gold and part_of(dataset.title_of(each)) == part
    ]
    return random.Random(1).sample(own, min(most, len(own)))  # noqa: S311


if __name__ == "__main__":
    main()
