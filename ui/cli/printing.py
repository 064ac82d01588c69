"""Prints results on a terminal, for people or as JSON.

Texts of documents and names of files are not trusted: :func:`rag.visible_text.visible` removes control
characters, which could control the terminal, and :class:`rich.text.Text` keeps Rich from reading the texts as
markup.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rag.visible_text import visible

WIDTH = 100
"""The maximum width of a result, in columns: longer lines are hard to read, even on a wide terminal."""

CHANGES = ("added", "changed", "removed", "failed")
COUNTED = ("files", "passages")
FAILURES = 10
"""The maximum number of unreadable files that ``status`` names; ``--json`` names all of them."""

JOB_DIGITS = 8
"""The number of digits of a job's id that are shown: enough to tell the few listed jobs apart."""

Result = Mapping[str, Any]
"""An answer, a search response, a sync report or a status, as JSON."""


def print_json(result: Result) -> None:
    """Print ``result`` as JSON on standard output; in ASCII if the output is not UTF-8."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(result, ensure_ascii=not unicode, indent=2))


def print_json_line(result: Result) -> None:
    """Print ``result`` as one line of ASCII JSON and flush it, since more lines follow later."""
    print(json.dumps(result), flush=True)


def utc(seconds: float) -> str:
    """Return a time, in seconds since 1970, as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def standard_output() -> Console:
    """Return a console on standard output, for results."""
    console = Console(highlight=False, soft_wrap=False)
    console.width = min(console.width, WIDTH)
    return console


def errors() -> Console:
    """Return a console on standard error, for progress and errors."""
    return Console(stderr=True, highlight=False)


def print_sync(console: Console, stderr: Console, report: Result) -> None:
    """Print the failures of a sync on ``stderr``, one line each, and its counts on ``console``."""
    for failure in report["failed"]:
        print_line(stderr, f"footnoted: {visible(failure['path'])}: {visible(failure['cause'])}")
    counts = ", ".join(
        [
            *(f"{len(report[change])} {change}" for change in CHANGES[:3]),
            f"{report['unchanged']} unchanged",
            *([f"{len(report['failed'])} failed"] if report["failed"] else []),
        ]
    )
    library = f"{report['passages']} passages, generation {report['generation']}"
    print_line(console, f"{counts} in {report['seconds']:.1f} s; the library has {library}")


def print_status(console: Console, status: Result) -> None:
    """Print the state of a library: a line for each fact."""
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
    """Return the lines that report problems of a library, as a dictionary from label to text.

    One line lists the folders that a restored backup followed and that are not followed yet. The other line
    lists files that cannot be read. A line without entries is left out.
    """
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
    """Return the lines that report the state of the search index, as a dictionary from label to text.

    The first line describes the search caches. While a new encoder embeds the library, a second line has the
    progress of the embedding. The dictionary is empty if no index was built yet.
    """
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
    """Return the progress or the result of a job, on one line."""
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
