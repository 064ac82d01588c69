"""Trains the reader, and writes ``rag/finding/cross_encoder.safetensors``.

``python -m benchmarks.train_cross_encoder --out FOLDER [--minutes M] [--threads N] [--epochs E]``: an hour
and a half on two cores. The packaged cross-encoder gets low-rank changes (LoRA: Hu et al., 2021), listwise
(Cao et al., Learning to Rank: From Pairwise Approach to Listwise Approach, 2007): a softmax over eight texts
and *none of these*. Half of the questions about cells are left out, ``ELSEWHERE`` are asked again of reports
that do not answer them, and some texts lose their title or neighbours. ``HELD_OUT`` reports only show the
progress.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import BertForSequenceClassification

from benchmarks.asked import LEARNED, Asked, ask_all, held_out, questions_of, reports_of
from benchmarks.float_models import matrices, write_float_weights
from benchmarks.side_by_side import note
from index.embedding import sha256_of
from rag.answer_limits import MAX_READ
from rag.evaluation.measures import Sample, auroc, estimate
from rag.finding.ranking import BETWEEN
from rag.finding.reading import ADAPTER, PACKAGED, pairs_of

LISTED = 8
"""The texts of a question in a step."""

NEAREST = 12
"""Two thirds of a step's wrong texts are among the nearest ones, as many as this."""

CELLS = 0.5
"""The share of the questions about cells that are learned from, because users ask fewer than a third."""

ELSEWHERE, ELSEWHERE_NEAR = 1200, 0.4
"""The number of questions that are asked of other reports; so many of them with what came nearest there, the
rest with what was read for another question."""

POORLY_TITLED, ALONE = 0.12, 0.1
"""The share of the questions whose texts have titles that say nothing, and that of those whose texts have
nothing around them: half of these keep their titles."""

POOR_TITLES = (
    "A report",
    "Report",
    "Document",
    "document",
    "Untitled",
    "report (1)",
    "scan",
    "final",
    "Microsoft Word - draft",
    "news",
    "notes",
    "statement",
    "article",
    "page",
    "doc2",
    "",
)

QUESTIONS_A_STEP = 6
PAIRS_AT_ONCE = 16
SORTED_TOGETHER = 600
"""Of so many questions, those with texts of like length share a step, so that little is padded."""

RANK = 32
FIRST_LAYER = 3
"""The lower layers stay as they are."""

RATE, RATE_OF_NONE = 4e-4, 0.01
WARM_UP = 30
"""The steps in which the rate rises."""

LOWEST_RATE = 0.03
SHOWN_EVERY, SAVED_EVERY = 20, 250
SHOWN_QUESTIONS = 150

PROVENANCE = {
    "made_by": "benchmarks/train_cross_encoder.py",
    "base": f"{PACKAGED.name} (Apache-2.0)",
    "data": "benchmarks/questions/reports (Apache-2.0), about 110 public reports",
}


@dataclass(frozen=True, slots=True)
class Example:
    """What the reader gets, nearest first, and whether each answers; ``reports`` are numbers of reports."""

    question: str
    kind: str
    texts: tuple[str, ...]
    reports: tuple[int, ...]
    gold: tuple[bool, ...]


class LowRank(nn.Module):
    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(RANK, base.in_features) / math.sqrt(base.in_features))
        self.b = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, given: Tensor) -> Tensor:
        """Inputs have the shape (…, inputs)."""
        outputs: Tensor = self.base(given)
        return outputs + given @ self.a.T.to(given.dtype) @ self.b.T.to(given.dtype)


