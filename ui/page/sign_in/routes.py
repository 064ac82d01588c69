"""The routes of the sign-in page."""

from __future__ import annotations

from ui.accounts import SignIn
from ui.http.openid import Provider
from ui.http.router import Router
from ui.page.sign_in.form import SignInForm
from ui.page.sign_in.password import add_password_routes
from ui.page.sign_in.provider import add_provider_routes


def sign_in_router(sign_in: SignIn, provider: Provider | None = None) -> Router:
    """Return the routes ``/sign-in``, ``/sign-out`` and ``/sign-in/openid``."""
    router = Router(include_in_schema=False)
    form = SignInForm(sign_in, provider.choice if provider else None)
    add_password_routes(router, sign_in, form)
    add_provider_routes(router, sign_in, form, provider)
    return router
