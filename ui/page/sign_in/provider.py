"""The routes that lead to the provider, and back from it."""

from __future__ import annotations

import logging
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ui.accounts import PENDING_SECONDS, Pending, SignIn, TooManyAttemptsError
from ui.errors import AccountError, NotAdmittedError
from ui.http.access.check import client_address
from ui.http.openid import OddProviderError, Provider, ProviderDownError, ProviderError, UnverifiedError
from ui.operations import log_event, note
from ui.page.sign_in.form import NO_STORE, PROVIDER_ROUTE, SignInForm, language_of, local_path

CALLBACK_ROUTE = f"{PROVIDER_ROUTE}/callback"
"""The path to which the provider leads the browser back."""

_STATUSES: dict[type[ProviderError], tuple[int, str]] = {
    ProviderDownError: (503, "signIn.down"),
    OddProviderError: (502, "signIn.odd"),
    UnverifiedError: (403, "signIn.unverified"),
}
"""The status and the words for each error of the provider."""


def add_provider_routes(
    router: APIRouter, sign_in: SignIn, form: SignInForm, provider: Provider | None
) -> None:
    """Add the routes ``/sign-in/openid`` and ``/sign-in/openid/callback``; without ``provider``, they are 404."""

    def known() -> Provider:
        if provider is None:
            raise HTTPException(404, "Nobody signs in to this server with a provider; sign in at /sign-in.")
        return provider

    @router.get(PROVIDER_ROUTE)
    async def leave_for_provider(
        request: Request,
        next: Annotated[str, Query()] = "/",  # noqa: A002 (the name of the parameter in the address)
    ) -> Response:
        used = known()
        pending, cookie = sign_in.accounts.pending.begin(local_path(next))
        try:
            address = await used.address(pending, _callback(request))
        except ProviderError as error:
            return _failed(request, form, pending.place, error)
        response = RedirectResponse(address, 303, NO_STORE)
        secure = request.scope["scheme"] == "https"
        response.set_cookie(
            _cookie_name(form),
            cookie,
            max_age=PENDING_SECONDS,
            path=PROVIDER_ROUTE,
            secure=secure,
            httponly=True,
            samesite="lax",
        )
        return response

    @router.get(CALLBACK_ROUTE)
    async def come_back(
        request: Request,
        state: Annotated[str, Query()] = "",
        code: Annotated[str, Query()] = "",
        error: Annotated[str, Query()] = "",
        iss: Annotated[str, Query()] = "",
    ) -> Response:
        used = known()
        pending = sign_in.accounts.pending.end(request.cookies.get(_cookie_name(form), ""), state)
        if pending is None:
            return _refused(request, form, "/", "signIn.late")
        if error:
            response = _refused(request, form, pending.place, "signIn.refused")
        else:
            response = await _ended(request, sign_in, form, used, pending, code, iss)
        response.delete_cookie(_cookie_name(form), path=PROVIDER_ROUTE)
        return response


async def _ended(
    request: Request,
    sign_in: SignIn,
    form: SignInForm,
    provider: Provider,
    pending: Pending,
    code: str,
    issuer: str,
) -> Response:
    """The response to a browser that brings the provider's answer to a pending sign-in."""
    address, place = client_address(request.scope), pending.place
    try:
        sign_in.check_address(address)
        person = await provider.person(pending, _callback(request), code, issuer)
        start = partial(sign_in.start_provided_session, person, all_come=provider.choice.admits_all)
        user, cookie = await to_thread.run_sync(start)
    except TooManyAttemptsError as error:
        return form.wait(request, place, error)
    except ProviderError as error:
        if isinstance(error, UnverifiedError):
            sign_in.note_failure(address)
        return _failed(request, form, place, error)
    except NotAdmittedError as error:
        sign_in.note_failure(address)
        if error.user is not None:
            note(who=error.user)
        return _refused(request, form, place, "signIn.unknown")
    except AccountError:
        sign_in.note_failure(address)
        return _refused(request, form, place, "signIn.nameless")
    note(who=user.name)
    await to_thread.run_sync(sign_in.accounts.sessions.end, request.cookies.get(form.session_cookie, ""))
    return form.left(request, place, cookie)


def _callback(request: Request) -> str:
    """The address of this server to which the provider leads the browser. Its host name is checked already."""
    return f"{request.url.scheme}://{request.url.netloc}{CALLBACK_ROUTE}"


def _cookie_name(form: SignInForm) -> str:
    return form.session_cookie.replace("session", "openid")


def _failed(request: Request, form: SignInForm, place: str, error: ProviderError) -> Response:
    """The page after an error of the provider, whose cause is for the log."""
    log_event("provider", logging.WARNING, cause=str(error))
    status, key = _STATUSES[type(error)]
    return _refused(request, form, place, key, status)


def _refused(request: Request, form: SignInForm, place: str, key: str, status: int = 403) -> Response:
    name = form.provider.name if form.provider else ""
    return form.shown(request, place, language_of(request).text(key, name=name), status=status)
