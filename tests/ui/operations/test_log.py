"""A line of the log is one event with the id of its request, and has no words of questions or reports."""

from __future__ import annotations

import io
import json
import logging
import sys
import traceback
from contextvars import copy_context

import pytest

from ui.operations.log import EVENTS, LineFormatter, begin_request, log_event, logging_prints
from ui.settings import OperationSettings

QUESTION = 'Who paid the "harbour" master?\nAnd why?'


def line(record: logging.LogRecord, *, as_json: bool = True, texts: bool = False) -> str:
    return LineFormatter(as_json=as_json, texts=texts).format(record)


def event(name: str, **fields: object) -> logging.LogRecord:
    record = logging.LogRecord(EVENTS, logging.INFO, "", 0, name, None, None)
    record.fields = fields
    record.created = 1_800_000_000.25
    return record


def failed(error: Exception, cause: Exception | None = None) -> logging.LogRecord:
    try:
        raise error from cause
    except type(error) as raised:
        told = (type(raised), raised, raised.__traceback__)
    return logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "Exception in an app\n", None, told)


def test_an_event_is_an_object_in_json_with_the_id_of_its_request() -> None:
    def in_request() -> str:
        begin_request("proxy-17")
        return line(event("request", status=200, who=None, address="::1"))

    assert json.loads(copy_context().run(in_request)) == {
        "time": "2027-01-15T08:00:00.250+00:00",
        "level": "info",
        "event": "request",
        "request_id": "proxy-17",
        "status": 200,
        "address": "::1",
    }


def test_an_event_is_pairs_whose_values_cannot_begin_another_line_or_pair() -> None:
    written = line(event("answer", question=QUESTION, ms=1.5, who="ana", path="a=b"), as_json=False)
    assert written == (
        "time=2027-01-15T08:00:00.250+00:00 level=info event=answer "
        r'question="Who paid the \"harbour\" master?\nAnd why?" ms=1.5 who=ana path="a=b"'
    )


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("4bf92f3577b34da6a3ce929d0e0e4736", True),
        ("a:b.c_d-1", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        (None, False),
        ("-starts", False),
        ("two words", False),
        ("line\nbreak", False),
        ("é", False),
        ('"', False),
    ],
)
def test_a_well_formed_id_is_taken_and_any_other_replaced(sent: str | None, taken: bool) -> None:
    given = copy_context().run(begin_request, sent)
    assert (given == sent) == taken
    assert taken or (len(given) == 32 and given.isalnum())


def test_an_unexpected_error_names_its_kinds_and_lines_and_not_its_words() -> None:
    record = failed(ValueError(QUESTION), KeyError("the harbour master"))
    fields = json.loads(line(record))
    assert fields["error"] == ["ValueError", "KeyError"]
    assert fields["traceback"][-1].endswith(" failed")
    assert "harbour" not in line(record) + line(record, as_json=False)
    assert json.loads(line(record, texts=True))["error"][0] == f"ValueError: {QUESTION}"


def test_the_words_of_the_system_are_logged() -> None:
    fields = json.loads(line(failed(OSError(28, "No space left on device", "/secret/report.pdf"))))
    assert fields["error"] == ["OSError: No space left on device"]


def test_other_loggers_are_events_too(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("index").warning("a cache was %s", "changed")
        log_event("retention", answers=3)
    first, second = (json.loads(line(record)) for record in caplog.records)
    assert (first["event"], first["logger"], first["message"]) == ("message", "index", "a cache was changed")
    assert (second["event"], second["answers"]) == ("retention", 3)


FORGED = "Why?\ntime=2031 level=info event=sign_in who=root\x9b2K\x1b[2K\u2028\x85\u202e"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_value_neither_ends_a_line_nor_steers_a_terminal(as_json: bool) -> None:
    for text in (FORGED, "a\x9bb", "a\U000e0001b"):
        written = line(event("answer", question=text), as_json=as_json)
        assert written.isprintable()
        quoted = json.loads(written)["question"] if as_json else json.loads(written.partition("question=")[2])
        assert quoted == text


@pytest.mark.parametrize("texts", [True, False])
def test_what_a_library_prints_is_lines_of_the_log(caplog: pytest.LogCaptureFixture, *, texts: bool) -> None:
    with logging_prints(OperationSettings(log_texts=texts)):
        print(FORGED)
        print("An event came.", file=sys.stderr)
        try:
            int(FORGED)
        except ValueError:
            traceback.print_exc()
    written = [line(record, as_json=False, texts=texts) for record in caplog.records]
    assert all(each.isprintable() and each.startswith("time=") for each in written)
    assert [record.name for record in caplog.records][:1] == ["stdout"]
    assert "An event came." in [record.getMessage() for record in caplog.records if record.name == "stderr"]
    if not texts:
        failed = written[-1]
        assert 'message="a library printed an exception"' in failed
        assert "ValueError" in failed
        assert "Why?" not in failed


def test_a_log_that_cannot_be_written_does_not_print_for_ever() -> None:
    stream = io.StringIO()
    logger, closed = logging.getLogger("stderr"), logging.StreamHandler(stream)
    stream.close()
    logger.addHandler(closed)
    try:
        with logging_prints(OperationSettings()):
            print("An event came.", file=sys.stderr)
    finally:
        logger.removeHandler(closed)
