"""Trains the bundled reader, and writes ``rag/finding/reader/reader.safetensors``.

``python -m benchmarks.train_reader``: a quarter of an hour on two cores. The bundled encoder gets low-rank
changes (Hu et al., LoRA, ICLR 2022) in all of its layers and new heads, trained on the ``train`` part of the
sets: on windows that the product reads for a question, on crops of the right passage, and on crops for
made-up questions that it does not answer. Training continues from the weights in the project; ``--anew``
starts from the encoder. The state that does best on the ``tune`` part is kept. The ``test`` part is not
looked at.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, inject_adapter_in_model
from safetensors.torch import load_file, save_file
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.asked import Asked, asked_of, asked_without_title
from benchmarks.datasets import data_folder, open_index
from benchmarks.read_windows import windows_read, windows_with_gold
from benchmarks.reader_examples import Example, crops, passages
from index.embedding import bundled_folder, bundled_tokenizer, open_encoder, read_bert
from rag.evaluation import read_dataset
from rag.finding.ranking import load_weights
from rag.finding.reader import TokenizedWindow, tokenize
from rag.finding.reader.network import Logits, ReaderModel

TABLES = "tatqa"
SETS = ("squad2", "mlqa-en", "clapnq", TABLES)
CROPPED = ("squad2", "mlqa-en", "clapnq")
"""The sets whose passages are cropped: a row of a table says nothing without its headings."""

TUNED_ON = ("squad2", "clapnq")
"""The sets with questions that look answerable and are not."""

RANK = 48
"""The rank of the low-rank changes, which take 4 MB in half precision."""

BATCH = 32
LEARNING_RATE = 3e-4
SPAN_WEIGHT = 0.1
"""The weight of the answers' spans in the loss: they help, but must not outweigh the sentences."""

PROVENANCE = {
    "made_by": "benchmarks/train_reader.py",
    "encoder": "all-MiniLM-L6-v2",
    "data": "train titles of SQuAD 2.0 (CC BY-SA 4.0), MLQA English (CC BY-SA 3.0), CLAPNQ (Apache-2.0), "
    "TAT-QA (CC BY 4.0)",
}
"""The origin of the weights, written into the file beside them."""

WEIGHTS = Path(__file__).parent.parent / "rag" / "finding" / "reader" / "reader.safetensors"

TARGETS = ["query", "key", "value", "dense"]


