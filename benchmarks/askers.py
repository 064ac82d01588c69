"""Concurrent clients that search a server and record times, failures and generations."""

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

_ROUND = re.compile(r"\bround (\d+)\b")


@dataclass(frozen=True, slots=True)
class Seen:
    """Versions are ``(document, version)``, in order; a result without a round has none in ``rounds``."""

    generation: int
    versions: tuple[tuple[int, int], ...]
    rounds: tuple[int, ...] = ()


@dataclass(slots=True)
class Asked:
    """Of answered searches; ``refused`` counts those of :func:`is_capacity_refusal`."""

    milliseconds: list[float] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    refused: int = 0
    errors: list[str] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """The milliseconds that this share of searches did not exceed; infinite without an answer."""
        return float(np.quantile(self.milliseconds, share)) if self.milliseconds else float("inf")


@contextmanager
def asking(
    address: str,
    queries: Sequence[str],
    askers: int,
    pause: float = 0.0,
    headers: Sequence[Mapping[str, str]] = (),
) -> Iterator[Asked]:
    """Each thread begins with a different query; ``pause`` is in seconds."""
    asked, lock, enough = Asked(), Lock(), Event()

    def ask(first: int) -> None:
        own = headers[first] if headers else None
        with httpx.Client(base_url=address, timeout=_SECONDS, headers=own) as client:
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
    """Return the seconds of the wait. Raises TimeoutError."""
    began = time.monotonic()
    while not is_done():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"{what} was not done within {seconds:.0f} s")
        time.sleep(0.2)
    return time.monotonic() - began


def seen_in(response: Mapping[str, Any]) -> Seen:
    results = response["results"]
    rounds = [found for result in results if (found := _ROUND.search(result["text"]))]
    return Seen(
        response["generation"],
        tuple((result["document_id"], result["version"]) for result in results),
        tuple(int(found[1]) for found in rounds),
    )


def contradictions(seen: Iterable[Seen]) -> list[str]:
    """A generation has one version of a document, and a later generation never has an older version."""
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
    """``seen`` are responses to a query that ranks the documents of a round before all others."""
    found: list[str] = []
    for each in seen:
        right = round_of.get(each.generation)
        if each.rounds != (right,) * documents:
            shown = ", ".join(f"{each.rounds.count(number)} of round {number}" for number in {*each.rounds})
            found.append(
                f"generation {each.generation} holds round {right}; shown: {shown or 'none of any round'}"
            )
    return found


def is_capacity_refusal(response: httpx.Response) -> bool:
    """It must say when to try again, except for lack of disk space (507)."""
    is_busy = response.status_code in {429, 503} and bool(response.headers.get("retry-after"))
    return is_busy or response.status_code == 507


def _ask_once(client: httpx.Client, query: str, asked: Asked, lock: Lock) -> None:
    began = time.perf_counter()
    try:
        response = client.post("/v1/search", json={"query": query})
        if is_capacity_refusal(response):
            with lock:
                asked.refused += 1
            return
        seen = seen_in(response.raise_for_status().json())
    except (httpx.HTTPError, ValueError, LookupError) as error:
        with lock:
            asked.errors.append(f"{type(error).__name__}: {error}")
        return
    taken = (time.perf_counter() - began) * 1000
    with lock:
        asked.milliseconds.append(taken)
        asked.seen.append(seen)
