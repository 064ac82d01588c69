"""What servers say of their models: names, sizes, contexts; and which servers run on this machine."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from benchmarks.writing import smollm2
from rag.errors import ModelError, ModelSetupError
from rag.llm import LocalServer, ModelSettings, OfferedModel, about, list_models, local_servers, of_file
from rag.llm.discovery import LLAMA_CPP, LM_STUDIO, OLLAMA, SMALL_FILE_BYTES, VLLM, Place
from rag.llm.providers import LlamaServer
from tests.support.model_lists import list_server, ollama_list, openai_list

KEY = "sk-hunter2-of-the-desk"


def test_the_models_that_write_are_listed_by_name_with_their_contexts() -> None:
    names = ("qwen3-8b", "text-embedding-3-small", "Llama-3.2-1B", "whisper-1", "gpt-4o", "bge-m3", "tts-1")
    with list_server({"/v1/models": openai_list(*names, max_model_len=32_768)}) as far:
        assert list_models("openai", f"{far.root}/v1/", KEY) == (
            OfferedModel("gpt-4o", is_small=False, context_tokens=32_768),
            OfferedModel("Llama-3.2-1B", is_small=True, context_tokens=32_768),
            OfferedModel("qwen3-8b", is_small=False, context_tokens=32_768),
        )
        assert far.asked == [("GET", "/v1/models")]
        assert far.headers[0]["authorization"] == f"Bearer {KEY}"
        list_models("openai", f"{far.root}/v1")
        assert "authorization" not in far.headers[1]


def test_the_models_of_ollama_are_listed_with_the_newest_first() -> None:
    sent = ollama_list(qwen3_8b="8.2B", llama3_2="3.2B", tiny_x="494.03M", named_30b="")
    sent["models"].append({"name": "minilm", "details": {"family": "bert", "parameter_size": "23M"}})
    with list_server({"/api/tags": sent}) as far:
        assert [(model.name, model.is_small) for model in list_models("ollama", far.root)] == [
            ("qwen3:8b", False),
            ("llama3:2", True),
            ("tiny:x", True),
            ("named:30b", False),
        ]


def test_anthropic_gets_its_own_headers() -> None:
    with list_server({"/v1/models": openai_list("claude-b", "claude-a")}) as far:
        assert [model.name for model in list_models("anthropic", far.root, KEY)] == ["claude-a", "claude-b"]
        assert (far.headers[0]["x-api-key"], "authorization" in far.headers[0]) == (KEY, False)


@pytest.mark.parametrize(
    ("name", "is_small"),
    [
        ("qwen2.5-coder-1.5b-instruct", True),
        ("smollm2-135M", True),
        ("phi-3.5B", True),
        ("qwen3-4b", False),
        ("qwen3-30b-a3b", False),
        ("gemma-3n-e2b-it", False),
        ("gpt-4o-mini", False),
        ("claude-sonnet-4-5", False),
        ("llama-3.2", False),
    ],
)
def test_a_name_that_states_few_weights_is_that_of_a_small_model(name: str, is_small: bool) -> None:
    with list_server({"/v1/models": openai_list(name)}) as far:
        assert list_models("openai", f"{far.root}/v1")[0].is_small is is_small


@pytest.mark.parametrize(
    ("sent", "key", "reason"),
    [
        (401, None, "it asks for a key"),
        (401, KEY, "it refused the key"),
        (403, KEY, "it refused the key"),
        (404, None, "it has no list of models there"),
        (429, None, "its server has had too many requests"),
        (500, None, "its server failed"),
        ("http://127.0.0.1:1/", None, "it has no list of models there"),
        (b"<html>", None, "what it sent is no list of models"),
        (b"[" * 100_000, None, "what it sent is no list of models"),
        ({"data": "none"}, None, "what it sent is no list of models"),
        (b" " * 8_000_001, None, "its answer is too long or too slow"),
    ],
)
def test_a_server_that_lists_nothing_is_told_without_the_key(
    sent: object, key: str | None, reason: str
) -> None:
    with (
        list_server({"/v1/models": sent}) as far,
        pytest.raises(ModelError) as caught,
    ):
        list_models("openai", f"{far.root}/v1", key)
    assert str(caught.value) == f"the models of {far.root}/v1 cannot be listed: {reason}"
    assert KEY not in str(caught.value) + caught.value.detail


def test_an_address_without_its_version_is_named_as_the_likely_mistake() -> None:
    with list_server({}) as far, pytest.raises(ModelError, match="there; most addresses end with /v1"):
        list_models("openai", far.root)


def test_a_server_that_is_not_there_or_hangs_is_told() -> None:
    with pytest.raises(ModelError, match="its server could not be reached"):
        list_models("openai", "http://127.0.0.1:1/v1", KEY)
    with list_server({"/api/tags": ollama_list()}) as far:
        far.delay = 1.0
        with pytest.raises(ModelError, match="it did not answer in time"):
            list_models("ollama", far.root, seconds=0.2)


def test_no_list_is_asked_of_the_link_local_network() -> None:
    for address in ("http://169.254.169.254/v1", "http://2852039166", "http://[::ffff:a9fe:a9fe]/v1"):
        for provider in ("openai", "ollama", "llamacpp", "anthropic"):
            with pytest.raises(ModelSetupError, match="link-local"):
                list_models(provider, address, KEY)
    with list_server({"/v1/models": "http://169.254.169.254/v1/models"}) as far:
        with pytest.raises(ModelError):
            list_models("openai", f"{far.root}/v1")
        assert len(far.asked) == 1


def test_a_provider_without_a_list_is_told() -> None:
    for provider in ("llamacpp", "mistralai"):
        with pytest.raises(ModelSetupError, match="has no list of models; give the model's name"):
            list_models(provider)


def test_names_that_no_model_has_are_left_out() -> None:
    entries = [{"id": name} for name in ("", "  ", "a\nb", "x" * 201, 7, None, "good")]
    with list_server({"/v1/models": {"data": [*entries, "text"]}}) as far:
        assert list_models("openai", f"{far.root}/v1") == (OfferedModel("good"),)


def test_ollama_says_the_context_and_the_size_of_a_model() -> None:
    shown = {
        "details": {"parameter_size": "1.7B"},
        "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40_960},
    }
    with list_server({"/api/show": shown}) as far:
        known = about(ModelSettings("ollama", "mine", far.root))
        assert (known, far.bodies) == (
            OfferedModel("mine", is_small=True, context_tokens=40_960),
            [{"model": "mine"}],
        )


def test_a_server_says_the_context_of_the_model_that_is_named() -> None:
    listed = openai_list("a-7b", "b-1b", context_length=131_072)
    with list_server({"/v1/models": listed}) as far:
        settings = ModelSettings("openai", "b-1b", f"{far.root}/v1")
        assert about(settings) == OfferedModel("b-1b", is_small=True, context_tokens=131_072)
        unlisted = ModelSettings("openai", "c-2b", f"{far.root}/v1")
        assert about(unlisted) == OfferedModel("c-2b", is_small=True)
    gone = ModelSettings("openai", "b-1b", "http://127.0.0.1:1/v1", KEY)
    assert about(gone, seconds=0.5) == OfferedModel("b-1b", is_small=True)
    assert about(ModelSettings("mistralai", "large")) == OfferedModel("large")


def test_llama_cpp_says_the_context_that_it_was_started_with() -> None:
    meta = {"n_params": 8_200_000_000, "n_ctx_train": 131_072}
    sent = {
        "/v1/models": openai_list("/models/own.gguf", owner="llamacpp", meta=meta),
        "/props": {"default_generation_settings": {"n_ctx": 16_384}},
    }
    with list_server(sent) as far:
        known = about(ModelSettings("llamacpp", "any name", f"{far.root}/v1"))
        assert known == OfferedModel("any name", is_small=False, context_tokens=16_384)
        far.sent = {name: value for name, value in sent.items() if name != "/props"}
        known = about(ModelSettings("llamacpp", "any name", f"{far.root}/v1"))
        assert known.context_tokens == 131_072


@pytest.mark.slow
def test_a_real_llama_cpp_is_found_and_says_its_context() -> None:
    server = LlamaServer(smollm2(), 1024, threads=1)
    try:
        port = int(server.address.rpartition(":")[2])
        (found,) = local_servers([Place(port, LLAMA_CPP)], seconds=10)
        assert (found.name, found.provider, found.models[0].is_small) == (LLAMA_CPP, "llamacpp", True)
        known = about(ModelSettings("llamacpp", found.models[0].name, found.address))
        assert (known.is_small, known.context_tokens) == (True, 1024)
    finally:
        server.close()


def test_servers_on_this_machine_are_found_by_what_they_answer() -> None:
    lists = {
        OLLAMA: {"/api/tags": ollama_list(qwen3_8b="8.2B")},
        LLAMA_CPP: {"/v1/models": openai_list("a.gguf", owner="llamacpp")},
        LM_STUDIO: {"/v1/models": openai_list("b", owner="organization_owner")},
        VLLM: {"/v1/models": openai_list("c", owner="vllm")},
    }
    with (
        list_server(lists[OLLAMA]) as ollama,
        list_server(lists[LLAMA_CPP]) as llama,
        list_server(lists[LM_STUDIO]) as studio,
        list_server(lists[VLLM]) as vllm,
        list_server({"/v1/models": openai_list("footnoted", owner="footnoted")}) as own,
        list_server({"/v1/models": openai_list("d")}) as other,
        list_server({}) as web,
    ):
        far = [*zip((OLLAMA, LLAMA_CPP, LM_STUDIO), (ollama, llama, studio), strict=True)]
        places = [Place(server.port, name) for name, server in far]
        # Another program than the usual one may listen there.
        places += [Place(server.port, LLAMA_CPP) for server in (vllm, own, other, web)]
        places += [Place(1, VLLM)]
        assert local_servers(places, seconds=10) == (
            LocalServer(OLLAMA, "ollama", ollama.root, (OfferedModel("qwen3:8b"),)),
            LocalServer(LLAMA_CPP, "llamacpp", f"{llama.root}/v1", (OfferedModel("a.gguf"),)),
            LocalServer(LM_STUDIO, "openai", f"{studio.root}/v1", (OfferedModel("b"),)),
            LocalServer(VLLM, "openai", f"{vllm.root}/v1", (OfferedModel("c"),)),
            LocalServer("OpenAI-compatible", "openai", f"{other.root}/v1", (OfferedModel("d"),)),
        )


def text(words: str) -> bytes:
    return struct.pack("<Q", len(words)) + words.encode()


def gguf(*pairs: bytes) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)) + b"".join(pairs)


TAGS = text("general.tags") + struct.pack("<IIQ", 9, 8, 2) + text("chat") + text("en")
ALIGNMENT = text("general.alignment") + struct.pack("<II", 4, 32)
SCALE = text("llama.rope.scale") + struct.pack("<If", 6, 1.5)
CONTEXT = text("llama.context_length") + struct.pack("<II", 4, 8192)


@pytest.mark.parametrize(
    ("data", "context"),
    [
        (gguf(TAGS, ALIGNMENT, SCALE, CONTEXT), 8192),
        (gguf(TAGS, ALIGNMENT), None),
        (gguf(CONTEXT)[:-2], None),
        (gguf(text("x") + struct.pack("<I", 99), CONTEXT), None),
        (gguf(struct.pack("<Q", 2**63), CONTEXT), None),
        (gguf(text("x") + struct.pack("<IIQ", 9, 4, 2**60), CONTEXT), None),
        (b"GGUF", None),
        (b"", None),
        (b"PK\3\4", None),
    ],
)
def test_the_head_of_a_file_says_its_context(tmp_path: Path, data: bytes, context: int | None) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(data)
    assert of_file(file) == OfferedModel(str(file), is_small=True, context_tokens=context)
    assert about(ModelSettings("llamacpp", str(file))) == of_file(file)


def test_a_file_is_small_by_its_size(tmp_path: Path) -> None:
    file = tmp_path / "a.gguf"
    with file.open("wb") as sparse:
        sparse.truncate(SMALL_FILE_BYTES)
    assert of_file(file) == OfferedModel(str(file), is_small=False)
    assert of_file(tmp_path / "none.gguf") == OfferedModel(str(tmp_path / "none.gguf"), is_small=False)
    assert of_file(smollm2()).context_tokens == 8192
