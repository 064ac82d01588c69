"""Passages belong to a build with one recipe; a commit calls ``prepare`` before it becomes visible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.catalog.database import Catalog
from index.errors import VectorsGoneError
from index.records import Build, Committed, Recipe
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
