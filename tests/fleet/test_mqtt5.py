# SPDX-License-Identifier: Apache-2.0
"""The bytes of MQTT 5: read the same however they were cut, and hung up on where they make no sense."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet import mqtt5
from fleet.mqtt5 import Acknowledged, Connected, Dismissed, Packet, Pong, ProtocolError, Published, Reader, Type

LARGEST = 70_000
# As Mosquitto sends them; a CONNACK of its with what it allows, a PUBLISH with a user property.
CONNACK = bytes.fromhex("200e00000b2200002100142700011170")
SUBACK = bytes.fromhex("90050001000180")
UNSUBACK = bytes.fromhex("b00400020000")
PUBLISH = bytes.fromhex("321700036a2f6b0007072600016e0001763131313131313131")
PUBLISH_0 = bytes.fromhex("3006") + b"\x00\x01t\x00hi"
NOT_UTF8 = bytes.fromhex("3006") + b"\x00\x01\xff\x00hi"
PINGRESP = bytes.fromhex("d000")
DISCONNECT = bytes.fromhex("e0018e")
PUBACK = bytes.fromhex("40020009") + bytes.fromhex("40030009" + "87")
STREAM = PUBACK + CONNACK + SUBACK + PUBLISH + PUBLISH_0 + NOT_UTF8 + UNSUBACK + PINGRESP + DISCONNECT


def described(packet: Packet) -> object:
    return (packet.topic, packet.payload, packet.packet) if isinstance(packet, Published) else packet


READ = [
    Acknowledged(Type.PUBACK, b""),
    Acknowledged(Type.PUBACK, b"\x87"),
    Connected(0),
    Acknowledged(Type.SUBACK, b"\x01\x80"),
    ("j/k", b"11111111", 7),
    ("t", b"hi", 0),
    ("", b"hi", 0),
    Acknowledged(Type.UNSUBACK, b"\x00"),
    Pong(),
    Dismissed(0x8E),
]


def read(*chunks: bytes, largest: int = LARGEST) -> list[object]:
    reader = Reader(largest)
    return [described(packet) for chunk in chunks for packet in reader.feed(chunk)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_packets_are_read_the_same_however_they_were_cut(cuts: list[int]) -> None:
    at = [0, *sorted(cuts), len(STREAM)]
    assert read(*(STREAM[start:end] for start, end in itertools.pairwise(at))) == READ


def test_a_long_message_is_read_whole() -> None:
    payload = bytes(60_000)
    length = len(payload) + 6
    head = bytes([0x32, length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14])
    whole = head + b"\x00\x01t\x00\x01\x00" + payload
    assert read(whole[:20_000], whole[20_000:]) == [("t", payload, 1)]


HOSTILE = {
    "a length without an end": bytes.fromhex("30ffffffff01"),
    "a packet longer than agreed": bytes.fromhex("30f0a204"),
    "a message with QoS 2": bytes.fromhex("3407000174000100") + b"x",
    "a topic longer than its packet": bytes.fromhex("320300ff61"),
    "properties longer than their packet": bytes.fromhex("30050001747f61"),
    "a message with nothing in it": bytes.fromhex("3000"),
    "a SUBACK with nothing in it": bytes.fromhex("9000"),
    "a CONNACK with nothing in it": bytes.fromhex("2000"),
    "a packet that only clients send": bytes.fromhex("8200"),
    "a packet of no type": bytes.fromhex("0000"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_makes_no_sense_ends_the_connection(what: str) -> None:
    with pytest.raises(ProtocolError):
        read(HOSTILE[what])


@given(st.lists(st.binary(max_size=80), max_size=8))
def test_no_bytes_raise_anything_but_a_protocol_error(chunks: list[bytes]) -> None:
    with contextlib.suppress(ProtocolError):
        read(*chunks)


@given(st.binary(max_size=200))
def test_no_packet_s_body_raises_anything_but_a_protocol_error(body: bytes) -> None:
    for kind in range(16):
        with contextlib.suppress(ProtocolError):
            read(bytes([kind << 4 | 2, len(body) & 0x7F]) + body[: len(body) & 0x7F])


def test_what_is_said_is_said_as_the_standard_has_it() -> None:
    hello = mqtt5.connect("me", keepalive_s=60, receive_maximum=1000, maximum_packet=LARGEST)
    assert hello.hex() == "1017" + "00044d515454" + "0502" + "003c" + "08" + "2103e8" + "2700011170" + "00026d65"
    assert mqtt5.subscribe(7, ["a/+", "b"], qos=1).hex() == "820d" + "0007" + "00" + "0003612f2b01" + "00016201"
    assert mqtt5.unsubscribe(8, ["b"]).hex() == "a206" + "0008" + "00" + "000162"
    assert mqtt5.publish("t", b"hi") == PUBLISH_0
    assert mqtt5.acknowledge([1, 258]).hex() == "40020001" + "40020102"
    assert (mqtt5.PING.hex(), mqtt5.GOODBYE.hex()) == ("c000", "e000")


def test_what_is_sent_is_read_at_the_other_end() -> None:
    reader = Reader(1000)
    sent = mqtt5.publish("j/k", b"payload") + mqtt5.publish("j/k", b"payload", 9)
    assert [described(packet) for packet in reader.feed(sent)] == [("j/k", b"payload", 0), ("j/k", b"payload", 9)]
