# SPDX-License-Identifier: Apache-2.0
"""Topic and bytes become a verified message, or a refusal with a reason: pure, and it never raises on what came.

Nothing is believed before the registered key has verified it, and little after: what is signed may still be hostile.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from fleet.devices.registry import RegisteredKiosk
from wire.asks import Ask
from wire.complaints import Complaint
from wire.envelope import digest, open_message, split
from wire.errors import Malformed, NotForYou, WireError
from wire.events import EnrollmentCaptured, Profile
from wire.hello import Heartbeat, Hello
from wire.ids import is_simulated
from wire.orders import OrderResult
from wire.signing import Kind, VerifyKey
from wire.topics import Up, parse_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wire.ids import KioskId, Shard

Body = EnrollmentCaptured | Hello | Heartbeat | Ask | OrderResult | Complaint

_SHAPES: dict[Up, tuple[Kind, type[Body]]] = {
    Up.EVENT: (Kind.EVENT, EnrollmentCaptured),
    Up.HELLO: (Kind.HELLO, Hello),
    Up.HEARTBEAT: (Kind.HEARTBEAT, Heartbeat),
    Up.ASK: (Kind.ASK, Ask),
    Up.RESULT: (Kind.RESULT, OrderResult),
    Up.COMPLAINT: (Kind.COMPLAINT, Complaint),
}
_OF_THE_SCREEN = frozenset({Up.EVENT, Up.ASK, Up.RESULT, Up.COMPLAINT})
_CLOCKS_APART_MS = 10 * 60_000  # a kiosk's from ours: it was synchronized when it took the request
NOBODY = "?"  # stands for the kiosk or kind of a topic that names none

UNKNOWN_KIOSK = "unknown_kiosk"
REVOKED = "revoked"


class Incoming(msgspec.Struct, frozen=True):
    """What the broker handed over, and when; `packet` of which `connection` it is acknowledged by, 0 for none."""

    topic: str
    payload: bytes
    at_ms: int
    connection: int = 0
    packet: int = 0

    __repr__ = object.__repr__  # never what is in it

    def signed(self) -> bytes:
        """The part that a signature covers."""
        return self.payload.partition(b"~")[0]

    def digest(self) -> bytes:
        """What the chain links and the ledger keys."""
        return digest(self.signed())


BodyT = TypeVar("BodyT", bound=Body)


class Verified(msgspec.Struct, Generic[BodyT], frozen=True):
    """A message that this kiosk's registered key has signed, addressed as its topic says."""

    kiosk: RegisteredKiosk
    body: BodyT
    signed: bytes
    attachment: bytes
    at_ms: int

    __repr__ = object.__repr__


class Refusal(msgspec.Struct, frozen=True):
    """A message that was refused. `message` is whole only when its signature held: junk keeps a digest and a size."""

    kiosk: str
    kind: str
    reason: str
    digest: bytes
    size_bytes: int
    message: bytes | None
    at_ms: int

    __repr__ = object.__repr__


def refuse(incoming: Incoming, kiosk: str, kind: str, reason: str, *, signed: bool) -> Refusal:
    """Refuse a message with a reason."""
    return Refusal(
        kiosk,
        kind,
        reason,
        hashlib.sha256(incoming.payload).digest(),
        len(incoming.payload),
        incoming.payload if signed else None,
        incoming.at_ms,
    )


@lru_cache(maxsize=131_072)  # a few topics of each kiosk of a country
def origin(topic: str) -> tuple[Shard, KioskId, Up] | None:
    """Where a topic says a message comes from and what it is, None for a topic that is not ours."""
    try:
        return parse_up(topic)
    except WireError:
        return None


def receive(incoming: Incoming, registered: Mapping[KioskId, RegisteredKiosk]) -> Verified[Body] | Refusal:
    """Verify one message.

    1. The topic is one of ours, of a registered kiosk, on its own shard.
    2. That kiosk's key for this kind has signed exactly this kind, strictly shaped.
    3. The body names the same kiosk, a simulated one enrols for test only, an identity is missing only when its time
       is over, and an ask makes sense.
    4. The kiosk has not been revoked; if so, what it signed is kept.
    """
    came_from = origin(incoming.topic)  # 1
    if came_from is None:
        return refuse(incoming, NOBODY, NOBODY, Malformed.reason, signed=False)
    where, who, kind = came_from
    kiosk = registered.get(who)
    if kiosk is None:
        return refuse(incoming, who, kind, UNKNOWN_KIOSK, signed=False)
    if where != kiosk.shard:
        return refuse(incoming, who, kind, NotForYou.reason, signed=False)
    try:
        message = _verified(incoming, kiosk, kind)
    except WireError as error:
        return refuse(incoming, who, kind, error.reason, signed=_is_signed(incoming.payload, kind, _key(kiosk, kind)))
    if not kiosk.active:  # 4
        return refuse(incoming, who, kind, REVOKED, signed=True)
    return message


def _verified(incoming: Incoming, kiosk: RegisteredKiosk, kind: Up) -> Verified[Body]:
    signed_kind, shape = _SHAPES[kind]
    key = _key(kiosk, kind)
    body, attachment = open_message(incoming.payload, signed_kind, key, shape, may_lack=kind is Up.EVENT)  # 2
    if body.kiosk != kiosk.id:  # 3
        text = "the body names another kiosk than the topic"
        raise NotForYou(text)
    if is_simulated(kiosk.id) and isinstance(body, EnrollmentCaptured) and body.profile is not Profile.TEST:
        text = "a simulated kiosk enrols nobody real"
        raise NotForYou(text)
    if isinstance(body, EnrollmentCaptured) and attachment is None and not _has_lapsed(body, incoming.at_ms):
        text = "the identity is missing and was not to be erased yet"
        raise Malformed(text)
    if isinstance(body, Ask) and not body.is_whole:
        text = "an ask names an event when it is about an outcome, says evidence when it is about a code, and else none"
        raise Malformed(text)
    return Verified(kiosk, body, incoming.signed(), attachment or b"", incoming.at_ms)


def _has_lapsed(body: EnrollmentCaptured, at_ms: int) -> bool:
    """Whether the kiosk was to erase the identity by now: nobody on the way can make a person vanish sooner."""
    return body.lapses_ms is not None and at_ms >= body.lapses_ms - _CLOCKS_APART_MS


def _key(kiosk: RegisteredKiosk, kind: Up) -> VerifyKey:
    """The one of a kiosk's two keys that may sign this kind."""
    return kiosk.event_key if kind in _OF_THE_SCREEN else kiosk.courier_key


def _is_signed(payload: bytes, kind: Up, key: VerifyKey) -> bool:
    try:
        key.verify(_SHAPES[kind][0], split(payload)[0])
    except WireError:
        return False
    return True
