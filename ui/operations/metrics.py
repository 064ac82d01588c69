"""The metrics of a server, and an answer's log line. No label has paths, names or words of a request."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy.exc
from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client import Counter as Total
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from index.errors import UnreachableError
from index.ingest import Jobs, SyncReport
from index.library import Library
from index.search import library_status
from rag.answers import Answer
from rag.engine import ANSWER_PARTS, STAGES, QueryEngine
from ui.operations.log import log_event

REFUSED = frozenset({401, 403, 429})

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_SYNC_SECONDS = (0.1, 1.0, 10.0, 60.0, 600.0, 3_600.0)


@dataclass
class Metrics:
    engine: QueryEngine
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        def total(name: str, what: str, *labels: str) -> Total:
            return Total(f"footnoted_{name}", what, labels, registry=self.registry)

        def histogram(name: str, what: str, label: str, buckets: tuple[float, ...] = _SECONDS) -> Histogram:
            return Histogram(f"footnoted_{name}", what, (label,), buckets=buckets, registry=self.registry)

        self._requests = total("requests", "Requests that ended.", "method", "route", "status")
        self._seconds = histogram("request_seconds", "Time until the end of a response.", "route")
        self.open_requests = Gauge(
            "footnoted_open_requests", "Requests that have not ended.", registry=self.registry
        )
        self._refused = total("refused_requests", "Requests answered by 401, 403, 429.", "status")
        self._answers = total(
            "answers", "Questions answered; the cause of a refusal, or answered.", "written_by", "cause"
        )
        self._stages = histogram("answer_stage_seconds", "Time that a stage of an answer took.", "stage")
        self._sync_stages = histogram(
            "sync_stage_seconds", "Time that a stage of a sync took.", "stage", _SYNC_SECONDS
        )
        self._verdicts = total("sentences", "Sentences of answers by their verdict.", "verdict")
        self._tokens = total("llm_tokens", "Tokens of the language model.", "direction")
        self._cost = total("llm_cost", "Cost of the language model, by the set prices.")
        self._fallbacks = total("llm_fallbacks", "Answers quoted after all, by reason.", "reason")
        self.registry.register(_Library(self.engine))
        ProcessCollector(registry=self.registry)

    def see_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. Method and route are ``other`` if unknown; the route names its parameters."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if status in REFUSED:
            self._refused.labels(str(status)).inc()

    def see_answer(self, answer: Answer) -> None:
        written_by = "quoted" if answer.model == "quoted" else "model"
        self._answers.labels(written_by, answer.cause or "answered").inc()
        for stage in (*STAGES, *ANSWER_PARTS):
            if stage in answer.timings:
                self._stages.labels(stage).observe(answer.timings[stage] / 1000)
        for verdict, count in verdicts_of(answer).items():
            self._verdicts.labels(verdict).inc(count)
        for direction in ("prompt", "completion"):
            self._tokens.labels(direction).inc(answer.timings.get(f"{direction}_tokens", 0))
        self._cost.inc(answer.timings.get("cost", 0))
        if answer.fallback:
            self._fallbacks.labels(answer.fallback).inc()

    def see_sync(self, report: SyncReport) -> None:
        for stage, seconds in report.stages.items():
            self._sync_stages.labels(stage).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self.registry)


def verdicts_of(answer: Answer) -> dict[str, int]:
    """Return the number of sentences by verdict; ``dropped`` counts the sentences that were left out."""
    counted = Counter[str](sentence.verdict for sentence in answer.sentences)
    if answer.dropped:
        counted["dropped"] = len(answer.dropped)
    return dict(counted)


def log_answer(answer: Answer, *, texts: bool) -> None:
    log_event(
        "answer",
        logging.INFO,
        answer_id=answer.answer_id,
        conversation_id=answer.conversation_id,
        model=answer.model,
        cause=answer.cause,
        fallback=answer.fallback,
        citations=len(answer.citations),
        generation=answer.generation,
        **verdicts_of(answer),
        **{
            f"{name}_ms" if name in (*STAGES, *ANSWER_PARTS) else name: round(value, 1)
            for name, value in answer.timings.items()
        },
        question=answer.question if texts else None,
        answer=answer.text if texts else None,
    )


class _Library(Collector):
    def __init__(self, engine: QueryEngine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        yield _gauge("ready", "1 if the server answers questions.", float(not self._engine.is_warming))
        yield _gauge("open_questions", "Questions that are being answered.", self._engine.open_questions)
        encoder = self._engine.index.encoder
        cached = CounterMetricFamily(
            "footnoted_encoder_cache", "Texts that the encoder was given.", labels=("result",)
        )
        cached.add_metric(("hit",), encoder.recalled)
        cached.add_metric(("miss",), encoder.missed)
        yield cached
        try:
            yield from _of_library(self._engine.index)
        except (sqlalchemy.exc.SQLAlchemyError, UnreachableError, OSError):
            return


def _of_library(library: Library) -> Iterator[GaugeMetricFamily]:
    status = library_status(library.home, library.catalog)
    yield _gauge("generation", "Commits that changed the searchable passages.", status.generation)
    with library.catalog.reading() as reader:
        yield _gauge("documents", "Reports of the library.", reader.count_documents())
    yield _gauge("passages", "Passages that a search can find.", status.passages)
    yield _gauge("recent_passages", "Passages that the file of vectors does not have yet.", status.recent)
    yield _gauge("removed_passages", "Removed passages that the caches still have.", status.removed)
    yield _gauge("cache_bytes", "Size of the search caches.", status.cache_bytes)
    yield _gauge("building", "1 while another encoder embeds all.", float(status.building is not None))
    jobs = GaugeMetricFamily("footnoted_jobs", "Jobs that have not ended.", labels=("state",))
    states = Counter(job.state for job in Jobs(library.catalog).unended())
    for state in ("waiting", "running"):
        jobs.add_metric((state,), states[state])
    yield jobs


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"footnoted_{name}", what, value=value)
