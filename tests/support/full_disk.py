"""Fills the disk under a library, and makes it read-only, in a file system of its own, under ``unshare``.

``unshare --map-root-user --mount python -m tests.support.full_disk FOLDER`` prints what happened as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from index.catalog.backup import back_up
from index.embedding import open_encoder
from index.errors import BackupError, CatalogError, LibraryWriteError
from index.library import Library
from index.vectors import IndexPolicy
from rag.engine import QueryEngine
from tests.support.reports import found, incoming
from ui.app import create_app
from ui.settings import Settings

MEGABYTES = 6
DEFAULT_POLICY = IndexPolicy(small=1, flat_up_to=100_000)
LONG = " ".join(f"Word{number} of the flood." for number in range(4000))


def make_read_only(folder: Path) -> None:
    """Remount a folder read-only: open files stay writable, but files opened later do not."""
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            return filler


def tried(act: Any) -> str:  # noqa: ANN401 (whatever fails)
    try:
        act()
    except (LibraryWriteError, BackupError, CatalogError) as error:
        return f"{type(error).__name__}: {error}"
    return "done"


def over_http(index: Library) -> dict[str, tuple[int, str]]:
    engine = QueryEngine(index)
    app = create_app(index, engine, Settings(home=index.home))
    file = {"file": ("long.txt", LONG.encode())}
    judged = {"question": "Which gate?", "verdict": "wrong", "note": "Neither. " * 200}
    said: dict[str, tuple[int, str]] = {}
    with TestClient(app, raise_server_exceptions=False) as client:
        for name, response in (
            ("upload", client.post("/v1/documents", files=file)),
            ("queued upload", client.post("/v1/documents", files=file, data={"background": "true"})),
            ("feedback", client.post("/v1/feedback", json=judged)),
            ("sync", client.post("/v1/index/sync")),
            ("search", client.post("/v1/search", json={"query": "gates of the dam"})),
        ):
            said[name] = response.status_code, response.json().get("detail", "")
        # A body of more than a megabyte is written to a temporary file while it arrives.
        tempfile.tempdir = str(index.home)
        large = client.post("/v1/documents", files={"file": ("large.txt", b"gate " * 400_000)})
        said["large upload"] = large.status_code, large.json()["detail"]
        tempfile.tempdir = None
    return said


def synced(home: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli.app", "sync", "--home", str(home)],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return done.returncode, done.stderr


def main() -> None:
    folder = Path(sys.argv[1])
    size = f"size={MEGABYTES}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True)
    home = folder / "home"
    said: dict[str, Any] = {}
    # A command opens a library with the library's own encoder, so that must be one that it can open.
    encoder = open_encoder()
    with Library.open(home, encoder, policy=DEFAULT_POLICY) as index:
        index.replace([incoming("One gate of the dam.", "a.txt"), incoming("Two gates.", "b.txt")])
        before = found(index, "gates of the dam")
        (folder / "reports").mkdir()
        index.catalog.follow([str(folder / "reports")])
        filler = fill(folder)
        said["added"] = tried(lambda: index.replace([incoming(LONG, "long.txt")]))
        said["removed"] = tried(lambda: index.replace([], [1]))
        said["same"] = found(index, "gates of the dam") == before
        said["generation"] = index.generation
        said["over HTTP"] = over_http(index)
        said["sync"] = synced(home)
        said["backup"] = tried(lambda: back_up(home, folder / "library.tar"))
        said["settled"] = tried(index.compact)
        said["same after settling"] = found(index, "gates of the dam") == before
        with Library.open(home, encoder, policy=DEFAULT_POLICY) as other:
            said["same in another"] = found(other, "gates of the dam") == before
        filler.unlink()
        said["added with room"] = tried(lambda: index.replace([incoming("Three gates.", "c.txt")]))
        said["left over"] = sorted(entry.name for entry in home.glob(".*"))
        after = found(index, "gates of the dam")
        said["documents"] = [row[1] for row in sorted(after)]
        make_read_only(home)
        said["added read-only"] = tried(lambda: index.replace([incoming("Four gates.", "d.txt")]))
        said["same read-only"] = found(index, "gates of the dam") == after
        said["opened read-only"] = tried(lambda: Library.open(home, encoder).close())
    print(json.dumps(said))


if __name__ == "__main__":
    main()
