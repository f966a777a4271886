# SPDX-License-Identifier: Apache-2.0
"""What the hospital has approved for the welcome screen: a TOML file, read anew for each person.

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

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk.config import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

BANGKOK = timezone(timedelta(hours=7), "Asia/Bangkok")  # no summer time since 1920
AT_MOST = 10  # more than that nobody stands still for

Words = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Announcement(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    th: Words
    en: Words
    approved_by: Words
    until: date | None = None


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    announcement: tuple[_Announcement, ...] = Field(default=(), max_length=AT_MOST)


def read(path: Path, now: datetime) -> tuple[tuple[str, str], ...]:
    """Read what is to be announced today: Thai and English.

    Raises:
        ConfigError: naming the file, the key and what is wrong; nothing of the file is announced then.
    """
    try:
        told = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = f"{path.name}: {key}: {first['msg']}. Nothing is announced until it is corrected."
        raise ConfigError(message) from error
    except (OSError, ValueError) as error:
        message = f"{path.name}: {error}. Nothing is announced until it is corrected."
        raise ConfigError(message) from error
    today = now.astimezone(BANGKOK).date()
    return tuple((one.th, one.en) for one in told.announcement if one.until is None or today <= one.until)
