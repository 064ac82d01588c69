"""Lets a sender give others, or reach by others, only what the sender's own scopes allow."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import HTTPException

from ui.accounts import Accounts, Identity, Scope, SignIn
from ui.http.access.check import insufficient_scope


def accounts_of(sign_in: SignIn | None) -> Accounts:
    """Return the accounts of the server.

    Raises:
        HTTPException: 409 if sign-in is off.
    """
    if sign_in is None:
        raise HTTPException(409, "Nobody signs in to this server, so it has no users and no tokens.")
    return sign_in.accounts


def require_scopes(sender: Identity, scopes: Collection[Scope]) -> None:
    """Refuse a sender who gives somebody a scope that the sender does not have.

    Without this rule, a token with the scope ``admin`` alone could add a token with the scope ``read``, or
    have questions and sentences of reports sent to a language model at an address of its choice. A sender
    who sets a user's password must have the user's scopes, because the password gives access to them.

    Raises:
        HTTPException: 403 if the sender lacks one of the scopes.
    """
    missing = [scope for scope in Scope if scope in scopes and scope not in sender.scopes]
    if missing:
        detail, headers = insufficient_scope(sender, missing[0])
        raise HTTPException(403, detail, headers)
