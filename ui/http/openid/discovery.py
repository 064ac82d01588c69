"""The provider's description of itself (https://openid.net/specs/openid-connect-discovery-1_0.html)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ValidationError

from ui.http.openid.errors import ProviderResponseError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""The accepted signature algorithms: those that sign with a private key, which only the provider has."""

_ENDPOINT = re.compile(
    r"(https://[!-.0->A-\[\]-~]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)([/?][!-\"$-\[\]-~]*)?"
)
"""A URL in printable ASCII without a fragment; ``http`` is allowed on this machine only."""


def _checked(url: str) -> str:
    if not _ENDPOINT.fullmatch(url) or "@" in url.partition("://")[2].partition("/")[0]:
        raise ValueError("not an https URL, or not one on this machine")
    return url


Endpoint = Annotated[str, AfterValidator(_checked)]


class Description(BaseModel):
    """The part of a provider's description that this server needs. The fields have the standard's names."""

    issuer: str
    authorization_endpoint: Endpoint
    token_endpoint: Endpoint
    jwks_uri: Endpoint
    userinfo_endpoint: Endpoint | None = None
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False

    def algorithms(self) -> list[str]:
        """Return the provider's signature algorithms that this server accepts."""
        return [name for name in ALGORITHMS if name in self.id_token_signing_alg_values_supported]

    def authentication(self, *, has_secret: bool) -> str | None:
        """Return the method by which this server authenticates itself to the provider.

        The method is ``"none"`` if this server has no secret. Return None if this server has a secret, but
        the provider accepts no method that this server knows.
        """
        if not has_secret:
            return "none"
        ways = ("client_secret_basic", "client_secret_post")
        return next((way for way in ways if way in self.token_endpoint_auth_methods_supported), None)


def description_url(issuer: str) -> str:
    """Return the URL at which a provider describes itself."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def read_description(body: bytes, issuer: str) -> Description:
    """Read the description of the provider ``issuer``.

    Raises:
        ProviderResponseError: if the description belongs to another issuer, lacks an endpoint, names an
            endpoint without TLS although the issuer has TLS, or names no accepted signature algorithm.
    """
    try:
        found = Description.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"])) or "all of it"
        raise ProviderResponseError(
            f"the description of {issuer} cannot be used: {field}: {problem['msg']}"
        ) from error
    if found.issuer != issuer:
        raise ProviderResponseError(
            f"the provider calls itself {found.issuer[:200]!r}, and openid_issuer is {issuer!r}; they must "
            "be the same"
        )
    named = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.userinfo_endpoint)
    if issuer.startswith("https:") and any(url and not url.startswith("https:") for url in named):
        raise ProviderResponseError(f"the description of {issuer} names an endpoint without TLS")
    if not found.algorithms():
        raise ProviderResponseError(f"{issuer} signs with none of {', '.join(ALGORITHMS)}")
    return found
