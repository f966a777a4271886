# SPDX-License-Identifier: Apache-2.0
"""Makes a kiosk's folder: its keys, whom it trusts, its settings, and the registration the controller imports.

The keys are made here, on the technician's machine, and travel with the folder. A kiosk that claims its name makes its
own and fills the same folder itself: `provisioning.device`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from provisioning.authority import Authorities, key_file
from provisioning.broker import CONTROLLER
from provisioning.errors import FolderError, RefusedError
from provisioning.files import Report, as_json, folder, public, read, read_json
from provisioning.fleet import jwk_file
from provisioning.places import KioskPlaces, Layout
from provisioning.policies import verified
from provisioning.releases import first_root
from provisioning.rendering import toml
from provisioning.roots import trusted
from wire.certificates import pem
from wire.errors import Malformed
from wire.ids import facility_code, is_simulated, key_id, kiosk_id, shard
from wire.provinces import province_code
from wire.registration import Registration
from wire.releases import channel as parse_channel
from wire.signing import SigningKey

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_PRINTER = re.compile(r"/dev/[A-Za-z0-9][\w/.-]{0,58}")
_CAMERA = re.compile(r"pi|usb:([0-9]{1,2}|/dev/.+)|file:.+")
_PIN = {"pi": re.compile(r"libcamera:.+"), "usb": re.compile(r"serial:.+|/dev/v4l/by-(path|id)/[^/]+")}
_REPOSITORY = re.compile(r"https://[^\s@?#]+|/\S+")
_PROFILES = ("test", "live")
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class AgentWish:
    """Whether hospital software on the kiosk's machine may have cards read, for which web pages, and what of a card."""

    enabled: bool = False
    origins: tuple[str, ...] = ()
    laser_number: bool = False
    entitlement: bool = False

    def __post_init__(self) -> None:
        """Refuse what the kiosk would refuse later.

        Raises:
            RefusedError: naming the option, the value and what is allowed.
        """
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                message = f"--agent-origin {origin!r}: must be as https://his.example or http://his.example:8080."
                raise RefusedError(message)


@dataclass(frozen=True, slots=True)
class Releases:
    """Whose signed releases a kiosk takes, and from where; nothing said is the fleet's own door. No root: none."""

    root: Path | None = None
    repository: str = ""
    channel: str = "stable"

    def __post_init__(self) -> None:
        """Refuse what the kiosk would refuse later.

        Raises:
            RefusedError: naming the option, the value and what is allowed.
        """
        try:
            parse_channel(self.channel)
        except Malformed as error:
            message = f"--channel {self.channel!r}: {error}."
            raise RefusedError(message) from error
        if self.repository and not _REPOSITORY.fullmatch(self.repository):
            message = f"--releases {self.repository!r}: must be an https address or the path of a folder."
            raise RefusedError(message)

    def sought(self, reached: Reached, ca: str) -> tuple[str, str]:
        """Where they are sought, and the file with who certified that place."""
        if self.root is None or self.repository or not reached.https_host:
            return self.repository, ""
        return f"https://{reached.https_host}:{reached.https_port}/releases", ca


@dataclass(frozen=True, slots=True)
class Site:
    """Where a kiosk stands and what is plugged into it."""

    kiosk: str
    facility: str
    province: str
    shard: str
    profile: str
    camera: str
    camera_pin: str
    reader: str
    models: str
    policy: Path | None
    layout: Layout
    agent: AgentWish
    printer: str = ""
    releases: Releases = Releases()

    def __post_init__(self) -> None:
        """Refuse what the kiosk or the controller would refuse later.

        Raises:
            RefusedError: naming the option, the value and what is allowed.
        """
        checks = (
            ("--id", self.kiosk, kiosk_id),
            ("--facility", self.facility, facility_code),
            ("--province", self.province, province_code),
            ("--shard", self.shard, shard),
        )
        for option, value, parse in checks:
            try:
                parse(value)
            except Malformed as error:
                message = f"{option} {value!r}: {error}. Correct it and run again."
                raise RefusedError(message) from error
        self._check_names()
        self._check_devices()

    def _check_names(self) -> None:
        if self.kiosk == CONTROLLER:
            message = f"--id {self.kiosk}: that name is the controller's own. Choose another."
            raise RefusedError(message)
        if is_simulated(self.kiosk) and self.profile != "test":
            message = f"--id {self.kiosk}: simulated kiosks have such names, and are never live. Choose another."
            raise RefusedError(message)
        if self.profile not in _PROFILES:
            message = f"--profile {self.profile!r}: must be test or live."
            raise RefusedError(message)

    def _check_devices(self) -> None:
        if not _CAMERA.fullmatch(self.camera):
            message = f"--camera {self.camera!r}: must be pi, usb:NUMBER, usb:/dev/... or file:PATH."
            raise RefusedError(message)
        pins = _PIN.get(self.camera.partition(":")[0])
        if self.camera_pin and not (pins and pins.fullmatch(self.camera_pin)):
            message = (
                f"--camera-pin {self.camera_pin!r}: must be libcamera:ID for pi; for usb serial:NUMBER,"
                " /dev/v4l/by-id/NAME or /dev/v4l/by-path/NAME; nothing for a file."
            )
            raise RefusedError(message)
        if self.printer and not _PRINTER.fullmatch(self.printer):
            message = f"--printer {self.printer!r}: must be a device, as /dev/usb/lp0, or nothing."
            raise RefusedError(message)
        if self.profile == "live" and (not self.models or self.policy is None or self.camera.startswith("file:")):
            message = (
                "--profile live: needs --models with the folder of the models, --policy with a signed face policy,"
                " and a real camera (pi or usb:NUMBER)."
            )
            raise RefusedError(message)


