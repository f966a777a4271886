# SPDX-License-Identifier: Apache-2.0
"""The call to somebody outside who notices when the alerting says nothing more: a GET to one configured address."""

from __future__ import annotations

import ssl

import structlog

from fleet.alerts.channels import target
from fleet.alerts.delivery import UndeliveredError

_log = structlog.get_logger()


class Nobody:
    """Nobody was named: only the console notices."""

    def call(self) -> None:
        """Do nothing."""


class Outside:
    """Calls an address after each round.

    Args:
        url: an https address that the settings name; what it names is listed by that.
        authorities: a PEM file of who may have certified it; None: the machine's.
    """

    def __init__(self, url: str, authorities: str | None = None) -> None:
        self._url = url
        self._tls = ssl.create_default_context(cafile=authorities)

    def call(self) -> None:
        """Call it; a failure is logged as one word, and is theirs to notice."""
        try:
            found = target.named(self._url)
            status = target.call(found, self._tls, None, {})
        except UndeliveredError as error:
            _log.warning("bystander_not_reached", error=error.kind)
            return
        if not 200 <= status < 300:  # noqa: PLR2004 - RFC 9110, 15.3: successful
            _log.warning("bystander_not_reached", error=f"http_{status}")
