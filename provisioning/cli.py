# SPDX-License-Identifier: Apache-2.0
"""`dipchip-provision`: makes a fleet's and a kiosk's folder, renews certificates, revokes kiosks, signs face policies.

On a kiosk it claims a name and asks for certificates. Of all of these only `enrol` and `commission` talk to a network.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from provisioning import policies
from provisioning.authority import Authorities
from provisioning.broker import Listener, publish_revocations
from provisioning.commissioning.commands import commission
from provisioning.device.commands import Printer, enrol, renew, seal
from provisioning.door import Entrance
from provisioning.errors import ProvisioningError, RefusedError
from provisioning.files import Report, folder, public, read
from provisioning.fleet import Console, Plan
from provisioning.fleet import make as make_fleet
from provisioning.following import Lists, follow
from provisioning.identities import AgentWish, Releases, Site
from provisioning.identities import make as make_kiosk
from provisioning.inventory_commands import write_inventory
from provisioning.places import Layout
from provisioning.releases_commands import app as release
from provisioning.roots_commands import app as roots
from wire.errors import WireError
from wire.ids import simulated_id
from wire.registration import default_shard

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, help="Makes and renews a fleet's folders.")
policy = typer.Typer(no_args_is_help=True, help="Sign a face policy with the fleet's offline key, or show one.")
app.add_typer(policy, name="policy")
app.add_typer(roots, name="roots")
app.add_typer(release, name="release")
app.command()(enrol)
app.command()(commission)
app.command()(renew)
app.command("inventory")(write_inventory)
app.command()(seal)

Fleet = Annotated[Path, typer.Argument(metavar="DIR", help="The fleet's folder.")]
Port = Annotated[int, typer.Option(min=1, max=65535)]
Installed = Annotated[
    bool, typer.Option("--installed", help="Write paths as the Ansible roles install them, not beside each other.")
]


@app.command()
def fleet(  # noqa: PLR0913 - each is one option of the command line
    directory: Fleet,
    *,
    broker_host: Annotated[str, typer.Option(help="The name or address by which kiosks reach the broker.")],
    database_url: Annotated[str, typer.Option(help="sqlite:///PATH or postgresql+psycopg://...")],
    idp_url: Annotated[str, typer.Option(help="The identity provider: https, or http on this machine.")],
    broker_port: Port = 8883,
    broker_bind: Annotated[str, typer.Option(help="The address the broker listens on.")] = "127.0.0.1",
    https_host: Annotated[
        str, typer.Option(help="The name of the HTTPS door for kiosks whose firewall closes the broker's port.")
    ] = "",
    https_port: Port = 443,
    https_bind: Annotated[str, typer.Option(help="The address that door listens on.")] = "127.0.0.1",
    web_port: Port = 8080,
    console_origin: Annotated[
        str, typer.Option(help="Where a reverse proxy with TLS offers the console, as https://console.example.")
    ] = "",
    open_console: Annotated[
        bool, typer.Option("--open-console", help="Nobody signs in on the console: for a demonstration.")
    ] = False,
    installed: Installed = False,
) -> None:
    """Make a fleet: certificate authority, broker, controller. Again: renew certificates and revocation lists."""
    report = Report()
    listener = Listener(broker_host, broker_port, broker_bind)
    entrance = Entrance(https_host, https_port, https_bind)
    console = Console(web_port, console_origin, open_console)
    plan = Plan(listener, entrance, database_url, idp_url, console, _layout(installed=installed))
    make_fleet(directory, plan, _now(), report)
    _tell(report, "Keys that existed were kept.")
    _tell(Report(), f"Next: dipchip-provision kiosk {directory} --id ... ; keep {directory / 'authority'} offline.")
    if https_host:
        _tell(Report(), f"Images whose kiosks claim their names hold {directory / 'introduction.json'}.")


@app.command()
def kiosk(  # noqa: PLR0913 - each is one option of the command line
    directory: Fleet,
    *,
    name: Annotated[str, typer.Option("--id", help="3 to 32 of a-z, 0-9 and '-'; also on the kiosk's label.")],
    facility: Annotated[str, typer.Option(help="Facility code (hcode5).")],
    province: Annotated[str, typer.Option(help="Where it stands: two digits of the Ministry of Interior.")],
    out: Annotated[Path, typer.Option(help="The kiosk's folder.")],
    shard: Annotated[str, typer.Option(help="Two hexadecimal digits; chosen from the name when left out.")] = "",
    camera: Annotated[str, typer.Option(help="pi, usb:NUMBER, usb:/dev/... or file:PATH.")] = "usb:0",
    camera_pin: Annotated[str, typer.Option(help="The only camera that may serve; see docs/hardware.md.")] = "",
    reader: Annotated[str, typer.Option(help="A part of the reader's name; empty takes the first.")] = "",
    models: Annotated[str, typer.Option(help="Folder of the face models; needed for live.")] = "",
    printer: Printer = "",
    face_policy: Annotated[
        Path | None, typer.Option("--policy", help="The fleet's signed face policy; needed for live.")
    ] = None,
    profile: Annotated[str, typer.Option(help="test or live.")] = "test",
    agent: Annotated[bool, typer.Option("--agent", help="Serve hospital software on the kiosk's own machine.")] = False,
    agent_origin: Annotated[
        list[str] | None,
        typer.Option(help="A web page that may ask the agent, as https://his.example; may be repeated."),
    ] = None,
    laser_number: Annotated[bool, typer.Option("--laser-number", help="Let the agent read the laser number.")] = False,
    entitlement: Annotated[
        bool, typer.Option("--entitlement", help="Let the agent read the chip's entitlement.")
    ] = False,
    release_root: Annotated[
        Path | None, typer.Option(help="The releases' metadata/1.root.json; left out: it installs none by itself.")
    ] = None,
    releases: Annotated[str, typer.Option(help="Where signed releases are: https or a folder; the fleet's door.")] = "",
    channel: Annotated[str, typer.Option(help="Whose releases it takes.")] = "stable",
    installed: Installed = False,
) -> None:
    """Make a kiosk's folder. Again, with the same folder: renew its certificate and settings, keep its keys."""
    report = Report()
    layout = _layout(installed=installed)
    wish = AgentWish(agent, tuple(agent_origin or ()), laser_number, entitlement)
    site = Site(
        name,
        facility,
        province,
        shard or default_shard(name),
        profile,
        camera,
        camera_pin,
        reader,
        models,
        face_policy,
        layout,
        wish,
        printer,
        Releases(release_root, releases, channel),
    )
    make_kiosk(directory, site, out, _now(), report)
    _tell(report, "Keys that existed were kept; a kiosk that needs new keys gets a new name.")
    _tell(Report(), f"Next: dipchip-fleet register --config courier.toml {out / 'registration.json'}")


