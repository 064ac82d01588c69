"""Sets, configurations and JSON Lines are read; an error names file, line and remedy."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Document, Span
from index.embedding.encoder import Encoder
from rag.answer_limits import AnswerLimits
from rag.errors import ConfigurationError, DatasetError, JsonLinesError
from rag.evaluation.datasets import (
    Claim,
    Configuration,
    Dataset,
    Evidence,
    Query,
    choose,
    locate,
    open_temporary,
    part_of,
    read_configuration,
    read_dataset,
    read_json_lines,
    settings_of,
    spread,
)
from tests.support.reports import Watched, paths
from tests.support.sets import HEADER, write_beir, write_lines

TITLES = [f"Title {number}" for number in range(40)]
DATASET = Dataset(
    "set",
    {title: Document("A dam.", title, "text") for title in TITLES},
    tuple(Query(f"q{number}", "Why?", about=title) for number, title in enumerate(TITLES)),
    (Claim("q0", "A dam.", "Title 0", True, ()), Claim("q5", "A dam.", "Title 5", True, ())),
)


def test_a_limit_takes_questions_and_their_claims_evenly_from_the_whole_set() -> None:
    assert [query.id for query in choose(DATASET, 4).queries] == ["q0", "q10", "q20", "q30"]
    assert [claim.query for claim in choose(DATASET, 4).claims] == ["q0"]
    assert choose(DATASET, 40) == choose(DATASET, 99) == choose(DATASET) == DATASET


@given(st.integers(1, 60), st.integers(1, 80))
def test_a_spread_keeps_the_order_and_has_the_size(count: int, limit: int) -> None:
    kept = [int(query.id) for query in spread([Query(str(number), "Why?") for number in range(count)], limit)]
    assert kept == sorted(set(kept))
    assert len(kept) == min(count, limit)
    gaps = {after - before for before, after in itertools.pairwise(kept)}
    assert max(gaps, default=0) - min(gaps, default=0) <= 1


def test_held_out_questions_have_titles_of_the_test_part() -> None:
    expected = [title for title in TITLES if part_of(title) == "test"]
    assert 0 < len(expected) < len(TITLES)
    assert [query.about for query in choose(DATASET, held_out=True).queries] == expected
    learned = tuple(query for query in DATASET.queries if part_of(query.about or "") != "test")
    with pytest.raises(
        DatasetError, match=r"^set has no question in the held-out part; .*without --held-out$"
    ):
        choose(replace(DATASET, queries=learned), held_out=True)
    dataset = replace(DATASET, documents={"d": Document("", "", "text"), "e": Document("", "E", "text")})
    asked = [Query("q", "Why?", about="e"), Query("q", "Why?", about="d"), Query("q", "Why?")]
    assert [dataset.title_of(query) for query in asked] == ["E", "d", "q"]


@pytest.mark.parametrize(
    ("start", "end", "quote", "span"),
    [
        (4, 7, "dam", Span(4, 7)),
        (4, 7, None, Span(4, 7)),
        (0, 3, "dam", Span(4, 7)),
        (0, 3, "Two", Span(14, 17)),
        (0, 4, "held", None),
        (4, 7, "sea", None),
        (14, 99, None, None),
        (3, 3, "", None),
        (-4, 2, "Two", Span(14, 17)),
    ],
)
def test_a_quote_is_at_its_offsets_or_occurs_once(
    start: int, end: int, quote: str | None, span: Span | None
) -> None:
    document = Document("One dam held. Two held.", "T", "text")
    assert locate(document, start, end, quote) == span


SEEDS = Path(__file__).parents[3] / "seeds"
DAM = "The dam of Varda broke at dawn on Sunday. Nobody in the valley was warned before the water came."
SHOES = "Shoes are made in Orrin by hand. The council pays for the leather and for the thread that it takes."
CORPUS = {"d1": ("Dam", DAM), "d2": ("", SHOES)}
QUERY = {"_id": "q1", "text": "When did the dam break?"}


def beir(folder: Path, *queries: dict[str, Any], judgements: Sequence[str] = ()) -> Path:
    return write_beir(folder, CORPUS, queries or (QUERY,), judgements)


def test_documents_questions_and_judgements_are_read(tmp_path: Path) -> None:
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


def test_a_compressed_corpus_and_a_stated_language_are_read(tmp_path: Path) -> None:
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
def test_only_answers_in_the_text_are_read(
    tmp_path: Path, fields: dict[str, Any], answers: tuple[str, ...]
) -> None:
    [query] = read_dataset(beir(tmp_path, QUERY | fields)).queries
    assert query.answers == answers
    assert query.has_gold == bool(answers or fields.get("selected_sentences"))


def test_an_unanswerable_question_has_no_gold_and_is_about_its_document(tmp_path: Path) -> None:
    [query] = read_dataset(beir(tmp_path, QUERY | {"answerable": False, "doc": "d2"})).queries
    assert (query.answerable, query.has_gold, query.about, query.judged) == (False, False, "d2", None)


def test_judgements_of_missing_documents_are_left_out_and_named(tmp_path: Path) -> None:
    dataset = read_dataset(beir(tmp_path, judgements=[f"q1\td{number}\t1" for number in (9, 1, 8, 7, 9, 6)]))
    assert dataset.queries[0].judged == {"d1": 1}
    left_out = "5 judgements of qrels.tsv are left out, because the corpus lacks their documents: "
    assert dataset.notes == (f"{left_out}d9, d8, d7 and 1 more",)


def test_evidence_is_found_at_the_only_occurrence_of_its_words(tmp_path: Path) -> None:
    evidence = [
        {"document": "d1", "start": 0, "end": 7, "text": "The dam"},
        {"document": "d1", "start": 3, "end": 9, "text": "Sunday"},
        {"document": "d1", "start": 3, "end": 6, "text": "the"},
        {"document": "d1", "start": 3, "end": 6, "text": "gone"},
        {"document": "d3", "start": 0, "end": 3, "text": "The"},
    ]
    (beir(tmp_path, QUERY | {"evidence": evidence}) / "qrels.tsv").unlink()
    dataset = read_dataset(tmp_path)
    assert dataset.queries[0].evidence == (Evidence("d1", Span(0, 7)), Evidence("d1", Span(34, 40)))
    assert dataset.queries[0].judged == {"d1": 1}, "without judgements, documents with evidence are relevant"
    assert sorted(dataset.notes) == [
        (
            "3 pieces of evidence of queries.jsonl are left out, because no document has them at their "
            "place: line 1 in d1, line 1 in d3"
        ),
        "qrels.tsv is missing: retrieval is judged by the questions' evidence alone",
    ]


def test_rationales_are_claims_and_gold_sentences(tmp_path: Path) -> None:
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


def test_the_seed_reports_are_a_data_set() -> None:
    dataset = read_dataset(SEEDS)
    assert (dataset.name, len(dataset.documents), len(dataset.queries)) == ("seeds", 7, 67)
    assert dataset.notes == ()
    first = dataset.queries[0]
    [evidence] = first.evidence
    text = dataset.documents[evidence.document].text
    assert evidence.span.of(text) == "More than a thousand suspects were arrested within three days"
    assert (first.judged, first.about) == ({"cambodia-scam-raids.md": 1}, "cambodia-scam-raids.md")
    assert {query.answerable for query in dataset.queries} == {True, False}


def test_an_unreadable_document_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "dam.txt").write_text(DAM)
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    write_lines(tmp_path / "questions.jsonl", [QUERY])
    dataset = read_dataset(tmp_path)
    assert list(dataset.documents) == ["dam.txt"]
    [note] = dataset.notes
    assert note.startswith("broken.pdf is left out: ")


def fails(folder: Path) -> str:
    with pytest.raises((DatasetError, JsonLinesError)) as raised:
        read_dataset(folder)
    return str(raised.value)


def test_a_missing_folder_and_an_unknown_layout_have_different_errors(tmp_path: Path) -> None:
    assert fails(tmp_path / "x") == (
        f"{tmp_path}/x is not a folder; give the path of a folder with a data set"
    )
    assert fails(tmp_path) == (
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
        ({"_id": "q2", "text": "why " * 600},
         "the question has 2,399 characters, more than the 2,000 that can be read; shorten it"),
        (
            {"_id": "q2", "text": "Why?", "evidence": [{"start": 1}]},
            (
                "evidence is {'start': 1}; write {document, start, end, text} with start and end as "
                "numbers of characters"
            ),
        ),
    ],
)  # fmt: skip
def test_a_wrong_question_is_named_by_its_line(tmp_path: Path, query: dict[str, Any], cause: str) -> None:
    assert fails(beir(tmp_path, QUERY, query)) == f"{tmp_path}/queries.jsonl, line 2: {cause}"


def test_a_duplicate_document_id_is_named(tmp_path: Path) -> None:
    write_lines(beir(tmp_path) / "corpus.jsonl", [{"_id": "d", "text": "A dam."}] * 2)
    assert fails(tmp_path) == (f"{tmp_path}/corpus.jsonl, line 2: the _id 'd' occurs twice; make ids unique")


@pytest.mark.parametrize("row", ["q1 d1 1", "q1\td1", "q1\td1\thigh"])
def test_a_wrong_judgement_is_named(tmp_path: Path, row: str) -> None:
    folder = beir(tmp_path)
    (folder / "qrels.tsv").write_text(f"{HEADER}\nq1\td1\t1\n{row}\n")
    assert fails(folder) == (
        f"{tmp_path}/qrels.tsv, line 3: {row!r} is not query-id, corpus-id and an integer score, "
        "separated by tabs; correct or remove the line"
    )


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    folder = beir(tmp_path)
    (folder / "queries.jsonl").write_text("\n")
    assert fails(folder) == f"{tmp_path} has no question; add some, then try again"
    (folder / "corpus.jsonl").write_text("")
    assert fails(folder) == f"{tmp_path} has no readable document; add some, then try again"


def test_lines_have_numbers_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"a": "é"}\n\n{"b": [1]}\n', encoding="utf-8")
    assert list(read_json_lines(file)) == [(1, {"a": "é"}), (3, {"b": [1]})]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b'{"a": 1}\n{"b": }\n', "line 2: the line is not JSON (Expecting value at character 6); "),
        (b'{"a": 1}\n\n[1]\n', "line 3: the line is a list, not a JSON object; "),
        (b'{"a": "\xff"}\n', "cannot be read: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, content: bytes, cause: str) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(content)
    with pytest.raises(JsonLinesError) as raised:
        list(read_json_lines(file))
    assert str(raised.value).startswith(str(file))
    assert cause in str(raised.value)


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b'{"a": 1}\n' * 100, mtime=0)[:-12]])
def test_a_damaged_archive_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(content)
    with pytest.raises(
        JsonLinesError, match=r"cannot be read: .*; give a readable file in UTF-8, packed with gzip"
    ):
        list(read_json_lines(file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(JsonLinesError, match=r"none\.jsonl cannot be read: No such file or directory; "):
        list(read_json_lines(tmp_path / "none.jsonl"))


def test_a_file_sets_its_keys_and_names_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "wide.toml"
    file.write_text('dense_weight = 1\nmax_chunk_tokens = 80\nreader = "other"\nthreshold = 0.25\n')
    base = Configuration(model="some-model")
    assert read_configuration(str(file), base) == Configuration(
        "wide",
        "some-model",
        "other",
        max_chunk_tokens=80,
        limits=AnswerLimits(dense_weight=1, threshold=0.25),
    )


def test_default_and_an_empty_file_change_nothing(tmp_path: Path) -> None:
    base = Configuration(model="some-model")
    assert read_configuration("default", base) is base
    (tmp_path / "same.toml").touch()
    assert read_configuration(str(tmp_path / "same.toml")) == Configuration("same")


def test_settings_are_every_key_with_its_value() -> None:
    assert dict(settings_of(Configuration(title_tokens=0))) == {
        "model": None,
        "reader": None,
        "max_chunk_tokens": 200,
        "title_tokens": 0,
        "dense_weight": 0.5,
        "read_hits": 36,
        "widen_by": 2,
        "max_sentences": 8,
        "threshold": None,
        "plan_seconds": 10.0,
    }


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("dense_wait = 1", "unknown key dense_wait; did you mean dense_weight?"),
        (
            "colour = 1",
            (
                "unknown key colour; known are model, reader, max_chunk_tokens, title_tokens, "
                "dense_weight, read_hits, widen_by, max_sentences, threshold, plan_seconds"
            ),
        ),
        ("dense_weight = 1.5", "dense_weight is 1.5; it must be a number from 0 to 1"),
        ("threshold = true", "threshold is True; it must be a number"),
        ("read_hits = 0", "read_hits is 0; it must be a whole number from 1 up"),
        ("widen_by = -1", "widen_by is -1; it must be a whole number from 0 up"),
        ("max_sentences = 2.5", "max_sentences is 2.5; it must be a whole number from 1 up"),
        ("model = 3", "model is 3; it must be the name or the folder of a sentence-transformers model"),
        ('name = "x"', "unknown key name; "),
    ],
)
def test_an_unusable_key_or_value_is_named(tmp_path: Path, line: str, cause: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(line)
    with pytest.raises(ConfigurationError) as raised:
        read_configuration(str(file))
    assert str(raised.value).startswith(f"{file}: {cause}")


def test_a_missing_or_invalid_file_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    with pytest.raises(ConfigurationError, match=r"a\.toml cannot be read: No such file or directory; give "):
        read_configuration(str(file))
    file.write_text("dense_weight 1")
    with pytest.raises(ConfigurationError, match=r"a\.toml cannot be read: Expected '=' after a key"):
        read_configuration(str(file))


DOCUMENTS = {
    "d1": Document("The dam of Varda broke. Nobody was warned.", "Dam", "text", "en"),
    "d2": Document("Shoes are made in Orrin.", "Shoes", "text", "en"),
}
DEFAULT = Configuration()


def opened(
    watched: Watched,
    folder: Path,
    configuration: Configuration = DEFAULT,
    documents: Mapping[str, Document] = DOCUMENTS,
) -> list[str]:
    """The texts that opening the index embeds; the index then finds the documents."""
    watched.embedded.clear()
    with open_temporary(documents, configuration, watched, folder) as index:
        assert paths(index) == sorted(documents)
        assert index.search("Where are shoes made?", 1)[0].document.path == "d2"
    return list(watched.embedded)


def test_a_change_to_what_passages_depend_on_makes_a_new_index(encoder: Encoder, tmp_path: Path) -> None:
    watched = Watched(encoder)
    whole = ["Dam\nThe dam of Varda broke. Nobody was warned.", "Shoes\nShoes are made in Orrin."]
    cut = ["Dam\nThe dam of Varda broke.", "Dam\nNobody was warned."]
    assert [opened(watched, tmp_path), opened(watched, tmp_path)] == [whole, []]
    assert opened(watched, tmp_path, Configuration(max_chunk_tokens=8))[:2] == cut
    assert opened(watched, tmp_path, Configuration(title_tokens=0))[1] == "Shoes are made in Orrin."
    for changed in (replace(DOCUMENTS["d1"], text="The dam held."), replace(DOCUMENTS["d1"], title="Varda")):
        opened(watched, tmp_path, documents=DOCUMENTS | {"d1": changed})
    opened(Watched(encoder, "another encoder"), tmp_path)
    assert len(list(tmp_path.iterdir())) == 6
    opened(watched, tmp_path, Configuration("reads more", limits=replace(DEFAULT.limits, read_hits=30)))
    assert len(list(tmp_path.iterdir())) == 6, "what is done at question time changes no passage"


def test_an_interruption_resumes(encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.embedding.pipeline._EMBED_AT_ONCE", 16)
    watched = Watched(encoder)
    many = {f"d{number}": Document(f"Gate {number} failed.", "Gates", "text", "en") for number in range(20)}
    many["d2"] = DOCUMENTS["d2"]

    def power_cut(_stage: str, done: int, _of: int) -> None:
        if done == 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_temporary(many, DEFAULT, watched, tmp_path, power_cut)
    assert len(opened(watched, tmp_path, documents=many)) == 4
