"""Prints the memory of a process that serves searches, and its use of the disk, by part.

``python -m benchmarks.footprint [--passages N …] [--queries N]``. Memory, after all queries, includes the
model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.fresh_process import measure
from benchmarks.side_by_side import Row, Sides, parser, prepared, print_table

_MB = 2**20


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--queries", type=int, default=200, help="searches before memory is read")
    bench = prepared(made.parse_args())
    print_table(row for sides in bench.sides() for row in _rows(sides, bench.arguments.queries))


def on_disk(folder: Path) -> Mapping[str, float]:
    """In megabytes, the largest first."""
    parts = {part.name: _size(part) / _MB for part in folder.iterdir()}
    return dict(sorted(parts.items(), key=lambda part: -part[1]))


def _size(part: Path) -> int:
    files = [part, *part.rglob("*")] if part.is_dir() else [part]
    return sum(file.stat().st_size for file in files if file.is_file())


def _rows(sides: Sides, queries: int) -> Iterator[Row]:
    ours = measure("ours", sides.home, queries)
    theirs = [measure("llama-index", sides.alternative, queries)] if sides.alternative else []
    yield Row(sides.passages, "memory, MB", [ours.after_mb], [each.after_mb for each in theirs])
    yield Row(
        sides.passages,
        "memory of the library, MB",
        [ours.after_mb - ours.before_mb],
        [each.after_mb - each.before_mb for each in theirs],
    )
    yield Row(
        sides.passages,
        "memory not backed by files, MB",
        [ours.anonymous_mb],
        [each.anonymous_mb for each in theirs],
    )
    disk = on_disk(sides.home)
    other = on_disk(sides.alternative) if sides.alternative else {}
    yield Row(sides.passages, "disk, MB", [sum(disk.values())], [sum(other.values())] if other else [])
    for name, size in disk.items():
        if size >= 0.1:
            yield Row(sides.passages, f"disk, {name}, MB", [size])
    for name, size in other.items():
        if size >= 0.1:
            yield Row(sides.passages, f"disk, {name}, MB", [], [size])


if __name__ == "__main__":
    main()
