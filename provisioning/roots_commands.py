# SPDX-License-Identifier: Apache-2.0
"""The command lines of `dipchip-provision roots`: three people's keys, and what two of them sign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from provisioning import roots
from provisioning.files import Report
from provisioning.offline_keys import passphrase

app = typer.Typer(no_args_is_help=True, help="Sign whom kiosks believe with two of three keys that are kept offline.")

_YEAR = 365
Fleet = Annotated[Path, typer.Argument(metavar="DIR", help="The fleet's folder.")]
Draft = Annotated[Path, typer.Argument(metavar="FILE", help="A draft, or a copy of it.")]


@app.command()
def key(file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the key goes: a medium of its own.")]) -> None:
    """Make one of the three root keys, under a passphrase; its public half stands beside it."""
    report = Report()
    made = roots.make_key(file, passphrase(twice=True), report)
    _tell(report, f"{made.kid}: keep {file} away from the other two, and from the fleet's folder.")


@app.command()
def draft(
    directory: Fleet,
    *,
    public: Annotated[
        list[Path] | None,
        typer.Option("--key", help="A public half; three times. Left out: those of the last version."),
    ] = None,
    days: Annotated[int, typer.Option(min=30, max=10 * _YEAR, help="How long nobody needs another version.")] = 2
    * _YEAR,
) -> None:
    """Write down the keys that kiosks shall believe, as they are in DIR now: the next version of the roots."""
    report = Report()
    path, _ = roots.draft(directory, public or (), timedelta(days=days), _now(), report)
    _tell(report, f"Next, two of the three, where their keys are: dipchip-provision roots sign {path} --key FILE")


@app.command()
def sign(file: Draft, *, private: Annotated[Path, typer.Option("--key", help="Your root key.")]) -> None:
    """Show a draft, and sign it. Compare what is shown with what you were told by another way."""
    for line in roots.shown(file):
        typer.echo(line)
    report = Report()
    kid = roots.sign(file, private, passphrase(twice=False), report)
    _tell(report, f"Signed by {kid}.")


@app.command()
def assemble(directory: Fleet, files: Annotated[list[Path], typer.Argument(metavar="FILE...")]) -> None:
    """Check a draft that was signed, or several signed copies of it, and put it among the fleet's versions."""
    report = Report()
    made = roots.assemble(directory, files, _now(), report)
    _tell(
        report, f"Version {made.version} is the fleet's. Next: dipchip-provision fleet {directory} ... ; the playbook."
    )


@app.command()
def show(file: Draft) -> None:
    """Say what a draft or a version holds, and who has signed it."""
    for line in roots.shown(file):
        typer.echo(line)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _tell(report: Report, closing: str) -> None:
    for line in (*report.lines, closing):
        typer.echo(line)
