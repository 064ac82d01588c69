"""Sets are read from both layouts; an error names the file and the line."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from index.documents import Document, Span
from rag.errors import DatasetError, JsonLinesError
from rag.evaluation.datasets import Claim, Evidence, read_dataset
from tests.support.sets import HEADER, write_beir, write_lines

SEEDS = Path(__file__).parents[3] / "seeds"
DAM = "The dam of Varda broke at dawn on Sunday. Nobody in the valley was warned before the water came."
SHOES = "Shoes are made in Orrin by hand. The council pays for the leather and for the thread that it takes."
CORPUS = {"d1": ("Dam", DAM), "d2": ("", SHOES)}
QUERY = {"_id": "q1", "text": "When did the dam break?"}


def beir(folder: Path, *queries: dict[str, Any], judgements: tuple[str, ...] = ()) -> Path:
    return write_beir(folder, CORPUS, queries or (QUERY,), judgements)


class TestBeir:
    def test_documents_questions_and_judgements_are_read(self, tmp_path: Path) -> None:
        judgements = ("q1\td1\t2", "q1\td2\t0", "q2\td2\t1")
        folder = beir(tmp_path / "set", QUERY, {"_id": 2, "text": "Shoes?"}, judgements=judgements)
        dataset = read_dataset(folder)
        assert (dataset.name, dataset.notes, dataset.claims) == ("set", (), ())
        assert dataset.documents == {
            "d1": Document(DAM, "Dam", "text", "en"),
            "d2": Document(SHOES, "", "text", "en"),
        }
        first, second = dataset.queries
        assert (first.id, first.text, first.answerable, first.has_gold) == ("q1", QUERY["text"], None, False)
        assert (first.judged, first.relevant, first.about) == ({"d1": 2, "d2": 0}, ("d1",), "d1")
        assert (second.id, second.judged) == ("2", None), "ids are texts, and so are those of the judgements"

    def test_a_compressed_corpus_and_a_stated_language_are_read(self, tmp_path: Path) -> None:
        folder = beir(tmp_path)
        corpus = folder / "corpus.jsonl"
        lines = corpus.read_text() + '{"_id": "d3", "text": "Der Damm brach.", "language": "de"}\n'
        (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
        corpus.unlink()
        documents = read_dataset(folder).documents
        assert [document.language for document in documents.values()] == ["en", "en", "de"]
        assert documents["d3"].title == ""

    @pytest.mark.parametrize(
        ("fields", "answers"),
        [
            ({"answers": ["Sunday", "", " "]}, ("Sunday",)),
            ({"answers": [""]}, ()),
            ({"answers": "at dawn"}, ("at dawn",)),
            ({"answer": ["5", "6"], "answer_type": "multi-span"}, ("5", "6")),
            ({"answer": ["11"], "answer_type": "arithmetic"}, ()),
            ({"answer": "At dawn, they say.", "selected_sentences": ["It broke at dawn."]}, ()),
            ({"answer": "at dawn"}, ("at dawn",)),
        ],
    )
    def test_only_answers_that_occur_in_the_text_are_read(
        self, tmp_path: Path, fields: dict[str, Any], answers: tuple[str, ...]
    ) -> None:
        [query] = read_dataset(beir(tmp_path, QUERY | fields)).queries
        assert query.answers == answers
        assert query.has_gold == bool(answers or fields.get("selected_sentences"))

    def test_an_unanswerable_question_has_no_gold_and_is_about_its_document(self, tmp_path: Path) -> None:
        [query] = read_dataset(beir(tmp_path, QUERY | {"answerable": False, "doc": "d2"})).queries
        assert (query.answerable, query.has_gold, query.about, query.judged) == (False, False, "d2", None)

    def test_judgements_of_missing_documents_are_left_out_and_named(self, tmp_path: Path) -> None:
        dataset = read_dataset(beir(tmp_path, judgements=("q1\td9\t1", "q1\td1\t1", "q1\td8\t1")))
        assert dataset.queries[0].judged == {"d1": 1}
        assert dataset.notes == (
            "2 judgements of qrels.tsv are left out, because the corpus lacks their documents: d9, d8",
        )

    def test_without_judgements_documents_with_evidence_are_relevant(self, tmp_path: Path) -> None:
        evidence = [{"document": "d1", "start": 26, "end": 30, "text": "dawn"}]
        folder = beir(tmp_path, QUERY | {"evidence": evidence})
        (folder / "qrels.tsv").unlink()
        dataset = read_dataset(folder)
        assert dataset.queries[0].judged == {"d1": 1}
        assert dataset.notes == (
            "qrels.tsv is missing: retrieval is judged by the questions' evidence alone",
        )

    def test_evidence_is_found_at_the_only_occurrence_of_its_words(self, tmp_path: Path) -> None:
        evidence = [
            {"document": "d1", "start": 0, "end": 7, "text": "The dam"},
            {"document": "d1", "start": 3, "end": 9, "text": "Sunday"},
            {"document": "d1", "start": 3, "end": 6, "text": "the"},
            {"document": "d1", "start": 3, "end": 6, "text": "gone"},
            {"document": "d3", "start": 0, "end": 3, "text": "The"},
        ]
        dataset = read_dataset(beir(tmp_path, QUERY | {"evidence": evidence}))
        assert dataset.queries[0].evidence == (
            Evidence("d1", Span(0, 7)),
            Evidence("d1", Span(34, 40)),
        )
        assert dataset.notes == (
            (
                "3 pieces of evidence of queries.jsonl are left out, because no document has them at their "
                "place: line 1 in d1, line 1 in d3"
            ),
        )

    def test_rationales_are_claims_and_gold_sentences(self, tmp_path: Path) -> None:
        folder = beir(tmp_path, judgements=("q1\td1\t1",))
        sentences = b'{"_id": "d1", "sentences": ["The dam broke. ", "Nobody was warned."]}\n'
        (folder / "corpus_sentences.jsonl.gz").write_bytes(gzip.compress(sentences))
        evidence = [
            {"doc_id": "d1", "label": "SUPPORT", "sentences": [0]},
            {"doc_id": "d1", "label": "CONTRADICT", "sentences": [0, 1]},
            {"doc_id": "d7", "label": "SUPPORT", "sentences": [0]},
        ]
        write_lines(folder / "evidence.jsonl", [{"_id": "q1", "claim": "It broke.", "evidence": evidence}])
        dataset = read_dataset(folder)
        assert dataset.claims == (
            Claim("q1", "It broke.", "d1", True, ("The dam broke.",)),
            Claim("q1", "It broke.", "d1", False, ("The dam broke.", "Nobody was warned.")),
        )
        assert dataset.queries[0].sentences == ("The dam broke.", "The dam broke.", "Nobody was warned.")


class TestFolder:
    def test_the_seed_reports_are_a_data_set(self) -> None:
        dataset = read_dataset(SEEDS)
        assert (dataset.name, len(dataset.documents), len(dataset.queries)) == ("seeds", 7, 67)
        assert dataset.notes == ()
        first = dataset.queries[0]
        [evidence] = first.evidence
        text = dataset.documents[evidence.document].text
        assert evidence.span.of(text) == "More than a thousand suspects were arrested within three days"
        assert (first.judged, first.about) == ({"cambodia-scam-raids.md": 1}, "cambodia-scam-raids.md")
        assert {query.answerable for query in dataset.queries} == {True, False}

    def test_an_unreadable_document_is_named_and_the_others_are_read(self, tmp_path: Path) -> None:
        (tmp_path / "dam.txt").write_text(DAM)
        (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing more")
        write_lines(tmp_path / "questions.jsonl", [QUERY])
        dataset = read_dataset(tmp_path)
        assert list(dataset.documents) == ["dam.txt"]
        [note] = dataset.notes
        assert note.startswith("broken.pdf is left out: ")


class TestErrors:
    def fails(self, folder: Path) -> str:
        with pytest.raises((DatasetError, JsonLinesError)) as raised:
            read_dataset(folder)
        return str(raised.value)

    def test_a_missing_folder_and_an_unknown_layout_have_different_errors(self, tmp_path: Path) -> None:
        assert self.fails(tmp_path / "x") == (
            f"{tmp_path}/x is not a folder; give the path of a folder with a data set"
        )
        assert self.fails(tmp_path) == (
            f"{tmp_path} is not a data set; it needs corpus.jsonl (or corpus.jsonl.gz), queries.jsonl and "
            "qrels.tsv, or documents and questions.jsonl"
        )

    @pytest.mark.parametrize(
        ("query", "cause"),
        [
            ({"text": "Why?"}, "the field _id is missing or empty; give it a text"),
            ({"_id": "q2", "text": " "}, "the field text is missing or empty; give it a text"),
            (QUERY, "the _id 'q1' occurs twice; make ids unique"),
            ({"_id": "q2", "text": "Why?", "answerable": "no"}, "answerable is 'no'; write true or false"),
            (
                {"_id": "q2", "text": "why " * 600},
                "the question has 2,399 characters, more than the 2,000 that can be read; shorten it",
            ),
            (
                {"_id": "q2", "text": "Why?", "evidence": [{"start": 1}]},
                (
                    "evidence is {'start': 1}; write {document, start, end, text} with start and end as "
                    "numbers of characters"
                ),
            ),
        ],
    )
    def test_a_wrong_question_is_named_by_its_line(
        self, tmp_path: Path, query: dict[str, Any], cause: str
    ) -> None:
        assert self.fails(beir(tmp_path, QUERY, query)) == f"{tmp_path}/queries.jsonl, line 2: {cause}"

    def test_a_malformed_line_is_named(self, tmp_path: Path) -> None:
        folder = beir(tmp_path)
        (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "Why?"}\n{"_id"')
        assert self.fails(folder).startswith(f"{tmp_path}/queries.jsonl, line 2: the line is not JSON (")

    def test_a_duplicate_document_id_is_named(self, tmp_path: Path) -> None:
        write_lines(beir(tmp_path) / "corpus.jsonl", [{"_id": "d", "text": "A dam."}] * 2)
        assert self.fails(tmp_path) == (
            f"{tmp_path}/corpus.jsonl, line 2: the _id 'd' occurs twice; make ids unique"
        )

    @pytest.mark.parametrize("row", ["q1 d1 1", "q1\td1", "q1\td1\thigh"])
    def test_a_wrong_judgement_is_named(self, tmp_path: Path, row: str) -> None:
        folder = beir(tmp_path)
        (folder / "qrels.tsv").write_text(f"{HEADER}\nq1\td1\t1\n{row}\n")
        assert self.fails(folder) == (
            f"{tmp_path}/qrels.tsv, line 3: {row!r} is not query-id, corpus-id and an integer score, "
            "separated by tabs; correct or remove the line"
        )

    def test_an_empty_set_is_refused(self, tmp_path: Path) -> None:
        folder = beir(tmp_path)
        (folder / "queries.jsonl").write_text("\n")
        assert self.fails(folder) == f"{tmp_path} has no question; add some, then try again"
        (folder / "corpus.jsonl").write_text("")
        assert self.fails(folder) == f"{tmp_path} has no readable document; add some, then try again"
