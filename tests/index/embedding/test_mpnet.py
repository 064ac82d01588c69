"""MPNet is the network of transformers, apart from rounding."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from index.embedding import read_mpnet

TOKENS = 280
"""More than the furthest distance that has a bucket of its own."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with random weights."""
    from transformers import MPNetConfig, MPNetModel

    torch.manual_seed(7)
    config = MPNetConfig(
        vocab_size=400,
        hidden_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=96,
        max_position_embeddings=TOKENS + 2,
    )
    made = MPNetModel(config, add_pooling_layer=False)
    # transformers begins with small values, beside which a wrong one would not be seen.
    torch.nn.init.normal_(made.encoder.relative_attention_bias.weight)
    folder = tmp_path_factory.mktemp("mpnet")
    made.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("lengths", [(TOKENS,), (24, 5, 1)])
@pytest.mark.parametrize(("precision", "rounding"), [(torch.float32, 1e-5), (torch.bfloat16, 0.05)])
def test_the_network_is_that_of_transformers(
    folder: Path, lengths: tuple[int, ...], precision: torch.dtype, rounding: float
) -> None:
    from transformers import MPNetModel

    longest = max(lengths)
    mask = (torch.arange(longest)[None] < torch.tensor(lengths)[:, None]).long()
    ids = torch.randint(5, 400, mask.shape, generator=torch.Generator().manual_seed(7))
    ids = torch.where(mask.bool(), ids, 1)
    theirs, ours = MPNetModel.from_pretrained(folder, dtype=precision), read_mpnet(folder)
    with torch.inference_mode():
        expected = theirs(input_ids=ids, attention_mask=mask).last_hidden_state
        found = ours.to(precision)(ids, mask)
    # The values of a token have a mean of 0 and a deviation of 1.
    assert (found - expected)[mask.bool()].abs().max() < rounding
