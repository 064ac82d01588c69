"""Random and deliberate damage to files, for ``benchmarks.fuzz_loading``."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from io import BytesIO
from random import Random
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from benchmarks.fuzz_samples import parts_of, zipped

BOMB_MEGABYTES = 1024
_MEGABYTE = 1024 * 1024

_DEEP = 3000
"""The depth of nested elements: more than Python's recursion limit."""

_NAME = rb"[A-Za-z_][\w.:-]{0,40}"
_TAG = re.compile(rb"<(" + _NAME + rb")[^<>]{0,200}>")
_ROOT = re.compile(rb"<(" + _NAME + rb")")
_NUMBER = re.compile(rb"\d+")
_NUMBERS = (b"0", b"-1", b"1", b"65536", b"2147483648", b"9" * 30, b"1e999", b"nan", b"")

_ENTITIES = b"".join(
    b'<!ENTITY e%d "%b">' % (number, b"&e%d;" % (number - 1) * 10 if number else b"lol" * 10)
    for number in range(10)
)
_FAR = b'<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY % g SYSTEM "http://127.0.0.1:9/g.dtd">%g;'

Damage = Callable[[Random, bytes, bytes], bytes]
"""Random generator, file, other file → damaged file."""


def damaged(chance: Random, data: bytes, other: bytes) -> tuple[str, bytes]:
    """Return the name of the damage, and the damaged file."""
    kinds = [*_ANYWHERE, *_MARKED]
    if data.startswith(b"PK"):
        kinds += _IN_ARCHIVES * 2
    kind = chance.choice(kinds)
    return kind.__name__.strip("_"), kind(chance, data, other)


def _flipped(chance: Random, data: bytes, _other: bytes) -> bytes:
    made = bytearray(data)
    for _ in range(chance.choice([1, 3, 20, max(1, len(data) // 50)])):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def _cut_short(chance: Random, data: bytes, _other: bytes) -> bytes:
    return data[: chance.randrange(1, len(data) + 1)]


def _without_start(chance: Random, data: bytes, _other: bytes) -> bytes:
    return data[chance.randrange(len(data)) :]


def _spliced(chance: Random, data: bytes, other: bytes) -> bytes:
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


def _repeated(chance: Random, data: bytes, _other: bytes) -> bytes:
    start = chance.randrange(len(data))
    block = data[start : start + chance.choice([1, 16, 256, 4096])]
    times = chance.choice([2, 50, max(1, 200_000 // len(block))])
    return data[:start] + block * times + data[start:]


def _overwritten(chance: Random, data: bytes, _other: bytes) -> bytes:
    start, length = chance.randrange(len(data)), chance.choice([1, 8, 200])
    fill = chance.choice([b"\0", b"\xff", b"%", b"<", b"&", b"{", chance.randbytes(1)])
    return data[:start] + (fill * length) + data[start + length :]


def _renumbered(chance: Random, data: bytes, _other: bytes) -> bytes:
    return _NUMBER.sub(lambda found: chance.choice(_NUMBERS) if chance.random() < 0.1 else found[0], data)


def _nested(chance: Random, data: bytes, _other: bytes) -> bytes:
    """One of the elements, thousands of levels deep, or brackets if there are none."""
    tags = list(_TAG.finditer(data))
    if not tags:
        start = chance.randrange(len(data))
        mark = chance.choice([b"[", b"{", b"(", b"<<", b"> ", b"- ", b"{\\pard ", b'"'])
        return data[:start] + mark * _DEEP + data[start:]
    tag = chance.choice(tags)
    if chance.random() < 0.5:
        return data[: tag.start()] + tag[0] * _DEEP + data[tag.start() :]
    inner = b"deep" + b"</%b>" % tag[1] * _DEEP
    return data[: tag.start()] + tag[0] * _DEEP + inner + data[tag.start() :]


def _with_entities(chance: Random, data: bytes, _other: bytes) -> bytes:
    """Entities that grow to gigabytes, or that stand for files and addresses elsewhere."""
    root = _ROOT.search(data)
    name = root[1] if root else b"html"
    declared = b"<!DOCTYPE %b [%b]>" % (name, chance.choice([_ENTITIES, _FAR]))
    start = root.start() if root else 0
    used = chance.choice([b"&e9;", b"&f;", b"&e9;&f;"])
    body = re.sub(rb">([^<>]*\w[^<>]*)<", lambda found: b">" + used + found[1] + b"<", data[start:], count=3)
    return data[:start] + declared + body


def _parts(data: bytes) -> dict[str, bytes]:
    """Empty if the data is no archive."""
    try:
        return parts_of(data)
    except (BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return {}


def _part_damaged(chance: Random, data: bytes, other: bytes) -> bytes:
    """In an intact archive, so that the damage reaches the reader of the part."""
    parts = _parts(data)
    name = chance.choice([name for name in parts if parts[name]] or [""])
    if not name:
        return _flipped(chance, data, other)
    for _ in range(chance.choice([1, 1, 2])):
        parts[name] = chance.choice([*_ANYWHERE, *_MARKED * 3])(chance, parts[name] or b" ", other)
    return zipped(parts)


def _part_gone(chance: Random, data: bytes, other: bytes) -> bytes:
    parts = _parts(data)
    if not parts:
        return _cut_short(chance, data, other)
    del parts[chance.choice(list(parts))]
    return zipped(parts)


def _parts_swapped(chance: Random, data: bytes, _other: bytes) -> bytes:
    parts = _parts(data)
    names, contents = list(parts), list(parts.values())
    chance.shuffle(contents)
    return zipped(dict(zip(names, contents, strict=True)))


def _archive_in_archive(chance: Random, data: bytes, _other: bytes) -> bytes:
    parts = _parts(data) or {"a": data}
    name = chance.choice(list(parts))
    made = data
    for _ in range(chance.choice([1, 5, 20])):
        made = zipped(parts | {name: made})
    return made


def _bomb(chance: Random, data: bytes, _other: bytes) -> bytes:
    """A part that unpacks to a gigabyte; the directory may declare a small size."""
    name = chance.choice(list(_parts(data)) or ["a"])
    made = BytesIO(_gigabyte(name))
    with ZipFile(made, "a", ZIP_DEFLATED) as archive:
        for part, content in _parts(data).items():
            if part != name:
                archive.writestr(part, content)
    size = (BOMB_MEGABYTES * _MEGABYTE).to_bytes(4, "little")
    return made.getvalue().replace(size, (1000).to_bytes(4, "little") if chance.random() < 0.5 else size)


@cache
def _gigabyte(name: str) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED, compresslevel=1) as archive, archive.open(name, "w") as part:
        for _ in range(BOMB_MEGABYTES):
            part.write(bytes(_MEGABYTE))
    return made.getvalue()


_ANYWHERE: list[Damage] = [
    *(_flipped, _flipped, _cut_short, _without_start, _spliced, _repeated, _overwritten, _renumbered)
]
_MARKED: list[Damage] = [_nested, _with_entities]
_IN_ARCHIVES: list[Damage] = [
    *(_part_damaged, _part_damaged, _part_damaged, _part_gone, _parts_swapped, _archive_in_archive, _bomb)
]
