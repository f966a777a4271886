# SPDX-License-Identifier: Apache-2.0
"""Keeps the fleet's certificate authority in a folder: its keys, every certificate it gave, and what it revoked.

The folder is the fleet's root of trust: it belongs on a machine that is neither the broker nor the controller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.errors import FolderError, RefusedError
from provisioning.files import Report, folder, public, read, refuse_if_lost, secret
from wire.certificates import Authority, is_current, list_pem, new_key, pem, serves

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

_ROOT, _DEVICES, _SERVERS, _KIOSKS = "root", "device-ca", "server-ca", "kiosk-ca"


@dataclass(frozen=True, slots=True)
class Authorities:
    """The authorities of a fleet, open for one run. `now` dates all that is signed.

    The first three stay here. A copy of the fourth, `kiosks`, is the controller's signer's (docs/adr/0037).
    """

    place: Path
    root: Authority
    devices: Authority
    servers: Authority
    kiosks: Authority
    now: datetime
    report: Report

    @classmethod
    def make(cls, place: Path, now: datetime, report: Report) -> Self:
        """Open the folder, making what is not there yet.

        Raises:
            FolderError: when a key was lost: a new one would disown every certificate given so far.
        """
        folder(place, private=True)
        folder(place / "issued" / _DEVICES)
        folder(place / "issued" / _SERVERS)
        names = (_ROOT, _DEVICES, _SERVERS, _KIOSKS)
        for name in names:
            refuse_if_lost(place / f"{name}.key", made_with=place / f"{name}.crt")
        keys = {name: key_file(place / f"{name}.key", report) for name in names}
        root = _kept(place, _ROOT, keys[_ROOT], report, lambda key: Authority.root("DipChip fleet root", key, now))
        return cls(
            place,
            root,
            _kept(place, _DEVICES, keys[_DEVICES], report, lambda key: root.authority("DipChip devices", key, now)),
            _kept(place, _SERVERS, keys[_SERVERS], report, lambda key: root.authority("DipChip servers", key, now)),
            _kept(place, _KIOSKS, keys[_KIOSKS], report, lambda key: root.authority("DipChip kiosks", key, now)),
            now,
            report,
        )

    @classmethod
    def open(cls, place: Path, now: datetime, report: Report) -> Self:
        """Open a folder that was made before.

        Raises:
            FolderError: when it was not.
        """
        if not (place / f"{_DEVICES}.key").exists():
            message = f"{place}: no fleet here. Run `dipchip-provision fleet {place.parent}` first."
            raise FolderError(message)
        return replace(cls.make(place, now, Report()), report=report)

    def client(self, name: str, key: ec.EllipticCurvePrivateKey, path: Path) -> None:
        """Put a client's certificate chain at `path`, renewing it when its key changed or its life runs out.

        Raises:
            RefusedError: when a certificate of this very key was revoked.
        """
        if any(given.public_key() == key.public_key() for given in self._revoked(name)):
            message = f"{path}: the key of {name} was revoked. Move its key files away, so that new ones are made."
            raise RefusedError(message)
        self._leaf(path, key, _DEVICES, lambda: self.devices.client(name, key.public_key(), self.now), ())

    def server(self, hosts: tuple[str, ...], key: ec.EllipticCurvePrivateKey, path: Path) -> None:
        """Put a server's certificate chain at `path`, renewing it also when it does not name all `hosts`."""
        self._leaf(path, key, _SERVERS, lambda: self.servers.server(hosts, key.public_key(), self.now), hosts)

    def _leaf(
        self,
        path: Path,
        key: ec.EllipticCurvePrivateKey,
        issuer: str,
        sign: Callable[[], x509.Certificate],
        hosts: tuple[str, ...],
    ) -> None:
        if path.exists() and _still_good(read(path), key, hosts, self.now):
            self.report.kept(path)
            return
        certificate = sign()
        subject = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        given = self.place / "issued" / issuer / f"{subject!s}.{certificate.serial_number:x}.crt"
        public(given, pem(certificate), Report())
        public(path, pem(certificate) + read(self.place / f"{issuer}.crt"), self.report)

    def _given(self, name: str) -> list[x509.Certificate]:
        paths = sorted((self.place / "issued" / _DEVICES).glob(f"{name}.*.crt"))
        return [x509.load_pem_x509_certificate(read(path)) for path in paths]

    def _revoked(self, name: str) -> list[x509.Certificate]:
        listed = {entry.serial_number for entry in self._list(_DEVICES) or ()}
        return [given for given in self._given(name) if given.serial_number in listed]

    def is_revoked(self, name: str) -> bool:
        """Whether any certificate given to this client was revoked."""
        return bool(self._revoked(name))

    def revoke(self, name: str) -> int:
        """Put every certificate ever given to a client on the list; how many of them were not on it before.

        Raises:
            RefusedError: when none was given to that name.
        """
        given = self._given(name)
        if not given:
            message = (
                f"--id {name}: no certificate was ever given to it here. Check the name on the kiosk's label; for one "
                "that claimed its name give --list with what `dipchip-fleet revocations` wrote."
            )
            raise RefusedError(message)
        known = len(self._revoked(name))
        serials = [certificate.serial_number for certificate in given]
        self._write_list(_DEVICES, self.devices.revocation_list(self._list(_DEVICES), serials, self.now))
        return len(given) - known

    def add_list(self, listed: bytes) -> int:
        """Add what the controller's signer has listed; how many of them were not known here. None is taken off.

        Raises:
            RefusedError: it is no list, or not this fleet's.
        """
        try:
            given = x509.load_pem_x509_crl(listed)
            is_ours = given.is_signature_valid(self.kiosks.key.public_key())
        except (ValueError, TypeError):
            is_ours = False
        if not is_ours:
            message = "--list: is not of this fleet's signer. Give what `dipchip-fleet revocations` wrote."
            raise RefusedError(message)
        known = {entry.serial_number for entry in self._list(_KIOSKS) or ()}
        serials = [entry.serial_number for entry in given]
        self._write_list(_KIOSKS, self.kiosks.revocation_list(self._list(_KIOSKS), serials, self.now))
        return len(set(serials) - known)

    def revocations(self) -> bytes:
        """Fresh lists of the authorities that broker and door follow, as one file: clients, kiosks, then root."""
        followed = ((_DEVICES, self.devices), (_KIOSKS, self.kiosks), (_ROOT, self.root))
        for name, authority in followed:
            self._write_list(name, authority.revocation_list(self._list(name), (), self.now))
        return b"".join(read(self._list_path(name)) for name, _ in followed)

    def clients(self) -> bytes:
        """Whom broker and door let in: what these have certified, and never what certified a server."""
        return b"".join(pem(authority.certificate) for authority in (self.devices, self.kiosks, self.root))

    def signer(self, made_in: Path) -> None:
        """Put the fourth authority's key and certificate, and the root, where the controller's signer has them."""
        secret(made_in / "authority.key", lambda: read(self.place / f"{_KIOSKS}.key"), self.report)
        public(made_in / "authority.crt", pem(self.kiosks.certificate), self.report)
        public(made_in / "root.crt", pem(self.root.certificate), self.report)

    def _list_path(self, name: str) -> Path:
        return self.place / f"{name}.crl.pem"

    def _list(self, name: str) -> x509.CertificateRevocationList | None:
        path = self._list_path(name)
        return x509.load_pem_x509_crl(read(path)) if path.exists() else None

    def _write_list(self, name: str, revocation_list: x509.CertificateRevocationList) -> None:
        public(self._list_path(name), list_pem(revocation_list), Report())


