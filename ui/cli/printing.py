"""Prints results on a terminal, for people or as JSON.

No text of a document is trusted: ``visible`` removes control characters, ``Text`` keeps Rich off markup.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rag.answers import COURTESIES, DOUBTFUL, stands_first
from rag.visible_text import cited_words, readable, visible
from ui.words import (
    ADVICE,
    COMPUTED,
    RECOGNISED,
    advice_for,
    alternative_words,
    compared_names,
    date_or_undated,
    difference_words,
    doubt_after,
    excerpt,
    page_words,
    source_facts,
)

if TYPE_CHECKING:
    from index.ingest import JobProgress
    from index.library import Progress

# The maximum width of a result, in columns: longer lines are hard to read, even on a wide terminal.
WIDTH = 100
CHANGES = ("added", "changed", "removed", "failed")
COUNTED = ("files", "passages")
FAILURES = 10  # the most unreadable files that ``status`` names; ``--json`` names all of them
JOB_DIGITS = 8  # the digits of a job's id that are shown: enough to tell the few listed jobs apart
Result = Mapping[str, Any]


def print_json(result: Result) -> None:
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(result, ensure_ascii=not unicode, indent=2))


def print_json_line(result: Result) -> None:
    """Print ``result`` as one line of ASCII JSON, and flush it, since more lines follow later."""
    print(json.dumps(result), flush=True)


def utc(seconds: float) -> str:
    """Return a time, in seconds since 1970, as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def standard_output() -> Console:
    console = Console(highlight=False, soft_wrap=False)
    console.width = min(console.width, WIDTH)
    return console


def errors() -> Console:
    return Console(stderr=True, highlight=False)


def print_sync(console: Console, stderr: Console, report: Result) -> None:
    for failure in report["failed"]:
        print_line(stderr, f"footnoted: {visible(failure['path'])}: {visible(failure['cause'])}")
    counts = ", ".join(
        [
            *(f"{len(report[change])} {change}" for change in CHANGES[:3]),
            *([f"{report['read_again']} read again by newer loaders"] if report["read_again"] else []),
            f"{report['unchanged']} unchanged",
            *([f"{len(report['failed'])} failed"] if report["failed"] else []),
        ]
    )
    library = f"{report['passages']} passages, generation {report['generation']}"
    print_line(console, f"{counts} in {report['seconds']:.1f} s; the library has {library}")


def print_status(console: Console, status: Result) -> None:
    sizes, server = status["sizes"], status["server"]
    parts = ", ".join(f"{name} {_size(size)}" for name, size in sizes.items() if name != "total" and size)
    lines = {
        "Home": status["home"],
        "Library": f"{status['documents']} documents, {status['passages']} passages"
        if status["documents"]
        else "empty; fill it with: footnoted sync FOLDER",
        "Folders": ", ".join(status["folders"]) or "none",
        **_problem_lines(status),
        "Generation": str(status["generation"]),
        **_index_lines(status["index"]),
        "Model": status["model"] or "bge-small-en-v1.5, the default",
        "On disk": f"{_size(sizes['total'])} ({parts})" if parts else "nothing yet",
        **{f"Job {job['id'][:JOB_DIGITS]}": job_line(job) for job in status["jobs"]},
        "Server": f"{server['address']}, process {server['pid']}, since {server['started']}"
        if server
        else "not running",
    }
    table = Table.grid(padding=(0, 2))
    for name, value in lines.items():
        table.add_row(Text(name, style="bold"), Text(visible(value), overflow="fold"))
    console.print(table)


def _problem_lines(status: Result) -> dict[str, str]:
    lines = {}
    if status["unconfirmed"]:
        folders = ", ".join(status["unconfirmed"])
        lines["Unconfirmed"] = f"{folders}; followed once you run: footnoted sync FOLDER"
    named = [f"{failure['path'] or failure['source']}: {failure['cause']}" for failure in status["failed"]]
    if named:
        more = [f"and {len(named) - FAILURES} others"] if len(named) > FAILURES else []
        lines["Not read"] = "\n".join([*named[:FAILURES], *more])
    return lines


def _index_lines(index: Result | None) -> dict[str, str]:
    if index is None or index["build"] is None:
        return {}
    facts = [
        f"{_size(index['cache_bytes'])} of caches"
        if index["cached"]
        else "caches are made at the next search"
    ]
    facts += [f"{index['recent']:,} passages in memory only"] if index["recent"] else []
    facts += [f"{index['removed']:,} removed passages still in the caches"] if index["removed"] else []
    lines = {"Index": f"build {index['build']}: {', '.join(facts)}"}
    if building := index["building"]:
        done = f"{building['documents']:,} of {building['of']:,} documents"
        lines["Building"] = (
            f"embedding again with {building['encoder']}: {done}; run footnoted sync to continue"
        )
    return lines


