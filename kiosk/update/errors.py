# SPDX-License-Identifier: Apache-2.0
"""What goes wrong while a kiosk fetches or installs something."""

from __future__ import annotations

from enum import StrEnum


class FetchError(Exception):
    """A file did not come. The message names the file, the cause and the next step; nothing that was there is gone."""


class AbsentError(FetchError):
    """There is no file of that name where it was looked for."""


class Refusal(StrEnum):
    """Why a kiosk takes no release now; what runs goes on."""

    UNREACHABLE = "unreachable"  # no network, no stick, or the other side has trouble
    NOT_BELIEVED = (
        "not_believed"  # signature, version or time of what was published; or bytes that are not the signed ones
    )
    NO_ROOM = "no_room"
    UNFIT = "unfit"  # signed, and not a release that this kiosk can hold


class ReleaseError(Exception):
    """A release was not taken. The message names the cause and the next step."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(message)
        self.refusal = refusal