@app.command()
def simulated(
    directory: Fleet,
    *,
    kiosks: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")],
    out: Annotated[Path, typer.Option(help="A folder for their folders.")],
    facility: Annotated[str, typer.Option(help="Facility code (hcode5).")] = "00000",
    province: Annotated[str, typer.Option(help="Two digits of the Ministry of Interior.")] = "10",
) -> None:
    """Make folders for dipchip-fleet simulate: kiosks that do not exist, whose names say so. Never live."""
    folder(out, private=True)
    for number in range(1, kiosks + 1):
        name = simulated_id(number)
        site = Site(
            name,
            facility,
            province,
            default_shard(name),
            profile="test",
            camera="file:none",
            camera_pin="",
            reader="",
            models="",
            policy=None,
            layout=Layout.BESIDE,
            agent=AgentWish(),
        )
        make_kiosk(directory, site, out / name, _now(), Report())
    _tell(Report(), f"Next: dipchip-fleet simulate --config web.toml --papers {out} --kiosks {kiosks} --events-per-s 1")


@app.command()
def revoke(
    directory: Fleet,
    *,
    name: Annotated[str, typer.Option("--id", help="The kiosk, when its folder was made here.")] = "",
    listed: Annotated[
        Path | None, typer.Option("--list", help="What `dipchip-fleet revocations` wrote: kiosks that claimed names.")
    ] = None,
) -> None:
    """Put the certificates of revoked kiosks on the revocation list. Broker and door read it at SIGHUP."""
    if not name and listed is None:
        message = "--id or --list: give the kiosk's name, or what `dipchip-fleet revocations` wrote."
        raise RefusedError(message)
    report = Report()
    authorities = Authorities.open(directory / "authority", _now(), report)
    fresh = authorities.revoke(name) if name else 0
    fresh += authorities.add_list(read(listed)) if listed is not None else 0
    for name_of in ("broker", "door"):
        if (directory / name_of).exists():
            publish_revocations(authorities, directory / name_of)
    _tell(report, f"{name or listed}: {fresh} certificate(s) newly revoked.")
    _tell(
        Report(),
        "Next: run the playbook for broker and door (open sessions are cut off). Without it copy crl.pem, reload",
    )
    _tell(Report(), "the proxy and restart the broker. What the kiosk still says is not believed in any case.")


