"""Archives with one of their parts changed."""

from __future__ import annotations

import re
from collections.abc import Callable

from benchmarks.fuzz_samples import parts_of, zipped


def rewritten(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    parts = parts_of(data)
    return zipped(parts | {part: change(parts[part])})


def changed(data: bytes, part: str, pattern: bytes, replacement: bytes) -> bytes:
    """The archive with the first match of ``pattern`` in a part replaced; there must be one."""

    def change(content: bytes) -> bytes:
        new, count = re.subn(pattern, lambda _: replacement, content, count=1, flags=re.DOTALL)
        assert count == 1
        return new

    return rewritten(data, part, change)


def without(data: bytes, part: str) -> bytes:
    return zipped({name: content for name, content in parts_of(data).items() if name != part})
