"""Whatever a language model does, the answer is valid and in time, and every shown sentence is checked."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping
from threading import Event
from typing import Any

import pytest

from index.library import Library
from rag.answer_limits import AnswerLimits
from rag.answers import Answer
from rag.engine import QueryEngine
from rag.events import AnswerDone, CitationMade, PassagesFound, ReadingBegun, Token
from rag.verification import Gate
from rag.writing.writer import Policy, Writer
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

RIGHT = "Was the announced figure of displaced people right, or was it too high?"
TOO_HIGH = "The announced figure was too high by 1,730 people, or 10.9 per cent."
ACCEPTED = "The ministry has accepted this correction, and the figure of 15,900 should no longer be used."
INVENTED = "The announced figure was too high by 9,999 people, or 88.8 per cent."
SECONDS = 1.5
"""The model's time limit; the rest of an answer takes less than that, except on a busy machine."""

SURE = AnswerLimits(certain=0.0)
"""The slow reader is off, so answerability is lower; a lower threshold makes up for it."""

NOISE = "".join(chr(random.Random(7).randrange(0x20, 0x3000)) for _ in range(50)) + "\x00\ud800￾"  # noqa: S311
UNQUOTED = "the answer is quoted from the reports instead."


@pytest.fixture
def released() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


def engine_of(index: Library, *scripts: Script, unsupported: Policy = "drop", **limits: Any) -> QueryEngine:  # noqa: ANN401
    model = model_of(ScriptedLLM(*scripts), **limits)
    return QueryEngine(index, limits=SURE, writer=Writer(model, Gate(), unsupported))


def checked(engine: QueryEngine, question: str = RIGHT) -> Answer:
    """The answer, after checking the invariants of every answer."""
    began = time.monotonic()
    events = list(engine.stream(question))
    assert time.monotonic() - began < SECONDS + 10
    assert [type(event) for event in events[:2]] == [ReadingBegun, PassagesFound]
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
        assert (sentence.reason is None) == (sentence.verdict in {"quoted", "supported"})
        # Quoted words are never said to be supported, and a model's own words are never said to be quoted.
        stated, cited_words = answer.text[sentence.start : sentence.end], answer.cited_by(sentence)
        repeats = [cited.quote.split() for cited in cited_words] == [stated.split()]
        assert repeats if sentence.verdict == "quoted" else sentence.verdict != "supported" or not repeats
        assert {cited.verification.verdict for cited in answer.cited_by(sentence)} <= {sentence.verdict}
    assert "9,999" not in "".join(words(answer, "quoted", "supported"))
    assert json.dumps(answer.as_dict(), ensure_ascii=False).encode()
    return answer


def words(answer: Answer, *verdicts: str) -> list[str]:
    """The sentences with these verdicts, or all if none is given."""
    return [
        answer.text[sentence.start : sentence.end]
        for sentence in answer.sentences
        if not verdicts or sentence.verdict in verdicts
    ]


def quoted(index: Library) -> list[str]:
    """The sentences of the quoted answer."""
    return words(QueryEngine(index).ask(RIGHT))


# Replies that the gate accepts


@pytest.mark.parametrize("form", [cites, as_json], ids=["lines", "json"])
def test_supported_sentences_are_shown_with_footnotes(seed_index: Library, form: Any) -> None:  # noqa: ANN401
    answer = checked(engine_of(seed_index, form((TOO_HIGH, TOO_HIGH), (ACCEPTED, ACCEPTED))))
    assert words(answer) == [TOO_HIGH, ACCEPTED]
    assert [cited.quote for cited in answer.citations] == [TOO_HIGH, ACCEPTED]
    assert [cited.id for cited in answer.citations] == [1, 2]
    assert (answer.model, answer.fallback, answer.dropped) == ("scripted", None, ())
    assert answer.prompt_digest is not None


def test_marks_after_sentences_and_reasoning_before_them_are_accepted(seed_index: Library) -> None:
    def script(messages: Any) -> Iterator[str]:  # noqa: ANN401
        number = next(iter(cites((TOO_HIGH, TOO_HIGH))(messages)))[1:].partition("]")[0]
        yield from ("<think>It was.\n", "[9.9] No.</thi", f"nk>{TOO_HIGH[:-1]} [{number}", "].\n")

    answer = checked(engine_of(seed_index, script))
    assert (words(answer), answer.dropped) == ([TOO_HIGH], ())


def test_sentences_wait_until_one_is_supported(seed_index: Library) -> None:
    llm = ScriptedLLM(cites((INVENTED, TOO_HIGH), (TOO_HIGH, TOO_HIGH), (ACCEPTED, ACCEPTED)))
    writer = Writer(model_of(llm), Gate(), "strike")
    events = QueryEngine(seed_index, limits=SURE, writer=writer).stream(RIGHT)
    seen = [event for event in events if isinstance(event, Token)]
    assert [(event.text.strip(), event.verdict) for event in seen] == [
        (INVENTED, "unsupported"),
        (TOO_HIGH, "quoted"),
        (ACCEPTED, "quoted"),
    ]


