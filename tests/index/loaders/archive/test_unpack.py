"""An Office file is opened only if it is an archive of its format and stays within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from index.errors import LoadError
from index.loaders import Limits
from index.loaders.archive.unpack import check_archive

PATH = Path("reports/dam.docx")
WORD = "word/document.xml"


def zipped(entries: Mapping[str, bytes], compression: int = ZIP_STORED) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def refusal(data: bytes, limits: Limits = Limits()) -> tuple[str, str]:  # noqa: B008 (frozen)
    with pytest.raises(LoadError) as caught:
        check_archive(data, PATH, WORD, "a Word document", limits)
    return caught.value.cause, caught.value.remedy


def encrypted(data: bytes) -> bytes:
    """The same archive with the flag of its only entry set that says so, in its central directory."""
    place = data.index(b"PK\x01\x02") + 8
    return data[:place] + bytes([data[place] | 1]) + data[place + 1 :]


@pytest.mark.parametrize(
    ("data", "cause", "remedy"),
    [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
            "is encrypted or in an old Office format",
            "save it without a password as a Word document (.docx)",
        ),
        (
            b"{\\rtf1 text}",
            "is named .docx but is not a Word document: it seems to be an RTF file",
            "save it again as a Word document",
        ),
        (b"words", "is named .docx but is not a Word document", "save it again as a Word document"),
        (
            zipped({"xl/workbook.xml": b"<x/>"}),
            "is named .docx but is not a Word document: it seems to be an Excel workbook",
            "save it again as a Word document",
        ),
        (
            zipped({"other": b"x"}),
            "is named .docx but is not a Word document: it has no word/document.xml",
            "save it again as a Word document",
        ),
        (
            zipped({WORD: b"x" * 200})[:100],
            "is broken: File is not a zip file",
            "save it again, or repair it",
        ),
        (
            zipped({"a": b"x" * 200, WORD: b"x"})[100:],
            "is broken: its beginning is missing",
            "save it again, or repair it",
        ),
        (encrypted(zipped({WORD: b"x"})), "is encrypted", "save it without a password"),
    ],
    ids=["old", "rtf", "text", "excel", "zip", "cut short", "without start", "encrypted"],
)
def test_what_is_refused_and_why(data: bytes, cause: str, remedy: str) -> None:
    assert refusal(data) == (cause, remedy)


def test_a_file_that_would_unpack_to_too_much_is_refused() -> None:
    limits = Limits(unpacked_megabytes=2)
    check_archive(zipped({WORD: b" " * 2 * 1024 * 1024}), PATH, WORD, "a Word document", limits)
    assert refusal(zipped({WORD: b" " * 3 * 1024 * 1024}), limits) == (
        "unpacks to 3 MB, more than the 2 MB that are read",
        "split it into parts",
    )


def test_an_archive_that_expands_without_measure_is_refused() -> None:
    packed = zipped({WORD: b" " * 4 * 1024 * 1024}, ZIP_DEFLATED)
    limits = Limits(expansion=100)
    cause, remedy = refusal(packed, limits)
    times = round(4 * 1024 * 1024 / len(packed))
    assert cause == (
        f"unpacks to {times:,} times its size, more than 100 times, as archives do that are made to do harm"
    )
    assert remedy == "save it again"
    check_archive(packed, PATH, WORD, "a Word document", Limits(expansion=times + 1))
