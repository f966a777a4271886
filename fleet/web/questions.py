# SPDX-License-Identifier: Apache-2.0
"""What an address may ask: each query parameter parsed once, strictly; pages and JSON share it.

An empty parameter is one that was not given, as a form sends it.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from fleet.coverage.figures import Mode
from fleet.coverage.fiscal import BUDDHIST_ERA_YEARS, Period, bangkok_day, fiscal_year
from fleet.coverage.reading import Basis
from fleet.coverage.weekly import NoWeekError, last_friday, week_ending
from fleet.devices.health import Care, Condition
from fleet.devices.park import Sought
from fleet.store.scope import province_scope
from fleet.web.supplies import now
from wire.errors import Malformed
from wire.events import Profile
from wire.ids import facility_code
from wire.provinces import PROVINCES, province_code

if TYPE_CHECKING:
    from fleet.store.scope import Scope
    from wire.ids import ProvinceCode

FIRST_YEAR, LAST_YEAR = 2560, 2600  # B.E.; what the imports accept
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Choice(StrEnum):
    """Which figures a page shows. Test people are asked for by name, never by default."""

    OFFICIAL = "official"
    LIVE = "proxy-live"
    TEST = "proxy-test"
    MATCHED = "matched"


class Order(StrEnum):
    """What the provinces are sorted by."""

    CODE = "code"
    NAME = "name"
    REGION = "region"
    STAFF = "staff"
    PEOPLE = "people"
    GAP = "gap"
    VERDICT = "verdict"


class Direction(StrEnum):
    """Which way they are sorted; what is missing always comes last."""

    UP = "up"
    DOWN = "down"


_MODES = {
    Choice.OFFICIAL: Mode.OFFICIAL,
    Choice.MATCHED: Mode.MATCHED,
    Choice.LIVE: Mode.PROXY,
    Choice.TEST: Mode.PROXY,
}


_LAST_PAGE = 9_999  # four digits, as every number of an address


def _whole_number(value: Any) -> Any:  # noqa: ANN401 - what pydantic hands over
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= len(str(LAST_YEAR))):
        message = "whole number expected"
        raise ValueError(message)
    return value


def _given(value: Any) -> Any:  # noqa: ANN401 - what pydantic hands over
    return None if value == "" else value


def _printed(value: Any) -> Any:  # noqa: ANN401 - what pydantic hands over
    """A text without what cannot be printed, which no row has and PostgreSQL takes not even to compare."""
    return value if not isinstance(value, str) else "".join(each for each in value if each.isprintable()) or None


def _province(text: str) -> str:
    try:
        return province_code(text)
    except Malformed as error:
        message = "the code of a province expected"
        raise ValueError(message) from error


def _ours(choice: Choice) -> Choice:
    if choice not in (Choice.LIVE, Choice.TEST):
        message = "our own figures expected"
        raise ValueError(message)
    return choice


def _friday(text: str) -> str:
    if not _DAY.fullmatch(text) or (day := date.fromisoformat(text)).year < FIRST_YEAR - BUDDHIST_ERA_YEARS:
        message = "a day expected, as YYYY-MM-DD"
        raise ValueError(message)
    try:
        week_ending(day, bangkok_day(now()))
    except NoWeekError as error:
        message = "a Friday expected that is not in the future"
        raise ValueError(message) from error
    return text


WholeNumber = BeforeValidator(_whole_number)
OrNothing = BeforeValidator(_given)
Printed = BeforeValidator(_printed)


def described(words: str, **schema: Any) -> WithJsonSchema:  # noqa: ANN401 - JSON Schema
    """What the API's description says of a parameter; whether one may leave it out is said beside it."""
    return WithJsonSchema({**schema, "description": words})


