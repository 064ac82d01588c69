"""How good retrieval and answers are, on any set of questions."""

from rag.evaluation.comparison import Comparison, Difference, compare
from rag.evaluation.configuration import Configuration, ConfigurationError, read_configuration
from rag.evaluation.datasets import Dataset, DatasetError
from rag.evaluation.evaluating import PARTS, Evaluation, Part, evaluate
from rag.evaluation.figures import Figure
from rag.evaluation.layouts import read_dataset

__all__ = [
    "PARTS",
    "Comparison",
    "Configuration",
    "ConfigurationError",
    "Dataset",
    "DatasetError",
    "Difference",
    "Evaluation",
    "Figure",
    "Part",
    "compare",
    "evaluate",
    "read_configuration",
    "read_dataset",
]
