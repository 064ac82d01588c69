"""Feedback that an older program kept in a file goes to the catalog, once, and nothing of it is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from index.catalog import CATALOG, Catalog
from rag.conversations import FILE, Feedback, append_feedback, import_feedback, read_feedback
from rag.conversations.feedback import CitedEvidence

EVIDENCE = {"source": "/reports", "path": "a.txt", "start": 4, "end": 7, "quote": "dam\u2028gate"}
WHOLE: dict[str, object] = {
    "question": "Why?",
    "verdict": "right",
    "evidence": [EVIDENCE],
    "note": "naïve\x85",
    "given_at": "2031",
    "answer_id": "a",
    "owner": "bea",
}
GIVEN = Feedback(
    "Why?",
    "right",
    (CitedEvidence("/reports", "a.txt", 4, 7, "dam\u2028gate"),),
    "naïve\x85",
    "2031",
    "a",
    "bea",
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with closing(Catalog.open(tmp_path / CATALOG)) as opened:
        yield opened


def line(**changed: object) -> bytes:
    return json.dumps(WHOLE | changed, ensure_ascii=False).encode(errors="surrogatepass") + b"\n"


def test_the_file_goes_to_the_catalog_in_its_order(catalog: Catalog, tmp_path: Path) -> None:
    append_feedback(catalog, Feedback("First?", "wrong", (), None, "2030"))
    oldest = {name: WHOLE[name] for name in ("question", "verdict", "note", "given_at")} | {"evidence": []}
    (tmp_path / FILE).write_bytes(line() + json.dumps(oldest).encode() + b"\n\n" + line(owner=None))
    import_feedback(tmp_path, catalog)
    assert read_feedback(catalog) == [
        Feedback("First?", "wrong", (), None, "2030"),
        GIVEN,
        Feedback("Why?", "right", (), "naïve\x85", "2031"),
        replace(GIVEN, owner=None),
    ]
    assert not (tmp_path / FILE).exists()
    import_feedback(tmp_path, catalog)
    assert len(read_feedback(catalog)) == 4


@pytest.mark.parametrize(
    "damaged",
    [
        b"{",
        b"3",
        "naïve".encode("latin-1"),
        line(given_at=3),
        line(verdict="great"),
        line(note={}),
        line(owner=1),
        line(question="\ud800"),
        line(evidence=[{}]),
        line(evidence=[EVIDENCE | {"start": "0"}]),
        line(evidence=[EVIDENCE | {"start": True}]),
        line(evidence=[EVIDENCE | {"quote": 3}]),
        line(evidence={}),
    ],
)
def test_a_damaged_line_stays_in_the_file(catalog: Catalog, tmp_path: Path, damaged: bytes) -> None:
    damaged = damaged.rstrip(b"\n") + b"\n"
    (tmp_path / FILE).write_bytes(line() + damaged + line(note=None))
    for _ in range(2):
        import_feedback(tmp_path, catalog)
        assert [given.note for given in read_feedback(catalog)] == ["naïve\x85", None]
        assert (tmp_path / FILE).read_bytes() == damaged


def test_after_a_crash_before_the_file_is_deleted_nothing_is_there_twice(
    catalog: Catalog, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_bytes(line())
    import_feedback(tmp_path, catalog)
    (tmp_path / FILE).write_bytes(line() + line(note=None))
    import_feedback(tmp_path, catalog)
    assert [given.note for given in read_feedback(catalog)] == ["naïve\x85", None]


def test_a_full_disk_keeps_the_file(catalog: Catalog, tmp_path: Path) -> None:
    def full(_connection: sa.Connection, _cursor: object, statement: str, *_more: object) -> None:
        if "INSERT INTO feedback" in statement:
            raise OSError(28, "No space left on device")

    (tmp_path / FILE).write_bytes(line())
    sa.event.listen(catalog.engine, "before_cursor_execute", full)
    with pytest.raises(OSError, match="No space left"):
        import_feedback(tmp_path, catalog)
    sa.event.remove(catalog.engine, "before_cursor_execute", full)
    assert (tmp_path / FILE).read_bytes() == line()
    import_feedback(tmp_path, catalog)
    assert read_feedback(catalog) == [GIVEN]


def test_threads_may_import_one_file_at_once(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"".join(line(question=f"Why {number}?") for number in range(50)))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: import_feedback(tmp_path, catalog), range(6)))
    assert [given.question for given in read_feedback(catalog)] == [f"Why {number}?" for number in range(50)]
