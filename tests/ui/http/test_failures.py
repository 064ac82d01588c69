"""The routes that list and dismiss the files that could not be read name no folder of the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index.ingest.synchronize import sync
from index.library import Library
from tests.support.reports import write

EMPTY = "is empty: it has no bytes; save it again with its text"


def test_they_are_listed_by_their_path_in_the_folder_and_dismissed(
    client: TestClient, index: Library, tmp_path: Path
) -> None:
    write(tmp_path / "reports" / "dams" / "b.txt", "")
    write(tmp_path / "reports" / "a.txt", "")
    sync(index, [tmp_path / "reports"])
    response = client.get("/v1/failures")
    first, second = response.json()["failures"]
    assert (first["path"], first["cause"]) == ("a.txt", EMPTY)
    assert second["path"] == "dams/b.txt"
    assert set(first) == {"failure_id", "path", "cause", "since"}
    assert str(tmp_path) not in response.text
    assert client.delete(f"/v1/failures/{first['failure_id']}").status_code == 204
    assert client.get("/v1/failures").json() == {"failures": [second]}


def test_a_folder_that_is_gone_is_named_without_those_above_it(
    client: TestClient, index: Library, tmp_path: Path
) -> None:
    write(tmp_path / "reports" / "a.txt", "Words.")
    sync(index, [tmp_path / "reports"])
    (tmp_path / "reports").rename(tmp_path / "away")
    sync(index)
    response = client.get("/v1/failures")
    assert [failure["path"] for failure in response.json()["failures"]] == ["reports"]
    assert str(tmp_path) not in response.text


@pytest.mark.parametrize(("number", "status"), [("7", 404), ("x", 422), (str(2**63), 422)])
def test_one_that_is_not_there_is_a_problem(client: TestClient, number: str, status: int) -> None:
    response = client.delete(f"/v1/failures/{number}")
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
