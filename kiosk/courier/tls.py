# SPDX-License-Identifier: Apache-2.0
"""How the courier knows the other end, and is known by it: TLS 1.3, the fleet's authority, the kiosk's certificate."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

from cryptography import x509

from wire.hello import Kept
from wire.wrapped_keys import is_wrapped

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.config import Broker

_BEGINS = b"-----BEGIN CERTIFICATE-----"
_TURN = threading.Lock()


class _TakesTurns(ssl.SSLSocket):
    """Shakes hands while no other one of this process does: OpenSSL's provider for TPMs serves one thread at a time.

    tpm2-openssl 1.1.1 is not to be called by two threads. What comes after a handshake does not need the TPM.
    """

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as the standard library has it
        """Wait for the turn, and take it."""
        with _TURN:
            super().do_handshake(block)


def context(broker: Broker) -> ssl.SSLContext:
    """The same papers for the broker and for the controller's own door.

    Raises:
        OSError, ssl.SSLError: when a certificate or key file cannot be used.
    """
    made = without_papers(broker)
    with _TURN:
        made.load_cert_chain(str(shown(broker)), str(broker.key))
    return made


def without_papers(broker: Broker) -> ssl.SSLContext:
    """Knows the other end, and says of this one nothing: for a kiosk whose certificate may have ended.

    Raises:
        OSError, ssl.SSLError: when the authority's file cannot be used.
    """
    made = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(broker.ca))
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    if is_in_chip(broker):
        made.sslsocket_class = _TakesTurns
    return made


def is_in_chip(broker: Broker) -> bool:
    """Whether the kiosk's TLS key is in a TPM; false where its file is not this process's to read."""
    try:
        return is_wrapped(broker.key.read_bytes())
    except OSError:
        return False


def kept(broker: Broker) -> Kept:
    """How the TLS key is kept."""
    if is_in_chip(broker):
        return Kept.TPM
    plain = broker.certificate.with_name("kiosk.key")
    is_sealed = plain.with_name("kiosk.key.sealed").exists() and not plain.exists()
    return Kept.SEALED_FILE if is_sealed else Kept.FILE


def certificate_ms(broker: Broker) -> int:
    """Until when the kiosk's own certificate is good, in ms since 1970.

    Raises:
        OSError, ValueError: when the file is no certificate.
    """
    return _until_ms(shown(broker))


def lies_newer(broker: Broker, than_ms: int) -> bool:
    """Whether a certificate was installed that is good beyond `than_ms`; false while it cannot be read."""
    try:
        return _until_ms(broker.certificate) > than_ms
    except (OSError, ValueError):
        return False


def shown(broker: Broker) -> Path:
    """The file with this kiosk's chain: beside its key, so that the two fit together, or on its own."""
    return broker.key if _BEGINS in broker.key.read_bytes() else broker.certificate


def _until_ms(file: Path) -> int:
    own, *_ = x509.load_pem_x509_certificates(file.read_bytes())
    return int(own.not_valid_after_utc.timestamp() * 1000)
