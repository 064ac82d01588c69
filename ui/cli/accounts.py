"""The commands ``user``, ``token`` and ``collection``: they set who may use a server and see its reports."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli import printing
from ui.cli.options import AsJson, Home, read_secret, settings_of, type_secret
from ui.errors import AccountError, UsedWronglyError

if TYPE_CHECKING:
    from ui.accounts import Accounts, CollectionLimits, CollectionRecord, TokenRecord, UserRecord

users = typer.Typer(help="Add, list, change or remove the people who may sign in to the server.")
tokens = typer.Typer(help="Add, list or revoke the tokens of programs that send requests to the server.")
collections = typer.Typer(help="Limit collections of reports to some users, or list who may see which.")

UserName = Annotated[str, typer.Argument(metavar="NAME", help="The name of a user.")]
CollectionName = Annotated[str, typer.Argument(metavar="NAME", help="The name of a collection.")]
TokenName = Annotated[str, typer.Argument(metavar="NAME", help="The name of a token.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        metavar="FILE",
        help="Read the password from the first line of this file; - is standard input.",
    ),
]


@users.command("add")
def add_user(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits and . _ @ -")],
    *,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="Make the user an administrator.")
    ] = False,
    password_file: PasswordFile = None,
    openid: Annotated[
        bool, typer.Option("--openid", help="Let the user sign in with the provider, without a password.")
    ] = False,
    subject: Annotated[
        str | None,
        typer.Option(
            "--subject",
            metavar="ID",
            help="The provider's id of the user (default: of the first person who signs in with NAME).",
        ),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Add a user, who signs in with a password or with the OpenID provider."""
    from ui.accounts import Role

    role = Role.ADMINISTRATOR if administrator else Role.MEMBER
    if subject is not None and not openid:
        raise UsedWronglyError("--subject is the id of a user of the provider; give --openid as well")
    if openid and password_file is not None:
        raise UsedWronglyError(
            "a user of the provider has no password; leave out --password-file or --openid"
        )
    issuer = settings_of(home=home).openid_issuer if openid else None
    if openid and issuer is None:
        raise UsedWronglyError("--openid needs a provider; set FOOTNOTED_OPENID_ISSUER to its address")
    with _opened(home, "user add", name) as accounts:
        if issuer is not None:
            user = accounts.provided.add(name, issuer, subject, role)
        else:
            user = accounts.users.add(name, _password(password_file), role)
    _warn_of_open_server(home)
    _say(f"Added the {user.role} {user.name}.", _of_user(user), as_json=as_json)


@users.command("list")
def list_users(home: Home = None, as_json: AsJson = False) -> None:
    """List the users."""
    with _opened(home) as accounts:
        listed = [_of_user(user) for user in accounts.users.all()]
    _print_rows("users", listed, as_json=as_json)


@users.command("password")
def set_password(
    name: UserName, password_file: PasswordFile = None, home: Home = None, as_json: AsJson = False
) -> None:
    """Change a password, and sign the user out everywhere."""
    with _opened(home, "user password", name) as accounts:
        accounts.users.get(name)  # Report an unknown name before asking for the password.
        user = accounts.users.change(name, password=_password(password_file))
    _say(f"Changed the password of {user.name}.", _of_user(user), as_json=as_json)


@users.command("disable")
def disable_user(name: UserName, home: Home = None, as_json: AsJson = False) -> None:
    """Lock a user out without removing the account."""
    with _opened(home, "user disable", name) as accounts:
        user = accounts.users.change(name, is_disabled=True)
    _say(f"Locked {user.name} out.", _of_user(user), as_json=as_json)


@users.command("enable")
def enable_user(name: UserName, home: Home = None, as_json: AsJson = False) -> None:
    """Let a user who was locked out sign in again."""
    with _opened(home, "user enable", name) as accounts:
        user = accounts.users.change(name, is_disabled=False)
    _say(f"{user.name} may sign in again.", _of_user(user), as_json=as_json)


@users.command("remove")
def remove_user(name: UserName, home: Home = None, as_json: AsJson = False) -> None:
    """Remove a user and all tokens of the user."""
    with _opened(home, "user remove", name) as accounts:
        user = accounts.users.get(name)
        accounts.users.remove(name)
    _say(f"Removed {user.name}.", _of_user(user), as_json=as_json)


