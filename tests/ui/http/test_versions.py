"""The routes that list a document's versions, compare two of them, and search its text."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.pdf_files import column, draw
from ui.http.documents import CHANGES, MATCHES

pytestmark = pytest.mark.usefixtures("handed_on")

SENTENCES = [f"Gate {number} of the dam of Varda held." for number in range(1, 13)]


def upload(client: TestClient, data: str | bytes, name: str = "gates.txt", **said: str) -> str:
    content = data.encode() if isinstance(data, str) else data
    response = client.post("/v1/documents", files={"file": (name, content)}, data=said)
    return f"/v1/documents/{response.json()['document_id']}"


@pytest.fixture
def route(client: TestClient) -> str:
    """A document with two versions."""
    upload(client, " ".join(SENTENCES), publisher="Council")
    return upload(client, " ".join([*SENTENCES[:5], "Gate 6 failed.", *SENTENCES[6:], "Nobody was hurt."]))


class TestVersions:
    def test_all_are_listed_with_what_was_known_of_each_newest_first(
        self, client: TestClient, route: str
    ) -> None:
        body = client.get(f"{route}/versions").json()
        assert list(body) == ["document_id", "versions"]
        told = [(each["version"], each["publisher"], each["superseded_by"]) for each in body["versions"]]
        assert told == [(2, None, None), (1, "Council", 2)]
        assert body["versions"] == [
            {
                name: value
                for name, value in client.get(f"{route}?version={number}").json().items()
                if name not in {"sections", "same_as"}
            }
            for number in (2, 1)
        ]

    def test_one_that_is_not_there_has_none(self, client: TestClient) -> None:
        response = client.get("/v1/documents/7/versions")
        assert (response.status_code, response.json()["detail"]) == (
            404,
            "document 7 is not in the library; it may have been removed",
        )


class TestChanges:
    def told(self, client: TestClient, route: str) -> list[tuple[str, int, str | None]]:
        body = client.get(route).json()
        return [(each["change"], each["sentences"], each["text"]) for each in body["changes"]]

    def test_changes_are_listed_in_the_order_of_reading_with_what_is_around_them(
        self, client: TestClient, route: str
    ) -> None:
        assert self.told(client, f"{route}/changes") == [
            ("stayed", 3, None),
            *(("stayed", 1, words) for words in SENTENCES[3:5]),
            ("went", 1, SENTENCES[5]),
            ("came", 1, "Gate 6 failed."),
            *(("stayed", 1, words) for words in SENTENCES[6:8]),
            ("stayed", 2, None),
            *(("stayed", 1, words) for words in SENTENCES[10:]),
            ("came", 1, "Nobody was hurt."),
        ]

    def test_they_are_counted_and_stand_in_both_texts(self, client: TestClient, route: str) -> None:
        body = client.get(f"{route}/changes").json()
        assert list(body) == [*("document_id", "from", "to", "stayed", "went", "came", "changes", "left_out")]
        assert (body["from"], body["to"], body["stayed"], body["went"], body["came"]) == (1, 2, 11, 1, 2)
        old, new = (client.get(f"{route}/text?version={number}").json()["text"] for number in (1, 2))
        whole = {"old": "", "new": ""}
        for each in body["changes"]:
            assert list(each) == ["change", "sentences", "old", "new", "text"]
            for side, text in (("old", old), ("new", new)):
                if place := each[side]:
                    words = text[place["start"] : place["end"]]
                    whole[side] += f" {words}"
                    assert each["text"] in {None, words}
        assert (whole["old"].strip(), whole["new"].strip()) == (old, new)

    def test_they_can_be_told_backwards(self, client: TestClient, route: str) -> None:
        body = client.get(f"{route}/changes?from=2&to=1").json()
        assert (body["from"], body["to"], body["went"], body["came"]) == (2, 1, 2, 1)
        assert [each["text"] for each in body["changes"] if each["change"] == "came"] == [SENTENCES[5]]

    def test_between_a_version_and_itself_there_are_none(self, client: TestClient, route: str) -> None:
        assert self.told(client, f"{route}/changes?from=2&to=2") == [("stayed", 13, None)]

    @pytest.mark.slow
    def test_what_is_beyond_the_list_is_counted(self, client: TestClient) -> None:
        upload(client, "One gate.", "long.txt")
        route = upload(client, " ".join(f"Gate {number} held." for number in range(CHANGES + 9)), "long.txt")
        body = client.get(f"{route}/changes").json()
        assert (body["went"], body["came"]) == (1, CHANGES + 9)
        assert (len(body["changes"]), body["left_out"]) == (CHANGES, 10)

    @pytest.mark.slow_cases
    @pytest.mark.parametrize(
        ("query", "status", "detail"),
        [
            ("?to=1", 422, "version 1 of document 1 is the first; name a later one with to"),
            ("?from=1&to=9", 404, "document 1, version 9 is not in the library; it may have been removed"),
            ("?from=9", 404, "document 1, version 9 is not in the library; it may have been removed"),
            ("?from=0", 422, "from: Input should be greater than or equal to 1"),
        ],
    )
    @pytest.mark.usefixtures("route")
    def test_versions_that_are_not_there_are_named(
        self, client: TestClient, query: str, status: int, detail: str
    ) -> None:
        response = client.get(f"/v1/documents/1/changes{query}")
        assert (response.status_code, response.json()["detail"]) == (status, detail)


class TestMatches:
    def found(self, client: TestClient, route: str, **asked: str | int) -> dict[str, Any]:
        body: dict[str, Any] = client.get(f"{route}/matches", params=asked).json()
        return body

    def test_words_are_found_with_their_places_and_pages(self, client: TestClient) -> None:
        pages = column("The Élan of the dam."), column("No dam.", "", "An élan; an ELAN.")
        route = upload(client, draw(*pages), "elan.pdf")
        body = self.found(client, route, query="elan")
        text = client.get(f"{route}/text").json()["text"]
        assert list(body) == ["document_id", "version", "matches", "total"]
        assert [(text[each["start"] : each["end"]], each["page"]) for each in body["matches"]] == [
            ("Élan", 1),
            ("élan", 2),
            ("ELAN", 2),
        ]
        assert body["total"] == 3

    def test_a_superseded_version_is_searched_by_itself(self, client: TestClient, route: str) -> None:
        assert self.found(client, route, query="failed")["total"] == 1
        former = self.found(client, route, query="failed", version=1)
        assert (former["version"], former["matches"], former["total"]) == (1, [], 0)
        (only,) = self.found(client, route, query="GATE 6 OF", version=1)["matches"]
        assert only["page"] is None

    def test_more_than_are_listed_are_counted(self, client: TestClient) -> None:
        route = upload(client, "dam " * (MATCHES + 5))
        body = self.found(client, route, query="Dam")
        assert (len(body["matches"]), body["total"]) == (MATCHES, MATCHES + 5)
        assert body["matches"][-1]["start"] == 4 * (MATCHES - 1)

    @pytest.mark.slow_cases
    @pytest.mark.parametrize(
        ("query", "detail"),
        [
            ("", "query: String should have at least 1 character"),
            (" ", "query is ' ', which has no character to search for; write a word"),
            ("\u0301", "query is '\u0301', which has no character to search for; write a word"),
            ("x" * 201, "query: String should have at most 200 characters"),
        ],
    )
    def test_a_query_without_a_character_is_refused(
        self, client: TestClient, route: str, query: str, detail: str
    ) -> None:
        response = client.get(f"{route}/matches", params={"query": query})
        assert (response.status_code, response.json()["detail"]) == (422, detail)