def test_a_sentence_is_shown_while_the_model_still_writes(seed_index: Library, released: Event) -> None:
    def script(messages: Any) -> Iterator[str]:  # noqa: ANN401
        yield from cites((TOO_HIGH, TOO_HIGH))(messages)
        released.wait(30)

    events = engine_of(seed_index, script).stream(RIGHT)
    began = time.monotonic()
    assert next(event for event in events if isinstance(event, Token)).text == TOO_HIGH
    assert time.monotonic() - began < 10
    events.close()


# Sentences that the gate does not support


def test_an_unsupported_sentence_is_dropped_with_the_reason(seed_index: Library) -> None:
    answer = checked(engine_of(seed_index, cites((TOO_HIGH, TOO_HIGH), (INVENTED, TOO_HIGH))))
    assert words(answer) == [TOO_HIGH]
    [dropped] = answer.dropped
    assert dropped.text == INVENTED
    assert dropped.reason


def test_the_policy_strike_shows_an_unsupported_sentence_struck_out(seed_index: Library) -> None:
    script = cites((TOO_HIGH, TOO_HIGH), (INVENTED, TOO_HIGH))
    answer = checked(engine_of(seed_index, script, unsupported="strike"))
    assert (words(answer, "quoted"), words(answer, "unsupported")) == ([TOO_HIGH], [INVENTED])
    assert answer.dropped == ()


@pytest.mark.parametrize("unsupported", ["drop", "strike"])
def test_without_a_supported_sentence_the_reports_are_quoted(
    seed_index: Library, unsupported: Policy
) -> None:
    answer = checked(engine_of(seed_index, cites((INVENTED, TOO_HIGH)), unsupported=unsupported))
    assert words(answer) == quoted(seed_index)
    assert (answer.fallback, answer.model) == ("nothing_supported", "quoted")
    assert answer.note is not None
    assert answer.note.startswith(
        f"The sentences that scripted cites support nothing that it wrote; {UNQUOTED}"
    )
    assert [dropped.text for dropped in answer.dropped] == [INVENTED]


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_sentences_quoted_instead_are_quoted_however_certain_the_library_is(
    seed_index: Library, certain: float
) -> None:
    writer = Writer(model_of(ScriptedLLM(cites((INVENTED, TOO_HIGH)))), Gate())
    answer = checked(QueryEngine(seed_index, limits=AnswerLimits(certain=certain), writer=writer))
    assert answer.fallback == "nothing_supported"
    assert [(cited.verification.verdict, cited.verification.quote_matches) for cited in answer.citations] == [
        ("quoted", True)
    ] * len(quoted(seed_index))


def test_unknown_numbers_support_nothing(seed_index: Library) -> None:
    answer = checked(engine_of(seed_index, says(f"[99.1] {TOO_HIGH}\n[0.0][7.77] {ACCEPTED}\n")))
    assert answer.fallback == "unusable"
    assert [dropped.reason for dropped in answer.dropped] == [
        "it cites 99.1, a number that the model was not given",
        "it cites 0.0 and 7.77, numbers that the model was not given",
    ]


def test_an_unknown_number_beside_a_known_one_makes_the_verdict_partial(seed_index: Library) -> None:
    def script(messages: Any) -> Iterator[str]:  # noqa: ANN401
        yield from cites((ACCEPTED, ACCEPTED))(messages)
        yield next(iter(cites((TOO_HIGH, TOO_HIGH))(messages))).replace("] ", "][99.1] ")

    answer = checked(engine_of(seed_index, script))
    assert [(sentence.verdict, sentence.reason) for sentence in answer.sentences] == [
        ("quoted", None),
        ("paraphrased", "it also cites 99.1, a number that the model was not given"),
    ]


def test_a_model_that_declines_leads_to_an_abstention(seed_index: Library) -> None:
    answer = checked(engine_of(seed_index, says("NO ", "ANSWER")))
    assert (answer.abstained, answer.cause, answer.fallback) == (True, "not_answered", None)
    assert answer.reason is not None
    assert answer.reason.endswith("scripted found no sentence that answers it.")


def test_the_model_is_not_asked_if_the_library_has_no_answer(seed_index: Library) -> None:
    llm = ScriptedLLM(says("[1.1] Sixteen million."))
    writer = Writer(model_of(llm), Gate())
    answer = checked(QueryEngine(seed_index, writer=writer), "What is the rainfall of Cambodia?")
    assert (answer.abstained, llm.sent) == (True, [])


