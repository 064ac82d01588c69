"""Sign-in with an OpenID Connect provider: the authorization code flow with PKCE, state and nonce.

Authlib bounds no response, takes any field of a provider's description for an option (even ``verify``), keeps
it for ever, and compares no issuer (RFC 9207): these checks are here. Its state and nonce can be reused.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from anyio import Lock, fail_after
from pydantic import AfterValidator, BaseModel, ValidationError

from index.errors import FootnotedError
from ui.accounts import Pending, Person
from ui.settings import ProviderChoice

if TYPE_CHECKING:
    import httpx2

# The accepted signature algorithms: those that sign with a private key, which only the provider has.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# The seconds after which the server fetches the provider's description and keys again.
DESCRIPTION_SECONDS = 3_600.0
# The seconds after a failure in which sign-ins fail at once instead of waiting for the provider again.
PAUSE_SECONDS = 3.0
SECONDS = 10.0

LEEWAY_SECONDS = 60  # the maximum difference between the provider's clock and this server's
MAX_BYTES = 500_000

_CODE = re.compile(r"[ -~]{1,4096}")

# A URL in printable ASCII without a fragment; ``http`` is allowed on this machine only.
_ENDPOINT = re.compile(
    r"(https://[!-.0->A-\[\]-~]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)([/?][!-\"$-\[\]-~]*)?"
)


class ProviderError(FootnotedError):
    """A sign-in with a provider cannot go on."""


class ProviderDownError(ProviderError):
    """The provider does not answer, or answers with a server error."""


class ProviderResponseError(ProviderError):
    """The provider's response has a form that this server cannot use."""


class UnverifiedError(ProviderError):
    """The code or the id token is not valid for the sign-in."""


class Provider:
    """It gets no request before the first sign-in. ``callback`` is where it returns the browser."""

    def __init__(self, choice: ProviderChoice) -> None:
        self.choice = choice
        self._asking = Lock()
        self._found: _Client | ProviderError | None = None
        self._until = 0.0

    async def address(self, pending: Pending, callback: str) -> str:
        """Raises ProviderError if the provider cannot be used now."""
        return await (await self._described()).address(pending, callback)

    async def person(self, pending: Pending, callback: str, code: str, issuer: str) -> Person:
        """``issuer`` is empty if the browser brings none. Raises UnverifiedError or ProviderError."""
        client = await self._described()
        if issuer != self.choice.issuer and (issuer or client.names_itself):
            raise UnverifiedError(f"the response is of the issuer {issuer[:200]!r}")
        if not _CODE.fullmatch(code):
            raise UnverifiedError("the response has no code")
        return await client.person(pending, callback, code)

    async def _described(self) -> _Client:
        async with self._asking:
            if self._found is None or time.monotonic() >= self._until:
                seconds = DESCRIPTION_SECONDS
                try:
                    self._found = await _fetch_client(self.choice)
                except ProviderError as error:
                    self._found, seconds = error, PAUSE_SECONDS
                self._until = time.monotonic() + seconds
            if isinstance(self._found, ProviderError):
                raise type(self._found)(str(self._found))
            return self._found


async def _fetch_client(choice: ProviderChoice) -> _Client:
    import httpx2

    transport = _short_responses()
    with _asked(choice.issuer):
        async with httpx2.AsyncClient(transport=transport, timeout=SECONDS) as client:
            url = f"{choice.issuer.rstrip('/')}/.well-known/openid-configuration"
            answer = (await client.get(url)).raise_for_status()
        return _Client(choice, _read_description(answer.content, choice.issuer), transport)


def _checked(url: str) -> str:
    if not _ENDPOINT.fullmatch(url) or "@" in url.partition("://")[2].partition("/")[0]:
        raise ValueError("not an https URL, or not one on this machine")
    return url


_Endpoint = Annotated[str, AfterValidator(_checked)]


class _Description(BaseModel):
    """The part of a provider's description that this server needs. The fields have the standard's names."""

    issuer: str
    authorization_endpoint: _Endpoint
    token_endpoint: _Endpoint
    jwks_uri: _Endpoint
    userinfo_endpoint: _Endpoint | None = None
    id_token_signing_alg_values_supported: list[str] = ["RS256"]
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]
    authorization_response_iss_parameter_supported: bool = False

    def algorithms(self) -> list[str]:
        return [name for name in ALGORITHMS if name in self.id_token_signing_alg_values_supported]


def _read_description(body: bytes, issuer: str) -> _Description:
    try:
        found = _Description.model_validate_json(body)
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


