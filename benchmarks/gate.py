"""Prints the gate's verdicts on adversarial sentences, on SciFact's claims and on clapnq's answers.

``python -m benchmarks.gate [--claims N] [--no-encoder]``:

- the confusion matrix of ``tests/rag/verification/adversarial.jsonl``, its tuning part and its held-out part;
- SciFact: claims with the sentences that support them, with those that contradict them, and with those of
  another claim: the area under the curve (AUROC) of the gate's score, and how it changes without each part;
- clapnq: the share of sentences in people's answers that are supported by the sentences that people chose,
  and by those of another question.

The combined score is the coverage, multiplied for each other part by the mean of 1 and its score. Leaving out
a part means leaving out its factor. Intervals are 95 % bootstraps over claims.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import regex

from benchmarks.datasets import data_folder
from index.embedding.encoder import Encoder, open_encoder
from index.text.segmentation import sentences
from rag.answers import Verification
from rag.evaluation import read_dataset
from rag.evaluation.bootstrap import Figure, Sample, auroc, bootstrap, estimate, mean
from rag.evaluation.datasets import Claim
from rag.questions import understand
from rag.verification import Evidence, Gate
from rag.verification.evidence import Statement
from rag.verification.gate import WEIGHT

CASES = Path(__file__).parent.parent / "tests" / "rag" / "verification" / "adversarial.jsonl"
THRESHOLDS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
VERDICTS = ("supported", "partial", "unsupported")


@dataclass(frozen=True, slots=True)
class Held:
    """The gate's result for a claim, checked against some sentences.

    Attributes:
        claim: the id of the claim.
        against: whether the sentences are ``supporting``, ``contradicting`` or ``unrelated``.
        checked: the result.
    """

    claim: str
    against: str
    checked: Verification


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--claims", type=int, default=None, help="of SciFact, the first so many; by default all"
    )
    parser.add_argument("--no-encoder", action="store_true", help="words alone")
    chosen = parser.parse_args()
    encoder = None if chosen.no_encoder else open_encoder()
    print_adversarial(encoder)
    print_scifact(encoder, chosen.claims)
    print_clapnq(encoder)
    print_thresholds(encoder, chosen.claims)


def print_adversarial(encoder: Encoder | None) -> None:
    """Print the confusion matrix of each part of the adversarial sentences."""
    gate = Gate(encoder)
    counts: dict[str, Counter[tuple[str, str]]] = {"tuning": Counter(), "held_out": Counter()}
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        question = understand(case["question"]) if "question" in case else None
        verdict = gate.check(
            case["sentence"], [Evidence(**item) for item in case["evidence"]], question
        ).verdict
        counts[case["split"]][case["expected"], verdict] += 1
    for split, counted in counts.items():
        print(f"\nadversarial sentences, {split}: {sum(counted.values())}")
        print("| expected | " + " | ".join(VERDICTS) + " |\n|---|---|---|---|")
        for expected in VERDICTS:
            print(
                f"| {expected} | "
                + " | ".join(str(counted[expected, verdict]) for verdict in VERDICTS)
                + " |"
            )
        called = sum(counted[expected, "supported"] for expected in VERDICTS)
        fair = sum(counted["supported", verdict] for verdict in VERDICTS)
        right = counted["supported", "supported"]
        print(
            f"of those called supported {right / called:.3f} are; "
            f"of the fair ones {right / fair:.3f} are found"
        )


def print_scifact(encoder: Encoder | None, limit: int | None) -> None:
    """Print the AUROC of the gate's score on SciFact's claims, whole and without each part."""
    claims = read_dataset(data_folder() / "scifact").claims[:limit]
    held = list(_held(Gate(encoder), claims))
    words = list(_held(Gate(None), claims)) if encoder is not None else held
    print(f"\nSciFact: {len(claims)} claims with their sentences")
    print("| sentences | " + " | ".join(VERDICTS) + " |\n|---|---|---|---|")
    for against in ("supporting", "contradicting", "unrelated"):
        verdicts: Counter[str] = Counter(item.checked.verdict for item in held if item.against == against)
        total = max(sum(verdicts.values()), 1)
        print(
            f"| {against} ({total}) | "
            + " | ".join(f"{verdicts[each] / total:.3f}" for each in VERDICTS)
            + " |"
        )
    print("| score | supporting against contradicting | against unrelated |\n|---|---|---|")
    _print_row("all parts", held, None)
    parts = dict.fromkeys(part for item in held for part in item.checked.checks)
    for part in parts:
        _print_row(f"without {part}", held, part)
    _print_row("all parts, words alone", words, None)
    _print_row("coverage alone", held, None, only="coverage")


def _print_row(name: str, held: Sequence[Held], without: str | None, only: str | None = None) -> None:
    cells = []
    for against in ("contradicting", "unrelated"):
        sample = _sample(held, against, without, only)
        if without is not None:
            cells.append(_difference(_sample(held, against, None, None), sample))
            continue
        cells.append(_written(estimate(sample)))
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def _difference(whole: Sample, less: Sample) -> str:
    changes = bootstrap(less) - bootstrap(whole)
    low, high = sorted(changes)[len(changes) // 40], sorted(changes)[-len(changes) // 40]
    figure, other = estimate(less), estimate(whole)
    if figure is None or other is None:
        return "none"
    return f"{figure.value:.3f} ({figure.value - other.value:+.3f}, {low:+.3f} to {high:+.3f})"


def _sample(held: Sequence[Held], against: str, without: str | None, only: str | None) -> Sample:
    kept = [item for item in held if item.against in {"supporting", against}]
    scores = [score(item.checked.checks, without, only) for item in kept]
    return Sample(
        tuple(str(place) for place in range(len(kept))),
        auroc(scores, [item.against == "supporting" for item in kept]),
    )


def score(checks: Mapping[str, float], without: str | None, only: str | None = None) -> float:
    """Return the combined score of a sentence.

    Args:
        checks: the score of each check, by name.
        without: the name of a check to leave out; None to leave out none.
        only: the name of the only check to use; None to use all.
    """
    made = 1.0
    for part, value in checks.items():
        if part != without and only in {None, part}:
            made *= value if part == "coverage" else WEIGHT + (1 - WEIGHT) * value
    return made


def _held(gate: Gate, claims: Sequence[Claim]) -> Iterator[Held]:
    for place, claim in enumerate(claims):
        evidence = [Evidence(sentence, language="en") for sentence in claim.sentences]
        against = "supporting" if claim.supported else "contradicting"
        yield Held(claim.query, against, gate.check(claim.text, evidence))
        other = next((each for each in [*claims[place + 1 :], *claims[:place]]
                      if each.document != claim.document and each.query != claim.query), None)  # fmt: skip
        if claim.supported and other is not None:
            evidence = [Evidence(sentence, language="en") for sentence in other.sentences]
            yield Held(claim.query, "unrelated", gate.check(claim.text, evidence))


def print_clapnq(encoder: Encoder | None) -> None:
    """Print the share of sentences in people's answers that the chosen sentences support."""
    gate = Gate(encoder)
    print("\nclapnq: the sentences of people's answers")
    print("| held against | sentences | " + " | ".join(VERDICTS) + " |\n|---|---|---|---|---|")
    for name, shift in (("the sentences chosen for them", 0), ("those of the next question", 1)):
        verdicts = [gate.check(sentence, evidence).verdict for sentence, evidence in _answers(shift)]
        shares = [_share([verdict == each for verdict in verdicts]) for each in VERDICTS]
        print(f"| {name} | {len(verdicts)} | " + " | ".join(shares) + " |", flush=True)


