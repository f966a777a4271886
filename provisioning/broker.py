# SPDX-License-Identifier: Apache-2.0
"""Renders Mosquitto's folder: its configuration, its access list from `wire.topics`, its certificate and its trust.

It starts nothing. Source: security design, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioning.authority import Authorities, key_file
from provisioning.files import folder, public
from provisioning.listening import ip_address
from provisioning.rendering import plain
from wire.topics import acl

if TYPE_CHECKING:
    from pathlib import Path

    from provisioning.places import BrokerPlaces

CONTROLLER = "controller"  # the CN of the controller's certificate: no kiosk may have that name
_LOOPBACK = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Listener:
    """Where kiosks reach the broker: the name they dial, and the address and port it listens on."""

    host: str
    port: int
    bind: str

    def __post_init__(self) -> None:
        """Refuse an address that is none: it stands in a file without quotes."""
        ip_address("--broker-bind", self.bind)


def render(authorities: Authorities, made_in: Path, places: BrokerPlaces, listener: Listener) -> None:
    """Write the broker's folder; keys that are there stay, certificates are renewed when they must be."""
    report = authorities.report
    folder(made_in, private=True)
    folder(made_in / "data", private=True)
    hosts = tuple(dict.fromkeys((listener.host, *_LOOPBACK)))
    authorities.server(hosts, key_file(made_in / "server.key", report), made_in / "server-chain.crt")
    public(made_in / "ca-clients.pem", authorities.clients(), report)
    public(made_in / "acl", acl(CONTROLLER).encode(), report)
    public(made_in / "mosquitto.conf", _configuration(places, listener), report)
    publish_revocations(authorities, made_in)


def publish_revocations(authorities: Authorities, made_in: Path) -> None:
    """Write freshly signed revocation lists; a running broker or door reads them at SIGHUP."""
    public(made_in / "crl.pem", authorities.revocations(), authorities.report)


def _configuration(places: BrokerPlaces, listener: Listener) -> bytes:
    return plain(
        "mosquitto.conf",
        port=listener.port,
        bind=listener.bind,
        user=places.user,
        folder=str(places.folder),
        state=str(places.state),
        lists=str(places.lists),
    )
