"""The route that edits a document answers with the document, or with a problem that names the cause."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from starlette.testclient import TestClient

from index.ingest.synchronize import sync
from index.library import Library
from tests.support.pdf_files import column, draw
from tests.support.reports import write

pytestmark = pytest.mark.usefixtures("handed_on")

GATE = "The council of Varda closed the third gate of the dam on Monday."
ROUTE = "/v1/documents/1"
OPENS = "opensesame"


def upload(client: TestClient, data: bytes = GATE.encode(), name: str = "gate.txt", **said: str) -> None:
    assert client.post("/v1/documents", files={"file": (name, data)}, data=said).status_code == 201


def test_the_answer_is_the_document_as_it_is_then(client: TestClient) -> None:
    upload(client)
    response = client.patch(ROUTE, json={"title": "On gate 3", "published": "24 July 2031"})
    assert response.status_code == 200
    assert response.json() == client.get(ROUTE).json()
    document = response.json()
    assert (
        document["title"],
        document["published"],
        document["published_precision"],
        document["version"],
    ) == (*("On gate 3", "2031-07-24", "day", 1),)
    assert document["origins"] == {"title": "edit", "published": "edit"}
    back = client.patch(ROUTE, json={"title": "", "published": "", "author": None}).json()
    assert (back["title"], back["published"]) == ("gate", None)


def test_answers_and_filters_have_it_at_once(client: TestClient) -> None:
    upload(client)
    client.patch(ROUTE, json={"title": "On gate 3", "publisher": "Council of Varda", "collection": "Dams"})
    asked = {
        "question": "Who closed the third gate of the dam?",
        "filters": {"publishers": ["Council of Varda"], "collections": ["Dams"]},
    }
    (cited, *_) = client.post("/v1/chat", json=asked).json()["citations"]
    assert (cited["title"], cited["publisher"], cited["quote"]) == ("On gate 3", "Council of Varda", GATE)


def test_nothing_is_written_into_a_followed_folder(
    client: TestClient, index: Library, tmp_path: Path
) -> None:
    file = write(tmp_path / "reports" / "gate.txt", GATE)
    sync(index, [file.parent])
    assert client.patch(ROUTE, json={"author": "<script>alert(1)</script>"}).status_code == 200
    assert client.get(ROUTE).json()["author"] == "<script>alert(1)</script>"
    assert list(file.parent.iterdir()) == [file]
    assert sync(index).unchanged == 1


@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        ({"title": "x" * 501}, "title", "String should have at most 500 characters"),
        ({"collection": "x" * 201}, "collection", "String should have at most 200 characters"),
        ({"author": 7}, "author", "Input should be a valid string"),
        ({"text": "Other words."}, "text", "unknown field; remove it or correct its name"),
    ],
)
def test_a_field_that_cannot_be_kept_is_named(
    client: TestClient, body: dict[str, Any], field: str, detail: str
) -> None:
    upload(client)
    response = client.patch(ROUTE, json=body)
    assert response.status_code == 422
    assert response.json()["errors"] == [{"field": field, "detail": detail}]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            {"published": "soon"},
            (
                "gate.txt: has the detail published: 'soon', which is not a date; "
                "write 2031-07-18, 2031-07 or 2031"
            ),
        ),
        (
            {"language": "English!"},
            (
                "gate.txt: has the detail language: 'English!', which is not a language code; "
                "write a code such as en or km"
            ),
        ),
    ],
)
def test_a_date_or_language_that_is_none_is_named(
    client: TestClient, body: dict[str, str], detail: str
) -> None:
    upload(client)
    response = client.patch(ROUTE, json=body)
    assert (response.status_code, response.json()["detail"]) == (422, detail)
    assert response.headers["content-type"] == "application/problem+json"


def test_half_a_character_is_refused(client: TestClient) -> None:
    upload(client)
    response = client.patch(
        ROUTE, content=json.dumps({"title": "\ud800"}), headers={"Content-Type": "application/json"}
    )
    assert response.status_code in {400, 422}
    assert client.get(ROUTE).json()["title"] == "gate"


def test_one_that_is_not_there_is_not_found(client: TestClient) -> None:
    response = client.patch("/v1/documents/7", json={"title": "x"})
    assert (response.status_code, response.json()["detail"]) == (
        404,
        "document 7 is not in the library; it may have been removed",
    )


def test_a_file_that_has_changed_or_gone_since_does_not_matter(client: TestClient, index: Library) -> None:
    upload(client)
    file = index.home / "uploads" / "gate.txt"
    file.write_text("Other words.")
    assert client.patch(ROUTE, json={"title": "On gate 3"}).json()["title"] == "On gate 3"
    file.unlink()
    assert client.patch(ROUTE, json={"title": ""}).json()["title"] == "gate"


def test_what_an_encrypted_file_says_itself_shows_again_without_its_password(client: TestClient) -> None:
    data = draw(column("A report on the third gate", "", GATE), encrypt=StandardEncryption(OPENS))
    upload(client, data, "gate.pdf", password=OPENS, title="As it was sent")
    assert client.patch(ROUTE, json={"title": "On gate 3"}).json()["title"] == "On gate 3"
    assert client.patch(ROUTE, json={"title": ""}).json()["title"] == "A report on the third gate"


def test_edits_of_one_document_at_the_same_time_are_all_kept(client: TestClient) -> None:
    upload(client)
    given = {"title": "On gate 3", "author": "Ada Varro", "publisher": "Council", "collection": "Dams"}
    edits = [{name: value} for name, value in given.items()]
    with ThreadPoolExecutor(len(edits)) as pool:
        codes = list(pool.map(lambda edit: client.patch(ROUTE, json=edit).status_code, edits))
    assert codes == [200] * len(edits)
    document = client.get(ROUTE).json()
    assert {name: document[name] for name in given} == given
