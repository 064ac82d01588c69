"""The audit log keeps who did what, lists it by pages, and forgets it from the disk."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.clocks import Clock
from ui.errors import AuditFileError
from ui.operations import FILE, Act, AuditLog, record_command

DELETED = Act("DELETE /v1/documents/{document_id}", kind="user", who="ana", target="7", address="10.1.1.1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def audit(tmp_path: Path, clock: Clock) -> Iterator[AuditLog]:
    with closing(AuditLog(tmp_path, clock)) as opened:
        yield opened


def test_an_act_is_recorded_with_its_time_and_in_its_order(audit: AuditLog, clock: Clock) -> None:
    audit.add(DELETED)
    clock.now += 1
    audit.add(replace(DELETED, outcome="403", who="bo"))
    second, first = audit.listed(10)
    assert (first.number, first.at, first.who, first.outcome) == (1, clock.now - 1, "ana", "done")
    assert (second.number, second.at, second.who, second.outcome) == (2, clock.now, "bo", "403")
    assert (first.kind, first.target, first.address) == ("user", "7", "10.1.1.1")


def test_the_list_is_narrowed_and_paged(audit: AuditLog, clock: Clock) -> None:
    for who in ("ana", "bo", "ana", "ana"):
        clock.now += 10
        audit.add(replace(DELETED, who=who))
    audit.add(Act("POST /sign-in", who="ana"))
    assert [each.number for each in audit.listed(2, who="ana", action="DELETE")] == [4, 3]
    assert [each.number for each in audit.listed(2, before=3, who="ana", action="DELETE")] == [1]
    assert [each.number for each in audit.listed(10, since=clock.now)] == [5, 4]
    assert audit.listed(10, action="%") == []


def test_long_words_are_shortened(audit: AuditLog) -> None:
    audit.add(replace(DELETED, target="7" * 1_000))
    assert audit.listed(1)[0].target == "7" * 200


def test_what_is_forgotten_is_gone_from_the_disk_and_its_number_stays_taken(
    audit: AuditLog, clock: Clock, tmp_path: Path
) -> None:
    audit.add(replace(DELETED, who="quetzalcoatl"))
    assert any(b"quetzalcoatl" in file.read_bytes() for file in tmp_path.glob(f"{FILE}*"))
    assert audit.forget(clock.now) == 0
    assert audit.forget(clock.now + 1) == 1
    assert not any(b"quetzalcoatl" in file.read_bytes() for file in tmp_path.glob(f"{FILE}*"))
    audit.add(DELETED)
    assert [each.number for each in audit.listed(10)] == [2]


def test_only_its_owner_can_read_the_file(audit: AuditLog, tmp_path: Path) -> None:
    audit.add(DELETED)
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob(f"{FILE}*")} == {0o600}


def test_a_command_is_recorded_beside_the_server(audit: AuditLog, tmp_path: Path) -> None:
    record_command(tmp_path, "user add", "ana")
    [record] = audit.listed(10)
    assert (record.kind, record.action, record.target) == ("command", "user add", "ana")
    assert record.outcome == "done"
    assert record.who


def test_a_log_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(AuditFileError, match="a newer version of Footnoted wrote"):
        AuditLog(tmp_path).listed(1)


def test_a_file_that_is_no_log_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("This is no database, but long enough to be looked at by SQLite. " * 20)
    with pytest.raises(AuditFileError, match=r"audit\.sqlite cannot be opened: file is not a database"):
        AuditLog(tmp_path).add(Act("sync"))
