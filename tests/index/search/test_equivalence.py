"""After any changes of files, or any edits, a library is what one is that is made from scratch."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embedding.encoder import Encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from index.records import DocumentRecord
from tests.support.edits import GATE, REPORT, edit
from tests.support.reports import found, write
from tests.support.reports import near_duplicates as similar

pytestmark = pytest.mark.slow

NAMES = ("a.txt", "b.md", "sub/c.txt", "sub/deep/d.txt", "é.txt", "page.html")

PARAGRAPHS = (
    "The council of Varda closed the third gate of the dam on Monday.",
    "Four villages below the weir have had no clean water since June. They were told in July.",
    "Police arrested nine suspects near the river. Nobody was hurt.",
    "市议会星期一关闭了大坝。三十人被转移。",
    "ប្រទេសកម្ពុជាបានបិទទំនប់។ ប្រជាជនត្រូវបានផ្លាស់ទី។",
    "Der Rat von Varda schloss am Montag das dritte Tor des Damms.",
    "Shoes, shoes and shoes again. " * 60,
    "Costs\nItem | 2031\nGates | 12\nWeirs | 9",
    "Costs\nItem | 2031\nGates | 13\nWeirs | 9\nNew\n  | Locks | 4",
    "Costs of the gates\nItem | 2031 | 2030\n" + "\n".join(f"Gate {n} | {n}.5 | {n}.2" for n in range(40)),
)

QUERIES = ("Who closed the gate of the dam?", "arresting a suspect in Varda", "关闭大坝", "Damm", "shoes")

TEXTS = st.lists(st.sampled_from(PARAGRAPHS), min_size=1, max_size=4).map("\n\n".join)


def written(name: str, text: str) -> str:
    """The content of a file of this kind with a text."""
    if name.endswith(".html"):
        paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
        return f"<html><head><title>A page</title></head><body><h1>A page</h1>{paragraphs}</body></html>"
    return f"---\ntitle: A report\n---\n\n{text}\n" if name.endswith(".md") else text


class Desk:
    """A folder with files that change, and a library that follows it."""

    def __init__(self, place: Path, encoder: Encoder, reader: Isolated) -> None:
        self.reader = reader
        self.folder = place / "reports"
        self.folder.mkdir()
        self._home = place / "home"
        self._encoder = encoder
        self._clock = count(1_000_000_000, 1_000_000_000)
        self.index = Library.open(self._home, encoder)

    def files(self) -> list[str]:
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.folder).as_posix() for path in paths)

    def save(self, name: str, text: str) -> None:
        self._stamp(write(self.folder / name, written(name, text)))

    def save_again(self, name: str, _text: str) -> None:
        if name in self.files():
            self._stamp(self.folder / name)

    def remove(self, name: str, _text: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def rename(self, name: str, _text: str) -> None:
        like = [file for file in NAMES if file != name and Path(file).suffix == Path(name).suffix]
        if name in self.files() and like:
            (self.folder / like[0]).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).rename(self.folder / like[0])

    def sync_a_part(self, name: str, _text: str) -> None:
        sync(
            self.index,
            [(self.folder / name).parent if "/" in name else self.folder / name],
            reader=self.reader,
        )

    def open_again(self, _name: str = "", _text: str = "") -> None:
        self.index.close()
        self.index = Library.open(self._home, self._encoder)

    def lose_the_caches(self, _name: str, _text: str) -> None:
        shutil.rmtree(self._home / "caches", ignore_errors=True)
        self.open_again()

    def _stamp(self, path: Path) -> None:
        # Each save has its own time, because the clock of a file system may be too coarse for a test.
        os.utime(path, ns=(next(self._clock),) * 2)


ACTS = (
    *(Desk.save, Desk.save, Desk.save, Desk.remove, Desk.remove, Desk.rename, Desk.rename, Desk.save_again),
    *(Desk.sync_a_part, Desk.open_again, Desk.lose_the_caches),
)

ROUNDS = st.lists(
    st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(NAMES), TEXTS), min_size=1, max_size=4),
    min_size=2,
    max_size=4,
)


@pytest.fixture(scope="module")
def reader() -> Iterator[Isolated]:
    """One process for all examples: starting one takes longer than an example."""
    with Isolated() as opened:
        yield opened


@settings(max_examples=8)
@given(st.dictionaries(st.sampled_from(NAMES), TEXTS, min_size=2), ROUNDS)
def test_a_library_finds_what_one_indexed_from_scratch_finds(
    encoder: Encoder,
    reader: Isolated,
    begun: dict[str, str],
    rounds: list[list[tuple[Callable[[Desk, str, str], None], str, str]]],
) -> None:
    with TemporaryDirectory() as place:
        desk = Desk(Path(place), encoder, reader)
        for name, text in begun.items():
            desk.save(name, text)
        sync(desk.index, [desk.folder], reader=reader)
        for number, acts in enumerate(rounds):
            for act, name, text in acts:
                act(desk, name, text)
            assert sync(desk.index, reader=reader).failed == ()
            with Library.open(Path(place, f"fresh-{number}"), encoder) as fresh:
                sync(fresh, [desk.folder], reader=reader)
                agree(desk.index, fresh)
            again = sync(desk.index, reader=reader)
            assert (again.added, again.changed, again.removed) == ((), (), ())
            assert again.unchanged == len(desk.files())
        desk.index.close()


def sentence_vectors(index: Library) -> list[tuple[str, int, bytes]]:
    """The path and start of each passage, and the vectors of its sentences as the catalog packs them."""
    with index.catalog.reading() as reader:
        passages = list(reader.passages())
        packed = reader.sentence_vectors([passage.chunk_id for passage in passages])
    return sorted(
        (passage.document.path, passage.span.start, packed[passage.chunk_id]) for passage in passages
    )


def agree(ours: Library, fresh: Library) -> None:
    """Both libraries have the same documents, vectors and search results, except for ids."""
    for query in QUERIES:
        assert found(ours, query, 4) == found(fresh, query, 4)
    known = (
        [(record.path, record.title, record.digest, record.passages) for record in index.catalog.documents()]
        for index in (ours, fresh)
    )
    assert next(known) == next(known)
    assert near_duplicates(ours) == near_duplicates(fresh)
    assert sentence_vectors(ours) == sentence_vectors(fresh)


def near_duplicates(index: Library) -> list[tuple[str, list[str], list[tuple[str, float]]]]:
    """The group and the near-duplicates of each document, by path."""
    names = {record.document_id: record.path for record in index.catalog.documents()}
    with index.snapshot() as snapshot:
        groups = snapshot.groups()
    return [
        (
            name,
            sorted(names[member] for member in groups.get(number, ())),
            [(record.path, score) for record, score in similar(index, number)],
        )
        for number, name in names.items()
    ]


VALUES = {
    "title": st.sampled_from(["", "On gate 3", "Of water: #1 'quoted'"]) | st.text(max_size=12),
    "publisher": st.sampled_from(["", "Council", "null", "~"]),
    "author": st.text(max_size=8),
    "published": st.sampled_from(["", "2031", "July 2029", "1.7.2030"]),
    "language": st.sampled_from(["", "en", "de", "km"]),
    "collection": st.sampled_from(["", "Gates", "dams"]),
}
EDITS = st.lists(
    st.tuples(st.integers(1, 3), st.fixed_dictionaries({}, optional=VALUES)), min_size=1, max_size=5
)


@settings(max_examples=6)
@given(EDITS)
def test_after_any_edits_the_library_is_what_one_is_that_was_edited_at_once(
    encoder: Encoder, edits: list[tuple[int, dict[str, str]]]
) -> None:
    with TemporaryDirectory() as place:
        folder = Path(place, "reports")
        write(folder / "dams" / "gate.md", REPORT)
        write(
            folder / "flood 2029-05.txt",
            f"Dr. Ilves left. {GATE}\n\nPolice arrested nine suspects. Nobody was hurt.",
        )
        write(
            folder / "page.html", "<html lang=en><title>A page</title><p>Four villages had no water.</html>"
        )
        with Library.open(Path(place, "home"), encoder) as index:
            sync(index, [folder])
            last: dict[int, dict[str, str]] = {}
            for number, said in edits:
                edit(index, number, **said)
                last[number] = {**last.get(number, {}), **said}
            report = sync(index)
            assert (report.changed, report.unchanged) == ((), 3)
            with Library.open(Path(place, "fresh"), encoder) as fresh:
                sync(fresh, [folder])
                for number, said in last.items():
                    edit(fresh, number, **said)
                fresh.compact()
                assert alike(index) == alike(fresh)
                for query in ("gate of the dam", "Council", "water: quoted", "arrested suspects"):
                    assert found(index, query) == found(fresh, query)


def alike(index: Library) -> list[DocumentRecord]:
    return [replace(record, document_id=0, added="") for record in index.catalog.documents()]
