"""A library's own set has its current documents and its users' questions, and notes what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from index.documents import Document, Span
from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from rag.conversations.feedback import CitedEvidence, Feedback, Judgement, evidence_in
from rag.engine import QueryEngine
from rag.errors import DatasetError
from rag.evaluation import Configuration, Dataset, evaluate, read_dataset
from rag.evaluation.datasets import Evidence, Query, open_temporary
from rag.evaluation.library_set import ask_all, ask_without_subject, with_removable_subject, write_library_set
from tests.support.reports import write
from tests.support.sets import write_lines

DAM = "The dam of Varda broke on Sunday. Nobody was warned of it."
SHOES = "Shoes are made in Orrin by hand. Leather comes from Varda."


class Reports:
    """A library that follows a folder."""

    def __init__(self, folder: Path, index: Library) -> None:
        self.folder = folder
        self.index = index
        self.write("dam.txt", DAM)
        self.write("shoes.txt", SHOES)
        self.sync()

    def write(self, name: str, text: str) -> None:
        write(self.folder / "reports" / name, text)

    def sync(self) -> None:
        sync(self.index, [self.folder / "reports"])

    def evidence(self, path: str, quote: str) -> CitedEvidence:
        """The citation of a quote in the current version of a document."""
        [record] = [record for record in self.index.catalog.documents() if record.path == path]
        start = self.index.catalog.text(record.document_id).text.index(quote)
        return evidence_in(self.index, record.document_id, record.version, start, start + len(quote))

    def dataset(self, feedback: Sequence[Feedback] = (), *files: Path) -> tuple[Dataset, tuple[str, ...]]:
        notes = write_library_set(self.index, feedback, files, self.folder / "library")
        return read_dataset(self.folder / "library"), notes


@pytest.fixture
def reports(encoder: Encoder, tmp_path: Path) -> Iterator[Reports]:
    with Library.open(tmp_path / "home", encoder) as index:
        yield Reports(tmp_path, index)


def said(question: str, verdict: Judgement, *evidence: CitedEvidence) -> Feedback:
    return Feedback(question, verdict, evidence, None, "2031-05-06T07:08:09+00:00")


def test_the_set_has_the_current_documents_of_the_library(reports: Reports) -> None:
    reports.write("dam.txt", f"A correction. {DAM}")
    reports.sync()
    dataset, _ = reports.dataset([said("Why?", "unanswerable")])
    assert (dataset.name, list(dataset.documents)) == ("library", ["dam.txt", "shoes.txt"])
    for record in reports.index.catalog.documents():
        made, stored = dataset.documents[record.path], reports.index.catalog.text(record.document_id)
        assert (made.text, made.title, made.language) == (stored.text, stored.title, stored.language)


def test_each_judgement_labels_its_question(reports: Reports) -> None:
    sunday = reports.evidence("dam.txt", "The dam of Varda broke on Sunday.")
    leather = reports.evidence("shoes.txt", "Leather comes from Varda.")
    judged = [
        said("WHEN did  it break?", "unanswerable"),
        said("When did it break?", "right", sunday),
        said("Where is leather from?", "wrong", leather),
        said("Who is mayor?", "unanswerable"),
        said("Was anybody warned?", "right"),
    ]
    dataset, notes = reports.dataset(judged)
    assert notes == ("left out: questions that a file or later feedback repeats (1)",), "the latest wins"
    assert [(query.text, query.answerable, query.has_gold) for query in dataset.queries[::-1]] == [
        ("When did it break?", True, True),
        ("Where is leather from?", True, True),
        ("Who is mayor?", False, False),
        ("Was anybody warned?", True, False),
    ]
    broke, leather_from, *_ = dataset.queries[::-1]
    assert (broke.evidence, broke.judged) == ((Evidence("dam.txt", Span(0, 33)),), {"dam.txt": 1})
    assert leather_from.evidence == (Evidence("shoes.txt", Span(33, 58)),)


def test_evidence_moves_with_its_words_if_they_occur_once(reports: Reports) -> None:
    moved = reports.evidence("dam.txt", "Nobody was warned of it.")
    doubled = reports.evidence("shoes.txt", "Leather comes from Varda.")
    reports.write("dam.txt", f"A correction of an earlier report. {DAM}")
    reports.write("shoes.txt", "Leather comes from Varda. Leather comes from Varda.")
    reports.sync()
    dataset, notes = reports.dataset(
        [said("Who was warned?", "right", moved, doubled), said("Leather?", "right", doubled)]
    )
    [query] = dataset.queries
    [evidence] = query.evidence
    assert evidence.span.of(dataset.documents["dam.txt"].text) == "Nobody was warned of it."
    assert evidence.span.start > moved.start
    assert notes == (
        "left out: pieces of evidence whose words no longer occur exactly once (2)",
        "left out: questions without remaining evidence (1)",
    )


def test_evidence_of_a_removed_document_is_left_out(reports: Reports) -> None:
    gone = reports.evidence("shoes.txt", "Leather comes from Varda.")
    (reports.folder / "reports" / "shoes.txt").unlink()
    reports.sync()
    dataset, notes = reports.dataset([said("Leather?", "right", gone), said("Who?", "unanswerable")])
    assert [query.text for query in dataset.queries] == ["Who?"]
    assert notes == (
        "left out: pieces of evidence whose document is not in the library (1)",
        "left out: questions without remaining evidence (1)",
    )


def test_files_of_questions_come_first_and_keep_their_answers(reports: Reports, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {
            "_id": "x",
            "text": "When did it break?",
            "answerable": True,
            "answers": ["Sunday"],
            "evidence": [{"document": "dam.txt", "start": 26, "end": 32, "text": "Sunday"}],
        },
        {
            "_id": "y",
            "text": "Who makes shoes?",
            "document": "shoes.txt",
            "evidence": [{"start": 99, "end": 105, "text": "robots"}],
        },
    ]
    file = write_lines(tmp_path / "mine.jsonl", rows)
    dataset, notes = reports.dataset([said("WHEN did it break?", "unanswerable")], file)
    [query] = dataset.queries
    assert (query.answerable, query.answers) == (True, ("Sunday",))
    assert query.evidence == (Evidence("dam.txt", Span(26, 32)),)
    assert [note.removeprefix("left out: ")[:24] for note in notes] == [
        "pieces of evidence whose",
        "questions that a file or",
        "questions without remain",
    ]


def test_a_wrong_question_is_named(reports: Reports, tmp_path: Path) -> None:
    cannot = "its evidence cannot be used ("
    wrong: list[tuple[dict[str, object], str]] = [
        ({"_id": "x"}, "the field text is missing or empty; give it a text"),
        ({"text": "Why?", "evidence": [{"start": 1, "end": 2}]}, f"{cannot}'text'); write "),
        ({"text": "Why?", "evidence": ["dam.txt"]}, cannot),
    ]
    for row, cause in wrong:
        file = write_lines(tmp_path / "mine.jsonl", [{"text": "Who?", "answerable": False}, row])
        with pytest.raises(DatasetError) as raised:
            reports.dataset([], file)
        assert str(raised.value).startswith(f"{file}, line 2: {cause}")


def test_a_set_without_questions_is_an_error_with_the_reasons(reports: Reports) -> None:
    with pytest.raises(DatasetError) as raised:
        reports.dataset([said("When?", "wrong")])
    assert str(raised.value) == (
        "the library has no questions to evaluate (left out: judgements of wrong answers without the "
        "right evidence (1)); judge answers with POST /v1/feedback, or name a file of questions"
    )


def test_the_same_path_in_two_folders_has_two_names(reports: Reports, tmp_path: Path) -> None:
    write(tmp_path / "more" / "dam.txt", "Another dam held all winter.")
    sync(reports.index, [tmp_path / "more"])
    [other] = [record for record in reports.index.catalog.documents() if record.source.endswith("/more")]
    evidence = evidence_in(reports.index, other.document_id, 1, 0, 11)
    dataset, _ = reports.dataset([said("Which held?", "right", evidence)])
    assert sorted(dataset.documents) == [
        f"{tmp_path}/more/dam.txt",
        f"{tmp_path}/reports/dam.txt",
        "shoes.txt",
    ]
    assert dataset.queries[0].evidence == (Evidence(f"{tmp_path}/more/dam.txt", Span(0, 11)),)


def test_the_set_can_be_evaluated(reports: Reports, encoder: Encoder, tmp_path: Path) -> None:
    evidence = reports.evidence("dam.txt", "The dam of Varda broke on Sunday.")
    dataset, _ = reports.dataset([said("When did the dam of Varda break?", "right", evidence)])
    measured = evaluate(dataset, Configuration(), tmp_path, encoder=encoder).as_dict()
    assert json.loads(json.dumps(measured))["selection"]["first_correct"]["value"] == 1
    assert measured["retrieval"]["fused"]["recall@1"]["value"] == 1


DOCUMENTS = {
    "dam": Document("The dam of Varda broke on Sunday at dawn. Nobody was warned.", "Dam", "text", "en"),
    "dam again": Document("In Varda the dam broke on a Sunday, says the council.", "Dam", "text", "en"),
    "shoes": Document("Shoes are made in Orrin by hand, and sold in Varda.", "Shoes", "text", "en"),
    "untitled": Document("Leather is bought in Harlamoor every spring.", "", "text", "en"),
}
WHEN = Query("q1", "When did the dam of Varda break?", judged={"dam": 1})
DATASET = Dataset("set", DOCUMENTS, (WHEN,))


@pytest.fixture(scope="module")
def engine(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueryEngine]:
    index: Library
    with open_temporary(DOCUMENTS, Configuration(), encoder, tmp_path_factory.mktemp("indexes")) as index:
        yield QueryEngine(index)


def test_without_the_subject_no_document_of_its_title_is_read(engine: QueryEngine) -> None:
    told: list[tuple[str, int, int]] = []
    [whole] = ask_all(engine, [WHEN])
    [item] = ask_without_subject(engine, DATASET, [WHEN], lambda *stage: told.append(stage))
    assert {"dam", "dam again"} <= {passage.path for passage in whole.answer.passages}
    assert {passage.path for passage in item.answer.passages} == {"shoes", "untitled"}
    assert (item.query, item.answer.question) == (WHEN, WHEN.text)
    assert item.answerability < whole.answerability
    assert told == [("asking again", 1, 1)]


@pytest.mark.parametrize(
    ("query", "removable"),
    [
        (WHEN, True),
        (Query("q", "?", answerable=True, judged={"shoes": 1, "dam": 2}), True),
        (Query("q", "?", answerable=False, judged={"dam": 1}), False),
        (Query("q", "?", judged={"dam": 0}), False),
        (Query("q", "?"), False),
        (Query("q", "?", judged={"untitled": 1}), False),
        (Query("q", "?", judged={"untitled": 1, "dam": 1}), False),
    ],
)
def test_a_subject_can_be_removed_if_its_documents_have_titles(query: Query, *, removable: bool) -> None:
    dataset = Dataset("set", DOCUMENTS, (query,))
    assert list(with_removable_subject(dataset)) == ([query] if removable else [])


def test_a_library_with_one_title_has_no_removable_subject() -> None:
    alone = Dataset("set", {name: DOCUMENTS[name] for name in ("dam", "dam again")}, (WHEN,))
    assert list(with_removable_subject(alone)) == []


def test_at_most_600_questions_are_asked_twice_spread_over_the_set() -> None:
    queries = tuple(Query(f"q{number}", "?", judged={"dam": 1}) for number in range(1200))
    kept = with_removable_subject(Dataset("set", DOCUMENTS, queries))
    assert [query.id for query in kept] == [f"q{number}" for number in range(0, 1200, 2)]
