# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from wire.errors import Malformed, TooLarge
from wire.posting import POST_BYTES, POST_MESSAGES, line, pack, unpack

MESSAGES = [("dipchip/1/a7/k-one/up/event", b"head.body.sign~tail"), ("dipchip/1/a7/k-one/up/hello", b"h.b.s")]


def test_what_was_packed_is_unpacked_and_nothing_is_nothing() -> None:
    assert unpack(pack(MESSAGES)) == MESSAGES
    assert unpack(b"") == []


@pytest.mark.parametrize("body", [b"topic message", b"\n", b"topic\n", b"topic \n", b" message", b"t\xff m\n"])
def test_what_is_not_lines_of_a_topic_and_a_message_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        unpack(body)


def test_no_more_is_taken_apart_than_a_request_may_hold() -> None:
    with pytest.raises(TooLarge):
        unpack(b"t " + b"m" * POST_BYTES + b"\n")
    with pytest.raises(TooLarge):
        unpack(b"t m\n" * (POST_MESSAGES + 1))


def test_no_more_is_packed_than_a_request_may_hold() -> None:
    assert len(unpack(pack([("t", b"m")] * (POST_MESSAGES + 1)))) == POST_MESSAGES
    half = ("t", b"m" * (POST_BYTES // 2 - len(line("t", b""))))
    assert unpack(pack([half] * 3)) == [half] * 2
