"""After any edits, a library equals one that was made from scratch and edited once."""

from __future__ import annotations

from dataclasses import replace
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

pytestmark = pytest.mark.slow

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
    encoder: Encoder, loading: Isolated, edits: list[tuple[int, dict[str, str]]]
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
            sync(index, [folder], reader=loading)
            last: dict[int, dict[str, str]] = {}
            for number, said in edits:
                edit(index, number, **said)
                last[number] = {**last.get(number, {}), **said}
            report = sync(index, reader=loading)
            assert (report.changed, report.unchanged) == ((), 3)
            with Library.open(Path(place, "fresh"), encoder) as fresh:
                sync(fresh, [folder], reader=loading)
                for number, said in last.items():
                    edit(fresh, number, **said)
                fresh.compact()
                assert alike(index) == alike(fresh)
                for query in ("gate of the dam", "Council", "water: quoted", "arrested suspects"):
                    assert found(index, query) == found(fresh, query)


def alike(index: Library) -> list[DocumentRecord]:
    return [replace(record, document_id=0, added="") for record in index.catalog.documents()]
