"""The verdicts on the sentences of an answer, and the result of checking a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Verdict = Literal["quoted", "supported", "paraphrased", "unsupported"]
"""How a sentence of an answer relates to the words that it cites.

``quoted``: the sentence repeats the cited words; if a model wrote it, white space and the punctuation at its
ends may differ. This verdict does not say whether the words answer the question. The other verdicts are only
for sentences that a model wrote. ``supported``: the sentence repeats the cited words, apart from endings and
omissions, or a judge finds that they say the same. ``paraphrased``: no check finds a fault, and no judge is
certain; a reader should compare the sentence with its footnote.
``unsupported``: the sentence differs from the cited words in a figure, date, name or denial, or a judge finds
that they do not say the same."""

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
"""The verdicts, from the surest to the worst."""

WRITTEN = VERDICTS[1:]
"""The verdicts of sentences that a model wrote."""

DOUBTFUL: frozenset[Verdict] = frozenset({"paraphrased", "unsupported"})
"""The verdicts of sentences that perhaps say more than the cited words. Readers see a label on them."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of checking a sentence of an answer against all the words that it cites.

    Attributes:
        verdict: the outcome.
        quote_matches: whether the quote, read again from the stored text, is unchanged.
        figures_match: whether the quotes contain every figure, date and amount of the sentence.
        score: how probable it is that the quotes say what the sentence says, from 0 to 1. It is 1 if the
            sentence repeats its quotes, 0 if it has a fault, else the judge's probability, or 0.5 without a
            judge.
        reason: what is wrong or uncertain, in words; else None.
        checks: for each check that applies to the sentence, its name and its score, 0 to 1.
    """

    verdict: Verdict
    quote_matches: bool
    figures_match: bool
    score: float
    reason: str | None = None
    checks: Mapping[str, float] = field(default_factory=dict, hash=False)
