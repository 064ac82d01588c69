"""Which models a server offers, what it says of one, and which servers of models run on this machine."""

from __future__ import annotations

import json
import re
import struct
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit, urlunsplit

from rag.errors import ModelError, ModelSetupError
from rag.llm.messages import describe, is_timeout, reason_of
from rag.llm.providers import OLLAMA_ADDRESS, ModelSettings, client_for

if TYPE_CHECKING:
    import httpx

LIST_SECONDS = 10.0
LOOK_SECONDS = 0.5  # a server on this machine answers in milliseconds, or is not there

SMALL_BILLIONS = 3.5
SMALL_FILE_BYTES = 2_500_000_000

_MOST_BYTES = 8_000_000  # the longest known list, of a reseller of models, has 1 MB
_MOST_MODELS = 1_000
_MOST_CHARACTERS = 200  # of a name


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """``is_small``: mistakes are likely; ``context_tokens`` is None if its server does not say it."""

    name: str
    is_small: bool = False
    context_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class LocalServer:
    """``name`` is that of its program; ``provider`` and ``address`` are as in ModelSettings."""

    name: str
    provider: str
    address: str
    models: tuple[OfferedModel, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A port of this machine, and the program whose port it is by default."""

    port: int
    name: str


OLLAMA, LLAMA_CPP, LM_STUDIO, VLLM = "Ollama", "llama.cpp", "LM Studio", "vLLM"
PLACES = (Place(11434, OLLAMA), Place(8080, LLAMA_CPP), Place(1234, LM_STUDIO), Place(8000, VLLM))
OTHER_PROGRAM = "OpenAI-compatible"
_PROGRAMS = {"llamacpp": LLAMA_CPP, "vllm": VLLM, "organization_owner": LM_STUDIO, "library": OLLAMA}
_OWN = "footnoted"  # the owner in our own list: a library is no model

DEFAULT_ADDRESSES: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "ollama": OLLAMA_ADDRESS,
    "anthropic": "https://api.anthropic.com",
}


def list_models(
    provider: str, address: str | None = None, key: str | None = None, seconds: float = LIST_SECONDS
) -> tuple[OfferedModel, ...]:
    """The models that can write, without those for embedding, speech or pictures.

    Raises ModelError if the server cannot be asked, and ModelSetupError for a link-local address or a
    provider that has no list. Neither message has the key.
    """
    where = address or DEFAULT_ADDRESSES.get(provider)
    if where is None or provider not in {*DEFAULT_ADDRESSES, "llamacpp"}:
        raise ModelSetupError(f"the provider {provider!r} has no list of models; give the model's name")
    with client_for(where, seconds) as client:
        server = _Server(client, where.rstrip("/"), provider, key, seconds)
        if provider == "ollama":
            return _ollama_models(server)
        return tuple(offered for _, offered in _openai_models(server, provider))


def about(settings: ModelSettings, seconds: float = LIST_SECONDS) -> OfferedModel:
    """What is known of a model without asking it anything; if its server says nothing, what its name says."""
    if _is_file(settings):
        return of_file(Path(settings.model).expanduser())
    unknown = OfferedModel(settings.model, looks_small(settings))
    where = settings.address or DEFAULT_ADDRESSES.get(settings.provider)
    if where is None:
        return unknown
    try:
        with client_for(where, seconds) as client:
            server = _Server(client, where.rstrip("/"), settings.provider, settings.key, seconds)
            if settings.provider == "ollama":
                return _shown_by_ollama(server, settings.model)
            listed = [model for _, model in _openai_models(server, settings.provider)]
            found = next((model for model in listed if model.name == settings.model), unknown)
            if settings.provider == "llamacpp":
                # It serves one model, whatever name it is asked for.
                found = listed[0] if found is unknown and len(listed) == 1 else found
                context = _context_of_llamacpp(server) or found.context_tokens
                return OfferedModel(settings.model, found.is_small, context)
            return found
    except (ModelError, ModelSetupError):
        return unknown


def looks_small(settings: ModelSettings) -> bool:
    """By the size of its file or the size in its name; no server is asked."""
    if _is_file(settings):
        return of_file(Path(settings.model).expanduser()).is_small
    return _is_small(_billions_in(settings.model))


def _is_file(settings: ModelSettings) -> bool:
    return settings.provider == "llamacpp" and not settings.address


def of_file(file: Path) -> OfferedModel:
    """Describe a GGUF file by its size and its head. A file that cannot be read is not small."""
    try:
        is_small = file.stat().st_size < SMALL_FILE_BYTES
        with file.open("rb") as opened:
            return OfferedModel(str(file), is_small, _context_of_gguf(opened))
    except OSError:
        return OfferedModel(str(file))


def local_servers(
    places: Sequence[Place] | None = None, seconds: float = LOOK_SECONDS
) -> tuple[LocalServer, ...]:
    """Ask the usual ports of this machine, side by side and on the loopback interface only."""
    asked = PLACES if places is None else places
    with ThreadPoolExecutor(len(asked)) as threads:
        return tuple(filter(None, threads.map(lambda place: _server_at(place, seconds), asked)))


def _server_at(place: Place, seconds: float) -> LocalServer | None:
    root = f"http://127.0.0.1:{place.port}"
    try:
        if place.name == OLLAMA:
            return LocalServer(OLLAMA, "ollama", root, list_models("ollama", root, None, seconds))
        with client_for(root, seconds) as client:
            listed = _openai_models(_Server(client, f"{root}/v1", "openai", None, seconds), "openai")
    except (ModelError, ModelSetupError):
        return None
    owners = {owner for owner, _ in listed}
    if _OWN in owners:
        return None
    usual = place.name if place.name == LM_STUDIO else OTHER_PROGRAM
    name = next((_PROGRAMS[owner] for owner in owners if owner in _PROGRAMS), usual)
    # A grammar is sent to llama.cpp only: others may refuse it.
    provider = "llamacpp" if name == LLAMA_CPP else "openai"
    return LocalServer(name, provider, f"{root}/v1", tuple(model for _, model in listed))


# Requests


class _Server:
    """The address of a server, and a client that connects to no link-local address."""

    def __init__(
        self, client: httpx.Client, address: str, provider: str, key: str | None, seconds: float
    ) -> None:
        self.address = address
        self._client = client
        self._key = key
        self._seconds = seconds
        if provider == "anthropic":
            self._headers = {"anthropic-version": "2023-06-01"} | ({"x-api-key": key} if key else {})
        else:
            self._headers = {"Authorization": f"Bearer {key}"} if key else {}

    def asked(self, url: str, body: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 (JSON)
        """With a ``body``, by POST. Raises ModelError."""
        import httpx

        method = "GET" if body is None else "POST"
        deadline = time.monotonic() + self._seconds
        try:
            with self._client.stream(method, url, headers=self._headers, json=body) as response:
                response.raise_for_status()
                received = bytearray()
                for piece in response.iter_bytes():
                    received += piece
                    if len(received) > _MOST_BYTES or time.monotonic() > deadline:
                        raise self._failed("its answer is too long or too slow")
            return json.loads(received)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._failed(self._reason(error), describe(error, self._key)) from None
        except (ValueError, RecursionError) as error:
            raise self._failed("what it sent is no list of models", type(error).__name__) from None

    def _reason(self, error: httpx.HTTPError | httpx.InvalidURL) -> str:
        status = getattr(getattr(error, "response", None), "status_code", 0)
        if status in {401, 403}:
            return "it refused the key" if self._key else "it asks for a key"
        if status in {404, 405, 501} or 300 <= status < 400:
            has_version = urlsplit(self.address).path.rstrip("/").endswith("/v1")
            advice = "" if has_version else "; most addresses end with /v1"
            return f"it has no list of models there{advice}"
        if is_timeout(error):
            return "it did not answer in time"
        return reason_of(error) or "it could not be asked"

    def _failed(self, reason: str, detail: str = "") -> ModelError:
        return ModelError(f"the models of {self.address} cannot be listed: {reason}", "error", detail)

    def no_list(self) -> ModelError:
        return self._failed("what it sent is no list of models")


# OpenAI's protocol, and Anthropic's, whose list has the same form

# Their names are the only sign: a server lists them among the models that write.
_WRITES_NOTHING = re.compile(
    r"embed|\bbge-|\brerank|whisper|\btts\b|\bdall-e|moderation|transcribe|realtime|\bimage\b|\baudio\b|\bsora\b",
    re.IGNORECASE,
)
_CONTEXT_FIELDS = (
    "max_model_len",
    "context_length",
    "context_window",
    "max_context_length",
    "max_input_tokens",
)


def _openai_models(server: _Server, provider: str) -> list[tuple[str, OfferedModel]]:
    """Return each model with its owner, by name."""
    path = "/v1/models?limit=1000" if provider == "anthropic" else "/models"
    sent = server.asked(f"{server.address}{path}")
    listed = sent.get("data") if isinstance(sent, dict) else sent
    if not isinstance(listed, list):
        raise server.no_list()
    found = [
        (str(each.get("owned_by")), _openai_model(each))
        for each in listed[:_MOST_MODELS]
        if isinstance(each, dict) and _is_name(each.get("id")) and not _WRITES_NOTHING.search(each["id"])
    ]
    return sorted(found, key=lambda one: (one[1].name.casefold(), one[1].name))


def _openai_model(each: Mapping[str, Any]) -> OfferedModel:
    meta = each.get("meta")  # llama.cpp's own
    meta = meta if isinstance(meta, dict) else {}
    weights = _count(meta.get("n_params"))
    billions = weights / 1e9 if weights else _billions_in(each["id"])
    contexts = [_count(each.get(name)) for name in _CONTEXT_FIELDS]
    context = next(filter(None, contexts), None) or _count(meta.get("n_ctx_train"))
    return OfferedModel(each["id"], _is_small(billions), context)


def _context_of_llamacpp(server: _Server) -> int | None:
    """What it was started with, which may be less than what the model can read."""
    parts = urlsplit(server.address)
    root = parts._replace(path=parts.path.rstrip("/").removesuffix("/v1"), query="", fragment="")
    try:
        sent = server.asked(f"{urlunsplit(root)}/props")
    except ModelError:
        return None
    started = sent.get("default_generation_settings") if isinstance(sent, dict) else None
    return _count(started.get("n_ctx")) if isinstance(started, dict) else None


# Ollama


def _ollama_models(server: _Server) -> tuple[OfferedModel, ...]:
    """The model that was pulled last comes first."""
    sent = server.asked(f"{server.address}/api/tags")
    listed = sent.get("models") if isinstance(sent, dict) else None
    if not isinstance(listed, list):
        raise server.no_list()
    return tuple(
        OfferedModel(each["name"], _is_small(_billions_of_ollama(each.get("details"), each["name"])))
        for each in listed[:_MOST_MODELS]
        if isinstance(each, dict)
        and _is_name(each.get("name"))
        and not _WRITES_NOTHING.search(each["name"])
        and "bert" not in str(_field(each.get("details"), "family"))
    )


def _shown_by_ollama(server: _Server, name: str) -> OfferedModel:
    sent = server.asked(f"{server.address}/api/show", {"model": name})
    details, info = _field(sent, "details"), _field(sent, "model_info")
    fields = info.items() if isinstance(info, dict) else ()
    contexts = [_count(value) for field, value in fields if str(field).endswith(".context_length")]
    billions = _billions_of_ollama(details, name)
    return OfferedModel(name, _is_small(billions), next(filter(None, contexts), None))


def _billions_of_ollama(details: object, name: str) -> float | None:
    return _billions_in(str(_field(details, "parameter_size") or "")) or _billions_in(name)


# Values that servers send


def _field(sent: object, name: str) -> object:
    return sent.get(name) if isinstance(sent, dict) else None


def _is_name(sent: object) -> bool:
    return isinstance(sent, str) and sent.isprintable() and 0 < len(sent.strip()) <= _MOST_CHARACTERS


def _count(sent: object) -> int | None:
    return sent if isinstance(sent, int) and not isinstance(sent, bool) and 0 < sent < 10**15 else None


_SIZE = re.compile(r"(?<![a-z\d.])(\d{1,4}(?:\.\d{1,3})?)\s?([bm])(?![a-z])", re.IGNORECASE)


def _billions_in(words: str) -> float | None:
    """Return the weights that a name or a size names (*qwen3-30b-a3b*, *494.03M*): the most, in billions."""
    found = [float(number) * (1.0 if unit in "bB" else 1e-3) for number, unit in _SIZE.findall(words)]
    return max(found, default=None)


def _is_small(billions: float | None) -> bool:
    return billions is not None and billions <= SMALL_BILLIONS


# The head of a GGUF file: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9
_MOST_ITEMS = 10_000  # a longer list is the vocabulary, which comes after what is sought


def _context_of_gguf(file: BinaryIO) -> int | None:
    try:
        if file.read(4) != b"GGUF":
            return None
        _version, _tensors, pairs = struct.unpack("<IQQ", file.read(20))
        for _ in range(min(pairs, _MOST_ITEMS)):
            name = _gguf_text(file)
            value = _gguf_value(file, *struct.unpack("<I", file.read(4)))
            if name.endswith(b".context_length"):
                return _count(value)
    except (struct.error, ValueError):
        pass
    return None


def _gguf_text(file: BinaryIO) -> bytes:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > _MOST_BYTES:
        raise ValueError("a text of the file is too long")
    return file.read(length)


def _gguf_value(file: BinaryIO, kind: int) -> object:
    if kind == _TEXT:
        return _gguf_text(file)
    if kind == _LIST:
        item, length = struct.unpack("<IQ", file.read(12))
        if length > _MOST_ITEMS or item == _LIST:
            raise ValueError("a list of the file is too long")
        return [_gguf_value(file, item) for _ in range(length)]
    if kind not in _NUMBERS:
        raise ValueError("the file has a value of an unknown kind")
    form = f"<{_NUMBERS[kind]}"
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]
