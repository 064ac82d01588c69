"""What a person says of a report is kept beside its file and seen at once; its words and its version stay."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from edits import GATE, REPORT, edit, filed, note
from reports import Watched, found, write

from index.documents import Document
from index.embedding import Encoder
from index.loading import DEFAULTS, Options
from index.loading.isolation import Isolated
from index.loading.sidecar import KEYS
from index.records import DocumentRecord, Filters
from index.store import Index
from index.sync import sync
from ui.uploads import Sent, add_upload


@pytest.fixture
def folder(index: Index, loading: Isolated, tmp_path: Path) -> Path:
    return filed(index, loading, tmp_path / "reports")


def known(record: DocumentRecord) -> dict[str, Any]:
    return {key: getattr(record, key) for key in KEYS}


class TestSaid:
    def test_it_is_kept_beside_the_file_and_known_at_once(
        self, index: Index, loading: Isolated, folder: Path
    ) -> None:
        before = index.document(1)
        after = edit(
            index,
            loading,
            title=" On\ngate 3 ",
            author="Ada Varro",
            published="July 2031",
            language="en-GB",
            collection="Gates",
        )
        assert known(after) == {
            "title": "On gate 3",
            "publisher": "Itself",
            "author": "Ada Varro",
            "published": "2031-07",
            "language": "en",
            "collection": "Gates",
        }
        assert note(folder).read_text() == (
            "title: On gate 3\nauthor: Ada Varro\npublished: 2031-07\nlanguage: en\ncollection: Gates\n"
        )
        said = dict.fromkeys(("title", "author", "published", "language", "collection"), "sidecar")
        assert after.origins == {"publisher": "front matter", **said}
        assert (after.version, after.digest, after.added) == (1, before.digest, before.added)
        assert index.text(1).text == f"{GATE}\n\nIt stays closed."
        assert sync(index, reader=loading).unchanged == 2

    @pytest.mark.usefixtures("folder")
    def test_filters_and_searches_go_by_it(self, index: Index, loading: Isolated) -> None:
        assert found(index, "gate", filters=Filters(publishers=("Council",))) == []
        edit(index, loading, publisher="Council", title="Sluices of the valley")
        (hit, *_) = index.search("sluices", 1, Filters(publishers=("Council",)))
        assert (hit.document.title, hit.lexical > 0) == ("Sluices of the valley", True)
        assert index.search("gate", 9, Filters(collections=("dams",)))[0].document.publisher == "Council"

    def test_what_is_said_later_leaves_what_was_said_before(
        self, index: Index, loading: Isolated, folder: Path
    ) -> None:
        edit(index, loading, publisher="Council")
        edit(index, loading, author="Ada Varro")
        assert note(folder).read_text() == "publisher: Council\nauthor: Ada Varro\n"
        assert known(index.document(1))["publisher"] == "Council"

    def test_an_empty_value_takes_it_back_to_what_the_file_says(
        self, index: Index, loading: Isolated, folder: Path
    ) -> None:
        before = index.document(1)
        edit(index, loading, title="On gate 3", author="Ada Varro", published="2029", collection="Gates")
        edit(index, loading, title="", published=" ")
        assert note(folder).read_text() == "author: Ada Varro\ncollection: Gates\n"
        after = index.document(1)
        assert (after.title, after.published, after.author) == ("Its own title", "2031-07-18", "Ada Varro")
        edit(index, loading, author="", collection="")
        assert not note(folder).exists()
        assert index.document(1) == before
        assert sync(index, reader=loading).unchanged == 2

    def test_a_date_goes_back_to_that_of_the_file_s_time_but_not_of_an_upload(
        self, index: Index, loading: Isolated, folder: Path
    ) -> None:
        os.utime(folder / "water.txt", (86_400, 86_400))
        sync(index, reader=loading)
        edit(index, loading, 2, published="2031")
        after = edit(index, loading, 2, published="")
        assert (after.published, after.origins["published"]) == ("1970-01-02", "file time")
        uploaded = add_upload(index, loading, DEFAULTS, Sent("a.txt", BytesIO(GATE.encode()), {}))
        edit(index, loading, uploaded.document_id, published="2031")
        after = edit(index, loading, uploaded.document_id, published="")
        assert (after.published, "published" in after.origins) == (None, False)

    def test_of_an_upload_it_lies_beside_the_upload(self, index: Index, loading: Isolated) -> None:
        sent = Sent("gate.md", BytesIO(REPORT.encode()), {"title": "As it was sent"})
        number = add_upload(index, loading, DEFAULTS, sent).document_id
        after = edit(index, loading, number, author="Ada Varro")
        assert (after.title, after.origins["title"], after.version) == ("As it was sent", "sidecar", 1)
        note = index.home / "uploads" / "gate.md.meta.yaml"
        assert note.read_text() == "title: As it was sent\nauthor: Ada Varro\n"
        assert edit(index, loading, number, title="").title == "Its own title"
        assert sync(index, reader=loading).unchanged == 1

    def test_who_may_read_the_file_may_read_what_is_said_of_it(
        self, index: Index, loading: Isolated, folder: Path
    ) -> None:
        (folder / "dams" / "gate.md").chmod(0o640)
        edit(index, loading, title="On gate 3")
        assert note(folder).stat().st_mode & 0o777 == 0o640

    def test_a_note_that_was_written_by_hand_and_not_synced_counts(
        self, index: Index, loading: Isolated, folder: Path
    ) -> None:
        note(folder).write_text("publisher: Council")
        after = edit(index, loading, author="Ada Varro")
        assert (after.publisher, after.author) == ("Council", "Ada Varro")
        note(folder).write_text("publisher: Ministry")
        assert edit(index, loading, publisher="Ministry").publisher == "Ministry"
        note(folder).unlink()
        after = edit(index, loading, author="B. Writer")
        assert (after.publisher, after.author) == ("Itself", "B. Writer")
        assert sync(index, reader=loading).unchanged == 2

    def test_what_is_said_already_changes_nothing(
        self, index: Index, loading: Isolated, folder: Path
    ) -> None:
        edit(index, loading, title="On gate 3")
        generation, written = index.generation, note(folder).stat().st_mtime_ns
        assert edit(index, loading, title=" On gate 3", author="").title == "On gate 3"
        assert edit(index, loading).title == "On gate 3"
        assert (index.generation, note(folder).stat().st_mtime_ns) == (generation, written)


class TestCost:
    def test_only_another_title_is_embedded_and_a_file_is_read_again_only_for_its_own_word(
        self, encoder: Encoder, loading: Isolated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watched = Watched(encoder)
        loads: list[Path] = []
        load = loading.load

        def counted(path: Path, options: Options) -> Document:
            loads.append(path)
            return load(path, options)

        monkeypatch.setattr(loading, "load", counted)
        with Index.open(tmp_path / "home", watched) as index:
            file = write(tmp_path / "reports" / "gate.md", REPORT)
            sync(index, [file.parent], reader=loading)
            embedded = list(watched.embedded)

            def costs(**edits: str) -> tuple[list[str], int]:
                watched.embedded.clear()
                loads.clear()
                edit(index, loading, **edits)
                return list(watched.embedded), len(loads)

            assert costs(publisher="Council", author="Ada", published="2031", collection="Gates") == ([], 0)
            assert costs(title="On gate 3") == (
                [text.replace("Its own title", "On gate 3") for text in embedded],
                0,
            )
            assert costs(publisher="") == ([], 1)
            assert costs(title="") == (embedded, 1)
