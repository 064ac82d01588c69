"""How good retrieval and answers are, on any set of questions."""

from rag.evaluation.comparison import Comparison, Difference, compare
from rag.evaluation.configuration import Configuration, read_configuration
from rag.evaluation.datasets import Dataset
from rag.evaluation.evaluating import PARTS, Evaluation, Part, evaluate
from rag.evaluation.figures import Figure
from rag.evaluation.layouts import read_dataset

__all__ = [
    "PARTS",
    "Comparison",
    "Configuration",
    "Dataset",
    "Difference",
    "Evaluation",
    "Figure",
    "Part",
    "compare",
    "evaluate",
    "read_configuration",
    "read_dataset",
]
