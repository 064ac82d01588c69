"""People who search a server at once, and what they saw: times, failures, and generations."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

import httpx
import numpy as np

_SECONDS = 120.0
"""After which a search has failed."""

_ROUND = re.compile(r"\bround (\d+)\b")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one response showed.

    Attributes:
        generation: the one that it names.
        versions: the versions of the documents of its results, in their order, as ``(document, version)``.
        rounds: the round that each result's text names, for those that name one.
    """

    generation: int
    versions: tuple[tuple[int, int], ...]
    rounds: tuple[int, ...] = ()


@dataclass(slots=True)
class Asked:
    """What several askers met.

    Attributes:
        milliseconds: of each search that was answered.
        seen: what each of them showed.
        errors: what went wrong in the others.
    """

    milliseconds: list[float] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Milliseconds that this share of the searches did not exceed; infinite where none was answered."""
        return float(np.quantile(self.milliseconds, share)) if self.milliseconds else float("inf")


@contextmanager
def asking(address: str, queries: Sequence[str], askers: int, pause: float = 0.0) -> Iterator[Asked]:
    """Has ``askers`` threads search for the queries in turn for as long as the block runs.

    Args:
        address: the server's.
        queries: each asker begins at another of them.
        askers: how many ask at once.
        pause: seconds that each waits between an answer and the next search.
    """
    asked, lock, enough = Asked(), Lock(), Event()

    def ask(first: int) -> None:
        with httpx.Client(base_url=address, timeout=_SECONDS) as client:
            place = first * len(queries) // askers
            while not enough.is_set():
                _ask_once(client, queries[place % len(queries)], asked, lock)
                place += 1
                enough.wait(pause)

    with ThreadPoolExecutor(askers) as pool:
        running = [pool.submit(ask, number) for number in range(askers)]
        try:
            yield asked
        finally:
            enough.set()
    for each in running:
        each.result()


def wait_until(is_done: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait, and return the seconds that it took.

    Raises:
        TimeoutError: if it takes longer.
    """
    began = time.monotonic()
    while not is_done():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"{what} was not done within {seconds:.0f} s")
        time.sleep(0.2)
    return time.monotonic() - began


def seen_in(response: Mapping[str, Any]) -> Seen:
    """What a response of ``POST /v1/search`` showed."""
    results = response["results"]
    rounds = [found for result in results if (found := _ROUND.search(result["text"]))]
    return Seen(
        response["generation"],
        tuple((result["document_id"], result["version"]) for result in results),
        tuple(int(found[1]) for found in rounds),
    )


def contradictions(seen: Iterable[Seen]) -> list[str]:
    """Where responses cannot all have shown the generation that they name, in a sentence each.

    A document has one version in a generation, and never an older one in a later generation.
    """
    versions: dict[int, dict[int, set[int]]] = {}
    for each in seen:
        for document, version in each.versions:
            versions.setdefault(document, {}).setdefault(each.generation, set()).add(version)
    found: list[str] = []
    for document, by_generation in versions.items():
        newest = 0
        for generation, those in sorted(by_generation.items()):
            if len(those) > 1:
                found.append(f"document {document} has versions {sorted(those)} in generation {generation}")
            if min(those) < newest:
                found.append(
                    f"document {document} is back at version {min(those)} in generation {generation}"
                )
            newest = max(newest, *those)
    return found


def mixed(seen: Iterable[Seen], round_of: Mapping[int, int], documents: int) -> list[str]:
    """Where a response did not show the whole round of the generation that it names, in a sentence each.

    Args:
        seen: what responses showed to a query that finds the documents of a round before all others.
        round_of: the round that each generation holds.
        documents: how many documents a round has.
    """
    found: list[str] = []
    for each in seen:
        right = round_of.get(each.generation)
        if each.rounds != (right,) * documents:
            shown = ", ".join(f"{each.rounds.count(number)} of round {number}" for number in {*each.rounds})
            found.append(
                f"generation {each.generation} holds round {right}; shown: {shown or 'none of any round'}"
            )
    return found


def _ask_once(client: httpx.Client, query: str, asked: Asked, lock: Lock) -> None:
    began = time.perf_counter()
    try:
        response = client.post("/v1/search", json={"query": query})
        response.raise_for_status()
        seen = seen_in(response.json())
    except (httpx.HTTPError, ValueError, LookupError) as error:
        with lock:
            asked.errors.append(f"{type(error).__name__}: {error}")
        return
    taken = (time.perf_counter() - began) * 1000
    with lock:
        asked.milliseconds.append(taken)
        asked.seen.append(seen)