Year = Annotated[
    Annotated[int, WholeNumber, Field(ge=FIRST_YEAR, le=LAST_YEAR)] | None,
    OrNothing,
    described(
        "Fiscal year in B.E.; the current one if not given.", type="integer", minimum=FIRST_YEAR, maximum=LAST_YEAR
    ),
]
Months = Annotated[
    Annotated[int, WholeNumber, Field(ge=Period.SIX, le=Period.TWELVE, multiple_of=6)] | None,
    OrNothing,
    described("Period: 6 or 12 months; 12 if not given.", type="integer", enum=[int(Period.SIX), int(Period.TWELVE)]),
]
Region = Annotated[
    Annotated[int, WholeNumber, Field(ge=1, le=13)] | None,
    OrNothing,
    described("Health region 1 to 13; all if not given.", type="integer", minimum=1, maximum=13),
]
Province = Annotated[
    Annotated[str, AfterValidator(_province)] | None,
    OrNothing,
    described("A province's code; all that the account sees if not given.", type="string", enum=sorted(PROVINCES)),
]
Facility = Annotated[
    Annotated[str, Field(pattern=r"^[0-9]{5}$")] | None,
    OrNothing,
    described("A facility's code; all if not given.", type="string", pattern="^[0-9]{5}$"),
]
PartOfName = Annotated[
    Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")] | None,
    OrNothing,
    described("A part of a kiosk's name.", type="string", pattern="^[a-z0-9-]{1,32}$"),
]
OneCondition = Annotated[
    Condition | None,
    OrNothing,
    described("Kiosks in one condition; all if not given.", type="string", enum=[str(each) for each in Condition]),
]
OneCare = Annotated[
    Care | None,
    OrNothing,
    described("Kiosks that need one care; all if not given.", type="string", enum=[str(each) for each in Care]),
]
Page = Annotated[
    Annotated[int, WholeNumber, Field(ge=1)] | None,
    OrNothing,
    described("Which page of the list; the first if not given.", type="integer", minimum=1, maximum=_LAST_PAGE),
]
Friday = Annotated[
    Annotated[str, AfterValidator(_friday)] | None,
    OrNothing,
    described(
        "The Friday that ends the week, not in the future; the last one, which may be today, if not given.",
        type="string",
        format="date",
    ),
]
Figures = Annotated[
    Choice | None,
    OrNothing,
    described("Our own live figures if not given.", type="string", enum=[str(each) for each in Choice]),
]


OurFigures = Annotated[
    Annotated[Choice, AfterValidator(_ours)] | None,
    OrNothing,
    described("Our own live figures if not given.", type="string", enum=[str(Choice.LIVE), str(Choice.TEST)]),
]


class PlaceQuestion(BaseModel):
    """What is asked of one province, or of all that the account may see. Other parameters are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    province: Province = None

    @property
    def only(self) -> ProvinceCode | None:
        """The province asked for."""
        return None if self.province is None else province_code(self.province)

    def within(self, scope: Scope) -> Scope:
        """What of the scope is asked about.

        Raises:
            OutOfScopeError: nothing of it.
        """
        return scope if self.only is None else scope.narrowed(province_scope(self.only))


class DevicesQuestion(PlaceQuestion):
    """Which kiosks somebody looks for, and which page of them."""

    condition: OneCondition = None
    care: OneCare = None
    facility: Facility = None
    kiosk: PartOfName = None
    page: Page = None

    @property
    def sought(self) -> Sought:
        """The kiosks looked for."""
        facility = None if self.facility is None else facility_code(self.facility)
        return Sought(self.condition, self.care, facility, self.kiosk)

    @property
    def number(self) -> int:
        """Which page, from 1."""
        return self.page or 1


class Question(BaseModel):
    """The basis of a page: year, period and kind of figures. Other parameters are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    year: Year = None
    period: Months = None
    figures: Figures = None

    @property
    def choice(self) -> Choice:
        """The kind of figures asked for; our own live ones if none was named."""
        return self.figures or Choice.LIVE

    def basis(self) -> Basis:
        """Turn the question into a basis, filling in the current fiscal year."""
        return Basis(
            mode=_MODES[self.choice],
            fiscal_year=self.year or fiscal_year(bangkok_day(now())),
            period=Period(self.period or Period.TWELVE),
            profile=self.profile,
        )

    @property
    def profile(self) -> Profile:
        """Whose events stand behind our own counts on the page."""
        return Profile.TEST if self.choice is Choice.TEST else Profile.LIVE


class RegionQuestion(Question):
    """A basis, for one health region or all."""

    region: Region = None


class FunnelQuestion(RegionQuestion):
    """A funnel's question: the ministry counts no steps, so its figures cannot be asked for."""

    figures: OurFigures = None


class MorningQuestion(PlaceQuestion, Question):
    """A morning's question: of one province or of the country. Year and period are not asked for: it is today's."""

    @property
    def ours(self) -> Choice:
        """Our own figures of the profile asked for: what counts people here."""
        return Choice.TEST if self.choice is Choice.TEST else Choice.LIVE


class WeekQuestion(MorningQuestion):
    """A week's question: of one province or of all that the account may see, ending with a Friday."""

    ending: Friday = None

    @property
    def last(self) -> date:
        """The Friday asked for; the last one if none was."""
        return last_friday(bangkok_day(now())) if self.ending is None else date.fromisoformat(self.ending)


class TableQuestion(RegionQuestion):
    """The coverage page's question: also how the table is sorted."""

    sort: Annotated[Order | None, OrNothing] = None
    dir: Annotated[Direction | None, OrNothing] = None
