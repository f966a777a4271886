# SPDX-License-Identifier: Apache-2.0
"""What a kiosk says of itself: HELLO on connecting, and a heartbeat. Neither names a person."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wire.bodies import Code, Count, Instant, KioskText, Nonce, ShortText, StreamText, Version1
from wire.events import Moment, Profile


class Kept(StrEnum):
    """How a kiosk says it keeps a key. Nothing proves it to the controller."""

    TPM = "tpm"  # born in a TPM, and it cannot leave it
    SEALED_FILE = (
        "sealed_file"  # a file that only this installation of the system opens; a copy of the whole card does too
    )
    FILE = "file"  # whoever has the card has the key


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Asks for a receipt that carries `nonce`: only such a receipt may move a mark back.

    `pruned` names the streams that the card knows, each with the last sequence it has erased, 0 for none. The answer
    names every one of them; a cursor behind what was erased is unrecoverable. A kiosk with more streams than fit names
    them in turns.
    """

    v: Version1
    kiosk: KioskText
    nonce: Nonce
    at: Moment
    pruned: dict[StreamText, Count]


class Heartbeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The kiosk's state, for the devices page. Codes are a `Fault`, a presence or `ok`.

    `outbox` is None when the store cannot be read. `sessions` counts since the store was made: ended sessions by
    how they ended, and as `opinion.<code>` what people thought of their visits on the days before this one. `call` is
    there only while somebody waits for a helper: a fresh id for each time that one is called. `order_nonce` is what an
    order has to carry now; a kiosk that takes none has none. `certificate_ms` is until when its certificate is good.
    `profile` says whether those who come here are real; a kiosk that does not say so is only tried out. `event_key` and
    `tls_key` say how those two are kept.
    """

    v: Version1
    kiosk: KioskText
    at: Moment
    release: ShortText
    outbox: Count | None
    oldest_unacked_s: Count | None
    screen: Code
    reader: Code
    camera: Code
    disk_free_mib: Count
    sessions: dict[Code, Count]
    call: Nonce | None = None
    order_nonce: Nonce | None = None
    certificate_ms: Instant | None = None
    profile: Profile | None = None
    event_key: Kept | None = None
    tls_key: Kept | None = None
