"""Trains the reranker, and writes ``rag/finding/reranking/reranker.safetensors``.

``python -m benchmarks.train_reranker``: half an hour on two cores. all-mpnet-base-v2 gets low-rank changes
(Hu et al., LoRA, ICLR 2022) in the attention of its upper half. They are trained listwise: the sentences that
the product would rerank for a question compete, each with its score without the reranker plus its likeness
to the question, token by token. The questions are those of :mod:`benchmarks.written_questions`, and a sample
of the ``train`` part of the sets. The held-out questions and the ``tune`` part only show the progress.

An earlier form of this script made the weights in the project. It took the scores after similar rows had been
ordered, also compared the tokens at both ends of a text, drew one sample of all sets, and stopped after 150
of 164 batches.
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
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from benchmarks.asked import Asked, asked_of, candidates_of
from benchmarks.datasets import data_folder, open_index
from benchmarks.side_by_side import note
from benchmarks.written_questions import DOCUMENTS, HELD_OUT, PAGES, WrittenQuestion, folders, read_questions
from index.embedding import Encoder, open_encoder, read_mpnet, sha256_of, whole_tokenizer
from index.embedding.mpnet import PADDING
from index.ingest import sync
from index.library import NO_FILTERS, Library
from index.records import Filters
from rag.evaluation import Dataset, read_dataset
from rag.evaluation.datasets import Part, Query, part_of
from rag.finding.features import Candidate
from rag.finding.ranking import load_weights, rank
from rag.finding.reader import apply_reader, bundled_reader, windows_of
from rag.finding.reranking import ADAPTER, MAX_RERANKED, installed_weights, text_of
from rag.questions import understand

SETS = ("squad2", "mlqa-en", "clapnq", "tatqa")
OF_A_SET = 75
"""The number of questions from each part of a set, so that the reranker stays as good on the sets."""

LAYERS = range(6, 12)
RANK = 16
"""The changed layers, and the rank of their changes, which take 1.2 MB in half precision."""

MAX_TOKENS = 192
BATCH = 8
LEARNING_RATE = 2e-4
WARM_UP = 20
"""The number of batches over which the learning rate rises. It then falls to a half."""

_PARTS: tuple[tuple[Path, Part], ...] = ((DOCUMENTS, "train"), (HELD_OUT, "tune"))

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
        tokens: the tokens of the question, then those of each sentence's text.
        gold: whether each sentence answers.
        scores: the score of each sentence without the reranker, in log-odds.
        part: the part of its set, ``train`` or ``tune``.
    """

    tokens: tuple[tuple[int, ...], ...]
    gold: tuple[bool, ...]
    scores: tuple[float, ...]
    part: Part


