"""The routes that list, read, compare, search and edit documents; every refusal says what to do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas
from starlette.testclient import TestClient

from index.library import Library
from index.text.tabular import tables
from tests.support.pdf_files import column, draw
from tests.ui.http.conftest import added, problem
from ui.http.documents import CHANGES, MATCHES, read_source

pytestmark = pytest.mark.usefixtures("handed_on")

GATE = "The council of Varda closed the third gate of the dam on Monday."
TABLE = "Costs of repair\n | 2031 | 2030\nGate 3 | $ 1,200 | $ 900\nGate 4 | $ 80 | $ 70\n"
ROW = "Gate 4 | $ 80 | $ 70"
SENTENCES = [f"Gate {number} of the dam of Varda held." for number in range(1, 13)]


def answer_to(client: TestClient, question: str) -> dict[str, Any]:
    found: dict[str, Any] = client.post("/v1/chat", json={"question": question}).raise_for_status().json()
    return found


# Lists and texts


def test_documents_lists_the_library_without_the_server_s_folders(seed_client: TestClient) -> None:
    body = seed_client.get("/v1/documents").json()
    assert [document["path"] for document in body["documents"]] == [
        "cambodia-scam-raids.md",
        "lorvenna-courier-two-months-on.html",
        "lorvenna-displacement-correction.md",
        "lorvenna-floods-situation-report-4.txt",
        "lorvenna-maravel-dam-inquiry.pdf",
        "lorvenna-schools-autumn-2025.pdf",
        "lorvenna-siren-plan.docx",
    ]
    assert list(body["documents"][0]) == [
        *("document_id", "version", "path", "kind", "title", "publisher", "published", "language", "pages"),
        *("characters", "passages", "digest", "added", "author", "collection", "origins", "unread_pages"),
        *("recognised_pages", "superseded_by", "published_precision", "page_pictures", "uploaded"),
    ]
    for document in body["documents"]:
        alone = seed_client.get(f"/v1/documents/{document['document_id']}").json()
        assert {**document, "sections": alone["sections"], "same_as": []} == alone


def test_a_document_s_text_is_given_whole_or_in_part(seed_client: TestClient, seed_index: Library) -> None:
    inquiry = next(record for record in seed_index.catalog.documents() if record.kind == "pdf")
    stored = seed_index.catalog.text(inquiry.document_id)
    route = f"/v1/documents/{inquiry.document_id}/text"
    whole = seed_client.get(route, params={"version": 1}).json()
    assert whole == {
        "document_id": inquiry.document_id,
        "version": 1,
        "title": inquiry.title,
        "text": stored.text,
        "start": 0,
        "end": len(stored.text),
        "page_starts": list(stored.page_starts),
        "page_labels": ["1", "2", "3"],
        "characters": len(stored.text),
        "tables": [
            {"start": table.span.start, "header_end": table.header.end, "end": table.span.end}
            for table in tables(stored.text)
        ],
    }
    part = seed_client.get(route, params={"start": 100, "end": 120}).json()
    assert (part["text"], part["start"], part["end"]) == (stored.text[100:120], 100, 120)
    beyond = seed_client.get(route, params={"start": 10**9}).json()
    assert (beyond["text"], beyond["start"], beyond["end"]) == ("", len(stored.text), len(stored.text))


@given(start=st.integers(0, 6000), end=st.none() | st.integers(0, 6000))
def test_a_part_is_a_slice_of_the_text(seed_index: Library, start: int, end: int | None) -> None:
    record = seed_index.catalog.documents()[0]
    text = seed_index.catalog.text(record.document_id).text
    with seed_index.catalog.reading() as reader:
        part = read_source(reader, record, start, end)
    assert part.text == text[part.start : part.end] == text[start:end]
    assert 0 <= part.start <= part.end <= part.characters == len(text)


def test_a_text_has_places_of_tables_and_a_document_its_outline(client: TestClient) -> None:
    text = f"{GATE}\n\n{TABLE}"
    route = f"{added(client, 'costs.txt', text)}/text"
    start = len(GATE) + 2
    places = {"start": start, "header_end": text.index("\nGate 3"), "end": len(text) - 1}
    assert client.get(route).json()["tables"] == [places]
    assert client.get(f"{route}?start={start + 30}").json()["tables"] == [places]
    assert client.get(f"{route}?end={start}").json()["tables"] == []
    outlined = added(client, "gate.md", "# Gate 3\n\nIt failed.\n\n## The pin\n\nIt was rusty.\n")
    assert client.get(outlined).json()["sections"] == [
        {"start": 0, "level": 1, "title": "Gate 3"},
        {"start": 20, "level": 2, "title": "The pin"},
    ]


# Rows and cells of answers


def test_a_cell_has_its_address_and_a_row_its_headings(client: TestClient) -> None:
    route = added(client, "costs.txt", TABLE)
    start = client.get(f"{route}/text").json()["text"].index("$ 80")
    one, both, rise = (
        answer_to(client, question)
        for question in (
            "What were the costs of repair of gate 4 in 2031?",
            "What were the costs of repair of gate 4?",
            "Did the costs of repair of gate 4 rise from 2030 to 2031?",
        )
    )
    cited, of_both = (
        next(each for each in answer["citations"] if each["quote"] == ROW) for answer in (one, both)
    )
    assert cited["cell"] == {
        "row": "Gate 4",
        "column": "2031",
        "value": "$ 80",
        "unit": "$",
        "start": start,
        "end": start + 4,
        "box": None,
        "currency": "dollar",
        "scale": 1,
        "period": "2031",
    }
    cell = {"value": "$ 80", "unit": "", "row": "Gate 4", "column": "2031"}
    if one["citations"][0] == cited:
        assert one["headline"] == {**cell, "comparison": None}
    assert (of_both["headings"], of_both["cell"]) == ("Costs of repair\n | 2031 | 2030", None)
    assert both["headline"] is None
    assert (rise["citations"][0]["quote"], rise["note"]) == (ROW, None)
    computed = {"difference": "+$10", "unit": "", "percent": "+14.3%", "answer": "yes"}
    compared = {"value": "$ 70", "unit": "", "row": "Gate 4", "column": "2030", "computed": computed}
    assert rise["headline"] == {**cell, "comparison": compared}


def test_an_item_has_the_sentence_above_its_list(client: TestClient) -> None:
    items = "(a) close the gates at night;\n\n(b) report the level twice a day;\n\n(c) keep 40 bags of sand."
    added(client, "duties.txt", f"{GATE}\n\nEach owner of a mill must:\n\n{items}")
    cited, *_ = answer_to(client, "How many bags of sand must an owner keep?")["citations"]
    assert (cited["quote"], cited["lead_in"]) == ("(c) keep 40 bags of sand.", "Each owner of a mill must:")


def test_the_cell_of_a_page_has_its_box_within_that_of_its_row(client: TestClient) -> None:
    def costs(canvas: Canvas) -> None:
        rows = (("Costs of repair", "2031", "2030"), ("Gate 3", "1,200", "900"), ("Gate 4", "80", "70"))
        for line, (label, *figures) in enumerate(rows):
            canvas.drawString(60, 700 - 16 * line, label)
            for place, figure in enumerate(figures):
                canvas.drawRightString(300 + 80 * place, 700 - 16 * line, figure)

    added(client, "costs.pdf", draw(costs))
    answer = answer_to(client, "What were the costs of repair of gate 4 in 2031?")
    [cited] = [each for each in answer["citations"] if each["quote"] == "Gate 4 | 80 | 70"]
    [row], box = cited["boxes"], cited["cell"]["box"]
    assert (cited["cell"]["value"], box["page"], row["page"]) == ("80", 1, 1)
    assert row["left"] < box["left"] < box["right"] < row["right"]
    assert (row["top"], row["bottom"]) == (
        pytest.approx(box["top"], abs=3),
        pytest.approx(box["bottom"], abs=3),
    )
    assert box["right"] == pytest.approx(300, abs=2)


# Versions, and matches of words in a text


@pytest.fixture
def route(client: TestClient) -> str:
    """A document with two versions."""
    added(client, "gates.txt", " ".join(SENTENCES), publisher="Council")
    later = [*SENTENCES[:5], "Gate 6 failed.", *SENTENCES[6:], "Nobody was hurt."]
    return added(client, "gates.txt", " ".join(later))


def test_versions_are_listed_with_what_was_known_of_each(client: TestClient, route: str) -> None:
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


def test_changes_are_told_in_reading_order_and_stand_in_both_texts(client: TestClient, route: str) -> None:
    body = client.get(f"{route}/changes").json()
    assert list(body) == [*("document_id", "from", "to", "stayed", "went", "came", "changes", "left_out")]
    assert (body["from"], body["to"], body["stayed"], body["went"], body["came"]) == (1, 2, 11, 1, 2)
    assert [(each["change"], each["sentences"], each["text"]) for each in body["changes"]] == [
        ("stayed", 3, None),
        *(("stayed", 1, words) for words in SENTENCES[3:5]),
        ("went", 1, SENTENCES[5]),
        ("came", 1, "Gate 6 failed."),
        *(("stayed", 1, words) for words in SENTENCES[6:8]),
        ("stayed", 2, None),
        *(("stayed", 1, words) for words in SENTENCES[10:]),
        ("came", 1, "Nobody was hurt."),
    ]
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
    backwards = client.get(f"{route}/changes?from=2&to=1").json()
    assert [backwards[name] for name in ("from", "to", "went", "came")] == [2, 1, 2, 1]
    assert [each["text"] for each in backwards["changes"] if each["change"] == "came"] == [SENTENCES[5]]
    [same] = client.get(f"{route}/changes?from=2&to=2").json()["changes"]
    assert (same["change"], same["sentences"], same["text"]) == ("stayed", 13, None)
    for query, status, detail in (
        ("?to=1", 422, "version 1 of document 1 is the first; name a later one with to"),
        ("?from=1&to=9", 404, "document 1, version 9 is not in the library; it may have been removed"),
        ("?from=9", 404, "document 1, version 9 is not in the library; it may have been removed"),
        ("?from=0", 422, "from: Input should be greater than or equal to 1"),
    ):
        assert problem(client.get(f"{route}/changes{query}"), status) == detail


@pytest.mark.slow
def test_changes_beyond_the_list_are_counted(client: TestClient) -> None:
    added(client, "long.txt", "One gate.")
    route = added(client, "long.txt", " ".join(f"Gate {number} held." for number in range(CHANGES + 9)))
    body = client.get(f"{route}/changes").json()
    assert (body["went"], body["came"]) == (1, CHANGES + 9)
    assert (len(body["changes"]), body["left_out"]) == (CHANGES, 10)


def matches(client: TestClient, route: str, **asked: str | int) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"{route}/matches", params=asked).json()
    return body


def test_words_are_found_with_their_places_and_pages(client: TestClient) -> None:
    pages = column("The Élan of the dam."), column("No dam.", "", "An élan; an ELAN.")
    route = added(client, "elan.pdf", draw(*pages))
    body = matches(client, route, query="elan")
    text = client.get(f"{route}/text").json()["text"]
    assert list(body) == ["document_id", "version", "matches", "total"]
    assert [(text[each["start"] : each["end"]], each["page"]) for each in body["matches"]] == [
        ("Élan", 1),
        ("élan", 2),
        ("ELAN", 2),
    ]
    assert body["total"] == 3
    many = matches(client, added(client, "dams.txt", "dam " * (MATCHES + 5)), query="Dam")
    assert (len(many["matches"]), many["total"]) == (MATCHES, MATCHES + 5)
    assert many["matches"][-1]["start"] == 4 * (MATCHES - 1)


def test_a_superseded_version_is_searched_by_itself(client: TestClient, route: str) -> None:
    assert matches(client, route, query="failed")["total"] == 1
    former = matches(client, route, query="failed", version=1)
    assert (former["version"], former["matches"], former["total"]) == (1, [], 0)
    (only,) = matches(client, route, query="GATE 6 OF", version=1)["matches"]
    assert only["page"] is None
    for query, detail in (
        ("", "query: String should have at least 1 character"),
        (" ", "query is ' ', which has no character to search for; write a word"),
        ("\u0301", "query is '\u0301', which has no character to search for; write a word"),
        ("x" * 201, "query: String should have at most 200 characters"),
    ):
        assert problem(client.get(f"{route}/matches", params={"query": query}), 422) == detail


# Edits


ONE = "/v1/documents/1"


def test_an_edited_document_is_answered_as_it_is_then_and_found_by_its_details(client: TestClient) -> None:
    added(client, "gate.txt", GATE)
    response = client.patch(ONE, json={"title": "On gate 3", "published": "24 July 2031"})
    assert response.status_code == 200
    assert response.json() == client.get(ONE).json()
    document = response.json()
    facts = [document[name] for name in ("title", "published", "published_precision", "version")]
    assert facts == ["On gate 3", "2031-07-24", "day", 1]
    assert document["origins"] == {"title": "edit", "published": "edit"}
    client.patch(ONE, json={"publisher": "Council of Varda", "collection": "Dams"})
    asked = {
        "question": "Who closed the third gate of the dam?",
        "filters": {"publishers": ["Council of Varda"], "collections": ["Dams"]},
    }
    (cited, *_) = client.post("/v1/chat", json=asked).json()["citations"]
    assert (cited["title"], cited["publisher"], cited["quote"]) == ("On gate 3", "Council of Varda", GATE)
    back = client.patch(ONE, json={"title": "", "published": "", "author": None}).json()
    assert (back["title"], back["published"]) == ("gate", None)


def test_a_detail_that_cannot_be_kept_is_named_and_changes_nothing(client: TestClient) -> None:
    added(client, "gate.txt", GATE)
    before = client.get(ONE).json()
    fields: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"title": "x" * 501}, "title", "String should have at most 500 characters"),
        ({"collection": "x" * 201}, "collection", "String should have at most 200 characters"),
        ({"author": 7}, "author", "Input should be a valid string"),
        ({"text": "Other words."}, "text", "unknown field; remove it or correct its name"),
    )
    for body, field, detail in fields:
        response = client.patch(ONE, json=body)
        assert problem(response, 422) == f"{field}: {detail}"
        assert response.json()["errors"] == [{"field": field, "detail": detail}]
    assert problem(client.patch(ONE, json={"published": "soon"}), 422) == (
        "gate.txt: has the detail published: 'soon', which is not a date; write 2031-07-18, 2031-07 or 2031"
    )
    assert problem(client.patch(ONE, json={"language": "English!"}), 422) == (
        "gate.txt: has the detail language: 'English!', which is not a language code; "
        "write a code such as en or km"
    )
    assert client.get(ONE).json() == before
    assert problem(client.patch("/v1/documents/7", json={"title": "x"}), 404) == (
        "document 7 is not in the library; it may have been removed"
    )


def test_what_an_encrypted_file_says_itself_shows_again_without_its_password(client: TestClient) -> None:
    data = draw(column("A report on the third gate", "", GATE), encrypt=StandardEncryption("opensesame"))
    added(client, "gate.pdf", data, password="opensesame", title="As it was sent")  # noqa: S106
    assert client.patch(ONE, json={"title": "On gate 3"}).json()["title"] == "On gate 3"
    assert client.patch(ONE, json={"title": ""}).json()["title"] == "A report on the third gate"


def test_edits_of_one_document_at_the_same_time_are_all_kept(client: TestClient) -> None:
    added(client, "gate.txt", GATE)
    given = {"title": "On gate 3", "author": "Ada Varro", "publisher": "Council", "collection": "Dams"}
    edits = [{name: value} for name, value in given.items()]
    with ThreadPoolExecutor(len(edits)) as pool:
        codes = list(pool.map(lambda edit: client.patch(ONE, json=edit).status_code, edits))
    assert codes == [200] * len(edits)
    document = client.get(ONE).json()
    assert {name: document[name] for name in given} == given
