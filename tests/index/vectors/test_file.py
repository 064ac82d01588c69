"""The file of a base appears only when it is complete; the error of a wrong file names it."""

from __future__ import annotations

import errno
from pathlib import Path

import faiss
import pytest

from index.vectors import IndexPolicy, VectorIndex, VectorIndexError
from tests.support.vector_sets import FLAT, HELD, LISTS, QUERY, VECTORS, D, built


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
