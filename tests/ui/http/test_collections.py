"""An upload into a collection is listed with it and found by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from index.ingest.synchronize import sync
from index.library import Library

if TYPE_CHECKING:
    from httpx2 import Response

pytestmark = pytest.mark.usefixtures("handed_on")

GATE = "The council of Varda closed the third gate of the dam on Monday."
OTHER = "The fourth gate of the dam is open."


def upload(client: TestClient, name: str, text: str, collection: str = "") -> Response:
    return client.post(
        "/v1/documents", files={"file": (name, text.encode())}, data={"collection": collection}
    )


def found(client: TestClient, *collections: str) -> list[str]:
    """The files that a search of some collections finds."""
    body = {"query": "gate of the dam", "filters": {"collections": collections}}
    results = client.post("/v1/search", json=body).json()["results"]
    return sorted(result["path"] for result in results)


def test_an_uploaded_file_is_in_the_collection_that_was_given(client: TestClient, index: Library) -> None:
    document = upload(client, "gate.txt", GATE, " Letters\nof 2031 ").json()
    assert (document["collection"], document["origins"]["collection"]) == ("Letters of 2031", "upload")
    assert upload(client, "other.txt", OTHER).json()["collection"] is None
    listed = client.get("/v1/documents").json()["documents"]
    assert [report["collection"] for report in listed] == ["Letters of 2031", None]
    assert found(client, "Letters of 2031") == ["gate.txt"]
    assert found(client, "letters of 2031") == []
    assert found(client) == ["gate.txt", "other.txt"]
    assert sync(index).as_dict()["unchanged"] == 2


def test_the_same_file_can_be_put_elsewhere_and_taken_out(client: TestClient) -> None:
    for collection, expected in (("Dams", "Dams"), ("Rivers", "Rivers"), ("", None)):
        document = upload(client, "gate.txt", GATE, collection).json()
        assert (document["version"], document["collection"]) == (1, expected)
    assert found(client, "Dams", "Rivers") == []


def test_a_collection_whose_name_is_too_long_is_refused(client: TestClient, index: Library) -> None:
    response = upload(client, "gate.txt", GATE, "x" * 201)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["collection"]
    assert index.catalog.documents() == []
