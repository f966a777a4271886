# SPDX-License-Identifier: Apache-2.0
"""What commissioning asks of `enrol`: whether the fleet's door is reached, to claim a name, and who this machine is."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.device.asking import NotGrantedError, NotReachedError
from provisioning.device.keys import signing_key
from provisioning.device.sealing import opened
from provisioning.errors import FolderError, ProvisioningError
from provisioning.files import Report, read, read_json
from provisioning.places import KioskPlaces
from wire import words
from wire.claims import RENEWAL, claim_code, fingerprint
from wire.envelope import decode
from wire.errors import WireError
from wire.ids import facility_code
from wire.phones import CENTRAL, help_number, written
from wire.self_tests import SELF_TEST, Received

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from provisioning.device.enrolment import Enrolment, Hardware
    from wire.signing import SigningKey

_SETTINGS = "kiosk.toml"
UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this machine is, by its settings."""

    kiosk: str
    facility: str
    profile: str
    help_number: str

    @classmethod
    def read(cls, place: Path) -> Identity | None:
        """None while it is nobody.

        Raises:
            FolderError: the settings cannot be read.
        """
        file = place / _SETTINGS
        if not file.exists():
            return None
        try:
            told = tomllib.loads(read(file).decode())
            number = help_number(str(told["help_number"])) if "help_number" in told else CENTRAL
            return cls(told["kiosk"], told["facility"], told["profile"], written(number))
        except (KeyError, ValueError) as error:
            message = f"{file}: not a kiosk's settings ({type(error).__name__}). Start with a fresh image."
            raise FolderError(message) from error


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something was not had: a word that the texts know, and the cause in English."""

    why: str
    cause: str


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that is to become a kiosk."""

    enrolment: Enrolment
    hardware: Hardware
    now: Callable[[], datetime]

    @property
    def place(self) -> Path:
        """Where its identity goes."""
        return self.enrolment.place

    def identity(self) -> Identity | None:
        """Who it is; None while it is nobody."""
        return Identity.read(self.place)

    def door(self) -> str:
        """The door that its image knows."""
        door = self.enrolment.introduction.door
        return f"{door.host}:{door.port}"

    def way(self) -> Refused | None:
        """Ask the fleet's door for nothing: that it refuses shows that it is there. None when it is.

        A renewal without a body is asked for, because an empty claim would count as a guess of a code.
        """
        try:
            self.enrolment.ask(self.enrolment.introduction, RENEWAL, b"")
        except NotGrantedError:
            return None
        except NotReachedError as error:
            return Refused(error.how, str(error))
        return None

    def claim(self, code: str, facility: str) -> Refused | None:
        """Become the kiosk that a claim names, or go on with it; None when it is done."""
        try:
            if self.enrolment.finish():
                return None
            self.enrolment.run(claim_code(code), facility_code(facility), self.hardware, self.now(), Report())
        except NotGrantedError as error:
            return Refused(error.why, str(error))
        except NotReachedError as error:
            return Refused(error.how, str(error))
        except (ProvisioningError, WireError) as error:
            return Refused(UNUSABLE, str(error))
        return None

    def event_key(self) -> SigningKey:
        """What signs in this kiosk's name.

        Raises:
            FolderError, RefusedError: it cannot be read, or systemd does not open it.
        """
        file = self.place / KioskPlaces().event_key
        return signing_key(file, opened(file))

    def report(self, message: bytes) -> Refused | None:
        """Hand a signed report to the controller; None when it is kept there. It may be sent again."""
        try:
            answer = self.enrolment.ask(self.enrolment.introduction, SELF_TEST, message)
            received = decode(answer, Received)
        except NotGrantedError as error:
            return Refused(error.why, str(error))
        except NotReachedError as error:
            return Refused(error.how, str(error))
        except WireError as error:
            return Refused(UNUSABLE, f"The controller's answer is none ({error}). Update the controller first.")
        if received.digest != hashlib.sha256(message).hexdigest():
            return Refused(UNUSABLE, "The controller answers about another report. Try again; then ask the fleet team.")
        return None

    def words(self, language: str) -> list[str]:
        """The words of its keys, from the files that it works with.

        Raises:
            FolderError: one of them cannot be read.
        """
        beside = KioskPlaces()
        event, courier = (read_json(self.place / name) for name in (beside.event_key, beside.courier_key))
        leaf = x509.load_pem_x509_certificate(read(self.place / beside.certificate)).public_key()
        if not isinstance(leaf, ec.EllipticCurvePublicKey):
            message = f"{self.place / beside.certificate}: not a kiosk's certificate. Start with a fresh image."
            raise FolderError(message)
        digest = fingerprint(event, courier, leaf)
        return (words.thai(digest) if language == "th" else words.english(digest)).split("-")

    def finish(self) -> None:
        """Take away what a power cut left after the claim was done."""
        self.enrolment.finish()
