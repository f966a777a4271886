# SPDX-License-Identifier: Apache-2.0
"""The option that every command takes, and those of the commands that read a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", envvar="DIPCHIP_FLEET_CONFIG", help="The settings file.")]
ColumnNames = Annotated[
    list[str] | None, typer.Option("--column", help="The header of one of our columns, as province=รหัสจังหวัด.")
]
GivenValues = Annotated[
    list[str] | None, typer.Option("--value", help="What has no column: one value for every row, as fiscal_year=2570.")
]
SheetNumber = Annotated[int | None, typer.Option("--sheet", help="Which sheet of a workbook, counted from 1.")]
HeaderLine = Annotated[int | None, typer.Option("--header-line", help="The header's row; left out: the first.")]