class _Client:
    def __init__(
        self, choice: ProviderChoice, found: _Description, transport: httpx2.AsyncBaseTransport
    ) -> None:
        from authlib.integrations.starlette_client import OAuth

        ways = ("client_secret_basic", "client_secret_post") if choice.secret else ("none",)
        accepted = {"none", *found.token_endpoint_auth_methods_supported}
        authentication = next((way for way in ways if way in accepted), None)
        if authentication is None:
            raise ProviderResponseError(
                f"{choice.issuer} accepts a secret neither by client_secret_basic nor by client_secret_post"
            )
        self.names_itself = found.authorization_response_iss_parameter_supported
        self._choice = choice
        self._userinfo = found.userinfo_endpoint
        self._has_keys = False
        # Authlib gets only the checked fields of the description. It would use other fields as options.
        self._app = OAuth().register(
            "provider",
            client_id=choice.client,
            client_secret=choice.secret.get_secret_value() if choice.secret else None,
            authorize_url=found.authorization_endpoint,
            access_token_url=found.token_endpoint,
            jwks_uri=found.jwks_uri,
            userinfo_endpoint=found.userinfo_endpoint,
            id_token_signing_alg_values_supported=found.algorithms(),
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": authentication,
                "transport": transport,
                "timeout": SECONDS,
                "leeway": 0,  # Access tokens are used at once, and some last only a minute.
            },
        )

    async def address(self, pending: Pending, callback: str) -> str:
        made = await self._app.create_authorization_url(
            callback, state=pending.state, nonce=pending.nonce, code_verifier=pending.verifier
        )
        return str(made["url"])

    async def person(self, pending: Pending, callback: str, code: str) -> Person:
        from joserfc.jwk import KeySet

        with _asked(self._choice.issuer):
            token = await self._token(pending, callback, code)
            # Authlib keeps whatever the provider answers, so an answer without keys is fetched again.
            KeySet.import_key_set(await self._app.fetch_jwk_set(force=not self._has_keys))
            self._has_keys = True
            claims = await self._claims(token, pending.nonce)
            subject = claims["sub"]
            if self._choice.claim not in claims and self._userinfo and "access_token" in token:
                claims = await self._app.userinfo(token=token)
                if claims.get("sub") != subject:
                    raise UnverifiedError("the user's information is about another subject")
            name = claims.get(self._choice.claim)
            is_verified = self._choice.claim != "email" or claims.get("email_verified") is True
            known = name if isinstance(name, str) and is_verified else ""
            person = Person(self._choice.issuer, subject, known)
            # JSON can have lone surrogates, which no database stores; they raise a ValueError here.
            (person.subject + person.name).encode()
        return person

    async def _token(self, pending: Pending, callback: str, code: str) -> dict[str, Any]:
        from authlib.integrations.starlette_client import OAuthError

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
        needed = {"iss": self._choice.issuer, "aud": self._choice.client, "nonce": nonce}
        options: dict[str, Any] = {
            name: {"essential": True, "value": value} for name, value in needed.items()
        }
        try:
            claims: Mapping[str, Any] = await self._app.parse_id_token(
                token, nonce, claims_options={**options, "sub": {"essential": True}}, leeway=LEEWAY_SECONDS
            )
        except _invalid_values() as error:
            raise UnverifiedError(f"the id token is not valid: {type(error).__name__} {error}") from error
        return claims


def _short_responses() -> httpx2.AsyncBaseTransport:
    """Never decompress, so that a short response cannot become a long one."""
    import httpx2

    tls = httpx2.create_ssl_context()

    class ShortResponses(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            request.headers["Accept-Encoding"] = "identity"
            body = bytearray()
            async with httpx2.AsyncHTTPTransport(verify=tls) as transport:
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

    return ShortResponses()


@contextmanager
def _asked(issuer: str) -> Iterator[None]:
    import httpx2

    try:
        with fail_after(SECONDS):
            yield
    except (TimeoutError, httpx2.TransportError) as error:
        raise ProviderDownError(f"{issuer} does not answer: {type(error).__name__} {error}") from error
    except httpx2.HTTPStatusError as error:
        kind = ProviderDownError if error.response.is_server_error else ProviderResponseError
        raise kind(f"{error.request.url} answers {error.response.status_code}") from error
    except _invalid_values() as error:
        raise ProviderResponseError(
            f"{issuer} sent a response that cannot be used: {type(error).__name__} {error}"
        ) from error


def _invalid_values() -> tuple[type[Exception], ...]:
    import httpx2
    from authlib.integrations.starlette_client import OAuthError
    from joserfc.errors import JoseError

    usual = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
    return (*usual, OAuthError, JoseError, httpx2.InvalidURL)
