"""Plots of the curves of a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.evaluation.abstention import CalibrationBin, RiskPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INCHES = (5.0, 4.0)
_DOTS_AN_INCH = 150
_COLOUR = "#1f5fa8"


def plot_risk_coverage(points: Sequence[RiskPoint], file: Path) -> None:
    """Draw the share of wrong answers over the share of answered questions, as a PNG."""
    picture, axes = _axes("questions that are answered", "answers that are wrong")
    axes.plot([point.coverage for point in points], [point.risk for point in points], color=_COLOUR)
    axes.set_ylim(0, max(0.05, *(point.risk * 1.1 for point in points)))
    axes.set_xlim(0, 1)
    picture.savefig(file, dpi=_DOTS_AN_INCH)


def plot_calibration(bins: Sequence[CalibrationBin], file: Path) -> None:
    """Draw how often the library answers over the predicted answerability, as a PNG."""
    picture, axes = _axes("answerability", "questions that the library answers")
    axes.plot([0, 1], [0, 1], color="#999999", linestyle="--", linewidth=1)
    axes.plot([part.predicted for part in bins], [part.observed for part in bins], marker="o", color=_COLOUR)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    picture.savefig(file, dpi=_DOTS_AN_INCH)


def _axes(across: str, up: str) -> tuple[Figure, Axes]:
    # Without pyplot, matplotlib draws with Agg: no window, no global state.
    from matplotlib.figure import Figure

    picture = Figure(figsize=_INCHES, layout="constrained")
    axes = picture.subplots()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e5e5e5")
    return picture, axes
