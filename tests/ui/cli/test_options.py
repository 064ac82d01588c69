"""The filters and the conversation of ``ask`` and ``search`` mean the same to a server and to the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.records import Filters
from tests.support.commands import QUESTION, fails, prints
from tests.support.processes import ROOT
from ui.cli.app import main
from ui.cli.options import filters_of
from ui.http.request_bodies import ChatRequest, SearchRequest
from ui.words import MAX_ID, request_fields

RAIDS = "cambodia-scam-raids.md"


@pytest.fixture(scope="module")
def filed(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three reports in two folders; the sidecar of one puts it into a collection."""
    folder = tmp_path_factory.mktemp("filed")
    reports = folder / "reports"
    for place in ("raids", "floods"):
        (reports / place).mkdir(parents=True)
    for place, name in (
        ("raids", RAIDS),
        ("floods", "lorvenna-displacement-correction.md"),
        ("floods", "lorvenna-courier-two-months-on.html"),
    ):
        (reports / place / name).write_bytes((ROOT / "seeds" / name).read_bytes())
    note = reports / "floods" / "lorvenna-courier-two-months-on.html.meta.yaml"
    note.write_text("collection: Press cuttings\n")
    with Library.open(folder / "home", encoder) as index:
        sync(index, [reports])
    return folder / "home"


def names(found: dict[str, Any]) -> set[str]:
    """The file names of the passages of an answer or a search."""
    passages = found["results"] if "results" in found else found["passages"]
    return {Path(passage["path"]).name for passage in passages}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--collection", "floods"], {"correction"}),
        (["--collection", "Press cuttings", "--collection", "raids"], {"courier", "cambodia"}),
        (["--publisher", "The Harlamoor Courier", "--published-before", "2032"], {"courier"}),
        (["--language", "en", "--published-after", "2025-07-17"], {"cambodia"}),
        (["--kind", "html"], {"courier"}),
        (["--kind", "html", "--kind", "markdown"], {"courier", "cambodia", "correction"}),
        (["--document", "1", "--document", "2"], {"correction", "courier"}),
    ],
)
def test_search_finds_what_passes(
    capfd: pytest.CaptureFixture[str], filed: Path, options: list[str], expected: set[str]
) -> None:
    found = prints(capfd, "search", QUESTION, "--limit", "100", *options, "--home", filed)
    words = ("cambodia", "correction", "courier")
    assert {word for word in words for name in names(found) if word in name} == expected


def test_ask_reads_only_what_passes(capfd: pytest.CaptureFixture[str], filed: Path) -> None:
    answer = prints(capfd, "ask", QUESTION, "--collection", "raids", "--home", filed)
    assert (answer["abstained"], names(answer)) == (False, {RAIDS})


def test_where_no_report_passes_both_say_so(capfd: pytest.CaptureFixture[str], filed: Path) -> None:
    assert main(["search", QUESTION, "--collection", "none", "--home", str(filed)]) == 0
    assert capfd.readouterr().out == (
        "Nothing was found: no report passes the filters; widen them and search again.\n"
    )
    answer = prints(capfd, "ask", QUESTION, "--collection", "none", "--home", filed)
    assert answer["reason"] == "No report passes the filters; widen them and ask again."


@pytest.mark.parametrize("command", ["ask", "search"])
@pytest.mark.parametrize(
    ("option", "value", "shown"),
    [
        ("--published-before", "18 July", "'18 July'"),
        ("--published-before", "", "''"),
        ("--published-after", "2031-13", "'2031-13'"),
        ("--published-after", "2031-02-29", "'2031-02-29'"),
        ("--published-after", "2031\n", "'2031\\n'"),
        ("--published-after", "٢٠٣١", "'٢٠٣١'"),
        ("--document", "0", "0"),
        ("--document", str(2**53), str(2**53)),
    ],
)
def test_what_cannot_be_a_filter_is_one_line_and_exit_code_2(  # noqa: PLR0917
    capfd: pytest.CaptureFixture[str], tmp_path: Path, command: str, option: str, value: str, shown: str
) -> None:
    remedies = {"--document": "give the document_id that “footnoted search --json” prints"}
    remedy = remedies.get(option, "write 2031-07-18, 2031-07 or 2031")
    line = fails(capfd, 2, command, "dam", option, value, "--home", tmp_path / "home")
    assert line == f"{option} is {shown}; {remedy}"
    assert not (tmp_path / "home").exists()


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
WORDS = st.lists(TEXT, max_size=3).map(tuple)
DATES = st.none() | st.dates().map(lambda day: day.isoformat()[: (4, 7, 10)[day.day % 3]])
FILTERS = st.builds(
    Filters,
    st.lists(st.integers(1, MAX_ID), max_size=3).map(tuple),
    publishers=WORDS,
    languages=WORDS,
    collections=WORDS,
    kinds=WORDS,
    published_before=DATES,
    published_after=DATES,
)


@given(FILTERS)
def test_a_request_has_the_filters_of_the_command(filters: Filters) -> None:
    sent = json.dumps({"query": "x", **request_fields(filters)})
    assert SearchRequest.model_validate_json(sent).to_filters() == filters
    asked = json.dumps({"question": "x", **request_fields(filters)})
    assert ChatRequest.model_validate_json(asked).to_filters() == filters


def test_options_that_are_not_given_say_nothing() -> None:
    filters = filters_of(None, None, None, None, kinds=None, dates=(None, None))
    assert (filters, request_fields(filters)) == (Filters(), {})


def test_bytes_of_a_name_that_are_no_text_are_marked() -> None:
    filters = filters_of([7], ["B\udcfccher"], None, ["é"], kinds=["pdf", "docx"], dates=(None, "2031"))
    assert filters == Filters((7,), ("B?cher",), (), ("é",), ("pdf", "docx"), None, "2031")
    assert request_fields(filters) == {
        "published_after": "2031",
        "filters": {
            "document_ids": (7,),
            "publishers": ("B?cher",),
            "collections": ("é",),
            "kinds": ("pdf", "docx"),
        },
    }


DISPLACED = "How many people were displaced by the floods in Lorvenna in March?"


def test_a_question_follows_the_conversation_that_is_named(
    capfd: pytest.CaptureFixture[str], own_home: Path
) -> None:
    first = prints(capfd, "ask", DISPLACED, "--home", own_home)
    assert (first["standalone"], len(first["conversation_id"])) == (None, 32)
    second = prints(
        capfd, "ask", "And in May?", "--conversation", first["conversation_id"], "--home", own_home
    )
    assert second["conversation_id"] == first["conversation_id"]
    assert second["standalone"] == f"{DISPLACED} And in May? ({first['citations'][0]['title']})"
    numbers = {
        (cited["document_id"], cited["start"], cited["end"]): cited["id"]
        for answer in (first, second)
        for cited in answer["citations"]
    }
    for cited in second["citations"]:
        assert numbers[cited["document_id"], cited["start"], cited["end"]] == cited["id"]
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))


def test_a_question_is_searched_as_it_is_typed_if_it_is_exact(
    capfd: pytest.CaptureFixture[str], own_home: Path
) -> None:
    typed, meant = "How many people were displcaed in March?", "How many people were displaced in March?"
    assert prints(capfd, "ask", typed, "--exact", "--home", own_home)["searched_for"] is None
    assert main(["ask", typed, "--home", str(own_home)]) == 0
    said = " ".join(capfd.readouterr().out.split())
    assert said.startswith(f"Searched for: {meant} (--exact searches for the question as typed)")
