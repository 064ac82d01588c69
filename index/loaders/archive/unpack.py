"""Office files are ZIP archives: whether one can be opened, and what it would grow to."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from index.errors import LoadError
from index.loaders.magic import OLD_OFFICE, binary_kind
from index.loaders.options import Limits

_MEGABYTE = 1024 * 1024

MAX_ENTRIES = 65_535
"""So many an archive can have without the extension for large ones."""

_ENCRYPTED = 0x1
"""The flag of an entry that needs a password (APPNOTE.TXT, 4.4.4)."""


def check_archive(data: bytes, path: Path, needed: str, kind: str, limits: Limits) -> None:
    """Refuse what is no archive of the format, or would grow beyond bounds when it is unpacked.

    Args:
        data: the file's content.
        path: the file.
        needed: an entry that every file of the format has.
        kind: the format's name, with its article: ``a Word document``.
        limits: what it may grow to.

    Raises:
        LoadError: if it is encrypted, broken, of another format, or too large when unpacked.
    """
    if data.startswith(OLD_OFFICE):
        cause = "is encrypted or in an old Office format"
        raise LoadError(path, cause, f"save it without a password as {kind} ({path.suffix})")
    found = binary_kind(data)
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        if found is None or not data.startswith(b"PK"):
            cause = f"is named {path.suffix} but is not {kind}" + (
                f": it seems to be {found}" if found else ""
            )
            raise LoadError(path, cause, f"save it again as {kind}") from error
        raise LoadError(path, f"is broken: {error}", "save it again, or repair it") from error
    if len(entries) > MAX_ENTRIES:
        cause = f"has {len(entries):,} parts, more than the {MAX_ENTRIES:,} that are read"
        raise LoadError(path, f"{cause}, as archives do that are made to do harm", "save it again")
    if any(entry.header_offset < 0 for entry in entries):
        raise LoadError(path, "is broken: its beginning is missing", "save it again, or repair it")
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise LoadError(path, "is encrypted", "save it without a password")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked_megabytes * _MEGABYTE:
        cause = f"unpacks to {unpacked / _MEGABYTE:,.0f} MB, more than the {limits.unpacked_megabytes:,} MB"
        raise LoadError(path, f"{cause} that are read", "split it into parts")
    if unpacked > max(len(data) * limits.expansion, _MEGABYTE):
        cause = f"unpacks to {unpacked / len(data):,.0f} times its size, more than {limits.expansion:,} times"
        raise LoadError(path, f"{cause}, as archives do that are made to do harm", "save it again")
    if needed not in {entry.filename for entry in entries}:
        other = found if found not in {None, "a ZIP archive", kind} else None
        seems = f": it seems to be {other}" if other else f": it has no {needed}"
        raise LoadError(path, f"is named {path.suffix} but is not {kind}{seems}", f"save it again as {kind}")
