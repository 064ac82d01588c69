"""Pictures of pages with the cited words marked, and the cache of pictures."""

from __future__ import annotations

import os
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from starlette.testclient import TestClient

from index.library import Library
from tests.support.background import app_of
from tests.support.pdf_files import column, draw
from tests.ui.http.conftest import added, problem

pytestmark = pytest.mark.usefixtures("handed_on")

OLD = 3600
MARK, CELL = (255, 226, 130), (255, 184, 40)
GATE = "The council of Varda closed the third gate of the dam on Monday."
WORDS = ("A report on the third gate", "", GATE, "Nobody in the villages was told.")


def shown(client: TestClient, route: str) -> bytes:
    response = client.get(route)
    assert (response.status_code, response.headers["content-type"]) == (200, "image/png")
    return response.content


def drawn(picture: bytes) -> Image.Image:
    return Image.open(BytesIO(picture)).convert("RGB")


def colours(picture: bytes) -> set[tuple[int, ...]]:
    """The colours of a picture's pixels."""
    found = Image.open(BytesIO(picture)).convert("RGB").getcolors(1 << 24) or []
    return {colour for _, colour in found if isinstance(colour, tuple)}


def unfinished(pages: Path, name: str, age: float) -> Path:
    """The file of a process that was killed while it wrote a picture."""
    part = pages / f"{name}.part"
    part.write_bytes(b"\x89PNG")
    os.utime(part, (time.time() - age,) * 2)
    return part


def upload(client: TestClient) -> str:
    return f"{added(client, 'gate.pdf', draw(column('The third gate.')))}/pages/1.png?width=300"


def test_a_page_is_drawn_with_the_cited_words_marked(client: TestClient) -> None:
    route = added(client, "gate.pdf", draw(column("Nothing here."), column(*WORDS)))
    text = client.get(f"{route}/text").json()["text"]
    start = text.index(GATE)
    place = f"width=595&start={start}&end={start + len(GATE)}"
    plain, marked = (drawn(shown(client, f"{route}/pages/2.png?{query}")) for query in ("width=595", place))
    assert plain.size == marked.size == (595, 842)
    differing = [
        (x, y) for x in range(595) for y in range(842) if plain.getpixel((x, y)) != marked.getpixel((x, y))
    ]
    left, right = min(x for x, _ in differing), max(x for x, _ in differing)
    top, bottom = min(y for _, y in differing), max(y for _, y in differing)
    # The third line is two lines below the first, whose baseline begins 25 cm up and 2 cm from the left.
    baseline = 842 - (25 * 28.35 - 2 * 14)
    assert left == pytest.approx(2 * 28.35, abs=4)
    assert top < baseline - 6 < baseline < bottom < baseline + 10
    assert right == pytest.approx(2 * 28.35 + Canvas(BytesIO()).stringWidth(GATE, "Helvetica", 12), abs=6)
    # The marked words stay dark.
    assert min(sum(marked.getpixel((x, y))) for x, y in differing) < 150  # type: ignore[arg-type]
    # Another page has no mark.
    assert shown(client, f"{route}/pages/1.png?{place}") == shown(client, f"{route}/pages/1.png?width=595")


def test_a_cell_is_marked_more_strongly_than_its_words(client: TestClient) -> None:
    route = upload(client)
    row = shown(client, f"{route}&start=0&end=9")
    cell = shown(client, f"{route}&start=0&end=9&cell_start=4&cell_end=9")
    assert (colours(row) & {MARK, CELL}, colours(cell) & {MARK, CELL}) == ({MARK}, {MARK, CELL})
    assert shown(client, f"{route}&start=0&end=9&cell_start=4&cell_end=4") == row


def test_a_picture_is_kept_and_a_browser_that_has_it_is_told_so(client: TestClient, index: Library) -> None:
    document = added(client, "gate.pdf", draw(column("Nothing here."), column(*WORDS)))
    routes = [f"{document}/pages/{page}.png?width=300" for page in (1, 2)]
    first, second = (client.get(route) for route in routes)
    digest = client.get(document).json()["digest"]
    kept = sorted(path.name for path in (index.home / "pages").iterdir())
    assert kept == [f"{digest}-1-300.png", f"{digest}-2-300.png"]
    (index.home / "uploads/gate.pdf").unlink()
    assert shown(client, routes[0]) == first.content
    assert first.headers["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["ETag"]}
    again, other = (client.get(route, headers=known) for route in routes)
    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.headers["ETag"]) == (200, second.headers["ETag"])
    assert first.headers["ETag"] != second.headers["ETag"]


def test_what_cannot_be_drawn_says_why(client: TestClient, index: Library) -> None:
    text = added(client, "gate.txt", GATE)
    pdf = added(client, "gate.pdf", draw(column(*WORDS)))
    (index.home / "uploads/gate.pdf").write_bytes(draw(column("Other words.")))
    details = [
        problem(client.get(f"{route}/pages/{page}.png"), 404)
        for route, page in ((text, 1), (pdf, 2), (pdf, 1))
    ]
    assert details == [
        "the pages of gate cannot be shown as pictures; read its text",
        "A report on the third gate has no page 2; it has 1",
        "gate.pdf has changed since it was indexed; sync the library",
    ]


# The cache


@pytest.fixture
def pages(index: Library) -> Path:
    folder = index.home / "pages"
    folder.mkdir(parents=True)
    return folder


def test_unfinished_pictures_are_deleted(index: Library, pages: Path) -> None:
    unfinished(pages, "old", OLD)
    new = unfinished(pages, "new", 0)
    with app_of(index) as client:
        assert list(pages.iterdir()) == [new], "another process may be writing it"
        new.unlink()
        unfinished(pages, "old", OLD)
        shown(client, upload(client))
        assert [file.suffix for file in pages.iterdir()] == [".png"]


def test_a_damaged_picture_is_drawn_again(client: TestClient, pages: Path) -> None:
    route = upload(client)
    picture = shown(client, route)
    [kept] = pages.iterdir()
    for damage in (b"", b"\x89PNG\r\n\x1a\n cut short", b"no picture"):
        kept.write_bytes(damage)
        assert shown(client, route) == picture
        assert kept.read_bytes() == picture
    kept.unlink()
    pages.rmdir()
    pages.write_text("no folder")
    assert shown(client, route) == picture
