"""The nearest vectors: exact, filtered before ranking, without removed ones, from a file or at an address."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.stub_encoder import StubEncoder
from index.library import Library
from index.vectors import (
    DEFAULT_POLICY,
    Batches,
    FetchVectors,
    IndexPolicy,
    VectorIndex,
    VectorIndexError,
    store_at,
)
from index.vectors.milvus import MilvusStore
from tests.support.examples import up_to

D = 8
Matrix = npt.NDArray[np.float32]
FLAT = IndexPolicy()
LISTS = IndexPolicy(flat_up_to=0, probes=10_000)
"""An inverted file; a search reads all of its lists."""


def units(many: int, seed: int = 0, dimensions: int = D) -> Matrix:
    rows = np.random.default_rng(seed).normal(size=(many, dimensions)).astype(np.float32)
    unit: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


VECTORS = np.concatenate([units(330), np.repeat(units(1, seed=2), 70, axis=0)])
"""More vectors than a search looks up one by one; the last 70 are equal."""

NUMBERS = [5 * place + 2 for place in range(400)]
HELD = dict(zip(NUMBERS, VECTORS, strict=True))
QUERY = units(1, seed=1)[0]


def looking_up(held: dict[int, Matrix]) -> FetchVectors:
    return lambda numbers: np.stack([held[number] for number in numbers])


def in_batches(held: dict[int, Matrix], size: int = 150) -> Batches:
    def batches() -> Iterator[tuple[npt.NDArray[np.int64], Matrix]]:
        numbers = sorted(held)
        for start in range(0, len(numbers), size):
            some = numbers[start : start + size]
            yield np.array(some), np.stack([held[number] for number in some])

    return batches


def built(folder: Path, held: dict[int, Matrix], policy: IndexPolicy = FLAT) -> VectorIndex:
    return VectorIndex.build(folder / "base", D, len(held), in_batches(held), policy)


def ranked(
    held: dict[int, Matrix], limit: int, allowed: Collection[int] | None = None, query: Matrix = QUERY
) -> list[int]:
    """The numbers that a search must find: a comparison with all vectors ranks them."""
    cosines = {
        number: float(row.astype(np.float64) @ query.astype(np.float64)) for number, row in held.items()
    }
    inside = [number for number in sorted(cosines) if allowed is None or number in allowed]
    inside.sort(key=lambda number: -np.float32(cosines[number]))
    least = cosines[inside[:limit][-1]] - 1e-5 if inside and limit else 2.0
    return [number for number in inside if cosines[number] >= least]


def as_mask(allowed: Collection[int]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(max(allowed, default=-1) + 1, np.bool_)
    mask[list(allowed)] = True
    return mask


def from_recent(_folder: Path, held: dict[int, Matrix]) -> VectorIndex:
    numbers = sorted(held)
    index = VectorIndex.empty(D)
    for start in range(0, len(numbers), 7):
        some = numbers[start : start + 7]
        index = index.added(some, np.stack([held[number] for number in some]))
    return index


def from_lists_and_recent(folder: Path, held: dict[int, Matrix]) -> VectorIndex:
    late = sorted(held)[-len(held) // 4 :]
    index = built(folder, {number: row for number, row in held.items() if number not in late}, LISTS)
    return index.added(late, np.stack([held[number] for number in late]))


Maker = Callable[[Path, dict[int, Matrix]], VectorIndex]
KINDS: dict[str, Maker] = {
    "recent": from_recent,
    "flat": built,
    "ivf": lambda folder, held: built(folder, held, LISTS),
    "ivf and recent": from_lists_and_recent,
}
of_every_kind = pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)


@of_every_kind
def test_the_nearest_come_first_with_their_cosine(made: Maker, tmp_path: Path) -> None:
    index = made(tmp_path, HELD)
    found = index.search(QUERY, 7, None, looking_up(HELD))
    assert list(found) == ranked(HELD, 7)
    assert found == pytest.approx({number: float(HELD[number] @ QUERY) for number in found}, abs=1e-6)
    assert (len(index), index.dimensions) == (400, D)


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> list[VectorIndex]:
    return [made(tmp_path_factory.mktemp("vectors"), HELD) for made in KINDS.values()]


@settings(max_examples=up_to(50))
@given(
    st.sets(st.sampled_from(NUMBERS)) | st.just(set(NUMBERS)),
    st.sets(st.sampled_from(NUMBERS)),
    st.sets(st.integers(0, 2100)) | st.sets(st.sampled_from(NUMBERS), min_size=230),
    st.integers(0, 420),
)
def test_a_search_is_the_full_ranking_of_what_is_allowed_and_there(
    indexes: list[VectorIndex], removed: set[int], later: set[int], allowed: set[int], limit: int
) -> None:
    there = {number: row for number, row in HELD.items() if number not in removed | later}
    results = []
    for whole in indexes:
        index = whole.removed(removed | {9_999}).removed(later)
        assert len(index) == len(there)
        assert list(index.search(QUERY, limit, None, looking_up(there))) == ranked(there, limit)
        results.append(index.search(QUERY, limit, as_mask(allowed), looking_up(there)))
        assert list(results[-1]) == ranked(there, limit, allowed)
    assert all(list(result.items()) == list(results[0].items()) for result in results)


STEPS = st.one_of(
    st.tuples(st.just("add"), st.integers(1, 90)),
    st.tuples(st.just("remove"), st.sets(st.integers(0, 600), max_size=250)),
    st.tuples(st.just("rebuild"), st.sampled_from([FLAT, LISTS])),
)


@settings(max_examples=up_to(40))
@given(st.lists(STEPS, max_size=8), st.sampled_from([FLAT, LISTS]), st.integers(1, 60))
def test_whatever_was_done_it_finds_what_a_build_from_scratch_finds(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int | set[int] | IndexPolicy]],
    policy: IndexPolicy,
    limit: int,
) -> None:
    folder, numbers = tmp_path_factory.mktemp("steps"), count(300)
    held = {number: VECTORS[number * 7 % 400] for number in range(300)}
    index = built(folder, held, policy)
    before: list[tuple[VectorIndex, dict[int, Matrix]]] = []
    for _, value in steps:
        before.append((index, held))
        if isinstance(value, int):
            new = {
                number: VECTORS[number * 7 % 400] for _, number in zip(range(value), numbers, strict=False)
            }
            index, held = index.added(list(new), np.stack(list(new.values()))), held | new
        elif isinstance(value, set):
            held = {number: row for number, row in held.items() if number not in value}
            index = index.removed(value)
        else:
            index = built(folder, held, value)
    scratch = built(folder, held, policy)
    for one, there in [*before, (index, held), (scratch, held)]:
        assert len(one) == len(there)
        assert list(one.search(QUERY, limit, None, looking_up(there))) == ranked(there, limit)
        assert list(one.cosines(QUERY, list(there), looking_up(there))) == list(there)
    expected = scratch.search(QUERY, limit, None, looking_up(held))
    assert list(index.search(QUERY, limit, None, looking_up(held)).items()) == list(expected.items())
    every = scratch.cosines(QUERY, list(held), looking_up(held))
    assert index.cosines(QUERY, list(held), looking_up(held)) == every
    assert expected.items() <= every.items()


@of_every_kind
def test_the_number_is_kept_beyond_what_fits_into_32_bits(made: Maker, tmp_path: Path) -> None:
    far = {number + 2**40: row for number, row in HELD.items()}
    gone = ranked(far, 1)
    index = made(tmp_path, far).removed(gone)
    there = {number: row for number, row in far.items() if number not in gone}
    assert list(index.search(QUERY, 5, None, looking_up(there))) == ranked(there, 5)
    assert index.search(QUERY, 5, as_mask(NUMBERS), looking_up(there)) == {}


@of_every_kind
def test_all_that_are_as_near_as_the_last_come_too(made: Maker, tmp_path: Path) -> None:
    copies = NUMBERS[330:]
    index = made(tmp_path, HELD)
    assert list(index.search(VECTORS[-1], 1, None, looking_up(HELD))) == copies
    assert list(index.search(VECTORS[-1], 71, None, looking_up(HELD)))[:70] == copies
    assert list(index.removed(copies[:3]).search(VECTORS[-1], 1, None, looking_up(HELD))) == copies[3:]


@of_every_kind
def test_nothing_is_found_in_nothing(made: Maker, tmp_path: Path) -> None:
    lookup, full = looking_up(HELD), made(tmp_path, HELD)
    gone = full.removed(NUMBERS)
    for nothing in (VectorIndex.empty(D), gone, built(tmp_path, {})):
        assert nothing.search(QUERY, 5, None, lookup) == nothing.search(QUERY, 5, as_mask([7]), lookup) == {}
        assert len(nothing) == 0
    assert full.search(QUERY, 0, None, lookup) == full.search(QUERY, 5, as_mask([]), lookup) == {}
    assert full.search(QUERY, 5, as_mask([1]), lookup) == full.cosines(QUERY, [], lookup) == {}
    assert full.added([], np.empty((0, D), np.float32)) is full.removed([]) is full
    assert list(gone.added([9000], VECTORS[:1]).search(QUERY, 5, None, lookup)) == [9000]


def test_only_lists_near_the_query_are_read_and_few_vectors_looked_up(tmp_path: Path) -> None:
    held = dict(enumerate(units(5000, seed=3)))
    index = built(tmp_path, held, IndexPolicy(flat_up_to=1000, probes=40))
    asked: list[int] = []

    def stored(numbers: Sequence[int]) -> Matrix:
        asked.extend(numbers)
        return looking_up(held)(numbers)

    found = index.search(QUERY, 100, None, stored)
    assert len(set(found) & set(ranked(held, 100))) >= 85
    assert len(asked) == 132
    few = set(range(0, 5000, 50))
    assert list(index.search(QUERY, 10, as_mask(few), stored)) == ranked(held, 10, few)
    some = set(range(0, 5000, 8))
    assert list(index.search(QUERY, 10, as_mask(some), stored)) == ranked(held, 10, some)


def test_threads_that_search_see_their_own_index_while_others_are_derived(tmp_path: Path) -> None:
    first = from_lists_and_recent(tmp_path, HELD)
    expected = first.search(QUERY, 50, None, looking_up(HELD))

    def asked(turn: int) -> bool:
        first.removed(NUMBERS[turn : turn + 90]).added([9000 + turn], QUERY[np.newaxis])
        return first.search(QUERY, 50, None, looking_up(HELD)) == expected

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(asked, range(200)))


@pytest.mark.parametrize("numbers", [[1997], [3, 4], [5000, 5000], [5001, 5000]])
def test_numbers_that_do_not_rise_are_refused(tmp_path: Path, numbers: list[int]) -> None:
    with pytest.raises(ValueError, match=rf"ids {numbers[0]} to {numbers[-1]} must rise, and lie above"):
        built(tmp_path, HELD).added(numbers, VECTORS[: len(numbers)])
    with pytest.raises(ValueError, match="expected 401 vectors with rising ids, got 400"):
        VectorIndex.build(tmp_path / "base", D, 401, in_batches(HELD))


SMALL = IndexPolicy(small=10, recent_share=0.1, most_recent=30, removed_share=0.2, flat_up_to=420, probes=4)


def test_a_new_base_is_due_once_too_much_is_recent_or_removed_or_another_type_suits(tmp_path: Path) -> None:
    empty = VectorIndex.empty(D)
    few = [empty.added(range(some), VECTORS[:some]) for some in (1, 10, 11)]
    assert [index.is_due(SMALL) for index in few] == [False, False, True]
    flat = built(tmp_path, HELD, SMALL)
    assert [flat.kind, empty.kind, flat.is_due(SMALL)] == ["flat", "none", False]
    grown_by = [flat.added(range(5000, 5000 + some), VECTORS[:some]) for some in (20, 21, 31)]
    assert [index.is_due(SMALL) for index in grown_by] == [False, True, True]
    assert [flat.removed(NUMBERS[:some]).is_due(SMALL) for some in (80, 81)] == [False, True]
    lists = built(tmp_path, HELD | {9000 + place: VECTORS[place] for place in range(21)}, SMALL)
    assert [lists.kind, lists.is_due(SMALL), lists.is_due()] == ["ivf", False, True]
    much = flat.added(range(5000, 5031), VECTORS[:31])
    assert [much.is_due(SMALL), much.is_due()] == [True, False]
    assert [DEFAULT_POLICY.kind(1), DEFAULT_POLICY.kind(1_000_000)] == ["flat", "ivf"]


def test_a_base_can_be_searched_after_its_file_is_deleted(tmp_path: Path) -> None:
    for policy in (FLAT, LISTS):
        index = built(tmp_path, HELD, policy)
        assert [path.name for path in tmp_path.iterdir()] == ["base"]
        (tmp_path / "base").unlink()
        assert list(index.search(QUERY, 9, None, looking_up(HELD))) == ranked(HELD, 9)


@pytest.mark.parametrize("policy", [FLAT, LISTS], ids=["flat", "ivf"])
def test_a_write_that_fails_says_so_and_leaves_the_old_file(tmp_path: Path, policy: IndexPolicy) -> None:
    built(tmp_path, HELD, policy)
    before = (tmp_path / "base").read_bytes()
    (tmp_path / "base.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device") as raised:
        built(tmp_path, {1: QUERY}, policy)
    assert raised.value.errno == errno.ENOSPC
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"base": before}


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(VectorIndexError, match=r"^base cannot be read: No such file or directory$"):
        VectorIndex.open(tmp_path / "base", D)


def test_a_file_of_another_kind_or_other_dimensions_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "base"
    built(tmp_path, HELD)
    with pytest.raises(VectorIndexError, match=r"^base holds vectors of 8 dimensions, not 16$"):
        VectorIndex.open(path, 16)

    def refused(content: bytes) -> str:
        path.write_bytes(content)
        with pytest.raises(VectorIndexError) as raised:
            VectorIndex.open(path, D)
        return str(raised.value)

    other = faiss.IndexHNSWFlat(D, 4)
    other.add(VECTORS)
    assert refused(faiss.serialize_index(other).tobytes()) == (
        "base holds a IndexHNSWFlat, not a base of vectors"
    )
    unnumbered = faiss.IndexFlatIP(D)
    unnumbered.add(VECTORS)
    assert "IndexFlatIP" in refused(faiss.serialize_index(unnumbered).tobytes())
    assert refused(b"nonsense" * 9).startswith("base cannot be read: ")


WRONG = (
    "milvus: milvus:// http://host host:19530 milvus://me:se@cret@host milvus://host:port milvus://host:99999"
)


@pytest.mark.parametrize("address", [*WRONG.split(), "milvus://host/a b"])
def test_an_address_that_is_none_is_refused_and_not_shown(address: str) -> None:
    with pytest.raises(
        VectorIndexError, match="FOOTNOTED_INDEX is not the address of an index; write milvus://HOST"
    ) as raised:
        store_at(address)
    assert "se@cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "connection"),
    [
        ("milvus://host", ("http://host:19530", "", "", "")),
        ("milvus+tls://me:a%40b@h.example:443/reports", ("https://h.example:443", "me", "a@b", "reports")),
        ("milvus://[::1]:7", ("http://[::1]:7", "", "", "")),
    ],
)
def test_an_address_has_a_host_and_may_have_more(address: str, connection: tuple[str, ...]) -> None:
    assert tuple(MilvusStore(address)._connection().values()) == connection


def test_without_pymilvus_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(VectorIndexError, match=r"pip install 'footnoted\[engines\]'"):
        store_at("milvus://127.0.0.1:1")


def test_an_empty_library_asks_no_server(tmp_path: Path) -> None:
    assert store_at("") is None
    with Library.open(tmp_path / "home", StubEncoder(), index_url="milvus://127.0.0.1:1") as library:
        assert library.search("gate") == []
