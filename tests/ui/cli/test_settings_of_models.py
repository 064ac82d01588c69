"""The settings of the language model; no message shows its key."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from index.library import Library
from rag.errors import ModelSetupError
from rag.finding.reading import bundled_reader
from rag.llm import ModelLimits, ModelSettings, Prices
from ui.errors import SettingsError
from ui.opening import open_engine
from ui.settings import PREFIX, Settings, load_settings, needed

KEY = "sk-hunter2"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def in_file(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "footnoted.toml").write_text(text, encoding="utf-8")
    return load_settings(home=tmp_path)


def error_in(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        in_file(tmp_path, text)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def test_without_a_provider_answers_are_quoted(seed_index: Library) -> None:
    settings = load_settings()
    assert settings.language_model() is None
    with open_engine(settings, seed_index) as engine:
        assert engine.writer is None


@pytest.mark.slow
def test_the_reader_is_named_by_its_folder(
    tmp_path: Path, seed_index: Library, cross_encoder_folder: Path
) -> None:
    with open_engine(in_file(tmp_path, f'reader = "{cross_encoder_folder}"'), seed_index) as engine:
        assert engine.reader.key == str(cross_encoder_folder)
    with open_engine(in_file(tmp_path, ""), seed_index) as engine:
        assert engine.reader is bundled_reader()


def test_a_file_names_the_model_its_server_and_its_limits(tmp_path: Path) -> None:
    settings = in_file(
        tmp_path,
        'llm = "openai"\nllm_model = "small"\nllm_address = "http://127.0.0.1:8080/v1"\n'
        f'llm_key = "{KEY}"\nllm_context = 8192\nllm_reply = 300\nllm_timeout = 12.5\n'
        'llm_prices = [0.15, 0.6]\nunsupported = "strike"',
    )
    assert settings.language_model() == ModelSettings(
        "openai",
        "small",
        "http://127.0.0.1:8080/v1",
        KEY,
        ModelLimits(context_tokens=8192, reply_tokens=300, seconds=12.5),
        Prices(0.15, 0.6),
    )
    assert settings.unsupported == "strike"
    assert KEY not in repr(settings) + repr(settings.language_model())


def test_prices_are_separated_by_a_comma_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTED_LLM_PRICES", "0.15, 0.6")
    assert load_settings().llm_prices == (0.15, 0.6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("llm", "Open AI"),
        ("llm_address", "127.0.0.1:8080"),
        ("llm_address", "ftp://host"),
        ("llm_context", "1023"),
        ("llm_reply", "31"),
        ("llm_timeout", "0"),
        ("llm_timeout", "3601"),
        ("llm_timeout", "inf"),
        ("llm_certain", "1.5"),
        ("unsupported", "hide"),
    ],
)
def test_what_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"FOOTNOTED_{name.upper()}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == (
        f"the setting {name} (FOOTNOTED_{name.upper()}) is {value!r}; it must be {needed(name)}"
    )


@pytest.mark.parametrize("value", ["1", "1,2,3", "a,b", "-1,2", "[1,", "1,inf"])
def test_what_are_no_prices_is_said_in_words(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FOOTNOTED_LLM_PRICES", value)
    with pytest.raises(
        SettingsError, match=r"; it must be two numbers, of a million tokens sent and a million"
    ):
        load_settings()


def test_a_provider_without_a_model_is_told_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        in_file(tmp_path, 'llm = "openai"').language_model()
    assert str(caught.value) == (
        "the setting llm is 'openai', and llm_model is not set; it must be the name of a language model, "
        "or the path of a GGUF file"
    )


def test_a_reply_takes_at_most_half_of_the_context(tmp_path: Path) -> None:
    settings = in_file(tmp_path, 'llm = "openai"\nllm_model = "a"\nllm_context = 1024\nllm_reply = 513')
    with pytest.raises(
        SettingsError, match=r"^the setting llm_reply is 513; it must be at most half of llm_context, 512$"
    ):
        settings.language_model()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'llm_keys = "{KEY}"', "unknown setting llm_keys; did you mean llm_key?"),
        (f'api_key = "{KEY}"', "unknown setting api_key; "),
        (f'pasword = "{KEY}"', "unknown setting pasword; did you mean passwords?"),
        (f'[openai]\nkey = "{KEY}"\nmodel = "a"', "unknown setting openai = {'key': '…', 'model': 'a'}; "),
        (f'[llm]\nkey = "{KEY}"', "the setting llm (FOOTNOTED_LLM) is \"{'key': '…'}\"; "),
        (f'llm_key = ["{KEY}"]', "the setting llm_key (FOOTNOTED_LLM_KEY) cannot be used; "),
    ],
)
def test_a_key_stands_in_no_message_even_under_a_wrong_name(tmp_path: Path, text: str, message: str) -> None:
    assert message in error_in(tmp_path, text)


def test_the_model_that_settings_name_is_open_while_the_engine_is(
    seed_index: Library, tmp_path: Path
) -> None:
    settings = in_file(
        tmp_path,
        'llm = "openai"\nllm_model = "small"\nllm_address = "http://127.0.0.1:1/v1"\nllm_timeout = 5\n'
        'unsupported = "strike"',
    )
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
    settings = in_file(tmp_path, 'llm = "llamacpp"\nllm_model = "/nowhere/model.gguf"')
    with (
        pytest.raises(
            ModelSetupError, match=r"^the model file '/nowhere/model\.gguf' does not exist; give the path"
        ),
        open_engine(settings, seed_index),
    ):
        pass
