"""Pictures of pages with the cited words marked, and the cache of pictures."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from starlette.testclient import TestClient

from index.library import Library
from index.loaders import Isolated, Options
from tests.support.background import app_of
from tests.support.pdf_files import column, draw, slow_page
from tests.ui.http.conftest import added, bearer, problem
from ui.accounts import Scope, SignIn
from ui.http import pictures

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


# Pages that take long, and turns


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> float:
    """Two seconds for a picture."""
    monkeypatch.setattr(pictures, "DRAWING_SECONDS", 2.0)
    return 2.0


@pytest.fixture
def drawings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """The file, page and width of each drawing, in the order in which they began."""
    begun = list[tuple[str, int, int]]()
    draw_page = Isolated.draw_page

    def noted(own: Isolated, path: Path, page: int, width: int, options: Options) -> bytes:
        begun.append((path.name, page, width))
        return draw_page(own, path, page, width, options)

    monkeypatch.setattr(Isolated, "draw_page", noted)
    return begun


def test_a_page_that_takes_too_long_is_given_up_in_every_width(
    limited: float, index: Library, drawings: list[tuple[str, int, int]]
) -> None:
    with app_of(index) as client, ThreadPoolExecutor(4) as pool:
        slow = added(client, "slow.pdf", draw(slow_page))
        other = upload(client)
        began = time.monotonic()
        routes = [f"{slow}/pages/1.png?width={width}" for width in (200, 600, 1000, 2000)]
        refused = list(pool.map(client.get, routes))
        took = time.monotonic() - began
        title = client.get(slow).json()["title"]
        assert {problem(each, 404) for each in refused} == {
            f"page 1 of {title} takes more than 2 seconds to draw; read its text"
        }
        assert limited <= took < 2 * limited
        assert len(drawings) == 1
        assert shown(client, other)
        assert [name for name, _, _ in drawings] == ["slow.pdf", "gate.pdf"]


def test_a_picture_is_drawn_once_for_all_who_wait_for_it(
    client: TestClient, drawings: list[tuple[str, int, int]]
) -> None:
    route = added(client, "gate.pdf", draw(column(*WORDS), column("Another page.")))
    asked = [f"{route}/pages/1.png?width=900"] * 4 + [f"{route}/pages/1.png?width=900&start=0&end=9"] * 4
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda each: shown(client, each), asked))
    plain, marked = set(found[:4]), set(found[4:])
    assert (len(plain), len(marked), plain & marked) == (1, 1, set())
    assert drawings == [("gate.pdf", 1, 900)]


@pytest.mark.slow
def test_one_sender_does_not_hold_the_pictures_of_others(
    limited: float, signed: TestClient, sign_in: SignIn
) -> None:
    """While three slow pages of ana's wait, by two tokens, root's picture is drawn at once."""
    ana, again, root = (
        bearer(sign_in, *scopes, owner=owner)
        for scopes, owner in (
            ((Scope.READ, Scope.WRITE), "ana"),
            ((Scope.READ,), "ana"),
            ((Scope.READ, Scope.WRITE), "root"),
        )
    )
    with ThreadPoolExecutor(4) as pool:
        places = {}
        for name, data, headers in (
            ("slow.pdf", draw(slow_page, slow_page, slow_page), ana),
            ("gate.pdf", draw(column(*WORDS)), root),
        ):
            sent = signed.post("/v1/documents", files={"file": (name, data)}, headers=headers)
            places[name] = f"/v1/documents/{sent.json()['document_id']}/pages"
        # A process starts in a second or two.
        signed.get(f"{places['gate.pdf']}/1.png?width=300", headers=root).raise_for_status()
        began = time.monotonic()
        slow = [
            pool.submit(signed.get, f"{places['slow.pdf']}/{page}.png", headers=headers)
            for page, headers in ((1, ana), (2, again), (3, ana))
        ]
        drawn = signed.get(f"{places['gate.pdf']}/1.png?width=400", headers=root)
        assert (drawn.status_code, [each.done() for each in slow]) == (200, [False] * 3)
        assert [each.result().status_code for each in slow] == [404] * 3
        # One after the other: they never had both processes.
        assert time.monotonic() - began >= 3 * limited


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
