# SPDX-License-Identifier: Apache-2.0
"""The command line of `dipchip-fleet order`; what each command does is in `ordering`."""

from __future__ import annotations

from typing import Annotated

import typer

from fleet.config import read
from fleet.entrypoints.options import Config  # noqa: TC001 - typer reads it when the program runs

order = typer.Typer(no_args_is_help=True, help="What a kiosk is ordered to do, and what came of it.")

Kiosk = Annotated[str, typer.Argument(help="The name on the kiosk's label.")]
Op = Annotated[str, typer.Argument(help="close, reopen, restart, diagnose or rotate_key.")]
Number = Annotated[int, typer.Argument(help="The order's, as `order list` shows it.")]


@order.command()
def give(config: Config, kiosk: Kiosk, op: Op) -> None:
    """Order something. It is carried out once, between two visits; after an hour it ends by itself."""
    from fleet.entrypoints.ordering import give as run  # noqa: PLC0415

    run(read(config), kiosk, op)


@order.command()
def update(
    config: Config, kiosk: Kiosk, *, release: Annotated[str, typer.Option(help="Its version, as 0.2.0.")]
) -> None:
    """Let one kiosk install a release, for a trial; `rollout` is for all of them."""
    from fleet.entrypoints.ordering import update as run  # noqa: PLC0415

    run(read(config), kiosk, release)


@order.command("list")
def show(config: Config, kiosk: Kiosk) -> None:
    """List the last orders of a kiosk and what came of them."""
    from fleet.entrypoints.ordering import show as run  # noqa: PLC0415

    run(read(config), kiosk)


@order.command()
def cancel(config: Config, kiosk: Kiosk, number: Number) -> None:
    """Take back an order that is not on its way."""
    from fleet.entrypoints.ordering import cancel as run  # noqa: PLC0415

    run(read(config), kiosk, number)