class Learner(nn.Module):
    """The cross-encoder in bfloat16. Low-rank changes and the classifier are learned, in float32."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is from :func:`write_float_weights`."""
        super().__init__()
        torch.manual_seed(0)
        self.model = BertForSequenceClassification.from_pretrained(folder, attn_implementation="eager")
        self.model.requires_grad_(requires_grad=False).bfloat16()
        self.model.classifier.float().requires_grad_()
        self.changed: dict[str, LowRank] = {}
        for name, module in list(self.model.named_modules()):
            layer = int(name.split(".")[3]) if ".layer." in name else FIRST_LAYER
            if isinstance(module, nn.Linear) and name != "classifier" and layer >= FIRST_LAYER:
                parent, _, own = name.rpartition(".")
                self.changed[name] = LowRank(module)
                setattr(self.model.get_submodule(parent), own, self.changed[name])
        # Dropout would hide what so few weights learn from so few questions.
        self.model.train(mode=False)

    def forward(self, pairs: Sequence[tuple[str, str]]) -> Tensor:
        """Pairs of like length run together."""
        tokens = [pairs_of(question, [text])[0] for question, text in pairs]
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place].ids))
        found = []
        for start in range(0, len(order), PAIRS_AT_ONCE):
            some = [tokens[place] for place in order[start : start + PAIRS_AT_ONCE]]
            ids, types, mask = (
                nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
                for rows in (
                    [each.ids for each in some],
                    [each.types for each in some],
                    [[1] * len(each.ids) for each in some],
                )
            )
            pooled = self.model.bert(ids, mask, types).pooler_output
            found.append(self.model.classifier(pooled.float())[:, 0])
        back = torch.tensor(order).argsort()
        return torch.cat(found)[back]

    def write(self, file: Path) -> None:
        """In float16 and by the names of the packaged ONNX file."""
        names = matrices(PACKAGED)
        weights: dict[str, Tensor] = {
            "classifier.weight": self.model.classifier.weight.T,
            "classifier.bias": self.model.classifier.bias,
        }
        for name, module in self.changed.items():
            own = names[f"{name}.weight"]
            weights |= {f"{own}.a": module.a, f"{own}.b": module.b}
        stored = {name: each.detach().to(torch.float16).contiguous() for name, each in weights.items()}
        save_file(stored, file, metadata=PROVENANCE)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder for the states of the training")
    parser.add_argument("--minutes", type=float, default=60, help="the most that the training may take")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--home", type=Path, help="keep the library of the reports in this folder")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    given.out.mkdir(parents=True, exist_ok=True)
    questions = questions_of(*LEARNED)
    unseen = held_out(questions)
    with reports_of("train", given.home) as library:
        learned, shown = (
            list(
                examples(
                    ask_all(library, [each for each in questions if is_shown is (each["document"] in unseen)])
                )
            )
            for is_shown in (False, True)
        )
    chance = random.Random(0)  # noqa: S311
    shown = chance.sample(shown, min(SHOWN_QUESTIONS, len(shown)))
    learned = [each for each in learned if each.kind != "table" or chance.random() < CELLS]
    learned += asked_elsewhere(learned, chance)
    note(f"{len(learned)} questions to learn from, {len(shown)} others")
    with TemporaryDirectory() as folder:
        learner = Learner(write_float_weights(PACKAGED, Path(folder)))
    steps = [step for _ in range(given.epochs) for step in steps_of(learned, chance)]
    losses: list[float] = []
    for number, loss in enumerate(train(learner, steps, chance, given.minutes), 1):
        losses.append(loss)
        if not number % SHOWN_EVERY:
            note(f"{number} of {len(steps)} steps: loss {mean(losses[-2 * SHOWN_EVERY :]):.3f}")
        if not number % SAVED_EVERY:
            learner.write(given.out / f"step-{number}.safetensors")
            note(progress(learner, shown))
    note(progress(learner, shown))
    learner.write(ADAPTER)
    print(f'written {ADAPTER.name}; its digest: ADAPTER_SHA256 = "{sha256_of(ADAPTER)}"')


def examples(asked: Iterable[Asked]) -> Iterator[Example]:
    """Without those whose answer is not among what the product reads."""
    texts: dict[str, str] = {}
    for each in asked:
        words = [" ".join(candidate.sentence.text.split()) for candidate in each.candidates]
        right = {own for own, gold in zip(words, each.gold, strict=True) if gold}
        # The sentences that answer and were not near enough are learned from, too. Another one in the same
        # words is no wrong answer.
        kept = [
            place
            for place, gold in enumerate(each.gold)
            if gold or (place < MAX_READ and words[place] not in right)
        ]
        gold = tuple(each.gold[place] for place in kept)
        if kept and any(gold) == each.answerable:
            # Many questions read the same sentence, which is kept once.
            read = tuple(
                texts.setdefault(text, text) for text in (each.candidates[place].text for place in kept)
            )
            reports = tuple(each.candidates[place].reading.document.document_id for place in kept)
            yield Example(each.question.text, each.kind, read, reports, gold)


def asked_elsewhere(examples: Sequence[Example], chance: random.Random) -> Iterator[Example]:
    """As if the reports that answer them were not in the library."""
    answerable = [each for each in examples if any(each.gold)]
    for asked in chance.sample(answerable, min(ELSEWHERE, len(answerable))):
        own = {report for report, gold in zip(asked.reports, asked.gold, strict=True) if gold}
        read = asked if chance.random() < ELSEWHERE_NEAR else chance.choice(examples)
        texts = [
            (text, report) for text, report in zip(read.texts, read.reports, strict=True) if report not in own
        ]
        if len(texts) >= LISTED:
            words, reports = zip(*texts, strict=True)
            yield Example(asked.question, asked.kind, words, reports, (False,) * len(texts))