@dataclass(frozen=True, slots=True)
class Item:
    """An example ready for tensors: its tokens, its gold sentences, and the bounds of its answers."""

    tokens: TokenizedWindow
    gold: tuple[bool, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def main() -> None:
    """Make the examples, train, keep the best state, and write it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=1, help="passes over the questions")
    parser.add_argument("--anew", action="store_true", help="start from the encoder, not from the weights")
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    tokenizer = bundled_tokenizer()
    model = new_model() if arguments.anew else _continued(WEIGHTS)
    asked = [item for name in SETS for item in _asked(name)]
    best = train(
        model, _rounds(tokenizer, asked, arguments.epochs), 2 * arguments.epochs, _tune(tokenizer, asked)
    )
    model.load_state_dict(best, strict=False)
    save(model, arguments.output)
    print(f"written {arguments.output.name}, {arguments.output.stat().st_size:,} bytes")


def _rounds(tokenizer: Tokenizer, asked: Sequence[Asked], epochs: int) -> Iterator[list[Item]]:
    """Yield the examples of each epoch in two halves, so that the state is evaluated twice an epoch."""
    chance = random.Random(0)  # noqa: S311
    weights = load_weights("features")
    training = [item for item in asked if item.part == "train"]
    for epoch in range(epochs):
        read = [window for item in training for window in windows_read(item, weights, chance)]
        items = _items(tokenizer, [*_crops(epoch), *read])
        chance.shuffle(items)
        yield items[: len(items) // 2]
        yield items[len(items) // 2 :]


def new_model() -> ReaderModel:
    """Return the bundled encoder with low-rank changes that are still zero."""
    bert = read_bert(bundled_folder())
    config = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=TARGETS)
    return ReaderModel(inject_adapter_in_model(config, bert), bert.shape.hidden_size)


def _continued(weights: Path) -> ReaderModel:
    """Return the network with the low-rank changes and heads of a file."""
    model = new_model()
    stored = load_file(weights)
    named = {name.replace(".default.weight", ""): name for name in trained(model)}
    if set(named) != set(stored):
        raise SystemExit(f"{weights} has other changes than those that are trained; start with --anew")
    model.load_state_dict({named[name]: tensor.float() for name, tensor in stored.items()}, strict=False)
    return model


def train(
    model: ReaderModel, rounds: Iterator[list[Item]], count: int, tune: Sequence[Item]
) -> dict[str, Tensor]:
    """Train for ``count`` rounds of examples, and return the state with the best result on ``tune``."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=0.01)
    best: tuple[float, dict[str, Tensor]] = (0.0, trained(model))
    for number, items in enumerate(rounds):
        batches = list(_batches(items, number))
        begun, losses = time.perf_counter(), []
        model.train()
        for step, batch in enumerate(batches):
            done = (number + step / len(batches)) / count
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * min(1.0, done / 0.1 + 0.01) * (1 - 0.95 * done)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model([item.tokens for item in batch])
            loss = loss_of(logits, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            losses.append(loss.item())
            if step % 100 == 99:
                print(
                    f"  {step + 1}/{len(batches)} loss {np.mean(losses[-100:]):.3f}",
                    file=sys.stderr,
                    flush=True,
                )
        quality = _quality(model, tune)
        print(
            f"round {number + 1}/{count}: {len(items):,} windows, loss {np.mean(losses):.3f}, "
            f"{time.perf_counter() - begun:.0f} s; tune: {json.dumps(quality)}",
            flush=True,
        )
        score = quality["auroc"] + quality["first"]
        if score > best[0]:
            best = (score, trained(model))
    return best[1]


def loss_of(logits: Logits, batch: Sequence[Item]) -> Tensor:
    """Return the loss of the sentences and of answerability, plus ``SPAN_WEIGHT`` times that of the spans."""
    sentences, spans = [], []
    for row, item in enumerate(batch):
        starts, ends = list(item.starts) or [0], list(item.ends) or [0]
        gold = torch.tensor(item.gold, dtype=torch.float32)
        sentences.append(
            functional.binary_cross_entropy_with_logits(logits.sentences[row], gold, reduction="sum")
        )
        spans.append(
            logits.start[row].logsumexp(0)
            - logits.start[row, starts].logsumexp(0)
            + logits.end[row].logsumexp(0)
            - logits.end[row, ends].logsumexp(0)
        )
    answerable = torch.tensor([float(any(item.gold)) for item in batch])
    return (
        torch.stack(sentences).mean()
        + functional.binary_cross_entropy_with_logits(logits.answerable, answerable)
        + SPAN_WEIGHT * torch.stack(spans).mean()
    )


def trained(model: ReaderModel) -> dict[str, Tensor]:
    """Return a copy of the trained weights."""
    return {
        name: parameter.detach().clone()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }


def save(model: ReaderModel, target: Path) -> None:
    """Write the low-rank changes by the name of the weight that they are added to, and the heads."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in trained(model).items():
        plain = name.removesuffix(".default.weight")
        tensors[plain] = parameter.to(torch.float16).contiguous()
    save_file(tensors, target, metadata=PROVENANCE)


def _quality(model: ReaderModel, items: Sequence[Item]) -> dict[str, float]:
    """Return the AUROC of answerability, by both heads and by each, and the share of gold best sentences.

    The share, ``first``, is that of the answerable items whose best sentence is gold.
    """
    model.eval()
    truth, scores, heads, first = [], [], [], []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(items), BATCH):
            batch = items[start : start + BATCH]
            logits = model([item.tokens for item in batch])
            for row, item in enumerate(batch):
                truth.append(any(item.gold))
                scores.append(float(logits.sentences[row].max()))
                heads.append(float(logits.answerable[row]))
                if any(item.gold):
                    first.append(item.gold[int(logits.sentences[row].argmax())])
    both = [score + head for score, head in zip(scores, heads, strict=True)]
    return {
        "auroc": round(float(roc_auc_score(truth, both)), 4),
        "auroc_sentence": round(float(roc_auc_score(truth, scores)), 4),
        "auroc_window": round(float(roc_auc_score(truth, heads)), 4),
        "first": round(float(np.mean(first)), 4),
    }


def _crops(seed: int) -> Iterator[Example]:
    for name in CROPPED:
        yield from crops(read_dataset(data_folder() / name), "train", seed)


def _asked(name: str) -> Iterator[Asked]:
    dataset = read_dataset(data_folder() / name)
    with open_index(dataset, open_encoder()) as index:
        yield from asked_of(dataset, index)
        yield from asked_without_title(dataset, index)


def _tune(tokenizer: Tokenizer, asked: Sequence[Asked]) -> list[Item]:
    """Return the examples of the ``tune`` part: whole passages, and the windows that are read of tables."""
    sets = [read_dataset(data_folder() / name) for name in TUNED_ON]
    texts = [example for dataset in sets for example in passages(dataset, "tune")]
    weights = load_weights("features")
    tables = [item for item in asked if item.part == "tune" and item.name == TABLES]
    rows = [example for item in tables for example in windows_with_gold(item, weights)]
    return _items(tokenizer, [*texts, *rows])


def _items(tokenizer: Tokenizer, examples: Sequence[Example]) -> list[Item]:
    return [item for example in examples if (item := as_item(tokenizer, example)) is not None]


def as_item(tokenizer: Tokenizer, example: Example) -> Item | None:
    """Return an example as tokens; None if it has no sentences, or if none of its gold sentences fits."""
    tokens = tokenize(tokenizer, example.question, example.window)
    gold = example.gold or (False,) * len(tokens.bounds)
    if not tokens.bounds:
        return None
    starts, ends = [], []
    for (first, last), is_gold, text in zip(tokens.bounds, gold, example.window.sentences, strict=True):
        if not is_gold or last == first:
            continue
        offsets = tokenizer.encode(text, add_special_tokens=False).offsets[: last - first]
        found = [span for answer in example.answers for span in _occurrences(text, answer)]
        for start, end in found or [(0, len(text))]:
            inside = [place for place, (a, b) in enumerate(offsets) if a < end and b > start]
            if inside:
                starts.append(first + inside[0])
                ends.append(first + inside[-1])
    if any(gold) and not starts:
        return None
    return Item(tokens, gold, tuple(sorted(set(starts))), tuple(sorted(set(ends))))


def _occurrences(text: str, answer: str) -> Iterator[tuple[int, int]]:
    at = text.casefold().find(answer.casefold())
    while at >= 0:
        yield at, at + len(answer)
        at = text.casefold().find(answer.casefold(), at + len(answer))


def _batches(items: Sequence[Item], seed: int) -> Iterator[list[Item]]:
    """Yield batches of items of about the same length, in random order."""
    chance = random.Random(seed)  # noqa: S311
    shuffled = chance.sample(items, len(items))
    pools = [shuffled[start : start + BATCH * 50] for start in range(0, len(items), BATCH * 50)]
    batches = []
    for pool in pools:
        pool.sort(key=lambda item: len(item.tokens.ids))
        batches += [pool[start : start + BATCH] for start in range(0, len(pool), BATCH)]
    chance.shuffle(batches)
    yield from batches


if __name__ == "__main__":
    main()
