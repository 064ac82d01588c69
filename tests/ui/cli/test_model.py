"""The command ``model`` shows, chooses, tests and forgets the language model, also of a running server."""

from __future__ import annotations

import io
import json
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.llm import discovery
from tests.support.commands import fails, prints
from tests.support.model_lists import list_server, ollama_list, openai_list
from tests.support.model_server import KNOWN, ModelServer, citing, model_server
from tests.support.processes import run, serving
from ui.cli.app import main
from ui.stored_model import MODEL_FILE

KEY = "sk-hunter2-of-the-desk"
DENS = "How many scam dens does Amnesty International know of in Cambodia?"


@pytest.fixture
def far() -> Iterator[ModelServer]:
    with model_server(citing(KNOWN, KNOWN)) as server:
        yield server


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    return tmp_path / "key"


def stored(home: Path) -> Any:  # noqa: ANN401 (JSON)
    return json.loads((home / MODEL_FILE).read_text(encoding="utf-8"))


def test_a_model_is_chosen_shown_tested_and_forgotten(
    tmp_path: Path, far: ModelServer, key_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    nothing = {"provider": None, "model": None, "address": None, "has_key": False, "set_by": None}
    assert prints(capfd, "model", "--home", home) == nothing
    assert not home.exists()
    options: list[str | Path] = ["--address", far.address, "--key-file", key_file, "--home", home]
    chosen = prints(capfd, "model", "set", "openai", "small", *options)
    assert chosen == {**nothing, "provider": "openai", "model": "small"} | {
        "address": far.address,
        "has_key": True,
    }
    assert prints(capfd, "model", "--home", home) == chosen
    assert stored(home)["key"] == KEY
    assert stat.S_IMODE((home / MODEL_FILE).stat().st_mode) == 0o600
    trial = prints(capfd, "model", "test", "--home", home)
    assert (trial["prompt_tokens"], trial["completion_tokens"], far.keys) == (
        *(300, 12),
        [f"Bearer {KEY}"] * 2,
    )
    # The server replies the same to everything, at once, and lists nothing.
    told = [trial[name] for name in ("streams", "structured", "context_tokens", "small")]
    assert told == [False, False, None, False]
    assert prints(capfd, "model", "clear", "--home", home) == nothing
    assert not (home / MODEL_FILE).exists()
    records = prints(capfd, "audit", "--home", home)["records"]
    assert [(each["action"], each["target"]) for each in records] == [
        ("model clear", None),
        ("model set", f"{far.address}, openai, small"),
    ]


def test_it_says_in_words_what_writes_the_answers(
    tmp_path: Path, far: ModelServer, key_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def said(*arguments: str | Path) -> str:
        assert main(["model", *map(str, arguments), "--home", str(tmp_path)]) == 0
        return capfd.readouterr().out

    assert said() == (
        "Answers are quoted. Choose a language model with: footnoted model set PROVIDER MODEL\n"
    )
    written = f"Answers are written by small (openai, {far.address}, with a key).\n"
    assert said("set", "openai", "small", "--address", far.address, "--key-file", key_file) == written
    assert said() == written
    first, *others = said("test").splitlines()
    assert first.startswith("The model replied in ")
    assert others == [
        "Its reply arrives all at once, when it is complete.",
        "It did not keep to a prescribed form.",
        "Its server does not say how much it can read at once.",
    ]
    assert said("clear").startswith("Answers are quoted.")


@pytest.mark.slow
def test_the_running_server_uses_the_choice_at_once(own_home: Path, far: ModelServer, key_file: Path) -> None:
    with serving(own_home) as server:
        chosen = run(
            *("model", "set", "openai", "small", "--address", far.address, "--key-file", key_file),
            *("--home", own_home, "--json"),
        )
        assert (chosen.returncode, chosen.stderr) == (0, "")
        assert httpx.get(f"{server.address}/v1/model", timeout=60).json()["name"] == "small"
        answer = httpx.post(f"{server.address}/v1/chat", json={"question": DENS}, timeout=60).json()
        assert (answer["model"], answer["text"]) == ("small", KNOWN)
        refused = run("model", "set", "no-such-house", "a", "--address", far.address, "--home", own_home)
        assert refused.returncode == 2
        assert "the provider 'no-such-house' needs a package that is not installed" in refused.stderr
        assert (stored(own_home)["provider"], stored(own_home)["key"]) == ("openai", KEY)
        assert run("model", "test", "--home", own_home).returncode == 0
        assert run("model", "clear", "--home", own_home).returncode == 0
        assert httpx.get(f"{server.address}/v1/model", timeout=60).json()["name"] is None
        code, _, err = server.stop()
        assert (code, KEY in err) == (0, False)


def test_a_key_is_read_from_standard_input(
    tmp_path: Path, far: ModelServer, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{KEY}\n"))
    options: list[str | Path] = ["--address", far.address, "--key-file", "-", "--home", tmp_path]
    assert prints(capfd, "model", "set", "openai", "small", *options)["has_key"] is True
    assert stored(tmp_path)["key"] == KEY


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["Open AI", "a"],
            (
                "the provider is 'Open AI'; it must be llamacpp, openai, ollama, anthropic, or the name of "
                "another llama-index package"
            ),
        ),
        (
            ["ollama", "a", "--address", "host:1"],
            "the address is 'host:1'; it must be a URL, such as http://127.0.0.1:8080/v1",
        ),
        (
            ["ollama", "a", "--address", f"http://me:{KEY}@host"],
            "the address has a user name or a password; leave them out, and give a key",
        ),
        (
            ["llamacpp", "/nowhere/a.gguf"],
            "the GGUF file '/nowhere/a.gguf' does not exist; give the path of one, or give --address",
        ),
        (
            ["openai", "a", "--key-file", "/nowhere/key"],
            (
                "the file '/nowhere/key' of --key-file cannot be read: No such file or directory; "
                "correct --key-file"
            ),
        ),
        (["anthropic", "a"], "there is no terminal on which to type it; give --key-file"),
    ],
)
def test_what_cannot_be_used_ends_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert fails(capfd, 2, "model", "set", *arguments, "--home", tmp_path) == message
    assert not (tmp_path / MODEL_FILE).exists()