def steps_of(questions: Sequence[Example], chance: random.Random) -> Iterator[list[Example]]:
    """In random order, but with texts of like length."""
    shuffled = chance.sample(questions, len(questions))
    for start in range(0, len(shuffled), SORTED_TOGETHER):
        together = sorted(shuffled[start : start + SORTED_TOGETHER], key=_length)
        steps = [
            together[first : first + QUESTIONS_A_STEP] for first in range(0, len(together), QUESTIONS_A_STEP)
        ]
        yield from chance.sample(steps, len(steps))


def train(
    learner: Learner, steps: Sequence[Sequence[Example]], chance: random.Random, minutes: float
) -> Iterator[float]:
    """Yield mean losses. The rate falls over all steps, or over ``minutes`` if these end first."""
    bias = learner.model.classifier.bias
    others = [each for each in learner.parameters() if each.requires_grad and each is not bias]
    optimizer = torch.optim.AdamW(
        [{"params": others, "lr": RATE}, {"params": [bias], "lr": RATE_OF_NONE, "weight_decay": 0.0}],
        weight_decay=0.01,
    )
    began = time.monotonic()
    for number, step in enumerate(steps):
        done = max(number / len(steps), (time.monotonic() - began) / 60 / minutes)
        if done >= 1:
            return
        optimizer.param_groups[0]["lr"] = RATE * min(1, (number + 1) / WARM_UP) * max(LOWEST_RATE, 1 - done)
        listed = [_listed(each, chance) for each in step]
        scores = learner([(each.question, text) for each in listed for text in each.texts])
        loss = torch.stack(
            [
                _loss(own, torch.tensor(each.gold))
                for own, each in zip(scores.split([len(each.texts) for each in listed]), listed, strict=True)
            ]
        ).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(others, 1.0)
        optimizer.step()
        yield loss.item()


def _loss(scores: Tensor, gold: Tensor) -> Tensor:
    """The negative logarithm of the probability of the right texts, or of none if none is right."""
    with_none, is_right = nn.functional.pad(scores, (0, 1)), nn.functional.pad(gold, (0, 1))
    is_right[-1] = not gold.any()
    return with_none.logsumexp(0) - with_none[is_right].logsumexp(0)


def _listed(example: Example, chance: random.Random) -> Example:
    """Two that answer, wrong ones that are near, and further ones."""
    right = [text for text, gold in zip(example.texts, example.gold, strict=True) if gold]
    wrong = [text for text, gold in zip(example.texts, example.gold, strict=True) if not gold]
    right = chance.sample(right[:4], min(2, len(right)))
    room = LISTED - len(right)
    near = chance.sample(wrong[:NEAREST], min(len(wrong[:NEAREST]), (2 * room + 2) // 3))
    far = chance.sample(wrong[NEAREST:], min(len(wrong[NEAREST:]), room - len(near)))
    texts = [*right, *near, *far]
    gold = tuple(place < len(right) for place in range(len(texts)))
    return replace(example, texts=tuple(poorer(texts, chance)), reports=(), gold=gold)


def poorer(texts: Sequence[str], chance: random.Random) -> Iterator[str]:
    """In some steps, with poor titles or with nothing around them. Rows of tables stay as they are."""
    drawn = chance.random()
    is_alone = POORLY_TITLED <= drawn < POORLY_TITLED + ALONE
    is_poorly_titled = drawn < POORLY_TITLED or (is_alone and chance.random() < 1 / 2)
    titles: dict[str, str] = {}
    for text in texts:
        words, title, around = text.rsplit(" | ", 2)
        if BETWEEN not in around:
            yield text
            continue
        if is_poorly_titled:
            title = titles.setdefault(title, chance.choice(POOR_TITLES))
        yield f"{words} | {title} | {BETWEEN if is_alone else around}"


def _length(example: Example) -> float:
    return len(example.question) + mean(map(len, example.texts[:NEAREST]))


def progress(learner: Learner, questions: Sequence[Example]) -> str:
    with torch.inference_mode():
        scores = [learner([(each.question, text) for text in each.texts]) for each in questions]
    answerable = [any(each.gold) for each in questions]
    first = [
        each.gold[int(own.argmax())] for own, each in zip(scores, questions, strict=True) if any(each.gold)
    ]
    names = tuple(each.question for each in questions)
    told = estimate(Sample(names, auroc([float(own.max()) for own in scores], answerable)))
    return f"held out: right text first {mean(first):.3f}, AUROC {told.value if told else math.nan:.3f}"


if __name__ == "__main__":
    main()
