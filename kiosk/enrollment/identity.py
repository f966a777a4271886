# SPDX-License-Identifier: Apache-2.0
"""The identity that a national ID card states, as values that mask themselves.

It never repairs what the card says and never refuses a person for cosmetics: what is odd is a `CardWarning`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from wire.ids import ProvinceCode

_BULLETS = "•••"


class Sex(IntEnum):
    """ISO/IEC 5218. The card stores 1 and 2 as the standard does."""

    NOT_KNOWN = 0
    MALE = 1
    FEMALE = 2


class Lifelong(Enum):
    """An expiry date that never comes (99999999 on the chip)."""

    LIFELONG = "lifelong"


LIFELONG = Lifelong.LIFELONG


class CardWarning(StrEnum):
    """What is unusual about a card, for the evidence; none of these stops an enrolment by itself."""

    CHECK_DIGIT = "check_digit"
    UNDECODABLE_TEXT = "undecodable_text"
    DATE_UNREADABLE = "date_unreadable"
    ADDRESS_SHAPE = "address_shape"
    PROVINCE_UNKNOWN = "province_unknown"
    PORTRAIT_UNREADABLE = "portrait_unreadable"
    NAME_MISSING = "name_missing"


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as precise as the card gives it, in the Common Era. `day` is None unless `month` is known."""

    year: int
    month: int | None = None
    day: int | None = None

    def is_before(self, today: date) -> bool:
        """Whether the whole span this date may mean lies before `today`."""
        month = self.month if self.month is not None else 12
        day = self.day if self.day is not None else 31
        return (self.year, month, day) < (today.year, today.month, today.day)

    def __repr__(self) -> str:
        """Mask the date: a birth date is personal data."""
        return "PartialDate(masked)"


@dataclass(frozen=True, slots=True, repr=False)
class PersonName:
    """A name in one script. Any part may be empty."""

    prefix: str
    first: str
    middle: str
    last: str

    def masked(self, separator: str = "") -> str:
        """Title, first name, first letter of the last name; `separator` stands behind the title."""
        last = f" {self.last[:1]}{_BULLETS}" if self.last else ""
        return f"{self.prefix}{separator if self.prefix else ''}{self.first}{last}".strip()

    def __repr__(self) -> str:
        """Mask the name."""
        return "PersonName(masked)"


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """The eight parts of a card's address, in the card's order."""

    house_number: str
    moo: str
    trok: str
    soi: str
    road: str
    tambon: str
    amphoe: str
    province: str

    def __repr__(self) -> str:
        """Mask the address."""
        return "Address(masked)"


@dataclass(frozen=True, slots=True, repr=False)
class Entitlement:
    """The health entitlement that the chip carries: what was true when it was last written, and may not be today.

    Schemes and hospitals are the chip's own words and may be empty. `changes` counts changes of the hospital.
    """

    main_scheme: str
    sub_scheme: str
    main_hospital: str
    sub_hospital: str
    paid_type: str
    issued: PartialDate | None
    expires: PartialDate | Lifelong | None
    updated: PartialDate | None
    changes: int | None

    def __repr__(self) -> str:
        """Mask the entitlement."""
        return "Entitlement(masked)"


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Who the card says its holder is.

    `portrait_jpeg` is the chip's JPEG, bounds-checked but not decoded; empty when the card has none that could be read.
    `province` is where the address lies, None when it is not one of the 77.
    """

    citizen_number: str
    name_th: PersonName
    name_en: PersonName
    born: PartialDate | None
    sex: Sex
    issued: PartialDate | None
    expires: PartialDate | Lifelong | None
    address: Address
    province: ProvinceCode | None
    portrait_jpeg: bytes
    warnings: frozenset[CardWarning] = frozenset()

    def __repr__(self) -> str:
        """Mask everything: this value may meet a log by accident."""
        return "Identity(masked)"

    def is_expired(self, today: date) -> bool:
        """Whether the card had expired before `today`. A missing or lifelong expiry has not."""
        return isinstance(self.expires, PartialDate) and self.expires.is_before(today)

    def masked_name_th(self) -> str:
        """The Thai name as the confirm screen shows it."""
        return self.name_th.masked()

    def masked_name_en(self) -> str:
        """The English name as the confirm screen shows it."""
        return self.name_en.masked(" ")

    def masked_number(self) -> str:
        """The tail of the citizen number as printed on the card, enough to recognise one's own: `•• 21 3`."""
        digits = self.citizen_number
        return f"•• {digits[-3:-1]} {digits[-1:]}"
