"""An archive is read if it has the right format and is within the limits; no property is made up."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from index.errors import LoadError
from index.loaders import LoadingLimits
from index.loaders.archive import check_archive, core_properties
from index.loaders.metadata import Properties

PATH = Path("reports/dam.docx")
WORD = "word/document.xml"


def zipped(entries: Mapping[str, bytes], compression: int = ZIP_STORED) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def refusal(data: bytes, limits: LoadingLimits = LoadingLimits()) -> tuple[str, str]:  # noqa: B008 (frozen)
    with pytest.raises(LoadError) as caught:
        check_archive(data, PATH, WORD, "a Word document", limits)
    return caught.value.cause, caught.value.remedy


def encrypted(data: bytes) -> bytes:
    """The archive with the flag of encryption set for its only entry, in the central directory."""
    place = data.index(b"PK\x01\x02") + 8
    return data[:place] + bytes([data[place] | 1]) + data[place + 1 :]


AGAIN = "save it again as a Word document"
NO_WORD = "is named .docx but is not a Word document"
REFUSED = {
    "old": (
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "is encrypted or in an old Office format"),
        "save it without a password as a Word document (.docx)",
    ),
    "rtf": (b"{\\rtf1 text}", f"{NO_WORD}: it seems to be an RTF file", AGAIN),
    "text": (b"words", NO_WORD, AGAIN),
    "excel": (zipped({"xl/workbook.xml": b"<x/>"}), f"{NO_WORD}: it seems to be an Excel workbook", AGAIN),
    "zip": (zipped({"other": b"x"}), f"{NO_WORD}: it has no word/document.xml", AGAIN),
    "cut short": (
        *(zipped({WORD: b"x" * 200})[:100], "is broken: File is not a zip file"),
        "save it again, or repair it",
    ),
    "without start": (
        *(zipped({"a": b"x" * 200, WORD: b"x"})[100:], "is broken: its beginning is missing"),
        "save it again, or repair it",
    ),
    "encrypted": (encrypted(zipped({WORD: b"x"})), "is encrypted", "save it without a password"),
}


@pytest.mark.parametrize(("data", "cause", "remedy"), REFUSED.values(), ids=REFUSED)
def test_the_error_gives_the_cause_and_the_remedy(data: bytes, cause: str, remedy: str) -> None:
    assert refusal(data) == (cause, remedy)


def test_a_file_that_would_unpack_to_too_much_is_refused() -> None:
    limits = LoadingLimits(unpacked_megabytes=2)
    check_archive(zipped({WORD: b" " * 2 * 1024 * 1024}), PATH, WORD, "a Word document", limits)
    assert refusal(zipped({WORD: b" " * 3 * 1024 * 1024}), limits) == (
        "unpacks to 3 MB, more than the limit of 2 MB",
        "split it into parts",
    )


def test_an_archive_that_expands_without_measure_is_refused() -> None:
    packed = zipped({WORD: b" " * 4 * 1024 * 1024}, ZIP_DEFLATED)
    limits = LoadingLimits(expansion=100)
    cause, remedy = refusal(packed, limits)
    times = round(4 * 1024 * 1024 / len(packed))
    assert cause == (
        f"unpacks to {times:,} times its size, more than the limit of 100 times, as malicious archives do"
    )
    assert remedy == "save it again"
    check_archive(packed, PATH, WORD, "a Word document", LoadingLimits(expansion=times + 1))


def package(said: str | None) -> bytes:
    """An archive whose core properties are ``said``; None leaves the part out."""
    names = (
        'xmlns:p="urn:core" xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:t="http://purl.org/dc/terms/"'
    )
    core = f'<!DOCTYPE p [<!ENTITY x "SECRET">]><p:core {names}>{said}</p:core>'.encode()
    return zipped({"other.xml": b"<other/>"} | ({"docProps/core.xml": core} if said is not None else {}))


def test_the_properties_are_title_author_and_the_day_of_the_last_change() -> None:
    named = "<d:title> The \n dam&x; </d:title><d:creator>Dam commission</d:creator>"
    said = f"{named}<t:created>2031-03-01T08:00:00Z</t:created>"
    known = Properties(title="The dam", author="Dam commission", written="2031-03-01")
    assert core_properties(package(said), PATH) == known, "and the entity is not expanded"
    changed = f"{said}<t:modified>2031-04-02T08:00:00Z</t:modified>"
    assert core_properties(package(changed), PATH).written == "2031-04-02"


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "<d:title/><d:creator> </d:creator><t:modified>soon</t:modified>",
        "<d:title>dam.xlsx</d:title><d:creator>openpyxl</d:creator>",
        "<d:title>PowerPoint Presentation</d:title><d:creator>user</d:creator>",
        "<broken",
    ],
    ids=["no part", "empty", "blank", "programs", "defaults", "broken"],
)
def test_nothing_is_made_up(said: str | None) -> None:
    assert core_properties(package(said), PATH) == Properties()
