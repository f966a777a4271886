# SPDX-License-Identifier: Apache-2.0
"""The numbers that a kiosk may tell people to call: Thai ones, and none that costs whoever calls it more than a call.

On the wire and in the books a number is its digits; how it is grouped for the eye is decided here, once.
Source: the numbering plan of Thailand, NBTC: nine digits for a place, ten for a mobile phone, three or four for a
service, 1800 for what is free. 1900 is paid for by the minute and is refused.
"""

from __future__ import annotations

import re
from typing import NewType

from wire.errors import Malformed

HelpNumber = NewType("HelpNumber", str)

SHAPE = r"0[2-57][0-9]{7}|0[689][0-9]{8}|1[0-9]{2}|1(?!900)[0-9]{3}|1800[0-9]{6}"
CENTRAL = HelpNumber("022577119")  # the central call centre
_WRITTEN = re.compile(r"[0-9 ().-]{3,24}")
_THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
_ABROAD = "+66"  # the country, in place of the first 0
_OF_A_PLACE = 9  # digits
_FREE = "1800"


def help_number(text: str) -> HelpNumber:
    """Read a number as people write it: with spaces, hyphens, Thai digits, or +66 in front.

    Raises:
        Malformed: when it is no number that a kiosk may tell people to call.
    """
    said = text.strip().translate(_THAI_DIGITS)
    said = "0" + said.removeprefix(_ABROAD).lstrip(" -").removeprefix("0") if said.startswith(_ABROAD) else said
    digits = re.sub(r"[^0-9]", "", said)
    if _WRITTEN.fullmatch(said) is None or re.fullmatch(SHAPE, digits) is None:
        message = (
            "not a number for a screen: nine digits from 02 to 07, ten for a mobile phone, a short number of three or "
            "four, or a free one from 1800; none from abroad, no 1900, no extension"
        )
        raise Malformed(message)
    return HelpNumber(digits)


def written(number: HelpNumber) -> str:
    """The number as it is read: 0-4222-1111, 08-1234-5678, 1800-123-456, 1669."""
    if not number.startswith("0"):
        return f"{number[:4]}-{number[4:7]}-{number[7:]}" if number.startswith(_FREE) and number != _FREE else number
    first = 1 if len(number) == _OF_A_PLACE else 2
    return f"{number[:first]}-{number[first : first + 4]}-{number[first + 4 :]}"
