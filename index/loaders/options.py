"""Options and limits for reading files, and the type of a loader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from index.documents import Document

MEGABYTE = 1024 * 1024
# The memory for reading an empty file. Real reports take less than half of this and of what
# ``MEMORY_PER_BYTE`` adds.
SMALL_FILE_MEGABYTES = 256
MEMORY_PER_BYTE = 256  # the further bytes of memory for each byte of a file


@dataclass(frozen=True, slots=True)
class LoadingLimits:
    """A megabyte has 1024² bytes; ``text_megabytes`` are of UTF-8, ``expansion`` is times the file's size."""

    megabytes: int = 256
    text_megabytes: int = 20
    pages: int = 10_000
    expansion: int = 200
    unpacked_megabytes: int = 512
    seconds: float = 300.0
    memory_megabytes: int = 4096

    def memory_of(self, size: int) -> int:
        """Without growing with the file, two kilobytes of a PDF could unpack to gigabytes."""
        return min(self.memory_megabytes, SMALL_FILE_MEGABYTES + MEMORY_PER_BYTE * size // MEGABYTE)


@dataclass(frozen=True, slots=True)
class Options:
    """``ocr_languages`` are tesseract's codes."""

    limits: LoadingLimits = LoadingLimits()
    passwords: tuple[str, ...] = ()
    ocr: bool = False
    ocr_languages: tuple[str, ...] = ("eng",)

    @property
    def recognition(self) -> str:
        """Such as ``eng+khm``; empty if OCR is off."""
        return "+".join(self.ocr_languages) if self.ocr else ""

    def for_rereading(self, recognition: str) -> Options:
        """OCR that is off now is turned on in its former languages, so that no recognised text is lost."""
        if self.ocr or not recognition:
            return self
        return replace(self, ocr=True, ocr_languages=tuple(recognition.split("+")))


DEFAULTS = Options()
# A loader takes a file's content, its path (for its name and for messages) and options. If it cannot read the
# content, it raises LoadError and no other exception.
Loader = Callable[[bytes, Path, Options], Document]
