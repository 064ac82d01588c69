"""The traces of a server, by OpenTelemetry: spans of requests, answers and syncs, and of their stages.

Import it only through :mod:`ui.operations.telemetry`. The tracer is not the global one: other libraries do
not know that no span may have words of questions and answers unless the log may have them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from threading import Thread

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from index.ingest import SyncReport
from rag.answers import Answer
from rag.engine import ANSWER_PARTS, STAGES
from ui.operations.metrics import verdicts_of

CLOSING_SECONDS = 2.0  # the seconds that the last spans may take to arrive when the server stops
Attributes = Mapping[str, str | int | float | bool]

_MILLISECOND, _SECOND = 10**6, 10**9


class Tracing:
    """OpenTelemetry's variables apply. An unreachable collector delays no request; the spans are lost."""

    def __init__(self, endpoint: str, *, texts: bool = False) -> None:
        own = Resource.create({"service.name": "footnoted", "service.version": version("footnoted")})
        self._provider = TracerProvider(
            resource=own.merge(OTELResourceDetector().detect()), shutdown_on_exit=False
        )
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("footnoted", version("footnoted"))
        self._texts = texts

    def close(self) -> None:
        # The SDK would wait half a minute for a collector that does not answer.
        closing = Thread(target=self._provider.shutdown, name="traces", daemon=True)
        closing.start()
        closing.join(CLOSING_SECONDS)

    @contextmanager
    def request(
        self, name: str, headers: Mapping[str, str], attributes: Attributes
    ) -> Iterator[Callable[[int], None]]:
        """Continue the client's trace if ``headers`` name one; yield a function for the status."""
        parent = TraceContextTextMapPropagator().extract(headers)
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, attributes)

        def answered(status: int) -> None:
            span.set_attribute("http.response.status_code", status)
            if status >= 500:
                span.set_status(Status(StatusCode.ERROR))

        # The message of an error may quote reports.
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            yield answered

    def see_answer(self, answer: Answer) -> None:
        """A stage that ran several times is one span, as long as all its runs together."""
        spent, parts = (
            {name: int(answer.timings[name] * _MILLISECOND) for name in names if name in answer.timings}
            for names in (STAGES, ANSWER_PARTS)
        )
        attributes: dict[str, str | int | float | bool] = {
            "footnoted.answer_id": answer.answer_id,
            "footnoted.model": answer.model,
            "footnoted.generation": answer.generation,
            "footnoted.abstained": answer.abstained,
            "footnoted.citations": len(answer.citations),
        }
        attributes |= {
            f"footnoted.sentences.{verdict}": count for verdict, count in verdicts_of(answer).items()
        }
        optional = {
            "footnoted.cause": answer.cause,
            "footnoted.fallback": answer.fallback,
            "footnoted.prompt_tokens": int(answer.timings.get("prompt_tokens", 0)) or None,
            "footnoted.completion_tokens": int(answer.timings.get("completion_tokens", 0)) or None,
            "footnoted.question": answer.question if self._texts else None,
            "footnoted.answer": answer.text if self._texts else None,
        }
        attributes |= {name: value for name, value in optional.items() if value is not None}
        self._staged("question", spent, attributes, {"answer": parts})

    def see_sync(self, report: SyncReport) -> None:
        attributes = {
            "footnoted.added": len(report.added),
            "footnoted.changed": len(report.changed),
            "footnoted.removed": len(report.removed),
            "footnoted.unchanged": report.unchanged,
            "footnoted.failed": len(report.failed),
            "footnoted.generation": report.generation,
        }
        self._staged(
            "sync", {name: int(seconds * _SECOND) for name, seconds in report.stages.items()}, attributes
        )

    def _staged(
        self,
        name: str,
        stages: Mapping[str, int],
        attributes: Attributes,
        parts: Mapping[str, Mapping[str, int]] | None = None,
    ) -> None:
        """Stages and parts are in nanoseconds, in their order; the span ends now."""
        begins = time.time_ns() - sum(stages.values())
        whole = self._tracer.start_span(name, attributes=attributes, start_time=begins)
        for stage, spent in stages.items():
            inner = (parts or {}).get(stage, {})
            span = self._span(f"{name} {stage}", whole, begins)
            begins += spent
            at = begins - sum(inner.values())
            for part, nanoseconds in inner.items():
                self._span(f"{name} {part}", span, at).end(at := at + nanoseconds)
            span.end(begins)
        whole.end(begins)

    def _span(self, name: str, parent: Span, begins: int) -> Span:
        return self._tracer.start_span(name, set_span_in_context(parent, Context()), start_time=begins)
