"""Series of kept texts: listed by what came last, found by their words, named, and deleted whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from index.catalog.database import Catalog
from index.catalog.schema import kept_references, kept_words, series_names, withdrawals
from rag.conversations.store import FoundBy, Kept
from rag.conversations.superseded import Series, delete_series, find_series, list_series, name_series
from rag.errors import KeptNotFoundError, SeriesNotFoundError


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def engine(catalog: Catalog) -> sa.Engine:
    return catalog.engine


@pytest.fixture
def kept(engine: sa.Engine) -> Kept:
    """Two series, and a text by itself."""
    kept = Kept(engine)
    put(kept, "a1", "a", 1, ("Why did the dam fail?", "The third gate rusted."))
    put(kept, "b1", "b", 2, ("Bao nhiêu hộ bị ảnh hưởng bởi lũ lụt ở Đà Nẵng?", "120 hộ."))
    put(kept, "alone", None, 3, ("Why did the dam fail?", "Nobody knows."))
    put(kept, "a2", "a", 4, ("ទឹក\u200bជំនន់នៅខែណា?", "It was in 100% of the villages, in May_2031."))
    return kept


def put(
    kept: Kept, text_id: str, series: str | None, day: int, said: tuple[str, str], *replaces: str
) -> None:
    """Keep a text of a day, with its heading and its words, perhaps in the place of another one."""
    found_by = FoundBy(said[0], "\n".join(said), frozenset({(7, 1)}))
    kept.put(
        text_id,
        series,
        f"2031-08-0{day}",
        f"body of {text_id}",
        found_by,
        replaces=replaces[0] if replaces else None,
    )


def listed(engine: sa.Engine, query: str = "") -> list[str]:
    return [found.id for found in list_series(engine, query)]


@pytest.mark.usefixtures("kept")
def test_what_was_added_to_last_comes_first(engine: sa.Engine) -> None:
    first = Series("a", None, "Why did the dam fail?", "2031-08-01", "2031-08-04", 2)
    second = Series(
        "b", None, "Bao nhiêu hộ bị ảnh hưởng bởi lũ lụt ở Đà Nẵng?", "2031-08-02", "2031-08-02", 1
    )
    assert list_series(engine) == [first, second]
    assert list_series(engine, limit=1) == [first]
    assert find_series(engine, "b") == second


def test_a_series_begins_with_what_is_still_in_it(engine: sa.Engine, kept: Kept) -> None:
    put(kept, "a3", "a", 5, ("And how many gates?", "Three."), "a1")
    assert find_series(engine, "a") == Series("a", None, "And how many gates?", "2031-08-05", "2031-08-05", 1)
    assert listed(engine, "rusted") == []


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("DAM", ["a"]),
        ("gate villages", ["a"]),
        ("gate 120", []),
        ("lu lut da nang", ["b"]),
        ("LŨ LỤT", ["b"]),
        ("ទឹកជំនន់", ["a"]),
        ("ជំនន់ទឹក", []),
        ("100%", ["a"]),
        ("may_", ["a"]),
        ("1%0", []),
        ("d_m", []),
        ("/", []),
        ("'; DROP TABLE kept; --", []),
        (" \n\t", ["a", "b"]),
        ("knows", []),
    ],
)
def test_a_series_is_found_by_all_of_the_words_wherever_they_stand(
    engine: sa.Engine, query: str, found: list[str]
) -> None:
    assert listed(engine, query) == found


@pytest.mark.usefixtures("kept")
def test_a_name_is_searched_with_the_texts(engine: sa.Engine) -> None:
    name_series(engine, "b", "Übersicht: 50% <b>")
    assert find_series(engine, "b").name == "Übersicht: 50% <b>"
    assert [
        listed(engine, query) for query in ("ubersicht", "ubersicht lut", "ubersicht dam", "50% <B>")
    ] == [
        *(["b"], ["b"], [], ["b"]),
    ]
    name_series(engine, "b", "Floods")
    assert (find_series(engine, "b").name, listed(engine, "ubersicht")) == ("Floods", [])
    name_series(engine, "b", None)
    assert (find_series(engine, "b").name, listed(engine, "floods")) == (None, [])


@pytest.mark.usefixtures("kept")
def test_what_is_not_there_has_no_name_and_is_not_deleted(engine: sa.Engine) -> None:
    with pytest.raises(SeriesNotFoundError, match=r"^nothing is kept in the series 'c'; it may have been"):
        find_series(engine, "c")
    with pytest.raises(SeriesNotFoundError):
        name_series(engine, "c", "Nothing")
    with pytest.raises(SeriesNotFoundError):
        delete_series(engine, "c")
    with engine.connect() as connection:
        assert connection.execute(sa.select(series_names)).all() == []


def test_a_series_goes_with_all_that_was_ever_in_it(engine: sa.Engine, kept: Kept) -> None:
    name_series(engine, "a", "Dams")
    put(kept, "a3", "a", 5, ("And how many gates?", "Three."), "a1")
    delete_series(engine, "a")
    assert listed(engine) == ["b"]
    for gone in ("a1", "a2", "a3"):
        with pytest.raises(KeptNotFoundError):
            kept.get(gone)
    assert (kept.get("alone"), kept.get("b1")) == ("body of alone", "body of b1")
    with engine.connect() as connection:
        assert [len(connection.execute(sa.select(table)).all()) for table in (
            *(kept_words, kept_references, series_names, withdrawals),
        )] == [2, 2, 0, 0]  # fmt: skip


def test_with_its_last_text_a_series_loses_its_name(engine: sa.Engine, kept: Kept) -> None:
    for series in ("a", "b"):
        name_series(engine, series, f"Name of {series}")
    kept.delete("a1")
    assert find_series(engine, "a").name == "Name of a"
    kept.delete("a2")
    kept.delete("alone")
    put(kept, "a4", "a", 6, ("Another?", "Yes."))
    assert (find_series(engine, "a").name, find_series(engine, "b").name) == (None, "Name of b")


def test_what_was_replaced_goes_also_when_nothing_is_left_in_the_series(
    engine: sa.Engine, kept: Kept
) -> None:
    put(kept, "b2", "b", 5, ("Again?", "Yes."), "b1")
    kept.delete("b2")
    assert listed(engine) == ["a"]
    delete_series(engine, "b")
    with pytest.raises(KeptNotFoundError):
        kept.get("b1")


@pytest.mark.usefixtures("kept")
def test_several_may_name_and_read_at_once(engine: sa.Engine) -> None:
    def name(turn: int) -> None:
        for number in range(10):
            name_series(engine, "a", f"Name {turn}.{number}")
            assert len(list_series(engine, "name dam")) == 1

    threads = [threading.Thread(target=name, args=(turn,)) for turn in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (find_series(engine, "a").name or "").endswith(".9")
