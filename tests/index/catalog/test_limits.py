"""A document of a limited collection exists for its viewers alone, however the catalog is read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.catalog import CollectionViewers
from index.catalog.reader import CatalogReader
from index.documents import Span
from index.embedding.encoder import Encoder
from index.errors import DocumentNotFoundError, LoadError
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Filters, HiddenPaths, Viewer
from index.search import terms
from index.text import without_unseen
from index.uploads import edit_document
from tests.support.reports import incoming, paths

BEA, CAI = Viewer("bea"), Viewer("cai")
ADMINISTRATOR = Viewer("ada", sees_all=True)
HIDDEN = "The vault of Ostravell was sealed by Zephyrine Marchbanks in June 2031."
SAME = "\n".join(
    f"The harbour of Harlamoor was deepened by {metres} metres, and pier {metres} was painted white again."
    for metres in range(60)
)


@pytest.fixture(scope="module")
def saved(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library with reports in three collections, of which two are near-duplicates."""
    place = tmp_path_factory.mktemp("limited")
    reports = place / "reports"
    texts = {
        "board/vault.txt": HIDDEN,
        "board/pier.txt": f"{SAME}\n{HIDDEN}",
        "news/pier.txt": SAME,
        "loose.txt": "The mill of Brackwater was rebuilt in May 1902.",
    }
    for path, text in texts.items():
        (reports / path).parent.mkdir(parents=True, exist_ok=True)
        (reports / path).write_text(text, encoding="utf-8")
    with Library.open(place / "home", encoder) as library:
        sync(library, [reports])
        CollectionViewers(library.catalog.engine).set("board", ["bea"])
    return place


@pytest.fixture
def limited(encoder: Encoder, saved: Path, home: Path) -> Iterator[Library]:
    """A copy of that library."""
    with Library.open(Path(shutil.copytree(saved / "home", home)), encoder) as library:
        yield library


ALL = ["board/pier.txt", "board/vault.txt", "loose.txt", "news/pier.txt"]
OPEN = ["loose.txt", "news/pier.txt"]


def test_a_viewer_sees_open_collections_and_those_that_are_limited_to_it(limited: Library) -> None:
    seen = {viewer: paths(limited.for_viewer(viewer)) for viewer in (None, ADMINISTRATOR, BEA, CAI)}
    assert seen == {None: ALL, ADMINISTRATOR: ALL, BEA: ALL, CAI: OPEN}
    limits = CollectionViewers(limited.catalog.engine)
    assert limits.all() == {"board": ("bea",)}
    limits.set("board", ["cai", "dee"])
    assert limits.all() == {"board": ("cai", "dee")}
    assert paths(limited.for_viewer(BEA)) == OPEN
    limits.set("board", [])
    assert limits.all() == {"board": ()}
    assert [paths(limited.for_viewer(viewer)) for viewer in (BEA, CAI)] == [OPEN, OPEN]
    assert limits.remove("board")
    assert not limits.remove("board")
    assert (limits.all(), paths(limited.for_viewer(CAI))) == ({}, ALL)


READS: tuple[Callable[[CatalogReader, int], object], ...] = (
    lambda reader, number: reader.document(number),
    lambda reader, number: reader.document(number, 1),
    lambda reader, number: reader.versions(number),
    lambda reader, number: reader.text(number),
    lambda reader, number: reader.text(number, 1),
    lambda reader, number: reader.as_read(number),
    lambda reader, number: reader.file(number),
)


def test_a_hidden_document_is_not_found_by_its_id(limited: Library) -> None:
    number = limited.catalog.documents()[1].document_id
    for viewer in (None, BEA):
        with limited.catalog.for_viewer(viewer).reading() as reader:
            assert all(read(reader, number) for read in READS)
    with limited.catalog.for_viewer(CAI).reading() as reader:
        for read in READS:
            with pytest.raises(DocumentNotFoundError, match=rf"^document {number}\b"):
                read(reader, number)


def test_hidden_documents_are_neither_listed_nor_counted(limited: Library) -> None:
    records = limited.catalog.documents()
    numbers = [record.document_id for record in records]
    secret = {record.document_id for record in records if record.collection == "board"}
    with limited.catalog.reading() as whole, limited.catalog.for_viewer(CAI).reading() as reader:
        assert reader.hidden == ("board",)
        assert [row["path"] for row in reader.list_rows()] == OPEN
        assert [record.path for record in reader.records(numbers)] == OPEN
        assert (reader.count_documents(), reader.count_by_collection()) == (2, {"news": 1})
        assert not secret & set(reader.newest(10))
        assert reader.count_chunks() < whole.count_chunks()
        assert reader.count_documents(Filters(collections=("board",))) == 0
        assert not secret & {passage.document.document_id for passage in reader.passages()}
        assert set(reader.allowed(Filters()).documents) == set(numbers) - secret
        span = Span(0, len(HIDDEN))
        assert whole.sentence(records[1], span) is not None
        assert reader.sentence(records[1], span) is None