class Likeness(nn.Module):
    """The network with low-rank changes, and the weights of both parts of a score."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        config = LoraConfig(
            r=RANK,
            lora_alpha=RANK,
            target_modules=["q", "k", "v", "o"],
            layers_to_transform=list(LAYERS),
            layers_pattern="layer",
            init_lora_weights="gaussian",
        )
        self.network = inject_adapter_in_model(config, network)
        self.scale = nn.Parameter(torch.tensor(math.log(25.0)))
        self.others = nn.Parameter(torch.tensor(1.0))

    def forward(self, item: Competing) -> Tensor:
        """Return the score of each sentence."""
        ids = pad_sequence(
            [torch.tensor(row) for row in item.tokens], batch_first=True, padding_value=PADDING
        )
        mask = ids != PADDING
        with torch.autocast("cpu", torch.bfloat16):
            tokens = functional.normalize(self.network(ids, mask).float(), dim=2)
        # As in the product, the first and the last token of a row, which have no word, do not count.
        lengths = mask.sum(dim=1)
        words = mask & (torch.arange(ids.shape[1])[None] < lengths[:, None] - 1)
        words[:, 0] = False
        pairs = torch.einsum("qd,ntd->nqt", tokens[0, words[0]], tokens[1:])
        nearest = pairs.masked_fill(~words[1:, None, :], -1.0).amax(dim=2)
        return nearest.mean(dim=1) * self.scale.exp() + torch.tensor(item.scores) * self.others


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
    model = Likeness(read_mpnet(folder))
    train(model, [item for item in items if item.part == "train"], tune, arguments.epochs)
    save(model, arguments.output)
    size, digest = arguments.output.stat().st_size, sha256_of(arguments.output)
    print(f"written {arguments.output.name}, {size:,} bytes; ADAPTER_SHA256 is {digest}")


def train(model: Likeness, items: Sequence[Competing], tune: Sequence[Competing], epochs: int) -> None:
    """Train on ``items``, and print after each epoch how often the first sentence of ``tune`` is right."""
    changes = [each for name, each in model.network.named_parameters() if ".lora_" in name]
    optimizer = torch.optim.AdamW(
        [{"params": changes, "lr": LEARNING_RATE}, {"params": [model.scale, model.others], "lr": 1e-2}],
        weight_decay=0.01,
    )
    chance = random.Random(0)  # noqa: S311
    steps, step = epochs * math.ceil(len(items) / BATCH), 0
    print(f"{len(items):,} questions; tune: first {_first(model, tune):.3f} of {len(tune)}", flush=True)
    for epoch in range(epochs):
        begun, losses = time.perf_counter(), []
        shuffled = chance.sample(items, len(items))
        model.train()
        for start in range(0, len(shuffled), BATCH):
            rate = min(1.0, (step + 1) / WARM_UP) * (1 - step / (2 * steps))
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * rate
            optimizer.zero_grad()
            for item in shuffled[start : start + BATCH]:
                loss = _loss(model(item), item) / BATCH
                loss.backward()  # type: ignore[no-untyped-call]
                losses.append(loss.item() * BATCH)
            optimizer.step()
            step += 1
            if step % 20 == 0:
                note(f"{step}/{steps}: loss {np.mean(losses[-20 * BATCH :]):.3f}")
        took = time.perf_counter() - begun
        weights = f"likeness {model.scale.exp().item():.1f}, others {model.others.item():.2f}"
        print(
            f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {took:.0f} s; weights: {weights}; "
            f"tune: first {_first(model, tune):.3f}",
            flush=True,
        )


def save(model: Likeness, target: Path) -> None:
    """Write the low-rank changes by the name of the weight that they are added to."""
    tensors = {
        name.replace(".default.weight", ""): parameter.detach().to(torch.float16).contiguous()
        for name, parameter in model.network.named_parameters()
        if ".lora_" in name
    }
    save_file(tensors, target, metadata=PROVENANCE)


def _loss(scores: Tensor, item: Competing) -> Tensor:
    return scores.logsumexp(0) - scores[torch.tensor(item.gold)].logsumexp(0)


def _first(model: Likeness, items: Sequence[Competing]) -> float:
    model.eval()
    with torch.inference_mode():
        return float(np.mean([item.gold[int(model(item).argmax())] for item in items]))


def _items(folder: Path) -> Iterator[Competing]:
    encoder = open_encoder()
    tokenizer = whole_tokenizer(folder)
    tokenizer.enable_truncation(MAX_TOKENS)
    for asked in [*_asked_of_documents(encoder), *_asked_of_pages(encoder), *_asked_of_sets(encoder)]:
        ranked = _competing(asked)
        gold = tuple(asked.gold_by_sentence[each.reading, each.number] for each in ranked)
        if any(gold):
            texts = [asked.question.text, *(text_of(each, asked.question.text) for each in ranked)]
            tokens = tuple(tuple(row.ids) for row in tokenizer.encode_batch(texts))
            yield Competing(tokens, gold, tuple(map(_score, ranked)), asked.part)


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
        for file, part in _PARTS:
            for written in read_questions(file):
                if written.quotes:
                    yield _asked(library, written, NO_FILTERS, part)


def _asked_of_pages(encoder: Encoder) -> Iterator[Asked]:
    note("the questions about pages")
    with open_index(read_dataset(data_folder() / "tatqa"), encoder) as library:
        numbers = {record.path: record.document_id for record in library.catalog.documents()}
        for written in read_questions(PAGES):
            if written.quotes:
                yield _asked(library, written, Filters((numbers[written.document],)), "train")


def _asked(library: Library, written: WrittenQuestion, filters: Filters, part: Part) -> Asked:
    question = understand(written.question)
    candidates = candidates_of(library, question, filters)
    gold = tuple(written.marks(each.reading.document.path, each.sentence.text) for each in candidates)
    return Asked("written", part, question, tuple(candidates), gold, (), answerable=True)


def _asked_of_sets(encoder: Encoder) -> Iterator[Asked]:
    for name in SETS:
        note(f"questions of {name}")
        dataset = read_dataset(data_folder() / name)
        queries = [query for part in ("train", "tune") for query in _sample(dataset, part)]
        with open_index(dataset, encoder) as library:
            for item in asked_of(replace(dataset, queries=tuple(queries)), library):
                yield item.to_learn_from()


def _sample(dataset: Dataset, part: str) -> list[Query]:
    own = [each for each in dataset.queries if each.has_gold and part_of(dataset.title_of(each)) == part]
    return random.Random(1).sample(own, min(OF_A_SET, len(own)))  # noqa: S311


if __name__ == "__main__":
    main()
