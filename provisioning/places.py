# SPDX-License-Identifier: Apache-2.0
"""Where a process finds its files: beside its settings, or where the Ansible roles and the units put them.

In the installed layout keys are credentials (systemd.exec, LoadCredential=): files of root, seen by one service.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Layout(StrEnum):
    """Which of the two."""

    BESIDE = "beside"  # the folder can be used where it is, or moved as a whole
    INSTALLED = "installed"  # the folder is copied by the Ansible roles, or filled by the kiosk itself

    @property
    def is_installed(self) -> bool:
        """Whether the units' folders and credentials are used."""
        return self is Layout.INSTALLED


def credential(unit: str, name: str) -> str:
    """Where systemd puts a credential of a unit."""
    return f"/run/credentials/{unit}.service/{name}"


@dataclass(frozen=True, slots=True)
class KioskPlaces:
    """Paths as kiosk.toml says them; relative ones are relative to it."""

    store: str = "store.db"
    trust: str = "trust.json"
    policy: str = "face-policy.jws"
    event_key: str = "event.jwk"
    courier_key: str = "courier.jwk"
    ca: str = "tls/ca.pem"
    certificate: str = "tls/kiosk.crt"
    key: str = "tls/kiosk.key"
    spool: str = "renewal"
    release_root: str = "release-root.json"
    updates_home: str = "releases"
    updates_state: str = "updates"

    @classmethod
    def of(cls, layout: Layout) -> KioskPlaces:
        """The paths in a layout."""
        if layout is Layout.BESIDE:
            return cls()
        return cls(
            store="/var/lib/dipchip-store/store.db",
            event_key=credential("dipchip-kiosk-ui", "event.jwk"),
            courier_key=credential("dipchip-kiosk-courier", "courier.jwk"),
            key=credential("dipchip-kiosk-courier", "kiosk.key"),
            spool="/var/lib/dipchip-renewal",
            updates_home="/opt/dipchip",
            updates_state="/var/lib/dipchip-update",
        )


@dataclass(frozen=True, slots=True)
class ControllerPlaces:
    """Paths as courier.toml, signer.toml, relay.toml, alerts.toml and web.toml say them."""

    ca: str = "tls/ca.pem"
    certificate: str = "tls/controller.crt"
    key: str = "tls/controller.key"
    receipt: str = "receipt.jwk"
    sealing: str = "relay/sealing.jwk"
    token: str = "relay/token.key"  # noqa: S105 - a path
    answer: str = "relay/answer.jwk"
    door_receipt: str = "receipt.jwk"
    authority: str = "signer/authority.key"
    authority_certificate: str = "signer/authority.crt"
    root: str = "signer/root.crt"
    trust: str = "signer/trust.json"
    policy: str = "signer/face-policy.jws"
    roots: str = "signer/roots.jsonl"
    revocations: str = "signer/kiosks.crl.pem"
    operators: str = "operators.key"
    webhook: str = "alerts/webhook.key"

    @classmethod
    def of(cls, layout: Layout) -> ControllerPlaces:
        """The paths in a layout."""
        if layout is Layout.BESIDE:
            return cls()
        return cls(
            key=credential("dipchip-fleet-courier", "controller.key"),
            receipt=credential("dipchip-fleet-courier", "receipt.jwk"),
            sealing=credential("dipchip-fleet-relay", "sealing.jwk"),
            token=credential("dipchip-fleet-relay", "token.key"),
            answer=credential("dipchip-fleet-relay", "answer.jwk"),
            door_receipt=credential("dipchip-fleet-door", "receipt.jwk"),
            authority=credential("dipchip-fleet-signer", "authority.key"),
            revocations="/var/lib/dipchip-revocations/kiosks.crl.pem",
            operators=credential("dipchip-fleet-web", "operators.key"),
            webhook=credential("dipchip-fleet-alerts", "webhook.key"),
        )


@dataclass(frozen=True, slots=True)
class BrokerPlaces:
    """Absolute paths for mosquitto.conf, and the user that Mosquitto becomes when root starts it."""

    folder: Path
    state: Path
    user: str
    lists: Path

    @classmethod
    def of(cls, layout: Layout, made_in: Path) -> BrokerPlaces:
        """The paths in a layout."""
        if layout is Layout.BESIDE:
            return cls(
                made_in.absolute(), made_in.absolute() / "data", getpass.getuser(), made_in.absolute() / "crl.pem"
            )
        lists = Path("/var/lib/dipchip-broker-lists/crl.pem")
        return cls(Path("/etc/dipchip/broker"), Path("/var/lib/mosquitto"), "mosquitto", lists)


@dataclass(frozen=True, slots=True)
class DoorPlaces:
    """Absolute paths for nginx, and the sockets by which it reaches the door's process and the signer's."""

    folder: Path
    socket: Path
    signer: Path
    log: Path
    lists: Path
    given: Path
    releases: Path

    @classmethod
    def of(cls, layout: Layout, made_in: Path) -> DoorPlaces:
        """The paths in a layout."""
        if layout is Layout.BESIDE:
            here = made_in.absolute()
            given = made_in.absolute().parent / "controller" / ControllerPlaces().revocations
            sockets = here / "door.sock", here / "signer.sock"
            return cls(here, *sockets, here / "access.log", here / "crl.pem", given, here / "releases")
        return cls(
            Path("/etc/dipchip/door"),
            Path("/run/dipchip-fleet-door/door.sock"),
            Path("/run/dipchip-fleet-signer/signer.sock"),
            Path("/var/log/nginx/dipchip-door.log"),
            Path("/var/lib/dipchip-door-lists/crl.pem"),
            Path(ControllerPlaces.of(layout).revocations),
            Path("/var/lib/dipchip-releases"),
        )