def job_line(job: Result) -> str:
    parts = [f"{job['kind']} {'stopping' if job['cancelling'] else job['state']}"]
    if job["state"] == "running":
        parts += [f"{job[name]['done']} of {job[name]['of']} {name}" for name in COUNTED if job[name]["of"]]
        if job["seconds_left"] is not None:
            parts.append(f"about {job['seconds_left']:.0f} s left")
    elif job["message"]:
        parts.append(job["message"])
    elif job["kind"] == "sync" and job["result"]:
        parts += [f"{len(job['result'][change])} {change}" for change in CHANGES if job["result"][change]]
    when = datetime.fromisoformat(job["ended"] or job["started"] or job["created"])
    return f"{', '.join(parts)}; {when.isoformat(timespec='seconds')}"


def print_line(console: Console, text: str) -> None:
    """Print ``text`` on one line without wrapping it, so that programs find the whole text."""
    console.print(Text(text), soft_wrap=True)


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def print_answer(console: Console, answer: Result, *, passages: int = 1) -> None:
    """Print an answer or, if there is none, why, ``passages`` near passages at most, and what to try."""
    if answer["searched_for"]:
        line = f"Searched for: {visible(answer['searched_for'])} (--exact searches for the question as typed)"
        console.print(Text(line, style="italic"), end="\n\n")
    if answer["standalone"]:
        console.print(Text(f"Understood as: {visible(answer['standalone'])}", style="italic"), end="\n\n")
    if answer["abstained"]:
        _print_abstention(console, answer, passages)
    _print_note(console, answer["note"], is_first=True)
    if answer.get("headline"):
        _print_headline(console, answer["headline"])
    for paragraph in _paragraphs(answer):
        console.print(paragraph, end="\n\n")
    for disagreement in answer["disagreements"]:
        _print_disagreement(console, disagreement)
    _print_note(console, answer["note"], is_first=False)
    first = {citation["id"]: citation for citation in reversed(answer["citations"])}
    for number in sorted(first):
        _print_footnote(console, first[number], answer["text"])
    _print_not_shown(console, answer)


def _print_note(console: Console, note: str | None, *, is_first: bool) -> None:
    if note and stands_first(note) == is_first:
        console.print(Text(visible(note), style="italic"), end="\n\n")


def print_search(console: Console, response: Result, *, has_filters: bool = False) -> None:
    for number, result in enumerate(response["results"], 1):
        scores = result["scores"]
        score = f"score {result['score']:.2f} (meaning {scores['dense']:.2f}, words {scores['lexical']:.1f})"
        _print_entry(console, f"{number}.", _source(result), score, readable(result["text"]))
    if not response["results"] and has_filters:
        console.print("Nothing was found: no report passes the filters; widen them and search again.")
    elif not response["results"]:
        console.print("Nothing was found: the library is empty. Fill it with: footnoted sync FOLDER")


def _paragraphs(answer: Result) -> list[Text]:
    paragraphs = [Text()] if answer["sentences"] else []
    for sentence, before in zip(answer["sentences"], [None, *answer["sentences"]], strict=False):
        if before is not None:
            between = answer["text"][before["end"] : sentence["start"]]
            if "\n" in between:
                paragraphs.append(Text())
            else:
                paragraphs[-1].append(" ")
        struck = "strike" if sentence["verdict"] == "unsupported" else ""
        text = answer["text"][sentence["start"] : sentence["end"]]
        row = next((each for each in answer["citations"] if _repeats(each, sentence, text)), None)
        paragraphs[-1].append(readable(text) if row is None else _quote(row), style=struck)
        paragraphs[-1].append(doubt_after(sentence["verdict"]), style="italic")
        for number in sentence["citations"]:
            paragraphs[-1].append(f" [{number}]", style="cyan")
    return paragraphs


def _repeats(citation: Result, sentence: Result, text: str) -> bool:
    """A row of a table."""
    is_row = citation["headings"] is not None and citation["quote"].split() == text.split()
    return is_row and citation["answer_start"] == sentence["start"]


def _quote(citation: Result) -> str:
    row = (citation["cell"] or {}).get("row", "")
    return cited_words(citation["quote"], citation["headings"], citation["lead_in"], row)


def _print_headline(console: Console, headline: Result) -> None:
    other = headline.get("comparison")
    if other is None:
        names = [visible(headline[name]) for name in ("row", "column") if headline[name]]
        _print_value(console, headline, " · ".join(names))
        console.print()
        return
    computed = other["computed"]
    shared, *own = compared_names(*((each["row"], each["column"]) for each in (headline, other)))
    if computed["answer"]:
        answer = visible(computed["answer"])
        console.print(Text(f"{answer[:1].upper()}{answer[1:]}", style="bold"))
    if shared:
        console.print(Text(visible(shared), style="dim"))
    for each, own_names in zip((headline, other), own, strict=True):
        _print_value(console, each, visible(own_names))
    difference = difference_words(computed["difference"], computed["unit"], computed["percent"])
    console.print(Text(f"Difference {visible(difference)}, {COMPUTED}", style="italic"), end="\n\n")


def _print_value(console: Console, figure: Result, names: str) -> None:
    console.print(
        Text(visible(figure["value"]), style="bold").append(f" {visible(figure['unit'])}", "not bold")
    )
    console.print(Text(names, style="dim"))


