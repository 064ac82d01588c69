"""Answers are stored byte for byte, independent of later changes to the library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse

from index.catalog.database import Catalog
from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from index.records import Filters
from index.text.geometry import Box
from rag.answers import (
    Answer,
    AnswerSentence,
    Cause,
    CellAddress,
    Citation,
    Comparison,
    Computed,
    Copy,
    Disagreement,
    Dropped,
    Fallback,
    Headline,
    Passage,
    Searched,
    StatedFigure,
    Verdict,
    Verification,
)
from rag.conversations.answers import (
    answer_json,
    answers_before,
    answers_until,
    conversation,
    keep,
    load,
    stored_answer_json,
)
from rag.conversations.store import AnswerStore
from rag.engine import QueryEngine
from rag.errors import AnswerFormError, AnswerNotFoundError
from tests.support.markup import answer, bodies, citation
from tests.support.reports import write

GATE = "The council of Varda closed the third gate of the dam on Monday."

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
maybe = st.none() | words
numbers = st.integers(0, 2**53)
floats = st.floats(allow_nan=False, allow_infinity=False)
verdicts = st.sampled_from(get_args(Verdict))


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=2).map(tuple)


BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "verdict": verdicts,
    "checks": st.dictionaries(words, floats, max_size=2),
    "timings": st.dictionaries(words, floats, max_size=2),
    "cause": st.none() | st.sampled_from(get_args(Cause)),
    "fallback": st.none() | st.sampled_from(get_args(Fallback)),
    "page": st.none() | numbers,
    "superseded_by": st.none() | numbers,
    "answerability": st.none() | floats,
    "start": numbers,
    "end": numbers,
}
BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "str": words,
    "int": numbers,
    "float": floats,
    "bool": st.booleans(),
    "str | None": maybe,
}


def built(kind: type, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of a type, with arbitrary values in every field."""
    known = BY_NAME | given
    fields = {
        name: known[name] if name in known else BY_TYPE[str(annotation)]
        for name, annotation in kind.__annotations__.items()
    }
    return st.builds(kind, **fields)


citations = built(
    Citation,
    boxes=some(built(Box, page=numbers)),
    cell=st.none() | built(CellAddress, box=st.none() | built(Box, page=numbers)),
    also_in=some(built(Copy)),
    verification=built(Verification),
)
answers: st.SearchStrategy[Answer] = built(
    Answer,
    sentences=some(built(AnswerSentence, citations=some(numbers))),
    citations=some(citations),
    headline=st.none()
    | built(
        Headline,
        comparison=st.none() | built(Comparison, computed=built(Computed, percent=maybe, answer=maybe)),
    ),
    passages=some(built(Passage)),
    disagreements=some(built(Disagreement, figures=some(built(StatedFigure)))),
    dropped=some(built(Dropped)),
    searched=st.none()
    | built(
        Searched,
        titles=some(words),
        filters=built(
            Filters,
            document_ids=some(numbers),
            **{name: some(words) for name in ("publishers", "languages", "collections", "kinds")},
        ),
    ),
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path / "catalog.sqlite")
    yield opened
    opened.close()


@given(answers)
def test_a_stored_answer_is_parsed_unchanged(made: Answer) -> None:
    read = load(answer_json(made))
    assert read == made
    assert answer_json(read) == answer_json(made)


@given(answers)
def test_the_json_text_equals_the_http_response(made: Answer) -> None:
    assert answer_json(made).encode() == JSONResponse(made.as_dict()).body


@given(answers, st.data())
def test_an_incomplete_or_wrong_answer_is_refused(made: Answer, data: st.DataObject) -> None:
    body = answer_json(made)
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(AnswerFormError, match=r"^not an answer in its JSON form: "):
        load(cut)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"question": None}, "question: Input should be a valid string"),
        ({"generation": "1"}, "generation: Input should be a valid integer"),
        ({"generation": 1.0}, "generation: Input should be a valid integer"),
        ({"abstained": 0}, "abstained: Input should be a valid boolean"),
        ({"model": ...}, "model: Field required"),
        ({"cause": "whim"}, "cause: Input should be 'empty_library'"),
        ({"mood": "good"}, "mood: unknown"),
        (
            {"sentences": [{"start": 0, "end": 1, "citations": [1], "weight": 2}]},
            "sentences.0.weight: unknown",
        ),
        ({"sentences": {}}, "sentences: Input should be a valid array"),
        ({"answerability": float("nan")}, "Out of range float values are not JSON compliant"),
    ],
)
def test_no_fault_is_corrected(changes: dict[str, Any], cause: str) -> None:
    fields = answer(citation(1, GATE)).as_dict() | changes
    body = json.dumps({name: value for name, value in fields.items() if value is not ...})
    with pytest.raises(AnswerFormError) as caught:
        load(body)
    assert cause in str(caught.value)


@pytest.mark.parametrize("body", ["", "null", "[]", "7", "{", "[" * 100_000, '{"text": ' + "9" * 5_000 + "}"])
def test_other_text_is_refused_with_a_one_line_error(body: str) -> None:
    with pytest.raises(AnswerFormError) as caught:
        load(body)
    assert "\n" not in str(caught.value)


def test_an_answer_without_the_fields_that_have_defaults_is_read() -> None:
    made = answer(citation(1, GATE))
    given = made.as_dict()
    for name in ("disagreements", "dropped", "fallback", "prompt_digest", "standalone", "conversation_id"):
        del given[name]
    del given["headline"], given["citations"][0]["cell"]
    assert load(json.dumps(given)) == made


