"""The routes that upload, read, show and delete documents; every refusal says what to do."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas
from starlette.testclient import TestClient

from index.ingest.synchronize import sync
from index.library import Library
from rag.engine import QueryEngine
from tests.support.pdf_files import column, draw
from ui.settings import Settings

if TYPE_CHECKING:
    from httpx2 import Response
from hypothesis import given
from hypothesis import strategies as st

from ui.http.documents import read_source

pytestmark = pytest.mark.usefixtures("handed_on")

GATE = "The council of Varda closed the third gate of the dam on Monday."
FOLLOWED = (
    "lies in a folder that the library follows, and would come back with the next sync; "
    "delete the file there and run “footnoted sync”"
)
TABLE = "Costs of repair\n | 2031 | 2030\nGate 3 | $ 1,200 | $ 900\nGate 4 | $ 80 | $ 70\n"
OPENS, GUESS = "opensesame", "guess"
WORDS = ("A report on the third gate", "", GATE, "Nobody in the villages was told.")


@pytest.fixture
def settings(engine: QueryEngine) -> Settings:
    return Settings(home=engine.index.home, max_megabytes=2)


def upload(client: TestClient, name: str, data: bytes, **said: str) -> Response:
    return client.post("/v1/documents", files={"file": (name, data)}, data=said)


def uploads(index: Library) -> list[str]:
    return sorted(path.name for path in (index.home / "uploads").iterdir())


class TestUpload:
    def test_a_file_becomes_a_document_that_answers(self, client: TestClient, index: Library) -> None:
        data = draw(column(*WORDS))
        response = upload(client, "gate.pdf", data)
        assert response.status_code == 201
        document = response.json()
        assert (document["path"], document["kind"], document["version"], document["pages"]) == (
            *("gate.pdf", "pdf", 1, 1),
        )
        assert (document["digest"], document["uploaded"], document["page_pictures"]) == (
            *(sha256(data).hexdigest(), True, True),
        )
        answer = client.post("/v1/chat", json={"question": "Who closed the third gate of the dam?"}).json()
        (cited, *_) = answer["citations"]
        assert (cited["quote"], cited["page"], cited["path"]) == (GATE, 1, "gate.pdf")
        assert [box["page"] for box in cited["boxes"]] == [1]
        assert uploads(index) == ["gate.pdf"]

    def test_what_is_said_of_it_stands_above_what_it_says(self, client: TestClient, index: Library) -> None:
        text = f"---\ntitle: Its own\npublisher: Itself\n---\n{GATE}"
        said = {"title": "On gate 3", "published": "July 2021", "language": "en-GB", "author": "Ada Varro"}
        document = upload(client, "gate.md", text.encode(), **said).json()
        assert (document["title"], document["publisher"], document["author"]) == (
            *("On gate 3", "Itself", "Ada Varro"),
        )
        assert (document["published"], document["published_precision"]) == ("2021-07", "month")
        assert document["origins"] == {
            "title": "upload",
            "publisher": "front matter",
            "author": "upload",
            "published": "upload",
            "language": "upload",
        }
        assert uploads(index) == ["gate.md"]
        assert sync(index).as_dict()["unchanged"] == 1

    def test_without_a_date_the_time_of_its_arrival_is_none(self, client: TestClient) -> None:
        document = upload(client, "gate.txt", GATE.encode()).json()
        assert (document["published"], document["published_precision"]) == (None, None)
        assert "published" not in document["origins"]

    def test_the_same_name_again_is_a_new_version_and_the_same_bytes_are_not(
        self, client: TestClient, index: Library
    ) -> None:
        first = upload(client, "gate.txt", GATE.encode()).json()
        assert upload(client, "gate.txt", GATE.encode()).json()["version"] == 1
        second = upload(client, "gate.txt", b"The fourth gate of the dam was closed on Tuesday.").json()
        assert (second["document_id"], second["version"]) == (first["document_id"], 2)
        old = client.get(f"/v1/documents/{first['document_id']}?version=1").json()
        assert (old["superseded_by"], second["superseded_by"]) == (2, None)
        assert [record.version for record in index.catalog.documents()] == [2]

    @pytest.mark.slow_cases
    @pytest.mark.parametrize(
        ("name", "kept"),
        [
            ("../../etc/gate.txt", "gate.txt"),
            ("C:\\reports\\gate.txt", "gate.txt"),
            (".gate.txt", "gate.txt"),
            ("gate.meta.yaml.txt", "gate.meta.yaml.txt"),
            ("ga:te.txt", "ga_te.txt"),
            ("é" * 300 + ".txt", "é" * 98 + ".txt"),
            ("gate." + "x" * 300 + ".txt", "gate." + "x" * 191 + ".txt"),
        ],
    )
    def test_a_name_leads_nowhere_else(
        self, client: TestClient, index: Library, name: str, kept: str
    ) -> None:
        assert upload(client, name, GATE.encode()).json()["path"] == kept
        assert uploads(index) == [kept]

    def test_an_encrypted_file_takes_its_password_which_is_not_kept(
        self, client: TestClient, index: Library
    ) -> None:
        data = draw(column(*WORDS), encrypt=StandardEncryption(OPENS))
        without = upload(client, "gate.pdf", data)
        assert (without.status_code, without.json()["detail"]) == (
            422,
            "gate.pdf: is encrypted and needs a password; save a copy without a password",
        )
        wrong = upload(client, "gate.pdf", data, password=GUESS)
        assert wrong.json()["detail"].startswith(
            "gate.pdf: is encrypted, and the password given does not open"
        )
        assert upload(client, "gate.pdf", data, password=OPENS).status_code == 201
        kept = [path.read_bytes() for path in index.home.rglob("*") if path.is_file()]
        assert not any(OPENS.encode() in content for content in kept)

    @pytest.mark.parametrize(
        ("name", "data", "published", "detail"),
        [
            ("gate.xyz", b"words", "", "gate.xyz: has the unsupported suffix .xyz; convert it to one of "),
            ("gate.txt", b"", "", "gate.txt: is empty: it has no bytes; save it again with its text"),
            ("gate.pdf", b"%PDF-1.7 no more", "", "gate.pdf: is broken: its structure cannot be read; "),
            ("gate.txt", GATE.encode(), "soon", "gate.txt: has the detail published: 'soon'"),
            ("gate.txt", b"x" * 2_200_000, "", "gate.txt: has more than the 2 MB that are read; split it"),
        ],
    )
    def test_what_cannot_be_read_is_refused_with_the_remedy_and_nothing_of_it_is_kept(
        self, client: TestClient, name: str, data: bytes, published: str, detail: str
    ) -> None:
        response = upload(client, name, data, published=published)
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"].startswith(detail)
        assert client.get("/v1/documents").json()["documents"] == []

    def test_nothing_is_kept_of_what_cannot_be_read(self, client: TestClient, index: Library) -> None:
        upload(client, "gate.pdf", b"%PDF-1.7 no more", title="On gate 3")
        assert uploads(index) == []

    def test_a_version_that_cannot_be_read_leaves_the_one_before(
        self, client: TestClient, index: Library
    ) -> None:
        upload(client, "gate.txt", GATE.encode())
        assert upload(client, "gate.txt", b"").status_code == 422
        assert (index.home / "uploads/gate.txt").read_text() == GATE
        assert [record.version for record in index.catalog.documents()] == [1]

    def test_a_body_beyond_the_limit_is_refused_before_it_is_read(self, client: TestClient) -> None:
        response = upload(client, "gate.txt", b"x" * 4_000_000)
        assert (response.status_code, response.json()["detail"]) == (
            413,
            "The body is longer than 3,097,152 bytes; send less.",
        )

    def test_other_requests_keep_their_own_limit(self, client: TestClient) -> None:
        assert client.post("/v1/search", content=b"x" * 1_500_000).status_code == 413


class TestDelete:
    def test_an_upload_goes_with_its_file_its_sidecar_and_all_its_versions(
        self, client: TestClient, index: Library
    ) -> None:
        number = upload(client, "gate.txt", GATE.encode(), title="On gate 3").json()["document_id"]
        # A sidecar that somebody put beside it.
        (index.home / "uploads" / "gate.txt.meta.yaml").write_text("title: Gates\n")
        response = client.delete(f"/v1/documents/{number}")
        assert (response.status_code, response.content) == (204, b"")
        # The deletion can be undone for some minutes, so that a hidden folder is left.
        assert [name for name in uploads(index) if not name.startswith(".incoming-")] == []
        assert client.get(f"/v1/documents/{number}").status_code == 404
        assert client.get("/v1/documents").json()["documents"] == []
        assert client.delete(f"/v1/documents/{number}").status_code == 404

    def test_a_file_of_a_folder_that_is_followed_is_not_deleted_here(
        self, client: TestClient, index: Library, tmp_path: Path
    ) -> None:
        file = tmp_path / "reports" / "gate.txt"
        file.parent.mkdir()
        file.write_text(GATE)
        sync(index, [file.parent])
        response = client.delete(f"/v1/documents/{index.catalog.documents()[0].document_id}")
        assert (response.status_code, response.json()["detail"]) == (409, f"gate.txt {FOLLOWED}")
        assert file.exists()


class TestPages:
    def picture(self, client: TestClient, route: str) -> Image.Image:
        response = client.get(route)
        assert (response.status_code, response.headers["content-type"]) == (200, "image/png")
        return Image.open(BytesIO(response.content)).convert("RGB")

    def test_a_page_is_drawn_with_the_cited_words_marked(self, client: TestClient) -> None:
        document = upload(client, "gate.pdf", draw(column("Nothing here."), column(*WORDS))).json()
        route = f"/v1/documents/{document['document_id']}"
        text = client.get(f"{route}/text").json()["text"]
        start = text.index(GATE)
        plain = self.picture(client, f"{route}/pages/2.png?width=595")
        marked = self.picture(client, f"{route}/pages/2.png?width=595&start={start}&end={start + len(GATE)}")
        assert plain.size == marked.size == (595, 842)
        differing = [
            (x, y)
            for x in range(595)
            for y in range(842)
            if plain.getpixel((x, y)) != marked.getpixel((x, y))
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

    def test_a_page_without_the_cited_words_is_plain(self, client: TestClient) -> None:
        document = upload(client, "gate.pdf", draw(column("Nothing here."), column(*WORDS))).json()
        route = f"/v1/documents/{document['document_id']}/pages/1.png"
        assert client.get(f"{route}?start=30&end=60").content == client.get(route).content

    def test_a_picture_is_kept_and_served_again(self, client: TestClient, index: Library) -> None:
        document = upload(client, "gate.pdf", draw(column(*WORDS))).json()
        route = f"/v1/documents/{document['document_id']}/pages/1.png?width=300"
        first = client.get(route).content
        assert [path.name for path in (index.home / "pages").iterdir()] == [f"{document['digest']}-1-300.png"]
        (index.home / "uploads/gate.pdf").unlink()
        assert client.get(route).content == first

    def test_a_browser_that_has_a_picture_is_told_whether_it_is_the_one(self, client: TestClient) -> None:
        number = upload(client, "gate.pdf", draw(column("Nothing here."), column(*WORDS))).json()[
            "document_id"
        ]
        route = f"/v1/documents/{number}/pages"
        tag, cached = (client.get(f"{route}/1.png").headers[name] for name in ("ETag", "Cache-Control"))
        assert cached == "private, no-cache"
        again = client.get(f"{route}/1.png", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        other = client.get(f"{route}/2.png", headers={"If-None-Match": tag})
        assert (other.status_code, other.headers["ETag"] != tag) == (200, True)

    def test_what_cannot_be_drawn_says_why(self, client: TestClient, index: Library) -> None:
        text = upload(client, "gate.txt", GATE.encode()).json()["document_id"]
        pdf = upload(client, "gate.pdf", draw(column(*WORDS))).json()["document_id"]
        (index.home / "uploads/gate.pdf").write_bytes(draw(column("Other words.")))
        details = [
            client.get(f"/v1/documents/{number}/pages/{page}.png").json()["detail"]
            for number, page in ((text, 1), (pdf, 2), (pdf, 1))
        ]
        assert details == [
            "the pages of gate cannot be shown as pictures; read its text",
            "A report on the third gate has no page 2; it has 1",
            "gate.pdf has changed since it was indexed; sync the library",
        ]

    def test_a_width_out_of_bounds_is_refused(self, client: TestClient) -> None:
        document = upload(client, "gate.pdf", draw(column(*WORDS))).json()
        response = client.get(f"/v1/documents/{document['document_id']}/pages/1.png?width=99999")
        assert response.status_code == 422


class TestStructure:
    def test_a_row_is_cited_with_its_headings(self, client: TestClient) -> None:
        upload(client, "costs.txt", TABLE.encode())
        answer = client.post("/v1/chat", json={"question": "What were the costs of repair of gate 4?"}).json()
        cited = [(each["quote"], each["headings"]) for each in answer["citations"]]
        assert ("Gate 4 | $ 80 | $ 70", "Costs of repair\n | 2031 | 2030") in cited

    def test_the_cell_that_the_question_means_has_its_address(self, client: TestClient) -> None:
        document = upload(client, "costs.txt", TABLE.encode()).json()
        asked = {"question": "What were the costs of repair of gate 4 in 2031?"}
        answer = client.post("/v1/chat", json=asked).json()
        text = client.get(f"/v1/documents/{document['document_id']}/text").json()["text"]
        [cited] = [each for each in answer["citations"] if each["quote"] == "Gate 4 | $ 80 | $ 70"]
        start = text.index("$ 80")
        assert cited["cell"] == {
            "row": "Gate 4",
            "column": "2031",
            "value": "$ 80",
            "unit": "$",
            "start": start,
            "end": start + 4,
            "box": None,
        }
        if answer["citations"][0] == cited:
            assert answer["headline"] == {
                "value": "$ 80",
                "unit": "",
                "row": "Gate 4",
                "column": "2031",
                "comparison": None,
            }
        both = client.post("/v1/chat", json={"question": "What were the costs of repair of gate 4?"}).json()
        assert [each["cell"] for each in both["citations"] if each["quote"] == cited["quote"]] == [None]
        assert both["headline"] is None

    def test_two_figures_of_a_row_have_their_difference(self, client: TestClient) -> None:
        upload(client, "costs.txt", TABLE.encode())
        asked = {"question": "Did the costs of repair of gate 4 rise from 2030 to 2031?"}
        answer = client.post("/v1/chat", json=asked).json()
        assert answer["citations"][0]["quote"] == "Gate 4 | $ 80 | $ 70"
        assert answer["headline"] == {
            "value": "$ 80",
            "unit": "",
            "row": "Gate 4",
            "column": "2031",
            "comparison": {
                "value": "$ 70",
                "unit": "",
                "row": "Gate 4",
                "column": "2030",
                "computed": {"difference": "+$10", "unit": "", "percent": "+14.3%", "answer": "yes"},
            },
        }
        assert answer["note"] is None

    def test_the_cell_of_a_page_has_its_box_within_that_of_its_row(self, client: TestClient) -> None:
        def costs(canvas: Canvas) -> None:
            rows = (("Costs of repair", "2031", "2030"), ("Gate 3", "1,200", "900"), ("Gate 4", "80", "70"))
            for line, (label, *figures) in enumerate(rows):
                canvas.drawString(60, 700 - 16 * line, label)
                for place, figure in enumerate(figures):
                    canvas.drawRightString(300 + 80 * place, 700 - 16 * line, figure)

        upload(client, "costs.pdf", draw(costs))
        asked = {"question": "What were the costs of repair of gate 4 in 2031?"}
        answer = client.post("/v1/chat", json=asked).json()
        [cited] = [each for each in answer["citations"] if each["quote"] == "Gate 4 | 80 | 70"]
        [row], box = cited["boxes"], cited["cell"]["box"]
        assert (cited["cell"]["value"], box["page"], row["page"]) == ("80", 1, 1)
        assert row["left"] < box["left"] < box["right"] < row["right"]
        assert (row["top"], row["bottom"]) == (
            pytest.approx(box["top"], abs=3),
            pytest.approx(box["bottom"], abs=3),
        )
        assert box["right"] == pytest.approx(300, abs=2)

    def test_the_text_comes_with_the_places_of_its_tables(self, client: TestClient) -> None:
        text = f"{GATE}\n\n{TABLE}"
        number = upload(client, "costs.txt", text.encode()).json()["document_id"]
        start = len(GATE) + 2
        places = {"start": start, "header_end": text.index("\nGate 3"), "end": len(text) - 1}
        route = f"/v1/documents/{number}/text"
        assert client.get(route).json()["tables"] == [places]
        assert client.get(f"{route}?start={start + 30}").json()["tables"] == [places]
        assert client.get(f"{route}?end={start}").json()["tables"] == []

    def test_a_document_comes_with_its_outline(self, client: TestClient) -> None:
        source = "# Gate 3\n\nIt failed.\n\n## The pin\n\nIt was rusty.\n"
        document = upload(client, "gate.md", source.encode()).json()
        assert document["sections"] == [
            {"start": 0, "level": 1, "title": "Gate 3"},
            {"start": 20, "level": 2, "title": "The pin"},
        ]


@given(start=st.integers(0, 6000), end=st.none() | st.integers(0, 6000))
def test_a_part_is_a_slice_of_the_text(seed_index: Library, start: int, end: int | None) -> None:
    record = seed_index.catalog.documents()[0]
    text = seed_index.catalog.text(record.document_id).text
    with seed_index.catalog.reading() as reader:
        part = read_source(reader, record, start, end)
    assert part.text == text[part.start : part.end] == text[start:end]
    assert 0 <= part.start <= part.end <= part.characters == len(text)


def test_the_pages_are_those_of_the_whole_document(seed_index: Library) -> None:
    inquiry = next(record for record in seed_index.catalog.documents() if record.kind == "pdf")
    with seed_index.catalog.reading() as reader:
        part = read_source(reader, inquiry, 2000, 2010)
    assert part.page_starts == seed_index.catalog.text(inquiry.document_id).page_starts
    assert len(part.page_starts) == inquiry.pages == 3


@pytest.mark.parametrize("route", ["/v1/documents/1", "/v1/documents/1/text"])
def test_an_unknown_version_is_not_found(seed_client: TestClient, route: str) -> None:
    missing = seed_client.get(route, params={"version": 7})
    assert (missing.status_code, "document 1, version 7" in missing.json()["detail"]) == (404, True)
