# SPDX-License-Identifier: Apache-2.0
"""What the relay and the office that gives Provider IDs say to each other. Source: contract.toml beside this file."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from fleet.errors import FleetError
from wire.asks import HandOverLink, MatchWord

HAS_NONE = "This user has not provider id"  # with status 400; contract.toml, errors


class Progress(StrEnum):
    """How far the person's phone has come."""

    WAITING = "waiting"
    DONE = "done"
    ANOTHER_PERSON = "another_person"
    EXPIRED = "expired"


class StaffStanding(msgspec.Struct, frozen=True):
    """A person has a Provider ID."""

    sandbox: bool
    has_provider_id: bool


class Refusal(msgspec.Struct, frozen=True):
    """What comes with a 400."""

    sandbox: bool
    message: Annotated[str, msgspec.Meta(max_length=200)] = ""


class HandOver(msgspec.Struct, frozen=True):
    """Where a phone goes, and the words that it shows there."""

    sandbox: bool
    link: HandOverLink
    word_th: MatchWord
    word_en: MatchWord


class HandOverProgress(msgspec.Struct, frozen=True):
    """How far it has come."""

    sandbox: bool
    state: Progress


class OfficeUnavailableError(FleetError):
    """The office gave no usable answer; `code` says why in one word. Nothing is lost: ask again."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The Provider ID office gave no usable answer ({code}). It is asked again.")
        self.code = code
