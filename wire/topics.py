# SPDX-License-Identifier: Apache-2.0
"""Every MQTT topic once: as a function, as a parser and as an ACL pattern.

`dipchip/1/{shard}/{kiosk}/up/{kind}` and `.../down/{kind}`. Province and hospital are not in a topic: kiosks move.
"""

from __future__ import annotations

from enum import StrEnum

from wire.errors import Malformed
from wire.ids import KioskId, Shard, kiosk_id, shard

_ROOT = "dipchip/1"
_LEVELS = 6


class Up(StrEnum):
    """What a kiosk publishes."""

    EVENT = "event"
    HELLO = "hello"
    HEARTBEAT = "heartbeat"
    ASK = "ask"
    RESULT = "result"
    COMPLAINT = "complaint"


class Down(StrEnum):
    """What a kiosk receives."""

    RECEIPT = "receipt"
    ANSWER = "answer"
    ANNOUNCEMENTS = "announcements"
    HELP = "help"
    ORDER = "order"
    HELP_NUMBER = "number"


def up(where: Shard, kiosk: KioskId, kind: Up) -> str:
    """The topic a kiosk publishes `kind` on."""
    return f"{_ROOT}/{where}/{kiosk}/up/{kind}"


def down(where: Shard, kiosk: KioskId, kind: Down) -> str:
    """The topic a kiosk receives `kind` on."""
    return f"{_ROOT}/{where}/{kiosk}/down/{kind}"


def down_filter(where: Shard, kiosk: KioskId) -> str:
    """What a kiosk subscribes to."""
    return f"{_ROOT}/{where}/{kiosk}/down/+"


def up_filter(where: Shard | None = None) -> str:
    """What an ingest worker subscribes to: one shard, or all of them."""
    return f"{_ROOT}/{where or '+'}/+/up/+"


def parse_up(topic: str) -> tuple[Shard, KioskId, Up]:
    """Who said what kind of thing, by the topic; the broker's ACL vouches for the kiosk.

    Raises:
        Malformed: when it is not one of our upward topics.
    """
    levels = topic.split("/")
    if len(levels) != _LEVELS or "/".join(levels[:2]) != _ROOT or levels[4] != "up":
        message = "not an upward topic"
        raise Malformed(message)
    try:
        kind = Up(levels[5])
    except ValueError as error:
        message = "not an upward kind"
        raise Malformed(message) from error
    return shard(levels[2]), kiosk_id(levels[3]), kind


def kind_of_down(topic: str) -> Down | None:
    """Which kind of message came down, None for a kind this release does not know."""
    kind = topic.rpartition("/")[2]
    return Down(kind) if kind in set(Down) else None


def acl(controller: str) -> str:
    """The broker's whole access list: a kiosk writes its own `up`, reads its own `down`, and nothing else.

    `%u` is the certificate's CN. The controller's user may do the reverse.
    """
    return "\n".join(
        (
            "# Made by dipchip-provision from wire/topics.py. Everything is denied unless listed; %u = certificate CN.",
            f"pattern write {_ROOT}/+/%u/up/+",
            f"pattern read {_ROOT}/+/%u/down/+",
            "",
            f"user {controller}",
            f"topic read {_ROOT}/+/+/up/+",
            f"topic write {_ROOT}/+/+/down/+",
            "topic read $SYS/broker/#",
            "",
        )
    )
