# SPDX-License-Identifier: Apache-2.0
"""The command lines that run on a kiosk: `dipchip-provision enrol` and `dipchip-provision renew`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioning.device import sealing
from provisioning.device.asking import ask
from provisioning.device.chip import TlsKey
from provisioning.device.enrolment import Enrolment, Hardware
from provisioning.device.renewal import Identity, step
from provisioning.errors import FolderError, RefusedError
from provisioning.files import Report, read
from provisioning.identities import AgentWish
from provisioning.places import Layout
from wire.claims import Introduction, claim_code, scanned, words_of
from wire.envelope import decode
from wire.errors import Malformed
from wire.ids import facility_code

if TYPE_CHECKING:
    from wire.claims import ClaimCode
    from wire.ids import FacilityCode


# What is asked of whoever makes a machine a kiosk, here and by `commission`.
INTRODUCTION = Path("/etc/dipchip/introduction.json")
IntroductionFile = Annotated[Path, typer.Option(help="What the image knows of its fleet.")]
Camera = Annotated[str, typer.Option(help="pi, usb:NUMBER, usb:/dev/... or file:PATH.")]
CameraPin = Annotated[str, typer.Option(help="The only camera that may serve; see docs/hardware.md.")]
Reader = Annotated[str, typer.Option(help="A part of the reader's name; empty takes the first.")]
Printer = Annotated[str, typer.Option(help="The slip printer's device, as /dev/usb/lp0; empty: there is none.")]
Models = Annotated[str, typer.Option(help="Folder of the face models; needed for live.")]
EventKeyToken = Annotated[
    Path | None, typer.Option(help="A file with the pkcs11:... of an event key in a TPM; left out: it is a file.")
]
TlsKeyPlace = Annotated[
    TlsKey, typer.Option("--tls-key", help="Where TLS keys are made; auto: in the TPM of a machine prepared for it.")
]
Installed = Annotated[
    bool, typer.Option("--installed", help="Write paths as the units have them, not beside each other.")
]

_TLS_NOT_ON_THE_CARD = "Its TLS key is in the TPM: who copies the card cannot connect in its name."
_TLS_ON_THE_CARD = "Its TLS key is a file: who copies the card can connect in its name until it is revoked."
_NOT_ON_THE_CARD = "Its event key is in the token: who copies the card cannot sign with it."
_ON_THE_CARD = "Its event key is a file: who copies the card can pose as this kiosk until it is revoked."
_NO_ROOTS = "Its image knows no roots: whom it believes and seals to is what the controller says."


def enrol(  # noqa: PLR0913 - each is one option of the command line
    place: Annotated[Path, typer.Argument(metavar="DIR", help="Where this kiosk's identity goes.")],
    *,
    claim: Annotated[str, typer.Option(help="The eight characters of the claim, or what its QR code holds.")],
    facility: Annotated[str, typer.Option(help="Where this machine stands (hcode5); the QR code holds it too.")] = "",
    introduction: IntroductionFile = INTRODUCTION,
    camera: Camera = "usb:0",
    camera_pin: CameraPin = "",
    reader: Reader = "",
    models: Models = "",
    printer: Printer = "",
    event_key_token: EventKeyToken = None,
    tls_key: TlsKeyPlace = TlsKey.AUTO,
    installed: Installed = False,
) -> None:
    """Make this machine the kiosk that a claim names. It makes its own keys; run again, it goes on where it stopped."""
    layout = Layout.INSTALLED if installed else Layout.BESIDE
    enrolment, report = Enrolment(place, introduced(introduction), layout, ask), Report()
    if enrolment.finish():
        typer.echo("Everything was in its place already; what a power cut had left is gone.")
        return
    code, where = _asked(claim, facility)
    hardware = Hardware(
        camera, camera_pin, reader, models, AgentWish(), event_key_uri(event_key_token), tls_key.is_in_chip, printer
    )
    bundle, fingerprint = enrolment.run(code, where, hardware, now(), report)
    for line in report.lines:
        typer.echo(line)
    typer.echo(f"This machine is {bundle.kiosk} at {bundle.facility}, profile {bundle.profile}.")
    typer.echo(_NOT_ON_THE_CARD if event_key_token else _ON_THE_CARD)
    typer.echo(_TLS_NOT_ON_THE_CARD if enrolment.keeps_tls_in_chip else _TLS_ON_THE_CARD)
    if enrolment.introduction.roots is None:
        typer.echo(_NO_ROOTS)
    typer.echo(f"Words: {words_of(fingerprint)}")
    typer.echo("Compare them with `dipchip-fleet claim list`: other words there mean that this claim was stolen.")


def renew(
    config: Annotated[Path, typer.Option("--config", "-c", help="This kiosk's kiosk.toml")],
    event_key: Annotated[Path, typer.Option(help="Its event key, a private JWK.")],
    tls_key: TlsKeyPlace = TlsKey.AUTO,
) -> None:
    """Ask for this kiosk's next certificate when it is time, and install the one that came. It needs no network."""
    report = Report()
    said = step(Identity.read(config), event_key, now(), report, in_chip=tls_key.is_in_chip)
    for line in (*report.lines, said):
        typer.echo(line)


def seal(
    place: Annotated[Path, typer.Argument(metavar="DIR", help="This kiosk's identity: /etc/dipchip/kiosk.")],
    units: Annotated[Path, typer.Option(help="Where systemd reads drop-ins.")] = Path("/etc/systemd/system"),
) -> None:
    """Seal the keys that lie open in a kiosk's folder, and tell its units so. Again: seal what has come since."""
    report = Report()
    sealing.seal(place, units, report)
    for line in report.lines:
        typer.echo(line)
    typer.echo("systemctl daemon-reload lets the units take them; the opener is on this card too, so it is no TPM.")


def event_key_uri(file: Path | None) -> str:
    """The address of a key, which holds a PIN: it stands in a file, and not where a shell would keep it."""
    return "" if file is None else read(file).decode("ascii", "replace").strip()


def introduced(file: Path) -> Introduction:
    """What the image knows of its fleet.

    Raises:
        FolderError: the file cannot be used.
    """
    try:
        return decode(read(file), Introduction)
    except Malformed as error:
        message = f"{file}: {error}. Give the introduction.json of your fleet."
        raise FolderError(message) from error


def _asked(claim: str, facility: str) -> tuple[ClaimCode, FacilityCode]:
    try:
        code, where = scanned(claim) if ":" in claim else (claim_code(claim), facility)
        if facility and facility != where:
            message = f"--facility {facility}: the claim is for {where}. Ask for one for this facility."
            raise RefusedError(message)
        return code, facility_code(where)
    except Malformed as error:
        message = f"--claim, --facility: {error}. Type them as `dipchip-fleet claim make` told them."
        raise RefusedError(message) from error


def now() -> datetime:
    """The time, to the second, as certificates count."""
    return datetime.now(UTC).replace(microsecond=0)
