"""A report with scanned pages is reported, read with OCR on request, and cited as recognised text."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.documents import sidecar_of
from index.embedding.encoder import Encoder
from index.ingest.discover import Failure
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import Options
from rag.engine import QueryEngine
from tests.support.pdf_files import FIRST, SECOND, body, build
from tests.support.scans import needs_tesseract, pictures, scanned

pytestmark = pytest.mark.slow

OCR = Options(ocr=True)
QUESTION = "When was the pin last examined?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    made.mkdir()
    picture = pictures(build(body(FIRST)))[0]
    (made / "part.pdf").write_bytes(scanned([None, picture], "A page that has words."))
    (made / "scan.pdf").write_bytes(scanned(pictures(build(body(SECOND)))))
    return made


@needs_tesseract
def test_its_pages_are_read_by_the_next_sync_that_may(encoder: Encoder, tmp_path: Path, folder: Path) -> None:
    with Library.open(tmp_path / "home", encoder) as index:
        report = sync(index, [folder])
        assert report.added == ("part.pdf",)
        cause = (
            "has no text layer (1 scanned page); turn on the setting ocr, which needs the program tesseract, "
            "or run the file through OCR first"
        )
        assert report.failed == (Failure("scan.pdf", cause),)
        [record] = index.catalog.documents()
        assert (record.unread_pages, record.recognised_pages) == ((2,), ())

        report = sync(index, options=OCR)
        assert (report.added, report.changed, report.failed) == (("scan.pdf",), ("part.pdf",), ())
        part, scan = index.catalog.documents()
        assert (part.unread_pages, part.recognised_pages, part.version) == ((), (2,), 2)
        assert (scan.unread_pages, scan.recognised_pages) == ((), (1,))
        assert index.catalog.text(scan.document_id).text == SECOND

        for options in (OCR, Options()):
            report = sync(index, options=options)
            assert (report.added, report.changed, report.unchanged) == ((), (), 2), "what was read stays read"


@needs_tesseract
def test_a_note_beside_it_does_not_cost_its_words(encoder: Encoder, tmp_path: Path, folder: Path) -> None:
    with Library.open(tmp_path / "home", encoder) as index:
        sync(index, [folder], options=OCR)
        before = index.catalog.documents()[0]
        sidecar_of(folder / "part.pdf").write_text("author: A. Writer")
        assert sync(index).changed == ("part.pdf",)
        after = index.catalog.documents()[0]
        assert (after.author, after.version, after.recognised_pages) == ("A. Writer", before.version, (2,))


@needs_tesseract
def test_a_footnote_to_it_says_that_its_words_were_recognised(
    encoder: Encoder, tmp_path: Path, folder: Path
) -> None:
    with Library.open(tmp_path / "home", encoder) as index:
        sync(index, [folder], options=OCR)
        answer = QueryEngine(index).ask(QUESTION)
        first = answer.citations[0]
        assert "last examined in October 2019" in first.quote
        assert (first.path, first.page, first.recognised) == ("part.pdf", 2, True)
        assert [box.page for box in first.boxes] == [2] * len(first.boxes)
        assert first.boxes
        first = QueryEngine(index).ask("Which page has words?").citations[0]
        assert (first.path, first.page, first.recognised) == ("part.pdf", 1, False)
        assert [passage.recognised for passage in answer.passages] == [True] * len(answer.passages)
        assert [hit.recognised for hit in index.search("pin")] == [True, True], (
            "one begins on a page with words"
        )
