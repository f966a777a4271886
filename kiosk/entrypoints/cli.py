# SPDX-License-Identifier: Apache-2.0
"""`dipchip-kiosk`: the kiosk's processes and the technician's commands. Each is imported when it is called."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kiosk.config import ConfigError
from kiosk.enrollment.failures import FaultError
from kiosk.store.database import StoreError

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="DipChip's kiosk.")

doctor = typer.Typer(no_args_is_help=True, help="Examine a part of the kiosk, for technicians.")
card = typer.Typer(no_args_is_help=True, help="Work with the card reader, for technicians.")
app.add_typer(doctor, name="doctor")
app.add_typer(card, name="card")

Config = Annotated[Path, typer.Option("--config", "-c", envvar="DIPCHIP_KIOSK_CONFIG", help="kiosk.toml")]

MaybeConfig = Annotated[
    Path | None,
    typer.Option("--config", "-c", envvar="DIPCHIP_KIOSK_CONFIG", help="kiosk.toml, for its reader and its last reads"),
]
Reader = Annotated[str | None, typer.Option(help="A part of the reader's name; any reader when left out.")]


class Language(StrEnum):
    """The languages of the screens."""

    TH = "th"
    EN = "en"


@app.command()
def ui(
    config: Config,
    log: Annotated[Path, typer.Option(help="Where logs go: the terminal is the screen.")] = Path("/dev/null"),
) -> None:
    """Show the screens and serve people. It needs the reader, the camera and the store, and no network."""
    from kiosk.entrypoints.ui import run  # noqa: PLC0415

    run(config, log)


@app.command()
def courier(config: Config) -> None:
    """Carry events to the controller and receipts back. It needs the network and the store, and no device."""
    from kiosk.entrypoints.courier import run  # noqa: PLC0415

    run(config)


@app.command()
def agent(config: Config) -> None:
    """Answer hospital software on this machine's loopback. It needs the reader; it is off unless switched on."""
    try:
        from kiosk.entrypoints.agent import run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = f"agent: {error.name} is not installed. Install dipchip[kiosk,agent]."
        raise ConfigError(message) from error
    run(config)


@doctor.command("card")
def doctor_card(
    config: MaybeConfig = None,
    reader: Reader = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Report as JSON.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Tell each event of the readers until Ctrl+C.")] = False,
    language: Annotated[Language, typer.Option(help="Of the words.")] = Language.TH,
) -> None:
    """Say what reader and card are there, how fast they are and what goes wrong.

    Exit code 0: well. 3: no card. 4: no reader. 5: pcscd down. 6: trouble with the card.
    """
    from kiosk.entrypoints import card as look  # noqa: PLC0415

    wanted = look.wanted_reader(config, reader)
    if watch:
        look.watch(wanted, language)
    else:
        raise typer.Exit(look.doctor(wanted, look.last_reads(config), language, as_json=json))


@card.command("record")
def card_record(
    to: Annotated[Path, typer.Argument(help="A new file for the trace, JSON lines.")],
    config: MaybeConfig = None,
    reader: Reader = None,
) -> None:
    """Read the card and write lengths, status words and times to a file, and none of its data."""
    from kiosk.entrypoints import card as look  # noqa: PLC0415

    raise typer.Exit(look.record(look.wanted_reader(config, reader), to))


def main() -> None:
    """Run the command line; our own errors are one sentence on standard error and exit code 2."""
    try:
        app()
    except (ConfigError, FaultError, StoreError) as error:
        sys.stderr.write(f"dipchip-kiosk: {error}\n")
        sys.exit(2)
