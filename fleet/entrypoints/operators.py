# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet account`: make, reset, disable and list accounts, end their sessions and tokens; JSON lines come out.

A password comes from the terminal, twice, or as the one line of standard input: never as an option, which a shell
keeps. What is told once (an authenticator's address, a token) is told on standard output and kept nowhere.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from getpass import getpass
from typing import TYPE_CHECKING

import segno

from fleet import audit
from fleet.entrypoints.account import account as who_types
from fleet.entrypoints.clock import now_ms
from fleet.entrypoints.operator_key import operator_key
from fleet.operators import accounts, api_tokens, identities, one_time_codes, sessions
from fleet.operators.identities import Identity
from fleet.operators.passwords import PasswordRefusedError
from fleet.store.schema import require_current
from fleet.store.session import open_engine, reading, unit_of_work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from fleet.config import Settings
    from fleet.operators.accounts import Role
    from fleet.store.scope import Scope


def add(settings: Settings, wanted: accounts.Wanted) -> None:
    """Make an account, and tell what its authenticator app needs.

    Raises:
        AccountRefusedError: there is or was one of that name.
        PasswordRefusedError: the password is not accepted.
    """
    key, password = operator_key(settings), _password()
    with _written(settings) as connection:
        secret = accounts.add(connection, wanted, password, key, now_ms())
        _record(
            connection, audit.Act.ACCOUNT_ADDED, wanted.name, {"role": str(wanted.role), "scope": str(wanted.scope)}
        )
    _tell_secret(wanted.name, secret)


def reset(settings: Settings, name: str) -> None:
    """Give an account a new password and a new secret; its sessions and tokens end.

    Raises:
        AccountRefusedError: there is none of that name.
        PasswordRefusedError: the password is not accepted.
    """
    key = operator_key(settings)
    with _database(settings) as engine, reading(engine) as connection:
        accounts.named(connection, name)  # before a password is asked for
    password = _password()
    with _written(settings) as connection:
        secret = accounts.reset(connection, name, password, key)
        _record(connection, audit.Act.ACCOUNT_RESET, name, {})
    _tell_secret(name, secret)


def change(settings: Settings, name: str, scope: Scope, role: accounts.Role) -> None:
    """Give an account another scope and role; its sessions and tokens end.

    Raises:
        AccountRefusedError: there is none of that name.
    """
    with _written(settings) as connection:
        accounts.change(connection, name, scope, role)
        _record(connection, audit.Act.ACCOUNT_CHANGED, name, {"role": str(role), "scope": str(scope)})
    _tell({"account": name, "role": str(role), "scope": str(scope)})


def disable(settings: Settings, name: str) -> None:
    """Let an account sign in no more; its sessions and tokens end at once. A second time changes nothing.

    Raises:
        AccountRefusedError: there is none of that name.
    """
    with _written(settings) as connection:
        if accounts.named(connection, name).disabled_ms is None:
            accounts.disable(connection, name, now_ms())
            _record(connection, audit.Act.ACCOUNT_DISABLED, name, {})
    _tell({"account": name, "disabled": True})


def show(settings: Settings) -> None:
    """List every account there ever was."""
    with _database(settings) as engine, reading(engine) as connection:
        for each in accounts.read_all(connection):
            said = {"account": each.name, "display": each.display, "role": str(each.role), "scope": str(each.scope)}
            _tell(said | {"made_ms": each.made_ms, "disabled": each.disabled_ms is not None})


def show_open(settings: Settings, name: str) -> None:
    """List what an account is signed in with now: sessions and tokens.

    Raises:
        AccountRefusedError: there is none of that name.
    """
    at_ms = now_ms()
    with _database(settings) as engine, reading(engine) as connection:
        account = accounts.named(connection, name)
        for each in sessions.read_all(connection, account, at_ms):
            _tell({"session": each.number, "address": each.address, "began_ms": each.began_ms, "seen_ms": each.seen_ms})
        for token in api_tokens.read_all(connection, account):
            said = {"token": token.number, "purpose": token.purpose, "made_ms": token.made_ms}
            may = None if token.acts_as is None else str(token.acts_as)
            _tell(said | {"until_ms": token.until_ms, "over": token.until_ms <= at_ms, "acts_as": may})


def end(settings: Settings, name: str, session: int | None, token: int | None) -> None:
    """End one session or one token of an account; all of both where none is named.

    Raises:
        AccountRefusedError: there is none of that name.
    """
    is_all = session is None and token is None
    with _written(settings) as connection:
        account = accounts.named(connection, name)
        gone: audit.Detail = {
            "sessions": sessions.end(connection, account, session) if is_all or session is not None else 0,
            "tokens": api_tokens.end(connection, account, token) if is_all or token is not None else 0,
        }
        if any(gone.values()):
            _record(connection, audit.Act.SESSIONS_ENDED, name, gone)
    _tell({"account": name, **gone})


def admit(settings: Settings, name: str, purpose: str, days: int, acts_as: Role | None) -> None:
    """Make a token with which a program asks the API as an account, and tell it this once.

    Raises:
        AccountRefusedError: there is no such account that may, or what is asked for is not allowed.
    """
    at_ms = now_ms()
    with _written(settings) as connection:
        account = accounts.named(connection, name)
        token = api_tokens.make(connection, account, purpose, days, at_ms, acts_as)
        told: audit.Detail = {"purpose": purpose, "days": days, **({"acts_as": str(acts_as)} if acts_as else {})}
        _record(connection, audit.Act.TOKEN_MADE, name, told)
    _tell({"account": name, **told, "token": token})


def link(settings: Settings, name: str) -> None:
    """Link an account to somebody at the provider of the settings, in place of whoever it was linked to.

    Raises:
        AccountRefusedError: there is no such account, no provider, or the identity is another account's.
    """
    provider, key = settings.web.provider, operator_key(settings)
    if provider is None:
        message = "web.provider is not set. Name the provider in the console's settings first."
        raise accounts.AccountRefusedError(message)
    asked = f"{provider.subject} of {name} at {provider.name}: "
    subject = (getpass(asked) if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not subject:
        message = f"{provider.subject}: give what names the person at the provider, as the line on standard input."
        raise accounts.AccountRefusedError(message)
    with _written(settings) as connection:
        account = accounts.named(connection, name)
        identities.link(connection, account, Identity(provider.issuer, subject), key, now_ms())
        _record(connection, audit.Act.IDENTITY_LINKED, name, {})
    _tell({"account": name, "linked": True})


def unlink(settings: Settings, name: str) -> None:
    """Let an account sign in at the provider no more. A second time changes nothing.

    Raises:
        AccountRefusedError: there is none of that name.
    """
    with _written(settings) as connection:
        if identities.unlink(connection, accounts.named(connection, name)):
            _record(connection, audit.Act.IDENTITY_UNLINKED, name, {})
    _tell({"account": name, "linked": False})


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass("Password: ")
    if getpass("The same again: ") != first:
        message = "The two passwords differ; nothing was changed. Run the command again."
        raise PasswordRefusedError(message)
    return first


def _tell_secret(name: str, secret: str) -> None:
    address = one_time_codes.address(secret, name)
    if sys.stderr.isatty():
        segno.make(address).terminal(out=sys.stderr, compact=True)
    sys.stderr.write("Scan it with an authenticator app now, or type the secret: it is not shown again.\n")
    _tell({"account": name, "otpauth": address})


def _tell(said: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")


@contextmanager
def _database(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings.database_url)
    try:
        require_current(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _written(settings: Settings) -> Iterator[Connection]:
    with _database(settings) as engine, unit_of_work(engine) as connection:
        yield connection


def _record(connection: Connection, act: audit.Act, name: str, detail: audit.Detail) -> None:
    audit.record(connection, act, who=who_types(), subject=name, at_ms=now_ms(), detail=detail)
