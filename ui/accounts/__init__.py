"""The accounts, tokens, sessions and scopes of those who may use a library, without any code for HTTP."""

from ui.accounts.access import CollectionLimits, CollectionRecord
from ui.accounts.database import Accounts
from ui.accounts.identity import LOCAL, ROLE_SCOPES, Identity, Role, Scope
from ui.accounts.schema import ACCOUNTS
from ui.accounts.sessions import (
    IDLE_SECONDS,
    KNOWN_SECONDS,
    LONGEST_SECONDS,
    PENDING_SECONDS,
    Pending,
    Session,
)
from ui.accounts.sign_in import SignIn
from ui.accounts.tokens import TokenRecord
from ui.accounts.users import Person, UserRecord

__all__ = [
    "ACCOUNTS",
    "IDLE_SECONDS",
    "KNOWN_SECONDS",
    "LOCAL",
    "LONGEST_SECONDS",
    "PENDING_SECONDS",
    "ROLE_SCOPES",
    "Accounts",
    "CollectionLimits",
    "CollectionRecord",
    "Identity",
    "Pending",
    "Person",
    "Role",
    "Scope",
    "Session",
    "SignIn",
    "TokenRecord",
    "UserRecord",
]
