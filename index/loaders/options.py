"""What a loader may be told, and the bounds that it keeps to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from index.documents import Document


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take.

    Attributes:
        megabytes: its size, in units of 1024² bytes.
        text_megabytes: the text that is read in it, in units of 1024² bytes of UTF-8.
        pages: its pages.
        expansion: how many times its size an archive may grow when it is unpacked.
        unpacked_megabytes: what an archive may grow to at most.
        seconds: the time that reading it may take.
        memory_megabytes: the memory that reading it may take.
    """

    megabytes: int = 256
    text_megabytes: int = 20
    pages: int = 10_000
    expansion: int = 200
    unpacked_megabytes: int = 512
    seconds: float = 300.0
    memory_megabytes: int = 4096


@dataclass(frozen=True, slots=True)
class Options:
    """How files are to be read.

    Attributes:
        limits: what one file may take.
        passwords: tried in turn on an encrypted file.
        ocr: whether pages without a text layer are read by optical character recognition.
        ocr_languages: codes of the languages that they may be in, as tesseract has them.
        by_time: whether a document without a date has that of its file's last change, which says nothing of a
            file that was uploaded just now.
    """

    limits: Limits = Limits()
    passwords: tuple[str, ...] = ()
    ocr: bool = False
    ocr_languages: tuple[str, ...] = ("eng",)
    by_time: bool = True

    @property
    def recognition(self) -> str:
        """The languages in which pictures of pages are tried, joined by "+"; empty where they are not."""
        return "+".join(self.ocr_languages) if self.ocr else ""

    def as_before(self, recognition: str) -> Options:
        """The same for a file that was read with ``recognition``: what was recognised is not given up."""
        if self.ocr or not recognition:
            return self
        return replace(self, ocr=True, ocr_languages=tuple(recognition.split("+")))


DEFAULTS = Options()

Loader = Callable[[bytes, Path, Options], Document]
"""A format's loader: a file's content, its path for messages and for its name, options → a document.

It raises LoadError, and nothing else, where the content cannot be read.
"""
