"""The plan of a sync follows from the known and the found files, without reading any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from index.ingest.discover import Failure, Listing, Root
from index.ingest.synchronize import Changes, File, plan
from index.records import FileState

KNOWN = FileState(document_id=7, version=2, size=10, mtime_ns=100, digest="d")


def planned(changes: Changes) -> dict[str, Any]:
    fields = {
        "added": [file.path for file in changes.added],
        "changed": [file.path for file in changes.changed],
        "removed": dict(changes.removed),
        "unchanged": changes.unchanged,
    }
    return {name: value for name, value in fields.items() if value}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({}, {"a": (10, 100)}, {"added": ["a"]}),
        ({"a": KNOWN}, {"a": (10, 100)}, {"unchanged": 1}),
        ({"a": KNOWN}, {"a": (11, 100)}, {"changed": ["a"]}),
        ({"a": KNOWN}, {"a": (10, 101)}, {"changed": ["a"]}),
        ({"a": KNOWN}, {"a": (10, 99)}, {"changed": ["a"]}),
        ({"a": KNOWN}, {}, {"removed": {7: "a"}}),
        ({"a": KNOWN}, {"b": (10, 100)}, {"added": ["b"], "removed": {7: "a"}}),
        ({}, {}, {}),
    ],
)
def test_a_file_is_compared_by_size_and_time(
    before: Mapping[str, FileState], now: Mapping[str, tuple[int, int]], expected: dict[str, Any]
) -> None:
    changes = plan({"/r": before}, [Listing(Root("/r"), now, (), ())])
    assert planned(changes) == expected
    assert changes.added == tuple(File("/r", path, *now[path], None) for path in expected.get("added", ()))
    assert changes.changed == tuple(
        File("/r", path, *now[path], before[path]) for path in expected.get("changed", ())
    )


@pytest.mark.parametrize(
    ("has_pictures", "tried", "recognition", "expected"),
    [
        (True, "", "eng", {"changed": ["a"]}),
        (True, "eng", "eng+fra", {"changed": ["a"]}),
        (True, "eng", "eng", {"unchanged": 1}),
        (True, "eng", "", {"unchanged": 1}),
        (True, "", "", {"unchanged": 1}),
        (False, "", "eng", {"unchanged": 1}),
    ],
)
def test_pictures_of_pages_are_a_change_once_they_can_be_recognised_otherwise(
    has_pictures: bool, tried: str, recognition: str, expected: dict[str, Any]
) -> None:
    known = {"/r": {"a": replace(KNOWN, has_pictures=has_pictures, recognised_in=tried)}}
    listing = Listing(Root("/r"), {"a": (10, 100)}, (), ())
    assert planned(plan(known, [listing], recognition)) == expected


def test_only_what_a_root_holds_can_be_gone() -> None:
    known = {"/r": {"sub/a": KNOWN, "subway": replace(KNOWN, document_id=8)}}
    assert planned(plan(known, [Listing(Root("/r", "sub"), {}, (), ())])) == {"removed": {7: "sub/a"}}


def test_what_was_not_seen_is_not_gone() -> None:
    known = {"/r": {"sub/a": KNOWN, "subway": replace(KNOWN, document_id=8)}}
    listing = Listing(Root("/r"), {}, (Failure("sub", "is shut"),), (Root("/r", "sub"),))
    changes = plan(known, [listing])
    assert (planned(changes), changes.failed) == ({"removed": {8: "subway"}}, (Failure("sub", "is shut"),))


def test_a_missing_part_is_a_removal_where_it_was_known_and_a_failure_where_not() -> None:
    listing = Listing(Root("/r", "a"), {}, (), (), missing=True)
    known = plan({"/r": {"a": KNOWN}}, [listing])
    assert (planned(known), known.failed) == ({"removed": {7: "a"}}, ())
    unknown = plan({"/r": {"b": KNOWN}}, [listing])
    cause = "does not exist; if it was moved, sync its new place"
    assert (planned(unknown), unknown.failed) == ({}, (Failure("/r/a", cause),))


def test_a_file_seen_twice_counts_once() -> None:
    listings = [Listing(Root("/r", part), {"a/b": (1, 1)}, (Failure("c", "x"),), ()) for part in ("", "a")]
    changes = plan({}, listings)
    assert (planned(changes), changes.failed) == ({"added": ["a/b"]}, (Failure("c", "x"),))
