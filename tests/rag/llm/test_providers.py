"""Settings open a model of the right package, with its limits, and without retries of its own."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import llama_index.llms
import pytest

from rag.errors import ModelError, ModelSetupError
from rag.llm import LanguageModel, ModelLimits, ModelSettings, Prices, open_model
from tests.support.model_server import model_server

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


def test_openai_is_the_default_address() -> None:
    model = opened("openai", key="sk-1")
    assert (llm_of(model).api_base, llm_of(model).api_key) == ("https://api.openai.com/v1", "sk-1")
    assert trusts_environment(model)


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


def test_closing_a_model_closes_its_connections() -> None:
    model = opened("openai")
    model.close()
    assert llm_of(model)._http_client.is_closed


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


def test_the_settings_hide_the_key() -> None:
    assert "sk-secret" not in repr(ModelSettings("openai", "small", key="sk-secret"))


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
        "169.254.169.254",
        "169.254.0.1:8080",
        "169.254.43518",
        "2852039166",
        "0xa9fea9fe",
        "[fe80::1]",
        "[fe80::a9fe:a9fe%25lo]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
    ],
)
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


def test_a_name_is_checked_when_the_model_is_opened_and_again_at_each_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
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
        assert len(far.keys) == 1
        model.close()
        other.close()