# Failures of the model


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
        (says(INVENTED[:20], {"done_reason": "length"}), "error"),
    ],
    ids=[
        *["empty", "blank", "marks", "noise", "noise in pieces", "a long line", "long prose", "nested"],
        *["braces", "a word for ever", "a line for ever", "an invention for ever", "slowly", "refused"],
        *["wrong", "breaks off", "cut"],
    ],
)
def test_any_other_reply_falls_back_to_a_quoted_answer_with_the_reason(
    seed_index: Library, script: Script, fallback: str
) -> None:
    answer = checked(engine_of(seed_index, script, seconds=SECONDS))
    assert (answer.fallback, answer.model) == (fallback, "quoted")
    assert words(answer) == quoted(seed_index)
    assert answer.note is not None
    assert UNQUOTED in answer.note


def test_a_hung_model_is_awaited_until_the_time_limit(seed_index: Library, released: Event) -> None:
    for pieces in ([], ["[1.1] It was"]):
        answer = checked(engine_of(seed_index, hangs(released, *pieces), seconds=SECONDS))
        assert (answer.fallback, words(answer)) == ("timeout", quoted(seed_index))
        assert (answer.note or "").startswith(f"scripted did not finish its answer in time; {UNQUOTED}")


def test_supported_sentences_before_a_failure_stay_and_the_answer_says_where_it_ends(
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
    assert (broken.note or "").startswith("The reply of scripted broke off; the answer ends here.")


@pytest.mark.parametrize(
    ("last", "note"),
    [
        ({"done_reason": "length"}, "The reply of scripted reached its length limit; the answer ends here."),
        ({"done": False}, "The reply of scripted broke off; the answer ends here."),
    ],
    ids=["at the limit", "without an end"],
)
def test_a_reply_without_its_end_is_not_accepted_as_complete(
    seed_index: Library, last: Mapping[str, Any], note: str
) -> None:
    def script(messages: Any) -> Iterator[Any]:  # noqa: ANN401
        yield from cites((TOO_HIGH, TOO_HIGH))(messages)
        yield from ("[1.1] And", last)

    answer = checked(engine_of(seed_index, script))
    assert (words(answer), answer.fallback, answer.model) == ([TOO_HIGH], "error", "scripted")
    assert (answer.note or "").startswith(note)


def test_a_model_that_declines_where_the_library_certainly_answers_did_not_find_an_answer(
    seed_index: Library,
) -> None:
    question = "How many scam dens does Amnesty International say there are in Cambodia?"
    writer = Writer(model_of(ScriptedLLM(says("NO ANSWER"))), Gate())
    answer = checked(QueryEngine(seed_index, writer=writer), question)
    assert (answer.fallback, answer.model) == ("declined", "quoted")
    found_none = "scripted did not find an answer, but the library certainly has one"
    assert (answer.note or "").startswith(f"{found_none}; {UNQUOTED}")


def test_a_reader_is_told_in_words_why_a_model_failed_and_the_log_has_the_detail(
    seed_index: Library, caplog: pytest.LogCaptureFixture
) -> None:
    answer = checked(engine_of(seed_index, fails(ServerError(401, "the key is wrong"))))
    refused = "scripted could not be asked: its server refused the key"
    assert answer.note is not None
    assert answer.note.startswith(f"{refused}; {UNQUOTED}")
    assert caplog.messages == [f"{refused} (ServerError: the key is wrong)"]


@pytest.mark.parametrize("unsupported", ["drop", "strike"])
def test_a_sentence_that_a_check_refutes_is_dropped_or_struck_out(
    seed_index: Library, unsupported: Policy
) -> None:
    denied = TOO_HIGH.replace("was too high", "was not too high")
    script = cites((TOO_HIGH, TOO_HIGH), (denied, TOO_HIGH))
    answer = checked(engine_of(seed_index, script, unsupported=unsupported))
    reason = "it denies (“not”) what the cited sentence does not deny"
    shown = [] if unsupported == "drop" else [(denied, "unsupported", reason)]
    assert [(answer.text[each.start : each.end], each.verdict, each.reason) for each in answer.sentences] == [
        (TOO_HIGH, "quoted", None),
        *shown,
    ]
    assert [(each.text, each.reason) for each in answer.dropped] == (
        [(denied, reason)] if unsupported == "drop" else []
    )


def test_repeated_sentences_are_shown_once(seed_index: Library) -> None:
    def script(messages: Any) -> Iterator[str]:  # noqa: ANN401
        [line] = cites((TOO_HIGH, TOO_HIGH))(messages)
        while True:
            yield line

    answer = checked(engine_of(seed_index, script))
    assert (words(answer), answer.fallback) == ([TOO_HIGH], None)


def test_a_context_without_room_for_a_sentence_is_reported_without_asking(seed_index: Library) -> None:
    llm = ScriptedLLM(says("[1.1] x"))
    writer = Writer(model_of(llm, context=1024), Gate())
    answer = checked(QueryEngine(seed_index, writer=writer))
    assert (answer.fallback, llm.sent, words(answer)) == ("unusable", [], quoted(seed_index))
    assert "has no room for a sentence of the reports with this question (1024 tokens" in (answer.note or "")
