# SPDX-License-Identifier: Apache-2.0
"""Where the made-up kiosks stand: in all provinces by how many people live there, one to four at a facility."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from fleet.simulation.demo.dice import Dice
from wire.ids import FacilityCode, facility_code
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wire.ids import ProvinceCode

_FIRST_FACILITY = 50_000  # codes that are made up: five digits, as the ministry's have
_SIZES = (1, 1, 1, 1, 1, 2, 2, 2, 3, 4)  # kiosks at a facility

# Thousands of residents in the order of the codes, from general knowledge and rounded: they only spread made-up people.
_THOUSANDS = (
    *(5472, 1372, 1308, 1219, 820, 270, 727, 198, 315, 637),  # 10 to 19
    *(1618, 771, 536, 227, 730, 499, 260, 561),  # 20 to 27
    *(2621, 1573, 1366, 1450, 1869, 530, 1113, 374, 421, 507),  # 30 to 39
    *(1779, 1557, 637, 515, 943, 1284, 969, 1144, 716, 350),  # 40 to 49
    *(1797, 398, 718, 443, 425, 472, 458, 1298, 287),  # 50 to 58
    *(1022, 324, 705, 677, 575, 841, 522, 965),  # 60 to 67
    *(863, 894, 825, 921, 589, 189, 481, 549),  # 70 to 77
    *(1545, 480, 267, 423, 1077, 195, 509),  # 80 to 86
    *(1432, 325, 634, 522, 732, 546, 814),  # 90 to 96
)
RESIDENTS = {code: 1000 * n for code, n in zip(sorted(PROVINCES), _THOUSANDS, strict=True)}
_CODES = tuple(RESIDENTS)
_UP_TO = tuple(accumulate(_THOUSANDS))


@dataclass(frozen=True, slots=True)
class Facility:
    """A made-up facility and the numbers of its kiosks; `busy` is how many people come there, against others."""

    code: FacilityCode
    province: ProvinceCode
    kiosks: range
    busy: int


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Divide a number by weights so that nothing is left over."""
    whole = sum(weights)
    ends = [total * upto // whole for upto in accumulate(weights)]
    return [end - begin for begin, end in zip([0, *ends], ends, strict=False)]


def facilities(seed: int, kiosks: int) -> Iterator[Facility]:
    """All facilities, province by province. Kiosks are numbered from 1."""
    number, code = 1, _FIRST_FACILITY
    for province, count in zip(_CODES, shares(kiosks, _THOUSANDS), strict=True):
        last = number + count
        while number < last:
            dice = Dice(seed, "facility", code)
            size = min(dice.one_of(_SIZES), last - number)
            yield Facility(facility_code(str(code)), province, range(number, number + size), 1 + dice.below(9))
            number, code = number + size, code + 1


def some_province(dice: Dice) -> ProvinceCode:
    """A province that somebody lives in."""
    at = dice.below(_UP_TO[-1])
    return next(code for code, upto in zip(_CODES, _UP_TO, strict=True) if at < upto)
