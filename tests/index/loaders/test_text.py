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


@given(st.text(CHARACTERS, min_size=1))
def test_every_character_stays_but_for_line_breaks_that_become_spaces(text: str) -> None:
    unwrapped = unwrap(text)
    assert len(unwrapped) == len(text)
    assert all(
        after == before or (before in BREAKS and after == " ")
        for before, after in zip(text, unwrapped, strict=True)
    )


@given(st.text(CHARACTERS, min_size=1).filter(str.strip))
def test_offsets_are_those_of_the_decoded_file(text: str) -> None:
    body = "Report\n\n" + text
    assert len(read(body)) == len(body)
    assert read(body).split() == body.split()


def test_unwrapping_twice_is_unwrapping_once() -> None:
    text = "The river rose by four metres in the night of the\ninth of March, and no siren was heard.\n"
    assert unwrap(unwrap(text)) == unwrap(text)


def test_a_hard_wrapped_paragraph_becomes_one_line() -> None:
    wrapped = (
        "The river rose by four metres in the night of the ninth of\n"
        "March, and the sirens at Harlamoor were heard only when the\n"
        "water had reached the market.\n"
        "\n"
        "Nobody answered the engineer.\n"
    )
    assert read(wrapped) == (
        "The river rose by four metres in the night of the ninth of "
        "March, and the sirens at Harlamoor were heard only when the "
        "water had reached the market.\n"
        "\n"
        "Nobody answered the engineer.\n"
    )


def test_a_break_of_two_characters_becomes_two_spaces() -> None:
    first, second = "The river rose by four metres in the night of the ninth of", "March without a warning."
    assert read(f"{first}\r\n{second}\r\n") == f"{first}  {second}\r\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "The first paragraph of this report fills a line of its own and goes on without a break, longer "
            "than any hand would wrap it.\nThe second one does so too.\n",
            id="whole paragraphs, one a line",
        ),
        pytest.param("Water, food and blankets\nTents for two hundred families\nFuel\n", id="short lines"),
        pytest.param(
            "The ministry sent what it had in its stores to the valley:\n"
            "- four hundred tents of the large kind\n- two water trucks\n",
            id="a list",
        ),
        pytest.param(
            "Place of the measurement along the river     Level in m\nMaravel Bridge, at the upper gauge"
            "           4.12\nPellan                                       3.90\n",
            id="columns",
        ),
        pytest.param(
            "The commission finds that the pin had rusted through entirely.\nIt was last examined in 2019.\n",
            id="a sentence a line",
        ),
        pytest.param(
            "Ministry raises the count of the displaced once more in May\n"
            "The Ministry of Civil Protection counted 15,900 displaced people on 12 May, against 12,400 on "
            "20 March, which is a rise of 28 per cent, and said that more are to come.\n",
            id="a heading over its paragraph",
        ),
    ],
)
def test_other_line_breaks_stay(text: str) -> None:
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
    "data",
    [
        pytest.param("﻿Grüße, 4 €".encode(), id="UTF-8 with a byte order mark"),
        pytest.param("Grüße, 4 €".encode("utf-16"), id="UTF-16"),
        pytest.param("﻿Grüße, 4 €".encode("utf-16-be"), id="UTF-16, big end first"),
        pytest.param("﻿Grüße, 4 €".encode("utf-32-le"), id="UTF-32"),
    ],
)
def test_a_byte_order_mark_tells_the_encoding_and_is_dropped(data: bytes) -> None:
    assert read_text(data, PATH).text == "Grüße, 4 €"


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


def test_the_real_report_is_unchanged(evaluation_data: Path) -> None:
    file = evaluation_data / "seed" / "000_da4204b612acb48d.txt"
    assert read_text(file.read_bytes(), file).text == file.read_bytes().decode("utf-8")


REPORT = Path("report.md")


def test_front_matter_is_split_off_and_the_body_is_unchanged() -> None:
    metadata, body = split_front_matter(
        "---\r\ntitle: The dam\r\npublisher: Commission\r\ndate: 2025-09\r\nlang: en\r\n---\r\n"
        "\r\n Body \r\n",
        REPORT,
    )
    assert metadata == Properties("The dam", "Commission", "2025-09", "en")
    assert body == "\r\n Body \r\n"


def test_values_stay_as_they_are_written() -> None:
    metadata, _ = split_front_matter(
        "---\ntitle: 2024\nlanguage: no\npublished: 2025-06-31\n---\nBody", REPORT
    )
    assert metadata == Properties(title="2024", publisher=None, published=None, language="no")


@pytest.mark.parametrize(
    "text",
    [
        "--- \nnever closed: yes\n",
        "----\ntitle: four dashes\n----\n",
        "---\nA rule above and below a sentence.\n---\n",
        "---\n---\n",
        "Words first\n---\ntitle: x\n---\n",
    ],
)
def test_other_texts_that_begin_with_a_rule_are_all_body(text: str) -> None:
    assert split_front_matter(text, REPORT) == (Properties(), text)


@pytest.mark.parametrize(
    ("front_matter", "line"),
    [("title: a: b", "line 2"), ("source: Ministry\ntitle: [one, two", "line 4"), ('title: "x', "line 3")],
)
def test_invalid_front_matter_is_an_error_that_names_the_line(front_matter: str, line: str) -> None:
    with pytest.raises(LoadError) as error:
        split_front_matter(f"---\n{front_matter}\n---\nBody", REPORT)
    assert error.value.cause.startswith(f"has invalid front matter: {line}: ")
    assert str(error.value).endswith("; correct the lines between the two ---")


def test_front_matter_that_is_nested_without_end_is_an_error() -> None:
    with pytest.raises(LoadError, match="nested too deeply"):
        split_front_matter(f"---\na: {'[' * 50_000}\n---\nBody", REPORT)
