# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet`: the controller's processes and the operator's commands. Each is imported when it is called."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads it when the program runs
from typing import Annotated

import typer

from fleet.config import Settings, read
from fleet.entrypoints.account_commands import account
from fleet.entrypoints.alert_commands import alert
from fleet.entrypoints.claim_commands import claim, revocations, signer
from fleet.entrypoints.complaint_commands import complaint
from fleet.entrypoints.import_commands import imports
from fleet.entrypoints.match_command import match
from fleet.entrypoints.options import (  # noqa: TC001 - likewise
    ColumnNames,
    Config,
    GivenValues,
    HeaderLine,
    SheetNumber,
)
from fleet.entrypoints.order_commands import order
from fleet.entrypoints.rollout_commands import rollout
from fleet.entrypoints.sandbox_commands import idp_sandbox, provider_id_sandbox
from fleet.errors import FleetError
from fleet.people.columns import Columns
from fleet.people.figures import Kind

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="DipChip's fleet controller.")
announcement = typer.Typer(
    no_args_is_help=True, help="What welcome screens announce: proposed by one, approved by another."
)
app.add_typer(announcement, name="announcement")
helping = typer.Typer(no_args_is_help=True, help="Who waits for a helper at a kiosk, and who comes.")
app.add_typer(helping, name="help")
roster = typer.Typer(no_args_is_help=True, help="Units' rosters, kept as tokens, and what people say is amiss in them.")
app.add_typer(roster, name="roster")
app.add_typer(account, name="account")
app.add_typer(alert, name="alert")
app.add_typer(imports, name="import")
app.command()(match)
app.add_typer(order, name="order")
app.add_typer(rollout, name="rollout")
app.add_typer(complaint, name="complaint")
app.add_typer(claim, name="claim")
app.command()(signer)
app.command()(revocations)
app.command("idp-sandbox")(idp_sandbox)
app.command("provider-id-sandbox")(provider_id_sandbox)

Source = Annotated[str, typer.Option(help="Where the figures come from, as the pages will say.")]
By = Annotated[str, typer.Option(help="Who imports.")]
Head = Annotated[str | None, typer.Option(help="A head that was noted earlier: the log must still have it.")]
Number = Annotated[int, typer.Argument(help="The announcement's, as `announcement list` shows it.")]
MadeUp = Annotated[bool, typer.Option("--made-up", help="Sample figures: labelled so wherever they show.")]


def _settings(config: Path) -> Settings:
    return read(config)


@app.command()
def courier(config: Config) -> None:
    """Take events from the broker, commit them, and give receipts."""
    from fleet.entrypoints.courier import run  # noqa: PLC0415

    run(_settings(config))


@app.command()
def door(config: Config) -> None:
    """Take events over HTTPS from kiosks that cannot reach the broker, behind a reverse proxy."""
    from fleet.entrypoints.door import run  # noqa: PLC0415

    run(_settings(config))


@app.command()
def relay(config: Config) -> None:
    """Open sealed identities, make tokens, and follow each person at the identity provider."""
    from fleet.entrypoints.relay import run  # noqa: PLC0415

    run(_settings(config))


@app.command()
def alerts(config: Config) -> None:
    """Look what is amiss, and tell those who have subscribed."""
    from fleet.entrypoints.alerts import run  # noqa: PLC0415

    run(_settings(config))


@app.command()
def web(config: Config) -> None:
    """Serve the console."""
    from fleet.entrypoints.web import run  # noqa: PLC0415

    run(_settings(config))


@app.command()
def migrate(config: Config) -> None:
    """Bring the database's tables to this release."""
    from fleet.entrypoints.operator import migrate as run  # noqa: PLC0415

    run(_settings(config))


@app.command()
def register(config: Config, registration: Path) -> None:
    """Register a kiosk from the file that dipchip-provision made."""
    from fleet.entrypoints.operator import register as run  # noqa: PLC0415

    run(_settings(config), registration)


@app.command()
def revoke(config: Config, kiosk: str) -> None:
    """Believe a stolen or retired kiosk no longer. Then run dipchip-provision revoke and restart the broker."""
    from fleet.entrypoints.operator import revoke as run  # noqa: PLC0415

    run(_settings(config), kiosk)


@app.command()
def backup(config: Config, file: Annotated[Path, typer.Argument(help="A file that does not exist yet.")]) -> None:
    """Copy a SQLite database, read the copy, and let kiosks know that they may erase what it holds."""
    from fleet.entrypoints.backup import backup as run  # noqa: PLC0415

    run(_settings(config), file)


@app.command("verify-backup")
def verify_backup(
    config: Config,
    restored: Annotated[str, typer.Argument(help="The URL of a database that was restored from a backup.")],
) -> None:
    """Read a restored backup, and let kiosks know that they may erase what it holds."""
    from fleet.entrypoints.backup import verify as run  # noqa: PLC0415

    run(_settings(config), restored)


