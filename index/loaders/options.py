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
    """The upper limits for one file. A megabyte has 1024² bytes.

    Attributes:
        megabytes: the size of the file.
        text_megabytes: the size of the file's text in UTF-8.
        pages: the number of the file's pages.
        expansion: the size of an unpacked archive, as a multiple of the file's size.
        unpacked_megabytes: the size of an unpacked archive.
        seconds: the time for reading the file.
        memory_megabytes: the memory for reading the file; a small file may take less (:meth:`memory_of`).
    """

    megabytes: int = 256
    text_megabytes: int = 20
    pages: int = 10_000
    expansion: int = 200
    unpacked_megabytes: int = 512
    seconds: float = 300.0
    memory_megabytes: int = 4096

    def memory_of(self, size: int) -> int:
        """Return the memory in megabytes that a file of ``size`` bytes may take.

        It grows with the file. Otherwise two kilobytes of a PDF could unpack to gigabytes.
        """
        return min(self.memory_megabytes, SMALL_FILE_MEGABYTES + MEMORY_PER_BYTE * size // MEGABYTE)


@dataclass(frozen=True, slots=True)
class Options:
    """Options for reading files.

    Attributes:
        limits: limits for one file.
        passwords: the passwords that are tried in turn on an encrypted file.
        ocr: whether to read pages without a text layer by optical character recognition.
        ocr_languages: tesseract's codes of the languages on such pages.
        by_time: whether a document without a date gets the date of its file's last change. It is off for
            uploads, whose files have just been written.
    """

    limits: LoadingLimits = LoadingLimits()
    passwords: tuple[str, ...] = ()
    ocr: bool = False
    ocr_languages: tuple[str, ...] = ("eng",)
    by_time: bool = True

    @property
    def recognition(self) -> str:
        """The languages of OCR, joined by "+", for example ``eng+khm``; empty if OCR is off."""
        return "+".join(self.ocr_languages) if self.ocr else ""

    def for_rereading(self, recognition: str) -> Options:
        """Return the options for rereading a file that was last read with the OCR languages ``recognition``.

        If these options turn OCR off and the file was read with OCR, the returned options turn OCR on with
        the same languages, so that no recognised text is lost. Otherwise these options are returned.

        Args:
            recognition: the value of :attr:`recognition` when the file was last read.
        """
        if self.ocr or not recognition:
            return self
        return replace(self, ocr=True, ocr_languages=tuple(recognition.split("+")))


DEFAULTS = Options()
# A loader takes a file's content, its path (for its name and for messages) and options. If it cannot read the
# content, it raises LoadError and no other exception.
Loader = Callable[[bytes, Path, Options], Document]
