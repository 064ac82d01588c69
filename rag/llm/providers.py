"""Opens a language model from settings, with the provider's llama-index package."""

from __future__ import annotations

import gc
import importlib
import ipaddress
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.machine import usable_cores
from rag.errors import ModelSetupError
from rag.llm.language_model import (
    AT_ONCE,
    Constrain,
    LanguageModel,
    ModelLimits,
    Prices,
    Structure,
    unconstrained,
    unstructured,
)
from rag.llm.messages import grammar, redact, schema

if TYPE_CHECKING:
    import httpx
    from llama_index.core.llms import LLM


class LlamaServer:
    """A process with llama.cpp, for a GGUF file. It speaks OpenAI's protocol."""

    def __init__(self, file: Path, context_tokens: int, threads: int | None = None) -> None:
        """``threads`` None: one per core. Raises ModelSetupError."""
        if find_spec("xllamacpp") is None:
            raise ModelSetupError(
                "llama.cpp is not installed; install it with: pip install 'footnoted[llamacpp]'"
            )
        if not file.is_file():
            raise ModelSetupError(
                f"the model file {str(file)!r} does not exist; give the path of a GGUF file"
            )
        # The process imports from the same folders as this one; -P removes the current folder from them.
        paths = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        self._process = subprocess.Popen(  # noqa: S603 # nosec B603 # our own module, no shell
            [sys.executable, "-P", "-m", __name__, str(file), str(context_tokens), str(threads or "")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
            process_group=0,  # Ctrl-C must not reach it, so that a reply can still end.
        )
        self.pid = self._process.pid
        with ExitStack() as unless_loaded:
            unless_loaded.callback(self.close)
            line = self._process.stdout.readline() if self._process.stdout else b""
            found: dict[str, str] = json.loads(line) if line else {}
            if "address" not in found:
                cause = found.get("error") or f"its process ended with {self._process.wait()}"
                raise ModelSetupError(
                    f"{str(file)!r} cannot be loaded by llama.cpp ({cause}); give a complete GGUF file"
                )
            self.address: str = found["address"]
            unless_loaded.pop_all()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _main(file: str, context_tokens: str, threads: str) -> None:
    """Serve until standard input ends, with the parent; write the ``address`` or the ``error`` as JSON."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = file
    parameters.n_ctx = int(context_tokens)
    parameters.n_parallel = 1
    # With more threads than cores, one waiting thread would delay all others.
    parameters.cpuparams.n_threads = int(threads or usable_cores())
    parameters.cpuparams_batch.n_threads = parameters.cpuparams.n_threads
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.ui = False
    parameters.cache_ram_mib = 0
    parameters.verbosity = -1
    # llama.cpp must not print into the answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        server: Any = xllamacpp.Server(parameters)
    except (RuntimeError, ValueError, OSError) as error:
        print(json.dumps({"error": str(error)}), file=answers, flush=True)
        return
    print(json.dumps({"address": server.listening_address}), file=answers, flush=True)
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    _main(*sys.argv[1:])


TEMPERATURE = 0.0  # the most likely words, so that asking again reproduces a stored answer
OLLAMA_ADDRESS = "http://127.0.0.1:11434"

_NO_KEY = "none"  # the key for servers that need none, because the client requires one


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """None is a provider's default; ``model`` is the provider's name for it, or a GGUF file's path.

    ``provider`` is ``llamacpp``, ``openai`` (any server with its protocol), ``ollama``, ``anthropic``, or the
    rest of the name of another llama-index-llms package.
    """

    provider: str
    model: str
    address: str | None = None
    key: str | None = field(default=None, repr=False)
    limits: ModelLimits = field(default_factory=ModelLimits)
    prices: Prices | None = None


def open_model(settings: ModelSettings) -> LanguageModel:
    """Raises ModelSetupError, also for a link-local address: there, clouds offer machines passwords."""
    if settings.address:
        _refuse_link_local(settings.address)
    opener = _OPENERS.get(settings.provider, _from_package)
    try:
        return opener(settings)
    except ModelSetupError:
        raise
    except ImportError as error:
        is_openai_like = settings.provider in {"openai", "llamacpp"}
        package = "openai-like" if is_openai_like else settings.provider.replace("_", "-")
        raise ModelSetupError(
            f"the provider {settings.provider!r} needs a package that is not installed ({error.name}); "
            f"install it with: pip install llama-index-llms-{package}"
        ) from error
    except Exception as error:  # noqa: BLE001 (a provider's package may raise any error)
        words = redact(" ".join(str(error).split()), settings.key)[:300] or type(error).__name__
        # A chained error would reveal the key that this message hides.
        raise ModelSetupError(
            f"the language model {settings.model!r} of {settings.provider!r} cannot be opened: {words}"
        ) from (None if settings.key else error)


def client_for(address: str, seconds: float) -> httpx.Client:
    """A client that connects to no link-local address and follows no redirect. Raises ModelSetupError."""
    import httpx

    _refuse_link_local(address)
    # A proxy from the environment must not receive requests to this machine.
    client = httpx.Client(trust_env=not _is_local(address), timeout=seconds)
    _guard(client)
    return client


def _refuse_link_local(address: str) -> None:
    # A name that cannot be resolved now is checked when the client connects.
    parts = urlsplit(_valid_address(address))
    if any(map(_is_link_local, _resolved(str(parts.hostname), parts.port))):
        raise ModelSetupError(
            f"the language model's address is {address!r}, which leads to the link-local "
            "network (169.254.0.0/16, fe80::/10); give the model's server another address"
        )


def _llamacpp(settings: ModelSettings) -> LanguageModel:
    if settings.address:
        return _openai_like(settings, settings.address, settings.model)
    server = LlamaServer(Path(settings.model).expanduser(), settings.limits.context_tokens)
    with ExitStack() as opened:
        opened.callback(server.close)
        name = Path(settings.model).stem
        model = _openai_like(settings, f"{server.address}/v1", name, server.close, at_once=1)
        opened.pop_all()
    return model


def _ollama(settings: ModelSettings) -> LanguageModel:
    import ollama
    from llama_index.llms.ollama import Ollama

    address = _valid_address(settings.address or OLLAMA_ADDRESS)
    client = ollama.Client(
        address,
        timeout=settings.limits.seconds,
        trust_env=not _is_local(address),
        headers={"Authorization": f"Bearer {settings.key}"} if settings.key else None,
    )
    _guard(client._client)
    llm = Ollama(
        model=settings.model,
        base_url=address,
        temperature=TEMPERATURE,
        context_window=settings.limits.context_tokens,
        request_timeout=settings.limits.seconds,
        additional_kwargs={"num_predict": settings.limits.reply_tokens},
        client=client,
    )
    return _wrapped(
        settings,
        llm,
        lambda sentence_numbers: {"format": schema(sentence_numbers)},
        lambda form: {"format": form},
    )


def _anthropic(settings: ModelSettings) -> LanguageModel:
    from llama_index.llms.anthropic import Anthropic

    llm = Anthropic(
        model=settings.model,
        api_key=settings.key,
        base_url=settings.address,
        temperature=TEMPERATURE,
        max_tokens=settings.limits.reply_tokens,
        timeout=settings.limits.seconds,
        max_retries=0,
    )
    _guard(llm._client._client)
    return _wrapped(settings, llm)


def _from_package(settings: ModelSettings) -> LanguageModel:
    """The class with the package's name, in any spelling, or else the alphabetically first one."""
    from llama_index.core.llms import LLM

    package = importlib.import_module(f"llama_index.llms.{settings.provider.replace('-', '_')}")
    wanted = _plain(settings.provider)
    found = [
        kind
        for name in dir(package)
        if isinstance(kind := getattr(package, name), type) and issubclass(kind, LLM) and kind is not LLM
    ]
    if not found:
        raise ValueError("its package has no language model")
    kind = min(found, key=lambda kind: (_plain(kind.__name__) != wanted, kind.__name__))
    # Packages use different names for the same arguments.
    given: dict[str, Any] = {
        "model": settings.model,
        "model_name": settings.model,
        "api_key": settings.key,
        "api_base": settings.address,
        "base_url": settings.address,
        "temperature": TEMPERATURE,
        "max_tokens": settings.limits.reply_tokens,
        "timeout": settings.limits.seconds,
        "request_timeout": settings.limits.seconds,
        "max_retries": 0,
    }
    known = {name: given[name] for name in given if name in kind.model_fields and given[name] is not None}
    return _wrapped(settings, kind(**known))


def _wrapped(
    settings: ModelSettings,
    llm: LLM,
    constrain: Constrain = unconstrained,
    structure: Structure = unstructured,
) -> LanguageModel:
    return LanguageModel(
        llm,
        settings.model,
        settings.limits,
        prices=settings.prices,
        constrain=constrain,
        structure=structure,
        secret=settings.key,
        # The client does not expose its response, so collect garbage to close it. That takes a second, but
        # leaves no hung thread.
        close_connection=gc.collect,
    )


def _openai_like(
    settings: ModelSettings,
    address: str,
    name: str,
    close: Callable[[], None] = lambda: None,
    *,
    at_once: int = AT_ONCE,
) -> LanguageModel:
    from llama_index.llms.openai_like import OpenAILike

    is_llamacpp = settings.provider == "llamacpp"
    client = client_for(address, settings.limits.seconds)
    open_responses = OpenResponses()
    client.event_hooks = {"response": [open_responses.note]}
    llm = OpenAILike(
        model=settings.model,
        api_base=address,
        api_key=settings.key or _NO_KEY,
        is_chat_model=True,
        context_window=settings.limits.context_tokens,
        max_tokens=settings.limits.reply_tokens,
        temperature=TEMPERATURE,
        timeout=settings.limits.seconds,
        max_retries=0,
        additional_kwargs={"stream_options": {"include_usage": True}},
        http_client=client,
    )

    def close_all() -> None:
        client.close()
        close()

    return LanguageModel(
        llm,
        name,
        settings.limits,
        prices=settings.prices,
        constrain=(lambda numbers: {"extra_body": {"grammar": grammar(numbers)}})
        if is_llamacpp
        else unconstrained,
        structure=_in_json,
        close=close_all,
        secret=settings.key,
        at_once=at_once,
        close_connection=open_responses.close,
    )


class OpenResponses:
    """The last HTTP response of each thread, so that the thread can close it."""

    def __init__(self) -> None:
        self._own = local()

    def note(self, response: httpx.Response) -> None:
        self._own.response = response

    def close(self) -> None:
        response: httpx.Response | None = self._own.__dict__.pop("response", None)
        if response is not None:
            response.close()


def _in_json(form: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted = {"name": "reply", "schema": form, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": wanted}}


def _valid_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        # urlsplit parses the port only when it is read, and raises an error only then.
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise ModelSetupError(
            f"the language model's address is {address!r}; it must be a URL, such as http://127.0.0.1:8080/v1"
        )
    return address


def _resolved(host: str, port: int | None) -> list[str]:
    try:
        # Only a link-local address has a zone, such as %eth0.
        found = socket.getaddrinfo(host.partition("%")[0], port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def _is_link_local(address: str) -> bool:
    """An IPv4 address that an IPv6 address embeds counts, too."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else None
        embedded = found.ipv4_mapped or found.sixtofour or translated
        return found.is_link_local or (embedded is not None and embedded.is_link_local)
    return found.is_link_local


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _guard(client: httpx.Client) -> None:
    """A name or a redirect may lead to a link-local address later."""
    import httpcore
    import httpx

    class Guard(httpcore.SyncBackend):
        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.NetworkStream:
            failed: Exception = httpcore.ConnectError(f"{host} has no address")
            addresses = _resolved(host, port)
            if any(map(_is_link_local, addresses)):
                raise httpcore.ConnectError(f"{host} leads to the link-local network, which is refused")
            for address in addresses:
                try:
                    return super().connect_tcp(address, port, timeout, local_address, socket_options)
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    failed = error
            raise failed

    # httpx has no parameter for this.
    for transport in (client._transport, *client._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):
            transport._pool._network_backend = Guard()


def _is_local(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return found.is_loopback or found.is_unspecified


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").casefold()


_OPENERS: Mapping[str, Callable[[ModelSettings], LanguageModel]] = {
    "llamacpp": _llamacpp,
    "openai": lambda settings: _openai_like(
        settings, settings.address or "https://api.openai.com/v1", settings.model
    ),
    "ollama": _ollama,
    "anthropic": _anthropic,
}
