# SPDX-License-Identifier: Apache-2.0
"""`dipchip-kiosk`: the kiosk's processes and the technician's commands. Each is imported when it is called."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.config import ConfigError
from kiosk.enrollment.failures import FaultError
from kiosk.entrypoints.usage import DoctorGroup
from kiosk.findings import Part
from kiosk.store.database import StoreError
from kiosk.update.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="DipChip's kiosk.")

doctor = typer.Typer(cls=DoctorGroup, invoke_without_command=True)
card = typer.Typer(no_args_is_help=True, help="Work with the card reader, for technicians.")
app.add_typer(doctor, name="doctor")
app.add_typer(card, name="card")
models = typer.Typer(no_args_is_help=True, help="Install and check face models, for technicians.")
app.add_typer(models, name="models")


class Language(StrEnum):
    """The languages of the screens."""

    TH = "th"
    EN = "en"


Config = Annotated[Path, typer.Option("--config", "-c", envvar="DIPCHIP_KIOSK_CONFIG", help="kiosk.toml")]

MaybeConfig = Annotated[
    Path | None,
    typer.Option("--config", "-c", envvar="DIPCHIP_KIOSK_CONFIG", help="kiosk.toml, for its reader and its last reads"),
]
Reader = Annotated[str | None, typer.Option(help="A part of the reader's name; any reader when left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Report as JSON.")]
Words = Annotated[Language, typer.Option("--language", help="Of the words.")]
ForIt = Annotated[bool, typer.Option("--for-it", help="Only the message to the hospital's IT, of the network.")]

MaybeSettings = Annotated[
    Path | None, typer.Option("--config", "-c", envvar="DIPCHIP_KIOSK_CONFIG", help="kiosk.toml, for its models folder")
]
Folder = Annotated[Path | None, typer.Option(help="The folder of the models; the settings' own when left out.")]


class Pack(StrEnum):
    """What can be installed: a pack, or the files that the face policy names."""

    DEMONSTRATION = "demonstration"
    PRODUCTION = "production"
    BENCH = "bench"
    PAD = "pad"
    MESH = "mesh"
    POLICY = "policy"


class Beside(StrEnum):
    """What may be asked for beside an engine."""

    PAD = "pad"
    MESH = "mesh"


class Engine(StrEnum):
    """The engines that ship."""

    DEMONSTRATION = "demonstration"
    PRODUCTION = "production"
    BENCH = "bench"


@app.command()
def ui(
    config: Config,
    log: Annotated[Path, typer.Option(help="Where logs go: the terminal is the screen.")] = Path("/dev/null"),
) -> None:
    """Show the screens and serve people. It needs the reader, the camera and the store, and no network."""
    from kiosk.entrypoints.ui import run  # noqa: PLC0415

    run(config, log)


@app.command()
def rehearse(
    config: Config,
    log: Annotated[Path, typer.Option(help="Where logs go: the terminal is the screen.")] = Path("/dev/null"),
    patience: Annotated[float, typer.Option(help="How many seconds the welcome waits for somebody.")] = 300.0,
    event_key: Annotated[
        Path | None, typer.Option(help="Where the event key is, if not where kiosk.toml says.")
    ] = None,
) -> None:
    """Serve one person in the profile test, with these screens and this hardware, and print how the visit ended.

    Exit code 0: the enrolment was filed. 1: it ended otherwise. 2: it could not begin.
    """
    from kiosk.enrollment.states import Farewell  # noqa: PLC0415
    from kiosk.entrypoints.rehearsal import OneVisit  # noqa: PLC0415
    from kiosk.entrypoints.ui import rehearse as visited  # noqa: PLC0415

    ending = visited(config, log, OneVisit(patience, event_key))
    typer.echo(ending)
    raise typer.Exit(0 if ending == Farewell.FILED else 1)


@app.command()
def printer(config: Config, language: Words = Language.TH) -> None:
    """Print a slip that is good for nothing, and print what came of it.

    Exit code 0: the printer took it. 1: it did not. 3: no printer is set.
    """
    from kiosk.entrypoints.trial_slip import NO_PRINTER, PRINTED, printed  # noqa: PLC0415

    came = printed(config, language)
    typer.echo(came)
    raise typer.Exit({PRINTED: 0, NO_PRINTER: 3}.get(came, 1))


@app.command("scan-claim")
def scan_claim(
    camera: Annotated[str, typer.Option(help="pi, usb:NUMBER, usb:/dev/... or file:PATH.")] = "usb:0",
    camera_pin: Annotated[str, typer.Option(help="The only camera that may serve.")] = "",
    within: Annotated[float, typer.Option(help="For how many seconds to look.")] = 30.0,
) -> None:
    """Look with the camera for a claim's QR code, and print what it holds. It needs no settings: there are none yet.

    Exit code 0: seen. 1: none was seen. 2: the camera does not work.
    """
    import time  # noqa: PLC0415

    from kiosk.face.cameras import camera_from  # noqa: PLC0415
    from kiosk.face.claim_code import seen  # noqa: PLC0415

    found = seen(camera_from(camera, pin=camera_pin, allow_software=True), within, time.monotonic)
    if found is not None:
        typer.echo(found)
    raise typer.Exit(0 if found is not None else 1)


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


@app.command()
def update(
    config: Config,
    source: Annotated[
        Path | None, typer.Option("--from", help="A stick's folder `repository`; the settings' own when left out.")
    ] = None,
    *,
    ordered: Annotated[bool, typer.Option("--ordered", help="Only what was ordered; as the unit runs it.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also what has failed its trial here too often.")] = False,
) -> None:
    """Install the release that the channel offers, try it, and go back where it does not stand.

    Exit code 0: it stands. 3: it does not, or may not be had; what ran before runs.
    """
    from kiosk.entrypoints.update import run  # noqa: PLC0415

    raise typer.Exit(run(config, source, by_hand=not ordered, again=again))


@doctor.callback()
def doctor_all(
    context: typer.Context,
    config: MaybeConfig = None,
    *,
    json: AsJson = False,
    for_it: ForIt = False,
    language: Words = Language.TH,
) -> None:
    """Examine every part of the kiosk, or the one that is named, for technicians.

    Exit code 0: all is well. 1: something needs care. 2: a fault stops enrolment. 64: the command or the settings.
    """
    if context.invoked_subcommand is None:
        asked = (Part.NETWORK,) if for_it else tuple(Part)
        raise typer.Exit(_examined(config, asked, language, as_json=json, for_it=for_it))
    said = {
        "config": config,
        "json": json,
        "for_it": for_it,
        "language": language,
    }  # before the part's name as after it
    context.default_map = {part: {name: value for name, value in said.items() if value} for part in Part}


def _examining(part: Part) -> Callable[..., None]:
    def examine(
        config: MaybeConfig = None, *, json: AsJson = False, for_it: ForIt = False, language: Words = Language.TH
    ) -> None:
        asked = (Part.NETWORK,) if for_it else (part,)
        raise typer.Exit(_examined(config, asked, language, as_json=json, for_it=for_it))

    return examine


def _examined(settings: Path | None, asked: Sequence[Part], language: str, *, as_json: bool, for_it: bool) -> int:
    from kiosk.entrypoints import doctor as examination  # noqa: PLC0415

    try:
        return examination.run(_named(settings), asked, language, as_json=as_json, for_it=for_it)
    except ConfigError as error:
        sys.stderr.write(f"dipchip-kiosk: {error}\n")
        return DoctorGroup.exit_code


def _named(settings: Path | None) -> Path:
    if settings is None:
        message = "doctor: no --config. Give the kiosk.toml of this kiosk."
        raise ConfigError(message)
    return settings


for _part in Part:
    doctor.command(_part.value, help=f"Examine this part: {_part}.")(_examining(_part))


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


@models.command("list")
def models_list(
    config: MaybeSettings = None,
    folder: Folder = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show every pack: its files, whose they are, and how they are found in the folder."""
    from kiosk.entrypoints import models as shelf  # noqa: PLC0415

    shelf.listed(shelf.place(config, folder), as_json=json)


