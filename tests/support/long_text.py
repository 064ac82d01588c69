"""Uploads a long text in a process of its own, and prints its cost for the process as JSON.

``python -m tests.support.long_text FOLDER MEGABYTES`` prints the rise of the process's peak memory, in
megabytes, and the longest time in which another of its threads could not run, in seconds.
"""

from __future__ import annotations

import io
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

import numpy as np

from benchmarks.stub_encoder import StubEncoder
from index.embedding.model import Vectors
from index.embedding.onnx import PACKAGED
from index.library import Library
from index.loaders import DEFAULTS
from index.loaders.sandbox.client import Isolated
from index.text.tokens import token_spans_by
from index.uploads import Sent, add_upload
from tests.support.reports import VOCABULARY

_MEGABYTE = 1024 * 1024


class Quick(StubEncoder):
    """An encoder with the default model's tokeniser and random vectors, which take no time."""

    def __init__(self) -> None:
        super().__init__("quick", 384)
        self._tokenizer = PACKAGED.tokenizer()
        self.tokenizer = self._tokenizer.to_str()
        self._random = np.random.default_rng(7)

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return token_spans_by(self._tokenizer, text)

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = self._random.normal(size=(len(texts), self.dimensions)).astype(np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


class Heart:
    """A thread that measures the longest time between two of its steps, in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._over = Event()
        self._thread = Thread(target=self._beat)

    def __enter__(self) -> Heart:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        last = time.monotonic()
        while not self._over.wait(0.005):
            now = time.monotonic()
            self.longest, last = max(self.longest, now - last), now


def most_resident() -> float:
    """The peak memory of this process, in megabytes (proc_pid_status(5))."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    [size] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(size) / 1024


def text_of(megabytes: int) -> bytes:
    chance = random.Random(11)  # noqa: S311 (words, not a secret)
    paragraphs: list[str] = []
    size = 0
    while size < megabytes * _MEGABYTE:
        said = (
            " ".join(chance.choices(VOCABULARY, k=chance.randint(4, 24))).capitalize() + "." for _ in range(6)
        )
        paragraphs.append(" ".join(said))
        size += len(paragraphs[-1]) + 2
    return "\n\n".join(paragraphs).encode()[: megabytes * _MEGABYTE]


def main() -> None:
    folder, megabytes = Path(sys.argv[1]), int(sys.argv[2])
    long = text_of(megabytes)
    with Library.open(folder / "home", Quick()) as index, Isolated() as reader:
        add_upload(index, reader, DEFAULTS, Sent("short.txt", io.BytesIO(long[:10_000]), {}))
        before = most_resident()
        with Heart() as heart:
            record = add_upload(index, reader, DEFAULTS, Sent("long.txt", io.BytesIO(long), {}))
        print(
            json.dumps(
                {
                    "megabytes": most_resident() - before,
                    "seconds": heart.longest,
                    "passages": record.passages,
                    "characters": record.characters,
                }
            )
        )


if __name__ == "__main__":
    main()
