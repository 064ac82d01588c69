"""Libraries of thousands of small reports, for measurements of the page's list of reports."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.stub_encoder import StubEncoder
from index.documents import Document
from index.library import Library
from index.records import Incoming

SUBJECTS = (
    "bridges",
    "schools",
    "floods",
    "markets",
    "clinics",
    "harbours",
    "forests",
    "prisons",
    "dams",
    "tolls",
)
PLACES = (
    "Lorvenna",
    "Quellbrook",
    "Ostmere",
    "Brackwater",
    "Westmere",
    "Isken",
    "Varda",
    "Harlamoor",
    "Écluse",
)
KINDS = ("pdf", "docx", "html", "markdown")
LANGUAGES = ("en", "fr", "km", "vi", "zh")
_PUBLISHERS, _COLLECTIONS, _YEARS = 120, 40, 25


def report(number: int) -> Incoming:
    subject, place = SUBJECTS[number % len(SUBJECTS)], PLACES[number % len(PLACES)]
    title = f"Report {number} on the {subject} of {place}: what was found, and what became of it"
    document = Document(
        f"Of the {subject} of {place}, {number} were counted.",
        title,
        KINDS[number % 7 % len(KINDS)],
        LANGUAGES[number % 11 % len(LANGUAGES)],
        f"Office {number % 97 % _PUBLISHERS} for {subject}",
        None if number % 50 == 0 else f"{2000 + number % _YEARS}-{number % 12 + 1:02}-{number % 28 + 1:02}",
        (0,),
        origins={"published": "page"},
    )
    digest = hashlib.sha256(title.encode()).hexdigest()
    return Incoming(
        "/reports", f"folder {number % _COLLECTIONS}/{number:05}.pdf", 100, number, digest, document
    )


@contextmanager
def library_of(home: Path, count: int) -> Iterator[Library]:
    with Library.open(home, StubEncoder()) as index:
        if len(index.catalog.documents()) != count:
            index.replace([report(number) for number in range(count)])
        yield index
