# SPDX-License-Identifier: Apache-2.0
"""The command lines of `dipchip-fleet claim`, `signer` and `revocations`; what each does is in files of their own."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it when the program runs
from typing import Annotated

import typer

from fleet.config import read
from fleet.entrypoints.options import Config  # noqa: TC001 - likewise
from wire.events import Profile

claim = typer.Typer(
    no_args_is_help=True, help="Codes with which technicians claim new kiosks, a quarter of an hour each."
)

Name = Annotated[str, typer.Argument(help="The new kiosk's name: 3 to 32 of a-z, 0-9 and '-'; also for its label.")]


@claim.command()
def make(
    config: Config,
    kiosk: Name,
    *,
    facility: Annotated[str, typer.Option(help="Where it will stand: facility code (hcode5).")],
    province: Annotated[str, typer.Option(help="The same: two digits of the Ministry of Interior.")],
    profile: Annotated[Profile, typer.Option(help="test or live.")] = Profile.TEST,
) -> None:
    """Make a claim. Its code is told this once; an open one for the same name ends."""
    from fleet.entrypoints.claiming import make as run  # noqa: PLC0415

    run(read(config), kiosk, facility, province, profile)


@claim.command("list")
def show(config: Config) -> None:
    """List the claims of the last day; of a taken one the words that the kiosk must show too. A JSON line each."""
    from fleet.entrypoints.claiming import show as run  # noqa: PLC0415

    run(read(config))


@claim.command()
def withdraw(config: Config, kiosk: Name) -> None:
    """End an open claim before its time."""
    from fleet.entrypoints.claiming import withdraw as run  # noqa: PLC0415

    run(read(config), kiosk)


def signer(config: Config) -> None:
    """Answer kiosks that claim a name or ask for their next certificate, behind a reverse proxy."""
    from fleet.entrypoints.signer import run  # noqa: PLC0415

    run(read(config))


def revocations(config: Config, file: Annotated[Path, typer.Argument(help="Where the list goes.")]) -> None:
    """Sign the list of certificates that revoked kiosks were given, for `dipchip-provision revoke --list`."""
    from fleet.entrypoints.signer import revocations as run  # noqa: PLC0415

    run(read(config), file)