@models.command("verify")
def models_verify(
    packs: Annotated[list[Pack] | None, typer.Argument(help="All of which anything is there when left out.")] = None,
    config: MaybeSettings = None,
    folder: Folder = None,
) -> None:
    """Hash the files of packs and of the policy. Exit code 0: all are the pinned ones. 1: one is missing or altered."""
    from kiosk.entrypoints import models as shelf  # noqa: PLC0415

    place = shelf.place(config, folder)
    asked = [shelf.pack_of(pack, config) for pack in packs] if packs else shelf.present(place, config)
    raise typer.Exit(shelf.verified(place, asked))


@models.command("install")
def models_install(
    pack: Annotated[Pack, typer.Argument(help="A pack, or `policy`: the files that the face policy names.")],
    source: Annotated[str, typer.Option("--from", help="publisher, a folder, or https://base/of/the/files")],
    config: MaybeSettings = None,
    folder: Folder = None,
    rules: Annotated[Path | None, typer.Option(help="With `policy`: a draft that is not signed yet.")] = None,
    ca: Annotated[Path | None, typer.Option(help="PEM: who certified an https address of your own.")] = None,
) -> None:
    """Bring a pack into the folder of the models. Run again after a failure: it goes on where it stopped."""
    from kiosk.entrypoints import models as shelf  # noqa: PLC0415

    shelf.install(shelf.pack_of(pack, config, rules), source, shelf.place_to_fill(config, folder), ca)


