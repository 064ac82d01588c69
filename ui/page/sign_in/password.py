"""The routes for signing in with a name and a password, and for signing out."""

from __future__ import annotations

from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import Query
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ui.accounts import KNOWN_SECONDS, SignIn, TooManyAttemptsError
from ui.http.access.check import client_address
from ui.http.router import Router
from ui.operations import note
from ui.page.sign_in.form import NO_STORE, SignInForm, language_of, local_path

_MAX_FIELDS = 10


def add_password_routes(router: Router, sign_in: SignIn, form: SignInForm) -> None:
    """Add the routes ``/sign-in`` and ``/sign-out``."""
    # Checking a password takes a core and 64 MB. Attempts that wait here take no thread from other requests.
    one_at_a_time = CapacityLimiter(1)
    sessions = sign_in.accounts.sessions

    @router.get("/sign-in")
    async def show(
        request: Request,
        next: Annotated[str, Query()] = "/",  # noqa: A002 (the name of the parameter in the address)
        why: Annotated[str, Query()] = "",
    ) -> Response:
        language = language_of(request)
        message = {"ended": language.text("signIn.ended"), "out": language.text("signIn.out")}.get(why, "")
        return form.page_response(request, local_path(next), message)

    @router.post("/sign-in")
    async def enter(request: Request) -> Response:
        language, sent = language_of(request), await _form(request)
        name, place = _field(sent, "name"), local_path(_field(sent, "next"))
        if form.provider is not None and not form.takes_passwords:
            return form.page_response(
                request, place, language.text("signIn.without", name=form.provider.name), status=403
            )
        browser = request.cookies.get(form.cookie, "")
        if not browser or not sessions.is_form_token_valid(_field(sent, "token"), browser):
            return form.page_response(request, place, language.text("signIn.old"), entered=name, status=403)
        address, known = client_address(request.scope), request.cookies.get(form.known_cookie, "")
        try:
            cookie = await to_thread.run_sync(
                sign_in.start_session, name, _field(sent, "password"), address, known, limiter=one_at_a_time
            )
        except TooManyAttemptsError as error:
            return form.wait_response(request, place, error, entered=name)
        if cookie is None:
            await to_thread.run_sync(_note_user, sign_in, name)
            return form.page_response(request, place, language.text("signIn.wrong"), entered=name, status=403)
        note(who=name)
        await to_thread.run_sync(sessions.end, request.cookies.get(form.session_cookie, ""))
        response = form.redirect_response(request, place, cookie)
        response.set_cookie(
            form.known_cookie,
            sessions.known_browser(name),
            max_age=KNOWN_SECONDS,
            path="/sign-in",
            secure=request.scope["scheme"] == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    @router.post("/sign-out")
    async def leave(request: Request) -> Response:
        cookie, sent = request.cookies.get(form.session_cookie, ""), await _form(request)
        session = await to_thread.run_sync(sessions.find, cookie)
        if session is not None:
            if not sessions.is_form_token_valid(_field(sent, "token"), session.session_id):
                raise HTTPException(403, "The form is not one of this session; load the page again.")
            note(who=session.identity.name or "")
            await to_thread.run_sync(sessions.end, cookie)
        response = RedirectResponse("/sign-in?why=out", 303, NO_STORE)
        response.delete_cookie(form.session_cookie, path="/")
        return response


def _note_user(sign_in: SignIn, name: str) -> None:
    """Note the name of a refused user for the audit log.

    A name that no user has is left out, because it may be a password that was typed into the wrong field.
    """
    if sign_in.accounts.users.has(name):
        note(who=name)


async def _form(request: Request) -> FormData:
    """Return the fields of a form. A form with a file, or with too many fields, is refused with 400."""
    return await request.form(max_files=0, max_fields=_MAX_FIELDS)


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
