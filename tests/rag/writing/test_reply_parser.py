"""A reply is parsed into statements with numbers, in any form and from any pieces."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.llm.messages import LONGEST_LINE
from rag.writing.reply_parser import MAX_CHARACTERS, MAX_CITED, Missing, NoAnswer, Statement, parse_reply
from tests.support.examples import up_to

THREE = [("The dam broke.", ("1.1",)), ("Nine villages fled.", ("1.2", "2.1")), ("It was old.", ())]


def read(
    reply: str, *, cut: bool = False, pieces: list[str] | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    """The statements of a reply; "no answer" as a statement of its own."""
    try:
        found = list(parse_reply([reply] if pieces is None else pieces, "en", lambda: cut))
    except NoAnswer:
        return [("(no answer)", ())]
    return [(each.text, each.sentence_numbers) for each in found if isinstance(each, Statement)]


@pytest.mark.parametrize(
    "reply",
    [
        "[1.1] The dam broke.\n[1.2][2.1] Nine villages fled.\nIt was old.",
        "- [1.1] The dam broke.\n- [1.2, 2.1] Nine villages fled.\n\n- It was old.\n",
        "1. [1.1] **The dam broke.**\r\n2. **[1.2] [2.1]** Nine villages fled.\r\n3. It was old.",
        "The dam broke [1.1]. Nine villages fled [1.2; 2.1]. It was old.",
        "The dam broke.[1.1] Nine villages fled.[1.2][2.1]\nIt was old.",
        "[1.1] The dam broke. [1.2][2.1] Nine villages fled.\nIt was old.",
        "<think>Hm.\n[9.9] Hm.\n</think>[1.1] The dam broke.\n[1.2][2.1] Nine villages fled.\nIt was old.",
        "[1.1] The dam [1.1] broke.\n[1.2] Nine villages [2.1] fled.\nIt was old.",
        "```\n[1.1] The dam broke.\n[1.2][2.1] Nine villages fled.\nIt was old.\n```",
        "【１.１】The dam broke.\n[1.2，2.1] Nine villages fled.\nIt was old.",
    ],
)
def test_citation_marks_are_read_before_and_after_a_sentence(reply: str) -> None:
    assert read(reply) == THREE


@pytest.mark.parametrize("frame", ["{}", "```json\n{}\n```", "\n {} That is all."])
@pytest.mark.parametrize("bare", [False, True], ids=["schema", "list"])
def test_json_is_read(frame: str, bare: bool) -> None:
    listed = [{"cites": list(numbers), "text": text} for text, numbers in THREE]
    written = json.dumps(listed if bare else {"sentences": listed})
    assert read(frame.replace("{}", written)) == THREE


def test_a_single_json_object_is_read() -> None:
    assert read('{"text": "The dam broke.", "cites": ["1.1"]}') == THREE[:1]
    assert read('{"text": "The dam broke [1.1].", "cites": "2.1"}') == [("The dam broke.", ("2.1", "1.1"))]


def test_a_json_number_keeps_its_trailing_zero() -> None:
    assert read('{"sentences": [{"cites": [1.10], "text": "The dam broke."}]}') == [
        ("The dam broke.", ("1.10",))
    ]


def test_two_sentences_share_the_numbers_of_their_line() -> None:
    assert read("[1.1] The dam broke. It was old.") == [
        ("The dam broke.", ("1.1",)),
        ("It was old.", ("1.1",)),
    ]


@pytest.mark.parametrize(
    "reply",
    [
        "NO ANSWER", " **NO ANSWER** ", "No answer.", "NO ANSWER\nThe sentences speak of dams.",
        "[1.1] NO ANSWER", '{"sentences": []}', '{"sentences": [{"cites": [], "text": "NO ANSWER"}]}',
        "<think>Hm.</think>\nNO ANSWER",
    ],
)  # fmt: skip
def test_a_model_may_say_that_there_is_no_answer(reply: str) -> None:
    assert read(reply) == read(reply, pieces=list(reply)) == [("(no answer)", ())]


def test_a_statement_may_begin_like_the_no_answer_reply() -> None:
    assert read("No answer was given by the ministry [1.1].") == [
        ("No answer was given by the ministry.", ("1.1",))
    ]


def test_a_late_no_answer_does_not_retract_statements() -> None:
    assert read("[1.1] The dam broke.\nNO ANSWER\n") == THREE[:1]


def test_each_statement_is_available_when_its_line_is_complete() -> None:
    taken: list[str] = []

    def pieces() -> object:
        for piece in ("[1.1] The dam broke", ".\n[1.2]", " Nine villages fled."):
            taken.append(piece)
            yield piece

    found = parse_reply(pieces(), "en")  # type: ignore[arg-type]
    assert next(found) == Statement("The dam broke.", ("1.1",), 1, "\n\n")
    assert len(taken) == 2


def test_each_object_is_available_when_it_is_complete() -> None:
    written = '{"sentences": [{"cites": ["1.1"], "text": "The dam broke."}, {"ci'
    assert read(written) == read(written, pieces=list(written)) == THREE[:1]


def test_a_truncated_reply_loses_only_its_last_statement() -> None:
    assert read("The dam broke [1.1]. Nine villages fled [1.2][2.1]. It was ol", cut=True) == THREE[:2]
    assert read("[1.1] The dam broke.\n[1.2] Nine vill", cut=True) == THREE[:1]


@pytest.mark.parametrize("room", [0, 9])
def test_a_line_that_its_length_has_cut_loses_its_last_statement(room: int) -> None:
    """The grammar of llama.cpp ends a line at its longest, or where the next token would not fit."""
    whole = "The dam failed. "
    cut = ("It rusted " * 60)[: LONGEST_LINE - len(whole) - room]
    stopped = f"{cut[:-2]}x."
    for text, kept in ((cut, []), (stopped, [stopped]), (cut[:199], [cut[:199]])):
        statements = [words for words, _ in read(f"[1.1] {whole}{text}\n[1.2] It was old.")]
        assert statements == [whole.strip(), *kept, "It was old."]


def test_an_endless_reply_is_read_up_to_a_limit() -> None:
    taken = [0]

    def for_ever() -> object:
        while True:
            taken[0] += 1
            yield "[1.1] The dam broke.\n"

    found = list(parse_reply(for_ever(), "en"))  # type: ignore[arg-type]
    assert {(each.text, each.sentence_numbers) for each in found if isinstance(each, Statement)} == {
        ("The dam broke.", ("1.1",))
    }
    assert taken[0] <= MAX_CHARACTERS // 20
    assert read("x" * 1_000_000) == []
    assert len(read("word " * 200_000)) <= 1


def test_a_statement_cites_at_most_six_sentences() -> None:
    marks = "".join(f"[1.{number}]" for number in range(1, 30))
    assert read(f"{marks} The dam broke.") == [
        ("The dam broke.", tuple(f"1.{number}" for number in range(1, MAX_CITED + 1)))
    ]


@pytest.mark.parametrize(
    "reply",
    [
        '{"a":' * 3_000,
        '{"sentences": [' + "[" * 11_000,
        '{"sentences": [{' + '"text": {' * 1_300,
        '{"sentences": [{"text": 1' + "0" * 9_000 + "}]}",
        "[" * 12_000,
        " " * 11_000 + "[1.1]",
        "[1.1]" * 2_400,
        "\x00\x1b[1.1]\x00",
        "<think>",
        "</think>" * 1_000,
        "```json",
    ],
    ids=lambda reply: reply[:12],
)
def test_nonsense_has_no_statements(reply: str) -> None:
    assert read(reply) == []


def test_lone_surrogates_and_control_characters_are_removed() -> None:
    assert read("[1.1] The\x00 dam \ud83d\ude00 broke\ud800.") == [("The dam 😀 broke\ufffd.", ("1.1",))]
    assert read("", pieces=["[1.1] A dam \ud83d", "\ude00.\n"]) == [("A dam 😀.", ("1.1",))]
    assert read('{"sentences": [{"cites": ["1.1"], "text": "A dam \\ud83d."}]}') == [
        ("A dam \ufffd.", ("1.1",))
    ]


_PARTS = st.sampled_from([
    "[1.1]", "[2.1, 2.2]", "[", "]", "The dam broke", ". ", ".", "\n", "\r\n", "- ", "NO ANSWER", "no answer",
    "<think>", "</think>", "{", "}", '"sentences": [', '{"cites": ["1.1"], "text": "A dam."}', "```json",
    "```", "，", "。", "坝", "\ud83d", "\ude00", "\x00", " ", "1", "**", "“No.”", "\u2028",
])  # fmt: skip
_REPLIES = st.one_of(st.text(), st.lists(_PARTS, max_size=25).map("".join))


@settings(max_examples=up_to(300))
@given(_REPLIES, st.data(), st.booleans())
def test_statements_do_not_depend_on_the_pieces(reply: str, data: st.DataObject, cut: bool) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(reply)), max_size=6)))
    edges = [0, *places, len(reply)]
    pieces = [reply[start:end] for start, end in pairwise(edges)]
    whole = read(reply, cut=cut)
    assert read(reply, cut=cut, pieces=pieces) == whole
    assert read(reply, cut=cut, pieces=list(reply)) == whole


@settings(max_examples=up_to(300))
@given(_REPLIES)
def test_a_statement_has_words_without_marks_and_can_be_encoded(reply: str) -> None:
    for text, numbers in read(reply):
        assert any(character.isalnum() for character in text)
        assert text == " ".join(text.split())
        assert text.encode()
        assert len(set(numbers)) == len(numbers) <= MAX_CITED


def blocks(reply: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """What opens each statement, with its head, the statement and its numbers."""
    found = [each for each in parse_reply([reply], "en") if isinstance(each, Statement)]
    return [(each.opens + each.head, each.text, each.sentence_numbers) for each in found]


def test_paragraphs_and_lists_keep_their_form() -> None:
    reply = (
        "It broke [1.1]. It was old [1.2].\n\nWho fled:\n\n- Sarrow [2.1]\n\n2. Tessel [2.2]. Later [2.3].\n"
    )
    assert blocks(reply) == [
        ("\n\n", "It broke.", ("1.1",)),
        (" ", "It was old.", ("1.2",)),
        ("\n\n", "Who fled:", ("2.1", "2.2", "2.3")),
        ("\n- ", "Sarrow", ("2.1",)),
        ("\n2. ", "Tessel.", ("2.2",)),
        (" ", "Later.", ("2.3",)),
    ]


def test_a_heading_and_a_rule_are_left_out_and_bold_words_stay() -> None:
    assert blocks("## Answer\n\n**It broke** in May [1.1].\n\n---\n\nIt was old [1.2].") == [
        ("\n\n", "It broke in May.", ("1.1",)),
        ("\n\n", "It was old.", ("1.2",)),
    ]


def test_each_row_of_a_table_is_a_statement_that_names_its_columns() -> None:
    reply = (
        "The sirens:\n\n| District | Sirens | Pumps |\n| --- | ---: | --- |\n"
        "| Sarrow | **14** [1.1] | 3 [1.2] |\n"
        "| Tessel | 3 | [1.3] |\n\nThere are few [1.4]."
    )
    head = "| District | Sirens | Pumps |\n| --- | --- | --- |\n"
    assert blocks(reply) == [
        ("\n\n", "The sirens:", ("1.1", "1.2", "1.3")),
        (f"\n\n{head}", "| Sarrow | 14 | 3 |", ("1.1", "1.2")),
        ("\n", "| Tessel | 3 |  |", ("1.3",)),
        ("\n\n", "There are few.", ("1.4",)),
    ]
    claims = [each.said for each in parse_reply([reply], "en") if isinstance(each, Statement)]
    assert claims[1:3] == ["Sarrow: Sirens 14; Pumps 3", "Tessel: Sirens 3; Pumps"]


def test_a_row_without_a_rule_below_is_no_heading() -> None:
    assert blocks("| Sarrow | 14 | [1.1]\n| Tessel | 3 | [1.2]\n") == [
        ("\n\n", "| Sarrow | 14 |", ("1.1",)),
        ("\n", "| Tessel | 3 |", ("1.2",)),
    ]


def test_what_is_missing_is_told_apart() -> None:
    found = list(parse_reply(["It broke [1.1].\nNOT FOUND: the **date** [1.2].\n"], "en"))
    assert [type(each) for each in found] == [Statement, Missing]
    assert found[1] == Missing("the date")
    with pytest.raises(NoAnswer) as none:
        list(parse_reply(["NO ANSWER: the date of the break.\nIt broke [1.1]."], "en"))
    assert none.value.what == "the date of the break"
