# SPDX-License-Identifier: Apache-2.0
"""The command line of `dipchip-fleet alert`; what each command does is in `alerting`."""

from __future__ import annotations

from typing import Annotated

import typer

from fleet.alerts.rules import Severity
from fleet.alerts.subscribers import ChannelKind, Subscription
from fleet.config import read
from fleet.entrypoints.options import Config  # noqa: TC001 - typer reads it when the program runs
from fleet.store.scope import Scope

alert = typer.Typer(no_args_is_help=True, help="What is amiss, who looks after it, and who is told.")
window = typer.Typer(no_args_is_help=True, help="Maintenance windows: what happens in one is recorded and not told.")
alert.add_typer(window, name="window")

_SCOPES = "nation, region:8, province:41 or facility:41/10670."
Number = Annotated[int, typer.Argument(help="As `alert list` shows it.")]


@alert.command("list")
def list_alerts(
    config: Config,
    *,
    scope: Annotated[str, typer.Option(help=f"Only of this place: {_SCOPES}")] = "nation",
    cleared: Annotated[bool, typer.Option("--cleared", help="What ended in the last seven days.")] = False,
) -> None:
    """Show what is open, the most urgent first, a JSON line each."""
    from fleet.entrypoints.alerting import show as run  # noqa: PLC0415

    run(read(config), Scope.parse(scope), cleared=cleared)


@alert.command()
def acknowledge(config: Config, number: Number) -> None:
    """Say that you look after an alarm. It stays until its cause is mended."""
    from fleet.entrypoints.alerting import acknowledge as run  # noqa: PLC0415

    run(read(config), number)


@alert.command()
def clear(config: Config, number: Number) -> None:
    """End a security alarm, once you have looked. The others end by themselves."""
    from fleet.entrypoints.alerting import clear as run  # noqa: PLC0415

    run(read(config), number)


@alert.command()
def subscribe(
    config: Config,
    *,
    scope: Annotated[str, typer.Option(help=f"Of what place: {_SCOPES}")],
    channel: Annotated[ChannelKind, typer.Option(help="By what.")],
    address: Annotated[str, typer.Option(help="A mail address, an https address, or LINE's id of a user or group.")],
    language: Annotated[str, typer.Option(help="th or en.")] = "th",
    least: Annotated[Severity, typer.Option(help="The least severity that is told.")] = Severity.WARNING,
) -> None:
    """Tell an address what happens at a place."""
    from fleet.entrypoints.alerting import subscribe as run  # noqa: PLC0415

    run(read(config), Subscription(0, Scope.parse(scope), channel, address, language, least))


@alert.command()
def unsubscribe(
    config: Config, number: Annotated[int, typer.Argument(help="As `alert subscriptions` shows it.")]
) -> None:
    """Tell an address no longer, and erase it."""
    from fleet.entrypoints.alerting import unsubscribe as run  # noqa: PLC0415

    run(read(config), number)


@alert.command()
def subscriptions(config: Config) -> None:
    """Show who is told of what, a JSON line each."""
    from fleet.entrypoints.alerting import show_subscriptions as run  # noqa: PLC0415

    run(read(config))


@alert.command()
def hours(
    config: Config,
    facility: Annotated[str, typer.Argument(help="As facility:41/10670.")],
    *,
    days: Annotated[str, typer.Option(help="As mon-fri or mon,wed; left out: as the fleet again.")] = "",
    opens: Annotated[str, typer.Option(help="As 08:30.")] = "08:30",
    closes: Annotated[str, typer.Option(help="As 16:30, at most 24:00.")] = "16:30",
) -> None:
    """Say when a facility is open: outside of it a silent kiosk is no alarm."""
    from fleet.entrypoints.alerting import set_hours as run  # noqa: PLC0415

    run(read(config), Scope.parse(facility), (days, opens, closes) if days else None)


@window.command("add")
def add_window(
    config: Config,
    *,
    scope: Annotated[str, typer.Option(help=f"Where somebody works: {_SCOPES}")],
    first: Annotated[str, typer.Option("--from", help="Bangkok time, as 2026-12-01T18:00; left out: now.")] = "",
    until: Annotated[str, typer.Option(help="Likewise, at most 31 days later.")],
    reason: Annotated[str, typer.Option(help="Why nobody is told, in one line.")],
) -> None:
    """Tell nobody of what happens at a place for a while."""
    from fleet.entrypoints import alerting  # noqa: PLC0415

    alerting.add_window(read(config), alerting.Work(Scope.parse(scope), first, until, reason))


@window.command("end")
def end_window(config: Config, number: Annotated[int, typer.Argument(help="As `alert window list` shows it.")]) -> None:
    """End a window before its time: what stands there is told."""
    from fleet.entrypoints.alerting import end_window as run  # noqa: PLC0415

    run(read(config), number)


@window.command("list")
def list_windows(config: Config) -> None:
    """Show the windows that run or are to come, a JSON line each."""
    from fleet.entrypoints.alerting import show_windows as run  # noqa: PLC0415

    run(read(config))
