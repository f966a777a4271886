# SPDX-License-Identifier: Apache-2.0
"""The map of the Thai national ID card's file: where each field that a kiosk uses stands, and the stretches it reads.

It lists no field that is not used, and no stretch holds a byte of another: what is not here is never asked of a card.
The two bytes at 0x0177 have no agreed meaning (the card's type for some readers, a religion for others); the request,
the issuing office and the issuer's code are nobody's business here. The reads stop before each of them. The map is
public knowledge shared by many readers, not a publication of the Department of Provincial Administration; an official
one replaces this file alone.
Source: comparison of public readers, see docs/card.md.
"""

from __future__ import annotations

from dataclasses import dataclass

APPLICATION = bytes.fromhex("A000000054480001")  # the Ministry of Interior's personal data


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the one flat file, in bytes."""

    offset: int
    size: int

    @property
    def end(self) -> int:
        """The offset after its last byte."""
        return self.offset + self.size

    def of(self, block: bytes, block_offset: int = 0) -> bytes:
        """Cut the field out of a block that was read from `block_offset`."""
        return block[self.offset - block_offset : self.end - block_offset]


CITIZEN_NUMBER = Field(0x0004, 13)  # ASCII digits
NAME_TH = Field(0x0011, 100)  # cp874: prefix#first#middle#last
NAME_EN = Field(0x0075, 100)
BORN = Field(0x00D9, 8)  # YYYYMMDD, Buddhist Era; unknown month or day is 00
SEX = Field(0x00E1, 1)
ISSUED = Field(0x0167, 8)
EXPIRES = Field(0x016F, 8)  # 99999999: lifelong
PORTRAIT_SIZE = Field(0x0179, 2)  # big endian, the portrait's true length
PORTRAIT = Field(0x017B, 5118)  # JPEG, padded
ADDRESS = Field(0x1579, 160)  # cp874: house#moo#trok#soi#road#tambon#amphoe#province

# The stretches that are read.
HOLDER = Field(CITIZEN_NUMBER.offset, SEX.end - CITIZEN_NUMBER.offset)
VALIDITY = Field(ISSUED.offset, EXPIRES.end - ISSUED.offset)
PICTURE = Field(PORTRAIT_SIZE.offset, PORTRAIT.end - PORTRAIT_SIZE.offset)
STRETCHES = (HOLDER, VALIDITY, ADDRESS, PICTURE)


@dataclass(frozen=True, slots=True, repr=False)
class CardBlocks:
    """A card's bytes as read: `HOLDER`, `VALIDITY`, `ADDRESS`, and the portrait's bytes as far as they go."""

    holder: bytes
    validity: bytes
    address: bytes
    portrait: bytes

    def of(self, field: Field) -> bytes:
        """Cut a text field out of the stretch that holds it."""
        for stretch, block in ((HOLDER, self.holder), (VALIDITY, self.validity), (ADDRESS, self.address)):
            if stretch.offset <= field.offset and field.end <= stretch.end:
                return field.of(block, stretch.offset)
        message = f"no text stretch holds {field}"
        raise ValueError(message)

    def __repr__(self) -> str:
        """Mask everything."""
        return "CardBlocks(masked)"
