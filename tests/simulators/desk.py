# SPDX-License-Identifier: Apache-2.0
"""The signer's real desk over a database, with an authority of its own and a clock to turn, and its callers."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING
from wsgiref.util import setup_testing_defaults

from fleet.devices import claims
from fleet.devices.claims import Wanted
from fleet.devices.issuing import Issuer
from fleet.signer.desk import Desk, Fleet
from fleet.store.session import unit_of_work
from provisioning.device.asking import NotGrantedError
from tests.fleet.road import Clock
from wire.certificates import Authority, new_key, pem
from wire.claims import MEDIA_TYPE, Address, ClaimCode, Introduction, Refusal, Why
from wire.envelope import decode
from wire.events import Profile
from wire.ids import FacilityCode, KeyId, KioskId, ProvinceCode
from wire.registration import Trust
from wire.sealing import OpeningKey
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

NAME, HERE = KioskId("k-udon-01"), FacilityCode("10670")
SOMEWHERE = "192.0.2.7"
ROOT = Authority.root("root", new_key(), datetime.now(UTC))
ISSUER = Issuer(ROOT.authority("DipChip kiosks", new_key(), datetime.now(UTC)), ROOT.certificate)
TRUST = Trust(
    1,
    SigningKey.generate(KeyId("controller#1")).public().jwk(),
    SigningKey.generate(KeyId("relay#1")).public().jwk(),
    OpeningKey.generate(KeyId("relay-sealing#1")).public().jwk(),
)
FLEET = Fleet(TRUST, (Address("broker.example", 8883),), Address("door.example", 443), "a.signed.policy")


INTRODUCTION = Introduction(1, FLEET.https, pem(ISSUER.root).decode("ascii"))


class Counter:
    """A desk, and whoever stands before it."""

    def __init__(self, engine: Engine, fleet: Fleet = FLEET) -> None:
        """Nobody has come yet."""
        self.engine = engine
        self.clock = Clock()
        self.desk = Desk(engine, ISSUER, fleet, self.clock)

    def code(self, name: KioskId = NAME, profile: Profile = Profile.TEST) -> ClaimCode:
        """A claim's code, fresh."""
        with unit_of_work(self.engine) as connection:
            wanted = Wanted(name, HERE, ProvinceCode("41"), profile)
            return claims.make(connection, wanted, "somsri", self.clock())[0]

    def ask(self, path: str, body: bytes, address: str = SOMEWHERE, **changes: str) -> tuple[int, bytes]:
        """One request: the status and the answer."""
        answered: list[str] = []

        def start_response(status: str, _headers: object, _error: object = None) -> Callable[[bytes], object]:
            answered.append(status)
            return BytesIO().write

        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "CONTENT_TYPE": MEDIA_TYPE,
            "HTTP_DIPCHIP_ADDRESS": address,
            "wsgi.input": BytesIO(body),
        } | changes
        setup_testing_defaults(environ)
        said = b"".join(self.desk(environ, start_response))
        return int(answered[0][:3]), said

    def why(self, path: str, body: bytes, address: str = SOMEWHERE) -> tuple[int, Why]:
        """One request that is refused: the status and the word."""
        status, said = self.ask(path, body, address)
        return status, decode(said, Refusal).why

    def granted(self, _introduction: Introduction, path: str, message: bytes) -> bytes:
        """As a kiosk's own way to the door answers.

        Raises:
            NotGrantedError: the signer refused.
        """
        status, said = self.ask(path, message)
        if status != 200:
            raise NotGrantedError(decode(said, Refusal).why)
        return said
