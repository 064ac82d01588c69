"""An OpenID Connect provider on this machine, which signs with real keys; a test can let it misbehave."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters, RSAKey
from joserfc.jws import JWSRegistry

CLIENT = "footnoted"
SECRET = "the client's secret: 7+7"  # noqa: S105 (of the tests' provider)
ADA = {"sub": "u-17", "preferred_username": "ada"}


@cache
def key(kind: str = "RS256", name: str = "first") -> ECKey | RSAKey:
    """A key for a kind of signature; another name means another key."""
    options: KeyParameters = {"kid": name, "use": "sig", "alg": kind}
    if kind == "ES256":
        return ECKey.generate_key("P-256", options)
    return RSAKey.generate_key(2048, options)


@dataclass
class Code:
    callback: str
    challenge: str
    nonce: str
    scope: str


@dataclass
class OpenIDProvider:
    """None in ``token`` or ``description`` leaves a field out; None as ``info`` means ``claims``.

    ``answers`` replace the provider's own, by path; ``refuses`` is an error, ``secret`` empty if public.
    """

    issuer: str
    claims: dict[str, Any] = field(default_factory=lambda: dict(ADA))
    info: dict[str, Any] | None = None
    token: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    signs: tuple[str, str] = ("RS256", "first")
    secret: str = SECRET
    published: list[tuple[str, str]] = field(default_factory=lambda: [("RS256", "first")])
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    refuses: str = ""
    shows_page: bool = False
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        own = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "code_challenge_methods_supported": ["S256"],
        }
        return {name: value for name, value in (own | self.description).items() if value is not None}

    def keys(self) -> dict[str, Any]:
        return {"keys": [key(*each).as_dict(private=False) for each in self.published]}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        own = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        changed = {**own, **self.claims, **self.token}
        claims = {name: value for name, value in changed.items() if value is not None}
        kind, name = self.signs
        if kind == "none":
            return ".".join([_part({"alg": "none"}), _part(claims), ""])
        if kind == "unsigned":
            return ".".join([_part({"alg": "RS256", "kid": name}), _part(claims), ""])
        if kind == "HS256":  # The password is the public key, which everyone knows.
            signed = f"{_part({'alg': 'HS256', 'kid': name})}.{_part(claims)}"
            public = key("RS256", name).as_pem(private=False)
            return f"{signed}.{_text(hmac.digest(public, signed.encode(), sha256))}"
        registry = JWSRegistry(algorithms=[kind])
        return jwt.encode({"alg": kind, "kid": name}, claims, key(kind, name), registry=registry)


def _part(content: dict[str, Any]) -> str:
    return _text(json.dumps(content).encode())


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.provider = OpenIDProvider(f"http://{host}:{self.server_port}")


class _Answers(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        provider, path = self.server.provider, urlsplit(self.path).path
        provider.asked.append(path)
        if path in provider.answers:
            self._send(*provider.answers[path])
        elif path == "/.well-known/openid-configuration":
            self._json(200, provider.described())
        elif path == "/keys":
            self._json(200, provider.keys())
        elif path == "/userinfo":
            is_known = self.headers.get("Authorization", "").startswith("Bearer at-")
            self._json(200 if is_known else 401, provider.info or provider.claims)
        elif path == "/authorize" and provider.shows_page:
            query = urlsplit(self.path).query
            page = f'<!doctype html><title>Provider</title><a href="/continue?{query}">Go on</a>'
            self._send(200, page.encode(), "text/html")
        elif path in {"/authorize", "/continue"}:
            self._authorize()
        else:
            self._send(404, b"")

    def do_POST(self) -> None:
        provider = self.server.provider
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        provider.asked.append(self.path)
        if self.path in provider.answers:
            self._send(*provider.answers[self.path])
        else:
            sent = {name: values[0] for name, values in parse_qs(body).items()}
            if self._is_client(sent):
                self._exchange(sent)
            else:
                self._json(401, {"error": "invalid_client"})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _authorize(self) -> None:
        provider = self.server.provider
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        provider.codes[code] = Code(
            asked["redirect_uri"], asked["code_challenge"], asked["nonce"], asked["scope"]
        )
        answer = {"state": asked["state"], "iss": provider.issuer, "code": code}
        if provider.refuses:
            answer = {"state": asked["state"], "error": provider.refuses}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _exchange(self, sent: dict[str, str]) -> None:
        provider = self.server.provider
        known = provider.codes.pop(sent.get("code", ""), None)
        challenge = _text(sha256(sent.get("code_verifier", "").encode()).digest())
        if (
            known is None
            or (sent["grant_type"], sent["redirect_uri"]) != ("authorization_code", known.callback)
            or challenge != known.challenge
        ):
            self._json(400, {"error": "invalid_grant"})
            return
        token = {"access_token": f"at-{secrets.token_urlsafe()}", "token_type": "Bearer", "expires_in": 60}
        self._json(200, {**token, "id_token": provider.id_token(known.nonce)})

    def _is_client(self, sent: dict[str, str]) -> bool:
        """Return whether the request has the client's name and secret, in the header or in the body."""
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            name, _, secret = b64decode(value).decode().partition(":")
        else:
            name, secret = sent.get("client_id", ""), sent.get("client_secret", "")
        return name == CLIENT and self.server.provider.secret in {secret, unquote(secret.replace("+", " "))}

    def _json(self, status: int, content: object) -> None:
        self._send(status, json.dumps(content).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def openid_provider(host: str = "127.0.0.1") -> Iterator[OpenIDProvider]:
    server = _Server(host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
