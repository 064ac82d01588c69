"""Results and progress are readable, and no text of a document can control the terminal."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import partial
from io import BytesIO, StringIO, TextIOWrapper

import pytest
from rich.console import Console

from index.ingest import JobProgress
from index.ingest.jobs import Count
from rag.answers import (
    AnswerSentence,
    Citation,
    Comparison,
    Computed,
    Headline,
    Passage,
    Verification,
)
from tests.support import markup
from tests.support.clocks import Clock, set_time
from ui.cli import printing
from ui.cli.printing import job_progress, progress_line

FIRST, SECOND, THIRD = "The dam held.", "The gate did not.", "Nine people died."
TEXT = f"{FIRST} {SECOND}\n{THIRD}"


def citation(number: int, sentence: str, **changes: object) -> Citation:
    made = markup.citation(number, sentence, page=3, at=TEXT.index(sentence))
    named = replace(made, title="Inquiry", publisher="Ministry", published="2031-08-05", path="dam.pdf")
    return replace(named, **changes)  # type: ignore[arg-type]


def sentence(words: str, *numbers: int) -> AnswerSentence:
    start = TEXT.index(words)
    return AnswerSentence(start, start + len(words), numbers)


ANSWER = replace(
    markup.answer(
        citation(1, FIRST),
        citation(2, SECOND, page=None),
        citation(3, SECOND, publisher=None, published=None, quote="The\n gate failed."),
        citation(4, THIRD, verification=Verification("paraphrased", True, False, 0.4)),
        text=TEXT,
    ),
    sentences=(sentence(FIRST, 1), sentence(SECOND, 2, 3), sentence(THIRD, 4)),
)

PASSAGE = Passage(
    1, 1, "Inquiry", None, "Ministry", "2031", "dam.pdf", 2, 0, 4, "Dams\n fail.", 0.5, "names no year"
)

ABSTENTION = replace(markup.abstention(PASSAGE), reason="No report says when.", text="No report says when.")


def printed(show: object, *arguments: object, width: int = 80) -> list[str]:
    """The lines that ``show`` prints, without trailing spaces and blank lines."""
    stream = StringIO()
    assert callable(show)
    show(Console(file=stream, width=width, highlight=False), *arguments)
    return [line.rstrip() for line in stream.getvalue().splitlines() if line.strip()]


def test_an_answer_is_its_sentences_with_their_marks_a_line_a_document_then_the_footnotes() -> None:
    assert printed(printing.print_answer, ANSWER.as_dict()) == [
        "The dam held. [1] The gate did not. [2] [3]",
        "Nine people died. [4]",
        "[1] Inquiry · Ministry · 5 August 2031 · page 3 · dam.pdf",
        "[2] Inquiry · Ministry · 5 August 2031 · dam.pdf",
        "[3] Inquiry · page 3 · dam.pdf",
        "    “The gate failed.”",
        "[4] Inquiry · Ministry · 5 August 2031 · page 3 · dam.pdf",
        "    paraphrased: read the source",
    ]


def test_a_quoted_sentence_is_printed_without_a_remark() -> None:
    quoted = Verification("quoted", True, True, 1.0)
    made = replace(
        ANSWER,
        sentences=(replace(sentence(FIRST, 1), verdict="quoted"),),
        citations=(citation(1, FIRST, verification=quoted),),
    )
    assert printed(printing.print_answer, made.as_dict()) == [
        "The dam held. [1]",
        "[1] Inquiry · Ministry · 5 August 2031 · page 3 · dam.pdf",
    ]


def test_a_note_of_what_was_not_found_stands_before_the_answer() -> None:
    noted = replace(ANSWER, note="Not found in these reports: “2020”.")
    lines = printed(printing.print_answer, noted.as_dict())
    assert lines[0] == noted.note
    assert lines.count(noted.note) == 1


def test_a_note_stands_between_the_answer_and_its_footnotes() -> None:
    noted = replace(ANSWER, note="The reports are in English.")
    assert printed(printing.print_answer, noted.as_dict())[2] == "The reports are in English."


def test_an_answer_that_is_one_value_begins_with_it() -> None:
    valued = replace(ANSWER, headline=Headline("$ 12", "in millions", "Gates", "2023"))
    assert printed(printing.print_answer, valued.as_dict())[:2] == ["$ 12 in millions", "Gates · 2023"]


def test_two_figures_that_are_compared_stand_above_what_is_computed_from_them() -> None:
    compared = Headline(
        "$ 12",
        "in millions",
        "Gates",
        "2023",
        Comparison("$ 10", "in millions", "Gates", "2022", Computed("+$2", "in millions", "+20.0%", "yes")),
    )
    shown = printed(printing.print_answer, replace(ANSWER, headline=compared).as_dict())
    assert shown[:7] == [
        "Yes",
        "Gates",
        "$ 12 in millions",
        "2023",
        "$ 10 in millions",
        "2022",
        "Difference +$2 in millions (+20.0%), computed from the two figures, not cited",
    ]


ADVICE = "Ask in the words of the reports, or add a report that answers this."


def test_an_abstention_is_its_reason_the_nearest_passage_with_what_it_lacks_and_what_to_try() -> None:
    read = replace(ABSTENTION, passages=(PASSAGE, replace(PASSAGE, title="Other"), PASSAGE))
    nearest = ["– Inquiry · Ministry · 2031 · page 2 · dam.pdf", "  names no year", "  Dams fail."]
    begun = ["No answer. No report says when.", "Nearest passage:", *nearest]
    assert printed(printing.print_answer, ABSTENTION.as_dict()) == [*begun, ADVICE]
    assert printed(printing.print_answer, read.as_dict()) == [
        *begun,
        ADVICE,
        "Other passages read: 2; --passages 3 lists them.",
    ]
    assert printed(partial(printing.print_answer, passages=3), read.as_dict())[1:6] == [
        "Nearest passages:",
        *nearest,
        "– Other · Ministry · 2031 · page 2 · dam.pdf",
    ]


def test_alternatives_are_printed_below_an_answer_that_is_not_sure() -> None:
    shown = printed(printing.print_answer, replace(ANSWER, alternatives=(PASSAGE, PASSAGE)).as_dict())
    line = "Or: Inquiry · Ministry · 2031 · page 2 · dam.pdf"
    assert [each for each in shown if "Or:" in each] == [line, line]
    assert shown[-1].strip() == "Dams fail."


def test_a_row_is_printed_with_the_names_of_its_columns() -> None:
    rows = "Fraud | 193 | 215", "Bribery | 41 | 39"
    text = " ".join((rows[0], "Few were closed."))
    first = markup.citation(1, rows[0])
    second = replace(markup.citation(2, "Few were closed.", at=len(rows[0]) + 1), quote=rows[1])
    made = replace(
        markup.answer(first, second, text=text),
        citations=tuple(replace(each, headings="Offence | Opened | Closed") for each in (first, second)),
    )
    shown = printed(printing.print_answer, made.as_dict())
    assert shown[0] == "Fraud: Opened = 193; Closed = 215 [1] Few were closed. [2]"
    assert [line for line in shown if "Bribery" in line] == ["    Bribery: Opened = 41; Closed = 39"]
    assert "193" not in " ".join(shown[1:]), "its footnote does not repeat it"


def test_an_item_is_printed_below_the_sentence_above_its_list() -> None:
    item = replace(markup.citation(1, "(b) pay."), lead_in="They must:")
    shown = printed(printing.print_answer, markup.answer(item).as_dict())
    assert [line for line in shown if "They must" in line] == ["    “They must: … (b) pay.”"]


def test_a_row_is_printed_with_dots_between_its_cells() -> None:
    table = replace(ABSTENTION, passages=(replace(PASSAGE, text="Gate | Shut\nNorth | | 30"),))
    assert "  Gate · Shut; North · 30" in printed(printing.print_answer, table.as_dict())


def test_an_abstention_of_an_empty_library_lists_nothing() -> None:
    empty = replace(ABSTENTION, passages=(), cause="empty_library")
    assert printed(printing.print_answer, empty.as_dict()) == ["No answer. No report says when."]


def test_a_greeting_is_answered_with_a_sentence() -> None:
    greeted = replace(ABSTENTION, passages=(), cause="thanks", text="You are welcome.", reason=None)
    assert printed(printing.print_answer, greeted.as_dict()) == ["You are welcome."]


def test_a_long_passage_is_cut_between_words() -> None:
    long = replace(ABSTENTION, passages=(replace(PASSAGE, text="word " * 200, shortfall=None),))
    lines = printed(printing.print_answer, long.as_dict())
    shown = " ".join(line.strip() for line in lines[3:-1])
    assert shown == "word " * 56 + "…"


def test_search_results_are_numbered_with_the_parts_of_their_score() -> None:
    result = {
        "title": "Inquiry",
        "publisher": None,
        "published": "2031-08",
        "path": "dam.pdf",
        "page": 1,
        "text": "Dams\n fail.",
        "score": 0.876,
        "scores": {"dense": 0.5, "lexical": 12.34},
    }
    assert printed(printing.print_search, {"results": [result, result]}) == [
        "1. Inquiry · August 2031 · page 1 · dam.pdf",
        "   score 0.88 (meaning 0.50, words 12.3)",
        "   Dams fail.",
        "2. Inquiry · August 2031 · page 1 · dam.pdf",
        "   score 0.88 (meaning 0.50, words 12.3)",
        "   Dams fail.",
    ]


def test_a_search_without_a_result_says_what_to_do() -> None:
    assert printed(partial(printing.print_search, has_filters=True), {"results": []}) == [
        "Nothing was found: no report passes the filters; widen them and search again."
    ]
    assert printed(printing.print_search, {"results": []}) == [
        "Nothing was found: the library is empty. Fill it with: footnoted sync FOLDER"
    ]


def test_a_sync_reports_each_failure_on_one_line_apart_from_the_counts() -> None:
    report = {
        "added": ["a", "b"],
        "changed": ["d"],
        "removed": ["c"],
        "unchanged": 4,
        "failed": [{"path": "bad\x1b[2J.pdf", "cause": "is " + "very " * 40 + "broken; repair it"}],
        "passages": 12,
        "seconds": 1.26,
        "generation": 3,
        "read_again": 1,
    }
    stderr = StringIO()
    counts = printed(printing.print_sync, Console(file=stderr, width=40), report, width=200)
    assert counts == [
        (
            "2 added, 1 changed, 1 removed, 1 read again by newer loaders, 4 unchanged, 1 failed in 1.3 s; "
            "the library has 12 passages, generation 3"
        )
    ]
    assert stderr.getvalue().splitlines() == [
        "footnoted: bad\N{REPLACEMENT CHARACTER}[2J.pdf: is " + "very " * 40 + "broken; repair it"
    ]


def test_markup_in_a_title_is_shown_as_it_is() -> None:
    marked = replace(ABSTENTION, passages=(replace(PASSAGE, title="[red]Inquiry[/red]"),))
    assert "– [red]Inquiry[/red] · Ministry · 2031 · page 2 · dam.pdf" in printed(
        printing.print_answer, marked.as_dict()
    )


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252", "latin-1"])
def test_json_is_whole_whatever_the_output_can_carry(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    raw = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(raw, encoding=encoding, write_through=True))
    printing.print_json({"title": "“Đất” 水 😀"})
    assert json.loads(raw.getvalue().decode(encoding)) == {"title": "“Đất” 水 😀"}


JOB = {
    "id": "0" * 32,
    "kind": "sync",
    "state": "running",
    "cancelling": False,
    "created": "2031-08-05T10:00:00.123+00:00",
    "started": "2031-08-05T10:00:01.123+00:00",
    "ended": None,
    "files": {"done": 3, "of": 9},
    "passages": {"done": 0, "of": 0},
    "seconds_left": None,
    "message": None,
    "result": None,
}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "sync running, 3 of 9 files; 2031-08-05T10:00:01+00:00"),
        (
            {"passages": {"done": 5, "of": 8}, "seconds_left": 12.4, "cancelling": True},
            "sync stopping, 3 of 9 files, 5 of 8 passages, about 12 s left; 2031-08-05T10:00:01+00:00",
        ),
        ({"state": "waiting", "started": None}, "sync waiting; 2031-08-05T10:00:00+00:00"),
        (
            {"state": "failed", "message": "no space left", "ended": "2031-08-05T11:00:00.5+00:00"},
            "sync failed, no space left; 2031-08-05T11:00:00+00:00",
        ),
        (
            {
                "state": "done",
                "ended": "2031-08-05T11:00:00.5+00:00",
                "result": {"added": ["a", "b"], "changed": [], "removed": ["c"], "failed": []},
            },
            "sync done, 2 added, 1 removed; 2031-08-05T11:00:00+00:00",
        ),
        (
            {
                "kind": "upload",
                "state": "done",
                "ended": "2031-08-05T11:00:00.5+00:00",
                "result": {"version": 1},
            },
            "upload done; 2031-08-05T11:00:00+00:00",
        ),
    ],
)
def test_a_job_says_how_far_it_is_or_how_it_came_out(changes: dict[str, object], line: str) -> None:
    assert printing.job_line({**JOB, **changes}) == line


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (JobProgress(), "starting"),
        (JobProgress("reading", Count(3, 40)), "3 of 40 files read"),
        (
            JobProgress("embedding", Count(40, 40), Count(1200, 9000), 312.4, 24.96),
            "40 of 40 files read, 1,200 of 9,000 passages embedded, 25.0 passages a second, about 312 s left",
        ),
        (
            JobProgress("rebuilding", passages=Count(5, 10), seconds_left=2.0),
            "5 of 10 passages embedded, about 2 s left",
        ),
    ],
)
def test_a_line_has_files_passages_rate_and_time_left_as_far_as_known(now: JobProgress, line: str) -> None:
    assert progress_line(now) == line


def test_without_a_terminal_a_line_comes_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(100.0)
    monkeypatch.setattr("ui.cli.printing.LINE_SECONDS", 10.0)
    set_time(monkeypatch, printing, clock)
    printed = StringIO()
    with job_progress(Console(file=printed, width=60)) as show:
        for second in range(1, 25):
            clock.now += 1
            show(JobProgress("reading", Count(second, 1000)))
    assert printed.getvalue().splitlines() == [
        "footnoted: 10 of 1000 files read",
        "footnoted: 20 of 1000 files read",
    ]


def test_a_terminal_shows_a_bar_for_each_stage_with_its_pace() -> None:
    drawn = StringIO()
    with job_progress(Console(file=drawn, force_terminal=True, width=100)) as show:
        show(JobProgress("reading", Count(1, 2)))
        show(JobProgress("reading", Count(2, 2)))
        for passages in (3, 5, 7):
            show(JobProgress("embedding", Count(2, 2), Count(passages, 9)))
            time.sleep(0.01)
        show(JobProgress("embedding", Count(2, 2), Count(9, 9)))
    assert "Reading" in drawn.getvalue()
    assert "2/2" in drawn.getvalue()
    assert "9/9" in drawn.getvalue()
    assert "a second" in drawn.getvalue()
