"""Runs llama.cpp and its own server in this process, on a free port of the loopback interface."""

from __future__ import annotations

import gc
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from index.cores import usable_cores
from rag.errors import ModelSetupError

_START_SECONDS = 30.0


class LlamaServer:
    """A server of llama.cpp, for the model in a GGUF file. It speaks OpenAI's protocol.

    Requests go over HTTP with a time limit, because direct calls into llama.cpp have hung.
    """

    def __init__(self, file: Path, context_tokens: int, threads: int | None = None) -> None:
        """Load a model.

        Args:
            file: a GGUF file.
            context_tokens: the most tokens that it reads and writes, together.
            threads: the number of threads that it computes with; None for one per core.

        Raises:
            ModelSetupError: if xllamacpp is not installed, or the file cannot be loaded.
        """
        try:
            import xllamacpp
        except ImportError as error:
            raise ModelSetupError(
                "llama.cpp is not installed; install it with: pip install 'footnoted[llamacpp]'"
            ) from error
        if not file.is_file():
            raise ModelSetupError(
                f"the model file {str(file)!r} does not exist; give the path of a GGUF file"
            )
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(file)
        parameters.n_ctx = context_tokens
        parameters.n_parallel = 1
        # With more threads than cores, one waiting thread would delay all others.
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads or usable_cores()
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.ui = False
        parameters.cache_ram_mib = 0
        parameters.verbosity = -1
        try:
            self._server: Any = xllamacpp.Server(parameters)
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelSetupError(
                f"{str(file)!r} cannot be loaded by llama.cpp ({error}); give a complete GGUF file"
            ) from error
        self.address: str = self._server.listening_address
        self._wait()

    def close(self) -> None:
        """Stop the server and release its memory."""
        self._server = None
        # The server closes its port only when it is garbage-collected.
        gc.collect()

    def _wait(self) -> None:
        """Wait until the server has written a token. Closing the server before that would block for ever.

        A successful health check does not show that the server can be closed, because it succeeds a moment
        before the server accepts requests.
        """
        host, _, port = self.address.rpartition("/")[2].rpartition(":")
        body = b'{"prompt": "a", "n_predict": 1}'
        head = f"POST /completion HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        until = time.monotonic() + _START_SECONDS
        while (left := until - time.monotonic()) > 0:
            with suppress(OSError), socket.create_connection((host, int(port)), timeout=left) as connection:
                connection.sendall(head.encode() + b"\r\n\r\n" + body)
                if b" 200 " in connection.recv(64):
                    return
            time.sleep(0.02)
