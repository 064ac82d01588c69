"""Learns the weights by which titles, publishers and dates are ranked, from ``questions/covers.jsonl``.

``python -m benchmarks.train_covers [GOLD]`` (seven minutes; lines as in ``questions/covers.jsonl``). One
logistic model for each kind over the candidates of a report, of which the right ones share the likelihood,
and "none of these", whose score is 0; of titles, one is always chosen. Each report is learned with and
without its file's name and what the file declares, since other files declare less. It writes ``covers.json``
and, from the Unicode CLDR, ``months.json`` in ``index/loaders``; the same gold gives the same files. Then it
prints how many reports are loaded right by weights learned without the reports of the same publishers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from babel import Locale
from numpy.typing import NDArray
from scipy.optimize import minimize

from benchmarks.covers import GOLD, Found, golds, is_date, is_publisher, is_title, judged, print_shares
from benchmarks.datasets import data_folder
from index.loaders import cover, load
from index.loaders.cover import Candidate, Cover
from index.loaders.metadata import NO_PROPERTIES, Properties

_FOLDER = Path(cover.__file__).parent
_FOLDS = 10
_RIDGE = 0.2
_LANGUAGES = "en fr es pt it de nl da sv nb fi pl cs sk sl ro hu tr el ru uk bg id ms vi lt lv et ca is"


@dataclass(frozen=True, slots=True)
class Seen:
    """``text`` is that of the first pages."""

    gold: Mapping[str, Any]
    cover: Cover
    filed: Properties
    text: str


@dataclass(frozen=True, slots=True)
class _Example:
    """``right`` ends with whether none is right, ``taught`` with whether to learn that none is."""

    features: tuple[Mapping[str, float], ...]
    right: tuple[bool, ...]

    @property
    def taught(self) -> tuple[bool, ...]:
        return *self.right[:-1], self.right[-1] or not any(self.right)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("gold", nargs="?", type=Path, default=GOLD)
    covers = seen(golds(parser.parse_args().gold))
    for name, data in (("covers.json", learned(covers)), ("months.json", _months())):
        text = json.dumps(data, ensure_ascii=False, indent=1 if name == "covers.json" else None)
        (_FOLDER / name).write_text(text + "\n", encoding="utf-8")
    print_shares(left_out(covers))


def _months() -> dict[str, int]:
    """Names and abbreviations; of equal ones, the first counts."""
    months: dict[str, int] = {}
    for language in _LANGUAGES.split():
        names = Locale(language).months
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in names[form][width].items():
                    written = name.casefold().rstrip(".")
                    if len(written) > 2 and written.isalpha():
                        months.setdefault(written, number)
    return months | {"sept": 9}


def seen(reports: Sequence[Mapping[str, Any]]) -> list[Seen]:
    found: list[Seen] = []
    for gold in reports:
        covers: list[tuple[Cover, Properties]] = []

        def kept(
            shown: Cover, filed: Properties = NO_PROPERTIES, covers: list[tuple[Cover, Properties]] = covers
        ) -> tuple[Properties, Properties]:
            covers.append((shown, filed))
            return NO_PROPERTIES, NO_PROPERTIES

        with (
            patch("index.loaders.assembly.described", kept),
            patch("index.loaders.pdf.cover.described", kept),
            patch("index.loaders.html.page.described", kept),
        ):
            document = load(data_folder() / gold["file"])
        found += [Seen(gold, shown, filed, document.text[:6000]) for shown, filed in covers[-1:]]
    return found


def learned(covers: Sequence[Seen]) -> dict[str, dict[str, float]]:
    return {
        kind: {
            name: round(weight, 2)
            for name, weight in sorted(weights_of(examples).items())
            if round(weight, 2)
        }
        for kind, examples in learnable(covers).items()
    }


def learnable(covers: Sequence[Seen]) -> dict[str, list[_Example]]:
    found: dict[str, list[_Example]] = {"title": [], "publisher": [], "date": []}
    for one in covers:
        gold, is_form = one.gold, one.filed.title is not None

        def add(
            kind: str, candidates: Sequence[Candidate], right: Sequence[bool], gold: Mapping[str, Any] = gold
        ) -> None:
            none = kind != "title" and gold[kind] is None
            if kind != "title" or any(right):
                features = tuple(candidate.features for candidate in candidates)
                found[kind].append(_Example(features, (*right, none)))

        bare = replace(one.cover, declared=NO_PROPERTIES, name="")
        for shown in (one.cover, bare):
            title = one.filed.title or one.cover.declared.title or ""
            if not one.cover.is_titled and not is_form:
                candidates = cover.titles(shown)
                right = [is_title(gold, candidate.value, one.text) for candidate in candidates]
                add("title", candidates, right)
                title = next(
                    (each.value for each, is_one in zip(candidates, right, strict=True) if is_one), ""
                )
            if not is_form:
                short = replace(shown, lines=[line for line in shown.lines if not line.page], text="")
                for each in (shown, short):
                    candidates = cover.publishers(each, title)
                    add("publisher", candidates, _right(is_publisher, gold, candidates))
            candidates = cover.dates(shown, title, is_form=is_form)
            add("date", candidates, _most_exact(candidates, _right(is_date, gold, candidates)))
    return found


def _right(
    judge: Callable[[Mapping[str, Any], str | None], bool],
    gold: Mapping[str, Any],
    candidates: Sequence[Candidate],
) -> list[bool]:
    return [judge(gold, candidate.value) for candidate in candidates]


def _most_exact(candidates: Sequence[Candidate], right: Sequence[bool]) -> list[bool]:
    """A year is not right beside a day in it that is right, such as the year in a title."""
    dates = {one.value for one in compress(candidates, right)}
    return [
        is_right and not any(date != one.value and date.startswith(one.value) for date in dates)
        for one, is_right in zip(candidates, right, strict=True)
    ]


def left_out(covers: Sequence[Seen]) -> list[Found]:
    """Reports of a publisher look alike, so that all of them are left out together."""
    publishers = [one.gold["publisher"] or one.gold["file"] for one in covers]
    fold = {name: number % _FOLDS for number, name in enumerate(sorted({*publishers}))}
    found: list[Found] = []
    for left in range(_FOLDS):
        folds = [fold[name] == left for name in publishers]
        weights = learned([one for one, is_left in zip(covers, folds, strict=True) if not is_left])
        with patch.object(cover, "learned", return_value=weights):
            own = (one.gold for one in compress(covers, folds))
            found += [judged(gold, load(data_folder() / gold["file"])) for gold in own]
    return found


def weights_of(examples: Sequence[_Example]) -> dict[str, float]:
    """A report none of whose candidates is right teaches that none is."""
    names = sorted({name for one in examples for features in one.features for name in features})
    place = {name: number for number, name in enumerate(names)}
    tables: list[tuple[NDArray[np.float64], NDArray[np.bool_]]] = []
    for one in examples:
        table = np.zeros((len(one.right), len(names)))
        for row, features in enumerate(one.features):
            for name, value in features.items():
                table[row, place[name]] = value
        tables.append((table, np.array(one.taught)))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = _RIDGE * float(weights @ weights), 2 * _RIDGE * weights
        for table, right in tables:
            scores = table @ weights
            odds = np.exp(scores - scores.max())
            odds /= odds.sum()
            rights = odds * right
            mass = max(float(rights.sum()), 1e-12)
            total -= float(np.log(mass))
            slope = slope + table.T @ (odds - rights / mass)
        return total, slope

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B").x
    return dict(zip(names, map(float, found), strict=True))


if __name__ == "__main__":
    main()
