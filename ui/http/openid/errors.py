"""The errors of a provider. Their messages are for the server's log; no browser gets them."""

from index.errors import FootnotedError


class ProviderError(FootnotedError):
    """A sign-in with a provider cannot go on."""


class ProviderDownError(ProviderError):
    """The provider does not answer, or answers with a server error."""


class ProviderResponseError(ProviderError):
    """The provider's response has a form that this server cannot use."""


class UnverifiedError(ProviderError):
    """The code or the id token is not valid for the sign-in."""
