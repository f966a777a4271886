# SPDX-License-Identifier: Apache-2.0
"""What a message costs beside the cryptography and the JSON in it that nobody can avoid."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from benchmarks.measure import compare, show
from tests.simulators.kiosk_wire import WireKiosk, identity_record
from wire.asks import identity_info
from wire.envelope import decode, encode, open_message
from wire.events import EnrollmentCaptured
from wire.ids import KeyId, kiosk_id
from wire.sealing import OpeningKey
from wire.signing import Kind


def main() -> None:
    """Measure one captured event of a made-up person on its way."""
    opening = OpeningKey.generate(KeyId("relay#1"))
    kiosk = WireKiosk(kiosk_id("k-bench"), opening.public())
    info, record = identity_info(kiosk.id, "event"), encode(identity_record())
    sealed = kiosk.seals_to.seal(record, info)
    body = kiosk.body(sealed)
    message, payload = kiosk.sign(body, sealed), encode(body)

    public, signed = kiosk.key.public(), kiosk.key.sign(Kind.EVENT, payload)
    raw, mine, other = Ed25519PrivateKey.generate(), X25519PrivateKey.generate(), X25519PrivateKey.generate()
    raw_public, theirs = raw.public_key(), other.public_key()
    signature = raw.sign(payload)

    def raw_verify() -> None:
        raw_public.verify(signature, payload)

    def exchange() -> bytes:
        return mine.exchange(theirs)

    pairs = (
        ("sign an event (JWS)", "raw Ed25519", lambda: kiosk.key.sign(Kind.EVENT, payload), lambda: raw.sign(payload)),
        ("verify an event (JWS)", "raw Ed25519", lambda: public.verify(Kind.EVENT, signed), raw_verify),
        (
            "decode an event strictly",
            "json.loads",
            lambda: decode(payload, EnrollmentCaptured),
            lambda: json.loads(payload),
        ),
        (
            "open a message: split, verify, decode, digest",
            "raw Ed25519",
            lambda: open_message(message, Kind.EVENT, public, EnrollmentCaptured),
            raw_verify,
        ),
        ("seal an identity (HPKE)", "one X25519 exchange", lambda: kiosk.seals_to.seal(record, info), exchange),
        ("open an identity (HPKE)", "one X25519 exchange", lambda: opening.open(sealed, info), exchange),
    )
    rows = [(what, beside, *compare(work, baseline).columns()) for what, beside, work, baseline in pairs]
    sizes = f"event {len(payload)} bytes, whole message {len(message)} bytes"
    show(f"wire: time over the bare operation ({sizes})", ("work", "baseline", "ratio", "middle half"), rows)
