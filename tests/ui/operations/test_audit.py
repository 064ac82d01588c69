"""The audit log keeps who did what, lists it by pages, and forgets it from the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.clocks import Clock
from ui.operations import AUDIT, Act, AuditLog, record_command
from ui.settings import Settings

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
