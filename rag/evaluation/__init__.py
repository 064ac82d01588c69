"""Evaluation of retrieval and answers on any set of questions."""

from rag.evaluation.claims import PRECISION, ClaimsMeasured, claim_tables, measure_claims
from rag.evaluation.datasets import DEFAULT, Configuration, Dataset, read_configuration, read_dataset
from rag.evaluation.evaluation import PARTS, Comparison, Evaluation, Part, compare, evaluate
from rag.evaluation.library_set import SET, write_library_set
from rag.evaluation.measures import Estimate
from rag.evaluation.report import (
    COMPARISON,
    REPORT,
    Table,
    tables_of,
    tables_of_comparison,
    write_comparison,
    write_report,
)

__all__ = [
    "COMPARISON",
    "DEFAULT",
    "PARTS",
    "PRECISION",
    "REPORT",
    "SET",
    "ClaimsMeasured",
    "Comparison",
    "Configuration",
    "Dataset",
    "Estimate",
    "Evaluation",
    "Part",
    "Table",
    "claim_tables",
    "compare",
    "evaluate",
    "measure_claims",
    "read_configuration",
    "read_dataset",
    "tables_of",
    "tables_of_comparison",
    "write_comparison",
    "write_library_set",
    "write_report",
]
