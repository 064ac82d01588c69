"""The cache of page pictures: unfinished files are deleted, damaged ones are rendered again."""

from __future__ import annotations

import os
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from index.library import Library
from tests.support.background import app_of
from tests.support.pdf_files import column, draw

pytestmark = pytest.mark.usefixtures("handed_on")

OLD = 3600
MARK, CELL = (255, 226, 130), (255, 184, 40)


def colours(picture: bytes) -> set[tuple[int, ...]]:
    """The colours of a picture's pixels."""
    found = Image.open(BytesIO(picture)).convert("RGB").getcolors(1 << 24) or []
    return {colour for _, colour in found if isinstance(colour, tuple)}


@pytest.fixture
def pages(index: Library) -> Path:
    folder = index.home / "pages"
    folder.mkdir(parents=True)
    return folder


def unfinished(pages: Path, name: str, age: float) -> Path:
    """The file of a process that was killed while it wrote a picture."""
    part = pages / f"{name}.part"
    part.write_bytes(b"\x89PNG")
    os.utime(part, (time.time() - age,) * 2)
    return part


def upload(client: TestClient) -> str:
    response = client.post("/v1/documents", files={"file": ("gate.pdf", draw(column("The third gate.")))})
    return f"/v1/documents/{response.json()['document_id']}/pages/1.png?width=300"


def test_unfinished_pictures_go_when_a_server_starts(index: Library, pages: Path) -> None:
    unfinished(pages, "old", OLD)
    new = unfinished(pages, "new", 0)
    with app_of(index):
        assert list(pages.iterdir()) == [new], "another process may be writing it"


def test_unfinished_pictures_go_when_another_is_kept(index: Library, pages: Path) -> None:
    with app_of(index) as client:
        route = upload(client)
        unfinished(pages, "old", OLD)
        assert client.get(route).status_code == 200
        assert [file.suffix for file in pages.iterdir()] == [".png"]


@pytest.mark.parametrize("damage", [b"", b"\x89PNG\r\n\x1a\n cut short", b"no picture"])
def test_a_damaged_picture_is_drawn_again(index: Library, pages: Path, damage: bytes) -> None:
    with app_of(index) as client:
        route = upload(client)
        picture = client.get(route).content
        [kept] = pages.iterdir()
        kept.write_bytes(damage)
        assert client.get(route).content == picture
        assert kept.read_bytes() == picture


def test_a_cell_is_marked_more_strongly_than_its_words(index: Library) -> None:
    with app_of(index) as client:
        route = upload(client)
        row = client.get(f"{route}&start=0&end=9").content
        cell = client.get(f"{route}&start=0&end=9&cell_start=4&cell_end=9").content
        assert (colours(row) & {MARK, CELL}, colours(cell) & {MARK, CELL}) == ({MARK}, {MARK, CELL})
        assert client.get(f"{route}&start=0&end=9&cell_start=4&cell_end=4").content == row


def test_a_picture_that_cannot_be_kept_is_shown(index: Library, pages: Path) -> None:
    with app_of(index) as client:
        route = upload(client)
        picture = client.get(route).content
        [kept] = pages.iterdir()
        kept.unlink()
        pages.rmdir()
        pages.write_text("no folder")
        shown = client.get(route)
        assert (shown.status_code, shown.content) == (200, picture)
