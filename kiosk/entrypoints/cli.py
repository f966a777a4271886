# SPDX-License-Identifier: Apache-2.0
"""`dipchip-kiosk`: the kiosk's processes and the technician's commands. Each is imported when it is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kiosk.config import ConfigError
from kiosk.enrollment.failures import FaultError
from kiosk.store.database import StoreError

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="DipChip's kiosk.")

Config = Annotated[Path, typer.Option("--config", "-c", envvar="DIPCHIP_KIOSK_CONFIG", help="kiosk.toml")]


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


def main() -> None:
    """Run the command line; our own errors are one sentence on standard error and exit code 2."""
    try:
        app()
    except (ConfigError, FaultError, StoreError) as error:
        sys.stderr.write(f"dipchip-kiosk: {error}\n")
        sys.exit(2)
