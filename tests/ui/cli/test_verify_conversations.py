"""``verify`` checks an exported conversation: unchanged, edited, and after it went on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from rag.answers import Answer
from rag.conversations.answers import (
    conversation_json,
    sound_conversation,
)
from rag.conversations.history import continue_conversation
from rag.conversations.store import AnswerStore
from rag.engine import QueryEngine
from tests.support.reports import write
from ui.cli.export import verify_file
from ui.export import FORMATS, digests_of, export_conversation

GATE = "The council of Varda closed the third gate of the dam on 4 May, and 120 families left."
RAIN = "It rained in Varda for nine days in June."
QUESTIONS = (
    "When did the council of Varda close the third gate of the dam?",
    "Who won the football match in Madrid?",
    "For how many days did it rain in Varda in June?",
    "When did the council of Varda close the third gate of the dam?",
)

each_format = pytest.mark.parametrize("suffix", [form.suffix for form in FORMATS])


@pytest.fixture
def index(encoder: Encoder, loading: Isolated, tmp_path: Path) -> Library:
    write(tmp_path / "reports" / "dam.txt", f"Report of the dam\n\n{GATE}\n\nThe weather was fair.")
    write(tmp_path / "reports" / "rain.txt", f"Report of the rain\n\n{RAIN}\n\nThe dam held.")
    opened = Library.open(tmp_path / "home", encoder)
    sync(opened, [tmp_path / "reports"], reader=loading)
    return opened


@pytest.fixture
def asked(index: Library) -> list[Answer]:
    """The answers of a conversation; one question has no answer, and one is asked twice."""
    engine = QueryEngine(index, keeps=True)
    answers = [engine.ask(QUESTIONS[0], conversation=continue_conversation(index.catalog))]
    for question in QUESTIONS[1:]:
        follows = continue_conversation(index.catalog, answers[0].conversation_id)
        answers.append(engine.ask(question, conversation=follows))
    assert [[cited.quote for cited in made.citations] for made in answers] == [[GATE], [], [RAIN], [GATE]]
    return answers


@pytest.fixture
def file_of(index: Library, asked: list[Answer], tmp_path: Path) -> Callable[[str], Path]:
    own_id = str(asked[0].conversation_id)

    def written(suffix: str) -> Path:
        file = tmp_path / f"conversation.{suffix}"
        if suffix == "json":
            file.write_text(conversation_json(index.catalog, own_id), encoding="utf-8")
            return file
        form = next(each for each in FORMATS if each.suffix == suffix)
        answers = sound_conversation(index.catalog, own_id)
        file.write_bytes(
            export_conversation(own_id, "Varda", answers, form, digests_of(index.catalog, *answers))
        )
        return file

    return written


@pytest.mark.parametrize("suffix", ["md", "html", "docx", "json"])
def test_what_was_exported_holds(index: Library, file_of: Callable[[str], Path], suffix: str) -> None:
    verified = verify_file(index.catalog, file_of(suffix))
    assert (verified.holds, verified.answers, verified.problems) == (True, 4, ())
    assert [each.words for each in verified.sentences] == [GATE, RAIN, GATE]
    # Word has a footnote for each mark.
    notes = [GATE, RAIN, GATE] if suffix == "docx" else [GATE, RAIN]
    assert [each.words for each in verified.footnotes] == notes
    assert verified.as_dict()["answers"] == 4


@each_format
def test_it_holds_when_the_conversation_has_gone_on_was_renamed_and_when_it_is_gone(
    index: Library, asked: list[Answer], file_of: Callable[[str], Path], suffix: str
) -> None:
    file, own_id = file_of(suffix), str(asked[0].conversation_id)
    engine = QueryEngine(index, keeps=True)
    engine.ask(QUESTIONS[2], conversation=continue_conversation(index.catalog, own_id))
    AnswerStore(index.catalog).name_conversation(own_id, "Another name")
    engine.ask("And in May?", conversation=continue_conversation(index.catalog, replaces=asked[2].answer_id))
    assert verify_file(index.catalog, file).holds
    AnswerStore(index.catalog).delete(asked[0].answer_id)
    assert verify_file(index.catalog, file).holds
    AnswerStore(index.catalog).delete_conversation(own_id)
    assert verify_file(index.catalog, file).holds


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("suffix", ["md", "html"])
def test_an_edited_sentence_and_an_edited_question_are_found(
    index: Library, file_of: Callable[[str], Path], suffix: str
) -> None:
    file = file_of(suffix)
    edit(file, "for nine days in June.", "for ten days in June.")
    edit(file, "Who won", "Who lost")
    verified = verify_file(index.catalog, file)
    assert [each.problems for each in verified.sentences] == [
        (),
        ("is not supported by what it cites: ten days is not in the cited sentence, which has nine days",),
        (),
    ]
    assert verified.problems == (
        f"answer 2: its question is not the one that was asked: “{QUESTIONS[1]}”",
        "answer 3: its sentences are not those of the answer that the library keeps; export it again",
    )
    assert all(each.holds for each in verified.footnotes)


@each_format
def test_a_document_that_went_fails_each_answer_that_cites_it(
    index: Library, file_of: Callable[[str], Path], suffix: str, tmp_path: Path
) -> None:
    file = file_of(suffix)
    (tmp_path / "reports" / "dam.txt").unlink()
    sync(index, [tmp_path / "reports"])
    verified = verify_file(index.catalog, file)
    assert [each.holds for each in verified.sentences] == [False, True, False]
    assert verified.footnotes[0].problems == (
        "document 1, version 1 is not in the library; it may have been removed",
    )


@each_format
def test_a_version_that_is_cited_before_and_after_it_was_superseded_holds(
    index: Library, asked: list[Answer], file_of: Callable[[str], Path], suffix: str, tmp_path: Path
) -> None:
    write(tmp_path / "reports" / "dam.txt", f"Report of the dam\n\n{GATE}\n\nIt was a fair day.")
    sync(index, [tmp_path / "reports"])
    engine, own_id = QueryEngine(index, keeps=True), str(asked[0].conversation_id)
    again = engine.ask(QUESTIONS[0], conversation=continue_conversation(index.catalog, own_id))
    assert [(cited.id, cited.version) for cited in again.citations] == [(3, 2)], (
        "another version, another number"
    )
    verified = verify_file(index.catalog, file_of(suffix))
    assert (verified.holds, verified.answers) == (True, 5)
    assert verified.footnotes[0].remarks == ("the library now has version 2",)
