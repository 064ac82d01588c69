"""Prints what libraries of up to a billion passages need, and simulates a day of such a library.

``python -m benchmarks.capacity measure [--passages 10000 100000 1000000]`` measures libraries, fits a line to
the figures of all sizes but the largest, and prints the line's value for the largest beside the measured one.
``python -m benchmarks.capacity plan`` multiplies the measured figures in :data:`MODEL` by the figures in
:class:`Assumptions`, which nobody has measured here. ``python -m benchmarks.capacity simulate`` lets reports
and questions arrive at random for a day, on the cores that the plan asks for.
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
    """The figures measured on the CPU that the documentation names: fixed costs, and costs for each passage.

    Attributes:
        catalog_bytes: bytes of a passage in the catalog, with its text and vectors.
        files_bytes: bytes of a passage in the files of words and vectors.
        memory_base: resident megabytes of a server without reader and reranker, with a small library.
        memory_bytes: resident bytes of a passage in a server that has searched.
        milvus_base: resident megabytes of a server of Milvus without vectors.
        milvus_bytes: resident bytes of a vector in a server of Milvus.
        search_base: milliseconds of a search in a large library, on one core.
        search_more: milliseconds that each further million of passages adds.
        read_ms: milliseconds of a core to read and cut a passage of a PDF.
        embed_ms: milliseconds of a core to embed a passage with its sentences.
        store_ms: milliseconds of the one writer for a passage.
        answer_ms: milliseconds of a core for an answer without a language model, apart from the search.
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
    """The figures that nobody has measured here. Each is an option of the command; put in your own figures.

    Attributes:
        new_share: the share of the library that arrives anew in a day.
        peak: the arrivals of the busiest hour, as a multiple of the mean hour.
        passages_a_report: the median of a report's passages; their spread is lognormal.
        spread: the standard deviation of the logarithm of a report's passages.
        questions: questions a day for each million passages.
        largest: the most passages of one library. More are divided among libraries; a question goes to all of
            them at once. The product does not do this yet.
        copies: the replicas of each library, so that one may fail.
        busy: the share of the busiest hour for which a core may be busy.
        jitter: the standard deviation of the logarithm of the time that a question takes.
        core_price: the price of a core for a month.
        memory_price: the price of a gigabyte of memory for a month.
        disk_price: the price of a gigabyte of disk for a month.
        tokens: tokens that a language model reads and writes for an answer.
        token_price: the price of a million of these tokens; 0 for answers in quotes.
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
    """The needs of a library with a number of passages.

    Attributes:
        passages: the number of passages.
        libraries: the libraries among which the passages are divided.
        catalog_gb: gigabytes of the catalogs.
        files_gb: gigabytes of the files of words and vectors, in all replicas.
        memory_gb: gigabytes of memory of all replicas.
        milvus_gb: gigabytes of memory of Milvus, if the vectors are there.
        first_hours: the hours of 32 cores to read and embed everything once.
        ingest_cores: the cores that read and embed the reports that arrive in the busiest hour.
        asked_cores: the cores that answer in the busiest hour.
        price: the price a month, with the vectors in files.
    """

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
    """Return the milliseconds of a core for a search in one library."""
    return model.search_base + model.search_more * max(0.0, passages / MILLION - 1)


def plan(passages: int, model: Model, given: Assumptions) -> Plan:
    """Return the needs of a library of this size."""
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
    """A simulated day.

    Attributes:
        reports: the number of reports that arrived.
        fresh: seconds from the arrival of a report until a search finds it.
        writing: the share of the day for which the busiest writer wrote.
        answered: seconds from a question to its answer.
    """

    reports: int
    fresh: Times
    writing: float
    answered: Times


def simulate(planned: Plan, model: Model, given: Assumptions, seed: int = 1) -> Day:
    """Let reports and questions arrive for a day on the cores of a plan.

    The arrivals are random, and their rate follows the hour of the day. A report is read and embedded on the
    next free core, then written by the one writer of its library. A question is searched in all libraries at
    the same time, waits for the slowest of them, and is then answered.
    """
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
    """Return the quantiles ``share`` of a lognormal distribution with the mean 1."""
    values: Times = np.exp(spread * ndtri(share) - spread**2 / 2)
    return values


def _arrivals(count: float, peak: float, chance: np.random.Generator) -> Times:
    """Return random times of about ``count`` arrivals in a day, in order.

    The busiest hour has ``peak`` times as many arrivals as the mean hour.
    """
    hours = np.arange(24)
    # A bell curve around two in the afternoon plus a constant, with the mean 1 and the maximum ``peak``.
    bell = np.exp(-((hours - 14) ** 2) / 18)
    height = (peak - 1) / (1 - bell.mean())
    rates = np.maximum(0, 1 + height * (bell - bell.mean()))
    counts = chance.poisson(count / 24 * rates)
    return np.sort(np.repeat(hours * _HOUR, counts) + chance.random(int(counts.sum())) * _HOUR)


def _served(arrived: Times, seconds: Times, servers: int) -> Times:
    """Return the time at which each piece of work is done, if ``servers`` take them in order of arrival."""
    free = [0.0] * servers
    heapify(free)
    done = np.empty(len(arrived))
    for number, (at, work) in enumerate(zip(arrived, seconds, strict=True)):
        done[number] = max(at, free[0]) + work
        heapreplace(free, done[number])
    return done


def measured(sizes: Sequence[int]) -> Iterator[tuple[int, Mapping[str, float]]]:
    """Measure a library of each size, filled if necessary; yield its number of passages and its figures."""
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
    """Return the base and the slope of the line that fits best."""
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
"""The number of questions that :func:`measured` asks."""

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
"""The rows of the table of plans."""


def main() -> None:
    """Measure, plan or simulate."""
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
