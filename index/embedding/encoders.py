"""The encoders that a library's passages may have been made with."""

from __future__ import annotations

from collections.abc import Callable

from index.embedding.encoder import Encoder
from index.errors import EncoderMismatchError
from index.records import Recipe


class Encoders:
    """The encoder that a library is opened with, and former ones, each opened when it is first asked for."""

    def __init__(self, own: Encoder, former: Callable[[str], Encoder] | None) -> None:
        """Give ``own``, and those that ``former`` opens by their names."""
        self.own = own
        self._former = former
        self._opened: dict[str, Encoder] = {}

    def of(self, recipe: Recipe) -> Encoder:
        """The encoder of ``recipe``; raises EncoderMismatchError if it is not to be had."""
        if recipe.encoder == self.own.key:
            return self.own
        if recipe.encoder not in self._opened and self._former is not None:
            self._opened[recipe.encoder] = self._former(recipe.model)
        encoder = self._opened.get(recipe.encoder)
        if encoder is None or encoder.key != recipe.encoder:
            raise EncoderMismatchError(
                f"the library was indexed with {recipe.encoder}, not with {self.own.key}; set the model "
                "that it was indexed with, or run `footnoted sync` to embed it again with this one"
            )
        return encoder
