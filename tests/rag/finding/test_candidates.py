"""The sentences and rows that may answer, those that come nearest to the question first."""

from __future__ import annotations

import numpy as np
import pytest

from rag.engine import QueryEngine
from rag.finding.ranking import LARGEST_PRIOR, Candidate, nearness_of
from rag.questions import understand
from tests.support.candidates import candidates_in
from tests.support.libraries import MakeLibrary


def by_text(engine: QueryEngine, question: str) -> dict[str, Candidate]:
    return {each.sentence.text: each for each in candidates_in(engine, question)}


def priors(engine: QueryEngine, question: str) -> dict[str, float]:
    return {text: each.prior for text, each in by_text(engine, question).items()}


def test_the_prior_is_the_sum_of_half_the_words_half_the_cosine_and_half_the_score_of_the_passage(
    library: MakeLibrary,
) -> None:
    engine = library({"a.txt": "The dredger sank in the harbour. Pigs fly. A harbour pilot was saved."})
    asked = "How many dredgers sank?"
    [hit] = engine.index.search(asked)
    with engine.index.snapshot() as snapshot:
        kept = snapshot.sentence_vectors([hit.chunk_id])[hit.chunk_id]
    cosines = kept @ engine.index.encoder.encode_query(asked)
    nearness = (cosines - cosines.min()) / (cosines.max() - cosines.min())
    expected = (np.array([1.0, 0.0, 0.0]) + nearness + hit.score) / 2
    texts = ["The dredger sank in the harbour.", "Pigs fly.", "A harbour pilot was saved."]
    found = priors(engine, asked)
    assert [found[text] for text in texts] == pytest.approx(expected.tolist(), abs=1e-5)
    assert list(found) == sorted(texts, key=lambda text: -found[text])
    assert max(found.values()) <= LARGEST_PRIOR


def test_the_words_of_the_title_and_of_a_row_s_headings_and_group_count_as_its_own(
    library: MakeLibrary,
) -> None:
    table = "| Gates | 2031 |\n|---|---|\n| Dredged | |\n| Canals | 12 |\n| Pumps | 14 |"
    engine = library({"a.md": f"# Isken\n\nIt rained.\n\n{table}", "b.txt": "Sailors sing at night."})
    found = by_text(engine, "How many gates of dredged canals in Isken were open in 2031?")
    assert found["Canals | 12"].prior > found["Pumps | 14"].prior
    assert found["It rained."].prior > found["Sailors sing at night."].prior
    assert next(iter(found)) == "Canals | 12"


def test_the_only_sentence_is_the_nearest_one_and_answers_whatever_its_report_is_called(
    library: MakeLibrary,
) -> None:
    asked = "What did the council of Varda close on Monday?"
    for name in ("a-report.txt", "gate.txt"):
        engine = library({name: "The council of Varda closed the third gate of the dam on Monday."})
        [only] = candidates_in(engine, asked)
        with engine.index.snapshot() as snapshot:
            assert nearness_of(snapshot, understand(asked), [only.sentence]).tolist() == [1.0]
        assert [each.quote for each in engine.ask(asked).citations] == [only.sentence.text]
        assert engine.ask("How many judges resigned?").abstained


def test_rows_and_other_sentences_are_scaled_on_their_own(library: MakeLibrary) -> None:
    table = "| Item | Number |\n|---|---|\n| Canals | 12 |\n| Pumps | 14 |"
    engine = library({"a.md": f"Canals were dug. It rained.\n\n{table}"})
    candidates = candidates_in(engine, "How many canals?")
    with engine.index.snapshot() as snapshot:
        question = understand("How many canals?")
        near = nearness_of(snapshot, question, [each.sentence for each in candidates]).tolist()
    found = {each.sentence.text: value for each, value in zip(candidates, near, strict=True)}
    assert found == {"Canals | 12": 1.0, "Pumps | 14": 0.0, "Canals were dug.": 1.0, "It rained.": 0.0}


@pytest.mark.parametrize(
    ("asked", "left_out"),
    [
        ("How many gates were opened in the second quarter of 2031?", {"Half", "Former"}),
        ("How many gates were opened in the first half of 2031?", {"Quarter", "Former"}),
        ("How many gates were opened in 2031?", {"Former"}),
        ("How many gates were opened in 2030 and 2031?", set()),
        ("How many gates were opened?", set()),
    ],
)
def test_a_row_in_the_group_of_another_period_is_left_out(
    library: MakeLibrary, asked: str, left_out: set[str]
) -> None:
    groups = {
        "Half": "Six months ended June 30, 2031",
        "Quarter": "Three months ended June 30, 2031",
        "Former": "Three months ended June 30, 2030",
    }
    rows = "\n".join(f"| {group} | |\n| {label} | 12 |" for label, group in groups.items())
    found = by_text(library({"a.md": f"| District | Opened |\n|---|---|\n{rows}\n\nGates opened."}), asked)
    assert {label for label in groups if f"{label} | 12" not in found} == left_out


def test_the_title_of_a_document_is_not_a_candidate(library: MakeLibrary) -> None:
    engine = library({"a.md": "# Why the dredger sank\n\nThe dredger was overloaded."})
    assert list(by_text(engine, "Why did the dredger sink?")) == ["The dredger was overloaded."]


def test_without_passages_there_are_no_candidates(library: MakeLibrary) -> None:
    assert candidates_in(library({}), "What happened?") == []


def test_a_sentence_without_a_stored_vector_is_embedded_alone(own_library: MakeLibrary) -> None:
    engine = own_library({"a.txt": "The dredger sank in March. It was insured. Pigs fly."})
    asked = "Was the dredger insured?"
    [hit] = engine.index.search(asked)
    with engine.index.catalog.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sentence_vectors")
    found = priors(engine, asked)
    texts = ["The dredger sank in March.", "It was insured.", "Pigs fly."]
    encoder = engine.index.encoder
    cosines = encoder.encode(texts) @ encoder.encode_query(asked)
    nearness = (cosines - cosines.min()) / (cosines.max() - cosines.min())
    rest = [2 * found[text] - hit.score - near for text, near in zip(texts, nearness, strict=True)]
    assert rest[2] == pytest.approx(0.0, abs=1e-5)
    assert rest[0] + rest[1] == pytest.approx(1.0, abs=1e-5), "each has one of the two content words"


def test_a_sentence_is_read_with_its_title_and_its_neighbours(library: MakeLibrary) -> None:
    insured = f"{'It was insured ' * 12}at last."
    found = by_text(
        library({"isken.txt": f"Rain  fell. The dredger sank. {insured}"}), "Did the dredger sink?"
    )
    title = found["The dredger sank."].reading.document.title
    assert found["The dredger sank."].text == f"The dredger sank. | {title} | Rain fell. … {insured[:100]}"
    assert found["Rain  fell."].text == f"Rain fell. | {title} |  … The dredger sank."


def test_a_row_is_read_with_its_title_its_groups_and_its_table_s_headings(library: MakeLibrary) -> None:
    table = "| Gates | 2031 |\n|---|---|\n| Dredged | |\n| Canals | 12 |\n\nPumps ran."
    found = by_text(library({"a.md": f"# Isken\n\n{table}"}), "How many gates of canals were opened?")
    assert found["Canals | 12"].text == "Canals | 12 | Isken | Dredged Isken Gates | 2031"
    assert found["Pumps ran."].text == "Pumps ran. | Isken |  … ", "a row is no neighbour of a sentence"
