"""Prints how long it takes a fresh process to open a library and search it for the first time.

``python -m benchmarks.opening [--passages N …] [--rounds N]``. Imports, the model and the query's embedding
are not counted; the library's files are dropped from the system's cache.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.fresh_process import Measured, measure
from benchmarks.side_by_side import Row, Sides, parser, prepared, print_table


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=5, help="processes of each side")
    bench = prepared(made.parse_args())
    print_table(row for sides in bench.sides() for row in _rows(sides, bench.arguments.rounds))


def _rows(sides: Sides, rounds: int) -> Iterator[Row]:
    ours: list[Measured] = []
    theirs: list[Measured] = []
    for _ in range(rounds):
        ours.append(measure("ours", sides.home, 1))
        if sides.alternative is not None:
            theirs.append(measure("llama-index", sides.alternative, 1))
    yield Row(sides.passages, "open, ms", [each.open_ms for each in ours], [each.open_ms for each in theirs])
    yield Row(
        sides.passages,
        "open and search once, ms",
        [each.open_ms + each.search_ms for each in ours],
        [each.open_ms + each.search_ms for each in theirs],
    )


if __name__ == "__main__":
    main()
