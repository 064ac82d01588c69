"""A footnote's quote equals its span of the document, in every format."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.documents import Document, Span
from index.embedding.encoder import Encoder
from index.library import Library
from index.records import Filters, Incoming
from rag.answer_limits import DEFAULT_LIMITS
from rag.answers import Answer, Citation, Copy, Verification
from rag.engine import QueryEngine
from rag.finding.citations import CitedSentence, Copies, DocumentTexts, cite, find_passages
from rag.finding.reading import ReadSentence
from rag.questions import understand
from tests.support.libraries import MakeLibrary
from tests.support.reports import near_duplicates
from tests.support.stories import COPIES, LEAD, OTHER_STORY, STORY, copy

SENTENCES = (
    "Police arrested 40 people on Monday.",
    "Police arrested 40 people on Monday.",
    "Die Behörde zählte 15.900 Vertriebene.",
    "Cafe\u0301s in Ha\u0300 Nô\u0323i reopened.",
    "The family \U0001f468\u200d\U0001f469\u200d\U0001f467 was saved \U0001f389.",
    "اعتقلت الشرطة 40 شخصا يوم الاثنين.",
    "המשטרה עצרה 40 איש.",
    "警方周一逮捕了40人。",
    "ប៉ូលីសបានចាប់ខ្លួនមនុស្ស ៤០ នាក់។",
    "ตำรวจจับกุม 40 คน",
    "“Who was it?” she asked.",
    "Station | Level | Limit",
)
BREAKS = (" ", "  ", "\n", "\r\n", "\r\n\r\n", "\n\n", "\u2028", "\t")
documents = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from(SENTENCES),
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
        ),
        st.sampled_from(BREAKS),
    ),
    min_size=1,
    max_size=25,
).map(lambda pieces: "".join(sentence + gap for sentence, gap in pieces))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=documents, question=st.sampled_from([*SENTENCES, "Who arrested 40 people on Monday?"]))
def test_every_quote_is_its_span_of_the_stored_text(
    encoder: Encoder, tmp_path_factory: pytest.TempPathFactory, text: str, question: str
) -> None:
    with Library.open(tmp_path_factory.mktemp("home"), encoder) as index:
        document = Document(text, "Raid", "text")
        index.replace([Incoming("/reports", "a.txt", 1, 1, sha256(text.encode()).hexdigest(), document)])
        answer = QueryEngine(index).ask(question)
        stored = index.catalog.text(1).text
    assert stored == text
    for citation in answer.citations:
        assert citation.quote == stored[citation.start : citation.end]
        assert citation.quote == answer.text[citation.answer_start : citation.answer_end]
        assert citation.verification == Verification("quoted", True, True, 1.0)
    for passage in answer.passages:
        assert passage.text == stored[passage.start : passage.end]
    assert [(s.start, s.end, s.citations) for s in answer.sentences] == [
        (c.answer_start, c.answer_end, (c.id,)) for c in answer.citations
    ]


def test_a_footnote_names_its_document_version_and_page(seed_index: Library) -> None:
    record = next(record for record in seed_index.catalog.documents() if record.kind == "pdf")
    text = seed_index.catalog.text(record.document_id).text
    start = text.index("Mr Dalvey told the Commission")
    span = Span(start, start + len("Mr Dalvey told the Commission"))
    checked = Verification("supported", quote_matches=True, figures_match=True, score=1.0)
    with seed_index.catalog.reading() as reader:
        texts = DocumentTexts(reader)
        cited = CitedSentence(record, ReadSentence(span, span.of(text)))
        made = cite(3, 40, span.of(text), cited, document_texts=texts, verification=checked)
    assert (made.id, made.answer_start, made.answer_end) == (3, 40, 40 + len(span))
    assert (made.document_id, made.version, made.path) == (record.document_id, 1, record.path)
    assert (made.title, made.publisher, made.published) == (record.title, record.publisher, record.published)
    assert made.page == seed_index.catalog.text(record.document_id).page_at(start)
    assert made.page is not None
    assert (made.verification, made.superseded_by) == (checked, None)
    assert (made.start, made.end, made.quote) == (span.start, span.end, "Mr Dalvey told the Commission")


RAID = "How many people were arrested when police searched the warehouses at the harbour of Orrin?"


def also_in(engine: QueryEngine, cited: Citation) -> list[str]:
    """The paths of the copies that a citation names; each copy contains the quote."""
    for other in cited.also_in:
        assert (
            cited.quote
            == engine.index.catalog.text(other.document_id, other.version).text[other.start : other.end]
        )
    return [engine.index.catalog.document(other.document_id).path for other in cited.also_in]


def lead(answer: Answer) -> Citation:
    """The citation of the story's first sentence."""
    [cited] = [cited for cited in answer.citations if cited.quote == LEAD]
    return cited


