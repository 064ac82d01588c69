"""The setting ``index`` names a server of Milvus, to which no connection is made before it is needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.stub_encoder import StubEncoder
from index.errors import VectorIndexError
from index.library import Library
from index.vectors import store_at
from index.vectors.milvus import MilvusStore


@pytest.mark.parametrize(
    "address",
    [
        "milvus:",
        "milvus://",
        "http://host",
        "host:19530",
        "milvus://me:se@cret@host",
        "milvus://host:port",
        "milvus://host:99999",
        "milvus://host/a b",
    ],
)
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
