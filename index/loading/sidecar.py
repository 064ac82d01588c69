"""What people say of a file beside it, in ``NAME.meta.yaml``: it stands above what the file says."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from index.documents import MAX_COLLECTION_CHARACTERS, Document, Origin
from index.loading.blocks import flow
from index.loading.errors import LoadError
from index.loading.metadata import iso_date, language_code

SUFFIX = ".meta.yaml"
"""What a sidecar's name has after the whole name of its file: ``report.pdf.meta.yaml``."""

_MAX_BYTES = 65_536
_REMEDY = "correct the sidecar, or remove it"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What is said of a document; None where nothing is.

    Attributes:
        title: its title.
        publisher: who issued it.
        author: who wrote it.
        published: an ISO date, possibly shortened.
        language: an ISO 639-1 code.
        collection: the collection that it belongs to, in place of the folder that it lies in.
    """

    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    published: str | None = None
    language: str | None = None
    collection: str | None = None


KEYS = tuple(Overrides.__dataclass_fields__)


def sidecar_of(path: Path) -> Path:
    """Where the sidecar of the file at ``path`` would lie."""
    return path.with_name(path.name + SUFFIX)


def overridden(document: Document, said: Overrides, origin: Origin = "sidecar") -> Document:
    """``document`` with what is said of it in the place of what was read."""
    return replace(
        document,
        title=said.title or document.title,
        publisher=said.publisher or document.publisher,
        author=said.author or document.author,
        published=said.published or document.published,
        language=said.language or document.language,
        collection=said.collection or document.collection,
        origins={**document.origins, **dict.fromkeys(_given(said), origin)},
    )


def checked(path: Path, values: Mapping[str, str]) -> Overrides:
    """What is said, as it can be kept.

    Args:
        path: the file that it is said of, for messages.
        values: by key; empty values say nothing.

    Raises:
        LoadError: if a key is unknown, a date or language cannot be read, or a collection's name is too long.
    """
    given = {key: flow(value) for key, value in values.items() if flow(value)}
    for key in given:
        if key not in KEYS:
            raise LoadError(path, f"is said to have a {key!r}, which is not known", f"say {', '.join(KEYS)}")
    for key, read, remedy in (
        ("published", iso_date, "write 2031-07-18, 2031-07 or 2031"),
        ("language", language_code, "write a code such as en or km"),
    ):
        if key in given:
            value = read(given[key])
            if value is None:
                raise LoadError(path, f"is said to have {key} {given[key]!r}, which is none", remedy)
            given[key] = value
    length = len(given.get("collection", ""))
    if length > MAX_COLLECTION_CHARACTERS:
        cause = f"is said to be in a collection whose name has {length:,} characters"
        raise LoadError(path, cause, f"give it at most {MAX_COLLECTION_CHARACTERS}")
    return Overrides(**given)


def read_sidecar(path: Path) -> Overrides | None:
    """What the sidecar of the file at ``path`` says, or None where there is none.

    Raises:
        LoadError: if it cannot be read, is no YAML of ``key: value`` lines, or says what cannot be kept.
    """
    import yaml

    try:
        with sidecar_of(path).open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        cause = f"has a sidecar that cannot be read: {error.strerror or error}"
        raise LoadError(path, cause, _REMEDY) from error
    if len(data) > _MAX_BYTES:
        raise LoadError(path, f"has a sidecar of more than {_MAX_BYTES:,} bytes", _REMEDY)
    try:
        # BaseLoader makes no objects, and leaves dates and numbers as they are written.
        values = yaml.load(data, Loader=yaml.BaseLoader)  # noqa: S506 # nosec B506
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise LoadError(path, f"has a sidecar that is not YAML: {flow(str(error))[:200]}", _REMEDY) from error
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise LoadError(path, "has a sidecar that is not lines of key: value", _REMEDY)
    return checked(path, {str(key): value for key, value in values.items()})


def write_sidecar(path: Path, said: Overrides) -> None:
    """Put down what is said of the file at ``path``; where that is nothing, there is no sidecar after it.

    It is there as a whole or not at all, and who may read the file may read it.

    Raises:
        OSError: if it cannot be written; the one that was there stays.
    """
    import yaml

    given = _given(said)
    if not given:
        sidecar_of(path).unlink(missing_ok=True)
        return
    written = yaml.safe_dump(given, allow_unicode=True, sort_keys=False)
    with ExitStack() as unless_written:
        part = _hidden(path)
        unless_written.callback(part.unlink, missing_ok=True)
        with part.open("w", encoding="utf-8") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, part)
        part.replace(sidecar_of(path))


@contextmanager
def resaid(path: Path, said: Overrides) -> Iterator[None]:
    """Put down what is said of the file at ``path``; what was there before is put back where the block fails.

    Raises:
        OSError: if it cannot be written.
    """
    beside = sidecar_of(path)
    with ExitStack() as at_last:
        former: Path | None = None
        if beside.exists():
            former = _hidden(path)
            at_last.callback(former.unlink, missing_ok=True)
            shutil.copy2(beside, former)
        write_sidecar(path, said)
        try:
            yield
        except BaseException:
            if former is None:
                beside.unlink(missing_ok=True)
            else:
                former.replace(beside)
            raise


def _hidden(path: Path) -> Path:
    """A new file beside the one at ``path`` that no sync takes for a report."""
    descriptor, name = tempfile.mkstemp(prefix=".said-", suffix=".part", dir=path.parent)
    os.close(descriptor)
    return Path(name)


def _given(said: Overrides) -> dict[str, str]:
    return {key: value for key, value in asdict(said).items() if value is not None}
