"""Each veto finds its fault, names it, and leaves fair sentences alone."""

from __future__ import annotations

import pytest

from rag.verification.evidence import Evidence, Statement
from rag.verification.vetoes import DOUBTS, VETOES


def fault(veto: str, sentence: str, quote: str | Evidence, language: str = "en") -> str | None:
    evidence = quote if isinstance(quote, Evidence) else Evidence(quote, language=language)
    return VETOES[veto](Statement(sentence, language), [evidence])


FAULTY: dict[str, list[tuple[str, ...]]] = {
    "figures": [
        ("The dam supplies 38,000 people.", "The dam supplies water to 380,000 people."),
        ("It lies 62 miles upstream.", "It lies 62 kilometres upstream."),
        ("The debt was 2.3 million crowns.", "The debt was 2.3 billion crowns."),
        ("They cost 9 euros.", "They cost 9 dollars."),
        ("The rate changed by 3.2 percent.", "The change of the rate was -3.2 percent."),
        ("Four transits were recorded.", "It is based on six transits."),
        ("They were underground for four and a half days.", "They spent 61 hours underground."),
        ("At least 240 passengers may board.", "At most 240 passengers may board."),
        ("Nearly 2,000 suspects were held.", "Police held 1,043 suspects."),
        ("The fund received $310 million.", "The fund held a meeting."),
        ("Syria | (EURm): 33.42", "Tunisia | 14.50"),
        ("Earnings per share were 5.57.", "Diluted earnings per share | 4.53"),
    ],
    "dates": [
        ("It opened in June 2024.", "It opened in May 2024."),
        ("It opened in 2023.", "It opened in 2024."),
        ("It opened on 3 April 2024.", "It opened on 4 April 2024."),
        ("It opened on Monday.", "It opened on Tuesday."),
        ("It was counted in 2012-13.", "It was counted in 2011-12."),
    ],
    "names": [
        ("The bridge at Sarn opened.", "The bridge at Tolm opened."),
        ("Governor Ilse Varr opened it.", "Governor Ilse Marr opened it."),
        ("Testria signed the treaty.", "Lorvenna signed the treaty."),
        ("The army of Niger left.", "The Nigerian army left."),
        ("Voters in Guinea chose.", "Voters in Guinea-Bissau chose."),
        ("Ships of Sudan left.", "Ships of South Sudan left."),
        ("Its captain, Lena Voss, blamed a cracked shaft.", "A cracked pin tore gate 3 from its bearings."),
        ("The bridge opened, as Anna Holt had urged.", "The bridge opened."),
    ],
    "negation": [
        ("The school in Brenn reopened after the flood.",
         "The school in Brenn did not reopen after the flood."),
        ("The school in Brenn did not reopen after the flood.",
         "The school in Brenn reopened after the flood."),
        ("Net income did not increase in Brenn.", "Net income increased in Brenn."),
        ("The river did not rise in Brenn.", "The river rose in Brenn."),
        ("The fare is not up 24 percent.", "The fare went up 24 percent."),
        ("Sumardika tidak menerima hasil pemilihan.", "Sumardika menerima hasil pemilihan.", "id"),
        ("Trường học không mở cửa sau lũ.", "Trường học mở cửa sau lũ.", "vi"),
    ],
    "subject": [
        ("The choir sang four songs in the old church.", "The dam at Velt supplies water to the town."),
        ("合唱团在教堂演唱了歌曲", "大坝为城镇供水", "zh"),
    ],
}  # fmt: skip
FAIR: dict[str, list[tuple[str, ...]]] = {
    "figures": [
        ("It lies 62 km upstream.", "It lies 62 kilometres upstream."),
        ("The rate fell by 3.2 percent.", "Change of the rate | -3.2%"),
        ("More than 1,200 cases were found.", "They found 1,237 cases."),
        ("About three quarters of the target was met.", "It built 1,120 of its target of 1,500 units."),
        ("Fifty villages got help.", "Staff reached 41 villages; helicopters reached nine more."),
        ("The gap was 13 points.", "It was 64 percent for girls and 77 percent for boys."),
        ("Between 3 and 8 people died.", "From 3 to 8 people died."),
        ("It closed for a year and a half.", "It closed for 18 months."),
        ("It spread over 56 square kilometres.", "It burned 5,600 hectares."),
        ("The three libraries close.", "The libraries in Ashmere, Tolby and Wick close."),
        ("Ninety vehicles were hit.", "It hit 90 vehicles."),
        ("Rations were cut by half.", "Rations were halved, and 37 percent of the money came."),
        ("The alarm went off at 21:14.", "The alarm went off at 9.14 p.m."),
        ("The alarm went off at 9.14 p.m.", "The alarm went off at 21:14."),
    ],
    "dates": [
        ("It opened in May.", "It opened on 4 May 2024."),
        ("It opened in 2024.", "It opened on 4 May 2024."),
        ("It resumed on 30 November.", "It closed on 28 November and resumed two days later."),
        ("It was counted in 2012.", "It was counted in 2011-12."),
        ("It opened in May.", "It opened."),
    ],
    "names": [
        ("Cambodian police left.", "Police in Cambodia left."),
        ("The Testrian government left.", "The government of Testria left."),
        ("The Nigerian army left.", "The army of Nigeria left."),
        ("French ships left.", "Ships of France left."),
        ("The National Water Authority left.", "The NWA left."),
        ("The NWA left.", "The National Water Authority left."),
        ("Marr’s bridge opened.", "Ilse Marr opened the bridge."),
        ("Its Ministry agreed.", "The ministry agreed."),
        ("Sales in Mexico reached US$4 million.", "Sales in Mexico reached $4 million."),
        ("Latin American sales were 42 million.", "Sales in Latin America were 42 million."),
    ],
    "negation": [
        ("He was not charged by the police.", "He was released by the police without charge."),
        ("They could not verify the route.", "They were unable to verify the route."),
        ("No more than 240 passengers may board.", "At most 240 passengers may board."),
        ("The bank did not fail.", "The bank denied that it had failed."),
        ("The report is not complete.", "The report is incomplete."),
        ("Neither the pilot nor the passenger survived.", "Both the pilot and the passenger were killed."),
    ],
    "subject": [
        ("Water for the town comes from the dam at Velt.", "The dam at Velt supplies the town."),
        ("The choir sang.", "The dam at Velt supplies the town."),
        ("城镇的水来自大坝", "大坝为城镇供水", "zh"),
    ],
}  # fmt: skip