def test_a_headline_without_a_comparison_compares_nothing() -> None:
    made = replace(answer(citation(1, GATE)), headline=Headline("412", "in tens", "Monday", "2031"))
    given = made.as_dict()
    del given["headline"]["comparison"]
    assert load(json.dumps(given)) == made


@pytest.mark.parametrize("verdict", ["supported", "quoted"])
def test_a_quoted_answer_keeps_the_verdicts_that_it_was_made_with(catalog: Catalog, verdict: Verdict) -> None:
    checked = Verification(verdict, quote_matches=True, figures_match=True, score=1.0)
    made = replace(answer(replace(citation(1, GATE), verification=checked)), conversation_id="c")
    body = answer_json(made)
    keep(catalog, made)
    assert stored_answer_json(catalog, made.answer_id) == body
    assert (load(body), conversation(catalog, "c")) == (made, [made])
    assert [(each.verdict, made.citations[0].verification.verdict) for each in load(body).sentences] == [
        (verdict, verdict)
    ]


def test_a_conversation_returns_its_last_answers_oldest_first(catalog: Catalog) -> None:
    made = [
        replace(
            answer(citation(1, GATE)), answer_id=f"{number:032x}", conversation_id="c" if number else None
        )
        for number in range(5)
    ]
    for each in made:
        keep(catalog, each)
    assert conversation(catalog, "c", 3) == made[2:]
    assert conversation(catalog, "c", 10) == made[1:]
    assert conversation(catalog, "d", 10) == []


def test_a_replaced_answer_still_knows_the_answers_before_it(catalog: Catalog) -> None:
    first, second, third, instead, alone = (
        replace(
            answer(citation(1, GATE)), answer_id=f"{number:032x}", conversation_id="c" if number < 4 else None
        )
        for number in range(5)
    )
    for each in (first, second, third, alone):
        keep(catalog, each)
    keep(catalog, instead, replaces=second.answer_id)
    assert conversation(catalog, "c") == [first, instead]
    assert bodies(AnswerStore(catalog).conversation("c")) == [answer_json(first), answer_json(instead)]
    assert answers_until(catalog, second.answer_id) == ([first], second)
    assert answers_until(catalog, third.answer_id) == ([first], third)
    assert answers_until(catalog, instead.answer_id) == ([first], instead)
    assert answers_before(catalog, instead.answer_id, 1) == ("c", [first])
    assert answers_before(catalog, alone.answer_id) == (None, [])
    assert answers_until(catalog, alone.answer_id) == ([], alone)
    for look in (answers_before, answers_until):
        with pytest.raises(AnswerNotFoundError):
            look(catalog, "f" * 32)


def test_unknown_fields_of_a_newer_version_are_ignored_and_a_damaged_answer_is_an_error_of_its_own(
    catalog: Catalog,
) -> None:
    made = answer(citation(1, GATE))
    kept = AnswerStore(catalog)
    kept.put("1", "c", made.created, json.dumps(made.as_dict() | {"mood": "good"}))
    assert conversation(catalog, "c", 10) == [made]
    kept.put("2", "c", made.created, json.dumps(made.as_dict() | {"generation": "1"}))
    [first, second] = conversation(catalog, "c", 10)
    assert first == made
    assert str(second) == (
        "the stored answer '2' is damaged (not an answer in its JSON form: generation: Input should be a "
        "valid integer); delete it, or restore a backup"
    )


@pytest.mark.parametrize(
    ("answer_id", "why"),
    [
        ("0" * 32, "it may have been deleted"),
        ("A" * 32, "an answer_id is 32 hexadecimal digits in lower case"),
        ("0" * 31, "an answer_id is 32 hexadecimal digits in lower case"),
        ("0" * 32 + "\n", "an answer_id is 32 hexadecimal digits in lower case"),
        ("٠" * 32, "an answer_id is 32 hexadecimal digits in lower case"),
        ("' OR 1=1 --", "an answer_id is 32 hexadecimal digits in lower case"),
    ],
)
def test_a_missing_answer_is_named(catalog: Catalog, answer_id: str, why: str) -> None:
    for act in (partial(stored_answer_json, catalog), AnswerStore(catalog).delete):
        with pytest.raises(AnswerNotFoundError) as caught:
            act(answer_id)
        assert str(caught.value) == f"there is no answer {answer_id!r}; {why}"


def test_an_answer_stays_the_same_when_its_report_changes_or_is_removed(
    encoder: Encoder, loading: Isolated, tmp_path: Path
) -> None:
    file = write(tmp_path / "reports" / "dam.txt", GATE)
    with Library.open(tmp_path / "home", encoder) as index:
        sync(index, [file.parent], reader=loading)
        made = QueryEngine(index).ask("Who closed the third gate of the dam?")
        assert [cited.quote for cited in made.citations] == [GATE]
        keep(index.catalog, made)
        before = stored_answer_json(index.catalog, made.answer_id)
        write(file, "The council of Varda opened the gates again in June.")
        sync(index, [file.parent], reader=loading)
        assert stored_answer_json(index.catalog, made.answer_id) == before
        file.unlink()
        sync(index, [file.parent], reader=loading)
        assert stored_answer_json(index.catalog, made.answer_id) == before == answer_json(made)
        AnswerStore(index.catalog).delete(made.answer_id)
        with pytest.raises(AnswerNotFoundError):
            stored_answer_json(index.catalog, made.answer_id)
