"""A client that has a document is sent it again only if the library has changed."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from index.library import Library
from tests.support.reports import incoming

ROUTES = ("/v1/documents", "/v1/documents/1", "/v1/documents/1?version=1", "/v1/documents/1/text?end=9")


@pytest.mark.parametrize("route", ROUTES)
def test_an_unchanged_document_is_not_sent_again(client: TestClient, index: Library, route: str) -> None:
    index.replace([incoming("The council closed gate 3.")])
    first = client.get(route)
    headers = {"If-None-Match": f'"another", {first.headers["etag"]}'}
    again = client.get(route, headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"] == "private, no-cache"
    assert client.get(route, headers={"If-None-Match": '"another"'}).json() == first.json()


@pytest.mark.parametrize("route", ROUTES)
def test_each_change_of_the_library_is_sent(client: TestClient, index: Library, route: str) -> None:
    index.replace([incoming("The council closed gate 3.")])
    tags = [client.get(route).headers["etag"]]
    for change in ({"title": "Gates"}, {"publisher": "Council"}, {"title": ""}):
        assert client.patch("/v1/documents/1", json=change).status_code == 200
        changed = client.get(route, headers={"If-None-Match": tags[-1]})
        assert changed.status_code == 200
        tags.append(changed.headers["etag"])
    index.replace([incoming("The council opened gate 3.")])
    assert client.get(route, headers={"If-None-Match": tags[-1]}).status_code == 200
    assert len(set(tags)) == len(tags)


def test_a_document_that_is_gone_is_no_unchanged_one(client: TestClient, index: Library) -> None:
    index.replace([incoming("The council closed gate 3.")])
    index.replace([], removed=[1])
    tag = client.get("/v1/documents").headers["etag"]
    for route in ROUTES[1:]:
        assert client.get(route, headers={"If-None-Match": tag}).status_code == 404
