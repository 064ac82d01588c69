"""Sign-in with an OpenID Connect provider: leads a browser to the provider, and finds out who comes back.

Authlib is imported when the first person signs in, and never without a provider.
"""

from ui.http.openid.client import ProviderDownError, ProviderError, ProviderResponseError, UnverifiedError
from ui.http.openid.provider import Provider

__all__ = ["Provider", "ProviderDownError", "ProviderError", "ProviderResponseError", "UnverifiedError"]
