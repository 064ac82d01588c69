"""The language model that a person chose, as ``model.json`` in the home folder describes it.

It may contain a key in plain text, so only its owner can read it, and no backup contains it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index.private import make_folder, write_file
from ui.errors import SettingsError, UsedWronglyError

if TYPE_CHECKING:
    from rag.llm import ModelSettings

MODEL_FILE = "model.json"
MODEL_FIELDS = ("provider", "model", "address", "key")
LLAMACPP = "llamacpp"  # the provider of models that run in the server's own process, if they have no address
PROVIDER = r"^[a-z][a-z0-9_-]{0,99}$"
GGUF = ".gguf"

# The form of a key: printable ASCII characters without spaces, as an HTTP header may have them.
KEY = r"^[!-~]*$"


def model_of(provider: str, model: str, address: str | None = None, key: str | None = None) -> ModelSettings:
    """An empty ``address`` or ``key`` counts as None. Raises UsedWronglyError, which never shows the key."""
    from rag.llm import ModelSettings

    check_place(provider, address, key)
    if not model.strip():
        raise UsedWronglyError("the model has no name; give its name at the provider, or a GGUF file")
    return ModelSettings(provider, model.strip(), address or None, key or None)


def check_place(provider: str, address: str | None, key: str | None) -> None:
    """Raises UsedWronglyError, which never shows the key."""
    if not re.fullmatch(PROVIDER, provider):
        raise UsedWronglyError(
            f"the provider is {provider!r}; it must be llamacpp, openai, ollama, anthropic, or the name of "
            "another llama-index package"
        )
    if key and not re.fullmatch(KEY, key):
        raise UsedWronglyError("the key has a space or a character that no key has; copy it again")
    if address:
        _check_address(address)


def read_model(home: Path) -> ModelSettings | None:
    """None if none is stored. Raises SettingsError if the file cannot be read or describes no model."""
    file = home / MODEL_FILE
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        return model_of(**{name: fields.get(name) for name in MODEL_FIELDS})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, TypeError) as error:
        cause = str(error) if isinstance(error, UsedWronglyError) else type(error).__name__
        raise SettingsError(
            f"{file} cannot be read ({cause}); choose the language model again: footnoted model set"
        ) from None  # The chain of errors could show the key.


def write_model(home: Path, model: ModelSettings) -> None:
    make_folder(home)
    fields = {name: getattr(model, name) for name in MODEL_FIELDS}
    write_file(home / MODEL_FILE, json.dumps(fields, ensure_ascii=False, indent=2))


def remove_model(home: Path) -> None:
    (home / MODEL_FILE).unlink(missing_ok=True)


# Parts of a model after the first, which llama.cpp finds by itself, and the encoders of pictures.
_NO_MODEL = re.compile(r"-(?!0*1-)\d+-of-\d+\.gguf$|^mmproj", re.IGNORECASE)


def gguf_files(*folders: Path | None) -> tuple[Path, ...]:
    """Return the models of the folders by name. A model in parts is its first part."""
    found = {
        file.absolute()
        for folder in folders
        if folder is not None and folder.is_dir()
        for file in folder.iterdir()
        if file.suffix.lower() == GGUF and not _NO_MODEL.search(file.name) and file.is_file()
    }
    return tuple(sorted(found, key=lambda file: (file.name.casefold(), file)))


def audit_target(provider: str, model: str, address: str | None) -> str:
    """Return a language model in words for the audit log, which cuts long words: the address comes first."""
    return ", ".join(filter(None, (address, provider, model)))


def is_file_model(model: ModelSettings) -> bool:
    return model.provider == LLAMACPP and model.address is None


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        has_password = parts.username is not None or parts.password is not None
    except ValueError:
        is_url = has_password = False
    if has_password:
        raise UsedWronglyError("the address has a user name or a password; leave them out, and give a key")
    if not is_url or not address.isprintable() or " " in address:
        raise UsedWronglyError(
            f"the address is {address!r}; it must be a URL, such as http://127.0.0.1:8080/v1"
        )
