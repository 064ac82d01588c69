"""The log of a server: one line for each event, as ``key=value`` pairs or as JSON, with the request's id.

Words of questions, answers and reports are in it only if the settings allow them. An unexpected error's
message may quote such words, so only its class, the system's message and the places of the traceback are
logged.
"""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from traceback import extract_tb
from typing import Any

from ui.settings import OperationSettings

EVENTS = "footnoted"

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_PLAIN = re.compile(r"[^\s\"=\\\x00-\x1f\x7f]+")  # a value that needs no quotation marks
_request: ContextVar[str | None] = ContextVar("request", default=None)
_events = logging.getLogger(EVENTS)


def begin_request(sent: str | None) -> str:
    """Return the id of the request: the ``sent`` one if it is well-formed, else a new one."""
    request_id = sent if sent and _WELL_FORMED.fullmatch(sent) else uuid.uuid4().hex
    _request.set(request_id)
    return request_id


def request_id() -> str | None:
    return _request.get()


def log_event(name: str, level: int = logging.INFO, **fields: Any) -> None:  # noqa: ANN401 (JSON)
    _events.log(level, name, extra={"fields": fields})


def configure_log(settings: OperationSettings) -> None:
    """Let the root logger write to standard error, as the settings say. Call this once in a process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(as_json=settings.log_format == "json", texts=settings.log_texts))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    for name in ("ui", "rag", "index", EVENTS):
        logging.getLogger(name).setLevel(settings.log_level.upper())


@contextmanager
def logging_prints(settings: OperationSettings) -> Iterator[None]:
    """Log what libraries print: it may have words of a request, with which a sender could forge lines."""
    printed = partial(_Printed, texts=settings.log_texts)
    with redirect_stdout(printed("stdout")), redirect_stderr(printed("stderr")):
        yield


class _Printed(io.StringIO):
    """A standard stream whose lines become records of the log.

    What is printed while an exception is handled is its traceback, as Gradio prints it: the record has the
    exception instead, whose message the log leaves out, unless ``texts``.
    """

    def __init__(self, name: str, *, texts: bool) -> None:
        super().__init__()
        self._logger = logging.getLogger(name)
        self._texts = texts
        self._state = threading.local()

    def write(self, text: str) -> int:
        # A handler that cannot write prints that.
        if not getattr(self._state, "is_writing", False):
            self._state.is_writing = True
            try:
                self._log(text)
            finally:
                self._state.is_writing = False
        return len(text)

    def _log(self, text: str) -> None:
        error = sys.exception()
        if error is None or self._texts:
            for line in filter(None, map(str.rstrip, text.splitlines())):
                self._logger.warning("%s", line)
        elif getattr(self._state, "logged", None) is not error:
            # A traceback is written in many parts.
            self._state.logged = error
            self._logger.error("a library printed an exception", exc_info=error)


class LineFormatter(logging.Formatter):
    def __init__(self, *, as_json: bool, texts: bool) -> None:
        super().__init__()
        self._as_json = as_json
        self._texts = texts

    def format(self, record: logging.LogRecord) -> str:
        fields = {key: value for key, value in self._fields(record) if value is not None}
        if self._as_json:
            return _visible(json.dumps(fields, ensure_ascii=False, default=str))
        return " ".join(f"{key}={_pair_value(value)}" for key, value in fields.items())

    def _fields(self, record: logging.LogRecord) -> Iterator[tuple[str, Any]]:
        yield "time", datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        yield "level", record.levelname.lower()
        if record.name == EVENTS:
            yield "event", record.getMessage()
        else:
            yield from (
                ("event", "message"),
                ("logger", record.name),
                ("message", record.getMessage().strip()),
            )
        yield "request_id", request_id()
        yield from getattr(record, "fields", {}).items()
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            chain = list(_chain(error))
            yield "error", [self._named(each) for each in chain]
            yield (
                "traceback",
                [
                    f"{frame.filename}:{frame.lineno} {frame.name}"
                    for each in reversed(chain)
                    for frame in extract_tb(each.__traceback__)
                ],
            )

    def _named(self, error: BaseException) -> str:
        kind = type(error).__name__
        # The operating system's words, such as "No space left on device", quote no report.
        message = str(error) if self._texts else (isinstance(error, OSError) and error.strerror) or ""
        return f"{kind}: {message}" if message else kind


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    now: BaseException | None = error
    while now is not None and id(now) not in seen:
        seen.add(id(now))
        yield now
        now = now.__cause__ or (None if now.__suppress_context__ else now.__context__)


def _pair_value(value: Any) -> str:  # noqa: ANN401 (JSON)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    is_plain = _PLAIN.fullmatch(text) and text.isprintable()
    return text if is_plain else _visible(json.dumps(text, ensure_ascii=False))


def _visible(written: str) -> str:
    """Escape in JSON what ends a line or steers a terminal; JSON itself escapes only some of that."""
    if written.isprintable():
        return written
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in written)
