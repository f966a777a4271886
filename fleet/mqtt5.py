# SPDX-License-Identifier: Apache-2.0
"""The part of MQTT 5 that an ingest worker speaks, as bytes: what it sends, and a reader of what a broker sends.

It opens no socket and keeps no session. It sends and takes QoS 0 and 1, without topic aliases; a broker that speaks
otherwise is hung up on.
Source: OASIS MQTT Version 5.0.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LENGTH_BYTES = 4  # 1.5.5: a variable byte integer has at most four
_MORE = 0x80
_TWO_BYTES = struct.Struct(">H")
_FOUR_BYTES = struct.Struct(">I")
_RECEIVE_MAXIMUM, _MAXIMUM_PACKET_SIZE = 0x21, 0x27  # properties, 2.2.2.2
SUCCESS = 0
REFUSED = 0x80  # 2.4: reason codes from here on are failures


class Type(IntEnum):
    """Control packet types, 2.1.2."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


class ProtocolError(Exception):
    """The broker sent what MQTT 5 does not allow, or what we did not agree to."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The answer to CONNECT."""

    reason: int


class Published(msgspec.Struct, frozen=True):
    """A message; `packet` is what it is acknowledged by, 0 for QoS 0. A topic that is not UTF-8 is empty."""

    topic: str
    payload: bytes
    packet: int

    __repr__ = object.__repr__  # never what is in it


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The answer to SUBSCRIBE or UNSUBSCRIBE with a reason for each filter, or to a message that somebody sent."""

    type: Type
    reasons: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """The broker is alive."""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """The broker ends the connection."""

    reason: int


Packet = Connected | Published | Acknowledged | Pong | Dismissed


def connect(client_id: str, *, keepalive_s: int, receive_maximum: int, maximum_packet: int) -> bytes:
    """Ask to be let in, with a clean start and nothing kept when we leave (3.1)."""
    properties = bytes([_RECEIVE_MAXIMUM]) + _TWO_BYTES.pack(receive_maximum)
    properties += bytes([_MAXIMUM_PACKET_SIZE]) + _FOUR_BYTES.pack(maximum_packet)
    clean_start = 0x02
    head = _text("MQTT") + bytes([5, clean_start]) + _TWO_BYTES.pack(keepalive_s)
    return _packet(Type.CONNECT, 0, head + _integer(len(properties)) + properties + _text(client_id))


def subscribe(packet: int, filters: Sequence[str], *, qos: int) -> bytes:
    """Ask for what matches these filters (3.8)."""
    wanted = b"".join(_text(each) + bytes([qos]) for each in filters)
    return _packet(Type.SUBSCRIBE, 0x02, _TWO_BYTES.pack(packet) + b"\x00" + wanted)


def unsubscribe(packet: int, filters: Sequence[str]) -> bytes:
    """Ask for it no more (3.10)."""
    return _packet(Type.UNSUBSCRIBE, 0x02, _TWO_BYTES.pack(packet) + b"\x00" + b"".join(map(_text, filters)))


def publish(topic: str, payload: bytes, packet: int = 0) -> bytes:
    """Send a message with QoS 1, which the broker acknowledges under this number; with 0 nobody does (3.3)."""
    if not packet:
        return _packet(Type.PUBLISH, 0, _text(topic) + b"\x00" + payload)
    return _packet(Type.PUBLISH, 0x02, _text(topic) + _TWO_BYTES.pack(packet) + b"\x00" + payload)


def acknowledge(packets: Sequence[int]) -> bytes:
    """Say that these were taken (3.4)."""
    return b"".join(b"\x40\x02" + _TWO_BYTES.pack(packet) for packet in packets)


PING = bytes([Type.PINGREQ << 4, 0])
GOODBYE = bytes([Type.DISCONNECT << 4, 0])


def _packet(kind: Type, flags: int, body: bytes) -> bytes:
    return bytes([kind << 4 | flags]) + _integer(len(body)) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _TWO_BYTES.pack(len(encoded)) + encoded


def _integer(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - 1.5.5: seven bits a byte
        out.append(value & 0x7F | _MORE)
        value >>= 7
    out.append(value)
    return bytes(out)


class Reader:
    """Cuts what comes in from a broker into packets, however it was cut on the way."""

    def __init__(self, maximum_packet: int) -> None:
        self._maximum = maximum_packet
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that are complete now.

        Raises:
            ProtocolError: the connection is of no more use.
        """
        data = self._rest + data if self._rest else data
        at = 0
        while (found := self._length(data, at)) is not None:
            start, length = found
            if len(data) < start + length:
                break
            try:
                yield _read(data[at], data[start : start + length])
            except (IndexError, struct.error) as error:
                message = "a packet ends too soon"
                raise ProtocolError(message) from error
            at = start + length
        self._rest = data[at:]

    def _length(self, data: bytes, at: int) -> tuple[int, int] | None:
        """Where the packet that begins here has its body, and how long that is; None when that is not all here yet."""
        length, shift = 0, 0
        for n in range(at + 1, min(len(data), at + 1 + _LENGTH_BYTES)):
            length |= (data[n] & 0x7F) << shift
            shift += 7
            if data[n] < _MORE:
                if n + 1 - at + length > self._maximum:
                    message = "a packet is longer than we said we take"
                    raise ProtocolError(message)
                return n + 1, length
        if len(data) > at + _LENGTH_BYTES:
            message = "a packet's length does not end"
            raise ProtocolError(message)
        return None


def _read(first: int, body: bytes) -> Packet:
    kind = first >> 4
    if kind == Type.PUBLISH:
        return _published(first, body)
    if kind in (Type.SUBACK, Type.UNSUBACK):
        return Acknowledged(Type(kind), body[_past_properties(body, 2) :])
    if kind == Type.PUBACK:
        return Acknowledged(Type.PUBACK, body[2:3])
    if kind == Type.PINGRESP:
        return Pong()
    if kind == Type.CONNACK:
        return Connected(body[1])
    if kind == Type.DISCONNECT:
        return Dismissed(body[0] if body else SUCCESS)
    message = f"a packet of type {kind}"
    raise ProtocolError(message)


def _published(first: int, body: bytes) -> Published:
    qos = first >> 1 & 0x03
    if qos > 1:
        message = "a message with QoS 2"
        raise ProtocolError(message)
    length = _TWO_BYTES.unpack_from(body)[0]
    at = 2 + length
    packet = 0
    if qos:
        packet = _TWO_BYTES.unpack_from(body, at)[0]
        at += 2
    payload = _past_properties(body, at)
    try:
        topic = body[2 : 2 + length].decode()
    except UnicodeDecodeError:
        topic = ""
    return Published(topic, body[payload:], packet)


def _past_properties(body: bytes, at: int) -> int:
    """Where the properties that begin here end."""
    if body[at] == 0:
        return at + 1
    start, length = _variable(body, at)
    if start + length > len(body):
        message = "properties that are longer than their packet"
        raise ProtocolError(message)
    return start + length


def _variable(body: bytes, at: int) -> tuple[int, int]:
    """The end and the value of a variable byte integer."""
    value = 0
    for n in range(_LENGTH_BYTES):
        value |= (body[at + n] & 0x7F) << 7 * n
        if body[at + n] < _MORE:
            return at + n + 1, value
    message = "a length does not end"
    raise ProtocolError(message)
