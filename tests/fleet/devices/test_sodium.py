# SPDX-License-Identifier: Apache-2.0
"""The quicker library for signatures changes no answer, only how soon it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.devices.sodium import check_of
from wire.errors import WireError
from wire.ids import KeyId
from wire.signing import Algorithm, Kind, SigningKey, VerifyKey

KEY = SigningKey.generate(KeyId("kiosk-a#1"))


def outcome(key: VerifyKey, message: bytes) -> object:
    try:
        return key.verify(Kind.EVENT, message)
    except WireError as error:
        return error.reason


def both(message: bytes, key: VerifyKey | None = None) -> tuple[object, object]:
    slow = key or KEY.public()
    return outcome(slow, message), outcome(slow.hastened(check_of), message)


@given(
    st.binary(max_size=60),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3), st.integers(0, 3)), max_size=3),
)
def test_no_change_makes_the_two_libraries_disagree(payload: bytes, changes: list[tuple[int, bytes, int]]) -> None:
    message = KEY.sign(Kind.EVENT, payload)
    for place, new, gone in changes:
        at = place % (len(message) + 1)
        message = message[:at] + new + message[at + gone :]
    slow, quick = both(message)
    assert slow == quick


def test_a_true_signature_is_believed_and_anothers_is_not() -> None:
    message = KEY.sign(Kind.EVENT, b"{}")
    assert both(message) == (b"{}", b"{}")
    assert both(message, SigningKey.generate(KeyId("kiosk-a#1")).public()) == ("bad_signature", "bad_signature")


@pytest.mark.parametrize("key", ["01" + 31 * "00", 31 * "00" + "80", "ed" + 30 * "ff" + "7f"])
def test_a_key_that_anybody_can_sign_for_is_judged_as_without_it(key: str) -> None:
    raw = bytes.fromhex(key)
    assert not check_of(raw)(raw + bytes(32), b"anything")


def test_the_quick_answer_is_the_librarys_own_and_no_guess() -> None:
    holds = check_of(_raw(KEY))
    header, payload, _ = KEY.sign(Kind.EVENT, b"{}").split(b".")
    assert not holds(bytes(64), header + b"." + payload)
    assert not holds(b"short", b"")


def test_a_key_of_the_other_algorithm_stays_as_it_is() -> None:
    key = SigningKey.generate(KeyId("kiosk-a#1"), Algorithm.ES256)
    message = key.sign(Kind.EVENT, b"{}")
    assert key.public().hastened(check_of).verify(Kind.EVENT, message) == b"{}"


def _raw(key: SigningKey) -> bytes:
    direct = key.public().direct
    assert direct is not None
    return direct.key.public_bytes_raw()
