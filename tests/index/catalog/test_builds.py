"""Passages belong to a build with one recipe; a commit calls ``prepare`` before it becomes visible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.catalog.database import Catalog
from index.documents import Chunk, Document, Origin, PageLayout, Section, Span
from index.errors import VectorsGoneError
from index.records import Build, Committed, DocumentRecord, Incoming, NewVersion, Recipe
from tests.support.reports import version

MINI = Recipe("mini@1", 200, 40, 1, "mini")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


def put_vectors(catalog: Catalog, *texts: str) -> None:
    catalog.put_vectors({f"vector of {text}": np.full(3, len(text), np.float32) for text in texts})


class TestBuilds:
    def test_an_empty_library_has_none_and_takes_to_the_first_recipe(self, catalog: Catalog) -> None:
        assert catalog.build() is None
        catalog.commit([version()], recipe=MINI)
        build = catalog.build()
        assert build is not None
        assert (build.number, build.recipe, len(build.lineage)) == (1, MINI, 32)
        catalog.commit([version(path="b.txt")])
        catalog.commit([version(path="c.txt")], recipe=MINI)
        assert catalog.build() == build

    def test_passages_of_another_recipe_are_refused_while_there_are_any(self, catalog: Catalog) -> None:
        catalog.commit([version()], recipe=MINI)
        other = Recipe("other@1", 200, 40, 1)
        with pytest.raises(ValueError, match=r"'other@1'.* cannot go to a library of .*'mini@1'"):
            catalog.commit([version(path="b.txt")], recipe=other)
        assert (catalog.generation(), len(catalog.documents())) == (1, 1)
        catalog.commit([], [1])
        catalog.commit([version(path="b.txt")], recipe=other)
        build = catalog.build()
        assert build is not None
        assert (build.number, build.recipe) == (2, other)

    def test_two_ways_to_one_encoder_are_one_recipe(self, catalog: Catalog) -> None:
        catalog.commit([version()], recipe=MINI)
        catalog.commit([version(path="b.txt")], recipe=Recipe("mini@1", 200, 40, 1, "/elsewhere/mini"))
        build = catalog.build()
        assert build is not None
        assert (build.number, build.recipe.model) == (1, "mini")

    def test_a_lineage_is_a_catalogs_own(self, tmp_path: Path) -> None:
        lineages = set()
        for name in ("a", "b"):
            opened = Catalog.open(tmp_path / name)
            opened.commit([version()])
            build = opened.build()
            assert build is not None
            lineages.add(build.lineage)
            opened.close()
        assert len(lineages) == 2


class TestPreparing:
    """A commit calls ``prepare`` with its expected outcome before the commit becomes visible."""

    def test_it_is_told_what_will_be_committed_and_sees_what_was_before(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.", "Second words.")
        told: list[tuple[Committed, Build, int]] = []
        committed = catalog.commit(
            [version()], (), MINI, lambda *what: told.append((*what, catalog.generation()))
        )
        assert told == [(committed, catalog.build(), 0)]

    def test_what_it_raises_undoes_the_commit_and_its_numbers(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.", "Second words.")

        def fail(_committed: Committed, _build: Build) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            catalog.commit([version()], (), MINI, fail)
        assert (catalog.generation(), catalog.documents(), catalog.build()) == (0, [], None)
        assert catalog.commit([version()], (), MINI) == Committed(1, (1,), ((1, 2),), ())

    def test_it_is_not_asked_where_a_vector_has_gone_meanwhile(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.")
        told: list[Committed] = []
        with pytest.raises(VectorsGoneError, match=r"^1 of 2 vectors are gone; embed them again$"):
            catalog.commit([version()], (), MINI, lambda committed, _: told.append(committed))
        assert (told, catalog.generation(), catalog.documents()) == ([], 0, [])

    def test_others_may_write_meanwhile(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.", "Second words.")
        catalog.commit([version()], (), MINI, lambda *_: catalog.follow(["/meanwhile"]))
        assert catalog.sources() == ["/meanwhile"]

    def test_it_is_told_again_where_its_numbers_were_given_to_others(self, catalog: Catalog) -> None:
        put_vectors(catalog, "First words.", "Second words.")
        catalog.commit([version(path="b.txt")], (), MINI)
        told: list[Committed] = []

        def write_another(committed: Committed, _build: Build) -> None:
            told.append(committed)
            if len(told) == 1:
                catalog.commit([version(path="c.txt")], (), MINI)

        committed = catalog.commit([version()], (), MINI, write_another)
        assert told == [Committed(2, (2,), ((3, 4),), ()), Committed(3, (3,), ((5, 6),), ())]
        assert committed == told[1]


def document(catalog: Catalog, number: int, version: int | None = None) -> DocumentRecord:
    with catalog.reading() as reader:
        return reader.document(number, version)


def layouts(catalog: Catalog, number: int, version: int, pages: list[int]) -> dict[int, PageLayout]:
    with catalog.reading() as reader:
        return reader.layouts(number, version, pages)


TEXT = "Costs\n\nItem | 2031\nGate 3 | 1.2\nGate 4 | 1.9"
DOCUMENT = Document(
    TEXT,
    "T",
    "pdf",
    "en",
    page_starts=(0, 19),
    author="A. Writer",
    origins={"title": "page", "author": "document properties", "collection": "sidecar"},
    sections=(Section(0, 1, "Costs"),),
    mended=(3, 5),
    layouts=(PageLayout(595.0, 842.0, bytes(range(160))), PageLayout(842.0, 595.0, b"\x01\x02" * 96)),
    unread_pages=(2,),
    recognised_pages=(1,),
    recognised_in="eng",
    collection="Dams",
)


def written(catalog: Catalog) -> int:
    rows = (Span(7, 18), Span(19, 31), Span(32, 44))
    new = NewVersion(
        Incoming("/r", "a.pdf", 1, 1, "d", DOCUMENT),
        (Chunk(Span(0, 18), (Span(0, 5), rows[0]), Span(0, 18)), Chunk(Span(19, 44), rows[1:], Span(0, 18))),
        ("v1", "v2"),
    )
    catalog.put_vectors({"v1": np.ones(2, np.float32), "v2": np.ones(2, np.float32)})
    catalog.commit([new])
    return catalog.documents()[0].document_id


def test_it_comes_back_with_the_text_but_for_the_layouts(catalog: Catalog) -> None:
    number = written(catalog)
    assert catalog.text(number) == replace(DOCUMENT, layouts=())
    record = document(catalog, number)
    assert (record.author, record.unread_pages, record.pages) == ("A. Writer", (2,), 2)
    assert record.recognised_pages == (1,)
    state = catalog.files("/r")["a.pdf"]
    assert (state.has_pictures, state.recognised_in) == (True, "eng")
    assert record.origins == DOCUMENT.origins
    assert (record.recognised(1), record.recognised(2), record.recognised(2, 1)) == (True, False, True)


@pytest.mark.parametrize(
    ("path", "said", "expected"),
    [
        ("a.pdf", None, None),
        ("nested/a.pdf", None, "nested"),
        ("nested/deeper/a.pdf", None, "nested"),
        ("nested/a.pdf", "Dams", "Dams"),
        ("a.pdf", "Dams", "Dams"),
        (f"{'é' * 201}/a.pdf", None, "é" * 200),
    ],
)
def test_its_collection_is_what_somebody_said_else_the_first_folder_of_its_path(
    catalog: Catalog, path: str, said: str | None, expected: str | None
) -> None:
    origins: dict[str, Origin] = {"collection": "sidecar"} if said else {}
    document = replace(DOCUMENT, collection=said, origins=origins, layouts=())
    catalog.commit([NewVersion(Incoming("/r", path, 1, 1, "d", document), (), ())])
    (record,) = catalog.documents()
    assert record.collection == expected
    assert catalog.text(record.document_id) == document, "what was read does not have its folder"


def test_another_word_on_its_collection_is_written_with_the_same_words(catalog: Catalog) -> None:
    number = written(catalog)
    for said, expected in ((None, None), ("Rivers", "Rivers")):
        again = replace(DOCUMENT, collection=said, origins={"collection": "sidecar"} if said else {})
        catalog.commit([NewVersion(Incoming("/r", "a.pdf", 1, 1, "d", again), (), ())])
        record = document(catalog, number)
        assert (record.version, record.collection) == (1, expected)


def test_the_same_words_without_layouts_keep_the_places_that_they_have(catalog: Catalog) -> None:
    number = written(catalog)
    again = Incoming("/r", "a.pdf", 1, 1, "d", replace(DOCUMENT, layouts=(), author="B. Writer"))
    catalog.commit([NewVersion(again, (), ())])
    assert (document(catalog, number).version, document(catalog, number).author) == (1, "B. Writer")
    assert layouts(catalog, number, 1, [1, 2]) == dict(enumerate(DOCUMENT.layouts, 1))


@pytest.mark.parametrize(
    ("kind", "unread", "recognised", "expected"),
    [("pdf", (), (), False), ("pdf", (1,), (), True), ("pdf", (), (2,), True), ("pptx", (1,), (), False)],
)
def test_only_pages_of_pdfs_are_pictures_that_can_be_recognised(
    catalog: Catalog, kind: str, unread: tuple[int, ...], recognised: tuple[int, ...], expected: bool
) -> None:
    document = replace(DOCUMENT, kind=kind, unread_pages=unread, recognised_pages=recognised)
    catalog.commit([NewVersion(Incoming("/r", "a", 1, 1, "d", document), (), ())])
    assert catalog.files("/r")["a"].has_pictures is expected


def test_layouts_are_fetched_by_page(catalog: Catalog) -> None:
    number = written(catalog)
    assert layouts(catalog, number, 1, [2, 3]) == {2: DOCUMENT.layouts[1]}
    assert layouts(catalog, number, 1, [1, 2]) == dict(enumerate(DOCUMENT.layouts, 1))
    assert layouts(catalog, number, 2, [1]) == {}


def test_rows_know_their_headings(catalog: Catalog) -> None:
    written(catalog)
    with catalog.reading() as reader:
        first, second = reader.passages()
    assert (second.text, second.headings) == ("Gate 3 | 1.2\nGate 4 | 1.9", "Costs\n\nItem | 2031")
    assert (first.header, second.header) == (Span(0, 18), Span(0, 18))


def test_layouts_go_with_their_version(catalog: Catalog) -> None:
    number = written(catalog)
    catalog.commit([], [number])
    assert layouts(catalog, number, 1, [1, 2]) == {}


def test_a_superseded_version_names_the_one_after_it(catalog: Catalog) -> None:
    for text in ("One.", "Two.", "Three."):
        catalog.commit([version(text)])
    number = catalog.documents()[0].document_id
    assert [document(catalog, number, each).superseded_by for each in (1, 2, 3)] == [2, 3, None]