def listed(table: dict[str, list[tuple[str, ...]]]) -> pytest.MarkDecorator:
    cases = [pytest.param(veto, row, id=row[0]) for veto, rows in table.items() for row in rows]
    return pytest.mark.parametrize(("veto", "row"), cases)


@listed(FAULTY)
def test_what_the_quote_does_not_say_is_a_fault(veto: str, row: tuple[str, ...]) -> None:
    assert fault(veto, *row)


@listed(FAIR)
def test_what_the_quote_says_in_other_words_is_none(veto: str, row: tuple[str, ...]) -> None:
    assert fault(veto, *row) is None


def test_headings_give_a_row_its_units_and_no_figures() -> None:
    row = Evidence("Kandal 12.4", context="Province, losses in million dollars, 2023", language="en")
    assert fault("figures", "Losses in Kandal were 12.4 million dollars.", row) is None
    assert fault("figures", "Losses in Kandal were 7 million dollars.", row)


def test_a_date_to_come_has_the_year_of_the_next_one() -> None:
    quote = Evidence("It will open in December.", language="en", published="2025-07-16")
    assert fault("dates", "It will open in December 2025.", quote) is None
    assert fault("dates", "It will open in December 2024.", quote)


def test_a_pronoun_is_named_by_the_sentence_before() -> None:
    quote = Evidence("She opened the bridge.", language="en", before="Ilse Marr won.")
    assert fault("names", "It was opened by Ilse Marr.", quote) is None
    assert fault("names", "It was opened by Ilse Varr.", quote)


@pytest.mark.parametrize(
    ("doubt", "sentence", "quote"),
    [
        ("figures", "Fifty villages got help.", "Staff reached 41 villages; helicopters reached nine more."),
        ("dates", "It opened in May.", "It opened."),
        ("negation", "Nobody was hurt.", "Everybody was well."),
        ("names", "In May, the bridge opened, as Holt had urged.", "In May, the bridge opened."),
        ("names", "In May, the Company closed two mines.", "In May, we closed two mines."),
        ("names", "In May, the WHO paid for vaccines.", "In May, the agency paid for vaccines."),
    ],
)
def test_a_doubt_is_what_the_quote_does_not_itself_say(doubt: str, sentence: str, quote: str) -> None:
    evidence = [Evidence(quote, language="en")]
    assert DOUBTS[doubt](Statement(sentence, "en"), evidence)
    assert DOUBTS[doubt](Statement(quote, "en"), evidence) is None
    assert fault(doubt, sentence, quote) is None


def test_names_of_the_paragraph_and_of_the_headings_are_known() -> None:
    quote = Evidence(
        "The mayor said that the flood had closed the bridge.", "Tolm Gazette", "en",
        around="Anna Holt is the mayor. It rained. The mayor said that the flood had closed the bridge.",
        section="Floods in Lorvenna",
    )  # fmt: skip
    assert fault("names", "The flood closed the bridge, Anna Holt said.", quote) is None
    assert fault("names", "The flood closed the bridge in Lorvenna.", quote) is None
    assert fault("names", "The flood closed the bridge, Anna Voss said.", quote) is None
    assert fault("names", "The flood closed the bridge, Lena Voss said.", quote)
    assert fault("subject", "Anna Holt governs a wet town.", quote) is None


FILL = Evidence("Stockholders may not fill any vacancies on the board of directors.", language="en")
VOTE = Evidence("Directors may fill vacancies with no vote of the other committees.", language="en")


def test_a_denial_is_compared_with_the_sentence_that_shares_the_words() -> None:
    denied = Statement("Under the bylaws, stockholders may not fill vacancies on the board.", "en")
    said = Statement("Stockholders may fill vacancies on the board.", "en")
    for evidence in ([FILL, VOTE], [VOTE, FILL]):
        assert VETOES["negation"](denied, evidence) is None
        assert VETOES["negation"](said, evidence) == "the cited sentence denies it (“not”)"


def test_words_of_another_language_are_not_compared() -> None:
    quote = Evidence("Con đập cung cấp nước cho thị trấn.", language="vi")
    assert fault("subject", "The dam supplies water to the whole town.", quote) is None
