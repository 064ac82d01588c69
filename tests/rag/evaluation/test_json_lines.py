"""An error in a JSON Lines file names the line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rag.errors import JsonLinesError
from rag.evaluation.datasets import read_json_lines


def test_lines_have_numbers_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"a": "é"}\n\n{"b": [1]}\n', encoding="utf-8")
    assert list(read_json_lines(file)) == [(1, {"a": "é"}), (3, {"b": [1]})]


def test_a_compressed_file_is_read_the_same(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress('{"a": "é"}\n'.encode()))
    assert list(read_json_lines(file)) == [(1, {"a": "é"})]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b'{"a": 1}\n{"b": }\n', "line 2: the line is not JSON (Expecting value at character 6); "),
        (b'{"a": 1}\n\n[1]\n', "line 3: the line is a list, not a JSON object; "),
        (b'{"a": "\xff"}\n', "cannot be read: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, content: bytes, cause: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(content)
    with pytest.raises(JsonLinesError) as raised:
        list(read_json_lines(file))
    assert str(raised.value).startswith(str(file))
    assert cause in str(raised.value)


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b'{"a": 1}\n' * 100, mtime=0)[:-12]])
def test_a_damaged_archive_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(content)
    with pytest.raises(
        JsonLinesError, match=r"cannot be read: .*; give a readable file in UTF-8, packed with gzip"
    ):
        list(read_json_lines(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(JsonLinesError, match=r"none\.jsonl cannot be read: No such file or directory; "):
        list(read_json_lines(tmp_path / "none.jsonl"))
