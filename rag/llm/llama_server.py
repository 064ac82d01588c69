"""Runs llama.cpp and its own server in a process of its own, on a free port of the loopback interface.

While llama.cpp loads a model, and while it stops, which it does only after the reply that it is writing, it
holds the lock of Python's interpreter. In our process, nothing could go on meanwhile, not even its own end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from index.cores import usable_cores
from rag.errors import ModelSetupError


class LlamaServer:
    """A server of llama.cpp, for the model in a GGUF file. It speaks OpenAI's protocol.

    Attributes:
        address: its URL.
        pid: the id of its process.
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
            found = self._first_line()
            if "address" not in found:
                cause = found.get("error") or f"its process ended with {self._process.wait()}"
                raise ModelSetupError(
                    f"{str(file)!r} cannot be loaded by llama.cpp ({cause}); give a complete GGUF file"
                )
            self.address: str = found["address"]
            unless_loaded.pop_all()

    def close(self) -> None:
        """End the server at once, even while it writes, and release its memory."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _first_line(self) -> dict[str, str]:
        if self._process.stdout is None:
            raise AssertionError("the process was started with a pipe")
        line = self._process.stdout.readline()
        found: dict[str, str] = json.loads(line) if line else {}
        return found


def _main(file: str, context_tokens: str, threads: str) -> None:
    """Load a model and serve it until standard input ends, with the process that started this one.

    Write one line of JSON to standard output: the ``address`` of the server, or the ``error``.
    """
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
