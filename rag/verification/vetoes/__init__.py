"""Checks that need no model, only arithmetic and spelling. Each returns what it found, in words, or None.

A veto finds a certain fault: the sentence is ``unsupported``. Only those of :data:`OVERRULED` give way to the
*yes* of a judge. A doubt finds what is not in the quotes, but may follow from them: without a judge, the
sentence is ``paraphrased``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rag.verification.arithmetic import figure_fault, uncertain_figures
from rag.verification.evidence import Evidence, Statement
from rag.verification.vetoes.attribution import attribution_fault, uncertain_attribution
from rag.verification.vetoes.dates import date_fault, uncertain_dates
from rag.verification.vetoes.names import name_fault, subject_fault, uncertain_names
from rag.verification.vetoes.negation import negation_fault, uncertain_negation

Check = Callable[[Statement, Sequence[Evidence]], str | None]

# The first that finds a fault gives the reason.
VETOES: Mapping[str, Check] = {
    "figures": figure_fault, "dates": date_fault, "names": name_fault, "negation": negation_fault,
    "subject": subject_fault, "attribution": attribution_fault,
}  # fmt: skip
OVERRULED = frozenset({"names", "negation", "subject"})
DOUBTS: Mapping[str, Check] = {
    "figures": uncertain_figures, "dates": uncertain_dates, "names": uncertain_names,
    "negation": uncertain_negation,
    "attribution": uncertain_attribution,
}  # fmt: skip