@tokens.command("add")
def add_token(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the token is for, such as dashboard.")],
    *,
    scopes: Annotated[
        list[str],
        typer.Option("--scope", metavar="SCOPE", help="read, ask, write, admin or metrics; may be repeated."),
    ],
    owner: Annotated[
        str | None, typer.Option("--user", metavar="NAME", help="The user that the token belongs to.")
    ] = None,
    days: Annotated[
        int | None,
        typer.Option("--days", min=1, max=36_500, help="Days until the token expires (default: never)."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Add a token, and print it once. Only its digest is stored."""
    from ui.accounts import Scope

    known = set(Scope)
    if unknown := [scope for scope in scopes if scope not in known]:
        raise UsedWronglyError(f"--scope is {unknown[0]!r}; it must be {', '.join(Scope)}")
    with _opened(home, "token add", name) as accounts:
        token, secret = accounts.tokens.add(name, [*map(Scope, scopes)], owner=owner, days=days)
    _warn_of_open_server(home)
    if not as_json:
        print("Keep this token now; it cannot be shown again:", file=sys.stderr)
    _say(secret, {**_of_token(token), "token": secret}, as_json=as_json)


@tokens.command("list")
def list_tokens(home: Home = None, as_json: AsJson = False) -> None:
    """List the tokens with their scopes, but not their secrets."""
    with _opened(home) as accounts:
        listed = [_of_token(token) for token in accounts.tokens.all()]
    _print_rows("tokens", listed, as_json=as_json)


@tokens.command("revoke")
def revoke_token(name: TokenName, home: Home = None, as_json: AsJson = False) -> None:
    """Revoke a token at once."""
    with _opened(home, "token revoke", name) as accounts:
        accounts.tokens.revoke(name)
    _say(f"Revoked {name}.", {"name": name}, as_json=as_json)


@collections.command("limit")
def limit_collection(
    name: CollectionName,
    *,
    users: Annotated[
        list[str] | None,
        typer.Option("--to", metavar="USER", help="A user who may see the reports; may be repeated."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Let only administrators and the given users see the reports of a collection."""
    with _limits(home) as limits:
        record = limits.limit(name, users or [])
    _warn_of_open_server(home)
    _say(f"Only {_viewers(record)} see {_named(record)}.", asdict(record), as_json=as_json)


@collections.command("open")
def open_collection(name: CollectionName, home: Home = None, as_json: AsJson = False) -> None:
    """Let everyone see the reports of a limited collection again."""
    with _limits(home) as limits:
        record = limits.open(name)
    _say(f"Everyone sees {_named(record)}.", asdict(record), as_json=as_json)


@collections.command("list")
def list_collections(home: Home = None, as_json: AsJson = False) -> None:
    """List the collections with the users who may see each."""
    with _limits(home) as limits:
        records = limits.all()
    if as_json:
        printing.print_json({"collections": [asdict(record) for record in records]})
        return
    for record in records:
        print(f"{_named(record)} · {_viewers(record)}")


def _viewers(record: CollectionRecord) -> str:
    return "everyone" if record.limited_to is None else ", ".join(["administrators", *record.limited_to])


def _named(record: CollectionRecord) -> str:
    count = f"{record.documents} {'report' if record.documents == 1 else 'reports'}"
    return f"{record.collection} ({count})"


@contextmanager
def _limits(home: Path | None) -> Iterator[CollectionLimits]:
    from ui.accounts import CollectionLimits
    from ui.opening import open_catalog

    with open_catalog(settings_of(home=home)) as catalog, _opened(home) as accounts:
        yield CollectionLimits(catalog, accounts)


@contextmanager
def _opened(home: Path | None, action: str = "", of: str | None = None) -> Iterator[Accounts]:
    """Open the accounts; if the context ends without an error, record ``action`` in the audit log."""
    from ui.accounts import Accounts

    settings = settings_of(home=home)
    with closing(Accounts.open(settings.home, settings.database)) as accounts:
        yield accounts
    if action:
        from ui.operations import record_command

        record_command(settings, action, of)


def _warn_of_open_server(home: Path | None) -> None:
    """Warn if the library's running server lets everyone in, since it was started before that was wrong."""
    from ui.accounts.access import why_sign_in
    from ui.cli.server import running_server

    settings = settings_of(home=home)
    server = running_server(settings.home)
    if server is not None and not server.token and (reason := why_sign_in(settings, exposed=False)):
        printing.print_line(
            printing.errors(),
            f"The server at {server.address} lets everyone in until you start it again, although {reason}.",
        )


def _password(file: Path | None) -> str:
    if file is not None:
        return read_secret(file, "--password-file")
    password = type_secret("Password: ", "--password-file")
    if type_secret("The same again: ", "--password-file") != password:
        raise AccountError("the two passwords differ; nothing was changed")
    return password


def _of_user(user: UserRecord) -> dict[str, object]:
    return {
        "name": user.name,
        "role": str(user.role),
        "created": _date(user.created),
        "disabled": _date(user.disabled),
        "provider": user.provider,
        "subject": user.subject,
    }


def _of_token(token: TokenRecord) -> dict[str, object]:
    return {
        "name": token.name,
        "user": token.owner,
        "scopes": [str(scope) for scope in token.scopes],
        "created": _date(token.created),
        "expires": _date(token.expires),
        "revoked": _date(token.revoked),
        "used": _date(token.used),
    }


def _date(seconds: float | None) -> str | None:
    return None if seconds is None else printing.utc(seconds)


def _say(line: str, result: printing.Result, *, as_json: bool) -> None:
    if as_json:
        printing.print_json(result)
    else:
        print(line)


def _print_rows(name: str, rows: Sequence[dict[str, object]], *, as_json: bool) -> None:
    if as_json:
        printing.print_json({name: rows})
        return
    for row in rows:
        fields = {key: value for key, value in row.items() if value is not None}
        words = [
            f"{key} {', '.join(value) if isinstance(value, list) else value}" for key, value in fields.items()
        ]
        print(" · ".join(words).removeprefix("name "))