def test_three_copies_of_a_story_are_one_source_and_the_earliest_is_cited(library: MakeLibrary) -> None:
    engine = library(COPIES)
    answer = engine.ask(RAID)
    cited = lead(answer)
    assert (cited.path, cited.publisher, cited.published) == ("gazette.md", "Varda Gazette", "2031-05-13")
    assert also_in(engine, cited) == ["courier.md", "herald.md"]
    courier = cited.also_in[0]
    assert courier == Copy(
        document_id=courier.document_id,
        version=1,
        title="Nine held in harbour raid",
        publisher="Orrin Courier",
        published="2031-05-14",
        start=courier.start,
        end=courier.start + len(LEAD),
    )
    assert {citation.path for citation in answer.citations} == {"gazette.md"}
    assert len({citation.quote for citation in answer.citations}) == len(answer.citations)
    assert "\n" not in answer.text
    for citation in answer.citations:
        text = engine.index.catalog.text(citation.document_id, citation.version).text
        assert citation.quote == text[citation.start : citation.end]
        assert citation.verification.verdict == "quoted"


def test_the_earliest_copy_is_cited_only_if_it_contains_the_words(library: MakeLibrary) -> None:
    reworded = ("Eight people were held on Tuesday in a raid at Orrin's port.", *STORY[1:])
    first = copy("Varda Gazette", "Raid at the harbour", "2031-05-13", reworded)
    engine = library(
        {"courier.md": COPIES["courier.md"], "gazette.md": first, "herald.md": COPIES["herald.md"]}
    )
    assert len(near_duplicates(engine.index, 1)) == 2
    cited = lead(engine.ask(RAID))
    assert cited.path == "courier.md"
    assert also_in(engine, cited) == ["herald.md"]


DECIDED = "The Council of Varda decided that each owner of a mill must:"
SAND = "(c) keep 40 bags of sand beside the wheel;"
DUTIES = "\n\n".join(
    [
        "The river rose for three days in May, and half of the town of Varda was under water.",
        DECIDED,
        "(a) close the gates of the mill at night;",
        "(b) report the level of the river twice a day;",
        SAND,
        "The decision was read out at the market.",
    ]
)


def test_an_item_has_the_sentence_above_its_list_though_no_other_item_is_cited(library: MakeLibrary) -> None:
    engine = library({"decision.txt": DUTIES})
    item, prose = (
        engine.ask(question).citations[0]
        for question in (
            "How many bags of sand must be kept beside the wheel?",
            "Where was the decision read out?",
        )
    )
    assert (item.quote, item.lead_in, item.words) == (SAND, DECIDED, f"{DECIDED} … {SAND}")
    assert (prose.quote, prose.lead_in) == ("The decision was read out at the market.", None)


def test_an_item_below_another_sentence_is_no_copy(library: MakeLibrary) -> None:
    other = DUTIES.replace("each owner of a mill must", "no owner of a mill must")
    index = library({"a.txt": DUTIES, "b.txt": f"{DUTIES} It rained.", "c.txt": other}).index
    paths = {record.path: record for record in index.catalog.documents()}
    assert len(near_duplicates(index, paths["a.txt"].document_id)) == 2
    start = DUTIES.index(SAND)
    item = ReadSentence(Span(start, start + len(SAND)), SAND, section=DECIDED)
    with index.snapshot() as snapshot:
        made = Copies(snapshot, DocumentTexts(snapshot.reader), Filters()).earliest(paths["a.txt"], item)
    assert made.sentence.section == DECIDED
    named = {made.record.document_id, *(copy.document_id for copy in made.also_in)}
    assert named == {paths[name].document_id for name in ("a.txt", "b.txt")}


def test_part_of_a_sentence_in_a_copy_does_not_count_as_the_sentence(library: MakeLibrary) -> None:
    longer = (f"{LEAD[:-1]}, she said: “{STORY[3]}” Nobody answered.", *STORY[1:3], *STORY[4:])
    first = copy("Varda Gazette", "Raid at the harbour", "2031-05-13", longer)
    index = library({"courier.md": COPIES["courier.md"], "gazette.md": first}).index
    assert len(near_duplicates(index, 1)) == 1
    record = index.catalog.document(1)
    text = index.catalog.text(1).text

    def cited(words: str) -> tuple[str, list[str]]:
        start = text.index(words)
        with index.snapshot() as snapshot:
            copies = Copies(snapshot, DocumentTexts(snapshot.reader), Filters())
            made = copies.earliest(record, ReadSentence(Span(start, start + len(words)), words))
        return made.record.path, [other.title for other in made.also_in]

    assert cited(STORY[3]) == ("courier.md", [])
    assert cited(STORY[1]) == ("gazette.md", ["Nine held in harbour raid"])


