"""Measures the gate, which verifies sentences, on labelled claims; calibrates the thresholds of the judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.answers import WRITTEN, Verification
from rag.errors import DatasetError
from rag.evaluation.datasets import read_json_lines
from rag.evaluation.measures import Sample, auroc, estimate
from rag.evaluation.report import Table
from rag.verification import Evidence, Gate, Thresholds
from rag.verification.vetoes import VETOES

LABELS = ("supported", "unsupported")

PRECISION = 0.9  # the calibration's target: the share of claims called (un)supported that have this label
FEWEST = 5  # a threshold is used only if it calls at least so many claims supported, or unsupported
BOUNDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)

NEVER = 1.01

_CELLS = " | "


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """A claim in another language than its sentences has both in ``language``: ``vi-en``."""

    id: str
    text: str
    evidence: tuple[Evidence, ...]
    label: str
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    claim: LabelledClaim
    found: Verification


@dataclass(frozen=True, slots=True)
class ClaimsMeasured:
    """The verdicts on a file of claims; ``thresholds`` are calibrated on every second one."""

    name: str
    judge: str | None
    checked: tuple[CheckedClaim, ...]
    thresholds: Thresholds | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "claims": self.name,
            "judge": self.judge,
            "thresholds": asdict(self.thresholds) if self.thresholds else None,
            "checked": [
                {"id": each.claim.id, "kind": each.claim.kind, "language": each.claim.language,
                 "label": each.claim.label, **asdict(each.found)}
                for each in self.checked
            ],
        }  # fmt: skip


def read_claims(path: Path) -> tuple[LabelledClaim, ...]:
    """JSON lines with ``claim`` and a list ``evidence``. Raises DatasetError or JsonLinesError."""
    return tuple(_claim(row, f"{path.name}, line {number}") for number, row in read_json_lines(path))


def _claim(row: Mapping[str, Any], location: str) -> LabelledClaim:
    try:
        fields = ("id", "claim", "label", "kind", "language")
        name, text, label, kind, language = (str(row[field]) for field in fields)
        evidence = _evidence([str(sentence) for sentence in row["evidence"]], language.partition("-")[0])
    except (KeyError, TypeError) as error:
        raise DatasetError(
            f"{location}: not a claim ({error!r}); give id, evidence, claim, label, kind and language"
        ) from error
    if label not in LABELS:
        raise DatasetError(f"{location}: the label is {label!r}; it must be {' or '.join(LABELS)}")
    return LabelledClaim(name, text, evidence, label, kind, language)


def _evidence(texts: Sequence[str], language: str) -> tuple[Evidence, ...]:
    """The first row of a table is the context of its other rows."""
    if len(texts) > 1 and all(_CELLS in text for text in texts):
        return tuple(Evidence(text, texts[0], language) for text in texts[1:])
    return tuple(Evidence(text, language=language) for text in texts)


def measure_claims(path: Path, gate: Gate, precision: float = PRECISION) -> ClaimsMeasured:
    """A judge is calibrated on every second claim. Raises as :func:`read_claims`."""
    claims = read_claims(path)
    checked = tuple(CheckedClaim(claim, gate.check(claim.text, claim.evidence)) for claim in claims)
    if gate.judge is None:
        return ClaimsMeasured(path.name, None, checked, None)
    return ClaimsMeasured(path.name, gate.judge.name, checked, calibrate(checked[::2], precision))


def calibrate(checked: Sequence[CheckedClaim], precision: float = PRECISION) -> Thresholds:
    """Return the thresholds that call the most claims supported, and the most unsupported.

    At least the share ``precision`` must be right, and at least ``FEWEST`` called. For the threshold of
    supported claims, those about which a check has a doubt do not count.
    """
    judged = [each for each in checked if "judge" in each.found.checks]
    sure = [each for each in judged if each.found.checks.get("doubts", 1.0)]
    scores = sorted({each.found.checks["judge"] for each in judged})

    def is_precise(called: Sequence[CheckedClaim], label: str) -> bool:
        return len(called) >= FEWEST and _count(called, label) >= precision * len(called)

    above = [
        score for score in scores if is_precise([one for one in sure if _judged(one) >= score], "supported")
    ]
    below = [
        score
        for score in scores
        if is_precise([one for one in judged if _judged(one) < score], "unsupported")
    ]
    supported_from = min(above, default=NEVER)
    return Thresholds(supported_from, min(max(below, default=0.0), supported_from))


def _judged(checked: CheckedClaim) -> float:
    return checked.found.checks["judge"]


def _count(checked: Iterable[CheckedClaim], label: str) -> int:
    return sum(each.claim.label == label for each in checked)


def claim_tables(measured: ClaimsMeasured) -> Iterator[Table]:
    checked = measured.checked
    explanation = f"{measured.name}, {f'judge {measured.judge}' if measured.judge else 'no judge'}."
    groups = {
        "label": [each.claim.label for each in checked],
        "kind": [f"{each.claim.label}: {each.claim.kind}" for each in checked],
        "language": [f"{each.claim.label}: {each.claim.language}" for each in checked],
    }
    for name, group in groups.items():
        counts = Counter(zip(group, (each.found.verdict for each in checked), strict=True))
        rows = [(each, *(str(counts[each, verdict]) for verdict in WRITTEN)) for each in sorted({*group})]
        yield Table(f"Verdicts by {name}", explanation, (name, *WRITTEN), tuple(rows))
    called = [each for each in checked if each.found.verdict == "supported"]
    supported = [each for each in checked if each.claim.label == "supported"]
    right = _count(called, "supported")
    figures = [
        ("rightly called supported, of the claims called so", f"{right} of {len(called)}"),
        ("rightly called supported, of the supported claims", f"{right} of {len(supported)}"),
    ]
    for name in VETOES:
        rejected = sum(each.found.checks.get(name) == 0.0 for each in supported)
        figures.append(
            (f"supported claims that the veto of {name} rejects", f"{rejected} of {len(supported)}")
        )
    judged = [each for each in checked if "judge" in each.found.checks]
    if judged and measured.thresholds:
        are_supported = [each.claim.label == "supported" for each in judged]
        ids = tuple(each.claim.id for each in judged)
        area = estimate(Sample(ids, auroc([_judged(each) for each in judged], are_supported)))
        figures += [("AUROC of the judge", f"{area.value:.3f}" if area else "none")]
        figures += [
            (f"rightly called supported with the threshold {bound}", _right_from(bound, called, judged))
            for bound in BOUNDS
        ]
        figures += [
            (f"calibrated on half of the claims, {name}", f"{value:.3f}")
            for name, value in asdict(measured.thresholds).items()
        ]
    yield Table("Figures", explanation, ("", "claims"), tuple(figures))


def _right_from(bound: float, called: Sequence[CheckedClaim], judged: Sequence[CheckedClaim]) -> str:
    others = [each for each in called if "judge" not in each.found.checks]
    others += [each for each in judged if _judged(each) >= bound and each.found.checks.get("doubts", 1.0)]
    return f"{_count(others, 'supported')} of {len(others)}"
