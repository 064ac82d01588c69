"""What every test may build on: the real encoder, and the seed reports indexed for real."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.background import Held
from tests.support.handing import HandedOn, left

# Nothing in a test looks for a model hub or reports to anybody; set before the libraries are imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
if "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker has a core of its own: more threads than cores only wait for one another.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from index.embedding.encoder import Encoder, open_encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from rag.engine import QueryEngine

SEEDS = Path(__file__).parent.parent / "seeds"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The bundled encoder."""
    return open_encoder()


@pytest.fixture
def held(encoder: Encoder) -> Iterator[Held]:
    """The same, which waits before it embeds passages, once it is told to."""
    held = Held(encoder)
    yield held
    held.go_on.set()


@pytest.fixture(scope="session")
def loading() -> Iterator[Isolated]:
    """The process that reads files, shared: starting it takes longer than what it reads here."""
    with Isolated() as reader:
        yield reader


@pytest.fixture(scope="session")
def reading_processes() -> Iterator[None]:
    """What ends the processes that are handed on."""
    yield
    while left:
        left.pop().end()


@pytest.fixture
def handed_on(reading_processes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads files here does so in a process that another test has left, if there is one."""
    del reading_processes
    for place in ("index.ingest.synchronize.Isolated", "ui.app.Isolated", "index.workers.writer.Isolated"):
        monkeypatch.setattr(place, HandedOn)


@pytest.fixture(scope="session")
def seed_index(
    encoder: Encoder, loading: Isolated, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    """The reports of ``seeds/``, indexed. Shared: a test must not write to it."""
    with Library.open(tmp_path_factory.mktemp("home"), encoder) as index:
        sync(index, [SEEDS], reader=loading)
        yield index


@pytest.fixture(scope="session")
def seed_engine(seed_index: Library) -> QueryEngine:
    """Answers over ``seeds/``."""
    return QueryEngine(seed_index)


@pytest.fixture
def index(encoder: Encoder, tmp_path: Path) -> Iterator[Library]:
    """An empty library."""
    with Library.open(tmp_path / "home", encoder) as opened:
        yield opened


@pytest.fixture
def library(
    encoder: Encoder, loading: Isolated, tmp_path: Path
) -> Iterator[Callable[[Mapping[str, str]], QueryEngine]]:
    """Makes a library of the given files, name by content, and returns its engine."""
    opened: list[Library] = []

    def make(files: Mapping[str, str]) -> QueryEngine:
        folder = tmp_path / f"reports-{len(opened)}"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
        index = Library.open(tmp_path / f"home-{len(opened)}", encoder)
        opened.append(index)
        sync(index, [folder], reader=loading)
        return QueryEngine(index)

    yield make
    for index in opened:
        index.close()


@pytest.fixture(scope="session")
def evaluation_data() -> Path:
    """The evaluation sets, which are not part of the project; a test that needs them skips without."""
    folder = Path(
        os.environ.get("FOOTNOTED_EVAL_DATA", Path(__file__).parent.parent.parent / "shared" / "data")
    )
    if not folder.is_dir():
        pytest.skip(f"no evaluation data in {folder}; set FOOTNOTED_EVAL_DATA to the folder that has it")
    return folder
