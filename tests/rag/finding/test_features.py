"""Features of a sentence against a question."""

from __future__ import annotations

import pytest

from rag.engine import QueryEngine
from rag.finding.features import Candidate, Features, acronyms, contains_term, measure
from rag.finding.reading import read
from rag.questions import understand
from tests.support.libraries import MakeLibrary


def measured(engine: QueryEngine, question: str) -> dict[str, Candidate]:
    asked = understand(question)
    with engine.index.snapshot() as snapshot:
        candidates = measure(snapshot, asked, read(snapshot, snapshot.search(asked.text)))
    return {candidate.sentence.text: candidate for candidate in candidates}


def of_row(found: dict[str, Candidate], label: str) -> Features:
    return next(item.features for text, item in found.items() if text.startswith(label))


def test_coverage_weighs_content_words_by_rarity(library: MakeLibrary) -> None:
    engine = library({"a.txt": "The dredger sank in the harbour. A harbour pilot was saved."})
    found = measured(engine, "How many dredgers sank?")
    assert found["The dredger sank in the harbour."].features.coverage == pytest.approx(1.0)
    assert found["A harbour pilot was saved."].features.coverage == 0.0
    assert found["A harbour pilot was saved."].features.near == pytest.approx(1.0)


def test_a_sentence_contains_the_expected_kind_of_answer_or_not(library: MakeLibrary) -> None:
    engine = library({"a.txt": "The dredger sank in March. The dredger was insured."})
    found = measured(engine, "When did the dredger sink?")
    first, second = found["The dredger sank in March."].features, found["The dredger was insured."].features
    assert (first.kind, first.wrong_kind, second.kind, second.wrong_kind) == (1.0, 0.0, 0.0, 1.0)


def test_names_is_the_share_of_the_question_s_names(library: MakeLibrary) -> None:
    engine = library({"a.txt": "A ship from Tessaveld sank. Its captain is from Harlamoor."})
    found = measured(engine, "Did a ship from Tessaveld sink near Pellan?")
    features = found["A ship from Tessaveld sank."].features
    assert (features.names, features.names_context) == (0.5, 0.5)
    assert found["Its captain is from Harlamoor."].features.names == 0.0


def test_peoples_count_as_their_countries_and_acronyms_as_their_names(library: MakeLibrary) -> None:
    text = "Ships of Lorvenna sank. The United Nations Office on Drugs and Crime warned of it."
    found = measured(library({"a.txt": text}), "Did Lorvennan ships worry the UNODC?")
    assert found["Ships of Lorvenna sank."].features.names == 0.5
    assert found["The United Nations Office on Drugs and Crime warned of it."].features.names == 0.5


def test_possessives_and_plurals_with_figures_count_as_their_names(library: MakeLibrary) -> None:
    found = measured(library({"a.txt": "LP&G lost two F-35 planes."}), "How did LP&G's F-35s get lost?")
    assert found["LP&G lost two F-35 planes."].features.names == 1.0


def test_a_name_with_hyphens_is_found_in_parts_unless_a_part_is_short(library: MakeLibrary) -> None:
    found = measured(
        library({"a.txt": "From April to June 35 planes of type F flew."}), "Did F-35 fly in April-June?"
    )
    assert found["From April to June 35 planes of type F flew."].features.names == 0.5


def test_a_row_has_the_share_of_its_label_and_the_share_of_the_question_in_its_headings(
    library: MakeLibrary,
) -> None:
    table = "| District | Gates opened |\n|---|---|\n| Dredged canals | 12 |\n| Pumps | 14 |\n\nPumps ran."
    found = measured(library({"a.md": table}), "How many gates of dredged canals were opened?")
    canals, pumps = of_row(found, "Dredged"), of_row(found, "Pumps |")
    assert (canals.row, canals.label, pumps.label) == (1.0, 1.0, 0.0)
    assert canals.headings == pumps.headings
    assert 0.0 < canals.headings < 1.0
    prose = found["Pumps ran."].features
    assert (prose.row, prose.label, prose.headings, prose.address) == (0.0, 0.0, 0.0, 0.0)


