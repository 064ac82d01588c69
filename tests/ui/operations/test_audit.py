"""The audit log keeps who did what; a server deletes what is too old, from the disk too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from index.catalog import is_file
from index.library import Library
from rag.conversations.answers import keep
from rag.conversations.feedback import Feedback, append_feedback, read_feedback
from rag.conversations.store import AnswerStore
from rag.engine import QueryEngine
from tests.support.clocks import Clock, set_time
from ui.operations import AUDIT, Act, AuditLog, record_command
from ui.operations import audit as module
from ui.operations.audit import DAY_SECONDS, Forgotten, forget, retention
from ui.settings import OperationSettings, Settings

DELETED = Act("DELETE /v1/documents/{document_id}", kind="user", who="ana", target="7", address="10.1.1.1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def audit(tmp_path: Path, clock: Clock) -> Iterator[AuditLog]:
    with closing(AuditLog(tmp_path, clock=clock)) as opened:
        yield opened


def test_an_act_is_recorded_with_its_time_and_in_its_order(audit: AuditLog, clock: Clock) -> None:
    audit.add(DELETED)
    clock.now += 1
    audit.add(replace(DELETED, outcome="403", who="bo"))
    second, first = audit.records(10)
    assert (first.number, first.at, first.who, first.outcome) == (1, clock.now - 1, "ana", "done")
    assert (second.number, second.at, second.who, second.outcome) == (2, clock.now, "bo", "403")
    assert (first.kind, first.target, first.address) == ("user", "7", "10.1.1.1")


def test_the_list_is_narrowed_and_paged(audit: AuditLog, clock: Clock) -> None:
    for who in ("ana", "bo", "ana", "ana"):
        clock.now += 10
        audit.add(replace(DELETED, who=who))
    audit.add(Act("POST /sign-in", who="ana"))
    assert [each.number for each in audit.records(2, who="ana", action="DELETE")] == [4, 3]
    assert [each.number for each in audit.records(2, before=3, who="ana", action="DELETE")] == [1]
    assert [each.number for each in audit.records(10, since=clock.now)] == [5, 4]
    assert audit.records(10, action="%") == []


def test_long_words_are_shortened(audit: AuditLog) -> None:
    audit.add(replace(DELETED, target="7" * 1_000))
    assert audit.records(1)[0].target == "7" * 200


@pytest.mark.sqlite
def test_what_is_forgotten_is_gone_from_the_disk_and_its_number_stays_taken(
    audit: AuditLog, clock: Clock, tmp_path: Path
) -> None:
    audit.add(replace(DELETED, who="quetzalcoatl"))
    assert any(b"quetzalcoatl" in file.read_bytes() for file in tmp_path.glob(f"{AUDIT.file}*"))
    assert audit.forget(clock.now) == 0
    assert audit.forget(clock.now + 1) == 1
    assert not any(b"quetzalcoatl" in file.read_bytes() for file in tmp_path.glob(f"{AUDIT.file}*"))
    audit.add(DELETED)
    assert [each.number for each in audit.records(10)] == [2]


def test_a_command_is_recorded_beside_the_server(audit: AuditLog, tmp_path: Path) -> None:
    record_command(Settings(home=tmp_path), "user add", "ana")
    [record] = audit.records(10)
    assert (record.kind, record.action, record.target) == ("command", "user add", "ana")
    assert record.outcome == "done"
    assert record.who


NOW = 1_800_000_000.0  # 2027-01-15T08:00:00+00:00
OLD, YOUNG = "2026-12-15T07:59:59+00:00", "2026-12-15T08:00:00+00:00"
"""A second more than 31 days before, and not."""

MONTH = OperationSettings(keep_answers=31, keep_feedback=31, keep_audit=31)
SECRET = "quetzalcoatl"  # noqa: S105 (a word that no file has)


@pytest.fixture
def old(index: Library) -> Iterator[AuditLog]:
    clock = Clock(NOW - 31 * DAY_SECONDS - 1)
    with closing(AuditLog(index.home, clock=clock)) as opened:
        opened.add(Act("sync", who=SECRET))
        clock.now += 1
        opened.add(Act("sync", who="ana"))
        yield opened


def put(index: Library, number: int, created: str, words: str, conversation: str | None = None) -> None:
    AnswerStore(index.catalog).put(f"{number:032x}", conversation, created, json.dumps(words))


def traces(home: Path) -> list[str]:
    """The files of a home that have the word."""
    return [file.name for file in home.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]


def test_what_is_too_old_is_deleted_and_leaves_no_trace_on_the_disk(index: Library, old: AuditLog) -> None:
    for given_at, note in ((OLD, SECRET), (YOUNG, "stays")):
        append_feedback(index.catalog, Feedback("Who?", "wrong", (), note, given_at))
    assert traces(index.home) or not is_file(index.catalog.engine.url), "the note is on the disk"
    put(index, 1, OLD, SECRET, "c1")
    AnswerStore(index.catalog).name_conversation("c1", f"About {SECRET}")
    put(index, 2, OLD, SECRET * 1_000)
    put(index, 3, YOUNG, "Stays.", "c2")
    assert forget(index, old, MONTH, lambda: NOW) == Forgotten(answers=2, feedback=1, audit=1)
    assert traces(index.home) == []
    assert [each.conversation_id for each in AnswerStore(index.catalog).list_conversations()[0]] == ["c2"]
    assert [each.note for each in read_feedback(index.catalog)] == ["stays"]
    assert [record.who for record in old.records(10)] == ["ana"]
    assert forget(index, old, MONTH, lambda: NOW) == Forgotten()


def test_nothing_is_deleted_without_a_setting(index: Library, old: AuditLog) -> None:
    put(index, 1, OLD, SECRET, "c1")
    append_feedback(index.catalog, Feedback("Who?", "wrong", (), None, OLD))
    for_ever = OperationSettings(keep_audit=0)
    assert forget(index, old, for_ever, lambda: NOW) == Forgotten()
    assert len(old.records(10)) == 2


def test_a_deleted_answer_is_gone_from_the_disk_at_the_next_run(
    index: Library, engine: QueryEngine, old: AuditLog
) -> None:
    answer = engine.ask(f"Who is {SECRET}?")
    keep(index.catalog, answer)
    AnswerStore(index.catalog).delete(answer.answer_id)
    old.forget(NOW)
    forget(index, old, OperationSettings(), lambda: NOW)
    assert traces(index.home) == []


def test_a_server_runs_it_at_its_start_and_every_hour(
    index: Library, old: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = Clock(1_000.0)
    set_time(monkeypatch, module, hours)
    step = retention(index, old, MONTH)
    put(index, 1, OLD, SECRET)
    left = []
    for seconds in (0, 3_599, 1):
        hours.now += seconds
        step()
        left.append(len(AnswerStore(index.catalog).conversation("c1")))
        put(index, 10 + len(left), "2020-01-01T00:00:00+00:00", "Old.", "c1")
    assert left == [0, 1, 0]
