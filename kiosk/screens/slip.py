# SPDX-License-Identifier: Apache-2.0
"""The words of the slip that a person takes home: the code and what it is good for, and nothing about the person."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from kiosk.screens.accepted import BANGKOK
from kiosk.screens.code_digits import grouped
from wire.lettering.thai import WORD_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.screens.wording import Wording

_BUDDHIST_YEARS = 543  # the Buddhist era is ahead of the common one by so many, since 1941


class Look(StrEnum):
    """How a line of the slip stands out."""

    BANNER = "banner"
    TITLE = "title"
    CODE = "code"
    TEXT = "text"


class Line(msgspec.Struct, frozen=True):
    """One line of the slip. A word mark says where it may be broken."""

    look: Look
    text: str


def lines(wording: Wording, *, code: str, valid_until_ms: int, test: bool, link: str, kiosk: str) -> tuple[Line, ...]:
    """Write the slip, top to bottom.

    Args:
        wording: in which language.
        code: as the screen shows it.
        valid_until_ms: wall clock, UTC.
        test: whether it is good for nothing but a trial.
        link: Mor Prom's page, empty where it is not known.
        kiosk: the kiosk's id, by which who helps finds out where this was.
    """
    return tuple(_written(wording, code, valid_until_ms, test=test, link=link, kiosk=kiosk))


def _written(wording: Wording, code: str, valid_until_ms: int, *, test: bool, link: str, kiosk: str) -> Iterator[Line]:
    if test:
        yield Line(Look.BANNER, wording.text("header.test_mode"))
    yield Line(Look.TITLE, wording.text("paper.title"))
    yield Line(Look.CODE, grouped(code))
    yield Line(Look.TEXT, wording.text("paper.until", moment=_day(wording, valid_until_ms)))
    if test:
        yield Line(Look.TEXT, wording.text("accepted.sandbox"))
    yield Line(Look.TEXT, wording.text("paper.enter"))
    if link:
        yield Line(Look.TEXT, link.removeprefix("https://").rstrip("/").replace("/", f"/{WORD_MARK}"))
    yield Line(Look.TEXT, wording.text("paper.keep"))
    yield Line(Look.TEXT, wording.text("problem.help"))
    yield Line(Look.TEXT, wording.text("paper.kiosk", kiosk=kiosk))


def _day(wording: Wording, moment_ms: int) -> str:
    """Say a moment with its year, which paper outlives: Thai counts it in the Buddhist era."""
    moment = datetime.fromtimestamp(moment_ms / 1000, tz=BANGKOK)
    month = wording.text("time.months").split()[moment.month - 1]
    year = moment.year + (_BUDDHIST_YEARS if wording.language == "th" else 0)
    return wording.text("paper.moment", day=moment.day, month=month, year=year, clock=f"{moment:%H:%M}")