def _print_not_shown(console: Console, answer: Result) -> None:
    for other in answer["alternatives"]:
        words = visible(alternative_words(other["text"], other["headings"]))
        _print_entry(console, "Or:", _source(other), "", words)
    for dropped in answer["dropped"]:
        words = readable(dropped["text"])
        _print_entry(console, "–", Text("Left out", style="bold"), dropped["reason"], words)


def _print_disagreement(console: Console, disagreement: Result) -> None:
    console.print(Text(f"The sources give different figures: {visible(disagreement['about'])}", style="bold"))
    for figure in disagreement["figures"]:
        facts = [figure["title"], figure["publisher"], date_or_undated(figure["published"])]
        facts += ["superseded"] if figure["superseded"] else []
        source = " · ".join(visible(fact) for fact in facts if fact)
        console.print(Text(f"  {visible(figure['value'])} [{figure['citation']}] {source}"))
    console.print()


def _print_footnote(console: Console, citation: Result, text: str) -> None:
    quote, verdict = citation["quote"], citation["verification"]["verdict"]
    sentence = text[citation["answer_start"] : citation["answer_end"]]
    # If the sentence repeats its quote, printing the quote as well would only hide the source.
    quoted = _quote(citation) if citation["headings"] is not None else f"“{_quote(citation)}”"
    quoted = "" if quote.split() == sentence.split() and not citation["lead_in"] else quoted
    reason = citation["verification"]["reason"] or "read the source"
    doubt = f"{verdict}: {reason}" if verdict in DOUBTFUL else ""
    _print_entry(console, f"[{citation['id']}]", _source(citation), doubt, quoted)


def _print_abstention(console: Console, answer: Result, shown: int) -> None:
    reason = Text(visible(answer["reason"] or answer["text"]))
    if answer["cause"] in COURTESIES:
        console.print(reason)
        return
    console.print(Text("No answer.", style="bold"), reason)
    passages: Sequence[Result] = answer["passages"]
    if passages:
        console.print(f"\nNearest passage{'s' if shown > 1 else ''}:\n")
    for passage in passages[:shown]:
        words = visible(excerpt(passage["text"]))
        _print_entry(console, "–", _source(passage), passage["shortfall"] or "", words)
    filters = (answer["searched"] or {}).get("filters") or {}
    advice = ADVICE.get(advice_for(answer["cause"], filtered=any(filters.values())))
    rest = len(passages) - shown
    if advice:
        console.print(advice)
    if rest > 0:
        console.print(f"Other passages read: {rest}; --passages {len(passages)} lists them.")


def _print_entry(console: Console, mark: str, source: Text, remark: str, words: str) -> None:
    entry = Table.grid(padding=(0, 1))
    entry.add_column(no_wrap=True, style="cyan")
    entry.add_column(overflow="fold")
    entry.add_row(mark, source)
    for line, style in ((visible(remark), "italic"), (words, "")):
        if line:
            entry.add_row("", Text(line, style=style))
    console.print(Padding(entry, (0, 0, 1, 0)))


def _source(place: Result) -> Text:
    paged = page_words(place["page"], place.get("page_label"))
    facts = [
        *source_facts(place.get("publisher"), place.get("author"), place["published"], paged),
        RECOGNISED if place.get("recognised") else None,
        place.get("path"),
    ]
    line = Text(visible(place["title"]), style="bold")
    return line.append("".join(f" · {visible(fact)}" for fact in facts if fact), style="not bold")


LINE_SECONDS = 10.0


@contextmanager
def job_progress(console: Console) -> Iterator[Callable[[JobProgress], None]]:
    last = time.monotonic()
    with progress_bar(console) as bar:

        def show(now: JobProgress) -> None:
            nonlocal last
            if bar is not None and now.stage is not None:
                count = now.files if now.stage == "reading" else now.passages
                bar(now.stage, count.done, count.of)
            elif bar is None and time.monotonic() - last >= LINE_SECONDS:
                last = time.monotonic()
                print_line(console, f"footnoted: {progress_line(now)}")

        yield show


def progress_line(now: JobProgress) -> str:
    parts = [f"{now.files.done} of {now.files.of} files read"] if now.files.of else []
    if now.passages.of:
        parts.append(f"{now.passages.done:,} of {now.passages.of:,} passages embedded")
    if now.rate is not None:
        parts.append(f"{now.rate:.1f} passages a second")
    if now.seconds_left is not None:
        parts.append(f"about {now.seconds_left:.0f} s left")
    return ", ".join(parts) or "starting"


@contextmanager
def progress_bar(console: Console) -> Iterator[Progress | None]:
    """Yield a function that draws a progress bar for each stage; None if ``console`` is not a terminal."""
    if not console.is_terminal:
        yield None
        return
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[pace]}"),
        progress.TimeRemainingColumn(compact=True),
    )
    with progress.Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, progress.TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage.capitalize(), total=total, pace="")
            task = bars.tasks[tasks[stage]]
            bars.update(task.id, completed=done, total=total)
            if task.speed:
                bars.update(task.id, pace=f"{task.speed:.1f} a second")

        yield report


@contextmanager
def waiting(console: Console, message: str) -> Iterator[None]:
    with console.status(message) if console.is_terminal else nullcontext():
        yield
