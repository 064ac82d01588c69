"""The network of the bundled reader: the layers of the bundled encoder with LoRA, and three heads.

This module imports torch, so import it only to use a reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from rag.finding.reader.windows import TokenizedWindow

_PAIR_SIZE = 64


@dataclass(frozen=True, slots=True)
class Logits:
    """The outputs of the network for a batch of windows.

    Attributes:
        start: for each token, the logit that the answer begins there, minus the logit of token 0, ``[CLS]``,
            which stands for "nowhere"; shape (windows, tokens).
        end: the same for the token at which the answer ends; shape (windows, tokens).
        answerable: the log-odds that the window contains an answer; shape (windows,).
        sentences: for each window, the log-odds that each of its sentences answers; shape (sentences,).
    """

    start: Tensor
    end: Tensor
    answerable: Tensor
    sentences: list[Tensor]


class ReaderModel(nn.Module):
    """Scores each sentence of a window as an answer to a question, and the window as a whole.

    The layers see question and sentences together. A sentence's score has three parts. The first is the
    cosine between the mean of its tokens and the mean of the question's tokens: the encoder was trained for
    such cosines, and the reader's training starts from them. The second is a small network over both
    means (Reimers and Gurevych, Sentence-BERT, EMNLP 2019). The third tells how likely an answer begins and
    ends in the sentence, by span heads like those of BERT on SQuAD 2 (Devlin et al., NAACL 2019).
    """

    def __init__(self, bert: nn.Module, hidden_size: int) -> None:
        """Add untrained heads to ``bert``, a :class:`index.embedding.bert.Bert` with or without LoRA."""
        super().__init__()
        self.bert = bert
        self.span = nn.Linear(hidden_size, 2)
        self.pair = nn.Sequential(nn.Linear(2 * hidden_size, _PAIR_SIZE), nn.GELU(), nn.Linear(_PAIR_SIZE, 1))
        self.window = nn.Linear(hidden_size, 1)
        self.scale = nn.Parameter(torch.tensor([10.0, 0.1, -6.0, 0.3]))

    def forward(self, windows: Sequence[TokenizedWindow]) -> Logits:
        """Run the network on a batch of windows, and return its outputs."""
        ids = pad_sequence([torch.tensor(window.ids) for window in windows], batch_first=True)
        lengths = torch.tensor([len(window.ids) for window in windows])
        mask = torch.arange(ids.shape[1])[None, :] < lengths[:, None]
        hidden = self.bert(ids, mask)
        spans = self.span(hidden).float()
        spans = spans - spans[:, :1]
        start, end = spans[..., 0].masked_fill(~mask, -1e4), spans[..., 1].masked_fill(~mask, -1e4)
        sentences = self._sentences(hidden, start, end, windows)
        best = torch.stack([logits.logsumexp(0) for logits in sentences]).nan_to_num(neginf=-10.0)
        answerable = self.window(hidden[:, 0]).float()[:, 0] + self.scale[3] * best
        return Logits(start, end, answerable, sentences)

    def _sentences(
        self, hidden: Tensor, start: Tensor, end: Tensor, windows: Sequence[TokenizedWindow]
    ) -> list[Tensor]:
        places = [(row, slice(*bound)) for row, window in enumerate(windows) for bound in window.bounds]
        if not places:
            return [start.new_empty(0) for _ in windows]
        questions = torch.stack(
            [hidden[row, 1 : window.question_end].mean(0) for row, window in enumerate(windows)]
        )[[row for row, _ in places]]
        # A sentence that did not fit has no tokens, so its mean is not a number.
        means = torch.stack([hidden[row, tokens].mean(0) for row, tokens in places]).nan_to_num()
        span = torch.stack(
            [start[row, tokens].logsumexp(0) + end[row, tokens].logsumexp(0) for row, tokens in places]
        ).nan_to_num(neginf=-20.0)
        question, sentence = functional.normalize(questions, dim=-1), functional.normalize(means, dim=-1)
        product = question * sentence * hidden.shape[-1] ** 0.5
        pair = self.pair(
            torch.cat([product, (question - sentence).abs() * hidden.shape[-1] ** 0.5], -1)
        ).float()[:, 0]
        cosine = (question * sentence).sum(-1).float()
        logits = self.scale[0] * cosine + self.scale[1] * span + self.scale[2] + pair
        return list(logits.split([len(window.bounds) for window in windows]))
