"""BERT (Devlin et al., NAACL 2019): the network of two bundled models, the encoder and the reader.

transformers has this network too, with the same outputs (in float32 to the last bit). But importing it also
imports torch's compiler, distributed tensors and SciPy, which takes seconds in every process that embeds.

This module imports torch, so import it only to use the network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a network, by their names in ``config.json``."""

    vocab_size: int
    max_position_embeddings: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float
    type_vocab_size: int = 1


class Bert(nn.Module):
    """BERT without pooler and dropout. Its parameters have the same names as in published weights."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.hidden_size
        self.shape = shape
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": Embedding(shape.vocab_size, width),
                "position_embeddings": Embedding(shape.max_position_embeddings, width),
                "token_type_embeddings": Embedding(shape.type_vocab_size, width),
                "LayerNorm": nn.LayerNorm(width, shape.layer_norm_eps),
            }
        )
        layers = nn.ModuleList(_Layer(shape) for _ in range(shape.num_hidden_layers))
        self.encoder = nn.ModuleDict({"layer": layers})

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Run the network on texts that have one segment each.

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
        # Without a bias, torch takes a faster path.
        bias = None if mask.all() else padding_bias(mask, hidden.dtype)
        for layer in self.encoder["layer"].children():
            hidden = layer(hidden, bias)
        return hidden


class Linear(nn.Linear):
    """A linear layer whose weights are read from a file."""

    def reset_parameters(self) -> None:
        """Do nothing: random initial values take longer than reading the file, whose weights replace them."""


class Embedding(nn.Embedding):
    """A table of embeddings whose weights are read from a file."""

    def reset_parameters(self) -> None:
        """Do nothing: random initial values take longer than reading the file, whose weights replace them."""


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, inner = shape.hidden_size, shape.intermediate_size
        self.heads = shape.num_attention_heads
        projections = {name: Linear(width, width) for name in ("query", "key", "value")}
        self.attention = nn.ModuleDict({"self": nn.ModuleDict(projections), "output": residual(width, shape)})
        self.intermediate = nn.ModuleDict({"dense": Linear(width, inner)})
        self.output = residual(inner, shape)

    def forward(self, hidden: Tensor, bias: Tensor | None) -> Tensor:
        query, key, value = (projection(hidden) for projection in self.attention["self"].children())
        attended = attend(query, key, value, self.heads, bias)
        hidden = added(self.attention["output"], attended, hidden)
        return added(self.output, functional.gelu(self.intermediate["dense"](hidden)), hidden)


def padding_bias(mask: Tensor, precision: torch.dtype) -> Tensor:
    """Return a bias for :func:`attend` that hides padding: shape (texts, 1, 1, tokens).

    Args:
        mask: 1 for a token, 0 for padding, shape (texts, tokens).
        precision: the type of the bias.
    """
    hidden = torch.zeros(mask.shape, dtype=precision).masked_fill_(mask == 0, torch.finfo(precision).min)
    return hidden[:, None, None, :]


def attend(query: Tensor, key: Tensor, value: Tensor, heads: int, bias: Tensor | None) -> Tensor:
    """Compute multi-head attention (Vaswani et al., 2017).

    Args:
        query: the projected queries, shape (texts, tokens, heads * width of a head).
        key: the projected keys, in the same shape.
        value: the projected values, in the same shape.
        heads: the number of heads.
        bias: added to the scaled scores, in a shape that can be expanded to (texts, heads, tokens, tokens);
            None for no bias.

    Returns:
        The attended values, in the shape of ``value``.
    """
    texts, tokens, _ = query.shape
    query, key, value = (each.view(texts, tokens, heads, -1).transpose(1, 2) for each in (query, key, value))
    width = query.shape[-1]
    if query.dtype != torch.bfloat16:
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return attended.transpose(1, 2).flatten(2)
    # In bfloat16 and with a bias, torch's own function takes twice as long as these three steps.
    query, key, value = (each.reshape(texts * heads, tokens, width) for each in (query, key, value))
    added_to = query.new_zeros(1, 1, 1) if bias is None else bias.expand(-1, heads, -1, -1).flatten(0, 1)
    scores = torch.baddbmm(added_to, query, key.transpose(1, 2), alpha=width**-0.5)
    attended = torch.bmm(scores.softmax(-1), value)
    return attended.view(texts, heads, tokens, width).transpose(1, 2).flatten(2)


def residual(size: int, shape: Shape) -> nn.ModuleDict:
    """Make the layers that :func:`added` runs: ``Linear`` from ``size`` to ``hidden_size``, and LayerNorm."""
    norm = nn.LayerNorm(shape.hidden_size, shape.layer_norm_eps)
    return nn.ModuleDict({"dense": Linear(size, shape.hidden_size), "LayerNorm": norm})


def added(block: nn.Module, values: Tensor, hidden: Tensor) -> Tensor:
    """Return the result of :func:`residual`'s layers: ``LayerNorm(Linear(values) + hidden)``."""
    dense, norm = block.children()
    summed: Tensor = norm(dense(values) + hidden)
    return summed


def read_bert(folder: Path) -> Bert:
    """Read a BERT model from a folder, with :func:`read_shape` and :func:`map_weights`."""
    return map_weights(Bert(read_shape(folder)), folder)


def read_shape(folder: Path) -> Shape:
    """Read the sizes in ``config.json``.

    Raises:
        KeyError, OSError, ValueError: if the file is missing or damaged.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return Shape(**{field.name: config[field.name] for field in fields(Shape) if field.name in config})


def map_weights(network: Network, folder: Path) -> Network:
    """Map the weights in ``model.safetensors`` into memory, and give them to ``network``.

    Processes and networks share the mapped weights as long as they do not change them. The file must not be
    overwritten while it is mapped; a new file may replace it.

    Raises:
        KeyError, OSError, RuntimeError, SafetensorError: if the file is missing or damaged, or its weights do
            not fit.
    """
    stored = load_file(folder / "model.safetensors")
    network.load_state_dict({name: stored[name] for name in network.state_dict()}, assign=True)
    return network.eval()


def merge_lora(weights: Mapping[str, Tensor], stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a network with the changes of a training run.

    Args:
        weights: the weights by name. They stay as they are, because networks share them.
        stored: low-rank changes (LoRA with alpha = rank, Hu et al., ICLR 2022) as matrices A and B with the
            names ``layer.lora_A`` and ``layer.lora_B``: W becomes W + B A. All other tensors are weights that
            were trained themselves.

    Raises:
        KeyError: if there is no such layer, or one of its two matrices is missing.
        RuntimeError: if the matrices do not fit the layer.
    """
    merged = {**weights, **{name: each.float() for name, each in stored.items() if ".lora_" not in name}}
    for layer in {name.rpartition(".lora_")[0] for name in stored if ".lora_" in name}:
        change = stored[f"{layer}.lora_B"].float() @ stored[f"{layer}.lora_A"].float()
        merged[f"{layer}.weight"] = weights[f"{layer}.weight"] + change
    return merged
