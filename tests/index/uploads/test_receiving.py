"""An uploaded file is stored and indexed, or leaves nothing behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from filelock import FileLock

from index.catalog import lock as locking
from index.embedding import pipeline as making
from index.embedding.encoder import Encoder
from index.errors import LibraryLockedError, LoadError
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import Options
from index.loaders.sandbox.client import Isolated
from index.records import DocumentRecord
from index.uploads import PLACING, Sent, add_upload
from tests.support.background import Held

GATE = "The council of Varda closed the third gate of the dam on Monday."
LATER = "The council of Varda closed the fourth gate of the dam on Tuesday."


def add(index: Library, loading: Isolated, name: str, text: str, **said: str) -> DocumentRecord:
    return add_upload(index, loading, Options(), Sent(name, BytesIO(text.encode()), said))


def kept(index: Library) -> dict[str, str]:
    return {path.name: path.read_text() for path in (index.home / "uploads").iterdir()}


@pytest.mark.parametrize("name", ["x" * 300, "a." + "b" * 300, "gate.film"])
def test_a_name_that_no_format_has_is_refused_however_long(
    index: Library, loading: Isolated, name: str
) -> None:
    with pytest.raises(LoadError, match="convert it to one of"):
        add(index, loading, name, GATE)
    assert kept(index) == {}


@pytest.mark.parametrize("author", ["", "B. Writer"])
def test_what_cannot_be_indexed_leaves_the_former_one_and_its_details(
    index: Library, loading: Isolated, monkeypatch: pytest.MonkeyPatch, author: str
) -> None:
    first = add(index, loading, "gate.txt", GATE, author="A. Writer")
    before = kept(index)
    assert sorted(before) == ["gate.txt"]
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
        add(index, loading, "gate.txt", LATER, author=author)
    assert kept(index) == before
    assert index.catalog.document(first.document_id) == first
    assert sync(index, reader=loading).unchanged == 1


def test_what_cannot_be_indexed_and_is_new_leaves_nothing(
    index: Library, loading: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
    with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
        add(index, loading, "gate.txt", GATE, author="A. Writer")
    assert (kept(index), index.catalog.documents()) == ({}, [])


def test_uploads_of_one_name_at_the_same_time_do_not_mix(index: Library, loading: Isolated) -> None:
    texts = [f"{GATE} It was told {number} times." for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda text: add(index, loading, "gate.txt", text), texts))
    [record] = index.catalog.documents()
    assert kept(index) == {"gate.txt": index.catalog.text(record.document_id).text}
    assert sync(index, reader=loading).unchanged == 1


def test_others_place_their_files_while_one_is_embedded(
    encoder: Encoder, loading: Isolated, tmp_path: Path
) -> None:
    held = Held(encoder)
    with Library.open(tmp_path / "home", held) as index, ThreadPoolExecutor(1) as pool:
        held.hold()
        adding = pool.submit(add, index, loading, "gate.txt", GATE)
        assert held.reached.wait(60)
        free = PLACING.acquire(timeout=5)
        held.go_on.set()
        if free:
            PLACING.release()
        assert adding.result(60).path == "gate.txt"
    assert free


def test_a_file_is_cut_where_it_is_read_in_the_language_that_its_sender_says(
    index: Library, loading: Isolated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "cut", lambda *_: pytest.fail("it was cut in this process"))
    record = add(index, loading, "gate.txt", GATE, language="de")
    assert (record.language, record.passages) == ("de", 1)
