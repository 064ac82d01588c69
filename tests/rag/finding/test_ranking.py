"""The sentences that may answer, nearest first, and the probabilities with which they do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from index.embedding import Encoder
from rag.engine import QueryEngine
from rag.finding.ranking import (
    COMPARED,
    LARGEST_PRIOR,
    Calibration,
    Candidate,
    Scored,
    answerability_of,
    by_document,
    nearness_of,
    rank,
    select,
)
from rag.questions import Question, understand
from tests.support.candidates import candidates_in, scored, texts
from tests.support.libraries import MakeLibrary


def by_text(engine: QueryEngine, question: str) -> dict[str, Candidate]:
    return {each.sentence.text: each for each in candidates_in(engine, question)}


def priors(engine: QueryEngine, question: str) -> dict[str, float]:
    return {text: each.prior for text, each in by_text(engine, question).items()}


def test_the_prior_is_half_the_words_the_cosine_and_the_score_of_the_passage(library: MakeLibrary) -> None:
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


def test_words_of_the_title_and_of_a_row_s_headings_and_group_count(library: MakeLibrary) -> None:
    table = "| Gates | 2031 |\n|---|---|\n| Dredged | |\n| Canals | 12 |\n| Pumps | 14 |"
    engine = library({"a.md": f"# Isken\n\nIt rained.\n\n{table}", "b.txt": "Sailors sing at night."})
    found = by_text(engine, "How many gates of dredged canals in Isken were open in 2031?")
    assert found["Canals | 12"].prior > found["Pumps | 14"].prior
    assert found["It rained."].prior > found["Sailors sing at night."].prior
    assert next(iter(found)) == "Canals | 12"


def test_the_only_sentence_answers_whatever_its_report_is_called(library: MakeLibrary) -> None:
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
def test_a_row_of_another_period_is_left_out(library: MakeLibrary, asked: str, left_out: set[str]) -> None:
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


def test_an_item_is_read_with_the_sentence_above_its_list(library: MakeLibrary) -> None:
    text = "Rain fell. The Council decided to:\n\n- close the gates\n- open the roads\n"
    found = by_text(library({"isken.md": text}), "What did the Council decide?")
    assert found["• open the roads"].text == "• open the roads | isken | The Council decided to: … "
    assert found["• open the roads"].sentence.in_context == "The Council decided to:\n• open the roads"
    assert found["• open the roads"].prior > found["Rain fell."].prior


def test_a_row_is_read_with_its_title_its_groups_and_its_table_s_headings(library: MakeLibrary) -> None:
    table = "| Gates | 2031 |\n|---|---|\n| Dredged | |\n| Canals | 12 |\n\nPumps ran."
    found = by_text(library({"a.md": f"# Isken\n\n{table}"}), "How many gates of canals were opened?")
    assert found["Canals | 12"].text == "Canals | 12 | Isken | Dredged Isken Gates | 2031"
    assert found["Pumps ran."].text == "Pumps ran. | Isken |  … ", "a row is no neighbour of a sentence"


RAIN = "It rained. The dredger sank in March. Nobody was hurt."


@dataclass
class Known:
    """A reader on the far side, whose scores are known: those of texts that begin alike."""

    logits: dict[str, float]
    key: str = "known"

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        del question
        return [next(x for start, x in self.logits.items() if text.startswith(start)) for text in texts]


def ranked(
    engine: QueryEngine, asked: str, logits: dict[str, float], calibration: Calibration
) -> list[tuple[str, float]]:
    candidates = candidates_in(engine, asked)
    found = rank(engine.index.encoder, Known(logits), understand(asked), candidates, calibration)
    return [(item.candidate.sentence.text, item.score) for item in found]


def test_a_probability_is_the_share_of_the_odds_of_all_candidates_and_of_none(library: MakeLibrary) -> None:
    logits = {"It rained": 0.0, "The dredger": math.log(3), "Nobody": -100.0}
    found = ranked(library({"a.txt": RAIN}), "When did the dredger sink?", logits, Calibration())
    assert [text for text, _ in found] == ["The dredger sank in March.", "It rained.", "Nobody was hurt."]
    assert [score for _, score in found] == pytest.approx([0.6, 0.2, 0.0])


def test_the_prior_and_an_offset_count_as_the_calibration_says(library: MakeLibrary) -> None:
    engine, asked = library({"a.txt": RAIN}), "When did the dredger sink?"
    prior = {each.sentence.text: each.prior for each in candidates_in(engine, asked)}
    logits = {"It rained": 2.0, "The dredger": 1.0, "Nobody": -3.0}
    calibration = Calibration(logit_scale=0.5, prior_weight=4.0, offset=-1.0)
    found = ranked(engine, asked, logits, calibration)
    odds = {
        text: math.exp(0.5 * next(x for start, x in logits.items() if text.startswith(start)) + 4 * near - 1)
        for text, near in prior.items()
    }
    total = 1 + sum(odds.values())
    assert dict(found) == pytest.approx({text: each / total for text, each in odds.items()})


def test_for_an_overview_the_nearest_sentence_comes_first_and_nothing_is_read(library: MakeLibrary) -> None:
    engine, asked = library({"a.txt": RAIN}), "Summarise how the dredger sank."
    found = ranked(engine, asked, {}, Calibration())
    candidates = candidates_in(engine, asked)
    assert found[0][0] == "The dredger sank in March."
    assert found == [(each.sentence.text, each.prior / LARGEST_PRIOR) for each in candidates]


def test_the_answerability_is_the_probability_that_any_of_them_answers() -> None:
    assert answerability_of([]) == 0.0
    assert answerability_of([scored(1, 0, "a.", 0.5), scored(1, 9, "b.", 0.3)]) == pytest.approx(0.8)
    assert answerability_of([scored(1, 0, "a.", 0.7), scored(1, 9, "b.", 0.30001)]) == 1.0


def test_the_nearest_sentences_in_another_language_are_compared_token_by_token(
    library: MakeLibrary, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentences = [f"The dredger number {number} sank in the harbour." for number in range(COMPARED + 4)]
    engine, asked = library({"a.txt": " ".join(sentences)}), "挖泥船为什么在 dredger 港口沉没？"
    monkeypatch.setattr(encoder, "languages", frozenset({"en", "zh"}))
    candidates = candidates_in(engine, asked)
    calibration = Calibration(likeness_scale=7.0, likeness_offset=-5.0)
    found = rank(encoder, engine.reader, understand(asked), candidates, calibration)
    nearest = [each.sentence.text for each in candidates[:COMPARED]]
    likenesses = encoder.compare(asked, [f"a: {text}" for text in nearest])
    odds = [math.exp(7 * likeness.late - 5) for likeness in likenesses]
    assert {item.candidate.sentence.text: item.score for item in found} == pytest.approx(
        {text: each / (1 + sum(odds)) for text, each in zip(nearest, odds, strict=True)}, abs=1e-4
    )


def test_a_sentence_in_a_language_that_the_encoder_does_not_read_is_read(library: MakeLibrary) -> None:
    engine = library({"a.txt": RAIN})
    found = ranked(engine, "挖泥船为什么沉没？", {"": 0.0}, Calibration())
    assert [score for _, score in found] == pytest.approx([0.25] * 3)


def test_sentences_stand_document_by_document_in_the_order_of_the_text() -> None:
    items = [scored(2, 9, "b.", 0.9), scored(1, 0, "c.", 0.8), scored(2, 0, "a.", 0.7)]
    assert texts(by_document(items)) == ["a.", "b.", "c."]


CALIBRATION = Calibration(second_share=0.5, reach=0.5)
FACT = understand("Who was arrested?")
LIST = understand("List the causes of the flood.")


def chosen(ranked: list[Scored], question: Question = FACT, most: int = 8) -> list[str]:
    return texts(select(ranked, question, CALIBRATION, most))


ARRESTED, REPEATED, CAME = (
    "Police arrested 40 men on Monday.",
    "Police arrested 40 men on Monday night.",
    "They came from six countries.",
)


@pytest.mark.parametrize(
    ("question", "ranked", "expected"),
    [
        (FACT, [("the best one.", 0.4), ("nearly as good.", 0.2), ("it means it.", 0.2)], 2),
        (FACT, [("the best one.", 0.4), ("it means the same.", 0.19)], 1),
        (LIST, [("a rusted pin.", 0.8), ("an open gate.", 0.5), ("unrelated words.", 0.39)], 2),
    ],
)
def test_a_fact_has_the_second_best_sentence_and_a_list_all_that_are_nearly_as_probable(
    question: Question, ranked: list[tuple[str, float]], expected: int
) -> None:
    items = [scored(1, 50 * place, text, points) for place, (text, points) in enumerate(ranked)]
    assert chosen(items, question) == [text for text, _ in ranked[:expected]]
    assert chosen(items, question, most=1) == [ranked[0][0]]


def test_no_sentence_repeats_another() -> None:
    ranked = [scored(1, 0, ARRESTED, 0.4), scored(1, 50, REPEATED, 0.3), scored(1, 90, CAME, 0.25)]
    assert chosen(ranked) == [ARRESTED, CAME]
    same = "Police  arrested 40 men on MONDAY."
    ranked = [scored(1, 0, ARRESTED, 0.9), scored(2, 0, same, 0.9), scored(3, 0, REPEATED, 0.8)]
    assert chosen([*ranked, scored(3, 60, CAME, 0.7)], LIST) == [ARRESTED, CAME]


def test_rows_of_tables_with_the_same_words_do_not_repeat_each_other() -> None:
    ranked = [
        scored(1, 0, "Pumps | 12 | 14", 0.9, "March | April"),
        scored(1, 50, "Pumps | 13 | 15", 0.8, "May | June"),
        scored(1, 90, "Pumps | 12 | 14", 0.8, "July | August"),
    ]
    assert chosen(ranked, LIST) == ["Pumps | 12 | 14", "Pumps | 13 | 15", "Pumps | 12 | 14"]


def test_sentences_stand_in_the_order_of_their_documents_the_best_one_first() -> None:
    ranked = [
        scored(2, 80, "alpha beta gamma.", 0.9),
        scored(1, 50, "delta epsilon zeta.", 0.8),
        scored(2, 10, "eta theta iota.", 0.7),
        scored(1, 20, "kappa lambda mu.", 0.6),
        scored(3, 0, "nu xi omicron.", 0.6),
    ]
    assert chosen(ranked, LIST, most=4) == [
        "alpha beta gamma.",
        "eta theta iota.",
        "kappa lambda mu.",
        "delta epsilon zeta.",
    ]


def test_without_candidates_nothing_is_selected() -> None:
    assert chosen([]) == chosen([], LIST) == chosen([], understand("Is Syria or Egypt larger?")) == []
