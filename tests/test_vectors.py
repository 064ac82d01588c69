"""Nearest vectors by number: exact, filtered before ranking, and gone once removed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from writings import PATIENT

from index.vectors import VectorIndex, VectorIndexError

D = 8
Matrix = npt.NDArray[np.float32]


def units(count: int, seed: int = 0) -> Matrix:
    rows = np.random.default_rng(seed).normal(size=(count, D)).astype(np.float32)
    unit: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def holding(numbers: list[int], vectors: Matrix) -> VectorIndex:
    index = VectorIndex(D)
    index.add(numbers, vectors)
    return index


def ranked(cosines: dict[int, float], limit: int) -> list[int]:
    return sorted(cosines, key=lambda number: -cosines[number])[:limit]


VECTORS = units(40)
NUMBERS = [5 * place + 2 for place in range(40)]
QUERY = units(1, seed=1)[0]
COSINES = {number: float(row @ QUERY) for number, row in zip(NUMBERS, VECTORS, strict=True)}


def test_the_nearest_come_first_with_their_cosine() -> None:
    index = holding(NUMBERS, VECTORS)
    found = index.search(QUERY, 7)
    assert list(found) == ranked(COSINES, 7)
    assert found == pytest.approx({number: COSINES[number] for number in found}, abs=1e-6)
    assert (len(index), index.dimensions) == (40, D)


@PATIENT
@given(st.sets(st.sampled_from(NUMBERS)), st.sets(st.integers(0, 300)), st.integers(0, 50))
def test_a_search_is_the_full_ranking_of_what_is_allowed_and_there(
    removed: set[int], allowed: set[int], limit: int
) -> None:
    index = holding(NUMBERS, VECTORS)
    index.remove(removed | {9_999})
    there = {number: cosine for number, cosine in COSINES.items() if number not in removed}
    assert list(index.search(QUERY, limit)) == ranked(there, limit)
    within = {number: cosine for number, cosine in there.items() if number in allowed}
    assert list(index.search(QUERY, limit, allowed)) == ranked(within, limit)
    assert len(index) == len(there)


@PATIENT
@given(st.lists(st.tuples(st.sampled_from("+-"), st.integers(0, 9)), max_size=30))
def test_what_was_removed_never_comes_back(steps: list[tuple[str, int]]) -> None:
    index = VectorIndex(D)
    held: dict[int, Matrix] = {}
    for turn, (step, number) in enumerate(steps):
        if step == "-":
            index.remove([number])
            held.pop(number, None)
        elif number not in held:
            held[number] = units(1, seed=turn)[0]
            index.add([number], held[number][np.newaxis])
    expected = {number: float(row @ QUERY) for number, row in held.items()}
    assert index.search(QUERY, 100) == pytest.approx(expected, abs=1e-6)
    assert list(index.search(QUERY, 100)) == ranked(expected, 100)
    assert index.cosines(QUERY, sorted(held)) == pytest.approx(expected, abs=1e-6)


def test_the_number_is_kept_beyond_what_fits_into_32_bits() -> None:
    index = holding([2**40 + 1, 2**40 + 2], VECTORS[:2])
    index.remove([2**40 + 1])
    assert list(index.search(VECTORS[1], 5)) == [2**40 + 2]


@pytest.mark.parametrize("reverse", [False, True])
def test_all_that_are_as_near_as_the_last_come_too(reverse: bool) -> None:
    same = [(number, VECTORS[0]) for number in range(20)]
    near = [(100, QUERY), (101, VECTORS[1])]
    rows = [*near, *same] if not reverse else [*same, *near][::-1]
    index = holding([number for number, _ in rows], np.stack([row for _, row in rows]))
    best = ranked({100: 1.0, 101: COSINES[NUMBERS[1]], 0: COSINES[NUMBERS[0]]}, 3)
    found = list(index.search(QUERY, best.index(0) + 1))
    assert sorted(found) == sorted([*best[: best.index(0)], *range(20)])
    assert found[0] == 100


def test_nothing_is_found_in_nothing() -> None:
    empty, full = VectorIndex(D), holding(NUMBERS, VECTORS)
    assert empty.search(QUERY, 5) == empty.search(QUERY, 5, [1]) == {}
    assert full.search(QUERY, 0) == full.search(QUERY, 5, []) == full.search(QUERY, 5, [1]) == {}
    assert full.cosines(QUERY, []) == {}
    empty.add([], np.empty((0, D), np.float32))
    empty.remove([])
    assert len(empty) == 0


def test_a_saved_index_is_read_back_the_same(tmp_path: Path) -> None:
    index = holding(NUMBERS, VECTORS)
    index.remove(NUMBERS[:3])
    index.save(tmp_path / "vectors.faiss")
    again = VectorIndex.load(tmp_path / "vectors.faiss")
    assert again.search(QUERY, 100) == index.search(QUERY, 100)
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.faiss"]
    again.add([1], QUERY[np.newaxis])
    again.remove(NUMBERS[3:6])
    assert list(again.search(QUERY, 1)) == [1]
    assert len(again) == 35


def test_a_broken_off_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vectors.faiss"
    holding(NUMBERS[:2], VECTORS[:2]).save(path)
    before = path.read_bytes()

    def power_cut(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("index.vectors.os.fsync", power_cut)
        with pytest.raises(OSError, match="Input/output error"):
            holding(NUMBERS, VECTORS).save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b"IxMp", b"nonsense" * 100, "cut short", "flat"])
def test_a_file_that_is_missing_or_of_another_kind_is_refused_by_name(
    tmp_path: Path, content: bytes | str | None
) -> None:
    import faiss

    path = tmp_path / "vectors.faiss"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "flat":
        faiss.write_index(faiss.IndexFlatIP(D), str(path))
    elif content == "cut short":
        holding(NUMBERS, VECTORS).save(path)
        path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(VectorIndexError, match=r"^vectors\.faiss (cannot be read|holds a IndexFlat)"):
        VectorIndex.load(path)