def test_a_model_that_cannot_be_opened_is_not_stored(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "a.gguf"
    broken.write_bytes(b"GGUF")
    line = fails(capfd, 1, "model", "set", "llamacpp", broken, "--home", tmp_path)
    assert "cannot be loaded by llama.cpp" in line
    assert not (tmp_path / MODEL_FILE).exists()


def test_a_model_that_does_not_reply_ends_in_one_line(
    tmp_path: Path, far: ModelServer, key_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    far.refusal = (401, f"the key {KEY} is wrong")
    options: list[str | Path] = ["--address", far.address, "--key-file", key_file, "--home", tmp_path]
    prints(capfd, "model", "set", "openai", "small", *options)
    line = fails(capfd, 1, "model", "test", "--home", tmp_path)
    assert line.startswith(
        "small could not be asked: its server refused the key (AuthenticationError: Error code: 401"
    )
    assert KEY not in line


def test_without_a_model_there_is_nothing_to_test(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    line = fails(capfd, 2, "model", "test", "--home", tmp_path)
    assert line == "no language model is chosen; choose one with: footnoted model set"


def test_a_setting_is_named_and_not_overruled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "footnoted.toml").write_text('llm = "ollama"\nllm_model = "small"\n', encoding="utf-8")
    assert prints(capfd, "model", "--home", tmp_path)["set_by"] == "footnoted.toml"
    monkeypatch.setenv("FOOTNOTED_LLM_MODEL", "larger")
    shown = prints(capfd, "model", "--home", tmp_path)
    assert (shown["model"], shown["set_by"]) == ("larger", "footnoted.toml")
    monkeypatch.setenv("FOOTNOTED_LLM", "none")
    for arguments in (["set", "ollama", "a"], ["clear"]):
        line = fails(capfd, 2, "model", *arguments, "--home", tmp_path)
        assert line == "FOOTNOTED_LLM sets the language model; change or remove it there"


def test_no_stored_key_goes_to_a_server_that_a_setting_names(
    tmp_path: Path, far: ModelServer, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--address", "http://127.0.0.1:1/v1", "--key-file", str(key_file), "--home", str(tmp_path)]
    assert main(["model", "set", "openai", "small", *options]) == 0
    for name, value in (("LLM", "openai"), ("LLM_MODEL", "other"), ("LLM_ADDRESS", far.address)):
        monkeypatch.setenv(f"FOOTNOTED_{name}", value)
    assert main(["model", "test", "--home", str(tmp_path)]) == 0
    assert set(far.keys) == {"Bearer none"}


def test_the_models_of_a_server_and_the_files_are_listed(
    tmp_path: Path, key_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with list_server({"/v1/models": openai_list("qwen3-1.7b", "large", max_model_len=32_768)}) as far:
        address = f"{far.root}/v1"
        there: list[str | Path] = ["--address", address, "--key-file", key_file, "--home", tmp_path]
        large = {"provider": "openai", "model": "large", "address": address}
        large_and_small = [
            {**large, "context_tokens": 32_768, "small": False},
            {**large, "model": "qwen3-1.7b", "context_tokens": 32_768, "small": True},
        ]
        assert prints(capfd, "model", "list", "openai", *there) == {"models": large_and_small}
        assert far.headers[0]["authorization"] == f"Bearer {KEY}"
        assert main(["model", "list", "openai", *map(str, there)]) == 0
        assert capfd.readouterr().out.splitlines() == [
            f"openai large {address} (32,768 tokens)",
            f"openai qwen3-1.7b {address} (32,768 tokens; small: mistakes are more likely)",
        ]
        far.sent = {"/v1/models": 401}
        line = fails(capfd, 1, "model", "list", "openai", *there)
        assert line == f"the models of {address} cannot be listed: it refused the key"
    (tmp_path / "models").mkdir()
    file = tmp_path / "models" / "a.gguf"
    file.write_bytes(b"GGUF")
    own = {"provider": "llamacpp", "model": str(file), "address": None, "context_tokens": None, "small": True}
    assert prints(capfd, "model", "list", "llamacpp", "--home", tmp_path) == {"models": [own]}


def test_what_is_on_this_machine_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with list_server({"/api/tags": ollama_list(qwen3_8b="8.2B")}) as far:
        # Other programs may listen on the usual ports of the machine that runs the tests.
        monkeypatch.setattr(discovery, "PLACES", (discovery.Place(far.port, discovery.OLLAMA),))
        assert main(["model", "list", "--home", str(tmp_path)]) == 0
        assert capfd.readouterr().out.splitlines() == [
            f"ollama qwen3:8b {far.root}",
            "Choose one with: footnoted model set PROVIDER MODEL --address URL",
        ]
        monkeypatch.setattr(discovery, "PLACES", (discovery.Place(1, discovery.OLLAMA),))
        assert prints(capfd, "model", "list", "--home", tmp_path) == {"models": []}
    line = fails(capfd, 2, "model", "list", "--address", "http://127.0.0.1:1/v1", "--home", tmp_path)
    assert line == "--address and --key-file need a provider; give llamacpp, openai or another"
