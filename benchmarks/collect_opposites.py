"""Collects the words that mean the opposite of each other, and writes ``rag/finding/opposites.txt``.

``python -m benchmarks.collect_opposites [FOLDER]`` reads WordNet 3.0 (Princeton University; Debian:
wordnet-base). It keeps the pairs of single words that WordNet itself calls antonyms. Pairs of their synonyms
are left out: in a trial on SQuAD 2 they also opposed words of sentences that do answer.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parent.parent / "rag" / "finding" / "opposites.txt"
FILES = {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}
"""WordNet's letters for parts of speech (wndb(5WN)), and the files that have them."""

HEADER = """\
# Words that mean the opposite of each other, a pair a line: the antonyms of WordNet 3.0, in single
# words. Made by benchmarks/collect_opposites.py. WordNet asks for its license to go with every copy:
#
# This software and database is being provided to you, the LICENSEE, by Princeton University under the
# following license. By obtaining, using and/or copying this software and database, you agree that you
# have read, understood, and will comply with these terms and conditions.:
#
# Permission to use, copy, modify and distribute this software and database and its documentation for any
# purpose and without fee or royalty is hereby granted, provided that you agree to comply with the
# following copyright notice and statements, including the disclaimer, and that the same appear on ALL
# copies of the software, database and documentation, including modifications that you make for internal
# use or for distribution.
#
# WordNet 3.0 Copyright 2006 by Princeton University. All rights reserved.
#
# THIS SOFTWARE AND DATABASE IS PROVIDED "AS IS" AND PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS OR
# WARRANTIES, EXPRESS OR IMPLIED. BY WAY OF EXAMPLE, BUT NOT LIMITATION, PRINCETON UNIVERSITY MAKES NO
# REPRESENTATIONS OR WARRANTIES OF MERCHANTABILITY OR FITNESS FOR ANY PARTICULAR PURPOSE OR THAT THE USE
# OF THE LICENSED SOFTWARE, DATABASE OR DOCUMENTATION WILL NOT INFRINGE ANY THIRD PARTY PATENTS,
# COPYRIGHTS, TRADEMARKS OR OTHER RIGHTS.
#
# The name of Princeton University or Princeton may not be used in advertising or publicity pertaining to
# distribution of the software and/or database. Title to copyright in this software, database and any
# associated documentation shall at all times remain with Princeton University and LICENSEE agrees to
# preserve same.
"""

Entry = tuple[list[str], list[tuple[str, str, str]]]
"""The words of a synset, and its antonym pointers: offset, part of speech, source and target word."""


def main() -> None:
    """Read WordNet and write the pairs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path("/usr/share/wordnet"))
    folder: Path = parser.parse_args().folder
    found = sorted({tuple(sorted(pair)) for pair in pairs(folder)})
    TARGET.write_text(HEADER + "".join(f"{first} {second}\n" for first, second in found), encoding="utf-8")
    print(f"written {TARGET.name}: {len(found):,} pairs")


def pairs(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the antonyms of WordNet, each pair twice."""
    entries = {
        (part, line[:8]): _entry(line)
        for part in sorted(set(FILES.values()))
        for line in (folder / f"data.{part}").read_text(encoding="latin-1").splitlines()
        if not line.startswith("  ")
    }
    for words, pointers in entries.values():
        for offset, part, places in pointers:
            first = words[int(places[:2], base=16) - 1]
            second = entries[FILES[part], offset][0][int(places[2:4], base=16) - 1]
            if first.isalpha() and second.isalpha() and first.lower() != second.lower():
                yield first.lower(), second.lower()


def _entry(line: str) -> Entry:
    fields = line.split(" | ", maxsplit=1)[0].split()
    words = int(fields[3], 16)
    start = 4 + 2 * words
    pointers = [
        fields[place : place + 4] for place in range(start + 1, start + 1 + 4 * int(fields[start]), 4)
    ]
    return (
        [word.partition("(")[0] for word in fields[4:start:2]],
        [(offset, part, places) for symbol, offset, part, places in pointers if symbol == "!"],
    )


if __name__ == "__main__":
    main()