def test_different_stories_on_one_subject_stay_two_sources(library: MakeLibrary) -> None:
    other = copy("Varda Gazette", "Harbour closed for a night", "2031-05-13", OTHER_STORY)
    engine = library({"courier.md": COPIES["courier.md"], "gazette.md": other})
    answer = engine.ask("What happened at the harbour of Orrin when police searched four warehouses?")
    assert {cited.path for cited in answer.citations} == {"courier.md", "gazette.md"}
    assert [cited.also_in for cited in answer.citations] == [()] * len(answer.citations)


def test_copies_that_the_filters_leave_out_are_neither_cited_nor_named(library: MakeLibrary) -> None:
    engine = library(COPIES)
    cited = lead(engine.ask(RAID, Filters(publishers=("Orrin Courier", "Northern Herald"))))
    assert (cited.path, also_in(engine, cited)) == ("courier.md", ["herald.md"])


def test_a_row_of_a_table_is_the_same_only_under_the_same_headings(library: MakeLibrary) -> None:
    def report(year: int, outlet: str) -> str:
        body = "\n\n".join(STORY)
        return (
            f"---\ntitle: Crates\npublisher: {outlet}\n---\n\n{body}\n\n| Warehouse | Crates in {year} |\n"
            f"|---|---|\n| Pier Holm | 340 |\n| Quay Vest | 12 |\n"
        )

    question = "How many crates were in warehouse Pier Holm?"
    apart = library({"a.md": report(2030, "A"), "b.md": report(2031, "B")})
    rows = {cited.path: cited.also_in for cited in apart.ask(question).citations if "Pier" in cited.quote}
    assert set(rows.values()) == {()}
    same = library({"a.md": report(2031, "A"), "b.md": report(2031, "B")})
    [row] = [cited for cited in same.ask(question).citations if "Pier" in cited.quote]
    assert (row.path, also_in(same, row), row.headings) == ("a.md", ["b.md"], "Warehouse | Crates in 2031")


def test_an_abstention_shows_one_passage_of_a_group(library: MakeLibrary) -> None:
    other = "The lighthouse of Varda was painted white in the spring of 2030."
    answer = library({**COPIES, "other.txt": other}).ask("Who is the mayor of Harlamoor?")
    assert answer.abstained
    shown = [passage.path for passage in answer.passages]
    assert len([path for path in shown if path in COPIES]) < len(COPIES)
    assert "other.txt" in shown


def test_many_copies_do_not_crowd_out_another_report(library: MakeLibrary) -> None:
    limits = replace(DEFAULT_LIMITS, read_hits=8)
    numbers = range(limits.read_hits + 4)
    copies = {f"copy-{number:02}.md": copy(f"Outlet {number}", f"Raid {number}") for number in numbers}
    later = (
        "On Friday the number of suspects in custody rose to nineteen, the prosecutor of the province said."
    )
    engine = library({**copies, "later.txt": later})
    nearest = [hit.document.path for hit in engine.index.search(RAID, limits.read_hits)]
    assert "later.txt" not in nearest
    with engine.index.snapshot() as snapshot:
        found = Copies(snapshot, DocumentTexts(snapshot.reader), Filters())
        hits = find_passages(snapshot, understand(RAID), limits, Filters(), found)
    read = [hit.document.path for hit in hits]
    # One passage for all copies, as many for their footers as are read, and the other report.
    assert len(set(read) & set(copies)) == 1 + limits.read_hits
    assert [path for path in read if path not in copies] == ["later.txt"]


def test_an_updated_copy_is_read_for_its_new_sentences(library: MakeLibrary) -> None:
    updated = (LEAD.replace("Nine", "Fourteen"), *STORY[1:])
    later = copy("Orrin Courier", "Fourteen held", "2031-05-15", updated)
    engine = library({"gazette.md": COPIES["gazette.md"], "courier.md": later})
    assert len(near_duplicates(engine.index, 1)) == 1
    read = {passage.path for passage in engine.ask(RAID).passages}
    assert read == {"gazette.md", "courier.md"}
