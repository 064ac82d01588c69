"""What a home folder holds, from its catalog alone: no model and no index is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ui.client import running_server
from ui.settings import Settings

CATALOG_FILE = "catalog.sqlite"


def read_status(settings: Settings) -> dict[str, Any]:
    """The state of ``settings.home``; of a home that does not exist yet, an empty one. Nothing is made.

    Returns:
        ``home``; ``exists``, whether a library is there; ``generation``; ``documents`` and ``passages``,
        counted; ``folders`` that are followed; ``model``, the encoder that the library was made with or,
        while it is empty, the one that the settings name (None: the bundled one); ``sizes``, bytes by
        entry of the folder and their ``total``; ``server``, the running one's ``address``, ``pid`` and
        ``started``, or None.

    Raises:
        CatalogError: if the catalog cannot be read.
    """
    server = running_server(settings.home)
    status: dict[str, Any] = {
        "home": str(settings.home),
        "exists": (settings.home / CATALOG_FILE).is_file(),
        "generation": 0,
        "documents": 0,
        "passages": 0,
        "folders": [],
        "model": settings.model,
        "sizes": _sizes(settings.home),
        "server": server and {"address": server.address, "pid": server.pid, "started": server.started},
    }
    if status["exists"]:
        from index.catalog import Catalog

        catalog = Catalog.open(settings.home / CATALOG_FILE)
        try:
            records = catalog.documents()
            status |= {
                "generation": catalog.generation(),
                "documents": len(records),
                "passages": sum(record.passages for record in records),
                "folders": catalog.sources(),
                "model": catalog.encoder_key() or settings.model,
            }
        finally:
            catalog.close()
    return status


def _sizes(home: Path) -> dict[str, int]:
    sizes = {entry.name: _bytes(entry) for entry in sorted(home.iterdir())} if home.is_dir() else {}
    return sizes | {"total": sum(sizes.values())}


def _bytes(entry: Path) -> int:
    files = entry.rglob("*") if entry.is_dir() else [entry]
    return sum(file.lstat().st_size for file in files if file.is_file())
