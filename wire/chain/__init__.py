# SPDX-License-Identifier: Apache-2.0
"""The delivery protocol as pure state machines for both ends: no clock, disk, network or randomness of its own.

Kiosk: `next_count`, `next_link`, `promise_after_commit` file an event; `Greeting`, `Sending`, `bytes_to_send`, `settle`
deliver it; `erasable` lets it go.
Controller: `look_up`, `judge`, `alarms`, `writes` take an event; `marks_to_tell`, `receipt_after_commit`,
`unrecoverable` answer for it.
Kiosk and controller call these, and `tests/model` explores what a hostile world can make of them: docs/wire.md.
Source: security design, sections 5.1 and 5.4.
"""

from __future__ import annotations

from wire.chain.greeting import Greeting
from wire.chain.judging import (
    COMMITTED,
    KEPT_ASIDE,
    Alarm,
    Known,
    LedgerView,
    Verdict,
    Write,
    alarms,
    judge,
    look_up,
    writes,
)
from wire.chain.links import Counter, Head, Link, next_count, next_link
from wire.chain.marks import RETENTION_MS, Kept, Marks, bytes_to_send, erasable, settle
from wire.chain.promising import marks_to_tell, promise_after_commit, receipt_after_commit, unrecoverable
from wire.chain.sending import WINDOW, Sending

__all__ = [
    "COMMITTED",
    "KEPT_ASIDE",
    "RETENTION_MS",
    "WINDOW",
    "Alarm",
    "Counter",
    "Greeting",
    "Head",
    "Kept",
    "Known",
    "LedgerView",
    "Link",
    "Marks",
    "Sending",
    "Verdict",
    "Write",
    "alarms",
    "bytes_to_send",
    "erasable",
    "judge",
    "look_up",
    "marks_to_tell",
    "next_count",
    "next_link",
    "promise_after_commit",
    "receipt_after_commit",
    "settle",
    "unrecoverable",
    "writes",
]
