"""A footnote's quote equals its span of the document, in every format."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.documents import Document, Span
from index.embedding.encoder import Encoder
from index.library import Library
from index.records import Incoming
from rag.answers import Verification
from rag.engine import QueryEngine
from rag.finding.citations import CitedSentence, DocumentTexts, cite
from rag.finding.reading import ReadSentence, read

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
    encoder: Encoder, tmp_path_factory: object, text: str, question: str
) -> None:
    assert hasattr(tmp_path_factory, "mktemp")
    home: Path = tmp_path_factory.mktemp("home")
    with Library.open(home, encoder) as index:
        index.replace(
            [
                Incoming(
                    "/reports",
                    "a.txt",
                    1,
                    1,
                    sha256(text.encode()).hexdigest(),
                    Document(text, "Raid", "text"),
                )
            ]
        )
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


def test_a_text_is_fetched_once_per_answer(seed_index: Library) -> None:
    with seed_index.snapshot() as snapshot:
        texts = DocumentTexts(snapshot.reader)
        [reading, *_] = read(snapshot, snapshot.search("scam dens", 2))
        assert texts.text(reading.document) is texts.text(reading.document)
