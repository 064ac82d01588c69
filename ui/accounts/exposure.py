"""Decides whether people must sign in to a server, and refuses to expose a server without sign-in."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from ipaddress import ip_address

from ui.accounts.database import Accounts
from ui.accounts.sign_in import SignIn
from ui.accounts.users import UserRecord
from ui.counts import open_counts
from ui.errors import UsedWronglyError
from ui.openid_settings import ProviderChoice
from ui.settings import Settings


def is_exposed(listener: socket.socket) -> bool:
    """Return whether other machines can reach the address that ``listener`` is bound to."""
    return not ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def asks_to_sign_in(settings: Settings, *, exposed: bool) -> bool:
    """Return whether people must sign in to a server; ``exposed`` says if other machines can reach it."""
    return settings.sign_in == "on" or (settings.sign_in == "auto" and exposed and not settings.insecure)


def can_sign_in(user: UserRecord, provider: ProviderChoice | None) -> bool:
    """Return whether a user can sign in.

    A user who is locked out cannot. Any other user can sign in with a password while the server accepts
    passwords, and with ``provider`` if the user was added for this provider.

    Args:
        user: the user.
        provider: the OpenID provider from the settings; None without one.
    """
    takes_passwords = provider is None or provider.allows_passwords
    is_provided = provider is not None and provider.issuer == user.provider
    return user.disabled is None and ((user.has_password and takes_passwords) or is_provided)


@contextmanager
def open_sign_in(settings: Settings, *, exposed: bool) -> Iterator[SignIn | None]:
    """Open the accounts for a ``with`` block, and close them when the block ends.

    Yields the sign-in, or None if people need not sign in.

    Args:
        settings: the settings, among them the home folder.
        exposed: whether other machines can reach the server.

    Raises:
        UsedWronglyError: if other machines can reach the server while sign-in is off, or if nobody can sign
            in while sign-in is on. With the setting ``insecure``, neither is an error.
        SettingsError: if people sign in with a provider, and a setting or a package for that is missing.
    """
    if not asks_to_sign_in(settings, exposed=exposed):
        if exposed and not settings.insecure:
            raise UsedWronglyError(
                f"other machines can reach {settings.host}, and without sign-in anyone there can read, add "
                "and delete reports; set FOOTNOTED_SIGN_IN to on and add yourself with `footnoted user add "
                "NAME --administrator`, or accept this with --insecure"
            )
        yield None
        return
    provider = settings.provider()
    admits_all = provider is not None and provider.admits_all
    with (
        closing(Accounts.open(settings.home, settings.database)) as accounts,
        closing(open_counts(settings.home, settings.database)) as counts,
    ):
        users = accounts.users.all()
        if not (settings.insecure or admits_all) and not any(can_sign_in(user, provider) for user in users):
            raise UsedWronglyError(
                "sign-in is on, and nobody can sign in yet; add yourself with `footnoted user add NAME "
                "--administrator`, or accept this with --insecure"
            )
        yield SignIn(accounts, counts)
