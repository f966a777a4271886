# SPDX-License-Identifier: Apache-2.0
"""A province whose kiosks claim their names and believe what two of three people have signed, and bare machines.

Broker, courier, door and signer are processes; a machine has an image and nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from fleet.store.device_tables import kiosk_certificate
from fleet.store.session import open_engine, reading
from fleet.store.tables import device_state
from provisioning.device.chip import tls_key
from provisioning.device.keys import private_pem
from provisioning.files import Report
from tests.simulators.province import PATIENCE_S, Kiosk, Province
from tests.simulators.services import script, wait_until
from wire.certificates import Authority, pem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FACILITY, PROVINCE = "10670", "41"


class Machine:
    """A machine with the fleet's image and nothing else, until it is enrolled."""

    def __init__(self, province: ClaimProvince, folder: Path) -> None:
        """Unpack it; nothing is made."""
        self._province = province
        self.folder = folder
        self.env: dict[str, str] = {}

    def enrol(self, code: str, facility: str = FACILITY, *more: str) -> subprocess.CompletedProcess[str]:
        """What the technician types."""
        words = ("--claim", code, "--facility", facility, "--introduction", self._province.fleet / "introduction.json")
        return provision("enrol", self.folder, *words, "--camera", "file:none", *more, env=self.env)

    def renew(self, *more: str) -> str:
        """What the timer starts, once."""
        files = ("--config", self.folder / "kiosk.toml", "--event-key", self.folder / "event.jwk")
        ran = provision("renew", *files, *more, env=self.env)
        if ran.returncode != 0:
            raise RuntimeError(ran.stderr)
        return ran.stdout

    def kiosk(self, name: str, env: Mapping[str, str] | None = None) -> Kiosk:
        """The kiosk that it has become, under the name that stands on its label; `env` is what its courier needs."""
        named = self.folder.with_name(name)
        named.symlink_to(self.folder)
        made = Kiosk(named, self._province.logs, env)
        self._province.stop_later(made)
        return made

    def leaf(self) -> x509.Certificate:
        """Its certificate."""
        return x509.load_pem_x509_certificate((self.folder / "tls/kiosk.crt").read_bytes())

    def age(self, issuer: Authority, began: datetime) -> x509.Certificate:
        """Give it a certificate as its signer would have given it at another time, for the same key."""
        pair = self.folder / "tls/kiosk.key"
        key = tls_key(pair, Report(), in_chip=False)
        name = self.leaf().subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        leaf = issuer.client(str(name), key.public_key(), began)
        chain = pem(leaf) + pem(issuer.certificate)
        pair.write_bytes(private_pem(key) + chain)
        (self.folder / "tls/kiosk.crt").write_bytes(chain)
        return leaf


class ClaimProvince(Province):
    """A province with a door and a signer behind it."""

    def __init__(self, directory: Path, *, database_url: str | None = None) -> None:
        """Make the folders and the tables."""
        super().__init__(directory, database_url=database_url, https=True)
        self.sign_roots()
        self.signer = self._process("signer")
        self._machines = directory

    def __enter__(self) -> Self:
        """Start what a province starts, and the signer."""
        super().__enter__()
        try:
            self._stack.callback(self.signer.stop)
            self.signer.start()
            wait_until((self.fleet / "door/signer.sock").is_socket, "the signer opens")
        except BaseException:
            self._stack.close()
            raise
        return self

    def machine(self, name: str) -> Machine:
        """A machine fresh from the image."""
        folder = self._machines / f"machine-{name}"
        folder.mkdir()
        return Machine(self, folder)

    def claim(self, kiosk: str, facility: str = FACILITY) -> dict[str, Any]:
        """A claim's code and QR code, as whoever made it is told."""
        return self.told("claim", "make", kiosk, "--facility", facility, "--province", PROVINCE)[0]

    def told(self, *words: str) -> list[dict[str, Any]]:
        """The lines that one of the operator's commands prints."""
        settings = ("--config", str(self.fleet / "controller/courier.toml"))
        ran = subprocess.run([script("dipchip-fleet"), *words, *settings], capture_output=True, text=True, check=True)
        return [json.loads(line) for line in ran.stdout.splitlines()]

    def run_at_signer(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the controller to its end, whatever that is."""
        command = [script("dipchip-fleet"), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def issuer(self) -> Authority:
        """The signer's own authority, to make certificates of another day."""
        key = serialization.load_pem_private_key((self.fleet / "authority/kiosk-ca.key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError
        return Authority(x509.load_pem_x509_certificate((self.fleet / "authority/kiosk-ca.crt").read_bytes()), key)

    def heard(self, kiosk: str) -> int:
        """When the controller last accepted a heartbeat of this kiosk, in ms; 0 for never."""
        return self._one(select(device_state.c.seen_ms).where(device_state.c.kiosk == kiosk))

    def good_until(self, kiosk: str) -> datetime:
        """Until when its certificate is good, as its heartbeats say."""
        until_ms = self._one(select(kiosk_certificate.c.until_ms).where(kiosk_certificate.c.kiosk == kiosk))
        return datetime.fromtimestamp(until_ms / 1000, UTC)

    def wait_until_heard(self, kiosk: str, after_ms: int) -> None:
        """Wait for a heartbeat later than that."""
        wait_until(lambda: self.heard(kiosk) > after_ms, f"a heartbeat of {kiosk} is accepted", PATIENCE_S)

    def stop_later(self, kiosk: Kiosk) -> None:
        """Stop its courier when the province ends."""
        self._stack.callback(kiosk.courier.stop)

    def _one(self, asked: Any) -> int:  # noqa: ANN401 - a statement of SQLAlchemy
        engine = open_engine(self.database_url)
        with reading(engine) as connection:
            found = connection.execute(asked).scalar_one_or_none()
        engine.dispose()
        return 0 if found is None else int(found)


def provision(*words: object, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `dipchip-provision` to its end, whatever that is."""
    command = [script("dipchip-provision"), *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **(env or {})}
    )
