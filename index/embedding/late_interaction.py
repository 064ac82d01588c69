"""Late interaction: compares a question with a text token by token, instead of one vector with one vector.

This is the similarity of ColBERT (Khattab and Zaharia, SIGIR 2020) over the token vectors of an encoder that
was not trained for it. It compares a question with a text in another language. The token vectors of a layer
below the last one serve best for that, as in BERTScore (Zhang et al., ICLR 2020).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

DEPTH = 2 / 3
"""The depth of the layer that gives the vectors of tokens, 1 for the last one: layer 8 of 12.

With this layer, the sentence ranked first answers 55 % of Chinese and Vietnamese questions over English
passages; with the last layer, 49 %; without vectors of tokens, 45 %."""

TokenVectors = npt.NDArray[np.float32]
"""Unit vectors of tokens: shape (tokens, hidden size of the model)."""


def late_interaction(question: TokenVectors, text: TokenVectors) -> float:
    """Return the mean, over the question's tokens, of the cosine with the most similar token of the text.

    The result is at most 1; it is 0 if the question or the text has no tokens.
    """
    if not len(question) or not len(text):
        return 0.0
    return float((question @ text.T).max(axis=1).mean())
