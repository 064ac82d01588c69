"""Prints how often answers to comparisons show both sides, or say which side they did not find.

``python -m benchmarks.comparisons [QUESTIONS] [--home FOLDER] [--show]``: fifty questions about ``train``,
which takes ten minutes to index; ``--home`` is a library that has it. A citation is right for a side as in
``benchmarks/real_reports.py``. A side that no report states is right if the note names it and nothing cited
does.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.asked import questions_of, reports_of
from benchmarks.real_reports import is_right, plain
from benchmarks.side_by_side import machine, note
from index.embedding import open_encoder
from index.library import Library
from rag.answers import Answer
from rag.engine import QueryEngine

QUESTIONS = Path(__file__).parent / "questions" / "comparisons.jsonl"

WHERE = ("together", "apart", "one missing")
"""Both sides are in one sentence or table, in several, or one is in no report."""

OUTCOMES = (
    "both sides right",
    "one right, a note names the other",
    "one right, without a note",
    "mixed: one right, another is wrong, without a note",
    "none right",
    "refused, naming the missing side",
    "refused",
)
BOTH, NOTED, UNNOTED, MIXED, NONE, NAMED, REFUSED = OUTCOMES


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("questions", nargs="?", type=Path, default=QUESTIONS)
    parser.add_argument("--home", type=Path, help="an indexed library")
    parser.add_argument("--show", action="store_true", help="print each answer")
    options = parser.parse_args()
    counts: dict[str, dict[str, int]] = {where: dict.fromkeys(OUTCOMES, 0) for where in WHERE}
    with ExitStack() as held:
        library = held.enter_context(
            Library.open(options.home, open_encoder()) if options.home else reports_of("train")
        )
        engine = QueryEngine(library)
        note(f"asking {options.questions.name}")
        for written in questions_of(options.questions):
            answer = engine.ask(written["question"])
            found = outcome(answer, written["sides"])
            counts[written["where"]][found] += 1
            if options.show:
                print(f"{written['id']} [{written['where']}] {found}: {written['question']}")
                print(f"    {answer.text!r} note={answer.note!r} p={answer.answerability}")
    print(machine())
    print(f"| | {' | '.join(WHERE)} | all |\n|---|{'---:|' * (len(WHERE) + 1)}")
    for name in OUTCOMES:
        own = [counts[where][name] for where in WHERE]
        print(f"| {name} | {' | '.join(map(str, own))} | {sum(own)} |")


def outcome(answer: Answer, sides: Sequence[Mapping[str, Any]]) -> str:
    said = answer.reason if answer.abstained else answer.note
    named = [_names(said or "", side, sides) for side in sides]
    missing = [is_named for side, is_named in zip(sides, named, strict=True) if not side["evidence"]]
    if answer.abstained:
        return NAMED if any(missing) else REFUSED
    right = [
        [
            any(is_right(cited, each, side["answers"]) for each in side["evidence"])
            for cited in answer.citations
        ]
        for side in sides
    ]
    wrong = [cited for cited, *hits in zip(answer.citations, *right, strict=True) if not any(hits)]
    shown = [
        any(hits)
        or (
            not side["evidence"] and is_named and not any(_names(cited.quote, side, sides) for cited in wrong)
        )
        for side, hits, is_named in zip(sides, right, named, strict=True)
    ]
    if all(shown):
        return BOTH
    if not any(map(any, right)):
        return NONE
    if named[shown.index(False)]:
        return NOTED
    return MIXED if wrong else UNNOTED


def _names(text: str, side: Mapping[str, Any], sides: Sequence[Mapping[str, Any]]) -> bool:
    """A word of the side that no other side has."""
    others = {word for each in sides if each is not side for word in plain(each["value"]).split()}
    own = set(plain(side["value"]).split()) - others
    return not own.isdisjoint(plain(text).split())


if __name__ == "__main__":
    main()
