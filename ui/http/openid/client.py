"""The requests to a provider, and the check of its id tokens with Authlib."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import httpx2
from anyio import fail_after
from authlib.integrations.starlette_client import OAuth, OAuthError, StarletteOAuth2App
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import AfterValidator, BaseModel, ValidationError

from index.errors import FootnotedError
from ui.accounts import Pending, Person
from ui.settings import ProviderChoice


class ProviderError(FootnotedError):
    """A sign-in with a provider cannot go on."""


class ProviderDownError(ProviderError):
    """The provider does not answer, or answers with a server error."""


class ProviderResponseError(ProviderError):
    """The provider's response has a form that this server cannot use."""


class UnverifiedError(ProviderError):
    """The code or the id token is not valid for the sign-in."""


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


MAX_BYTES = 500_000
"""The maximum length of a provider's response, in bytes."""


class ShortResponses(httpx2.AsyncBaseTransport):
    """Sends each request on a new connection, and refuses a response of more than ``MAX_BYTES``.

    Responses are never decompressed, so that a short response cannot become a long one.
    """

    def __init__(self) -> None:
        self._tls = httpx2.create_ssl_context()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            ProviderResponseError: if the response is too long.
            httpx2.TransportError: if there is no response.
        """
        request.headers["Accept-Encoding"] = "identity"
        body = bytearray()
        async with httpx2.AsyncHTTPTransport(verify=self._tls) as transport:
            response = await transport.handle_async_request(request)
            try:
                async for part in response.aiter_raw():
                    body += part
                    if len(body) > MAX_BYTES:
                        raise ProviderResponseError(f"the response has more than {MAX_BYTES:,} bytes")
            finally:
                await response.aclose()
        kind = {"Content-Type": response.headers.get("content-type", "")}
        return httpx2.Response(response.status_code, headers=kind, content=bytes(body), request=request)


SECONDS = 10.0
"""The time that the provider has for each step of a sign-in, in seconds."""

LEEWAY_SECONDS = 60
"""The maximum difference between the provider's clock and this server's, in seconds."""

_SCOPES = "openid profile email"

_INVALID_VALUE_ERRORS = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
    OAuthError,
    JoseError,
    httpx2.InvalidURL,
)
"""The errors that Authlib raises for values whose form breaks the standards."""


class Client:
    """This server as a client of the provider, made from the provider's description of itself.

    Attributes:
        names_itself: whether the provider adds its issuer to the callback address (``iss`` of RFC 9207).
    """

    def __init__(self, choice: ProviderChoice, found: Description, transport: ShortResponses) -> None:
        secret = choice.secret.get_secret_value() if choice.secret else None
        authentication = found.authentication(has_secret=secret is not None)
        if authentication is None:
            raise ProviderResponseError(
                f"{choice.issuer} accepts a secret neither by client_secret_basic nor by client_secret_post"
            )
        self.names_itself = found.authorization_response_iss_parameter_supported
        self._choice = choice
        self._userinfo = found.userinfo_endpoint
        # Authlib gets only the checked fields of the description. It would use other fields as options.
        self._app: StarletteOAuth2App = OAuth().register(
            "provider",
            client_id=choice.client,
            client_secret=secret,
            authorize_url=found.authorization_endpoint,
            access_token_url=found.token_endpoint,
            jwks_uri=found.jwks_uri,
            userinfo_endpoint=found.userinfo_endpoint,
            id_token_signing_alg_values_supported=found.algorithms(),
            client_kwargs={
                "scope": _SCOPES,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": authentication,
                "transport": transport,
                "timeout": SECONDS,
                "leeway": 0,  # Access tokens are used at once, and some last only a minute.
            },
        )

    async def address(self, pending: Pending, callback: str) -> str:
        """Return the URL at which a person signs in; see :meth:`ui.http.openid.provider.Provider.address`."""
        made = await self._app.create_authorization_url(
            callback, state=pending.state, nonce=pending.nonce, code_verifier=pending.verifier
        )
        return str(made["url"])

    async def person(self, pending: Pending, callback: str, code: str) -> Person:
        """Return the person who has signed in; see :meth:`ui.http.openid.provider.Provider.person`."""
        with _asked(self._choice.issuer):
            token = await self._token(pending, callback, code)
            KeySet.import_key_set(await self._app.fetch_jwk_set())
            claims = await self._claims(token, pending.nonce)
            subject = claims["sub"]
            if self._choice.claim not in claims and self._userinfo and "access_token" in token:
                claims = await self._app.userinfo(token=token)
                if claims.get("sub") != subject:
                    raise UnverifiedError("the user's information is about another subject")
            person = Person(self._choice.issuer, subject, self._name(claims))
            # JSON can have lone surrogates, which no database stores; they raise a ValueError here.
            (person.subject + person.name).encode()
        return person

    async def _token(self, pending: Pending, callback: str, code: str) -> dict[str, Any]:
        try:
            token = await self._app.fetch_access_token(callback, code=code, code_verifier=pending.verifier)
        except OAuthError as error:
            if error.error == "invalid_grant":
                raise UnverifiedError(f"the code is refused: {error}") from error
            raise
        if not isinstance(token.get("id_token"), str):
            raise ProviderResponseError(f"{self._choice.issuer} sent no id token")
        return dict(token)

    async def _claims(self, token: dict[str, Any], nonce: str) -> Mapping[str, Any]:
        """Check the id token, and return its claims.

        Raises:
            UnverifiedError: if the id token is not valid.
        """
        needed = {"iss": self._choice.issuer, "aud": self._choice.client, "nonce": nonce}
        options: dict[str, Any] = {
            name: {"essential": True, "value": value} for name, value in needed.items()
        }
        try:
            claims: Mapping[str, Any] = await self._app.parse_id_token(
                token, nonce, claims_options={**options, "sub": {"essential": True}}, leeway=LEEWAY_SECONDS
            )
        except _INVALID_VALUE_ERRORS as error:
            raise UnverifiedError(f"the id token is not valid: {type(error).__name__} {error}") from error
        return claims

    def _name(self, claims: Mapping[str, Any]) -> str:
        """Return the person's name; empty if the claims have no name or only an unverified e-mail address."""
        name = claims.get(self._choice.claim)
        is_verified = self._choice.claim != "email" or claims.get("email_verified") is True
        return name if isinstance(name, str) and is_verified else ""


async def fetch_client(choice: ProviderChoice) -> Client:
    """Fetch a provider's description of itself, and return the client for the provider.

    Raises:
        ProviderDownError: if the provider does not answer.
        ProviderResponseError: if the provider's description cannot be used.
    """
    transport = ShortResponses()
    with _asked(choice.issuer):
        async with httpx2.AsyncClient(transport=transport, timeout=SECONDS) as client:
            answer = (await client.get(description_url(choice.issuer))).raise_for_status()
        return Client(choice, read_description(answer.content, choice.issuer), transport)


@contextmanager
def _asked(issuer: str) -> Iterator[None]:
    """Limit the time of the requests within the context, and turn their errors into a ``ProviderError``."""
    try:
        with fail_after(SECONDS):
            yield
    except (TimeoutError, httpx2.TransportError) as error:
        raise ProviderDownError(f"{issuer} does not answer: {type(error).__name__} {error}") from error
    except httpx2.HTTPStatusError as error:
        kind = ProviderDownError if error.response.is_server_error else ProviderResponseError
        raise kind(f"{error.request.url} answers {error.response.status_code}") from error
    except _INVALID_VALUE_ERRORS as error:
        raise ProviderResponseError(
            f"{issuer} sent a response that cannot be used: {type(error).__name__} {error}"
        ) from error
