# SPDX-License-Identifier: Apache-2.0
"""Messages in one HTTPS request or its answer: a line for each, with its topic, one space, and its bytes.

The messages are those of MQTT, byte for byte; a compact JWS and its attachment hold neither a space nor a line's end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wire.errors import Malformed, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

INGEST = "/ingest/v1"
MEDIA_TYPE = "application/vnd.dipchip.messages"
POST_BYTES = 1_000_000  # of a request, and of an answer: a window of events, and some
POST_MESSAGES = 1_000

Posted = tuple[str, bytes]


def line(topic: str, message: bytes) -> bytes:
    """One message as it stands in a request."""
    return topic.encode() + b" " + message + b"\n"


def pack(messages: Iterable[Posted]) -> bytes:
    """The first of these messages, as many as one request or answer may hold."""
    return b"".join(_fitting(line(topic, message) for topic, message in messages))


def _fitting(lines: Iterable[bytes]) -> Iterator[bytes]:
    room = POST_BYTES
    for count, each in enumerate(lines):
        room -= len(each)
        if room < 0 or count >= POST_MESSAGES:
            return
        yield each


def unpack(body: bytes) -> list[Posted]:
    """Take a request or an answer apart; nothing of the messages is believed by that.

    Raises:
        TooLarge: more bytes or messages than one may have.
        Malformed: not lines of a topic and a message.
    """
    if len(body) > POST_BYTES or body.count(b"\n") > POST_MESSAGES:
        text = f"more than {POST_BYTES} bytes or {POST_MESSAGES} messages"
        raise TooLarge(text)
    *lines, tail = body.split(b"\n")
    if tail:
        text = "the last line has no end"
        raise Malformed(text)
    return [_posted(each) for each in lines]


def _posted(each: bytes) -> Posted:
    topic, space, message = each.partition(b" ")
    if not space or not message or not topic.isascii():
        text = "a line is not a topic and a message"
        raise Malformed(text)
    return topic.decode("ascii"), message
