# SPDX-License-Identifier: Apache-2.0
"""Renders nginx's folder for the door: its configuration, its certificate, and whom it lets in.

It starts nothing. Source: docs/adr/0014.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provisioning.authority import Authorities, key_file
from provisioning.broker import publish_revocations
from provisioning.errors import RefusedError
from provisioning.files import folder, public
from provisioning.listening import ip_address
from provisioning.rendering import plain

if TYPE_CHECKING:
    from pathlib import Path

    from provisioning.places import DoorPlaces

_LOOPBACK = ("localhost", "127.0.0.1")
_HOST = re.compile(r"[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where kiosks find the door: the name they dial, and the address and port it listens on. No host: no door."""

    host: str
    port: int
    bind: str

    def __post_init__(self) -> None:
        """Refuse what would stand in a file without quotes and is no name and no address."""
        ip_address("--https-bind", self.bind)
        if self.host and not _HOST.fullmatch(self.host):
            message = f"--https-host {self.host!r}: not a host's name. Give the name by which kiosks reach it."
            raise RefusedError(message)


def render(authorities: Authorities, made_in: Path, places: DoorPlaces, entrance: Entrance) -> None:
    """Write the door's folder; the key that is there stays, the certificate is renewed when it must be."""
    report = authorities.report
    folder(made_in, private=True)
    hosts = tuple(dict.fromkeys((entrance.host, *_LOOPBACK)))
    authorities.server(hosts, key_file(made_in / "server.key", report), made_in / "server-chain.crt")
    public(made_in / "ca-clients.pem", authorities.clients(), report)
    public(made_in / "nginx.conf", _configuration(places, entrance), report)
    publish_revocations(authorities, made_in)


def _configuration(places: DoorPlaces, entrance: Entrance) -> bytes:
    return plain(
        "nginx.conf",
        host=entrance.host,
        port=entrance.port,
        bind=f"[{entrance.bind}]" if ":" in entrance.bind else entrance.bind,
        folder=str(places.folder),
        socket=str(places.socket),
        signer=str(places.signer),
        logs=str(places.log),
        lists=str(places.lists),
        given=str(places.given),
        releases=str(places.releases),
    )
