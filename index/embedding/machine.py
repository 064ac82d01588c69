"""Measures which precision is faster, and whether a row of a matrix product depends on the other rows.

A processor's feature flags do not tell which precision is faster: of two processors with AVX512-BF16, one
embeds in bfloat16 three times as fast as in float32, and the other takes 1.7 times as long.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from index.private import cache_folder

if TYPE_CHECKING:
    from torch import Tensor

Precision = Literal["float32", "bfloat16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

_FILE = "machine.json"
_ROWS, _INNER, _OUTER = 512, 384, 1536
"""The shape of the largest matrix product in a layer of the bundled model, for a batch of 512 tokens."""

_REPEATS = 7
_WORTH = 1.25
"""The factor by which this product must be faster in bfloat16 to justify bfloat16: the other steps of the
model gain less, and float32 is more exact."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The measurements of a machine.

    Attributes:
        precision: the precision in which to embed: bfloat16 if it is faster by a factor of at least
            ``_WORTH``, else float32.
        uneven: the precisions in which the last bits of a row of a matrix product depend on the number of
            rows. On processors with AMX, bfloat16 is such a precision.
    """

    precision: Precision
    uneven: tuple[Precision, ...]


def this_machine(cache: Path | None = None) -> Machine:
    """Return the measurements of this machine; the first call makes them, in under 300 ms.

    Args:
        cache: the folder that keeps the measurements; None for the user's cache. After a change of the
            processor, the number of threads or the version of torch, the next call measures again.
    """
    file = (cache or cache_folder()) / _FILE
    name = _name()
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_text(encoding="utf-8"))[name]
        return Machine(_precision(kept["precision"]), tuple(map(_precision, kept["uneven"])))
    machine = _measure()
    # Without the file, the next process measures again.
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({name: asdict(machine)}), encoding="utf-8")
    return machine


def _precision(name: str) -> Precision:
    return PRECISIONS[PRECISIONS.index(name)]


def _name() -> str:
    import torch

    report: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    features = ",".join(sorted(name for name, has in report.items() if has is True))
    return (
        f"{report.get('cpu_name')}; {features}; {torch.get_num_threads()} threads; torch {torch.__version__}"
    )


def _measure() -> Machine:
    import torch

    random = torch.Generator().manual_seed(0)
    rows = torch.randn(_ROWS, _INNER, generator=random)
    weights = torch.randn(_OUTER, _INNER, generator=random)
    operands: dict[Precision, tuple[Tensor, Tensor]] = {
        "float32": (rows, weights),
        "bfloat16": (rows.bfloat16(), weights.bfloat16()),
    }
    with torch.inference_mode():
        uneven = tuple(name for name, pair in operands.items() if _is_uneven(*pair))
        seconds = dict.fromkeys(PRECISIONS, float("inf"))
        # Measure in turn, so that other load on the machine affects both precisions.
        for _ in range(_REPEATS):
            for name, pair in operands.items():
                seconds[name] = min(seconds[name], _seconds(*pair))
    is_faster = seconds["bfloat16"] * _WORTH <= seconds["float32"]
    return Machine("bfloat16" if is_faster else "float32", uneven)


def _is_uneven(rows: Tensor, weights: Tensor) -> bool:
    """Return whether the first rows of a matrix product change if the other rows are left out."""
    import torch

    whole = torch.nn.functional.linear(rows, weights)
    few = (torch.nn.functional.linear(rows[:count], weights) for count in (8, 16, 64, 256))
    return any(not torch.equal(part, whole[: len(part)]) for part in few)


def _seconds(rows: Tensor, weights: Tensor) -> float:
    import torch

    begun = time.perf_counter()
    torch.nn.functional.linear(rows, weights)
    return time.perf_counter() - begun
