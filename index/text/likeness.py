"""Names that look alike: by the skeletons of Unicode's UTS 39, in another case or with unseen characters."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files
from unicodedata import normalize

import regex

# A joiner is seen between the letters of Persian or Hindi, but not of Latin, Greek or Cyrillic.
_UNSEEN = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}--[\u200C\u200D]]"
    r"|(?<![\p{M}[\p{L}--[\p{Latin}\p{Greek}\p{Cyrillic}]]])[\u200C\u200D]"
    r"|[\u200C\u200D](?![\p{L}\p{M}])",
    regex.V1,
)
_IGNORED = regex.compile(r"\p{Default_Ignorable_Code_Point}")


def without_unseen(name: str) -> str:
    return _UNSEEN.sub("", name)


def look_alike(name: str, other: str) -> bool:
    """Whether somebody could take one for the other; equal ones look alike, too."""
    return not _looks(name).isdisjoint(_looks(other))


def look_alikes(name: str, others: Iterable[str]) -> list[str]:
    """Those of ``others`` that look like ``name`` and are not it; none if it is one of them."""
    known = set(others)
    return [] if name in known else sorted(other for other in known if look_alike(name, other))


@lru_cache(maxsize=16_384)
def _looks(name: str) -> frozenset[str]:
    """As written and in small letters: capitals look like others than small ones, as I like l."""
    seen = _skeleton(normalize("NFKC", name))
    return frozenset({seen, _skeleton(_small(seen)), _skeleton(_small(name))})


def _small(name: str) -> str:
    return normalize("NFKC", normalize("NFKC", name).casefold())


def _skeleton(name: str) -> str:
    seen = _IGNORED.sub("", normalize("NFD", name))
    prototypes = _prototypes()
    mapped = "".join(prototypes.get(character, character) for character in seen)
    return normalize("NFD", " ".join(mapped.split()))


@cache
def _prototypes() -> dict[str, str]:
    """What stands for all characters that look like one.

    The package has Unicode's pairs in both directions, and its code only compares single characters.
    """
    pairs: defaultdict[str, set[str]] = defaultdict(set)
    data = files("confusable_homoglyphs").joinpath("confusables.json").read_bytes()
    for written, others in json.loads(data).items():
        for other in others:
            # Unicode's comments put this mark around characters that are written from right to left.
            one, two = written.strip("\u200e"), other["c"].strip("\u200e")
            pairs[one].add(two)
            pairs[two].add(one)
    # A prototype has all of its characters beside it, each of these only the prototype.
    return {
        one: min({one, *others}, key=lambda each: (-len(pairs[each]), -len(each), each))
        for one, others in pairs.items()
        if len(one) == 1
    }
