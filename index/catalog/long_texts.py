"""Shares the long texts that were read lately, so that threads do not each read a copy of the same text."""

from __future__ import annotations

import codecs
import sys
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock

from index.memory import give_back

Key = tuple[str, int, int]
"""Identifies a text: the random name of its catalog (``Build.lineage``), the id of its document, and the
document's version. Two texts never have the same key."""

ROOM = 100_000_000
"""The most bytes of memory that the shared texts may take together."""


class LongText:
    """A text that is stored in pieces. ``text[start:end]`` gives a span of the text, as with a string.

    If a string contains a single emoji, Python stores four bytes for each of its characters. In pieces, only
    the piece with the emoji takes four bytes for each character.
    """

    def __init__(self, utf8: Iterable[bytes]) -> None:
        """Decode the consecutive parts of a text in UTF-8; a part may end within a character."""
        decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self._pieces: list[str] = []
        self._starts: list[int] = []
        self._length = 0
        for part in utf8:
            piece = decoder.decode(part)
            self._pieces.append(piece)
            self._starts.append(self._length)
            self._length += len(piece)
        decoder.decode(b"", final=True)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, span: slice) -> str:
        start, end, _ = span.indices(self._length)
        first = max(bisect_right(self._starts, start) - 1, 0)
        parts = []
        for piece, begins in zip(self._pieces[first:], self._starts[first:], strict=True):
            if begins >= end:
                break
            parts.append(piece[max(start - begins, 0) : end - begins])
        return "".join(parts)

    @property
    def size(self) -> int:
        """The number of bytes that the text takes in memory."""
        return sum(map(sys.getsizeof, self._pieces))


class LongTexts:
    """The long texts that were read lately, up to a total number of bytes. Safe to share between threads.

    Without sharing, thirty simultaneous searches that find the same report of 20 MB would take hundreds of
    megabytes, and the C library would not return all of that memory to the system.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._texts: OrderedDict[Key, LongText] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, read: Callable[[], Iterable[bytes]]) -> LongText:
        """Return the text of ``key``. If no thread has read it lately, call ``read`` for its parts in UTF-8.

        All other threads that call this method wait while ``read`` runs.
        """
        with self._lock:
            if key not in self._texts:
                self._texts[key] = LongText(read())
                give_back()  # the memory in which the parts arrived
            self._texts.move_to_end(key)
            text = self._texts[key]
            while sum(kept.size for kept in self._texts.values()) > self._room:
                self._texts.popitem(last=False)
            return text