def test_a_search_ranks_what_the_viewer_may_see(limited: Library) -> None:
    query = "Who sealed the vault of Ostravell?"
    found = {viewer: limited.for_viewer(viewer).search(query) for viewer in (None, ADMINISTRATOR, BEA, CAI)}
    assert found[None]
    assert found[None][0].document.path == "board/vault.txt"
    assert found[None] == found[ADMINISTRATOR] == found[BEA]
    assert {hit.document.path for hit in found[CAI]} == set(OPEN)
    assert limited.for_viewer(CAI).search(query, filters=Filters(collections=("board",))) == []
    # The same filters were asked for before by somebody who may see more.
    board = Filters(collections=("board", "news"))
    for viewer, expected in ((BEA, 2), (CAI, 0), (BEA, 2)):
        hits = limited.for_viewer(viewer).search(query, filters=board)
        assert sum(hit.document.collection == "board" for hit in hits) >= expected
        assert viewer is BEA or {hit.document.collection for hit in hits} == {"news"}


def test_a_limit_counts_from_the_next_snapshot_on(limited: Library) -> None:
    cai = limited.for_viewer(CAI)
    before = limited.generation
    with cai.snapshot() as snapshot:
        CollectionViewers(limited.catalog.engine).set("news", [])
        assert "news/pier.txt" in {hit.document.path for hit in snapshot.search("harbour")}
    assert {hit.document.path for hit in cai.search("harbour")} == {"loose.txt"}
    assert limited.generation == before


def test_words_and_near_duplicates_of_hidden_documents_are_not_known(limited: Library) -> None:
    news = limited.catalog.documents()[3].document_id
    with limited.snapshot() as whole, limited.for_viewer(CAI).snapshot() as snapshot:
        assert whole.is_written("Zephyrine")
        assert not snapshot.is_written("Zephyrine")
        assert snapshot.is_written("Harlamoor")
        assert len(whole.groups()[news]) == 2
        assert snapshot.groups() == {}
        assert [record.path for record, _ in limited.duplicates.similar(whole.reader, news)] == [ALL[0]]
        assert limited.duplicates.similar(snapshot.reader, news) == []
        secret = limited.catalog.documents()[0].document_id
        with pytest.raises(DocumentNotFoundError):
            limited.duplicates.similar(snapshot.reader, secret)


def test_the_words_are_those_of_a_library_without_the_hidden_documents(
    limited: Library, encoder: Encoder, saved: Path, tmp_path: Path
) -> None:
    """Otherwise a rarity or a share would tell that a hidden document has a word."""
    opened = Library.open(tmp_path / "opened", encoder)
    (tmp_path / "without").mkdir()
    for path in OPEN:
        (tmp_path / "without" / Path(path).name).write_bytes((saved / "reports" / path).read_bytes())
    sync(opened, [tmp_path / "without"])
    asked = "Did Zephyrine of Ostravell deepen the harbour of Harlamoor in 1902?"
    rare = terms(asked, "en")
    with limited.for_viewer(CAI).snapshot() as cai, opened.snapshot() as without:
        assert cai.idf(rare) == pytest.approx(without.idf(rare))
        assert cai.max_score(asked) == pytest.approx(without.max_score(asked))
        for typed in ("zephyrin", "marchbank", "ostravel", "harlamor", "brackwatr", "haror"):
            assert cai.alike(typed, 2) == without.alike(typed, 2)
        assert set(cai.alike("harlamor", 1)) == {"Harlamoor"}
        assert cai.alike("zephyrin", 1) == {}
        scores = {hit.text: (hit.lexical, hit.score) for hit in cai.search(asked, 50)}
        assert scores == {
            hit.text: pytest.approx((hit.lexical, hit.score), rel=0.02) for hit in without.search(asked, 50)
        }
    with limited.for_viewer(BEA).snapshot() as bea:
        assert set(bea.alike("zephyrin", 1)) == {"Zephyrine"}
        assert bea.idf(rare) != cai.idf(rare)


def test_words_of_a_deleted_document_are_unknown_at_once(limited: Library) -> None:
    numbers = [record.document_id for record in limited.catalog.documents() if record.collection == "board"]
    with limited.snapshot() as before:
        assert set(before.alike("zephyrin", 1)) == {"Zephyrine"}
        limited.replace([], numbers)
        assert set(before.alike("zephyrin", 1)) == {"Zephyrine"}
    with limited.snapshot() as after:
        assert after.alike("zephyrin", 1) == {}
        assert not after.is_written("Zephyrine")


def test_the_collection_of_the_current_version_counts_for_all_versions(limited: Library) -> None:
    news = limited.catalog.documents()[3]
    limited.replace([incoming("The piers are grey.", news.path, news.source)])
    cai = limited.for_viewer(CAI)
    with cai.catalog.reading() as reader:
        assert [record.version for record in reader.versions(news.document_id)] == [2, 1]
    edit_document(limited, news.document_id, {"collection": "board"})
    for version in (None, 1, 2):
        with pytest.raises(DocumentNotFoundError):
            cai.catalog.document(news.document_id, version)


