"""A temporary index is made once for its content and configuration; opening it again embeds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from index.documents import Document
from index.embedding.encoder import Encoder
from index.library import Library
from rag.evaluation.datasets import Configuration, open_temporary
from tests.support.reports import Watched, paths

DOCUMENTS = {
    "d1": Document("The dam of Varda broke. Nobody was warned.", "Dam", "text", "en"),
    "d2": Document("Shoes are made in Orrin.", "Shoes", "text", "en"),
}
DEFAULT = Configuration()


@pytest.fixture
def watched(encoder: Encoder) -> Watched:
    return Watched(encoder)


def opened(
    watched: Watched,
    folder: Path,
    configuration: Configuration = DEFAULT,
    documents: Mapping[str, Document] = DOCUMENTS,
) -> list[str]:
    """The texts that opening the index embeds; the index then finds the documents."""
    watched.embedded.clear()
    with open_temporary(documents, configuration, watched, folder) as index:
        assert paths(index) == sorted(documents)
        assert index.search("Where are shoes made?", 1)[0].document.path == "d2"
    return list(watched.embedded)


def test_a_second_opening_embeds_nothing(watched: Watched, tmp_path: Path) -> None:
    assert opened(watched, tmp_path) == [
        "Dam\nThe dam of Varda broke. Nobody was warned.",
        "Shoes\nShoes are made in Orrin.",
    ]
    assert opened(watched, tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 1


def test_the_configuration_decides_which_passages_are_embedded(watched: Watched, tmp_path: Path) -> None:
    assert opened(watched, tmp_path, Configuration(max_chunk_tokens=8))[:2] == [
        "Dam\nThe dam of Varda broke.",
        "Dam\nNobody was warned.",
    ]
    assert opened(watched, tmp_path, Configuration(title_tokens=0))[1] == "Shoes are made in Orrin."


def test_a_change_to_anything_that_passages_depend_on_makes_a_new_index(
    watched: Watched, encoder: Encoder, tmp_path: Path
) -> None:
    other = DOCUMENTS | {"d1": replace(DOCUMENTS["d1"], text="The dam held.")}
    untitled = DOCUMENTS | {"d1": replace(DOCUMENTS["d1"], title="Varda")}
    opened(watched, tmp_path)
    opened(watched, tmp_path, Configuration(max_chunk_tokens=6))
    opened(watched, tmp_path, Configuration(title_tokens=0))
    opened(watched, tmp_path, documents=other)
    opened(watched, tmp_path, documents=untitled)
    opened(Watched(encoder, "another encoder"), tmp_path)
    assert len(list(tmp_path.iterdir())) == 6
    opened(watched, tmp_path, Configuration("reads more", limits=replace(DEFAULT.limits, read_hits=30)))
    assert len(list(tmp_path.iterdir())) == 6, "what is done at question time changes no passage"


def test_an_interrupted_run_resumes(watched: Watched, tmp_path: Path) -> None:
    many = {f"d{number}": Document(f"Gate {number} failed.", "Gates", "text", "en") for number in range(300)}
    many["d2"] = DOCUMENTS["d2"]

    def power_cut(_stage: str, done: int, _of: int) -> None:
        if done == 256:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_temporary(many, DEFAULT, watched, tmp_path, power_cut)
    assert len(opened(watched, tmp_path, documents=many)) == 44


def test_embedding_is_reported(watched: Watched, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    index: Library
    with open_temporary(DOCUMENTS, DEFAULT, watched, tmp_path, lambda *stage: told.append(stage)) as index:
        assert index.generation == 1
    assert told == [("embedding", 1, 2), ("embedding", 2, 2)]