def key_file(path: Path, report: Report) -> ec.EllipticCurvePrivateKey:
    """The P-256 key in this file; made when it is not there, never overwritten.

    Raises:
        FolderError: when the file holds no such key.
    """
    try:
        key = serialization.load_pem_private_key(secret(path, _new_pem, report), password=None)
    except ValueError as error:
        message = f"{path}: not a private key. Restore the file from your backup, or move it away to make a new one."
        raise FolderError(message) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        message = f"{path}: not a P-256 key. Restore the file from your backup, or move it away to make a new one."
        raise FolderError(message)
    return key


def _new_pem() -> bytes:
    return new_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _kept(
    place: Path,
    name: str,
    key: ec.EllipticCurvePrivateKey,
    report: Report,
    make: Callable[[ec.EllipticCurvePrivateKey], Authority],
) -> Authority:
    path = place / f"{name}.crt"
    if not path.exists():
        public(path, pem(make(key).certificate), report)
    certificate = x509.load_pem_x509_certificate(read(path))
    if certificate.public_key() != key.public_key():
        message = f"{path}: belongs to another key than {name}.key. Restore both from the same backup."
        raise FolderError(message)
    return Authority(certificate, key)


def _still_good(chain: bytes, key: ec.EllipticCurvePrivateKey, hosts: tuple[str, ...], now: datetime) -> bool:
    leaf = x509.load_pem_x509_certificate(chain)
    same_key = leaf.public_key() == key.public_key()
    return same_key and is_current(leaf, now) and (not hosts or serves(leaf, hosts))
