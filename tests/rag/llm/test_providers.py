"""Settings open a model of the right package, with its limits, and without retries of its own."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import llama_index.llms
import pytest

from benchmarks.writing import smollm2
from rag.errors import ModelError, ModelSetupError
from rag.llm import LanguageModel, ModelLimits, ModelSettings, Prices, open_model
from rag.llm.messages import Message, tokens
from rag.llm.providers import LlamaServer, OpenResponses
from rag.writing.reply_parser import Statement, parse_reply
from tests.support.children import is_gone
from tests.support.model_server import model_server
from tests.support.processes import run_script

LIMITS = ModelLimits(context_tokens=8192, reply_tokens=300, seconds=12.0)
A_PACKAGE = '''
from typing import Any
from llama_index.core.llms import LLM, CustomLLM, CompletionResponse, LLMMetadata


class {other}(CustomLLM):
    """Sorts before the wanted class."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        raise NotImplementedError

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        raise NotImplementedError


class {name}({other}):
    model: str
    api_key: str = ""
    api_base: str = ""
    max_tokens: int = 256
    request_timeout: float = 10.0
    max_retries: int = 5

    def __init__(self, **given: Any) -> None:
        if given["model"] == "refused":
            raise RuntimeError("there is no such model for the key " + given["api_key"])
        super().__init__(**given)
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A llama-index package of a provider that settings name by its package."""
    folder = tmp_path / "llama_index" / "llms" / "far_ai"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(A_PACKAGE.format(name="FarAI", other="AnotherLLM"), encoding="utf-8")
    paths = [*llama_index.llms.__path__, str(folder.parent)]
    monkeypatch.setattr(llama_index.llms, "__path__", paths)
    monkeypatch.delitem(sys.modules, "llama_index.llms.far_ai", raising=False)
    return "far-ai"


def llm_of(model: LanguageModel) -> Any:  # noqa: ANN401 (each package's own)
    return model.llm


def opened(provider: str, **given: Any) -> LanguageModel:  # noqa: ANN401
    return open_model(ModelSettings(provider, given.pop("model", "small"), limits=LIMITS, **given))


def error_of(provider: str, **given: Any) -> str:  # noqa: ANN401
    with pytest.raises(ModelSetupError) as caught:
        opened(provider, **given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def trusts_environment(model: LanguageModel) -> bool:
    return bool(llm_of(model)._http_client.trust_env)


def test_an_openai_server_gets_all_limits_and_no_retries() -> None:
    model = opened("openai", address="http://127.0.0.1:8080/v1", prices=Prices(1.0, 2.0))
    llm = llm_of(model)
    assert (model.name, model.limits, model.prices) == ("small", LIMITS, Prices(1.0, 2.0))
    assert (llm.model, llm.api_base, llm.api_key) == ("small", "http://127.0.0.1:8080/v1", "none")
    assert (llm.context_window, llm.max_tokens, llm.timeout, llm.max_retries) == (8192, 300, 12.0, 0)
    assert (llm.is_chat_model, llm.temperature) == (True, 0.0)
    assert llm.additional_kwargs == {"stream_options": {"include_usage": True}}
    assert llm._http_client.timeout.read == 12.0
    model.close()
    assert llm._http_client.is_closed
    far = opened("openai", key="sk-1")
    assert (llm_of(far).api_base, llm_of(far).api_key) == ("https://api.openai.com/v1", "sk-1")
    assert trusts_environment(far)
    assert "sk-secret" not in repr(ModelSettings("openai", "small", key="sk-secret"))


@pytest.mark.parametrize(
    ("address", "trusts"),
    [
        ("http://127.0.0.1:8080/v1", False),
        ("http://localhost:8080/v1", False),
        ("http://[::1]:8080/v1", False),
        ("http://0.0.0.0:8080/v1", False),
        ("http://127.1.2.3/v1", False),
        ("http://models.localhost/v1", False),
        ("http://10.0.0.7:8080/v1", True),
        ("https://localhost.example.org/v1", True),
    ],
)
def test_requests_to_this_machine_bypass_a_proxy_from_the_environment(address: str, trusts: bool) -> None:
    assert trusts_environment(opened("openai", address=address)) is trusts


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8080", "ftp://host/v1", "http://", "http://[::1", "http://host:99999/v1"]
)
def test_an_invalid_address_is_named(address: str) -> None:
    assert error_of("openai", address=address) == (
        f"the language model's address is {address!r}; it must be a URL, such as http://127.0.0.1:8080/v1"
    )


def test_a_remote_llama_server_gets_a_grammar() -> None:
    model = opened("llamacpp", address="http://127.0.0.1:8080/v1")
    kept = model.constrain(["1.1", "2.1"])
    assert list(kept) == ["extra_body"]
    assert 'number ::= "1.1" | "2.1"\n' in kept["extra_body"]["grammar"]
    assert model.name == "small"


def test_a_provider_whose_package_is_missing_names_the_command_that_installs_it() -> None:
    assert error_of("no-such-house") == (
        "the provider 'no-such-house' needs a package that is not installed "
        "(llama_index.llms.no_such_house); install it with: pip install llama-index-llms-no-such-house"
    )


def test_another_package_s_class_gets_the_arguments_that_it_knows(package: str) -> None:
    model = opened(package, key="k1", address="https://far.example/api", prices=Prices(1, 1))
    llm = llm_of(model)
    assert type(llm).__name__ == "FarAI"
    assert (llm.model, llm.api_key, llm.api_base) == ("small", "k1", "https://far.example/api")
    assert (llm.max_tokens, llm.request_timeout, llm.max_retries) == (300, 12.0, 0)
    assert (model.name, model.prices) == ("small", Prices(1, 1))


def test_an_error_of_another_package_is_one_line_without_the_key(package: str) -> None:
    assert error_of(package, model="refused", key="sk-secret") == (
        "the language model 'refused' of 'far-ai' cannot be opened: there is no such model for the key …"
    )


def test_ollama_gets_the_schema_and_no_proxy() -> None:
    pytest.importorskip("llama_index.llms.ollama")
    model = opened("ollama", model="small:1b")
    llm = llm_of(model)
    assert (llm.model, llm.base_url, llm.request_timeout) == ("small:1b", "http://127.0.0.1:11434", 12.0)
    assert (llm.context_window, llm.additional_kwargs) == (8192, {"num_predict": 300})
    assert llm.client._client.trust_env is False
    assert model.constrain(["1.1"])["format"]["required"] == ["sentences"]


def test_anthropic_gets_its_limits_and_no_retries() -> None:
    pytest.importorskip("llama_index.llms.anthropic")
    llm = llm_of(opened("anthropic", model="claude-sonnet-4-0", key="k1"))
    assert (llm.model, llm.max_tokens, llm.max_retries) == ("claude-sonnet-4-0", 300, 0)
    assert llm._client.timeout == 12.0


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "169.254.0.1:8080", "169.254.43518", "2852039166", "0xa9fea9fe", "[fe80::1]",
        "[fe80::a9fe:a9fe%25lo]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("provider", ["openai", "llamacpp", "far-ai"])
def test_a_link_local_address_is_refused_in_every_spelling(package: str, provider: str, host: str) -> None:
    del package
    address = f"http://{host}/v1"
    with pytest.raises(ModelSetupError, match=r"which leads to the link-local network") as caught:
        open_model(ModelSettings(provider, "small", address))
    assert str(caught.value).startswith(f"the language model's address is {address!r}, which leads to ")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.8", "[::1]", "[fd00::8]", "169.253.0.1"])
def test_another_private_address_is_used(host: str) -> None:
    open_model(ModelSettings("openai", "small", f"http://{host}/v1")).close()


def test_a_name_is_checked_at_the_opening_and_at_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name may lead elsewhere later (DNS rebinding). The name server is not ours, so it is stood in for."""
    told = ["169.254.169.254"]
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *given: Any, **named: Any) -> list[Any]:  # noqa: ANN401 (as given)
        return [
            found
            for address in (told if host == "models.example" else [host])
            for found in real(address, port, *given, **named)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with model_server() as far:
        address = far.address.replace("127.0.0.1", "models.example")
        with pytest.raises(ModelSetupError, match="link-local"):
            open_model(ModelSettings("openai", "small", address))
        told[:] = ["127.0.0.1"]
        model = open_model(ModelSettings("openai", "small", address, limits=ModelLimits(attempts=1)))
        assert model.try_out().usage.completion_tokens > 0
        # The first connection is kept open, so that another client has to connect.
        other = open_model(ModelSettings("openai", "small", address, limits=ModelLimits(attempts=1)))
        for wrong in (["169.254.169.254"], ["127.0.0.1", "fe80::1"]):
            told[:] = wrong
            with pytest.raises(ModelError, match="its server could not be reached") as caught:
                other.try_out()
            causes = [caught.value.__cause__]
            while (cause := causes[-1]) is not None:
                causes.append(cause.__cause__)
            assert "models.example leads to the link-local network, which is refused" in map(str, causes)
        assert len(far.keys) == 2  # A test asks for two replies.
        model.close()
        other.close()


class Response(httpx.Response):
    """A response that counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_a_thread_closes_its_own_response_once() -> None:
    responses, mine, its = OpenResponses(), Response(), Response()
    responses.note(mine)

    def note_and_close() -> None:
        responses.note(its)
        responses.close()

    other = Thread(target=note_and_close)
    other.start()
    other.join()
    assert (mine.closed, its.closed) == (0, 1)
    responses.close()
    responses.close()
    assert (mine.closed, its.closed) == (1, 1)
    OpenResponses().close()


NUMBERS = ("1.1", "1.2", "2.1")
ASKED = (
    Message("system", "Answer from the numbered sentences."),
    Message("user", "[1.1] The dam broke on Monday.\n[1.2] It was old.\n\nQuestion: When did it break?"),
)


@pytest.fixture(scope="module")
def weights() -> Path:
    """A model file with 135 million parameters."""
    return smollm2()


@pytest.fixture(scope="module")
def server(weights: Path) -> Iterator[LlamaServer]:
    """A server with one thread, because other tests use the other cores."""
    opened = LlamaServer(weights, 1024, threads=1)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def model(server: LlamaServer) -> Iterator[LanguageModel]:
    limits = ModelLimits(context_tokens=1024, reply_tokens=48, seconds=60.0, attempts=1)
    opened = open_model(ModelSettings("llamacpp", "small", f"{server.address}/v1", limits=limits))
    yield opened
    opened.close()


def test_a_local_model_has_the_name_of_its_file_and_stops_when_closed(weights: Path) -> None:
    opened = open_model(ModelSettings("llamacpp", str(weights), limits=ModelLimits(512, 8, 60.0, 1)))
    assert opened.name == weights.stem == "SmolLM2-135M-Instruct.Q4_1"
    opened.close()
    with pytest.raises(ModelError):
        list(opened.write([Message("user", "One.")]))
    LlamaServer(weights, 512, threads=1).close()


@pytest.mark.slow
def test_a_grammar_restricts_the_reply_to_the_given_numbers(model: LanguageModel) -> None:
    writing = model.write(ASKED, NUMBERS)
    pieces = list(writing)
    assert len(pieces) > 1, "it is streamed"
    reply = "".join(pieces)
    assert reply.startswith("[") or reply == "NO ANSWER"
    found = list(parse_reply(pieces, "en", lambda: writing.is_cut))
    cited = [each.sentence_numbers for each in found if isinstance(each, Statement)]
    assert len(cited) == len(found)
    assert all(set(numbers) <= set(NUMBERS) and numbers for numbers in cited)
    assert 30 < writing.usage.prompt_tokens < 120
    assert 0 < writing.usage.completion_tokens <= 48


@pytest.mark.slow
def test_a_reply_at_its_length_limit_is_marked_as_cut(model: LanguageModel) -> None:
    writing = model.write([Message("user", "Count from one to a thousand, in words.")])
    list(writing)
    assert writing.is_cut
    assert writing.usage.completion_tokens == 48


@pytest.mark.slow
def test_a_prompt_beyond_the_context_is_an_error(model: LanguageModel) -> None:
    with pytest.raises(ModelError, match="its server refused the request") as caught:
        list(model.write([Message("user", "dam " * 4000)]))
    assert caught.value.kind == "error"
    assert "context" in caught.value.detail


@pytest.mark.slow
def test_the_token_estimate_is_not_too_low_for_prose_and_tables(server: LlamaServer) -> None:
    address = server.address
    prose = "More than a thousand suspects were arrested within three days, Hun Manet said on Monday."
    table = "Quell Delta | 4,980 | 3,250 | −1,730\n" * 8
    for text in (prose, table, prose + table):
        told = httpx.post(f"{address}/tokenize", json={"content": text}, timeout=30, trust_env=False).json()
        assert len(told["tokens"]) <= tokens(text)


@pytest.mark.slow
def test_a_server_that_writes_is_closed_at_once_with_its_port_and_twice(weights: Path) -> None:
    server = LlamaServer(weights, 2048, threads=1)
    limits = ModelLimits(context_tokens=2048, reply_tokens=2000, seconds=60.0, attempts=3)
    model = open_model(ModelSettings("llamacpp", "small", f"{server.address}/v1", limits=limits))
    pieces = iter(model.write([Message("user", "Count from one to a thousand, in words.")]))
    assert next(pieces)
    parts = urlsplit(server.address)
    assert parts.hostname == "127.0.0.1"
    server.close()
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, int(parts.port or 0)), timeout=5)
    with pytest.raises(ModelError) as broken:
        list(pieces)
    assert broken.value.kind == "error"
    model.close()


@pytest.mark.slow
def test_the_server_ends_with_the_process_that_started_it(weights: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom rag.llm.providers import LlamaServer\n"
        "server = LlamaServer(Path(sys.argv[1]), 512, 1)\nprint(server.pid, flush=True)\nos._exit(9)"
    )
    done = run_script(script, weights)
    assert done.returncode == 9
    assert is_gone(int(done.stdout))


def test_a_missing_or_invalid_model_file_is_named(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    missing, garbage = tmp_path / "none.gguf", tmp_path / "garbage.gguf"
    garbage.write_bytes(b"GGUF" + bytes(range(256)) * 8)
    with pytest.raises(ModelSetupError) as caught:
        open_model(ModelSettings("llamacpp", str(missing)))
    assert (
        str(caught.value) == f"the model file {str(missing)!r} does not exist; give the path of a GGUF file"
    )
    with pytest.raises(ModelSetupError) as caught:
        open_model(ModelSettings("llamacpp", str(garbage)))
    assert str(caught.value).startswith(f"{str(garbage)!r} cannot be loaded by llama.cpp (")
    assert str(caught.value).endswith("); give a complete GGUF file")
    assert "\n" not in str(caught.value)
