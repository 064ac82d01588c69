"""BERT (Devlin et al., NAACL 2019): the network of the bundled encoder and of the bundled reader.

transformers has this network too, with the same outputs to the last bit. But importing it also imports
torch's compiler, distributed tensors and SciPy, which takes seconds in every process that embeds a text.

This module imports torch, so import it only to use the network.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a network, by their names in ``config.json``."""

    vocab_size: int
    max_position_embeddings: int
    type_vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float


class Bert(nn.Module):
    """BERT without a pooler and without dropout. Its parameters have the names of published weights."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.hidden_size
        self.shape = shape
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": _Embedding(shape.vocab_size, width),
                "position_embeddings": _Embedding(shape.max_position_embeddings, width),
                "token_type_embeddings": _Embedding(shape.type_vocab_size, width),
                "LayerNorm": nn.LayerNorm(width, shape.layer_norm_eps),
            }
        )
        layers = nn.ModuleList(_Layer(shape) for _ in range(shape.num_hidden_layers))
        self.encoder = nn.ModuleDict({"layer": layers})

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Run the network on texts of one segment.

        Args:
            ids: the tokens, shape (texts, tokens).
            mask: 1 for a token, 0 for padding, in the same shape.

        Returns:
            The vector of each token: shape (texts, tokens, hidden_size).
        """
        embedded = self.embeddings["word_embeddings"](ids)
        embedded = embedded + self.embeddings["token_type_embeddings"](torch.zeros_like(ids))
        embedded = embedded + self.embeddings["position_embeddings"](torch.arange(ids.shape[1])[None])
        hidden: Tensor = self.embeddings["LayerNorm"](embedded)
        # Without a mask, torch takes a faster path.
        seen = None if mask.all() else mask.bool()[:, None, None, :].expand(-1, 1, ids.shape[1], -1)
        for layer in self.encoder["layer"].children():
            hidden = layer(hidden, seen)
        return hidden


class _Linear(nn.Linear):
    def reset_parameters(self) -> None:
        """Leave the weights empty: they are read from a file."""


class _Embedding(nn.Embedding):
    def reset_parameters(self) -> None:
        """Leave the weights empty: they are read from a file."""


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, inner = shape.hidden_size, shape.intermediate_size
        self.heads = shape.num_attention_heads

        def added_to_its_input(size: int) -> nn.ModuleDict:
            return nn.ModuleDict(
                {"dense": _Linear(size, width), "LayerNorm": nn.LayerNorm(width, shape.layer_norm_eps)}
            )

        projections = {name: _Linear(width, width) for name in ("query", "key", "value")}
        self.attention = nn.ModuleDict(
            {"self": nn.ModuleDict(projections), "output": added_to_its_input(width)}
        )
        self.intermediate = nn.ModuleDict({"dense": _Linear(width, inner)})
        self.output = added_to_its_input(inner)

    def forward(self, hidden: Tensor, seen: Tensor | None) -> Tensor:
        query, key, value = (
            projection(hidden).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for projection in self.attention["self"].children()
        )
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        attended = attended.transpose(1, 2).flatten(2)
        hidden = _added(self.attention["output"], attended, hidden)
        return _added(self.output, functional.gelu(self.intermediate["dense"](hidden)), hidden)


def _added(block: nn.Module, values: Tensor, hidden: Tensor) -> Tensor:
    dense, norm = block.children()
    summed: Tensor = norm(dense(values) + hidden)
    return summed


def read_bert(folder: Path) -> Bert:
    """Read ``config.json`` and ``model.safetensors`` of a BERT model, and map the weights into memory.

    Processes and networks share the mapped weights, as long as they do not change them. The file must not be
    overwritten while it is mapped; a new file may replace it.

    Raises:
        KeyError, OSError, RuntimeError, ValueError, SafetensorError: if a file is missing or damaged, or the
            weights do not fit the configuration.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    bert = Bert(Shape(**{field.name: config[field.name] for field in fields(Shape)}))
    stored = load_file(folder / "model.safetensors")
    bert.load_state_dict({name: stored[name] for name in bert.state_dict()}, assign=True)
    return bert.eval()
