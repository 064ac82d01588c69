"""Opens py3langid's model, which identifies languages, from files that processes map into memory and share.

Unpacking the package's own file would take 0.6 s and 100 MB in each process that reads files or takes a
question. So the first process writes the unpacked model to the user's cache, and later processes map it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.private import cache_folder

if TYPE_CHECKING:
    import numpy.typing as npt
    from py3langid.langid import LanguageIdentifier

_ARRAYS = ("nb_ptc", "nb_pc", "nb_classes", "tk_nextmove", "tk_output", "tk_row")
"""The names of an identifier's arrays, and of the files that hold the arrays."""

_FORMS = "forms.json"
"""The file with the type and the shape of each array."""


def open_identifier(languages: Sequence[str], cache: Path | None = None) -> LanguageIdentifier:
    """Open a language identifier: a model that chooses among ``languages`` and gives the probability.

    Args:
        languages: ISO 639-1 codes.
        cache: the folder for the unpacked model; None for the user's cache.
    """
    named = sha256(" ".join(languages).encode()).hexdigest()[:16]
    folder = (cache or cache_folder()) / f"py3langid-{version('py3langid')}-{named}-mapped"
    # If the files are missing or damaged, unpack the model below.
    with suppress(OSError, ValueError, KeyError):
        return _mapped(folder)
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(languages)
    # Nothing can be written on a full or read-only disk.
    with suppress(OSError):
        _write(identifier, folder)
    return identifier


def _mapped(folder: Path) -> LanguageIdentifier:
    import numpy as np
    from py3langid.langid import LanguageIdentifier

    # The files are not in NumPy's own format, because NumPy parses each file's header with ``ast``, which
    # fails in Python 3.11 if several threads parse at once.
    forms = json.loads((folder / _FORMS).read_text(encoding="utf-8"))

    def mapped(name: str) -> npt.NDArray[Any]:
        kind, shape = forms[name]
        return np.asarray(np.memmap(folder / name, kind, "r", shape=tuple(shape)))

    # Single numbers are read faster from a buffer than from an array.
    return LanguageIdentifier(
        mapped("nb_ptc"),
        mapped("nb_pc"),
        mapped("nb_classes").tolist(),
        mapped("tk_nextmove").data,
        mapped("tk_output").data,
        norm_probs=True,
        tk_row=mapped("tk_row").tolist(),
    )


def _write(identifier: LanguageIdentifier, folder: Path) -> None:
    """Write the arrays to a new folder, then rename it, since other processes may do the same at once."""
    import numpy as np

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as temporary:
        unpacked = Path(temporary) / "model"
        unpacked.mkdir()
        arrays = {name: np.ascontiguousarray(getattr(identifier, name)) for name in _ARRAYS}
        for name, array in arrays.items():
            array.tofile(unpacked / name)
        forms = {name: [array.dtype.str, array.shape] for name, array in arrays.items()}
        (unpacked / _FORMS).write_text(json.dumps(forms), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        unpacked.rename(folder)