@app.command("follow")
def follow_lists(
    *,
    lists: Annotated[Path, typer.Option(help="The crl.pem that was made with the broker's or door's folder.")],
    authorities: Annotated[Path, typer.Option(help="The ca-clients.pem beside it.")],
    given: Annotated[Path, typer.Option(help="The list that the controller's signer keeps; it may not be there yet.")],
    served: Annotated[Path, typer.Option(help="What broker or door reads.")],
) -> None:
    """Give broker or door the newest revocation lists: those made offline, with the signer's in its place."""
    report = Report()
    fresh = follow(Lists(lists, authorities, given, served), _now(), report)
    _tell(report, f"{fresh} certificate(s) newly refused.")


@policy.command("make")
def policy_make(
    directory: Fleet,
    *,
    rules: Annotated[Path, typer.Option(help="What `dipchip-kiosk models rules` wrote.")],
    calibration: Annotated[
        Path | None, typer.Option(help="What `dipchip-kiosk models calibrate` wrote; the zones are taken from it.")
    ] = None,
    match_fmr: Annotated[float, typer.Option(help="Share of impostors that the match zone may let through.")] = 1e-4,
    staff_fmr: Annotated[float, typer.Option(help="The same up to where staff looks.")] = 1e-3,
    out: Annotated[Path | None, typer.Option(help="A second place for the file.")] = None,
) -> None:
    """Sign the next version of the fleet's face policy. Without a calibration record it serves TEST only."""
    record = None if calibration is None else read(calibration)
    kept, verdict = policies.make(directory, read(rules), record, policies.Wish(match_fmr, staff_fmr), _now())
    report = Report()
    report.made(kept)
    if out is not None:
        public(out, read(kept), report)
    _tell(report, verdict)
    _tell(Report(), f"Next: dipchip-provision kiosk {directory} --policy {kept} ... for each kiosk, as the first time.")


@policy.command("show")
def policy_show(directory: Fleet, path: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Check a face policy's signature and say what it holds."""
    document, _ = policies.verified(directory, path)
    for line in policies.shown(document):
        typer.echo(line)


def _layout(*, installed: bool) -> Layout:
    return Layout.INSTALLED if installed else Layout.BESIDE


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _tell(report: Report, closing: str) -> None:
    for line in (*report.lines, closing):
        typer.echo(line)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line, the process's own when none is given; our errors are one sentence and exit code 2."""
    try:
        app(arguments)
    except (ProvisioningError, WireError) as error:
        sys.stderr.write(f"dipchip-provision: {error}\n")
        sys.exit(2)
