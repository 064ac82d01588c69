"""The settings of sign-in with an OpenID Connect provider."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ui.errors import SettingsError
from ui.operation_settings import TRUE_OR_FALSE, Needs

Issuer = Annotated[
    str,
    Field(
        pattern=r"^(https://[^\s/?#@\\]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)(/[^\s?#\\]*)?$"
    ),
]
"""The address of a provider. It needs TLS, unless the provider runs on this machine."""


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """The provider with which people sign in, as the settings describe it.

    Attributes:
        issuer: the provider's address, exactly as the provider's tokens name it.
        client: the id of this server at the provider.
        secret: the secret of this server at the provider; None for a public client.
        name: the provider's name on the sign-in page.
        claim: the claim of an id token that gives the name of a user.
        admits_all: whether a user of the provider may sign in before an administrator adds an account.
        allows_passwords: whether people may also sign in with a name and a password.
    """

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
        Issuer | None,
        Needs("an https address without a query (http on loopback only)"),
    ] = Field(
        None,
        description="The address of an OpenID Connect provider with which people sign in (after "
        "`pip install 'footnoted[openid]'`), exactly as the provider gives it as its issuer.",
    )
    openid_client: Annotated[Annotated[str, Field(min_length=1)] | None, Needs("an id of a client")] = Field(
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
        """Return the provider with which people sign in; None if the settings name no provider.

        Raises:
            SettingsError: if ``openid_issuer`` is set, but ``openid_client`` is not, or the packages for
                sign-in with a provider are not installed.
        """
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
