"""Six reports for the list of the library, with different collections, languages, kinds and dates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Report:
    path: str
    title: str
    publisher: str
    published: str
    language: str = "en"


REPORTS = (
    Report("dams/gate.md", "Gate 3 of the Maravel dam", "Water Board", "2025-09-30"),
    Report("dams/sirens.md", "Sirens of the valley", "Ministry of Civil Protection", "2025-03"),
    Report("schools/lessons.md", "Écoles de la vallée", "Ministry of Education", "2024-02-01", "fr"),
    Report("schools/exams.txt", "Exams of the year", "", ""),
    Report("markets.md", "Łódź: markets of Lũ Lụt", "Statistics Office", "2019-06-02"),
    Report("tolls.md", "Tolls and bridges", "Statistics Office", "2019"),
)
GATE, SIRENS, LESSONS, EXAMS, MARKETS, TOLLS = (report.title for report in REPORTS)
NEWEST = [GATE, SIRENS, LESSONS, MARKETS, TOLLS, EXAMS]


def write(folder: Path, report: Report) -> None:
    place = folder / report.path
    place.parent.mkdir(parents=True, exist_ok=True)
    words = f"Of {report.title} there is much to be said, and it is said at some length on these pages.\n"
    known = {name: getattr(report, name) for name in ("title", "publisher", "published", "language")}
    head = "".join(f'{name}: "{value}"\n' for name, value in known.items() if value)
    text = f"{report.title}\n\n{words}" if place.suffix == ".txt" else f"---\n{head}---\n\n{words}"
    place.write_text(text, encoding="utf-8")
