"""Prints what libraries of up to a billion passages need, and simulates a day of such a library.

``python -m benchmarks.capacity measure [--passages 10000 100000 1000000]`` fits a line to all sizes but the
largest, and compares. ``plan`` multiplies :data:`MODEL` by :class:`Assumptions`. ``simulate`` lets reports
and questions arrive at random for a day, on the cores of the plan.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from heapq import heapify, heapreplace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from benchmarks.corpus import questions, read_corpus, real_vectors
from benchmarks.footprint import on_disk
from benchmarks.fresh_process import measure
from benchmarks.side_by_side import machine, milliseconds
from benchmarks.stand_in import StandIn, filled
from index.embedding.encoder import open_encoder
from index.library import Library

MILLION, BILLION = 10**6, 10**9
SIZES = (MILLION, 10 * MILLION, 100 * MILLION, BILLION)

_HOUR, _DAY = 3_600, 86_400
_MB, _GB = 2**20, 2**30

Times = npt.NDArray[np.float64]
"""Seconds: shape (events,)."""


@dataclass(frozen=True, slots=True)
class Model:
    """Measured on the CPU that the documentation names: fixed costs, and costs for each passage.

    Memory is resident: ``memory_base`` and ``milvus_base`` in megabytes, all others in bytes. Milliseconds
    are of one core; ``search_more`` is for each further million passages, ``answer_ms`` is without search and
    language model.
    """

    catalog_bytes: float
    files_bytes: float
    memory_base: float
    memory_bytes: float
    milvus_base: float
    milvus_bytes: float
    search_base: float
    search_more: float
    read_ms: float
    embed_ms: float
    store_ms: float
    answer_ms: float


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Nobody has measured these here. Each is an option of the command; put in your own figures.

    ``peak`` is a multiple of the mean hour. ``spread`` and ``jitter`` are standard deviations of the
    logarithm of a report's passages and of a question's time. ``questions`` are a day's for each million
    passages. ``largest``: more passages are divided among libraries, which the product does not do yet.
    Prices are for a month and a gigabyte, ``token_price`` for a million tokens.
    """

    new_share: float = 0.001
    peak: float = 3.0
    passages_a_report: float = 40.0
    spread: float = 1.0
    questions: float = 2_000.0
    largest: float = 10.0 * MILLION
    copies: float = 2.0
    busy: float = 0.6
    jitter: float = 0.5
    core_price: float = 15.0
    memory_price: float = 2.0
    disk_price: float = 0.1
    tokens: float = 3_000.0
    token_price: float = 0.0


