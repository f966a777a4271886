# SPDX-License-Identifier: Apache-2.0
"""The command line of `dipchip-fleet import` and of what is imported at once; what each does is in `imports`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fleet.config import read
from fleet.entrypoints.options import (  # noqa: TC001 - likewise
    ColumnNames,
    Config,
    GivenValues,
    HeaderLine,
    SheetNumber,
)
from fleet.people.columns import Columns
from fleet.people.figures import Kind  # noqa: TC001 - likewise

imports = typer.Typer(
    no_args_is_help=True, help="Figures from files: proposed by one, looked at and approved by another, undone by two."
)

Source = Annotated[str, typer.Option(help="Where the figures come from, as the pages will say.")]
By = Annotated[str, typer.Option(help="Who does this.")]
Reason = Annotated[str, typer.Option(help="Why, where figures of the ministry change that are in force.")]
MadeUp = Annotated[bool, typer.Option("--made-up", help="Sample figures: labelled so wherever they show.")]
Number = Annotated[int, typer.Argument(help="The import's, as `import list` shows it.")]
File = Annotated[Path, typer.Argument(help="CSV UTF-8 or .xlsx.")]


@imports.command()
def propose(  # noqa: PLR0913 - each is one option of the command line
    config: Config,
    kind: Kind,
    file: File,
    *,
    source: Source,
    by: By,
    reason: Reason = "",
    made_up: MadeUp = False,
    column: ColumnNames = None,
    value: GivenValues = None,
    sheet: SheetNumber = None,
    header_line: HeaderLine = None,
) -> None:
    """Write a file down and show what it would change; nothing is in force before another person approves it."""
    from fleet.entrypoints import imports as room  # noqa: PLC0415

    columns = Columns.typed(column or (), value or (), sheet, header_line)
    room.propose(read(config), room.Wanted(kind, file, source, by, made_up, reason, columns))


@imports.command("list")
def list_imports(config: Config) -> None:
    """Show the newest imports, a JSON line each."""
    from fleet.entrypoints.imports import show_all as run  # noqa: PLC0415

    run(read(config))


@imports.command()
def show(config: Config, number: Number) -> None:
    """Show what an import changes, row by row, and the word that says so when it is approved."""
    from fleet.entrypoints.imports import show as run  # noqa: PLC0415

    run(read(config), number)


@imports.command()
def approve(
    config: Config,
    number: Number,
    *,
    seen: Annotated[str, typer.Option(help="The `seen` of `import show`: you approve what you have looked at.")],
    by: By,
) -> None:
    """Bring what another person has proposed into force, within 72 hours."""
    from fleet.entrypoints.imports import approve as run  # noqa: PLC0415

    run(read(config), number, seen, by)


@imports.command()
def reject(config: Config, number: Number, *, by: By) -> None:
    """Turn a proposal down, or take back your own."""
    from fleet.entrypoints.imports import reject as run  # noqa: PLC0415

    run(read(config), number, by)


@imports.command()
def undo(
    config: Config,
    batch: Annotated[int, typer.Argument(help="The batch's number.")],
    *,
    reason: Annotated[str, typer.Option(help="Why.")],
    by: By,
) -> None:
    """Propose that a batch be undone: what it replaced comes back exactly, once another person approves."""
    from fleet.entrypoints.imports import undo as run  # noqa: PLC0415

    run(read(config), batch, reason, by)
