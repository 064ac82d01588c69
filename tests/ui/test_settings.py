"""Settings come from the command line, the environment and a file, in that order; no message shows a key."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

import pytest

from index.loaders import LoadingLimits, Options
from rag.llm import ModelLimits, ModelSettings, Prices
from tests.support.scans import needs_tesseract
from ui.errors import SettingsError
from ui.settings import PREFIX, Settings, default_home, home_id, load_settings, needed

IN_A_FILE = (
    "allowed_hosts, allowed_origins, database_url, host, index, insecure, judge, judge_thresholds, "
    "keep_answers, keep_audit, "
    "keep_feedback, limit_address, limit_questions, limit_requests, limit_storage, limit_uploads, llm, "
    "llm_address, llm_context, llm_folder, llm_key, llm_model, llm_plan, llm_prices, "
    "llm_reply, llm_timeout, log_format, log_level, log_texts, "
    "max_expansion, max_megabytes, max_memory_megabytes, max_pages, max_seconds, max_text_megabytes, "
    "max_unpacked_megabytes, model, ocr, ocr_languages, openid_claim, openid_client, openid_issuer, "
    "openid_name, openid_passwords, openid_secret, openid_users, otlp_endpoint, passwords, port, "
    "reader, sign_in, trusted_proxies, unsupported, uploads, url_hosts, url_http, url_loopback"
)


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_defaults_listen_on_this_machine_only_and_keep_the_library_in_the_users_data_folder() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.model) == ("127.0.0.1", 7860, None)
    assert settings.home == default_home().resolve()
    assert settings.home.name == "footnoted"


def test_each_source_gives_way_to_the_one_above_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "library"
    monkeypatch.setenv("FOOTNOTED_HOME", str(home))
    assert load_settings().port == 7860
    write(home / "footnoted.toml", 'port = 1001\nhost = "::1"')
    assert load_settings().port == 1001
    monkeypatch.setenv("FOOTNOTED_PORT", "1002")
    assert load_settings().port == 1002
    assert load_settings(port=1003).port == 1003
    assert load_settings(port=None).port == 1002, "an option that was not given covers nothing"
    assert load_settings(port=1003).host == "::1", "what only the file says stands"


def test_a_home_of_the_command_line_brings_its_own_file(tmp_path: Path) -> None:
    write(tmp_path / "a" / "footnoted.toml", "port = 1001")
    write(tmp_path / "b" / "footnoted.toml", "port = 1002")
    assert load_settings(home=tmp_path / "b").port == 1002


def test_a_named_file_replaces_the_one_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(tmp_path / "library" / "footnoted.toml", "port = 1001")
    named = write(tmp_path / "etc" / "settings.toml", 'home = "../library"\nmodel = "some/model"')
    monkeypatch.setenv("FOOTNOTED_CONFIG", str(named))
    settings = load_settings()
    assert settings.home == tmp_path / "library", "a relative home counts from the file that names it"
    assert (settings.port, settings.model) == (7860, "some/model")


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTED_PORT", "")
    assert load_settings().port == 7860


def test_a_home_may_be_relative_or_start_at_the_users_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings(home="here").home == tmp_path / "here"
    assert load_settings(home="~/there").home == tmp_path / "there"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 8000", "unknown setting prot = 8000; did you mean port?"),
        ('colour = "red"', f"unknown setting colour = 'red'; remove it; known are {IN_A_FILE}"),
        ("[server]\nport = 1", f"unknown setting server = {{'port': 1}}; remove it; known are {IN_A_FILE}"),
        (
            'home = "/elsewhere"',
            "unknown setting home = '/elsewhere'; set FOOTNOTED_HOME in the environment instead",
        ),
        (
            "port = ",
            "cannot be read as TOML (Invalid value (at end of document)); correct it or move it away",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_key_the_value_and_the_remedy(
    tmp_path: Path, text: str, message: str
) -> None:
    file = write(tmp_path / "footnoted.toml", text)
    with pytest.raises(SettingsError) as caught:
        load_settings(home=tmp_path)
    assert str(caught.value).startswith(str(file))
    assert str(caught.value).endswith(message)
    assert "\n" not in str(caught.value)


def test_a_named_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FOOTNOTED_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(
        SettingsError, match=r"FOOTNOTED_CONFIG names '.*none\.toml', which does not exist; correct"
    ):
        load_settings()


def test_by_default_files_are_read_as_the_loaders_do() -> None:
    assert load_settings().loading() == Options()


def test_a_file_of_settings_says_how_files_are_read(tmp_path: Path) -> None:
    write(
        tmp_path / "footnoted.toml",
        "max_megabytes = 1\nmax_text_megabytes = 7\nmax_pages = 2\nmax_expansion = 3\n"
        "max_unpacked_megabytes = 4\n"
        'max_seconds = 0.5\nmax_memory_megabytes = 600\npasswords = ["a, b", " c"]\n'
        'ocr_languages = ["fra", "script/Arabic"]',
    )
    assert load_settings(home=tmp_path).loading() == Options(
        LoadingLimits(
            megabytes=1,
            text_megabytes=7,
            pages=2,
            expansion=3,
            unpacked_megabytes=4,
            seconds=0.5,
            memory_megabytes=600,
        ),
        ("a, b", " c"),
        ocr_languages=("fra", "script/Arabic"),
    )


def test_the_languages_of_pictures_are_separated_by_commas_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FOOTNOTED_OCR_LANGUAGES", "eng, chi_sim,")
    assert load_settings().ocr_languages == ("eng", "chi_sim")


@pytest.mark.parametrize("languages", ["", "eng;fra", "-l"])
def test_what_is_no_language_is_named(languages: str, tmp_path: Path) -> None:
    file = write(tmp_path / "footnoted.toml", f"ocr_languages = {[languages] if languages else []}")
    with pytest.raises(SettingsError, match=r"^the setting ocr_languages \(FOOTNOTED_OCR_LANGUAGES\) is"):
        load_settings(home=file.parent)


def test_pictures_are_not_promised_to_be_read_where_the_program_for_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOOTNOTED_OCR", "true")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SettingsError) as caught:
        load_settings().loading()
    assert str(caught.value) == (
        "the setting ocr cannot be used: the program tesseract is not installed; install it (Debian: "
        "tesseract-ocr), or turn the setting ocr off"
    )


@needs_tesseract
def test_pictures_are_read_where_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTED_OCR", "true")
    assert load_settings().loading() == Options(ocr=True)


@pytest.mark.parametrize(
    ("written", "passwords"),
    [
        ("hunter2", ("hunter2",)),
        ("one, two ,,three", ("one", "two", "three")),
        ('["a, b", " c"]', ("a, b", " c")),
        ("[]", ()),
    ],
)
def test_passwords_in_the_environment_stand_between_commas_or_in_json(
    monkeypatch: pytest.MonkeyPatch, written: str, passwords: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FOOTNOTED_PASSWORDS", written)
    settings = load_settings()
    assert settings.loading().passwords == passwords
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("written", ["[hunter2", '["hunter2", 1]'])
def test_passwords_that_cannot_be_used_are_not_repeated(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("FOOTNOTED_PASSWORDS", written)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == (
        "the setting passwords (FOOTNOTED_PASSWORDS) cannot be used; it must be a list of passwords; "
        "in the environment, separated by commas or written as JSON"
    )
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("name", "values", "needed"),
    [
        ("port", "http -1 65536 1.5", "a whole number from 0 (any free port) to 65535"),
        ("max_megabytes", "0", "a whole number of megabytes from 1"),
        ("max_text_megabytes", "0", "a whole number of megabytes from 1"),
        ("max_pages", "many", "a whole number of pages from 1"),
        ("max_expansion", "1.5", "a whole number of times from 1"),
        ("max_unpacked_megabytes", "-1", "a whole number of megabytes from 1"),
        ("max_seconds", "0 nan 1e9", "a number of seconds above 0, and at most 86,400"),
        ("max_memory_megabytes", "255", "a whole number of megabytes from 256"),
        ("ocr", "maybe", "true or false"),
        ("llm", "Open-AI!", needed("llm")),
        ("llm_address", "127.0.0.1:8080 ftp://host", needed("llm_address")),
        ("llm_context", "1023", needed("llm_context")),
        ("llm_plan", "-1", needed("llm_plan")),
        ("llm_reply", "31", needed("llm_reply")),
        ("llm_timeout", "0 3601 inf", needed("llm_timeout")),
        ("unsupported", "hide", needed("unsupported")),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_it_must_be(
    monkeypatch: pytest.MonkeyPatch, name: str, values: str, needed: str
) -> None:
    for value in values.split():
        monkeypatch.setenv(f"FOOTNOTED_{name.upper()}", value)
        with pytest.raises(SettingsError) as caught:
            load_settings()
        assert str(caught.value) == (
            f"the setting {name} (FOOTNOTED_{name.upper()}) is {value!r}; it must be {needed}"
        )


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "report.md", "words")
    with pytest.raises(SettingsError) as caught:
        load_settings(home=file)
    assert str(caught.value) == f"--home is {str(file)!r}; it must be the path of a folder"


def test_two_ways_to_a_home_have_one_id_and_two_homes_have_two(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "home")
    assert home_id(tmp_path / "link") == home_id(tmp_path / "home") == home_id(Path("home"))
    assert home_id(tmp_path / "other") != home_id(tmp_path / "home")
    assert len(home_id(tmp_path)) == 16


def test_every_setting_has_a_description_and_says_what_its_value_must_be() -> None:
    fields = Settings.model_fields
    assert [name for name, field in fields.items() if not (field.description or "").endswith(".")] == []
    assert [name for name in fields if not needed(name)] == []


def test_the_folder_of_uploads_is_the_same_wherever_a_command_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FOOTNOTED_UPLOADS", "~/files")
    assert load_settings().uploads == tmp_path / "files"
    monkeypatch.setenv("FOOTNOTED_UPLOADS", "files")
    with pytest.raises(SettingsError, match=r"FOOTNOTED_UPLOADS.*must be the absolute path of a folder"):
        load_settings()


@pytest.mark.parametrize("written", ["0.0.0.0/0", "::/0", "*", "proxy.example", "10.0.0.5/8", "10.0.0.0/33"])
def test_trusted_proxies_are_addresses_or_networks_but_not_all(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("FOOTNOTED_TRUSTED_PROXIES", f"10.0.0.0/8,{written}")
    refused = re.escape("setting trusted_proxies (FOOTNOTED_TRUSTED_PROXIES) is") + f".*{re.escape(written)}"
    with pytest.raises(SettingsError, match=refused):
        load_settings()
    monkeypatch.setenv("FOOTNOTED_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::7")
    assert load_settings().trusted_proxies == ("10.0.0.0/8", "2001:db8::7")


# The language model


KEY = "sk-hunter2"


def in_file(tmp_path: Path, text: str) -> Settings:
    write(tmp_path / "footnoted.toml", text)
    return load_settings(home=tmp_path)


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
    with pytest.raises(SettingsError) as caught:
        in_file(tmp_path, text)
    assert message in str(caught.value)
    assert KEY not in "".join(traceback.format_exception(caught.value))
