"""Sends a person to a provider to sign in, and learns from the provider who the person is.

This is the authorization code flow of OpenID Connect, with PKCE, state and nonce.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from anyio import Lock

from ui.accounts import Pending, Person
from ui.http.openid.client import ProviderError, UnverifiedError
from ui.settings import ProviderChoice

if TYPE_CHECKING:
    from ui.http.openid.client import Client

DESCRIPTION_SECONDS = 3_600.0
"""The seconds after which the server fetches the provider's description and keys again."""

PAUSE_SECONDS = 3.0
"""The seconds after a failure in which sign-ins fail at once instead of waiting for the provider again."""

_CODE = re.compile(r"[ -~]{1,4096}")


class Provider:
    """The provider with which people sign in. It gets no request before the first person signs in.

    Attributes:
        choice: the provider's settings.
    """

    def __init__(self, choice: ProviderChoice, clock: Callable[[], float] = time.monotonic) -> None:
        """Use the provider that ``choice`` describes; ``clock`` tells the time in seconds."""
        self.choice = choice
        self._clock = clock
        self._asking = Lock()
        self._found: Client | ProviderError | None = None
        self._until = 0.0

    async def address(self, pending: Pending, callback: str) -> str:
        """Return the URL at which a person signs in to the provider.

        Args:
            pending: the sign-in that the person has begun.
            callback: the address of this server to which the provider returns the browser.

        Raises:
            ProviderError: if the provider cannot be used now.
        """
        return await (await self._described()).address(pending, callback)

    async def person(self, pending: Pending, callback: str, code: str, issuer: str) -> Person:
        """Return the person who has signed in to the provider.

        Args:
            pending: the sign-in, as :meth:`ui.accounts.sessions.PendingSignIns.end` returned it.
            callback: the same as for :meth:`address`.
            code: the authorization code with which the browser has come back.
            issuer: the issuer with which the browser has come back; empty if there is none.

        Raises:
            UnverifiedError: if the code or the id token is not valid for this sign-in.
            ProviderError: if the provider cannot be used now.
        """
        client = await self._described()
        if issuer != self.choice.issuer and (issuer or client.names_itself):
            raise UnverifiedError(f"the response is of the issuer {issuer[:200]!r}")
        if not _CODE.fullmatch(code):
            raise UnverifiedError("the response has no code")
        return await client.person(pending, callback, code)

    async def _described(self) -> Client:
        """Return the client for the provider, made from its latest description.

        Raises:
            ProviderError: if the provider does not describe itself, or its description cannot be used.
        """
        from ui.http.openid.client import fetch_client

        async with self._asking:
            if self._found is None or self._clock() >= self._until:
                seconds = DESCRIPTION_SECONDS
                try:
                    self._found = await fetch_client(self.choice)
                except ProviderError as error:
                    self._found, seconds = error, PAUSE_SECONDS
                self._until = self._clock() + seconds
            if isinstance(self._found, ProviderError):
                raise type(self._found)(str(self._found))
            return self._found
