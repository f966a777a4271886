# SPDX-License-Identifier: Apache-2.0
"""How the courier knows the other end, and is known by it: TLS 1.3, the fleet's authority, the kiosk's certificate."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from cryptography import x509

if TYPE_CHECKING:
    from kiosk.config import Broker


def context(broker: Broker) -> ssl.SSLContext:
    """The same papers for the broker and for the controller's own door.

    Raises:
        OSError, ssl.SSLError: when a certificate or key file cannot be used.
    """
    made = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(broker.ca))
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_cert_chain(str(broker.certificate), str(broker.key))
    return made


def certificate_ms(broker: Broker) -> int:
    """Until when the kiosk's own certificate is good, in ms since 1970.

    Raises:
        OSError, ValueError: when the file is no certificate.
    """
    own, *_ = x509.load_pem_x509_certificates(broker.certificate.read_bytes())
    return int(own.not_valid_after_utc.timestamp() * 1000)
