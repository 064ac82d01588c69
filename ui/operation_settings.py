"""The settings for operators of a server: database, log, limits for each sender, lifetime of records."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import NoDecode


@dataclass(frozen=True, slots=True)
class Needs:
    """The form that a setting's value must have, in words for error messages and the documentation."""

    words: str


TRUE_OR_FALSE = Needs("true or false")

_LIMIT = Needs("a whole number from 0 (no limit) to 1,000,000")
_DAYS = Needs("a whole number of days from 0 (for ever) to 36,500")

Limit = Annotated[int, Field(ge=0, le=1_000_000), _LIMIT]
Days = Annotated[int, Field(ge=0, le=36_500), _DAYS]


WebHost = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]+(:[0-9]{1,5})?$")]
"""The name of a web host, followed by the port if it is not the scheme's default port."""


def _network(written: str) -> str:
    if ip_network(written).prefixlen == 0:
        raise ValueError("every address")
    return written


Network = Annotated[str, AfterValidator(_network)]
"""An IP address, or a network such as ``10.0.0.0/8``. A network of all addresses is not allowed."""


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
        6_000,
        description="The most requests a minute from one address of another machine. 0 for no limit.",
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
        """The address of the catalog's database; empty for a file in the home folder."""
        return self.database_url.get_secret_value() if self.database_url else ""

    @property
    def index_url(self) -> str:
        """The address of the server that keeps the vectors; empty for files in the home folder."""
        return self.index.get_secret_value() if self.index else ""
