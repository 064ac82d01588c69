"""A question depends on an earlier turn if it has a gap, or a pronoun without a name of its own."""

from __future__ import annotations

import pytest

from rag.follow_ups import (
    Exchange,
    core_of,
    depends_on_earlier_turn,
    is_fragment,
    may_stand_alone,
    report_meant,
    split_preposition,
)

PRONOUNS = (
    "When was he suspended?",
    "How many of them stayed silent?",
    "What did it cost?",
    "How many people sleep there?",
    "What happened to that report?",
    "Is this still so?",
    "How long do their batteries last?",
    "What else did the minister say?",
    "And who suspended him?",
    "and who led the attack?",
    "who said that",
    "Who runs these schools?",
    "how many cases were there?",
    "what was its own share in 1996?",
    "tell me more",
    "他什么时候被停职？",
    "那里有多少人？",
    "该公司有多少员工？",
    "Ông ấy bị đình chỉ khi nào?",
    "Có bao nhiêu người ở đó?",
    "Kapan dia diberhentikan?",
    "Berapa jumlah korbannya?",
    "Berapa orang di sana?",
    "តើគាត់ត្រូវបានព្យួរការងារនៅពេលណា?",
)

FRAGMENTS = (
    "And in March?",
    "in May?",
    "what about Tamber?",
    "How many?",
    "By whom?",
    "Why?",
    "In arithmetic?",
    "and the non-GAAP one?",
    "And how many were damaged?",
    "ok, and at Maravel Bridge?",
    "And according to the situation report of March?",
    "三月呢？",
    "为什么？",
    "Còn tháng 3?",
    "Bagaimana dengan Jambi?",
    "Dan pada bulan Maret?",
    "ចុះខែមីនា?",
)

INDEPENDENT = (
    "How many sirens are planned for Sarrow?",
    "Who chairs UNODC today?",
    "How much of its revenue did Netflix earn in other currencies?",
    "What did Foot Locker's new chief do before she joined?",
    "How long does a wall need before it can be plastered?",
    "What is the record date for the dividend that Costco declared?",
    "How many schools are there in the delta?",
    "What will the company spend this year?",
    "And what did eBay for Charity contribute in 2023?",
    "Summarise the report on the dam.",
    "corning goodwill end 2022",
    "What does this report say about storage space?",
    "ok and how many asthma sufferers were being treated in the student survey?",
    "Which retailers sell their own brands?",
    "Spousal support",
    "what about why can't I apply a feature code?",
    "I updated my credit card, but it keeps showing errors",
    "How much did Costco collect in fees?",
    "Which company repairs the sewage works?",
    "柬埔寨有多少人被捕？",
    "其他国家有多少人被捕？",
    "Có bao nhiêu người bị bắt ở Campuchia?",
    "Berapa jumlah korban banjir di Aceh?",
    "Apa yang biasanya dilakukan pemerintah?",
    "តើមានមនុស្សប៉ុន្មាននាក់ត្រូវបានចាប់ខ្លួននៅកម្ពុជា?",
)


WITHOUT_CONTENT = ("why", "why not", "who", "how so", "and why is that")


@pytest.mark.parametrize("question", [*PRONOUNS, *FRAGMENTS, *WITHOUT_CONTENT])
def test_a_pronoun_or_a_gap_depends_on_what_was_said(question: str) -> None:
    assert depends_on_earlier_turn(question)


@pytest.mark.parametrize("question", INDEPENDENT)
def test_a_question_that_names_its_subject_depends_on_nothing(question: str) -> None:
    assert not depends_on_earlier_turn(question)


@pytest.mark.parametrize("question", FRAGMENTS)
def test_a_question_that_is_no_sentence_is_a_fragment(question: str) -> None:
    assert is_fragment(question)


@pytest.mark.parametrize("question", [*PRONOUNS, *INDEPENDENT])
def test_a_sentence_is_no_fragment(question: str) -> None:
    assert not is_fragment(question)


@pytest.mark.parametrize(
    ("question", "preposition", "thing"),
    [
        ("ok, and at Maravel Bridge?", "at", "Maravel Bridge"),
        ("What about the Lorvenna Development Bank?", "", "the Lorvenna Development Bank"),
        ("And in the second quarter?", "in", "the second quarter"),
        ("And in the U.S.?", "in", "the U.S."),
        ("Tunisia?", "", "Tunisia"),
        ("那北京呢？", "", "北京"),
        ("Còn ở Hà Nội?", "ở", "Hà Nội"),
    ],
)
def test_a_fragment_names_a_thing_after_a_preposition(question: str, preposition: str, thing: str) -> None:
    assert split_preposition(core_of(question)) == (preposition, thing)


def test_only_a_sentence_or_keywords_may_be_asked_alone() -> None:
    asked = ("When was he suspended?", "Net debt?", "Debt?", "And in March?", "How many?", "By whom?")
    assert [may_stand_alone(question) for question in asked] == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("How many audits are in the report?", 7),
        ("Summarise this document", 7),
        ("What happened to that report?", 7),
        ("Summarise the report on the dam.", None),
        ("What does the May report say?", None),
    ],
)
def test_a_report_without_a_name_is_the_one_cited_last(question: str, meant: int | None) -> None:
    history = [Exchange("Why?", document_id=3), Exchange("When?", document_id=7), Exchange("Who?")]
    assert report_meant(question, history) == meant
    assert report_meant(question, history[2:]) is None


@pytest.mark.parametrize(
    ("question", "depends"),
    [
        ("other topic, how did Broadway do in autumn", False),
        ("OK, new point: gas in Tamber", False),
        ("Moving on – and the harbour?", False),
        ("another question: what did it cost?", True),
        ("something else?", True),
    ],
)
def test_an_announced_subject_depends_on_nothing_but_by_a_pronoun(question: str, *, depends: bool) -> None:
    assert depends_on_earlier_turn(question) is depends
