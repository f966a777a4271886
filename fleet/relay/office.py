# SPDX-License-Identifier: Apache-2.0
"""Where nobody gives Provider IDs: absence is an adapter too."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from fleet.partners.provider_id.shapes import OfficeUnavailableError

if TYPE_CHECKING:
    from fleet.partners.provider_id.shapes import HandOver, Progress

_NONE = "not_configured"


class NoOffice:
    """Knows nothing and hands nobody over."""

    hands_over = False

    def has_provider_id(self, citizen_number: str) -> None:
        """It is not known."""

    def begin(self, *_: object, **__: object) -> HandOver:
        """See `ProviderIdOffice`."""
        self._refuse()

    def progress(self, *_: object, **__: object) -> Progress:
        """See `ProviderIdOffice`."""
        self._refuse()

    @staticmethod
    def _refuse() -> NoReturn:
        raise OfficeUnavailableError(_NONE)