def test_the_address_of_a_row_is_its_label_s_share_times_the_share_of_words_that_the_title_lacks(
    library: MakeLibrary,
) -> None:
    table = "| District | Gates opened |\n|---|---|\n| Dredged canals | 12 |\n| Dredged pumps | 14 |"
    text = f"# Isken\n\nIt rained.\n\n{table}"
    found = measured(library({"a.md": text}), "How many gates of Isken's dredged canals were opened?")
    canals, pumps = of_row(found, "Dredged canals"), of_row(found, "Dredged pumps")
    assert (canals.label, canals.address) == (1.0, 1.0), "the title has the word that the row lacks"
    assert canals.coverage < 1.0
    assert pumps.label == 0.5
    assert 0.25 < pumps.address < 0.5, "most words, and half of the label"


def test_a_row_with_non_before_a_word_of_the_question_has_no_share_of_its_label(library: MakeLibrary) -> None:
    table = "| | 2031 |\n|---|---|\n| GAAP margin | 12 |\n| Non-GAAP margin | 14 |"
    text = f"# Isken\n\nThe company has not yet given its figures for the year.\n\n{table}"
    found = measured(library({"a.md": text}), "How high is the GAAP margin?")
    plain, negated = of_row(found, "GAAP margin"), of_row(found, "Non-GAAP margin")
    assert (plain.label, plain.opposed) == (1.0, 0.0)
    assert (negated.label, negated.address, negated.opposed) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("asked", "share"),
    [
        ("How many gates of dredged canals in Isken were opened in 2031?", 1.0),
        ("How many gates of dredged canals in Isken and Tessaveld were opened in 2031?", 0.5),
        ("How many gates of dredged canals were opened in April 2031?", 0.0),
        ("Why were gates of dredged canals in Isken opened?", 0.0),
        ("How many gates of dredged canals in Isken, unlike the U.S., were opened?", 1.0),
    ],
)
def test_the_full_address_of_a_row_counts_the_names_of_the_question(
    library: MakeLibrary, asked: str, share: float
) -> None:
    """A question without names may mean a row of any report, and a row without a reason answers no *why*."""
    table = "| District | Gates opened |\n|---|---|\n| Dredged canals | 12 |\n| Dredged pumps | 14 |"
    found = measured(library({"a.md": f"# Isken\n\nIt rained.\n\n{table}"}), asked)
    canals = of_row(found, "Dredged canals")
    assert canals.address > 0
    assert canals.full_address == pytest.approx(share * canals.address)


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
    found = measured(library({"a.md": f"| District | Opened |\n|---|---|\n{rows}\n\nGates opened."}), asked)
    assert {label for label in groups if f"{label} | 12" not in found} == left_out


def test_named_counts_the_names_that_a_sentence_or_what_stands_above_it_has(library: MakeLibrary) -> None:
    table = "| Country | Cases |\n|---|---|\n| Spain | 12 |\n| Malta | 14 |"
    prose = "Malta wept. It rained. Roads sank. Bridges fell."
    found = measured(
        library({"a.md": f"# Floods of 2031\n\n{prose}\n\n{table}"}),
        "How many Spanish or Maltese cases in 2031?",
    )
    named = {text: item.features.named for text, item in found.items()}
    year_only, both_of_three = pytest.approx(1 / 3), pytest.approx(2 / 3)
    assert {text.split(" |")[0]: share for text, share in named.items()} == {
        "Malta wept.": both_of_three,
        "It rained.": both_of_three,
        "Roads sank.": both_of_three,
        "Bridges fell.": year_only,
        "Spain": both_of_three,
        "Malta": both_of_three,
    }


def test_a_row_of_a_country_has_the_label_of_a_question_about_its_people(library: MakeLibrary) -> None:
    table = "| Country | Cases |\n|---|---|\n| Spain | 12 |\n| Malta | 14 |"
    found = measured(library({"a.md": table}), "How many cases were Spanish?")
    assert [item.features.label for text, item in found.items() if text[:5] in {"Spain", "Malta"}] == [
        1.0,
        0.0,
    ]


def test_the_amounts_and_dates_of_a_row_may_be_in_its_headings_only(library: MakeLibrary) -> None:
    table = "| Costs in tals | May 2031 |\n|---|---|\n| Repairs | 12 |\n| Pumps | none |"
    engine = library({"a.md": table})
    for question in ("How much did the repairs cost?", "When were the repairs done?"):
        found = measured(engine, question)
        repairs = next(item.features for text, item in found.items() if text.startswith("Repairs"))
        assert (repairs.kind, repairs.wrong_kind) == (1.0, 0.0)


def test_a_question_in_another_language_is_foreign(library: MakeLibrary) -> None:
    engine = library(
        {"a.txt": "The police arrested more than a thousand suspects within three days this week."}
    )
    [candidate] = measured(engine, "在柬埔寨逮捕了多少嫌疑人？").values()
    assert candidate.features.foreign == 1.0


