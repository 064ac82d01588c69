"""The settings of the command and the server: the only reader of the environment.

Precedence: command line, then ``FOOTNOTED_…`` variables, then a TOML file, then the defaults. The file
is ``FOOTNOTED_CONFIG`` where that is set, else ``footnoted.toml`` in the home folder where there is one.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from rag.tuning import CERTAIN
from ui.errors import SettingsError
from ui.masking import SECRET, masked, shown

if TYPE_CHECKING:
    from index.loaders import Options
    from rag.llm import ModelSettings

PREFIX = "FOOTNOTED_"
FILE_NAME = "footnoted.toml"
HOME_ID_DIGITS = 16

NEEDED = {
    "home": "the path of a folder",
    "host": "an address to listen on, such as 127.0.0.1",
    "allowed_hosts": "a list of host names without a port, such as desk.example",
    "allowed_origins": "a list of origins, such as https://desk.example",
    "insecure": "true or false",
    "port": "a whole number from 0 (any free port) to 65535",
    "model": "the name or the folder of a sentence-transformers model",
    "reader": "bundled, none, or the name or the folder of a sentence-transformers CrossEncoder",
    "weights": "the path of a file that benchmarks/calibrate.py wrote",
    "max_megabytes": "a whole number of megabytes from 1",
    "max_text_megabytes": "a whole number of megabytes from 1",
    "max_pages": "a whole number of pages from 1",
    "max_expansion": "a whole number of times from 1",
    "max_unpacked_megabytes": "a whole number of megabytes from 1",
    "max_seconds": "a number of seconds above 0, and at most 86,400",
    "max_memory_megabytes": "a whole number of megabytes from 256",
    "passwords": "a list of passwords; in the environment, separated by commas or written as JSON",
    "ocr": "true or false",
    "ocr_languages": "a list of tesseract's codes, such as eng; in the environment, separated by commas",
    "llm": "none, llamacpp, openai, ollama, anthropic, or the name of another llama-index package",
    "llm_model": "the name of a language model, or the path of a GGUF file",
    "llm_address": "the URL of a language model's server",
    "llm_key": "the key that a language model's server wants",
    "llm_context": "a whole number of tokens from 1,024",
    "llm_reply": "a whole number of tokens from 32",
    "llm_timeout": "a number of seconds above 0, and at most 3,600",
    "llm_prices": "two numbers, of a million tokens sent and a million tokens written, separated by a comma",
    "llm_certain": "a probability, 0 to 1",
    "unsupported": "drop or strike",
    "entailment": "the name or the folder of a sentence-transformers CrossEncoder for entailment",
    "config": "the path of a TOML file",
}
"""What each setting must be, in the words of an error."""


LanguageCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z_]*(/[A-Za-z_]+)?$")]
"""Of a language, or of a script, as tesseract names its files: ``eng``, ``chi_sim``, ``script/Arabic``."""

HostName = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]+$|^[0-9a-fA-F:]+$")]
"""A name or an address as a ``Host`` header has it, without a port and brackets."""

WebOrigin = Annotated[str, Field(pattern=r"^https?://[0-9a-z_.-]+(:[0-9]{1,5})?$")]
"""As browsers send it: in small letters, without a path."""

Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]

NO_MODEL = "none"
"""The provider of a language model where there is none: answers are quoted."""


def default_home() -> Path:
    """The platform's folder for a user's data."""
    return user_data_path("footnoted", appauthor=False)


class Settings(BaseSettings):
    """What can be set, as it stands after precedence.

    Attributes:
        home: the folder that holds the whole library: catalog, caches, uploads, answers. Absolute.
        host: the address that the server listens on.
        port: its port; 0 takes any free one.
        allowed_hosts: names that the server answers as, beside loopback names and its address.
        allowed_origins: origins of other web pages that may call the HTTP interface.
        insecure: whether the server may listen on an address that other machines reach.
        model: the name or folder of a sentence-transformers model; None is the bundled one.
        reader: ``bundled``, ``none``, or the name or folder of a sentence-transformers CrossEncoder.
        weights: weights that were learned for another encoder or reader; None is those of the bundled ones.
        max_megabytes: the size of a file, in units of 1024² bytes, from which on it is not read.
        max_text_megabytes: the text of a file, in units of 1024² bytes of UTF-8, likewise.
        max_pages: the pages of a file, likewise.
        max_expansion: how many times its size an archive may grow when it is unpacked.
        max_unpacked_megabytes: what an archive may grow to at most.
        max_seconds: the time that reading a file may take.
        max_memory_megabytes: the memory that reading a file may take; it is bounded on Linux only.
        passwords: tried in turn on an encrypted file. They are not shown.
        ocr: whether pages without a text layer are read by optical character recognition.
        ocr_languages: codes of the languages that they may be in, as tesseract has them.
        llm: who provides the language model that writes answers; ``none`` has them quoted.
        llm_model: its name there, or the path of a GGUF file for llama.cpp in this process.
        llm_address: the URL of its server; None is the provider's own.
        llm_key: what its server knows callers by. It is not shown.
        llm_context: the tokens that it reads and writes at most, together.
        llm_reply: of them, for its reply.
        llm_timeout: the seconds in which it must have answered.
        llm_prices: what a million tokens cost, sent and written.
        llm_certain: the probability that the library answers a question, from which on what the model writes
            may count as supported.
        unsupported: whether a sentence that nothing carries is left out or shown struck out.
        entailment: the name or folder of a CrossEncoder that tells whether a text entails another; None is
            none.
        config: the TOML file to read instead of the one in the home folder.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    home: Path = Field(default_factory=default_home, validate_default=True)
    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 7860
    allowed_hosts: Annotated[tuple[HostName, ...], NoDecode] = ()
    allowed_origins: Annotated[tuple[WebOrigin, ...], NoDecode] = ()
    insecure: bool = False
    model: Annotated[str, Field(min_length=1)] | None = None
    reader: Annotated[str, Field(min_length=1)] = "bundled"
    weights: Path | None = None
    max_megabytes: Annotated[int, Field(ge=1)] = 256
    max_text_megabytes: Annotated[int, Field(ge=1)] = 20
    max_pages: Annotated[int, Field(ge=1)] = 10_000
    max_expansion: Annotated[int, Field(ge=1)] = 200
    max_unpacked_megabytes: Annotated[int, Field(ge=1)] = 512
    max_seconds: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 300.0
    max_memory_megabytes: Annotated[int, Field(ge=256)] = 4096
    passwords: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    ocr: bool = False
    ocr_languages: Annotated[tuple[LanguageCode, ...], NoDecode, Field(min_length=1)] = ("eng",)
    llm: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = NO_MODEL
    llm_model: Annotated[str, Field(min_length=1)] | None = None
    llm_address: Annotated[str, Field(pattern=r"^https?://.")] | None = None
    llm_key: SecretStr | None = None
    llm_context: Annotated[int, Field(ge=1024)] = 4096
    llm_reply: Annotated[int, Field(ge=32)] = 512
    llm_timeout: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 60.0
    llm_prices: Annotated[tuple[Price, Price], NoDecode] | None = None
    llm_certain: Annotated[float, Field(ge=0, le=1)] = CERTAIN
    unsupported: Literal["drop", "strike"] = "drop"
    entailment: Annotated[str, Field(min_length=1)] | None = None
    config: Path | None = None

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        home = home.expanduser().resolve()
        if home.exists() and not home.is_dir():
            raise ValueError("not a folder")
        return home

    @field_validator(
        "passwords", "ocr_languages", "llm_prices", "allowed_hosts", "allowed_origins", mode="before"
    )
    @classmethod
    def _listed(cls, written: object) -> object:
        """A list from what an environment variable can hold."""
        if not isinstance(written, str):
            return written
        if written.lstrip().startswith("["):
            return json.loads(written)
        return [part.strip() for part in written.split(",") if part.strip()]

    def language_model(self) -> ModelSettings | None:
        """The language model that writes answers; None where they are quoted.

        Raises:
            SettingsError: if a provider is named without a model, or with more reply than context.
        """
        if self.llm == NO_MODEL:
            return None
        from rag.llm import Limits, ModelSettings, Prices

        if self.llm_model is None:
            raise SettingsError(
                f"the setting llm is {self.llm!r}, and llm_model is not set; it must be {NEEDED['llm_model']}"
            )
        if self.llm_reply > self.llm_context // 2:
            raise SettingsError(
                f"the setting llm_reply is {self.llm_reply}; it must be at most half of llm_context, "
                f"{self.llm_context // 2}"
            )
        return ModelSettings(
            self.llm,
            self.llm_model,
            self.llm_address,
            self.llm_key.get_secret_value() if self.llm_key else None,
            Limits(self.llm_context, self.llm_reply, self.llm_timeout),
            Prices(*self.llm_prices) if self.llm_prices else None,
        )

    def loading(self) -> Options:
        """How files are to be read.

        Raises:
            SettingsError: if pages are to be recognised, and what that needs is not installed.
        """
        from index.errors import RecognitionError
        from index.loaders import Limits, Options, check

        if self.ocr:
            try:
                check(self.ocr_languages)
            except RecognitionError as error:
                raise SettingsError(f"the setting ocr cannot be used: {error}") from error
        return Options(
            Limits(
                megabytes=self.max_megabytes,
                text_megabytes=self.max_text_megabytes,
                pages=self.max_pages,
                expansion=self.max_expansion,
                unpacked_megabytes=self.max_unpacked_megabytes,
                seconds=self.max_seconds,
                memory_megabytes=self.max_memory_megabytes,
            ),
            tuple(password.get_secret_value() for password in self.passwords),
            self.ocr,
            self.ocr_languages,
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, strongest first. Which file is read depends on the two above it."""
        del dotenv_settings, file_secret_settings
        in_file = _read_file({**env_settings(), **init_settings()})
        return init_settings, env_settings, InitSettingsSource(settings_cls, in_file)


def load_settings(**given: Path | str | int | bool | None) -> Settings:
    """The settings, with what the command line gives above everything else.

    Args:
        given: settings by name; None means "not given".

    Raises:
        SettingsError: if a value cannot be used, if the file cannot be read or knows a key that is
            not a setting.
    """
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**chosen)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        source = f"--{name}" if name in chosen else f"the setting {name} ({PREFIX}{name.upper()})"
        if name in SECRET:  # neither in the line nor in a chain of errors
            raise SettingsError(f"{source} cannot be used; it must be {NEEDED[name]}") from None
        value = problem["input"]
        raise SettingsError(f"{source} is {str(masked(value))!r}; it must be {NEEDED[name]}") from (
            # A chain of errors would repeat what is masked.
            None if isinstance(value, dict) else error
        )


def home_id(home: Path) -> str:
    """A short name for a home folder that gives away nothing of its path.

    A server answers with it, so that a command can tell whether it is the server of the same home.
    """
    return hashlib.sha256(str(home.expanduser().resolve()).encode()).hexdigest()[:HOME_ID_DIGITS]


def _read_file(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in the TOML file that the environment or the command line leads to.

    Raises:
        SettingsError: as ``load_settings``.
    """
    named = chosen.get("config")
    file = Path(named or Path(chosen.get("home") or default_home()) / FILE_NAME).expanduser()
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        if named is None:
            return {}
        raise SettingsError(
            f"{PREFIX}CONFIG names {str(file)!r}, which does not exist; correct the path, or unset it"
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} cannot be read as TOML ({error}); correct it or move it away") from error
    # A home or another file named in the file that the home leads to would contradict how it was found.
    allowed = set(NEEDED) - {"config"} - (set() if named else {"home"})
    for key, value in found.items():
        if key not in allowed:
            raise SettingsError(f"{file}: unknown setting {shown(key, value)}; {_remedy(key, allowed)}")
    if "home" in found and isinstance(found["home"], str):
        found["home"] = file.parent / Path(found["home"]).expanduser()
    return found


def _remedy(key: str, allowed: set[str]) -> str:
    if key in NEEDED:
        return f"set {PREFIX}{key.upper()} in the environment instead"
    if close := get_close_matches(key, allowed, n=1):
        return f"did you mean {close[0]}?"
    return f"remove it; known are {', '.join(sorted(allowed))}"
