"""Counts the files and passages of a sync, and estimates from the pace so far how long the rest takes."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Count:
    """The number of files or passages that are done, and the number that are known so far."""

    done: int = 0
    of: int = 0


NONE = Count()

READING = "reading"


@dataclass(frozen=True, slots=True)
class Workload:
    """The work done so far and its duration, from which :func:`seconds_left` estimates the rest.

    Attributes:
        reading: the seconds spent on reading files.
        embedding: the seconds spent on embedding passages, that is, on computing their vectors.
        files: the number of files read, and the number of all files.
        passages: the number of passages embedded, and the number of passages found so far.
        covered: the number of files that contain the passages found so far.
    """

    reading: float = 0.0
    embedding: float = 0.0
    files: Count = NONE
    passages: Count = NONE
    covered: int = 0


def seconds_left(work: Workload) -> float | None:
    """Estimate the seconds left from the pace so far; None until a passage is embedded.

    Embedding takes longest. The estimate assumes that unread files have as many passages as those read.
    """
    files, passages = work.files, work.passages
    if not passages.done or (files.of and not files.done):
        return None
    reading, coming = 0.0, float(passages.of - passages.done)
    if files.done:
        reading = (files.of - files.done) * work.reading / files.done
    if work.covered:
        coming += (files.of - work.covered) * passages.of / work.covered
    return round(reading + coming * work.embedding / passages.done, 1)


def rate(work: Workload) -> float | None:
    """Return the number of passages embedded per second; None before the first passage."""
    return work.passages.done / work.embedding if work.passages.done and work.embedding else None


def advanced(work: Workload, stage: str, count: Count, seconds: float) -> Workload:
    """Return ``work``, updated with a progress report that came ``seconds`` after the previous one.

    A sync embeds in several rounds, and the reports of each round count its passages from 0. The result
    counts the passages of all rounds.
    """
    if stage == READING:
        return replace(work, files=count, reading=work.reading + seconds)
    known = work.passages
    before = known.of - count.of if known.done < known.of else known.of
    return replace(
        work,
        passages=Count(before + count.done, before + count.of),
        covered=work.files.done,
        embedding=work.embedding + seconds,
    )
