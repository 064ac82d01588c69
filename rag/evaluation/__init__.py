"""Evaluation of retrieval and answers on any set of questions."""

from rag.evaluation.bootstrap import Estimate
from rag.evaluation.claims import PRECISION, ClaimsMeasured, claim_tables, measure_claims
from rag.evaluation.comparison import Comparison, compare
from rag.evaluation.configuration import DEFAULT, Configuration, read_configuration
from rag.evaluation.datasets import Dataset
from rag.evaluation.evaluation import PARTS, Evaluation, Part, evaluate
from rag.evaluation.layouts import read_dataset
from rag.evaluation.library_set import SET, write_library_set
from rag.evaluation.report import COMPARISON, REPORT, write_comparison, write_report
from rag.evaluation.tables import Table, tables_of, tables_of_comparison

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
