# SPDX-License-Identifier: Apache-2.0
"""What the welcome screen announces today: first the hospital's own TOML file, then what the controller has sent.

[[announcement]]
th = "..."                  # at most 100 letters; both languages are needed
en = "..."
approved_by = "..."         # who answers for it
until = 2026-12-31          # its last day in Bangkok; left out, it has none
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk import device
from kiosk.config import ConfigError
from kiosk.store import newest
from kiosk.store.newest import Word
from wire.announcements import AT_MOST, LONGEST, open_announcements
from wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kiosk.store.database import Store
    from wire.announcements import Announcements
    from wire.ids import KioskId
    from wire.signing import VerifyKey

log = structlog.get_logger()

BANGKOK = timezone(timedelta(hours=7), "Asia/Bangkok")  # no summer time since 1920
_BEFORE_ALL = date(2026, 1, 1)  # no kiosk ran before: a clock that stands there was never set

Words = Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"^[^\x00-\x1f\x7f]+$")]
Pairs = tuple[tuple[str, str], ...]  # Thai and English


class _Announcement(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    th: Words
    en: Words
    approved_by: Words
    until: date | None = None


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    announcement: tuple[_Announcement, ...] = Field(default=(), max_length=AT_MOST)


def read(path: Path, today: date | None) -> Pairs:
    """Read what is to be announced today, a day in Bangkok; without a day, only what has no last one.

    Raises:
        ConfigError: naming the file, the key and what is wrong; nothing of the file is announced then.
    """
    try:
        told = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = f"{path.name}: {key}: {first['msg']}. Nothing of it is announced until it is corrected."
        raise ConfigError(message) from error
    except (OSError, ValueError) as error:
        message = f"{path.name}: {error}. Nothing of it is announced until it is corrected."
        raise ConfigError(message) from error
    return tuple(
        (one.th, one.en) for one in told.announcement if one.until is None or (today is not None and today <= one.until)
    )


class Board:
    """Both together, looked up anew at each call. What is wrong is logged once, and stands in nobody's way."""

    def __init__(
        self,
        *,
        file: Path | None,
        store: Store,
        believes: VerifyKey,
        kiosk: KioskId,
        clock: Callable[[], datetime] = device.utc_now,
    ) -> None:
        """Take where to look; `believes` is the key of the controller's courier."""
        self._file = file
        self._store = store
        self._believes = believes
        self._kiosk = kiosk
        self._clock = clock
        self._message: bytes | None = None
        self._sent: Announcements | None = None
        self._complaint = ""

    def __call__(self) -> Pairs:
        """All that stands today, ten at most.

        Raises:
            StoreError: the store cannot be read.
        """
        sent = self._from_the_controller()
        today = _today(self._clock(), sent)
        return (*self._own(today), *_standing(sent, today))[:AT_MOST]

    def _from_the_controller(self) -> Announcements | None:
        message = newest.kept(self._store, Word.ANNOUNCEMENTS)
        if message != self._message:
            self._message = message
            self._sent = None if message is None else self._opened(message)
        return self._sent

    def _opened(self, message: bytes) -> Announcements | None:
        try:
            return open_announcements(message, self._believes, self._kiosk)
        except WireError as error:
            log.error("announcements_refused", reason=error.reason)  # noqa: TRY400 - the reason is the whole story
            return None

    def _own(self, today: date | None) -> Pairs:
        try:
            own = () if self._file is None else read(self._file, today)
        except ConfigError as error:
            if str(error) != self._complaint:
                log.error("nothing_announced", technician=str(error))  # noqa: TRY400 - as above
            self._complaint = str(error)
            return ()
        self._complaint = ""
        return own


def _standing(sent: Announcements | None, today: date | None) -> Pairs:
    if sent is None or today is None:
        return ()
    return tuple((one.th, one.en) for one in sent.items if one.first <= today <= one.last)


def _today(now: datetime, sent: Announcements | None) -> date | None:
    """The day in Bangkok; None when the clock is behind a day that has been, so that it was never set."""
    day = now.astimezone(BANGKOK).date()
    made = _BEFORE_ALL if sent is None else datetime.fromtimestamp(sent.at_ms / 1000, BANGKOK).date()
    return None if day < max(made, _BEFORE_ALL) else day
