"""The network of the installed reranker: all-mpnet-base-v2, which reads a question and a text together.

This module imports torch, so import it only to use the reranker.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from index.embedding import Mpnet
from rag.finding.reranking.pairs import TokenizedPair


class RerankerModel(nn.Module):
    """Scores texts as answers to a question (a cross-encoder: Nogueira and Cho, 2019).

    A score has two parts. The first is the mean, over the question's tokens, of the cosine with the most
    similar token of the text (late interaction: ColBERT, Khattab and Zaharia, SIGIR 2020). all-mpnet-base-v2
    was trained for cosines, and the training of the reranker starts from them. The second is a linear
    function of the first token's vector.
    """

    def __init__(self, mpnet: Mpnet) -> None:
        """Add an untrained head to ``mpnet``, with or without LoRA."""
        super().__init__()
        self.mpnet = mpnet
        self.head = nn.Linear(mpnet.shape.hidden_size, 1)
        self.scale = nn.Parameter(torch.tensor(25.0))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, pairs: Sequence[TokenizedPair]) -> Tensor:
        """Return the score of each pair, shape (pairs,)."""
        padding = self.mpnet.padding
        ids = pad_sequence(
            [torch.tensor(pair.ids) for pair in pairs], batch_first=True, padding_value=padding
        )
        hidden = self.mpnet(ids, ids != padding)
        first: Tensor = self.head(hidden[:, 0]).float()[:, 0]
        unit = functional.normalize(hidden.float(), dim=2)
        likeness = [_likeness(tokens, pair) for tokens, pair in zip(unit, pairs, strict=True)]
        return torch.stack(likeness) * self.scale.float() + first


def _likeness(tokens: Tensor, pair: TokenizedPair) -> Tensor:
    question = tokens[1 : pair.question_end]
    text = tokens[pair.question_end + 2 : len(pair.ids) - 1]
    return (question @ text.T).amax(dim=1).mean()