@models.command("calibrate")
def models_calibrate(  # noqa: PLR0913 - each is one option of the command line
    pictures: Annotated[Path, typer.Argument(help="A folder of people with their pictures, or a pairs file in one.")],
    *,
    engine: Annotated[str, typer.Option(help="One that ships, or the file of a draft as `models rules` prints it.")],
    out: Annotated[Path, typer.Option(help="Where the calibration record goes.")],
    description: Annotated[str, typer.Option(help="What the pictures are, in your words; never who is on them.")],
    config: MaybeSettings = None,
    folder: Folder = None,
    slices: Annotated[Path | None, typer.Option(help="Who belongs to which group, for figures of each.")] = None,
    attacks: Annotated[Path | None, typer.Option(help="A folder of presentation attacks by instrument.")] = None,
) -> None:
    """Measure an engine on pictures of people who agreed to it, and write what a face policy is signed with."""
    from kiosk.entrypoints import models as shelf  # noqa: PLC0415
    from kiosk.entrypoints.calibrate import Asked, run  # noqa: PLC0415

    asked = Asked(
        folder=pictures,
        engine=engine,
        out=out,
        description=description,
        models=shelf.place(config, folder),
        slices=slices,
        attacks=attacks,
    )
    raise typer.Exit(run(asked))


@models.command("rules")
def models_rules(
    engine: Annotated[Engine, typer.Argument(help="An engine that ships.")] = Engine.PRODUCTION,
    beside: Annotated[list[Beside] | None, typer.Option("--with", help="A pack that must be there too.")] = None,
) -> None:
    """Print the rules that an engine ships with, for `dipchip-provision policy make --rules`."""
    from kiosk.entrypoints import models as shelf  # noqa: PLC0415

    shelf.rules(engine, beside or ())


def main() -> None:
    """Run the command line; our own errors are one sentence on standard error and exit code 2."""
    try:
        app()
    except (ConfigError, FaultError, FetchError, StoreError) as error:
        sys.stderr.write(f"dipchip-kiosk: {error}\n")
        sys.exit(2)
