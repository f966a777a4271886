# SPDX-License-Identifier: Apache-2.0
"""The command line of `dipchip-fleet account`; what each command does is in `operators`."""

from __future__ import annotations

from typing import Annotated

import typer

from fleet.config import read
from fleet.entrypoints.options import Config  # noqa: TC001 - typer reads it when the program runs
from fleet.operators.accounts import Role, Wanted
from fleet.store.scope import Scope

account = typer.Typer(no_args_is_help=True, help="Who may look at the console and ask the API.")

_SCOPES = "What it sees: nation, region:8, province:41 or facility:41/10670."
_ROLES = "viewer looks; operator also acts and proposes; approver also approves what somebody else proposed."
Name = Annotated[str, typer.Argument(help="What one signs in with: 3 to 32 of a-z, 0-9, '.' and '-'.")]


@account.command()
def add(
    config: Config,
    name: Name,
    *,
    display: Annotated[str, typer.Option(help="Who it is, as the console shows it.")],
    scope: Annotated[str, typer.Option(help=_SCOPES)],
    role: Annotated[Role, typer.Option(help=_ROLES)] = Role.VIEWER,
) -> None:
    """Make an account. The password is asked for, or is the line on standard input."""
    from fleet.entrypoints.operators import add as run  # noqa: PLC0415

    run(read(config), Wanted(name, display, role, Scope.parse(scope)))


@account.command()
def change(
    config: Config,
    name: Name,
    *,
    scope: Annotated[str, typer.Option(help=_SCOPES)],
    role: Annotated[Role, typer.Option(help=_ROLES)],
) -> None:
    """Give an account another scope and role. Its sessions and tokens end."""
    from fleet.entrypoints.operators import change as run  # noqa: PLC0415

    run(read(config), name, Scope.parse(scope), role)


@account.command()
def reset(config: Config, name: Name) -> None:
    """Give a new password and a new authenticator secret: after a lost phone. Sessions and tokens end."""
    from fleet.entrypoints.operators import reset as run  # noqa: PLC0415

    run(read(config), name)


@account.command()
def disable(config: Config, name: Name) -> None:
    """Let an account sign in no more; sessions and tokens end at once."""
    from fleet.entrypoints.operators import disable as run  # noqa: PLC0415

    run(read(config), name)


@account.command("list")
def list_accounts(config: Config) -> None:
    """Show every account there ever was, a JSON line each."""
    from fleet.entrypoints.operators import show as run  # noqa: PLC0415

    run(read(config))


@account.command()
def sessions(config: Config, name: Name) -> None:
    """Show an account's sessions and tokens, a JSON line each."""
    from fleet.entrypoints.operators import show_open as run  # noqa: PLC0415

    run(read(config), name)


@account.command()
def end(
    config: Config,
    name: Name,
    *,
    session: Annotated[int | None, typer.Option(help="Only this session, as `account sessions` numbers it.")] = None,
    token: Annotated[int | None, typer.Option(help="Only this token, likewise.")] = None,
) -> None:
    """End an account's sessions and tokens; it may sign in again."""
    from fleet.entrypoints.operators import end as run  # noqa: PLC0415

    run(read(config), name, session, token)


@account.command()
def token(
    config: Config,
    name: Name,
    *,
    purpose: Annotated[str, typer.Option(help="Which program it is for.")],
    days: Annotated[int, typer.Option(help="How long it is good, 365 at most; 90 if it acts.")] = 90,
    acts_as: Annotated[
        Role | None, typer.Option(help="It also acts, as this role at most: operator or approver.")
    ] = None,
) -> None:
    """Make a token with which a program asks the API as this account; it is told this once, and only reads."""
    from fleet.entrypoints.operators import admit as run  # noqa: PLC0415

    run(read(config), name, purpose, days, acts_as)


@account.command()
def link(config: Config, name: Name) -> None:
    """Link an account to its owner at the provider; the subject there is asked for, or is a line of standard input."""
    from fleet.entrypoints.operators import link as run  # noqa: PLC0415

    run(read(config), name)


@account.command()
def unlink(config: Config, name: Name) -> None:
    """Let an account sign in at the provider no more."""
    from fleet.entrypoints.operators import unlink as run  # noqa: PLC0415

    run(read(config), name)
