"""Prints the gate's verdicts on labelled claims, on adversarial sentences, on SciFact and on clapnq.

``python -m benchmarks.gate [--judge none|MODEL.gguf|NAME] [--thresholds S,U] [--precision P] [--claims FILE]
[--only SET]``. The judge is a GGUF file, which runs in this process, or a sentence-transformers CrossEncoder.

- claims: a file of labelled claims (default: ``claims/dev.jsonl`` of the evaluation sets), all of them, and
  each half by place in the file: the judge is calibrated on one half;
- adversarial: ``tests/rag/verification/adversarial.jsonl``, by its two parts;
- scifact: claims with sentences that support them, that contradict them, or that belong to another claim;
- clapnq: sentences of people's answers, with the evidence that people chose for them or for another question.

The sentences of the last two have their title and their abstract or passage around them, as in the product.
The vetoes of each group are counted, too: one that fails 1 % of true sentences does more harm than good.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import regex

from benchmarks.datasets import data_folder
from index.text import sentences
from rag.answers import WRITTEN
from rag.evaluation import PRECISION, Table, claim_tables, measure_claims, read_dataset
from rag.llm import ModelLimits, ModelSettings, open_model
from rag.verification import LANGUAGE_MODEL, Evidence, Gate, Judge, Thresholds, open_judge
from rag.verification.vetoes import VETOES

CASES = Path(__file__).parent.parent / "tests" / "rag" / "verification" / "adversarial.jsonl"
SETS = ("claims", "adversarial", "scifact", "clapnq")
LIMITS = ModelLimits(context_tokens=2048, reply_tokens=16, seconds=120)

Pair = tuple[str, str, Sequence[Evidence]]
"""The name of a group of pairs, a sentence, and the evidence against which the gate checks the sentence."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--judge", default="none", help="none, a GGUF file, or a CrossEncoder")
    parser.add_argument("--thresholds", help="supported from, unsupported below: 0.9,0.1")
    parser.add_argument("--precision", type=float, default=PRECISION, help="to calibrate for")
    parser.add_argument("--claims", type=Path, help="another file of labelled claims")
    parser.add_argument("--limit", type=int, help="pairs of SciFact and of clapnq at most")
    parser.add_argument("--only", nargs="+", choices=SETS, default=SETS)
    chosen = parser.parse_args()
    judge, close = _judge(chosen.judge, chosen.thresholds)
    gate = Gate(judge)
    try:
        if "claims" in chosen.only:
            claims = chosen.claims or data_folder() / "claims" / "dev.jsonl"
            _print_claims(claims, gate, chosen.precision)
        sources: dict[str, Callable[[], Iterable[Pair]]] = {
            "adversarial": _adversarial, "scifact": _scifact, "clapnq": _clapnq,
        }  # fmt: skip
        for name, pairs in sources.items():
            if name in chosen.only:
                _print_verdicts(name, gate, list(pairs())[: None if name == "adversarial" else chosen.limit])
    finally:
        close()


def _judge(name: str, thresholds: str | None) -> tuple[Judge | None, Callable[[], None]]:
    means = Thresholds(*map(float, thresholds.split(","))) if thresholds else None
    if not name.endswith(".gguf"):
        return open_judge(name, None, means), lambda: None
    model = open_model(ModelSettings("llamacpp", name, limits=LIMITS))
    return open_judge(LANGUAGE_MODEL, model, means), model.close


def _print_claims(path: Path, gate: Gate, precision: float) -> None:
    began = time.perf_counter()
    measured = measure_claims(path, gate, precision)
    seconds = (time.perf_counter() - began) / len(measured.checked)
    for table in claim_tables(measured):
        _print_table(table)
    print(f"\n{seconds:.3f} s a claim")
    for name, first in (("calibrated on", 0), ("not calibrated on", 1)):
        half = replace(measured, name=f"{path.name}, the half {name}", checked=measured.checked[first::2])
        print(f"\n{half.name}")
        for table in claim_tables(half):
            if table.heading != "Verdicts by language":
                _print_table(table)


def _print_table(table: Table) -> None:
    print(f"\n{table.heading}. {table.explanation}\n")
    for place, row in enumerate((table.columns, *table.rows)):
        print(f"| {' | '.join(row)} |")
        if place == 0:
            print("|---" * len(row) + "|")


def _print_verdicts(name: str, gate: Gate, pairs: Sequence[Pair]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for group, sentence, evidence in pairs:
        found = gate.check(sentence, evidence)
        counts[group, found.verdict] += 1
        counts.update((group, veto) for veto in VETOES if found.checks.get(veto) == 0.0)
    groups = dict.fromkeys(group for group, _, _ in pairs)
    names = (*WRITTEN, *VETOES)
    rows = [(group, *(str(counts[group, each]) for each in names)) for group in groups]
    _print_table(Table(name, f"{len(pairs)} pairs", ("", *names), tuple(rows)))


def _adversarial() -> Iterator[Pair]:
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        evidence = [Evidence(**item) for item in case["evidence"]]
        yield f"{case['split']}: {case['expected']}", case["sentence"], evidence


def _scifact() -> Iterator[Pair]:
    dataset = read_dataset(data_folder() / "scifact")
    claims = dataset.claims
    texts = {name: (document.title, document.text) for name, document in dataset.documents.items()}
    for place, claim in enumerate(claims):
        group = "supporting" if claim.supported else "contradicting"
        yield group, claim.text, _english(claim.sentences, *texts[claim.document])
        later = [*claims[place + 1 :], *claims[:place]]
        other = next(
            (each for each in later if each.document != claim.document and each.query != claim.query), None
        )
        if claim.supported and other is not None:
            yield "of another claim", claim.text, _english(other.sentences, *texts[other.document])


def _clapnq() -> Iterator[Pair]:
    lines = (data_folder() / "clapnq" / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [
        query for query in map(json.loads, lines) if query["answerable"] and query["selected_sentences"]
    ]
    with gzip.open(data_folder() / "clapnq" / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines_of_corpus:
        corpus = {each["_id"]: each for each in map(json.loads, lines_of_corpus)}
    for group, shift in (("chosen by people", 0), ("of the next question", 1)):
        for place, query in enumerate(queries):
            other = queries[(place + shift) % len(queries)]
            report = corpus[other["doc"]]
            chosen = [_plain(each) for each in other["selected_sentences"]]
            answer = _plain(query["answer"])
            for span in sentences(answer, "en"):
                yield group, span.of(answer), _english(chosen, report["title"], _plain(report["text"]))


def _english(texts: Sequence[str], title: str = "", around: str = "") -> list[Evidence]:
    return [Evidence(text, title, "en", around=around) for text in texts]


def _plain(text: str) -> str:
    """Clapnq has spaces around punctuation."""
    text = regex.sub(r"\s+([,.;:?!)%]|['’]s\b|n['’]t\b|'')", r"\1", text)
    text = regex.sub(r"([($])\s+", r"\1", text)
    return regex.sub(r"(?<=\w) - (?=\w)", "-", text).replace("`` ", "“").replace("``", "“").replace("''", "”")


if __name__ == "__main__":
    main()
