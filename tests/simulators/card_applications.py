# SPDX-License-Identifier: Apache-2.0
"""The two further applications of a virtual card: health entitlement (NHSO), and the laser number of its back.

A card has them only when asked for, and everything in them is made up. Of the laser number's answer public readers
agree on the 12 characters at 7; what stands before them is not known, and is 00 here.
Source: comparison of public readers (go-thai-smartcard, thai-smartcard-nodejs, several mobile readers).
"""

from __future__ import annotations

from dataclasses import dataclass

ENTITLEMENT_APPLICATION = bytes.fromhex("A000000054480083")
LASER_APPLICATION = bytes.fromhex("A000000084060002")
ENTITLEMENT_SIZE = 350
LASER_ANSWER_SIZE = 23  # 7 unknown, then 16: twelve characters and four NUL

_LASER_OFFSET = 7
_LASER_CHARACTERS = 12


@dataclass(frozen=True, slots=True, repr=False)
class Entitlement:
    """What the health entitlement's file says. Dates are the chip's eight digits, texts are encoded as cp874."""

    main_scheme: str = "(89) สิทธิสมมติ"
    sub_scheme: str = "(89) สิทธิย่อยสมมติ"
    main_hospital: str = "(99999) โรงพยาบาลสมมติ"
    sub_hospital: str = "(99998) สถานีอนามัยสมมติ"
    paid_type: str = "1"
    issued: str = "25660110"
    expires: str = "99999999"
    updated: str = "25670201"
    hospital_changes: str = "0"

    def __repr__(self) -> str:
        return "Entitlement(masked)"


def entitlement_file(entitlement: Entitlement) -> bytes:
    """Write an entitlement into the application's one file."""
    content = bytearray(b" " * ENTITLEMENT_SIZE)

    def put(offset: int, size: int, text: str) -> None:
        raw = text.encode("cp874")
        if len(raw) > size:
            message = f"{len(raw)} bytes do not fit into the {size} at {offset:#06x}"
            raise ValueError(message)
        content[offset : offset + len(raw)] = raw

    put(0x0000, 4, "0001")
    put(0x0004, 60, entitlement.main_scheme)
    put(0x0040, 100, entitlement.sub_scheme)
    put(0x00A4, 80, entitlement.main_hospital)
    put(0x00F4, 80, entitlement.sub_hospital)
    put(0x0144, 1, entitlement.paid_type)
    put(0x0145, 8, entitlement.issued)
    put(0x014D, 8, entitlement.expires)
    put(0x0155, 8, entitlement.updated)
    put(0x015D, 1, entitlement.hospital_changes)
    return bytes(content)


def laser_answer(laser_number: str = "XX0123456789") -> bytes:
    """Make the whole answer to 80 00 00 00: twelve characters at 7, NUL behind them.

    With Le 17 (hex) it comes whole. With Le 07 its beginning comes with 61 10, and the number alone by GET RESPONSE.
    """
    raw = laser_number.encode("ascii")
    if len(raw) != _LASER_CHARACTERS:
        message = f"a laser number has {_LASER_CHARACTERS} characters"
        raise ValueError(message)
    return (bytes(_LASER_OFFSET) + raw).ljust(LASER_ANSWER_SIZE, b"\x00")
