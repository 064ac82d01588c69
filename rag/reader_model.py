"""The network of the bundled reader: the bundled encoder's layers with low-rank changes, and three heads.

Imports torch: import it only where a reader is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import BertConfig, BertModel

from rag.windows import TokenizedWindow


def base_model(folder: Path, dropout: float = 0.0) -> BertModel:
    """The layers of the BERT model in ``folder``, without a pooler.

    Args:
        folder: has ``config.json`` and ``model.safetensors``.
        dropout: while it is trained.
    """
    config = BertConfig.from_pretrained(folder)
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
    bert = BertModel(config, add_pooling_layer=False)
    stored = load_file(folder / "model.safetensors")
    bert.load_state_dict({name: stored[name] for name in bert.state_dict()})
    return bert


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

    def __init__(self, bert: nn.Module, hidden_size: int) -> None:
        super().__init__()
        self.bert = bert
        self.span = nn.Linear(hidden_size, 2)
        self.answerable = nn.Linear(hidden_size, 1)
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
