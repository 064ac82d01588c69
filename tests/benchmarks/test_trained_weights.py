"""Each file of trained weights names its script, its data and their licences."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from safetensors import safe_open

FINDING = Path(str(files("rag.finding")))


@pytest.mark.parametrize(
    ("file", "script"),
    [("reader/reader.safetensors", "train_reader"), ("reranking/reranker.safetensors", "train_reranker")],
)
def test_the_file_names_its_script_data_and_licences(file: str, script: str) -> None:
    with safe_open(FINDING / file, "pt") as stored:
        metadata = stored.metadata()
    assert metadata["made_by"] == f"benchmarks/{script}.py"
    licences = [part.partition(")")[0] for part in metadata["data"].split("(")[1:]]
    assert licences == ["CC BY-SA 4.0", "CC BY-SA 3.0", "Apache-2.0", "CC BY 4.0"]
