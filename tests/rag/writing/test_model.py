"""Whatever a language model does, its answer is valid, in time, and nothing in it is let out unchecked."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from index.library import Library
from rag.answers import Answer
from rag.engine import QueryEngine
from rag.events import AnswerDone, CitationMade, PassagesFound, Token
from rag.tuning import Tuning
from rag.verification import Gate
from rag.writing.model import Policy, Writer
from tests.support.scripted import (
    Script,
    ScriptedLLM,
    ServerError,
    as_json,
    cites,
    fails,
    for_ever,
    hangs,
    model_of,
    says,
    slowly,
)

RIGHT = "Was the figure of 15,900 displaced people right?"
TOO_HIGH = "The announced figure was too high by 1,730 people, or 10.9 per cent."
ACCEPTED = "The ministry has accepted this correction, and the figure of 15,900 should no longer be used."
INVENTED = "The announced figure was too high by 9,999 people, or 88.8 per cent."
SECONDS = 1.5
"""What the model has; the rest of an answer takes well under as long again, and more on a busy machine."""

SURE = Tuning(certain=0.0)
"""Without a reader, which takes long, the library is less sure of its answers; that is not tested here."""

NOISE = "".join(chr(random.Random(7).randrange(0x20, 0x3000)) for _ in range(50)) + "\x00\ud800￾"  # noqa: S311
UNQUOTED = "the answer is quoted from the reports instead."


@pytest.fixture
def released() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


def engine_of(index: Library, *scripts: Script, unsupported: Policy = "drop", **limits: Any) -> QueryEngine:  # noqa: ANN401
    model = model_of(ScriptedLLM(*scripts), **limits)
    return QueryEngine(index, None, SURE, writer=Writer(model, Gate(index.encoder), unsupported))


def checked(engine: QueryEngine, question: str = RIGHT) -> Answer:
    """The answer, of which everything holds that holds of every answer."""
    began = time.monotonic()
    events = list(engine.stream(question))
    assert time.monotonic() - began < SECONDS + 10
    assert isinstance(events[0], PassagesFound)
    assert isinstance(events[-1], AnswerDone)
    answer = events[-1].answer
    assert "".join(event.text for event in events if isinstance(event, Token)) == answer.text
    assert tuple(event.citation for event in events if isinstance(event, CitationMade)) == answer.citations
    for cited in answer.citations:
        text = engine.index.catalog.text(cited.document_id, cited.version).text
        assert cited.quote == text[cited.start : cited.end]
        assert answer.text[cited.answer_start : cited.answer_end]
    for sentence in answer.sentences:
        assert answer.cited_by(sentence) or sentence.verdict == "unsupported"
        assert (sentence.reason is None) == (sentence.verdict == "supported")
    assert "9,999" not in "".join(words(answer, "supported"))
    assert json.dumps(answer.as_dict(), ensure_ascii=False).encode()
    return answer


def words(answer: Answer, *verdicts: str) -> list[str]:
    """The sentences with these verdicts; with any, where none is named."""
    return [
        answer.text[sentence.start : sentence.end]
        for sentence in answer.sentences
        if not verdicts or sentence.verdict in verdicts
    ]


def quoted(index: Library) -> list[str]:
    """What is quoted where no model writes."""
    return words(QueryEngine(index, None).ask(RIGHT))


# What goes well


@pytest.mark.parametrize("form", [cites, as_json], ids=["lines", "json"])
def test_what_the_reports_say_is_let_out_with_its_footnotes(seed_index: Library, form: Any) -> None:  # noqa: ANN401
    answer = checked(engine_of(seed_index, form((TOO_HIGH, TOO_HIGH), (ACCEPTED, ACCEPTED))))
    assert words(answer) == [TOO_HIGH, ACCEPTED]
    assert [cited.quote for cited in answer.citations] == [TOO_HIGH, ACCEPTED]
    assert [cited.id for cited in answer.citations] == [1, 2]
    assert (answer.model, answer.fallback, answer.dropped) == ("scripted", None, ())
    assert answer.prompt_digest is not None


def test_marks_behind_sentences_and_thoughts_before_them_are_no_hindrance(seed_index: Library) -> None:
    def script(messages: Any) -> Iterator[str]:  # noqa: ANN401
        number = next(iter(cites((TOO_HIGH, TOO_HIGH))(messages)))[1:].partition("]")[0]
        yield from ("<think>It was.\n", "[9.9] No.</thi", f"nk>{TOO_HIGH[:-1]} [{number}", "].\n")

    answer = checked(engine_of(seed_index, script))
    assert (words(answer), answer.dropped) == ([TOO_HIGH], ())


def test_sentences_are_let_out_as_they_pass_and_wait_until_one_is_carried(seed_index: Library) -> None:
    llm = ScriptedLLM(cites((INVENTED, TOO_HIGH), (TOO_HIGH, TOO_HIGH), (ACCEPTED, ACCEPTED)))
    writer = Writer(model_of(llm), Gate(seed_index.encoder), "strike")
    events = QueryEngine(seed_index, None, SURE, writer=writer).stream(RIGHT)
    seen = [event for event in events if isinstance(event, Token)]
    assert [(event.text.strip(), event.verdict) for event in seen] == [
        (INVENTED, "unsupported"),
        (TOO_HIGH, "supported"),
        (ACCEPTED, "supported"),
    ]


def test_a_sentence_is_there_while_the_model_still_writes(seed_index: Library, released: Event) -> None:
    def script(messages: Any) -> Iterator[str]:  # noqa: ANN401
        yield from cites((TOO_HIGH, TOO_HIGH))(messages)
        released.wait(30)

    events = engine_of(seed_index, script).stream(RIGHT)
    began = time.monotonic()
    assert next(event for event in events if isinstance(event, Token)).text == TOO_HIGH
    assert time.monotonic() - began < 10
    events.close()  # type: ignore[attr-defined]


# What is not carried


def test_what_nothing_carries_is_dropped_with_the_reason(seed_index: Library) -> None:
    answer = checked(engine_of(seed_index, cites((TOO_HIGH, TOO_HIGH), (INVENTED, TOO_HIGH))))
    assert words(answer) == [TOO_HIGH]
    [dropped] = answer.dropped
    assert dropped.text == INVENTED
    assert dropped.reason


def test_what_nothing_carries_is_struck_out_where_that_is_set(seed_index: Library) -> None:
    script = cites((TOO_HIGH, TOO_HIGH), (INVENTED, TOO_HIGH))
    answer = checked(engine_of(seed_index, script, unsupported="strike"))
    assert (words(answer, "supported"), words(answer, "unsupported")) == ([TOO_HIGH], [INVENTED])
    assert answer.dropped == ()


@pytest.mark.parametrize("unsupported", ["drop", "strike"])
def test_where_nothing_is_carried_nothing_was_shown_and_the_reports_are_quoted(
    seed_index: Library, unsupported: Policy
) -> None:
    answer = checked(engine_of(seed_index, cites((INVENTED, TOO_HIGH)), unsupported=unsupported))
    assert words(answer) == quoted(seed_index)
    assert (answer.fallback, answer.model) == ("nothing_supported", "quoted")
    assert answer.note is not None
    assert answer.note.startswith(
        f"Nothing that scripted wrote is carried by the sentences that it cites; {UNQUOTED}"
    )
    assert [dropped.text for dropped in answer.dropped] == [INVENTED]


def test_numbers_that_were_not_shown_carry_nothing(seed_index: Library) -> None:
    answer = checked(engine_of(seed_index, says(f"[99.1] {TOO_HIGH}\n[0.0][7.77] {ACCEPTED}\n")))
    assert answer.fallback == "unusable"
    assert [dropped.reason for dropped in answer.dropped] == [
        "it cites 99.1, which was not shown to it",
        "it cites 0.0, 7.77, which was not shown to it",
    ]


def test_a_number_that_was_not_shown_beside_one_that_was_leaves_a_doubt(seed_index: Library) -> None:
    def script(messages: Any) -> Iterator[str]:  # noqa: ANN401
        yield from cites((ACCEPTED, ACCEPTED))(messages)
        yield next(iter(cites((TOO_HIGH, TOO_HIGH))(messages))).replace("] ", "][99.1] ")

    answer = checked(engine_of(seed_index, script))
    assert [(sentence.verdict, sentence.reason) for sentence in answer.sentences] == [
        ("supported", None),
        ("partial", "it also cites 99.1, which was not shown to it"),
    ]


def test_a_model_that_says_that_there_is_no_answer_ends_in_an_abstention(seed_index: Library) -> None:
    answer = checked(engine_of(seed_index, says("NO ", "ANSWER")))
    assert (answer.abstained, answer.cause, answer.fallback) == (True, "not_answered", None)
    assert answer.reason is not None
    assert answer.reason.endswith("scripted found no sentence that answers it.")


def test_where_the_library_has_no_answer_the_model_is_not_asked(seed_index: Library) -> None:
    llm = ScriptedLLM(says("[1.1] Sixteen million."))
    writer = Writer(model_of(llm), Gate(seed_index.encoder))
    answer = checked(QueryEngine(seed_index, None, writer=writer), "What is the population of Cambodia?")
    assert (answer.abstained, llm.sent) == (True, [])


# What breaks


@pytest.mark.parametrize(
    ("script", "fallback"),
    [
        (says(), "unusable"),
        (says(" \n" * 100), "unusable"),
        (says("[1.1]" * 500), "unusable"),
        (says(NOISE), "unusable"),
        (says(*NOISE * 3), "unusable"),
        (says("x" * 1_000_000), "unusable"),
        (says("It was right. " * 60_000), "unusable"),
        (says('{"sentences": [' + "[" * 20_000), "unusable"),
        (says("{" * 5_000), "unusable"),
        (for_ever("again "), "unusable"),
        (for_ever("It was right.\n"), "unusable"),
        (for_ever("[1.1] It was 9,999.\n"), "nothing_supported"),
        (slowly(["It ", "was"] * 1_000, 0.02), "timeout"),
        (fails(ConnectionRefusedError("refused")), "error"),
        (fails(ServerError(400, "the context is too small")), "error"),
        (fails(ServerError(503), "[1.1] It"), "error"),
        (says(INVENTED[:20], {"done_reason": "length"}), "unusable"),
    ],
    ids=[
        *["empty", "blank", "marks", "noise", "noise in pieces", "a long line", "long prose", "nested"],
        *["braces", "a word for ever", "a line for ever", "an invention for ever", "slowly", "refused"],
        *["wrong", "breaks off", "cut"],
    ],
)
def test_whatever_else_comes_the_reports_are_quoted_and_the_answer_says_why(
    seed_index: Library, script: Script, fallback: str
) -> None:
    answer = checked(engine_of(seed_index, script, seconds=SECONDS))
    assert (answer.fallback, answer.model) == (fallback, "quoted")
    assert words(answer) == quoted(seed_index)
    assert answer.note is not None
    assert UNQUOTED in answer.note


def test_a_model_that_hangs_is_waited_for_as_long_as_is_set(seed_index: Library, released: Event) -> None:
    for pieces in ([], ["[1.1] It was"]):
        answer = checked(engine_of(seed_index, hangs(released, *pieces), seconds=SECONDS))
        assert (answer.fallback, words(answer)) == ("timeout", quoted(seed_index))
        assert (answer.note or "").startswith(f"scripted did not finish its answer in time; {UNQUOTED}")


def test_what_was_carried_before_a_model_broke_off_stays_and_the_answer_says_where_it_ends(
    seed_index: Library, released: Event
) -> None:
    def then(last: Script) -> Script:
        return lambda messages: iter([*cites((TOO_HIGH, TOO_HIGH))(messages)]) and _joined(messages, last)

    def _joined(messages: Any, last: Script) -> Iterator[str]:  # noqa: ANN401
        yield from cites((TOO_HIGH, TOO_HIGH))(messages)
        yield from last(messages)

    broken = checked(engine_of(seed_index, then(fails(ServerError(500), "[1.1] And"))))
    hung = checked(engine_of(seed_index, then(hangs(released, "[1.1] And")), seconds=SECONDS))
    for answer, kind in ((broken, "error"), (hung, "timeout")):
        assert (words(answer), answer.fallback, answer.model) == ([TOO_HIGH], kind, "scripted")
    assert (hung.note or "").startswith("scripted did not finish its answer in time; the answer ends here.")
    assert (broken.note or "").startswith(
        "scripted failed (ServerError: the server says no); the answer ends here."
    )


def test_what_a_model_says_again_and_again_is_let_out_once(seed_index: Library) -> None:
    def script(messages: Any) -> Iterator[str]:  # noqa: ANN401
        [line] = cites((TOO_HIGH, TOO_HIGH))(messages)
        while True:
            yield line

    answer = checked(engine_of(seed_index, script))
    assert (words(answer), answer.fallback) == ([TOO_HIGH], None)


def test_a_context_without_room_for_a_sentence_is_said_without_asking(seed_index: Library) -> None:
    llm = ScriptedLLM(says("[1.1] x"))
    writer = Writer(model_of(llm, context=1024), Gate(seed_index.encoder))
    answer = checked(QueryEngine(seed_index, None, writer=writer))
    assert (answer.fallback, llm.sent, words(answer)) == ("unusable", [], quoted(seed_index))
    assert "has no room for a sentence of the reports with this question (1024 tokens" in (answer.note or "")
