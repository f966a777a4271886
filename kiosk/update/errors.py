# SPDX-License-Identifier: Apache-2.0
"""What goes wrong while a kiosk fetches or installs something."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wire.orders import NotUpdated


class FetchError(Exception):
    """A file did not come. The message names the file, the cause and the next step; nothing that was there is gone."""


class AbsentError(FetchError):
    """There is no file of that name where it was looked for."""


class OtherBytesError(FetchError):
    """What came is not the file that was asked for."""


class NoRoomError(FetchError):
    """The disk does not take the file."""


class ReleaseError(Exception):
    """A release was not taken. The message names the cause and the next step; what runs goes on."""

    def __init__(self, reason: NotUpdated, message: str) -> None:
        """Keep the code beside the sentence."""
        super().__init__(message)
        self.reason = reason
