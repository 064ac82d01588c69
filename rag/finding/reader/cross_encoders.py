"""Opens any sentence-transformers CrossEncoder: a model that reads two texts together and scores the pair."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

from index.errors import FootnotedError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class PairScorer:
    """A CrossEncoder with one output. Safe to share between threads."""

    def __init__(self, model: CrossEncoder) -> None:
        self._model = model
        self._lock = Lock()

    def scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the logit of each pair."""
        if not pairs:
            return []
        with self._lock:
            logits = self._model.predict(list(pairs), show_progress_bar=False)
        return [float(logit) for logit in logits]


def open_pair_scorer(name: str, role: str, error: type[FootnotedError]) -> PairScorer:
    """Open a CrossEncoder that gives one score per pair.

    Args:
        name: the name or folder of the model.
        role: the name of the setting, for messages.
        error: the exception to raise if the model cannot be loaded, or has more than one output.
    """
    model = load_cross_encoder(name, role, error)
    if model.num_labels != 1:
        raise error(
            f"{role} {name!r} has {model.num_labels} outputs; choose a CrossEncoder that gives one score per "
            "pair"
        )
    return PairScorer(model)


def load_cross_encoder(name: str, role: str, error: type[FootnotedError]) -> CrossEncoder:
    """Load a CrossEncoder that returns logits; arguments as for :func:`open_pair_scorer`."""
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from torch.nn import Identity

    try:
        model: CrossEncoder = CrossEncoder(name, device="cpu", activation_fn=Identity())
    except (OSError, ValueError, SafetensorError) as cause:
        first = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        raise error(
            f"{role} {name!r} cannot be loaded: {first}; give the name or folder of a sentence-transformers "
            "CrossEncoder, 'none' for none, or leave the setting out for the default"
        ) from cause
    return model
