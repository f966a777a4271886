# SPDX-License-Identifier: Apache-2.0
"""The command line of `dipchip-fleet match`; what it does is in `matching`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleet.config import read
from fleet.entrypoints.options import Config  # noqa: TC001 - typer reads it
from fleet.people.matching import Kind  # noqa: TC001 - likewise

File = Annotated[Path, typer.Argument(help="CSV UTF-8: citizen_number,province, each person once.")]


def match(  # noqa: PLR0913 - each is one option of the command line
    config: Config,
    kind: Annotated[Kind, typer.Argument(help="staff: B1, of HROPS. people: B2, of the NHSO register.")],
    file: File,
    *,
    year: Annotated[int, typer.Option(help="The fiscal year (B.E.) that the list is for.", min=2560, max=2600)],
    source: Annotated[str, typer.Option(help="Where the list comes from, as the pages will say.")],
    by: Annotated[str, typer.Option(help="Who does this.")],
    made_up: Annotated[bool, typer.Option("--made-up", help="A sample list: labelled so wherever it shows.")] = False,
) -> None:
    """Count our people among those on a list (KPI 57, matched). Only sums are kept; it needs the relay's settings."""
    from fleet.entrypoints import matching  # noqa: PLC0415

    matching.run(read(config), matching.Asked(kind, file, year, source, by, made_up))
