# SPDX-License-Identifier: Apache-2.0
"""Examines the kiosk's certificate, its key, its chain and the fleet's root. It never tells a byte of the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from kiosk.courier import tls
from kiosk.findings import OK, Code, Figure, Finding, Level, Part
from wire.certificates import LEAF_LIFE, RENEW_BEFORE
from wire.errors import WireError
from wire.wrapped_keys import is_wrapped, public_half

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from kiosk.config import Broker

_CARE = frozenset({Code.CERTIFICATE_ENDS_SOON, Code.ROOT_ENDS_SOON})


class _UnusableError(Exception):
    """A file is not there, not to be read, or not what it should be."""

    def __init__(self, code: str, technician: str) -> None:
        super().__init__(technician)
        self.code = code


@dataclass(frozen=True, slots=True, repr=False)
class _Papers:
    own: x509.Certificate
    between: list[x509.Certificate]
    roots: list[x509.Certificate]
    fits: bool  # whether the key is the certificate's


def examine(broker: Broker, kiosk: str, now: datetime) -> Finding:
    """Judge the papers that the broker and the door are shown."""
    try:
        papers = _read(broker)
    except _UnusableError as error:
        level = Level.UNKNOWN if error.code == Code.NOT_PERMITTED else Level.FAULT
        return Finding(part=Part.CERTIFICATES, code=error.code, level=level, technician=str(error))
    root = min(papers.roots, key=lambda each: each.not_valid_after_utc)
    figures = {
        "name": Figure(_name(papers.own)),
        "issuer": Figure(papers.own.issuer.rfc4514_string()),
        "left": Figure((papers.own.not_valid_after_utc - now).days, "d"),
        "root_left": Figure((root.not_valid_after_utc - now).days, "d"),
        "until": Figure(papers.own.not_valid_after_utc.isoformat(" ", "seconds")),
        "tls_key": Figure(str(tls.kept(broker))),
    }
    code, technician = _judged(papers, root, kiosk, now)
    level = Level.WELL if code == OK else Level.CARE if code in _CARE else Level.FAULT
    return Finding(part=Part.CERTIFICATES, code=code, level=level, figures=figures, technician=technician)


def _judged(papers: _Papers, root: x509.Certificate, kiosk: str, now: datetime) -> tuple[str, str]:
    own = papers.own
    seen = (
        (not papers.fits, Code.KEY_OF_ANOTHER),
        (_name(own) != kiosk, Code.CERTIFICATE_OF_ANOTHER),
        (own.not_valid_before_utc > now, Code.CERTIFICATE_NOT_YET_VALID),
        (own.not_valid_after_utc <= now, Code.CERTIFICATE_ENDED),
    )
    code = next((code for holds, code in seen if holds), OK)
    if code != OK:
        return code, ""
    try:
        builder = verification.PolicyBuilder().store(verification.Store(papers.roots)).time(now)
        builder.build_client_verifier().verify(own, papers.between)
    except verification.VerificationError as error:
        return Code.CHAIN_BROKEN, str(error).splitlines()[0]
    if own.not_valid_after_utc - now < RENEW_BEFORE:
        return Code.CERTIFICATE_ENDS_SOON, ""
    return (Code.ROOT_ENDS_SOON if root.not_valid_after_utc - now < LEAF_LIFE else OK), ""


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _read(broker: Broker) -> _Papers:
    key = _bytes(broker.key)
    own, *between = _certificates(tls.shown(broker))
    try:
        public = public_half(key) if is_wrapped(key) else serialization.load_pem_private_key(key, None).public_key()
    except (ValueError, TypeError, WireError) as error:
        message = f"{broker.key.name}: no private key that can be read ({type(error).__name__})."
        raise _UnusableError(Code.KEYS_MISSING, message) from error
    return _Papers(own, between, _certificates(broker.ca), public == own.public_key())


def _certificates(file: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_bytes(file))
    except ValueError as error:
        message = f"{file.name}: holds no certificate."
        raise _UnusableError(Code.KEYS_MISSING, message) from error


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except PermissionError as error:
        message = f"{file.name}: not yours to read."
        raise _UnusableError(Code.NOT_PERMITTED, message) from error
    except OSError as error:
        message = f"{file.name}: {error.strerror}."
        raise _UnusableError(Code.KEYS_MISSING, message) from error
