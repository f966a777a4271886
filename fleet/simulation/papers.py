# SPDX-License-Identifier: Apache-2.0
"""The folders of simulated kiosks, as dipchip-provision makes them: their keys, their certificate, whom they trust."""

from __future__ import annotations

import json
import ssl
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.errors import FleetError
from wire.envelope import decode
from wire.errors import WireError
from wire.ids import is_simulated
from wire.registration import Registration
from wire.roots import trust_in
from wire.signing import SigningKey

if TYPE_CHECKING:
    from pathlib import Path

    from wire.sealing import SealingKey
    from wire.signing import VerifyKey


class NotSimulatedError(FleetError):
    """These are no simulated kiosks, or this is no controller for them."""


@dataclass(frozen=True, slots=True, repr=False)
class Papers:
    """All that one simulated kiosk has been given."""

    folder: Path
    registration: Registration
    event_key: SigningKey
    courier_key: SigningKey
    seals_to: SealingKey
    believes: VerifyKey
    host: str
    port: int

    def tls(self) -> ssl.SSLContext:
        """Mutual TLS as this kiosk; made for one connection, since thousands of them would fill the memory."""
        context = ssl.create_default_context(cafile=str(self.folder / "tls/ca.pem"))
        context.load_cert_chain(str(self.folder / "tls/kiosk.crt"), str(self.folder / "tls/kiosk.key"))
        return context


def read(place: Path, count: int) -> list[Papers]:
    """The papers of the first so many kiosks in a folder of folders.

    Raises:
        NotSimulatedError: when there are not so many, or one is not of a simulated kiosk.
    """
    folders = sorted(each.parent for each in place.glob("*/registration.json"))
    if len(folders) < count:
        message = f"{place}: has {len(folders)} kiosks, not {count}. Make more with dipchip-provision simulated."
        raise NotSimulatedError(message)
    return [_read(folder) for folder in folders[:count]]


def _read(folder: Path) -> Papers:
    try:
        registration = decode((folder / "registration.json").read_bytes(), Registration)
        trust = trust_in((folder / "trust.json").read_bytes())
        settings = tomllib.loads((folder / "kiosk.toml").read_text(encoding="utf-8"))
        papers = Papers(
            folder=folder,
            registration=registration,
            event_key=SigningKey.from_jwk(json.loads((folder / "event.jwk").read_bytes())),
            courier_key=SigningKey.from_jwk(json.loads((folder / "courier.jwk").read_bytes())),
            seals_to=trust.sealing(),
            believes=trust.receipts(),
            host=settings["broker"]["host"],
            port=settings["broker"]["port"],
        )
    except (OSError, ValueError, KeyError, WireError) as error:
        message = f"{folder}: not a kiosk's folder ({type(error).__name__}). Make it with dipchip-provision simulated."
        raise NotSimulatedError(message) from error
    if not is_simulated(registration.kiosk):
        message = f"{folder}: {registration.kiosk} is a real kiosk. Give a folder of dipchip-provision simulated."
        raise NotSimulatedError(message)
    return papers
