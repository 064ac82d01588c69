"""``GET /v1/answers/{id}/suggestions``: what can be asked next, of an answer that is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.testclient import TestClient

from rag.engine import QueryEngine
from ui.app import create_app
from ui.http.suggestions import followed_in

DAM = (
    "The dam of Varda broke on Sunday. The council closed the third gate of the dam on Monday. "
    "Some 412 homes were destroyed."
)


def test_suggestions_are_answered_where_they_are_asked(
    library: Callable[[Mapping[str, str]], QueryEngine],
) -> None:
    engine = QueryEngine(library({"dam.txt": DAM}).index, keeps=True)
    with TestClient(create_app(engine.index, engine)) as client:
        asked = {"question": "When did the dam of Varda break?"}
        answer = client.post("/v1/chat", json=asked).json()
        response = client.get(f"/v1/answers/{answer['answer_id']}/suggestions")
        assert response.status_code == 200
        [*questions] = response.json()["questions"]
        assert questions
        for question in questions:
            follow_up = {"question": question, "conversation_id": answer["conversation_id"]}
            next_one = client.post("/v1/chat", json=follow_up).json()
            assert not next_one["abstained"]
            assert next_one["standalone"] is None


def test_what_was_found_is_given_again_after_the_same_answer_until_the_library_changes(
    library: Callable[[Mapping[str, str]], QueryEngine],
) -> None:
    engine = QueryEngine(library({"dam.txt": DAM}).index, keeps=True)
    first, second = (
        followed_in(engine, engine.ask("When did the dam of Varda break?").answer_id) for _ in range(2)
    )
    assert first.answer.answer_id != second.answer.answer_id
    assert (first, hash(first)) == (second, hash(second))
    other = followed_in(engine, engine.ask("How many homes were destroyed?").answer_id)
    assert other != first
    with TestClient(create_app(engine.index, engine)) as client:
        client.post("/v1/documents", files={"file": ("mill.txt", b"The mill of Orrin burned down.")})
    assert followed_in(engine, first.answer.answer_id) != first
