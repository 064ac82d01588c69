"""Plain text stays as it is, but for front matter and the breaks inside hard-wrapped paragraphs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import LoadError
from index.loaders.metadata import Properties
from index.loaders.text import read_text, split_front_matter, unwrap

PATH = Path("reports/flood-update.txt")
# The characters of a text file: all but lone surrogates and control characters.
CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\r\t")
BREAKS = "\r\n"


def read(text: str) -> str:
    return read_text(text.encode("utf-8"), PATH).text


HYPHENS = "-‐\u00ad"


@given(st.text(CHARACTERS, min_size=1))
def test_every_character_stays_but_for_line_breaks_and_the_hyphens_before_them(text: str) -> None:
    inked = [letter for letter in text if not letter.isspace() and letter not in HYPHENS]
    assert [letter for letter in unwrap(text) if not letter.isspace() and letter not in HYPHENS] == inked


@given(st.text(CHARACTERS, min_size=1).filter(lambda text: not set(HYPHENS) & set(text)))
def test_line_breaks_become_as_many_spaces(text: str) -> None:
    unwrapped = unwrap(text)
    assert all(
        after == before or (before in BREAKS and after == " ")
        for before, after in zip(text, unwrapped, strict=True)
    )


@given(st.text(CHARACTERS, min_size=1).filter(lambda text: text.strip() and not set(HYPHENS) & set(text)))
def test_offsets_are_those_of_the_decoded_file_if_no_word_is_divided(text: str) -> None:
    body = "Report\n\n" + text
    assert len(read(body)) == len(body)
    assert read(body).split() == body.split()


def test_a_hard_wrapped_paragraph_becomes_one_line() -> None:
    wrapped = (
        "The river rose by four metres in the night of the ninth of\n"
        "March, and the sirens at Harlamoor were heard only when the\n"
        "water had reached the market.\n\n"
        "Nobody answered the engineer.\n"
    )
    joined = wrapped.replace("of\n", "of ").replace("the\n", "the ")
    assert read(wrapped) == unwrap(joined) == joined
    # A break of two characters becomes two spaces, so that offsets stay.
    spaced = wrapped.replace("of\n", "of  ").replace("the\n", "the  ").replace("\n", "\r\n")
    assert read(wrapped.replace("\n", "\r\n")) == spaced


SPACED = (
    "The sirens at Harlamoor were heard only when the water had",
    "reached the market, although the engineer on duty, Ansel",
    "Korran, had asked for permission at four.",
    "Nobody answered him before the gate failed.",
    "1. The rules ask for an answer within five minutes of all",
    "the call.",
)


def test_lines_with_a_blank_one_after_each_are_joined_where_no_sentence_ends() -> None:
    spaced = "\n\n".join(["Report on the Maravel Dam", *SPACED, "Tessaveld, in May", "Water", "food"])
    assert [" ".join(line.split()) for line in read(spaced).split("\n\n")] == [
        "Report on the Maravel Dam",
        " ".join(SPACED[:3]),
        SPACED[3],
        " ".join(SPACED[4:]),
        *("Tessaveld, in May", "Water", "food"),
    ]


def test_a_title_above_a_blank_line_and_a_name_stays_apart() -> None:
    text = "Ministry raises the count of the displaced once more in May\n\nAnsel Korran"
    assert read(text) == text


def test_a_blank_line_between_paragraphs_of_several_lines_stays() -> None:
    text = (
        f"{SPACED[0]}\n{SPACED[1]}\n\nand two more sirens of the Isken Water Authority that\nnobody heard.\n"
    )
    assert read(text).count("\n\n") == 1


@pytest.mark.parametrize(
    "lines",
    [
        # Most lines of the paragraph end a sentence; a narrow column; a line far from the margin.
        (
            "Nobody answered the engineer on duty that night.",
            "It failed at four, and the water of the whole",
            "lake fell.",
        ),
        ("It had risen for days in all", "of the towns of the valley,", "and it fell."),
        (
            "The engineer on duty asked for permission and then",
            "waited, although the rules of the Isken Water Authority ask for an answer.",
        ),
    ],
)
def test_a_sentence_goes_on_in_small_letters(lines: tuple[str, ...]) -> None:
    *_, last = read("".join(f"{line}\n" for line in lines)).splitlines()
    assert last.endswith(" ".join(lines[-2:]))


def test_a_word_divided_at_the_end_of_a_line_is_whole_as_the_other_words_of_the_file_say() -> None:
    text = (
        "The commission asks for more irrigation in the long-term plan of the\nvalley.\n\n"
        "It has asked twice for a plan that pays for the irri-\ngation of the fields, and for a long-\n"
        "term view of the lake.\n"
    )
    assert read(text).endswith("for the irrigation of the fields, and for a long-term view of the lake.\n")


@pytest.mark.parametrize(
    "lines",
    [
        # Addresses; names of things.
        (
            "https://example.org/reports/2025/maravel-dam/inquiry",
            "https://example.org/reports/2025/siren-plan",
        ),
        ("four hundred tents", "two water trucks", "fuel"),
    ],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_small_letters_alone_join_no_lists(lines: tuple[str, ...], gap: str) -> None:
    assert read(gap.join(lines)) == gap.join(lines)


@pytest.mark.parametrize(
    "lines",
    [
        # Whole paragraphs, one a line, longer than any hand would wrap it; short lines; items; columns.
        (
            f"The report fills a line of its own{' and goes on without a break' * 3}.",
            "The second one does so too.",
        ),
        ("Water, food and blankets", "Tents for two hundred families", "Fuel"),
        (
            *(
                "The ministry sent what it had in its stores to the valley:",
                "- four hundred tents of the large kind",
            ),
            "- two water trucks",
        ),
        (
            "Place of the measurement along the river     Level in m",
            *("Maravel Bridge, at the upper gauge           4.12", f"Pellan{' ' * 39}3.90"),
        ),
        # A sentence a line, and a heading over its paragraph.
        ("The commission finds that the pin had rusted through entirely.", "It was last examined in 2019."),
        (
            "Ministry raises the count of the displaced once more in May",
            f"The Ministry counted 15,900 displaced people{', which is a rise of 28 per cent' * 4}.",
        ),
    ],
    ids=["paragraphs", "short lines", "a list", "columns", "a sentence a line", "a heading"],
)
def test_other_line_breaks_stay(lines: tuple[str, ...]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    assert read(text) == text


def test_front_matter_is_metadata_and_the_body_is_the_text() -> None:
    document = read_text(
        b"---\ntitle: Flood update\nsource: Civil Protection\npublished: 2025-03-21\nlanguage: en-GB\n---\n"
        b"\nThe river fell.\n",
        PATH,
    )
    assert (document.text, document.title, document.kind) == ("\nThe river fell.\n", "Flood update", "text")
    assert (document.publisher, document.published) == ("Civil Protection", "2025-03-21")
    assert (document.language, document.page_starts) == ("en", ())


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n\n  Flood update, 21 March \n\nThe river fell.", "Flood update, 21 March"),
        ("The river fell. It had risen since Sunday.\n", "flood-update"),
        ("x" * 121 + "\n", "flood-update"),
        ("***\nSituation report 4\n", "Situation report 4"),
    ],
)
def test_the_title_is_a_short_first_line_or_the_name_of_the_file(text: str, title: str) -> None:
    assert read_text(text.encode(), PATH).title == title


@pytest.mark.parametrize(
    ("last", "published"),
    [
        ("The mill of Brackwater ground 310 tons of rye in 1902.", None),
        ("Brackwater, 3 May 1902.", "1902-05-03"),
    ],
)
def test_a_year_that_ends_a_sentence_is_no_date_of_publication(last: str, published: str | None) -> None:
    assert read_text(f"The mill of Brackwater\n\n{last}\n".encode(), PATH).published == published


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32-le"])
def test_a_byte_order_mark_tells_the_encoding_and_is_dropped(encoding: str) -> None:
    mark = "\ufeff" if encoding.endswith("e") else ""  # Python writes it for the others
    assert read_text(f"{mark}Grüße, 4 €".encode(encoding), PATH).text == "Grüße, 4 €"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("L'été était très chaud, et la crue a coûté 15 €. Où êtes-vous ?", "cp1252"),
        ("Größe der Straße: über 40 Häuser wurden zerstört.", "cp1252"),
        ("Zażółć gęślą jaźń. Wójt gminy ogłosił święto.", "cp1250"),
        ("Премьер-министр приказал провести расследование по всей стране.", "cp1251"),
        ("Премьер-министр приказал провести расследование по всей стране.", "koi8-r"),
        ("Başbakan ülke genelinde soruşturma emri verdi.", "cp1254"),
        ("Ο πρωθυπουργός διέταξε έρευνα σε όλη τη χώρα.", "cp1253"),
        ("逮捕された容疑者は何人ですか。首相は調査を命じた。", "shift_jis"),
        ("首相下令全国展开调查，逮捕了一千多名嫌疑人。", "gbk"),
        ("นายกรัฐมนตรีสั่งให้สอบสวนทั่วประเทศ", "cp874"),
    ],
)
def test_older_encodings_are_recognised_by_their_text(text: str, encoding: str) -> None:
    assert read_text(text.encode(encoding), PATH).text == text


def test_a_file_of_front_matter_only_is_empty() -> None:
    with pytest.raises(LoadError, match="holds only front matter"):
        read_text(b"---\ntitle: Flood update\n---\n \n", PATH)


REPORT = Path("report.md")


def test_front_matter_is_split_off_and_the_body_is_unchanged() -> None:
    front = "---\r\ntitle: The dam\r\npublisher: Commission\r\ndate: 2025-09\r\nlang: en\r\n---\r\n"
    metadata, body = split_front_matter(f"{front}\r\n Body \r\n", REPORT)
    assert metadata == Properties("The dam", "Commission", "2025-09", "en")
    assert body == "\r\n Body \r\n"
    odd = "---\ntitle: 2024\nlanguage: no\npublished: 2025-06-31\n---\nBody"
    assert split_front_matter(odd, REPORT)[0] == Properties(title="2024", language="no"), "as it is written"


@pytest.mark.parametrize(
    "text",
    [
        *("--- \nnever closed: yes\n", "----\ntitle: four dashes\n----\n", "---\n---\n"),
        *("---\nA rule above and below a sentence.\n---\n", "Words first\n---\ntitle: x\n---\n"),
    ],
)
def test_other_texts_that_begin_with_a_rule_are_all_body(text: str) -> None:
    assert split_front_matter(text, REPORT) == (Properties(), text)


@pytest.mark.parametrize(
    ("front_matter", "cause"),
    [
        ("title: a: b", "has invalid front matter: line 2: "),
        ("source: Ministry\ntitle: [one, two", "has invalid front matter: line 4: "),
        ('title: "x', "has invalid front matter: line 3: "),
        (f"a: {'[' * 5_000}", "has invalid front matter: it is nested too deeply"),
    ],
)
def test_invalid_front_matter_is_an_error_that_names_the_line(front_matter: str, cause: str) -> None:
    with pytest.raises(LoadError) as error:
        split_front_matter(f"---\n{front_matter}\n---\nBody", REPORT)
    assert error.value.cause.startswith(cause)
    assert str(error.value).endswith("; correct the lines between the two ---")
