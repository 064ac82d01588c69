"""A real llama.cpp server with a small model obeys a grammar, counts tokens, and stops when closed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from benchmarks.writing import smollm2
from rag.errors import ModelError, ModelSetupError
from rag.llm import LanguageModel, ModelLimits, ModelSettings, open_model
from rag.llm.messages import Message, tokens
from rag.llm.providers import LlamaServer
from rag.writing.reply_parser import parse_reply
from tests.support.children import is_gone
from tests.support.processes import run_script

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


def test_a_grammar_restricts_the_reply_to_the_given_numbers(model: LanguageModel) -> None:
    writing = model.write(ASKED, NUMBERS)
    pieces = list(writing)
    assert len(pieces) > 1, "it is streamed"
    reply = "".join(pieces)
    assert reply.startswith("[") or reply == "NO ANSWER"
    found = list(parse_reply(pieces, "en", lambda: writing.is_cut))
    assert all(set(draft.sentence_numbers) <= set(NUMBERS) and draft.sentence_numbers for draft in found)


def test_the_server_reports_the_tokens_of_a_reply(model: LanguageModel) -> None:
    writing = model.write(ASKED, NUMBERS)
    list(writing)
    assert 30 < writing.usage.prompt_tokens < 120
    assert 0 < writing.usage.completion_tokens <= 48


def test_a_reply_at_its_length_limit_is_marked_as_cut(model: LanguageModel) -> None:
    writing = model.write([Message("user", "Count from one to a thousand, in words.")])
    list(writing)
    assert writing.is_cut
    assert writing.usage.completion_tokens == 48


def test_a_prompt_beyond_the_context_is_an_error(model: LanguageModel) -> None:
    with pytest.raises(ModelError, match="its server refused the request") as caught:
        list(model.write([Message("user", "dam " * 4000)]))
    assert caught.value.kind == "error"
    assert "context" in caught.value.detail


def test_the_token_estimate_is_not_too_low_for_prose_and_tables(server: LlamaServer) -> None:
    address = server.address
    prose = "More than a thousand suspects were arrested within three days, Hun Manet said on Monday."
    table = "Quell Delta | 4,980 | 3,250 | −1,730\n" * 8
    for text in (prose, table, prose + table):
        told = httpx.post(f"{address}/tokenize", json={"content": text}, timeout=30, trust_env=False).json()
        assert len(told["tokens"]) <= tokens(text)


def test_the_server_may_be_closed_at_once(weights: Path) -> None:
    for _ in range(3):
        LlamaServer(weights, 512, threads=1).close()


def test_a_server_that_writes_is_closed_at_once_and_twice(weights: Path) -> None:
    server = LlamaServer(weights, 2048, threads=1)
    limits = ModelLimits(context_tokens=2048, reply_tokens=2000, seconds=60.0, attempts=3)
    model = open_model(ModelSettings("llamacpp", "small", f"{server.address}/v1", limits=limits))
    pieces = iter(model.write([Message("user", "Count from one to a thousand, in words.")]))
    assert next(pieces)
    server.close()
    server.close()
    with pytest.raises(ModelError) as broken:
        list(pieces)
    assert broken.value.kind == "error"
    model.close()


def test_the_server_ends_with_the_process_that_started_it(weights: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom rag.llm.providers import LlamaServer\n"
        "server = LlamaServer(Path(sys.argv[1]), 512, 1)\nprint(server.pid, flush=True)\nos._exit(9)"
    )
    done = run_script(script, weights)
    assert done.returncode == 9
    assert is_gone(int(done.stdout))


def test_closing_the_server_closes_its_port(weights: Path) -> None:
    server = LlamaServer(weights, 512, threads=1)
    parts = urlsplit(server.address)
    place = (str(parts.hostname), int(parts.port or 0))
    assert parts.hostname == "127.0.0.1"
    with socket.create_connection(place, timeout=5):
        pass
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, timeout=5)


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
