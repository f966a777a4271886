# SPDX-License-Identifier: Apache-2.0
"""How the courier knows the other end, and is known by it: TLS 1.3, the fleet's authority, the kiosk's certificate."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from cryptography import x509

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.config import Broker

_BEGINS = b"-----BEGIN CERTIFICATE-----"


def context(broker: Broker) -> ssl.SSLContext:
    """The same papers for the broker and for the controller's own door.

    Raises:
        OSError, ssl.SSLError: when a certificate or key file cannot be used.
    """
    made = without_papers(broker)
    made.load_cert_chain(str(shown(broker)), str(broker.key))
    return made


def without_papers(broker: Broker) -> ssl.SSLContext:
    """Knows the other end, and says of this one nothing: for a kiosk whose certificate may have ended.

    Raises:
        OSError, ssl.SSLError: when the authority's file cannot be used.
    """
    made = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(broker.ca))
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    return made


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