@dataclass(frozen=True, slots=True)
class Reached:
    """Where kiosks find the broker, and the door beside it; no host where there is none."""

    host: str
    port: int
    https_host: str
    https_port: int


def make(fleet: Path, site: Site, out: Path, now: datetime, report: Report) -> None:
    """Make a kiosk's folder, or renew its certificate and settings; keys that are there stay."""
    authorities = Authorities.open(fleet / "authority", now, report)
    _refuse_strangers(authorities, fleet, site.kiosk, out)
    policy = None if site.policy is None else verified(fleet, site.policy)
    root = None if site.releases.root is None else first_root(site.releases.root)
    beside = KioskPlaces()
    for name in ("", "tls", beside.spool):
        folder(out / name, private=True)
    _register(fleet, site, out, report)
    authorities.client(site.kiosk, key_file(out / beside.key, report), out / beside.certificate)
    public(out / beside.ca, pem(authorities.root.certificate), report)
    public(out / beside.trust, trusted(fleet), report)
    if policy is not None:
        public(out / beside.policy, policy[1], report)
    if root is not None:
        public(out / beside.release_root, root, report)
    public(out / "kiosk.toml", settings(site, _reached(fleet / "fleet.toml")), report)


def registered(fleet: Path, kiosk: str) -> Path:
    """Where the fleet remembers a kiosk's registration."""
    return fleet / "kiosks" / f"{kiosk}.json"


def _refuse_strangers(authorities: Authorities, fleet: Path, kiosk: str, out: Path) -> None:
    if authorities.is_revoked(kiosk):
        message = f"--id {kiosk}: was revoked. A revoked name is not given again: choose a new one."
        raise RefusedError(message)
    known = registered(fleet, kiosk)
    if not known.exists():
        return
    beside = KioskPlaces()
    mine = {"event_key": out / beside.event_key, "courier_key": out / beside.courier_key}
    told = read_json(known)
    if any(not path.exists() or _public(path) != told.get(name) for name, path in mine.items()):
        message = f"--id {kiosk}: exists with other keys than {out}. Give its own folder, or choose a new name."
        raise RefusedError(message)


def _public(path: Path) -> dict[str, object]:
    return SigningKey.from_jwk(read_json(path)).public().jwk()


def _register(fleet: Path, site: Site, out: Path, report: Report) -> None:
    beside = KioskPlaces()
    event_key = _key(out / beside.event_key, f"{site.kiosk}#1", report)
    courier_key = _key(out / beside.courier_key, f"{site.kiosk}#2", report)
    registration = Registration(1, site.kiosk, site.facility, site.province, site.shard, event_key, courier_key)
    content = as_json(msgspec.to_builtins(registration))
    folder(fleet / "kiosks")
    public(registered(fleet, site.kiosk), content, report)
    public(out / "registration.json", content, report)


def _key(path: Path, kid: str, report: Report) -> dict[str, object]:
    made = jwk_file(path, lambda: SigningKey.generate(key_id(kid)).jwk(), report)
    key = SigningKey.from_jwk(made)
    if key.kid != kid:
        message = f"{path.parent}: is the folder of another kiosk. Give each kiosk a folder of its own."
        raise RefusedError(message)
    return key.public().jwk()


def settings(site: Site, reached: Reached) -> bytes:
    """A kiosk's settings file."""
    at = KioskPlaces.of(site.layout)
    repository, repository_ca = site.releases.sought(reached, at.ca)
    return toml(
        "kiosk",
        kiosk=site.kiosk,
        facility=site.facility,
        province=site.province,
        shard=site.shard,
        profile=site.profile,
        store=at.store,
        trust=at.trust,
        event_key=at.event_key,
        courier_key=at.courier_key,
        reader=site.reader,
        camera=site.camera,
        camera_pin=site.camera_pin,
        models=site.models,
        policy="" if site.policy is None else at.policy,
        host=reached.host,
        port=reached.port,
        https_host=reached.https_host,
        https_port=reached.https_port,
        ca=at.ca,
        certificate=at.certificate,
        key=at.key,
        spool=at.spool,
        repository=repository,
        channel=site.releases.channel,
        release_root="" if site.releases.root is None else at.release_root,
        repository_ca=repository_ca,
        updates_home=at.updates_home,
        updates_state=at.updates_state,
        agent=site.agent.enabled,
        origins=list(site.agent.origins),
        printer=site.printer,
        laser_number=site.agent.laser_number,
        entitlement=site.agent.entitlement,
    )


def _reached(path: Path) -> Reached:
    try:
        told = tomllib.loads(read(path).decode())
        https = str(told.get("https_host", "")), int(told.get("https_port", 443))  # a fleet from before has none
        return Reached(str(told["broker_host"]), int(told["broker_port"]), *https)
    except (KeyError, ValueError) as error:
        message = f"{path}: not what `dipchip-provision fleet` writes. Run that command again."
        raise FolderError(message) from error
