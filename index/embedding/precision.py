"""What the encoder calculates in: bfloat16 where the processor has instructions for it, else float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor, nn

Precision = Literal["float32", "bfloat16"]

_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
"""Without them bfloat16 is emulated, and slower than float32."""


def best_precision() -> Precision:
    """What is fastest here: bfloat16 if torch reports AVX512-BF16 or AMX, else float32.

    Versions of torch that do not report it (``torch.cpu.get_capabilities``) count as without.
    """
    import torch

    report: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return "bfloat16" if any(report.get(name) for name in _INSTRUCTIONS) else "float32"


def calculate_in_bfloat16(model: SentenceTransformer) -> None:
    """Have a model's transformer calculate in bfloat16; what pools and normalises stays in float32.

    A model that does not begin with a transformer is left as it is.
    """
    import torch
    from sentence_transformers.base.modules import Transformer

    if isinstance(model[0], Transformer):
        model[0].to(torch.bfloat16)
        model[0].register_forward_hook(_widen)


def precision_of(model: SentenceTransformer) -> Precision:
    """What ``model`` calculates in."""
    import torch

    return "bfloat16" if any(weight.dtype == torch.bfloat16 for weight in model.parameters()) else "float32"


def _widen(_module: nn.Module, _inputs: object, features: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name: value.float() if getattr(value, "is_floating_point", bool)() else value
        for name, value in features.items()
    }
