"""Sign-in with an OpenID Connect provider: the address to which a browser goes, and who comes back.

Authlib is imported when the first person comes, and never without a provider.
"""

from ui.http.openid.errors import OddProviderError, ProviderDownError, ProviderError, UnverifiedError
from ui.http.openid.provider import Provider

__all__ = ["OddProviderError", "Provider", "ProviderDownError", "ProviderError", "UnverifiedError"]