@app.command()
def audit(config: Config, head: Head = None) -> None:
    """Write the log of what operators did, a line of JSON each, and check that none is missing or changed."""
    from fleet.entrypoints.audit import export as run  # noqa: PLC0415

    run(_settings(config), head)


@app.command("verify-audit")
def verify_audit(
    file: Annotated[Path, typer.Argument(help="What `audit` wrote.")],
    head: Head = None,
) -> None:
    """Check a log that was written out, with no database."""
    from fleet.entrypoints.audit import verify as run  # noqa: PLC0415

    run(file, head)


@app.command()
def months(config: Config) -> None:
    """Make the months ahead in which PostgreSQL keeps the bytes of events. Run it daily."""
    from fleet.entrypoints.months import make as run  # noqa: PLC0415

    run(_settings(config))


@app.command("detach-month")
def detach_month(config: Config, month: Annotated[str, typer.Argument(help="As 2026-11; it must be over.")]) -> None:
    """Take a month's bytes out of PostgreSQL's ledger; its table stays, to be dumped and dropped."""
    from fleet.entrypoints.months import detach as run  # noqa: PLC0415

    run(_settings(config), month)


@app.command()
def denominators(
    config: Config,
    file: Path,
    *,
    source: Source,
    by: By,
    made_up: MadeUp = False,
) -> None:
    """Import made-up B1 and B2 at once, or any in a test; `import propose` is for real ones."""
    from fleet.entrypoints import imports as room  # noqa: PLC0415

    room.at_once(_settings(config), room.Wanted(Kind.DENOMINATORS, file, source, by, made_up))


@app.command()
def official(
    config: Config,
    file: Path,
    *,
    source: Source,
    by: By,
    made_up: MadeUp = False,
) -> None:
    """Import made-up figures of the ministry at once, or any in a test; `import propose` is for real ones."""
    from fleet.entrypoints import imports as room  # noqa: PLC0415

    room.at_once(_settings(config), room.Wanted(Kind.OFFICIAL, file, source, by, made_up))


@app.command()
def indicators(
    config: Config,
    file: Path,
    *,
    source: Source,
    by: By,
    made_up: MadeUp = False,
) -> None:
    """Import made-up figures of a region's indicators at once, or any in a test; `import propose` is for real ones."""
    from fleet.entrypoints import imports as room  # noqa: PLC0415

    room.at_once(_settings(config), room.Wanted(Kind.INDICATORS, file, source, by, made_up))


@announcement.command()
def propose(  # noqa: PLR0913 - each is one option of the command line
    config: Config,
    *,
    th: Annotated[str, typer.Option(help="The words in Thai, at most 100 letters.")],
    en: Annotated[str, typer.Option(help="The same in English.")],
    first: Annotated[
        str, typer.Option("--from", help="Its first day in Bangkok, as 2026-12-01; left out: today.")
    ] = "",
    until: Annotated[str, typer.Option(help="Its last day in Bangkok.")],
    by: Annotated[str, typer.Option(help="Who proposes.")],
    nation: Annotated[bool, typer.Option("--nation", help="At every kiosk.")] = False,
    province: Annotated[str, typer.Option(help="At the kiosks of one province: its two-digit code.")] = "",
    kiosk: Annotated[str, typer.Option(help="At one kiosk.")] = "",
) -> None:
    """Write down what somebody wants announced; no kiosk shows it before another person approves it."""
    from fleet.entrypoints import announcing  # noqa: PLC0415

    where = announcing.where(nation=nation, province=province, kiosk=kiosk)
    announcing.propose(_settings(config), announcing.Wanted(th, en, first, until, by), where)


@announcement.command()
def approve(config: Config, number: Number, *, by: Annotated[str, typer.Option(help="Who approves.")]) -> None:
    """Approve what another person has proposed; kiosks show it within a minute or so."""
    from fleet.entrypoints.announcing import approve as run  # noqa: PLC0415

    run(_settings(config), number, by)


@announcement.command()
def withdraw(config: Config, number: Number, *, by: Annotated[str, typer.Option(help="Who withdraws.")]) -> None:
    """Take an announcement back; kiosks that can be reached show it no longer within a minute or so."""
    from fleet.entrypoints.announcing import withdraw as run  # noqa: PLC0415

    run(_settings(config), number, by)


@announcement.command("list")
def list_announcements(config: Config) -> None:
    """Show every announcement there ever was, a JSON line each."""
    from fleet.entrypoints.announcing import show as run  # noqa: PLC0415

    run(_settings(config))


@helping.command("list")
def list_help(config: Config) -> None:
    """Show where somebody waits for a helper, longest first, a JSON line each."""
    from fleet.entrypoints.helping import show as run  # noqa: PLC0415

    run(_settings(config))