def test_a_sentence_with_the_opposite_of_a_word_is_opposed(library: MakeLibrary) -> None:
    engine = library({"a.txt": "The southern dam is stronger. The dredger was insured."})
    found = measured(engine, "Which dam is weaker?")
    assert found["The southern dam is stronger."].features.opposed == 1.0
    assert found["The dredger was insured."].features.opposed == 0.0


def test_a_denial_in_the_question_must_be_in_the_sentence(library: MakeLibrary) -> None:
    engine = library({"a.txt": "The northern gate opened. The southern gate did not open."})
    found = measured(engine, "Which gate didn't open?")
    assert found["The northern gate opened."].features.undenied == 1.0
    assert found["The southern gate did not open."].features.undenied == 0.0
    assert {item.features.undenied for item in measured(engine, "Which gate opened?").values()} == {0.0}


def test_opposites_and_denials_are_known_in_english_only(library: MakeLibrary) -> None:
    engine = library(
        {"a.txt": "Der Damm im Norden ist fast fertig, und niemand wurde bei der Flut verletzt."}
    )
    [candidate] = measured(
        engine, "Which dam in the north is not finished fast, and who was not hurt?"
    ).values()
    assert (candidate.features.opposed, candidate.features.undenied) == (0.0, 0.0)


def test_the_title_of_a_document_is_not_a_candidate(library: MakeLibrary) -> None:
    engine = library({"a.md": "# Why the dredger sank\n\nThe dredger was overloaded."})
    assert list(measured(engine, "Why did the dredger sink?")) == ["The dredger was overloaded."]


def test_without_readings_there_are_no_candidates(library: MakeLibrary) -> None:
    assert measured(library({}), "What happened?") == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The United Nations Office on Drugs and Crime said so.", ["UNODC"]),
        ("the World Health Organization", ["WHO"]),
        ("Nothing here is a name.", []),
    ],
)
def test_acronyms_are_the_initials_of_long_names(text: str, found: list[str]) -> None:
    assert acronyms(text) == found


@pytest.mark.parametrize(
    ("word", "held", "answer"),
    [
        ("cambodian", "cambodia", True),
        ("drown", "drowning", True),
        ("market", "marketing", True),
        ("car", "care", False),
        ("state", "statement", False),
        ("convict", "suspend", False),
    ],
)
def test_a_term_matches_words_that_derive_from_it(word: str, held: str, answer: bool) -> None:
    assert contains_term(frozenset({("en", held)}), ("en", word)) is answer
    assert not contains_term(frozenset({("de", held)}), ("en", word))


def test_a_cosine_uses_the_stored_vector_of_the_sentence_in_its_passage(library: MakeLibrary) -> None:
    engine = library({"a.txt": "The dredger sank in March. It was insured. The owners were paid."})
    index = engine.index
    [hit] = index.search("dredger")
    with index.snapshot() as snapshot:
        kept = snapshot.sentence_vectors([hit.chunk_id])[hit.chunk_id]
    expected = kept @ index.encoder.encode_query("Was the dredger insured?")
    found = measured(engine, "Was the dredger insured?")
    assert [item.features.cosine for item in found.values()] == pytest.approx(expected)


def test_a_sentence_without_a_stored_vector_is_embedded_alone(library: MakeLibrary) -> None:
    engine = library({"a.txt": "The dredger sank in March. It was insured.", "b.txt": "A dredger was sold."})
    index = engine.index
    with index.catalog.engine.begin() as connection:
        connection.exec_driver_sql(
            "DELETE FROM sentence_vectors WHERE digest IN "
            "(SELECT vector FROM chunks JOIN documents ON documents.id = document_id WHERE path = 'a.txt')"
        )
    found = measured(engine, "Was the dredger insured?")
    texts = ["The dredger sank in March.", "It was insured."]
    query = index.encoder.encode_query("Was the dredger insured?")
    assert [found[text].features.cosine for text in texts] == pytest.approx(
        index.encoder.encode(texts) @ query
    )
    [hit] = [hit for hit in index.search("dredger") if hit.document.path == "b.txt"]
    with index.snapshot() as snapshot:
        kept = snapshot.sentence_vectors([hit.chunk_id])[hit.chunk_id]
    assert found["A dredger was sold."].features.cosine == pytest.approx(float(kept[0] @ query))