def test_caches_are_of_all_documents_whoever_opens_them_first(limited: Library, encoder: Encoder) -> None:
    limited.close()
    with Library.open(limited.home, encoder) as again:
        assert {hit.document.path for hit in again.for_viewer(CAI).search("vault of Ostravell")} == set(OPEN)
        assert again.search("vault of Ostravell")[0].document.path == "board/vault.txt"


def test_nobody_writes_where_they_may_not_see(limited: Library) -> None:
    cai = limited.for_viewer(CAI)
    secret, *_, news = limited.catalog.documents()
    with pytest.raises(DocumentNotFoundError):
        edit_document(cai, secret.document_id, {"title": "Mine"})
    with pytest.raises(LoadError, match=r"cannot be in the collection “board”; choose another collection$"):
        edit_document(cai, news.document_id, {"collection": "board"})
    edited = edit_document(limited.for_viewer(BEA), news.document_id, {"collection": "board"})
    assert edited.collection == "board"


LOOK_ALIKES = ["Board", "bo\u0430rd", "bo\u200bard", "\uff42oard", "b0ard", "BOARD"]


def viewers(library: Library) -> dict[str, tuple[str, ...]]:
    return dict(CollectionViewers(library.catalog.engine).all())


@pytest.mark.parametrize("folder", LOOK_ALIKES)
def test_a_folder_that_looks_like_a_limited_collection_is_limited_as_that_one(
    limited: Library, tmp_path: Path, folder: str, caplog: pytest.LogCaptureFixture
) -> None:
    reports = tmp_path / "reports"
    for name in (folder, "boards"):
        (reports / name).mkdir(parents=True)
        (reports / name / "plan.txt").write_text(f"{HIDDEN} {name}", encoding="utf-8")
    sync(limited, [reports])
    assert viewers(limited) == {"board": ("bea",), folder: ("bea",)}
    assert f"The collection {folder!r} looks like 'board', and is limited as that one." in caplog.messages
    own = [f"{folder}/plan.txt", "boards/plan.txt"]
    assert paths(limited.for_viewer(BEA)) == sorted([*ALL, *own])
    assert paths(limited.for_viewer(CAI)) == ["boards/plan.txt", *OPEN]
    # An administrator who opens it decides for the reports to come, too.
    CollectionViewers(limited.catalog.engine).remove(folder)
    (reports / folder / "more.txt").write_text(f"{HIDDEN} More.", encoding="utf-8")
    sync(limited, [reports])
    assert viewers(limited) == {"board": ("bea",)}


def test_a_limit_holds_for_the_collections_that_look_like_it_already(limited: Library) -> None:
    news = CollectionViewers(limited.catalog.engine)
    for at, folder in enumerate(["News", "NEWS"]):
        limited.replace([incoming(f"The quay {at} is red.", f"{folder}/quay{at}.txt", "elsewhere")])
    news.set("NEWS", ["cai"])
    assert viewers(limited) == {"board": ("bea",), "NEWS": ("cai",), "News": ("cai",), "news": ("cai",)}
    news.set("NEWS", ["bea"])
    assert viewers(limited)["news"] == ("cai",)


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_no_collection_is_named_like_another(limited: Library, name: str) -> None:
    loose = limited.catalog.documents()[2]
    with pytest.raises(LoadError, match=r"cannot be in the collection “.*”; choose another collection$"):
        edit_document(limited.for_viewer(CAI), loose.document_id, {"collection": name})
    seen = without_unseen(name)
    if seen == "board":
        assert edit_document(limited, loose.document_id, {"collection": name}).collection == "board"
        return
    with pytest.raises(LoadError) as refused:
        edit_document(limited, loose.document_id, {"collection": name})
    cause = f"cannot be in the collection “{name}”, which looks like “board”; write it like that"
    assert cause in str(refused.value)
    assert limited.catalog.documents()[2].collection is None


def test_the_only_report_of_a_collection_may_write_its_name_otherwise(limited: Library) -> None:
    loose = limited.catalog.documents()[2].document_id
    for name in ("dams", "Dams"):
        assert edit_document(limited, loose, {"collection": name}).collection == name


def test_paths_of_hidden_files_are_known_by_document_or_folder(limited: Library) -> None:
    with limited.catalog.for_viewer(CAI).reading() as reader:
        hidden = reader.hidden_paths()
    known = ("board/vault.txt", "board/new.txt", "Bo\u0430rd/new.txt", "news/new.txt", "board")
    assert [path in hidden for path in known] == [True, True, True, False, False]
    with limited.catalog.for_viewer(BEA).reading() as reader:
        assert reader.hidden_paths() == HiddenPaths()
