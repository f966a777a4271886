# SPDX-License-Identifier: Apache-2.0
"""The map of the Thai national ID card's file: where each field that a kiosk uses stands, and the blocks it comes in.

It lists no field that is not used: what is not here is not parsed. The map is public knowledge shared by many readers,
not a publication of the Department of Provincial Administration; an official one replaces this file alone.
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
PORTRAIT_NUMBER = Field(0x1619, 14)  # printed under the portrait

# The text fields end here. The two bytes that follow (0x0177) have no agreed meaning: some readers call them the
# card's type, some a religion. They arrive inside a block and are dropped with it.
TEXT = Field(0x0000, EXPIRES.end)
HOME = Field(ADDRESS.offset, ADDRESS.size + PORTRAIT_NUMBER.size)


@dataclass(frozen=True, slots=True, repr=False)
class CardBlocks:
    """A card's bytes as read: `TEXT`, `HOME`, and the portrait as far as it goes."""

    text: bytes
    home: bytes
    portrait: bytes

    def __repr__(self) -> str:
        """Mask everything."""
        return "CardBlocks(masked)"
