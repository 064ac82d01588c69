"""Answers are stored byte for byte, listed by what they cite, and written out with their conversation."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse

from index.catalog.backup import back_up, restore
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
    CitingAnswer,
    Quote,
    answer_json,
    answers_before,
    answers_until,
    conversation,
    conversation_json,
    keep,
    load,
    page_of_citing,
    sound_conversation,
    stored_answer_json,
)
from rag.conversations.store import AnswerStore
from rag.engine import QueryEngine
from rag.errors import AnswerFormError, AnswerNotFoundError, ConversationNotFoundError
from tests.support.markup import abstention, answer, citation, passage
from tests.support.reports import version, write

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
    alternatives=some(built(Passage)),
    disagreements=some(built(Disagreement, figures=some(built(StatedFigure)))),
    dropped=some(built(Dropped)),
    made_from=some(numbers),
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
        ({"sentences": [{"start": 0, "end": 1, "citations": [1], "weight": 2}]},
         "sentences.0.weight: unknown"),
        ({"sentences": {}}, "sentences: Input should be a valid array"),
        ({"answerability": float("nan")}, "Out of range float values are not JSON compliant"),
    ],
)  # fmt: skip
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
    made = replace(answer(citation(1, GATE)), headline=Headline("412", "in tens", "Monday", "2031"))
    given = made.as_dict()
    for name in ("disagreements", "dropped", "fallback", "prompt_digest", "standalone", "conversation_id"):
        del given[name]
    del given["headline"]["comparison"], given["citations"][0]["cell"]
    assert load(json.dumps(given)) == made


def test_a_replaced_answer_still_knows_the_answers_before_it(catalog: Catalog) -> None:
    first, second, third, instead, alone = (
        replace(
            answer(citation(1, GATE)), answer_id=f"{number:032x}", conversation_id="c" if number < 4 else None
        )
        for number in range(5)
    )
    for each in (first, second, third, alone):
        keep(catalog, each)
    assert answers_before(catalog, third.answer_id, 1) == ("c", [second])
    keep(catalog, instead, replaces=second.answer_id)
    assert conversation(catalog, "c") == sound_conversation(catalog, "c") == [first, instead]
    for each in (second, third, instead):
        assert answers_until(catalog, each.answer_id) == ([first], each)
    assert answers_before(catalog, first.answer_id) == ("c", [])
    assert answers_before(catalog, alone.answer_id) == (None, [])
    assert answers_until(catalog, alone.answer_id) == ([], alone)
    for look in (answers_before, answers_until):
        with pytest.raises(AnswerNotFoundError):
            look(catalog, "f" * 32)


def test_unknown_fields_of_a_newer_version_are_ignored_and_damage_is_an_error(catalog: Catalog) -> None:
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
    "answer_id", ["0" * 32, "A" * 32, "0" * 31, "0" * 32 + "\n", "٠" * 32, "' OR 1=1 --"]
)
def test_a_missing_answer_is_named(catalog: Catalog, answer_id: str) -> None:
    form = "an answer_id is 32 hexadecimal digits in lower case"
    why = "it may have been deleted" if answer_id == "0" * 32 else form
    for act in (partial(stored_answer_json, catalog), AnswerStore(catalog).delete):
        with pytest.raises(AnswerNotFoundError) as caught:
            act(answer_id)
        assert str(caught.value) == f"there is no answer {answer_id!r}; {why}"


def test_an_answer_outlives_its_report(encoder: Encoder, loading: Isolated, tmp_path: Path) -> None:
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


TWICE = replace(
    answer(
        citation(1, "The third gate failed.", 7, at=0),
        replace(citation(2, "It rusted.", 7, at=22), start=20, end=30),
        citation(1, "The third gate failed.", 7, at=32),
        citation(3, "Nine days of rain.", 8, at=54),
    ),
    answer_id="0a" * 16,
    conversation_id="c1",
    question="Why did it fail?",
)
OLDER = replace(
    answer(citation(1, "The third gate failed.", 7), replace(citation(2, "It is new.", 7), version=1)),
    answer_id="0b" * 16,
    question="And before?",
    created="2031-08-03T10:00:00+00:00",
)


def test_the_newest_answer_comes_first_with_its_quotes_from_each_version(catalog: Catalog) -> None:
    keep(catalog, TWICE)
    keep(catalog, OLDER)
    keep(catalog, replace(abstention(passage("Words of document 7.")), answer_id="0c" * 16))
    failed = Quote(100, 122, "The third gate failed.")
    assert page_of_citing(catalog, 7, 10)[0] == [
        CitingAnswer("0b" * 16, None, "And before?", OLDER.created, 2, (failed,)),
        CitingAnswer("0b" * 16, None, "And before?", OLDER.created, 1, (Quote(100, 110, "It is new."),)),
        CitingAnswer(
            "0a" * 16, "c1", "Why did it fail?", TWICE.created, 2, (Quote(20, 30, "It rusted."), failed)
        ),
    ]
    assert [found.answer_id for found in page_of_citing(catalog, 8, 10)[0]] == ["0a" * 16]
    assert [found.version for found in page_of_citing(catalog, 7, 1)[0]] == [2]
    assert page_of_citing(catalog, 9, 10)[0] == []


def test_a_deleted_document_is_still_cited(catalog: Catalog) -> None:
    catalog.commit([version("The third gate failed.")])
    number = catalog.documents()[0].document_id
    keep(catalog, answer(citation(1, "The third gate failed.", number)))
    before = page_of_citing(catalog, number, 10)[0]
    catalog.commit([], [number])
    assert page_of_citing(catalog, number, 10)[0] == before
    assert [found.answer_id for found in before] == ["0" * 32]


def made(number: int, conversation_id: str | None, question: str, quote: str = "Gate 3 failed.") -> Answer:
    return replace(
        answer(citation(number, quote)),
        answer_id=f"{number:032x}",
        conversation_id=conversation_id,
        question=question,
        created=f"2031-08-0{number}T10:00:00+00:00",
    )


DAM, GATES, RAIN, ALONE = (
    made(1, "c1", "Why did the dam fail?"),
    made(2, "c1", "And the gates?", "Bốn cửa xả LŨ bị hỏng."),
    made(3, "c2", "How much rain fell?", "It rained for nine days."),
    made(4, None, "Who asked?"),
)


@pytest.fixture
def kept(catalog: Catalog) -> Catalog:
    """The catalog with two conversations and a single answer."""
    for each in (DAM, GATES, RAIN, ALONE):
        keep(catalog, each)
    return catalog


def test_a_conversation_is_found_by_its_questions_and_answers_alone(kept: Catalog) -> None:
    """A search ignores passages, field names and sources."""
    found = {
        "dam": ["c1"],
        "lũ DAM": ["c1"],
        "rained nine": ["c2"],
        "abstained": [],
        "office": [],
        "asked": [],
    }
    for query, ids in found.items():
        assert [each.conversation_id for each in AnswerStore(kept).list_conversations(query)[0]] == ids


def test_the_json_of_a_conversation_contains_its_answers_byte_for_byte(kept: Catalog) -> None:
    AnswerStore(kept).name_conversation("c1", 'Dams, "gates"')
    text = conversation_json(kept, "c1")
    assert json.loads(text) == {
        "conversation_id": "c1",
        "name": 'Dams, "gates"',
        "named": True,
        "created": DAM.created,
        "updated": GATES.created,
        "shared": False,
        "answers": [json.loads(answer_json(DAM)), json.loads(answer_json(GATES))],
    }
    assert text.endswith(f'"answers":[{answer_json(DAM)},{answer_json(GATES)}]}}')
    with pytest.raises(ConversationNotFoundError):
        conversation_json(kept, "c3")


def test_a_backup_contains_answers_names_search_words_and_citations(kept: Catalog, tmp_path: Path) -> None:
    store = AnswerStore(kept)
    store.name_conversation("c1", "Dams")
    keep(kept, made(5, "c1", "What of the gates?"), replaces=GATES.answer_id)
    before = store.list_conversations(), page_of_citing(kept, 1, 10)
    back_up(tmp_path, tmp_path / "library.tar")
    store.delete_conversation("c1")
    assert [each.conversation_id for each in store.list_conversations()[0]] == ["c2"]
    restore(tmp_path, tmp_path / "library.tar")
    assert (store.list_conversations(), page_of_citing(kept, 1, 10)) == before
    assert [each.name for each in store.list_conversations("DAMS gates failed")[0]] == ["Dams"]
