"""Changes a library without pause until it is killed, and reports each change before and after it.

``python -m benchmarks.crash_worker PLACE SEED`` prints JSON with the documents that a change leads to.
"""

from __future__ import annotations

import io
import json
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.stub_encoder import StubEncoder
from index.catalog.backup import back_up, restore
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import DEFAULTS
from index.loaders.sandbox.client import Isolated
from index.uploads import (
    Removed,
    Sent,
    add_upload,
    edit_document,
    remove_upload,
    restore_upload,
    uploads_folder,
)
from index.vectors import IndexPolicy

DEFAULT_POLICY = IndexPolicy(small=3, most_recent=6, flat_up_to=12, lists_by_root=1.0)
"""Limits so low that a library of a few files uses every type of index, each of them exact."""

RECIPES = (("first", 200), ("second", 200), ("first", 12))
"""The recipes of the library: the encoder's name and the limit of tokens in a passage."""

Texts = dict[str, str]
"""By place: the folder's name and the path in it."""

_WORDS = (
    "dam",
    "gate",
    "river",
    "council",
    "village",
    "police",
    "flood",
    "arrest",
    "report",
    "school",
    "court",
)


def opened(home: Path, recipe: tuple[str, int]) -> Library:
    """The next sync or rebuild converts a library of another recipe."""
    name, tokens = recipe
    return Library.open(
        home,
        StubEncoder(name),
        max_chunk_tokens=tokens,
        open_other_encoder=StubEncoder.for_recipe,
        policy=DEFAULT_POLICY,
    )


def on_disk(place: Path) -> Texts:
    """What a sync would find."""
    return {
        f"{folder.name}/{file.name}": file.read_text()
        for folder in (place / "reports", place / "home" / "uploads")
        if folder.exists()
        for file in sorted(folder.glob("[!.]*.txt"))
    }


def in_library(index: Library) -> Texts:
    return {
        f"{Path(record.source).name}/{record.path}": index.catalog.text(record.document_id).text
        for record in index.catalog.documents()
    }


class _Worker:
    def __init__(self, place: Path, chance: random.Random, reader: Isolated) -> None:
        self.place = place
        self.home = place / "home"
        self.chance = chance
        self.reader = reader
        self.recipe = RECIPES[0]

    def text(self) -> str:
        paragraphs = self.chance.randint(1, 4)
        sentences = (" ".join(self.chance.choices(_WORDS, k=9)).capitalize() + "." for _ in range(paragraphs))
        return "\n\n".join(sentences)

    def acts(self) -> Iterator[None]:
        """Without end; yield after each change."""
        while True:
            act = self.chance.choice(
                (self.sync, self.sync, self.upload, self.delete, self.edit, self.rebuild, self.backup)
            )
            with opened(self.home, self.recipe) as index:
                act(index)
            yield

    def perform(self, name: str, after: Texts, act: Callable[[], object]) -> None:
        print(json.dumps({"act": name, "after": after}), flush=True)
        act()
        print(json.dumps({"done": name}), flush=True)

    def sync(self, index: Library) -> None:
        reports = self.place / "reports"
        for _ in range(self.chance.randint(1, 3)):
            file = reports / f"{self.chance.randrange(8)}.txt"
            if self.chance.random() < 0.3:
                file.unlink(missing_ok=True)
            else:
                part = self.place / "part"
                part.write_text(self.text())
                part.replace(file)
        self.perform(
            "sync",
            on_disk(self.place),
            lambda: sync(index, [reports, *self._uploads(index)], reader=self.reader),
        )

    def _uploads(self, index: Library) -> list[Path]:
        folder = uploads_folder(index)
        return [folder] if folder.exists() else []

    def upload(self, index: Library) -> None:
        name, text = f"{self.chance.randrange(5)}.txt", self.text()
        sent = Sent(name, io.BytesIO(text.encode()), {})
        after = {**in_library(index), f"uploads/{name}": text}
        self.perform("upload", after, lambda: add_upload(index, self.reader, DEFAULTS, sent))

    def delete(self, index: Library) -> None:
        uploaded = [record for record in index.catalog.documents() if Path(record.source).name == "uploads"]
        if uploaded:
            gone = self.chance.choice(uploaded)
            before = in_library(index)
            after = {place: text for place, text in before.items() if place != f"uploads/{gone.path}"}
            removed: list[Removed] = []
            self.perform("delete", after, lambda: removed.append(remove_upload(index, gone.document_id)))
            if self.chance.random() < 0.6:
                self.perform("undo", before, lambda: restore_upload(index, removed[0]))
            removed[0].discard()

    def edit(self, index: Library) -> None:
        if records := index.catalog.documents():
            document_id = self.chance.choice(records).document_id
            edits = {"title": self.chance.choice(("", "On the dam", "On the flood"))}
            self.perform(
                "edit",
                in_library(index),
                lambda: edit_document(index, document_id, edits),
            )

    def rebuild(self, index: Library) -> None:
        self.recipe = self.chance.choice(RECIPES)
        with opened(self.home, self.recipe) as other:
            self.perform("rebuild", in_library(index), other.rebuild)
        self.perform("compact", in_library(index), index.compact)

    def backup(self, index: Library) -> None:
        file = self.place / "library.tar"
        file.unlink(missing_ok=True)
        now = in_library(index)
        self.perform("backup", now, lambda: back_up(self.home, file, ("uploads",)))
        if self.chance.random() < 0.3:
            self.perform("restore", now, lambda: restore(self.home, file, ("uploads",)))


def main() -> None:
    place, seed = Path(sys.argv[1]), int(sys.argv[2])
    (place / "reports").mkdir(parents=True, exist_ok=True)
    with ExitStack() as open_while_working:
        reader = open_while_working.enter_context(Isolated())
        worker = _Worker(place, random.Random(seed), reader)  # noqa: S311 (what is done, not a secret)
        worker.recipe = worker.chance.choice(RECIPES)
        print(json.dumps({"ready": seed}), flush=True)
        for _ in worker.acts():
            pass


if __name__ == "__main__":
    main()
