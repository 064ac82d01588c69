"""MPNet (Song et al., NeurIPS 2020): the network of the installed reranker, all-mpnet-base-v2.

The library transformers has this network too, with the same outputs apart from rounding;
:mod:`index.embedding.bert` explains why this copy exists. This module imports torch, so import it only to use
the network.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from index.embedding.bert import (
    Embedding,
    Linear,
    Shape,
    added,
    attend,
    map_weights,
    padding_bias,
    read_shape,
    residual,
)

_BUCKETS = 32
_EXACT = _BUCKETS // 4
_FURTHEST = 128


class Mpnet(nn.Module):
    """MPNet without pooler and dropout. Its parameters have the same names as in published weights.

    Attributes:
        padding: the number of the token ``<pad>``, and the position of padding. The first token has the next
            position.
    """

    padding = 1

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.hidden_size
        self.shape = shape
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": Embedding(shape.vocab_size, width),
                "position_embeddings": Embedding(shape.max_position_embeddings, width),
                "LayerNorm": nn.LayerNorm(width, shape.layer_norm_eps),
            }
        )
        self.encoder = nn.ModuleDict(
            {
                "layer": nn.ModuleList(_Layer(shape) for _ in range(shape.num_hidden_layers)),
                "relative_attention_bias": Embedding(_BUCKETS, shape.num_attention_heads),
            }
        )

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Run the network. Arguments and result are as in :meth:`index.embedding.bert.Bert.forward`."""
        words = ids != self.padding
        places = words.cumsum(1) * words + self.padding
        embedded = self.embeddings["word_embeddings"](ids) + self.embeddings["position_embeddings"](places)
        hidden: Tensor = self.embeddings["LayerNorm"](embedded)
        bias = self.encoder["relative_attention_bias"](_buckets(ids.shape[1])).permute(2, 0, 1)[None]
        bias = bias + padding_bias(mask, hidden.dtype)
        for layer in self.encoder["layer"].children():
            hidden = layer(hidden, bias)
        return hidden


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.hidden_size
        self.heads = shape.num_attention_heads
        projections = nn.ModuleDict({name: Linear(width, width) for name in ("q", "k", "v", "o")})
        norm = nn.LayerNorm(width, shape.layer_norm_eps)
        self.attention = nn.ModuleDict({"attn": projections, "LayerNorm": norm})
        self.intermediate = nn.ModuleDict({"dense": Linear(width, shape.intermediate_size)})
        self.output = residual(shape.intermediate_size, shape)

    def forward(self, hidden: Tensor, bias: Tensor) -> Tensor:
        *inner, outer = self.attention["attn"].children()
        query, key, value = (projection(hidden) for projection in inner)
        attended = attend(query, key, value, self.heads, bias)
        hidden = self.attention["LayerNorm"](outer(attended) + hidden)
        return added(self.output, functional.gelu(self.intermediate["dense"](hidden)), hidden)


def _buckets(tokens: int) -> Tensor:
    """Return, for each pair of tokens, the bucket (a range of distances) that their distance falls into.

    The buckets are those of T5 (Raffel et al., 2020). Shape (tokens, tokens).
    """
    places = torch.arange(tokens)
    distance = places[:, None] - places[None, :]
    far = distance.abs()
    logarithm = torch.log(far.float() / _EXACT) / math.log(_FURTHEST / _EXACT) * _EXACT
    spread = (_EXACT + logarithm.clamp(min=0).long()).clamp(max=_BUCKETS // 2 - 1)
    return torch.where(far < _EXACT, far, spread) + (distance < 0).long() * (_BUCKETS // 2)


def read_mpnet(folder: Path) -> Mpnet:
    """Read an MPNet model from a folder, as :func:`index.embedding.bert.read_bert` reads a BERT model."""
    return map_weights(Mpnet(read_shape(folder)), folder)
