"""Moves feedback to the catalog from the file in which older programs kept it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, get_args

import sqlalchemy as sa

from index.catalog import Catalog, feedback, writing
from index.private import write_file
from rag.conversations.feedback import CitedEvidence, Feedback, Judgement, read_feedback

FILE = "feedback.jsonl"
"""The name of the file in a home folder: JSON Lines in the order of arrival."""


def import_feedback(home: Path, catalog: Catalog) -> None:
    """Move the feedback of ``FILE`` in ``home`` to the catalog. Lines that are no feedback stay in the file.

    Several processes may do this at once. After a crash in the middle, the next call goes on.

    Raises:
        sqlalchemy.exc.OperationalError: if the catalog cannot be written.
        OSError: if the file cannot be read or written.
    """
    file = home / FILE
    if not file.is_file():
        return
    with writing(catalog.engine) as connection:
        # Read with the catalog locked: another process may be importing the same file.
        lines = file.read_bytes().split(b"\n") if file.is_file() else []
        read = [(line, _feedback(line)) for line in lines if line.strip()]
        stored = {*read_feedback(catalog)}
        new = [asdict(given) for _, given in read if given is not None and given not in stored]
        if new:
            connection.execute(sa.insert(feedback), new)
    damaged = [line for line, given in read if given is None]
    if not damaged:
        file.unlink(missing_ok=True)
    elif len(damaged) < len(read):
        write_file(file, b"".join(line + b"\n" for line in damaged))


def forget_feedback_file(home: Path, before: float) -> None:
    """Delete the file, which has damaged lines alone, if it was written before a time in seconds."""
    file = home / FILE
    with suppress(FileNotFoundError):
        if file.stat().st_mtime < before:
            file.unlink()


def _feedback(line: bytes) -> Feedback | None:
    """The feedback in a line of the file; None if the line is damaged."""
    try:
        row = json.loads(line)
        evidence = tuple(CitedEvidence(**each) for each in row["evidence"])
        given = Feedback(**{**row, "evidence": evidence})
    except (ValueError, TypeError, KeyError):
        return None
    return given if _is_whole(given) else None


def _is_whole(given: Feedback) -> bool:
    """Tell if every value has its type, and if a database can store it."""
    evidence = [value for each in given.evidence for value in _values(each)]
    texts = [given.question, given.given_at, *(value for value in evidence if not isinstance(value, int))]
    optional = [given.note, given.answer_id, given.owner]
    return (
        given.verdict in get_args(Judgement)
        and all(isinstance(text, str) for text in texts)
        and all(isinstance(text, str | None) for text in optional)
        and all(type(number) is int for each in given.evidence for number in (each.start, each.end))
        and _is_storable("".join(text for text in (*texts, *optional) if text))
    )


def _values(evidence: CitedEvidence) -> list[Any]:
    return [getattr(evidence, each.name) for each in fields(evidence)]


def _is_storable(text: str) -> bool:
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
