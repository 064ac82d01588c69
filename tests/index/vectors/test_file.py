"""A base's file: there once it is complete, and refused by name where it is not."""

from __future__ import annotations

import errno
from pathlib import Path

import faiss
import pytest

from index.vectors import Sizes, VectorIndex, VectorIndexError
from tests.support.vector_sets import FLAT, HELD, LISTS, QUERY, VECTORS, D, built


@pytest.mark.parametrize("sizes", [FLAT, LISTS], ids=["flat", "ivf"])
def test_a_write_that_fails_says_so_and_leaves_the_old_file(tmp_path: Path, sizes: Sizes) -> None:
    built(tmp_path, HELD, sizes)
    before = (tmp_path / "base").read_bytes()
    (tmp_path / "base.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device") as raised:
        built(tmp_path, {1: QUERY}, sizes)
    assert raised.value.errno == errno.ENOSPC
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"base": before}


@pytest.mark.parametrize("sizes", [FLAT, LISTS], ids=["flat", "ivf"])
def test_a_file_that_is_missing_or_cut_short_is_refused_by_name(tmp_path: Path, sizes: Sizes) -> None:
    path = tmp_path / "base"
    with pytest.raises(VectorIndexError, match=r"^base cannot be read: No such file or directory$"):
        VectorIndex.open(path, D)
    built(tmp_path, HELD, sizes)
    whole = path.read_bytes()
    for size in {*range(0, len(whole), 97), *range(len(whole) - 60, len(whole))}:
        path.write_bytes(whole[:size])
        with pytest.raises(VectorIndexError, match=r"^base is not a complete base of vectors$"):
            VectorIndex.open(path, D)


def test_a_file_of_another_kind_or_other_dimensions_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "base"
    built(tmp_path, HELD)
    with pytest.raises(VectorIndexError, match=r"^base holds vectors of 8 dimensions, not 16$"):
        VectorIndex.open(path, 16)
    end = path.read_bytes()[-40:-20]

    def refused(content: bytes) -> str:
        path.write_bytes(content + end + f"{len(content):020}".encode())
        with pytest.raises(VectorIndexError) as raised:
            VectorIndex.open(path, D)
        return str(raised.value)

    other = faiss.IndexHNSWFlat(D, 4)
    other.add(VECTORS)
    assert refused(faiss.serialize_index(other).tobytes()) == (
        "base holds a IndexHNSWFlat, which is no base of this program"
    )
    unnumbered = faiss.IndexFlatIP(D)
    unnumbered.add(VECTORS)
    assert "IndexFlatIP" in refused(faiss.serialize_index(unnumbered).tobytes())
    assert refused(b"nonsense" * 9).startswith("base cannot be read: ")
    assert refused(b"").startswith("base cannot be read: ")