def print_thresholds(encoder: Encoder | None, limit: int | None) -> None:
    """Print the share of sentences that would be supported at other thresholds of coverage."""
    gate = Gate(encoder)
    sets = {"clapnq, chosen": _answers(0), "clapnq, the next question's": _answers(1)}
    claims = read_dataset(data_folder() / "scifact").claims[:limit]
    for name, supported in (("SciFact, supporting", True), ("SciFact, contradicting", False)):
        sets[name] = [
            (claim.text, _english(claim.sentences)) for claim in claims if claim.supported == supported
        ]
    print("\n| supported from a coverage of | " + " | ".join(map(str, THRESHOLDS)) + " |")
    print("|---" * (len(THRESHOLDS) + 1) + "|")
    for name, pairs in sets.items():
        covered = [_covered(gate, sentence, evidence) for sentence, evidence in pairs]
        cells = [sum(value >= threshold for value in covered) / len(covered) for threshold in THRESHOLDS]
        print(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |", flush=True)


def _covered(gate: Gate, sentence: str, evidence: Sequence[Evidence]) -> float:
    """Return the coverage of a sentence; -1 if another check finds a fault."""
    found = list(gate.findings(Statement(sentence, "en"), evidence))
    if any(finding.failed and finding.part != "coverage" for finding in found):
        return -1.0
    return next(finding.score for finding in found if finding.part == "coverage")


def _english(sentences_of: Sequence[str], title: str = "") -> list[Evidence]:
    return [Evidence(sentence, title, "en") for sentence in sentences_of]


def _answers(shift: int) -> list[tuple[str, list[Evidence]]]:
    """Return the sentences of clapnq's answers, each with the sentences that people chose for an answer.

    With a ``shift`` of 0 they are those of the same answer, and with 1 those of the next question's answer.
    """
    lines = (data_folder() / "clapnq" / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [
        query for query in map(json.loads, lines) if query["answerable"] and query["selected_sentences"]
    ]
    titles = _titles()
    pairs = []
    for place, query in enumerate(queries):
        other = queries[(place + shift) % len(queries)]
        evidence = _english(
            [_plain(each) for each in other["selected_sentences"]], titles.get(other["_id"], "")
        )
        pairs += [(sentence, evidence) for sentence in _sentences(_plain(query["answer"]))]
    return pairs


def _titles() -> dict[str, str]:
    """Return the title of the passage that answers each question."""
    dataset = read_dataset(data_folder() / "clapnq")
    return {
        query.id: dataset.documents[next(iter(query.judged))].title
        for query in dataset.queries
        if query.judged
    }


def _plain(text: str) -> str:
    """Return a text of clapnq, which has spaces around punctuation, with normal spacing."""
    text = regex.sub(r"\s+([,.;:?!)%]|['’]s\b|n['’]t\b|'')", r"\1", text)
    text = regex.sub(r"([($])\s+", r"\1", text)
    return regex.sub(r"(?<=\w) - (?=\w)", "-", text).replace("`` ", "“").replace("``", "“").replace("''", "”")


def _sentences(text: str) -> Iterator[str]:
    for span in sentences(text, "en"):
        yield span.of(text)


def _share(values: Sequence[bool]) -> str:
    ids = tuple(str(place) for place in range(len(values)))
    return _written(estimate(Sample(ids, mean([float(value) for value in values]))))


def _written(figure: Figure | None) -> str:
    return "none" if figure is None else f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


if __name__ == "__main__":
    main()
