# SPDX-License-Identifier: Apache-2.0
"""The command lines of `dipchip-provision release`: who signs releases, a release, and what kiosks find."""

from __future__ import annotations

import platform
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from provisioning import bundles, releases
from provisioning.errors import RefusedError
from provisioning.files import Report
from provisioning.offline_keys import passphrase
from provisioning.releases import Places

app = typer.Typer(no_args_is_help=True, help="Sign releases, and keep the repository that kiosks fetch them from.")

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of releases; not the fleet's.")]
KeyFile = Annotated[Path, typer.Option("--key", help="Your key.")]
Days = Annotated[int, typer.Option(min=1, max=30, help="After how many days kiosks want to hear of it again.")]
_WEEK = 7


@app.command()
def key(file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the key goes: a medium of its own.")]) -> None:
    """Make the key of one of the three holders, or of a release engineer; its public half stands beside it."""
    report = Report()
    made = releases.make_key(file, passphrase(twice=True), report)
    _tell(report, f"{made.keyid[:16]}: keep {file} away from the others, and from DIR.")


@app.command()
def draft(
    directory: Directory,
    *,
    holder: Annotated[
        list[Path] | None, typer.Option("--key", help="A holder's public half; three times. Left out: as before.")
    ] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option("--channel", help="stable=FILE: a channel, and its release engineer's public half."),
    ] = None,
) -> None:
    """Write down who signs what, for two of the three holders to sign: at first, each year, and with other keys."""
    report = Report()
    releases.draft(Places(directory), holder or (), dict(map(_channel, channel or ())), _now(), report)
    _tell(report, "Next, two of the three, for each of the two files: dipchip-provision release sign FILE --key FILE")
    _tell(
        Report(),
        f"Then: dipchip-provision release publish {directory}. With other keys two of the old ones sign too.",
    )


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A draft, or a copy of it.")], *, private: KeyFile
) -> None:
    """Show a draft, and sign it. Compare what is shown with what you were told by another way."""
    _show(file)
    report = Report()
    keyid = releases.sign(file, private, passphrase(twice=False), report)
    _tell(report, f"Signed by {keyid[:16]}.")


@app.command()
def add(  # noqa: PLR0913 - each is one option of the command line
    directory: Directory,
    slot: Annotated[Path, typer.Argument(metavar="SLOT", help="A release's folder, as /opt/dipchip/releases/0.2.0.")],
    *,
    channel: Annotated[str, typer.Option(help="Whose kiosks are to have it.")] = "stable",
    follows: Annotated[str, typer.Option(help="The lowest version that it may be installed over.")],
    private: KeyFile,
    machine: Annotated[str, typer.Option(help="The processor that it is for.")] = platform.machine(),
    home: Annotated[Path, typer.Option(help="Where kiosks keep releases.")] = Path("/opt/dipchip/releases"),
) -> None:
    """Pack a release and sign it for a channel. Kiosks find it once it is published."""
    report = Report()
    found = bundles.Slot.read(slot, machine, home)
    made = bundles.add(
        Places(directory),
        channel,
        found,
        follows=follows,
        key=private,
        passphrase=passphrase(twice=False),
        now=_now(),
        report=report,
    )
    _tell(report, f"{made.version} for {made.platform}. Next: dipchip-provision release publish {directory}")


@app.command()
def publish(directory: Directory, *, days: Days = _WEEK) -> None:
    """Publish what enough have signed: kiosks find it from now on, once DIR/repository is where they look."""
    report = Report()
    channels = releases.publish(Places(directory), timedelta(days=days), _now(), report)
    _tell(report, f"Kiosks find: {', '.join(channels) or 'no release yet'}. Refresh it within {days} days.")


@app.command()
def refresh(directory: Directory, *, days: Days = _WEEK) -> None:
    """Say that what is published is still the newest; daily, by a timer. For a stick give 30 days, and copy then."""
    report = Report()
    soon = list(releases.refresh(Places(directory), timedelta(days=days), _now(), report))
    _tell(report, "\n".join(soon) or f"Good for {days} days.")


@app.command()
def show(file: Annotated[Path, typer.Argument(metavar="FILE", help="A draft, or something published.")]) -> None:
    """Say what a file of metadata holds, and whose keys have signed it."""
    _show(file)


def _show(file: Path) -> None:
    made = releases.loaded(file)
    typer.echo(f"{made.signed.type} {made.signed.version}, until {made.signed.expires:%Y-%m-%d}")
    for name, role in getattr(made.signed, "roles", {}).items():
        typer.echo(f"{name:<10} {role.threshold} of {' '.join(keyid[:16] for keyid in role.keyids)}")
    delegations = getattr(made.signed, "delegations", None)
    for name, role in (delegations.roles or {} if delegations is not None else {}).items():
        typer.echo(f"channel {name}: {' '.join(keyid[:16] for keyid in role.keyids)}")
    for path, each in getattr(made.signed, "targets", {}).items():
        typer.echo(f"{path}: {each.unrecognized_fields.get('custom', {}).get('version')}  {each.hashes['sha256']}")
    typer.echo(f"signed by  {' '.join(keyid[:16] for keyid in made.signatures) or 'nobody'}")


def _channel(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not equals or not path:
        message = f"--channel {text!r}: give it as stable=release.key.public.json."
        raise RefusedError(message)
    return name, Path(path)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _tell(report: Report, closing: str) -> None:
    for line in (*report.lines, closing):
        typer.echo(line)
