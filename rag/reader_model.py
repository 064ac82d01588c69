"""The network of the bundled reader: the bundled encoder's layers with low-rank changes, and three heads.

Imports torch: import it only where a reader is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import BertModel

from rag.windows import TokenizedWindow


@dataclass(frozen=True, slots=True)
class Logits:
    """What the network says of a batch of windows.

    Attributes:
        start: that the answer begins at a token, relative to token 0, ``[CLS]``, which stands for "nowhere";
            shape (windows, tokens).
        end: that it ends there.
        answerable: that the window answers, log-odds; shape (windows,).
        sentences: that a sentence answers, log-odds; for each window, shape (sentences,).
    """

    start: Tensor
    end: Tensor
    answerable: Tensor
    sentences: list[Tensor]


class ReaderModel(nn.Module):
    """Finds where in a window the answer stands, and whether it is there at all.

    The span heads are those of BERT on SQuAD 2 (Devlin et al., NAACL 2019); a sentence's score gathers
    the starts and ends in it (log-sum-exp), scaled to log-odds.
    """

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert
        self.span = nn.Linear(bert.config.hidden_size, 2)
        self.answerable = nn.Linear(bert.config.hidden_size, 1)
        self.scale = nn.Parameter(torch.tensor([0.5, 0.0]))

    def forward(self, windows: Sequence[TokenizedWindow]) -> Logits:
        """Read a batch of windows."""
        ids = pad_sequence([torch.tensor(window.ids) for window in windows], batch_first=True)
        types = pad_sequence([torch.tensor(window.types) for window in windows], batch_first=True)
        lengths = torch.tensor([len(window.ids) for window in windows])
        mask = torch.arange(ids.shape[1])[None, :] < lengths[:, None]
        hidden = self.bert(input_ids=ids, attention_mask=mask.long(), token_type_ids=types).last_hidden_state
        spans = self.span(hidden).float()
        spans = spans - spans[:, :1]
        start, end = spans[..., 0].masked_fill(~mask, -1e4), spans[..., 1].masked_fill(~mask, -1e4)
        answerable = self.answerable(hidden[:, 0]).float()[:, 0]
        return Logits(
            start,
            end,
            answerable,
            [self._sentences(start[row], end[row], window.bounds) for row, window in enumerate(windows)],
        )

    def _sentences(self, start: Tensor, end: Tensor, bounds: Sequence[tuple[int, int]]) -> Tensor:
        gathered = [
            start[first:last].logsumexp(0) + end[first:last].logsumexp(0)
            if last > first
            else start.new_tensor(-20.0)
            for first, last in bounds
        ]
        return torch.stack(gathered) * self.scale[0] + self.scale[1] if gathered else start.new_empty(0)
