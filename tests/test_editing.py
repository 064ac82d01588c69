"""What a person says of a report is kept beside its file and seen at once; its words and its version stay."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from background import Held
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import Watched, found, write
from writings import PATIENT

from index import locking
from index.commits import OutdatedError
from index.documents import Document
from index.embedding import Encoder
from index.loading import DEFAULTS, LoadError, Options
from index.loading.isolation import Isolated
from index.loading.sidecar import KEYS
from index.locking import LibraryLockedError
from index.records import DocumentRecord, Filters
from index.store import Index
from index.sync import sync
from ui.editing import EditRefusedError, edit_document
from ui.uploads import Sent, add_upload

GATE = "The council of Varda closed the third gate of the dam on Monday."
HEAD = "title: Its own title\npublisher: Itself\npublished: 2031-07-18"
REPORT = f"---\n{HEAD}\n---\n\n{GATE}\n\nIt stays closed.\n"


@pytest.fixture
def folder(index: Index, loading: Isolated, tmp_path: Path) -> Path:
    """A followed folder with two reports, of which the first is document 1."""
    write(tmp_path / "reports" / "dams" / "gate.md", REPORT)
    write(tmp_path / "reports" / "water.txt", "Four villages have had no clean water since June.")
    sync(index, [tmp_path / "reports"], reader=loading)
    return tmp_path / "reports"


def edit(index: Index, loading: Isolated, document_id: int = 1, /, **edits: str) -> DocumentRecord:
    return edit_document(index, loading, DEFAULTS, document_id, edits)


def note(folder: Path) -> Path:
    return folder / "dams" / "gate.md.meta.yaml"


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


class TestRefused:
    def test_a_file_that_has_changed_or_gone_is_named(
        self, index: Index, loading: Isolated, folder: Path
    ) -> None:
        file = write(folder / "dams" / "gate.md", REPORT + "More.")
        with pytest.raises(EditRefusedError) as changed:
            edit(index, loading, title="On gate 3")
        file.unlink()
        with pytest.raises(EditRefusedError) as gone:
            edit(index, loading, title="On gate 3")
        assert [str(error.value) for error in (changed, gone)] == [
            "dams/gate.md is no longer the file that was read; sync the library, then edit it",
            "dams/gate.md cannot be read (No such file or directory); sync the library",
        ]
        assert (note(folder).exists(), index.document(1).title) == (False, "Its own title")

    def test_a_note_that_cannot_be_read_or_written_is_named(
        self, index: Index, loading: Isolated, folder: Path
    ) -> None:
        note(folder).write_text("- a list")
        with pytest.raises(EditRefusedError) as unread:
            edit(index, loading, title="On gate 3")
        assert str(unread.value) == (
            "gate.md: has a sidecar that is not lines of key: value; correct the sidecar, or remove it"
        )
        name = "x" * 250 + ".txt"
        write(folder / name, GATE)
        sync(index, [folder / name], reader=loading)
        with pytest.raises(EditRefusedError) as unwritten:
            edit(index, loading, 3, title="On gate 3")
        assert str(unwritten.value) == (
            f"{name}.meta.yaml cannot be written (File name too long); "
            "check the rights and the space of its folder"
        )
        assert sorted(file.name for file in folder.iterdir()) == ["dams", "water.txt", name]

    @pytest.mark.parametrize("former", ["", "publisher: Council # by hand\n"])
    def test_where_it_cannot_be_indexed_the_note_is_what_it_was(
        self, index: Index, loading: Isolated, folder: Path, monkeypatch: pytest.MonkeyPatch, former: str
    ) -> None:
        if former:
            note(folder).write_text(former)
            sync(index, reader=loading)
        monkeypatch.setattr(locking, "LOCK_SECONDS", 0.1)
        with FileLock(index.home / "write.lock"), pytest.raises(LibraryLockedError):
            edit(index, loading, title="On gate 3")
        assert [file.name for file in note(folder).parent.iterdir()] == (
            ["gate.md", "gate.md.meta.yaml"] if former else ["gate.md"]
        ) or former
        assert (note(folder).read_text() if former else "") == former
        assert sync(index, reader=loading).unchanged == 2
        assert edit(index, loading, title="On gate 3").title == "On gate 3"

    def test_one_that_changes_meanwhile_keeps_its_new_version(
        self, encoder: Encoder, held: Held, loading: Isolated, tmp_path: Path
    ) -> None:
        home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
        with Index.open(home, held) as index, Index.open(home, encoder) as other:
            sync(index, [file.parent], reader=loading)
            held.hold()
            with ThreadPoolExecutor(1) as pool:
                editing = pool.submit(edit, index, loading, title="On gate 3")
                assert held.reached.wait(30)
                sync(other, [write(file, REPORT + "More.").parent])
                held.go_on.set()
                with pytest.raises(OutdatedError) as outdated:
                    editing.result(30)
            assert str(outdated.value) == "gate.md was changed or removed meanwhile; look at it again"
            assert [file.name for file in file.parent.iterdir()] == ["gate.md"]
            # Who synced meanwhile read the note that was taken back.
            assert did(index, loading) == ([("Its own title", 2)], 1)
            assert did(index, loading) == ([("Its own title", 2)], 0)

    def test_one_that_goes_meanwhile_does_not_come_back(
        self, encoder: Encoder, held: Held, loading: Isolated, tmp_path: Path
    ) -> None:
        home, file = tmp_path / "home", write(tmp_path / "reports" / "gate.md", REPORT)
        with Index.open(home, held) as index, Index.open(home, encoder) as other:
            sync(index, [file.parent], reader=loading)
            held.hold()
            with ThreadPoolExecutor(1) as pool:
                editing = pool.submit(edit, index, loading, title="On gate 3")
                assert held.reached.wait(30)
                file.unlink()
                sync(other)
                held.go_on.set()
                with pytest.raises(OutdatedError):
                    editing.result(30)
            assert (list(file.parent.iterdir()), index.documents()) == ([], [])

    @pytest.mark.parametrize(
        ("edits", "message"),
        [
            (
                {"published": "soon"},
                "gate.md: is said to have published 'soon', which is none; write 2031-07-18, 2031-07 or 2031",
            ),
            (
                {"language": "?"},
                "gate.md: is said to have language '?', which is none; write a code such as en or km",
            ),
        ],
    )
    def test_what_cannot_be_kept_is_named(
        self, index: Index, loading: Isolated, folder: Path, edits: dict[str, str], message: str
    ) -> None:
        with pytest.raises(LoadError) as refused:
            edit(index, loading, **edits)
        assert (str(refused.value), note(folder).exists()) == (message, False)


def did(index: Index, loading: Isolated) -> tuple[list[tuple[str, int]], int]:
    """The titles and versions of a library, and how many files a sync would find changed."""
    changed = len(sync(index, reader=loading).changed)
    return [(record.title, record.version) for record in index.documents()], changed


VALUES = {
    "title": st.sampled_from(["", "On gate 3", "Of water: #1 'quoted'"]) | st.text(max_size=12),
    "publisher": st.sampled_from(["", "Council", "null", "~"]),
    "author": st.text(max_size=8),
    "published": st.sampled_from(["", "2031", "July 2029", "1.7.2030"]),
    "language": st.sampled_from(["", "en", "de", "km"]),
    "collection": st.sampled_from(["", "Gates", "dams"]),
}
EDITS = st.lists(
    st.tuples(st.integers(1, 3), st.fixed_dictionaries({}, optional=VALUES)), min_size=1, max_size=5
)


@settings(PATIENT, max_examples=20)
@given(EDITS)
def test_after_any_edits_the_library_is_what_one_that_is_made_from_scratch_is(
    encoder: Encoder, loading: Isolated, edits: list[tuple[int, dict[str, str]]]
) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place, "reports")
        write(folder / "dams" / "gate.md", REPORT)
        write(
            folder / "flood 2029-05.txt",
            f"Dr. Ilves left. {GATE}\n\nPolice arrested nine suspects. Nobody was hurt.",
        )
        write(
            folder / "page.html", "<html lang=en><title>A page</title><p>Four villages had no water.</html>"
        )
        with Index.open(Path(place, "home"), encoder) as index:
            sync(index, [folder], reader=loading)
            for number, said in edits:
                edit(index, loading, number, **said)
            report = sync(index, reader=loading)
            assert (report.changed, report.unchanged) == ((), 3)
            with Index.open(Path(place, "fresh"), encoder) as fresh:
                sync(fresh, [folder], reader=loading)
                assert alike(index) == alike(fresh)
                for query in ("gate of the dam", "Council", "water: quoted", "arrested suspects"):
                    assert found(index, query) == found(fresh, query)


def alike(index: Index) -> list[DocumentRecord]:
    return [replace(record, document_id=0, added="") for record in index.documents()]
