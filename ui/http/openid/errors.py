"""The errors of a provider. Their messages are for the server's log; no browser gets them."""

from index.errors import FootnotedError


class ProviderError(FootnotedError):
    """A sign-in with a provider cannot go on."""


class ProviderDownError(ProviderError):
    """The provider does not answer, or answers that it has failed."""


class OddProviderError(ProviderError):
    """The provider answers with what this server cannot use."""


class UnverifiedError(ProviderError):
    """The code or the id token of a sign-in is not valid for it."""
