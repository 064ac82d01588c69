"""The routes that lead to the sign-in provider, and back from the provider."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ui.accounts import PENDING_SECONDS, Pending, SignIn, TooManyAttemptsError
from ui.errors import AccountError, NotAdmittedError
from ui.http.access.check import client_address
from ui.http.openid import Provider, ProviderDownError, ProviderError, ProviderResponseError, UnverifiedError
from ui.http.router import Router
from ui.operations import log_event, note
from ui.page.sign_in.form import NO_STORE, PROVIDER_ROUTE, SignInForm, language_of, local_path

CALLBACK_ROUTE = f"{PROVIDER_ROUTE}/callback"
"""The path to which the provider redirects the browser after the sign-in."""

MOST_PENDING = 8
"""The most sign-ins that a browser keeps at a time. Without a limit, another site could add many cookies."""

_FAILURES: dict[type[ProviderError], tuple[int, str]] = {
    ProviderDownError: (503, "signIn.down"),
    ProviderResponseError: (502, "signIn.unusable"),
    UnverifiedError: (403, "signIn.unverified"),
}
"""The status and the words for each error of the provider."""


def add_provider_routes(router: Router, sign_in: SignIn, form: SignInForm, provider: Provider | None) -> None:
    """Add the routes that send a browser to the sign-in provider and receive it when it comes back.

    If ``provider`` is None, both routes answer with 404.
    """
    known = _ProviderSignIn(sign_in, form, provider) if provider else None

    def required() -> _ProviderSignIn:
        if known is None:
            raise HTTPException(404, "Nobody signs in to this server with a provider; sign in at /sign-in.")
        return known

    @router.get(PROVIDER_ROUTE)
    async def leave_for_provider(
        request: Request,
        next: Annotated[str, Query()] = "/",  # noqa: A002 (the name of the parameter in the address)
    ) -> Response:
        return await required().begin(request, local_path(next))

    @router.get(CALLBACK_ROUTE)
    async def come_back(
        request: Request,
        state: Annotated[str, Query()] = "",
        code: Annotated[str, Query()] = "",
        error: Annotated[str, Query()] = "",
        iss: Annotated[str, Query()] = "",
    ) -> Response:
        return await required().end(request, _ProviderResponse(state, code, error, iss))


@dataclass(frozen=True, slots=True)
class _ProviderResponse:
    """The response that the browser brings from the provider. The fields have the names of OAuth 2.0."""

    state: str
    code: str
    error: str
    iss: str


class _ProviderSignIn:
    def __init__(self, sign_in: SignIn, form: SignInForm, provider: Provider) -> None:
        self._sign_in = sign_in
        self._form = form
        self._provider = provider
        self._cookie = form.session_cookie.replace("session", "openid")

    async def begin(self, request: Request, place: str) -> Response:
        """Redirect a browser to the provider. After the sign-in, the browser goes to the path ``place``."""
        pending, cookie = self._sign_in.accounts.pending.begin(place)
        try:
            address = await self._provider.address(pending, _callback(request))
        except ProviderError as error:
            return self._failed(request, place, error)
        response = RedirectResponse(address, 303, NO_STORE)
        earlier = [name for name in request.cookies if name.startswith(self._cookie)]
        for name in earlier[: 1 - MOST_PENDING]:
            response.delete_cookie(name, path=PROVIDER_ROUTE)
        response.set_cookie(
            self._cookie_of(pending.state),
            cookie,
            max_age=PENDING_SECONDS,
            path=PROVIDER_ROUTE,
            secure=request.scope["scheme"] == "https",
            httponly=True,
            samesite="lax",
        )
        return response

    async def end(self, request: Request, returned: _ProviderResponse) -> Response:
        """Start the session of a person who comes back from the provider, or refuse the person."""
        name = self._cookie_of(returned.state)
        pending = self._sign_in.accounts.pending.end(request.cookies.get(name, ""), returned.state)
        if pending is None:
            return self._refused(request, "/", "signIn.late")
        if returned.error:
            response = self._refused(request, pending.place, "signIn.refused")
        else:
            response = await self._started(request, pending, returned)
        response.delete_cookie(name, path=PROVIDER_ROUTE)
        return response

    def _cookie_of(self, state: str) -> str:
        """Return a cookie name that only the sign-in with this ``state`` has.

        Two windows of a browser can therefore sign in at the same time.
        """
        return f"{self._cookie}-{state[:16]}"

    async def _started(self, request: Request, pending: Pending, returned: _ProviderResponse) -> Response:
        address, sign_in = client_address(request.scope), self._sign_in
        try:
            await to_thread.run_sync(sign_in.check_address, address)
            person = await self._provider.person(pending, _callback(request), returned.code, returned.iss)
            admits_all = self._provider.choice.admits_all
            start = partial(sign_in.start_provided_session, person, admits_all=admits_all)
            user, cookie = await to_thread.run_sync(start)
        except TooManyAttemptsError as error:
            return self._form.wait_response(request, pending.place, error)
        except ProviderError as error:
            if isinstance(error, UnverifiedError):
                await to_thread.run_sync(sign_in.note_failure, address)
            return self._failed(request, pending.place, error)
        except NotAdmittedError as error:
            await to_thread.run_sync(sign_in.note_failure, address)
            if error.user is not None:
                note(who=error.user)
            return self._refused(request, pending.place, "signIn.unknown")
        except AccountError:
            await to_thread.run_sync(sign_in.note_failure, address)
            return self._refused(request, pending.place, "signIn.nameless")
        note(who=user.name)
        former = request.cookies.get(self._form.session_cookie, "")
        await to_thread.run_sync(sign_in.accounts.sessions.end, former)
        return self._form.redirect_response(request, pending.place, cookie)

    def _failed(self, request: Request, place: str, error: ProviderError) -> Response:
        """Return the sign-in page after an error of the provider, and log the cause of the error."""
        log_event("provider", logging.WARNING, cause=str(error))
        status, key = _FAILURES[type(error)]
        return self._refused(request, place, key, status)

    def _refused(self, request: Request, place: str, key: str, status: int = 403) -> Response:
        message = language_of(request).text(key, name=self._provider.choice.name)
        return self._form.page_response(request, place, message, status=status)


def _callback(request: Request) -> str:
    """Return the address to which the provider redirects the browser after the sign-in.

    The address has the host name of the request, which the server checked before.
    """
    return f"{request.url.scheme}://{request.url.netloc}{CALLBACK_ROUTE}"
