# SPDX-License-Identifier: Apache-2.0
"""What is done about an alarm: acknowledge it, and end one of security that somebody has looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext

from fleet import audit
from fleet.alerts import book
from fleet.alerts.book import AlertRefusedError, Why
from fleet.devices import attention
from fleet.web.reach import doing

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from fleet.web.reach import Deed

_WHY = {
    Why.OVER: lazy_gettext("The alarm is over."),
    Why.TAKEN: lazy_gettext("Somebody has acknowledged it already."),
    Why.ENDS_BY_ITSELF: lazy_gettext("It ends by itself when its cause is mended."),
}


def acknowledge(number: int) -> None:
    """Say that the account looks after it.

    Raises:
        RefusedError: it is over, or somebody does already.
    """
    with _doing() as deed:
        book.acknowledge(deed.connection, number, deed.who, deed.scope, deed.at_ms)
        deed.record(audit.Act.ALERT_ACKNOWLEDGED, str(number))


def clear(number: int) -> None:
    """End a security alarm that somebody has looked at.

    Raises:
        RefusedError: it is over, or ends by itself.
    """
    with _doing() as deed:
        ended = book.clear(deed.connection, number, deed.who, deed.scope, deed.at_ms)
        attention.look_at(deed.connection, ended.alarm.subject.name, deed.at_ms)
        deed.record(audit.Act.ALERT_CLEARED, str(number))


def _doing() -> AbstractContextManager[Deed]:
    return doing(AlertRefusedError, lambda error: _WHY.get(error.why))