@helping.command()
def acknowledge(
    config: Config,
    kiosk: Annotated[str, typer.Argument(help="The name on its label, as `help list` shows it.")],
    *,
    name: Annotated[
        str, typer.Option(help="A first name or a role, as the helper wants it in a lobby; left out, it is asked for.")
    ] = "",
    minutes: Annotated[int, typer.Option(help="Until the helper is there, at most 30.")],
) -> None:
    """Tell whoever waits at a kiosk who comes; the name is kept until the call is over, and nowhere else."""
    from fleet.entrypoints.helping import acknowledge as run  # noqa: PLC0415

    asked = "Who comes, as the screen shall say it (without คุณ)"
    run(_settings(config), kiosk, name or typer.prompt(asked, err=True), minutes)


@roster.command("import")
def import_roster(  # noqa: PLR0913 - each is one option of the command line
    config: Config,
    file: Annotated[Path, typer.Argument(help="CSV or .xlsx: citizen_number,facility,unit,position,admin.")],
    *,
    by: By,
    column: ColumnNames = None,
    value: GivenValues = None,
    sheet: SheetNumber = None,
    header_line: HeaderLine = None,
) -> None:
    """Replace the list of each facility in a file. It needs the relay's settings: only its key makes tokens."""
    from fleet.entrypoints.rosters import bring_in as run  # noqa: PLC0415

    run(_settings(config), file, by, Columns.typed(column or (), value or (), sheet, header_line))


@roster.command()
def tickets(config: Config) -> None:
    """List whose name is missing or wrong, as a number the person can tell, a JSON line each."""
    from fleet.entrypoints.rosters import tickets as run  # noqa: PLC0415

    run(_settings(config))


@roster.command()
def forget(
    config: Config,
    facility: Annotated[str, typer.Argument(help="Its five digits.")],
    *,
    by: Annotated[str, typer.Option(help="Who erases it.")],
) -> None:
    """Erase a facility's list and the tickets about it."""
    from fleet.entrypoints.rosters import forget as run  # noqa: PLC0415

    run(_settings(config), facility, by)


@app.command()
def simulate(  # noqa: PLR0913 - each is one option of the command line
    config: Config,
    *,
    papers: Annotated[Path, typer.Option(help="The folder that dipchip-provision simulated made.")],
    kiosks: Annotated[int, typer.Option(help="How many of them take part.")],
    events_per_s: Annotated[float, typer.Option(min=0, help="Enrolments a second, of all together.")] = 1.0,
    seconds: Annotated[float, typer.Option(min=0, help="So long people come; then all wait for receipts.")] = 60.0,
    settle_s: Annotated[float, typer.Option(min=0, help="So long they wait.")] = 120.0,
    faults: Annotated[str, typer.Option(help="Some of drop,duplicate,restart,offline.")] = "",
    fault_every_s: Annotated[float, typer.Option(min=0.1, help="Each kiosk has a fault so often on average.")] = 60.0,
    seed: Annotated[int, typer.Option(help="The same seed plays the same faults.")] = 1,
    updates_failing: Annotated[float, typer.Option(min=0, max=1, help="A release fails at this share of them.")] = 0.0,
) -> None:
    """Play a fleet of kiosks that do not exist. Exit code 1: not every event got its receipt, once."""
    from fleet.entrypoints import simulate as room  # noqa: PLC0415
    from fleet.simulation.crowd import Plan  # noqa: PLC0415

    plan = Plan(seconds, settle_s, events_per_s, room.faults(faults), fault_every_s, seed, updates_failing)
    if not room.run(_settings(config), papers, kiosks, plan):
        raise typer.Exit(1)


@app.command("demo-data")
def demo_data(
    config: Config,
    *,
    kiosks: Annotated[int, typer.Option(help="How many kiosks are made up.")] = 300,
    people: Annotated[int, typer.Option(help="How many people come to them.")] = 10_000,
    days: Annotated[int, typer.Option(help="Over how many days.")] = 365,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, sizes and --until make the same rows.")] = 1,
    until: Annotated[
        str, typer.Option(help="A minute in Bangkok as 2026-11-24T10:00, or a day, to its end; left out: this minute.")
    ] = "",
) -> None:
    """Fill an empty database with a country that does not exist, in profile test only."""
    from fleet.entrypoints import demo_data as room  # noqa: PLC0415

    room.run(_settings(config), room.plan_of(kiosks=kiosks, people=people, days=days, seed=seed, until=until))


def main() -> None:
    """Run the command line; our own errors are one sentence on standard error and exit code 2."""
    try:
        app()
    except FleetError as error:
        sys.stderr.write(f"dipchip-fleet: {error}\n")
        sys.exit(2)