MODEL = Model(
    # ``capacity measure``: the line through 100,000 and 1,000,000 passages.
    catalog_bytes=6_198,
    files_bytes=685,
    memory_base=493,
    memory_bytes=543,
    search_base=15.2,
    search_more=8.6,
    # ``milvus``, the line through 100,000 and 1,000,000 vectors.
    milvus_base=535,
    milvus_bytes=2_615,
    # ``costs``: four passages a page; embedding takes both cores.
    read_ms=4.65,
    embed_ms=26,
    store_ms=0.83,
    # ``real_reports``, with reader and reranker: 0.90 s on two cores.
    answer_ms=1_800,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Cores are for the busiest hour, ``first_hours`` of 32 cores; ``price``, a month's, without Milvus."""

    passages: int
    libraries: int
    catalog_gb: float
    files_gb: float
    memory_gb: float
    milvus_gb: float
    first_hours: float
    ingest_cores: int
    asked_cores: int
    price: float


def search_ms(model: Model, passages: float) -> float:
    """On one core, in one library."""
    return model.search_base + model.search_more * max(0.0, passages / MILLION - 1)


def plan(passages: int, model: Model, given: Assumptions) -> Plan:
    libraries = math.ceil(passages / given.largest)
    replicas = libraries * given.copies
    made_ms = model.read_ms + model.embed_ms
    arriving = passages * given.new_share / _DAY * given.peak
    ingest_cores = math.ceil(arriving * made_ms / 1000 / given.busy)
    asked = passages / MILLION * given.questions / _DAY * given.peak
    work = libraries * search_ms(model, passages / libraries) + model.answer_ms
    asked_cores = max(libraries, math.ceil(asked * work / 1000 / given.busy))
    catalog_gb = passages * model.catalog_bytes / _GB
    files_gb = given.copies * passages * model.files_bytes / _GB
    memory_gb = (replicas * model.memory_base * _MB + given.copies * passages * model.memory_bytes) / _GB
    cores = ingest_cores + asked_cores
    answers = passages / MILLION * given.questions * 30
    price = (
        cores * given.core_price
        + memory_gb * given.memory_price
        + (catalog_gb + files_gb) * given.disk_price
        + answers * given.tokens / MILLION * given.token_price
    )
    return Plan(
        passages,
        libraries,
        catalog_gb,
        files_gb,
        memory_gb,
        (model.milvus_base * _MB + passages * model.milvus_bytes) / _GB,
        passages * made_ms / 1000 / 32 / _HOUR,
        ingest_cores,
        asked_cores,
        price,
    )


@dataclass(frozen=True, slots=True)
class Day:
    """``fresh`` and ``answered`` are in seconds, ``writing`` is the busiest writer's share of the day."""

    reports: int
    fresh: Times
    writing: float
    answered: Times


def simulate(planned: Plan, model: Model, given: Assumptions, seed: int = 1) -> Day:
    """A report waits for a core, then for its library's one writer; a question, for all libraries."""
    chance = np.random.default_rng(seed)
    median = given.passages_a_report
    mean = median * math.exp(given.spread**2 / 2)
    arrived = _arrivals(planned.passages * given.new_share / mean, given.peak, chance)
    sizes = np.maximum(1, median * np.exp(given.spread * chance.standard_normal(len(arrived))))
    made = _served(arrived, sizes * (model.read_ms + model.embed_ms) / 1000, planned.ingest_cores)
    library = chance.integers(planned.libraries, size=len(arrived))
    written = np.empty(len(arrived))
    writing = 0.0
    for number in range(planned.libraries):
        own = np.flatnonzero(library == number)
        own = own[np.argsort(made[own])]
        seconds = sizes[own] * model.store_ms / 1000
        written[own] = _served(made[own], seconds, 1)
        writing = max(writing, float(seconds.sum()) / _DAY)
    asked = _arrivals(planned.passages / MILLION * given.questions, given.peak, chance)
    at_once = min(planned.libraries, planned.asked_cores)
    one = planned.libraries / at_once * search_ms(model, planned.passages / planned.libraries) / 1000
    # The largest of several random times, drawn by the inverse of its distribution.
    slowest = one * _lognormal(chance.random(len(asked)) ** (1 / at_once), given.jitter)
    answer = model.answer_ms / 1000 * _lognormal(chance.random(len(asked)), given.jitter)
    # A question is the same work for the cores whether it takes one for long or several for a short time.
    work = one * at_once + answer
    waited = _served(asked, work, planned.asked_cores) - work - asked
    return Day(len(arrived), written - arrived, writing, waited + slowest + answer)


def _lognormal(share: Times, spread: float) -> Times:
    """The quantiles ``share`` of a distribution with the mean 1."""
    values: Times = np.exp(spread * ndtri(share) - spread**2 / 2)
    return values


def _arrivals(count: float, peak: float, chance: np.random.Generator) -> Times:
    """In order; the busiest hour has ``peak`` times as many arrivals as the mean hour."""
    hours = np.arange(24)
    # A bell curve around two in the afternoon plus a constant, with the mean 1 and the maximum ``peak``.
    bell = np.exp(-((hours - 14) ** 2) / 18)
    height = (peak - 1) / (1 - bell.mean())
    rates = np.maximum(0, 1 + height * (bell - bell.mean()))
    counts = chance.poisson(count / 24 * rates)
    return np.sort(np.repeat(hours * _HOUR, counts) + chance.random(int(counts.sum())) * _HOUR)


def _served(arrived: Times, seconds: Times, servers: int) -> Times:
    free = [0.0] * servers
    heapify(free)
    done = np.empty(len(arrived))
    for number, (at, work) in enumerate(zip(arrived, seconds, strict=True)):
        done[number] = max(at, free[0]) + work
        heapreplace(free, done[number])
    return done


def measured(sizes: Sequence[int]) -> Iterator[tuple[int, Mapping[str, float]]]:
    """Yield the number of passages and the figures of each library, filled if necessary."""
    encoder, corpus = open_encoder(), read_corpus()
    stand_in = StandIn(encoder, real_vectors(encoder, corpus))
    asked = questions(_QUESTIONS)
    for question in asked:
        stand_in.encode_query(question)
    for size in sizes:
        home = filled(size, corpus, stand_in)
        disk = on_disk(home)
        catalog = sum(megabytes for name, megabytes in disk.items() if name.startswith("catalog"))
        # Measure in a process of its own, so that nothing of another library is counted.
        resident = measure("ours", home, _QUESTIONS).after_mb
        with Library.open(home, stand_in) as index:
            index.search("ready")
            passages = index.catalog.count_passages()
            times = {
                name: float(np.median([milliseconds(partial(search, question)) for question in asked]))
                for name, search in (
                    ("search, ms", index.search),
                    ("search by words alone, ms", partial(index.search, dense_weight=0)),
                )
            }
        yield (
            passages,
            {
                "catalog, MB": catalog,
                "files of words and vectors, MB": disk["caches"],
                "resident, MB": resident,
                **times,
            },
        )


def line(sizes: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    slope, base = np.polyfit(sizes, values, 1)
    return float(base), float(slope)


def _print_measured(sizes: Sequence[int]) -> None:
    found = list(measured(sorted(sizes)))
    counts = [count for count, _ in found]
    print(f"{machine()}\n")
    print(f"| | {' | '.join(f'{count:,}' for count in counts)} | of the last, by the line | off by |")
    print(f"|---|{'---:|' * (len(counts) + 2)}")
    for name in found[0][1]:
        values = [figures[name] for _, figures in found]
        base, slope = line(counts[:-1], values[:-1])
        predicted = base + slope * counts[-1]
        off_by = f"{predicted / values[-1] - 1:+.0%}"
        cells = [*(f"{value:,.1f}" for value in values), f"{predicted:,.1f}", off_by]
        print(f"| {name} | {' | '.join(cells)} |")


def _print_plans(sizes: Sequence[int], given: Assumptions) -> None:
    plans = [plan(size, MODEL, given) for size in sizes]
    print(f"| passages | {' | '.join(f'{each.passages:,}' for each in plans)} |")
    print(f"|---|{'---:|' * len(plans)}")
    for name, words in _WORDS.items():
        values: list[float] = [getattr(each, name) for each in plans]
        cells = [
            f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}" for value in values
        ]
        print(f"| {words} | {' | '.join(cells)} |")


def _print_days(sizes: Sequence[int], given: Assumptions, seed: int) -> None:
    print(
        "| passages | reports a day | found after, s, median and p95 | busiest writer | questions a day | "
        "answered after, s, median and p95 |\n|---:|---:|---:|---:|---:|---:|"
    )
    for size in sizes:
        day = simulate(plan(size, MODEL, given), MODEL, given, seed)
        fresh, answered = (np.quantile(times, (0.5, 0.95)) for times in (day.fresh, day.answered))
        print(
            f"| {size:,} | {day.reports:,} | {fresh[0]:.1f}, {fresh[1]:.1f} | {day.writing:.1%} | "
            f"{len(day.answered):,} | {answered[0]:.2f}, {answered[1]:.2f} |"
        )


_QUESTIONS = 100

_WORDS = {
    "libraries": "libraries",
    "catalog_gb": "catalogs, GB",
    "files_gb": "files of words and vectors, all replicas, GB",
    "memory_gb": "memory, all replicas, GB",
    "milvus_gb": "memory of Milvus, if the vectors are there, GB",
    "first_hours": "everything read and embedded once, hours of 32 cores",
    "ingest_cores": "cores that read and embed",
    "asked_cores": "cores that answer",
    "price": "price a month",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("measure", "plan", "simulate"))
    parser.add_argument("--passages", type=int, nargs="+", help="sizes of the library")
    parser.add_argument("--seed", type=int, default=1, help="another seed lets others arrive")
    for field in fields(Assumptions):
        name = f"--{field.name.replace('_', '-')}"
        parser.add_argument(name, type=float, default=field.default, help="see Assumptions")
    arguments = parser.parse_args()
    given = Assumptions(**{field.name: getattr(arguments, field.name) for field in fields(Assumptions)})
    if arguments.what == "measure":
        _print_measured(arguments.passages or (10_000, 100_000, MILLION))
    elif arguments.what == "plan":
        _print_plans(arguments.passages or SIZES, given)
    else:
        _print_days(arguments.passages or SIZES, given, arguments.seed)


if __name__ == "__main__":
    main()
