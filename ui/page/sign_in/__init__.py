"""The sign-in page, which works without scripts: by name and password, with a provider, or both."""

from ui.page.sign_in.routes import sign_in_router

__all__ = ["sign_in_router"]
