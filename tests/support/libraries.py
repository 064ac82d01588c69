"""Small libraries of given files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from rag.engine import QueryEngine

MakeLibrary = Callable[[Mapping[str, str]], QueryEngine]
"""Makes a library of the given files (content by name) and returns its engine."""

RAIL_AND_FERRIES: Mapping[str, str] = {
    "orrin.md": """# Orrin rail

Orrin rail employed 412 drivers in 2021.

In 2022 it employed 388 drivers.

The number of drivers fell because the depot in Varda was closed.
""",
    "tamber.md": """# Tamber ferries

Tamber ferries carried 52,000 cars in 2022.

The ferries were built in Isken.
""",
}


def filled(place: Path, files: Mapping[str, str], encoder: Encoder, reader: Isolated) -> Library:
    """Open a new library in a folder, and sync files into it."""
    reports = place / "reports"
    reports.mkdir(parents=True)
    for name, text in files.items():
        (reports / name).write_text(text, encoding="utf-8", newline="")
    library = Library.open(place / "home", encoder)
    sync(library, [reports], reader=reader)
    return library
