# SPDX-License-Identifier: Apache-2.0
"""The command line `dipchip-provision inventory`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provisioning.files import Report, public
from provisioning.inventory import Release, inventory, listed, machines, made_here


def write_inventory(  # noqa: PLR0913 - each is one option of the command line
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The fleet's folder, made with --installed.")],
    *,
    wheel: Annotated[Path, typer.Option(exists=True, help="The release's wheel.")],
    requirements: Annotated[Path, typer.Option(exists=True, help="Its requirements.release.lock.")],
    out: Annotated[Path, typer.Option(help="The inventory to write, as inventory/province.yml.")],
    kiosks: Annotated[
        Path | None, typer.Option(help="CSV: kiosk,address,display. Left out: the kiosks made with this folder.")
    ] = None,
    folders: Annotated[Path, typer.Option(help="Where kiosks' folders are, each under its name.")] = Path(),
    domain: Annotated[str, typer.Option(help="What follows a kiosk's name on the network, as kiosk.example.")] = "",
    broker: Annotated[str, typer.Option(help="The broker's machine; else the name that kiosks know.")] = "",
    controller: Annotated[str, typer.Option(help="The controller's machine; else the door's, else the broker's.")] = "",
) -> None:
    """Write the Ansible inventory of a fleet: broker, controller, door and kiosks. The same input, the same file."""
    where = machines(directory, broker, controller)
    found = made_here(directory) if kiosks is None else listed(kiosks)
    report = Report()
    public(out, inventory(directory, where, Release(wheel, requirements), found, folders, domain), report)
    for line in report.lines:
        typer.echo(line)
    typer.echo(f"{len(found)} kiosk(s). Next, in ansible/: ansible-playbook -i {out} site.yml")
