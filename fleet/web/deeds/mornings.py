# SPDX-License-Identifier: Apache-2.0
"""What is done with a morning: say that one has looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet import audit
from fleet.coverage.fiscal import bangkok_day
from fleet.operators import mornings
from fleet.operators.mornings import Check
from fleet.web.reach import acting
from fleet.web.supplies import now

if TYPE_CHECKING:
    from fleet.web.questions import MorningQuestion


def check(question: MorningQuestion) -> None:
    """Write down that the account has looked at this morning; a second time changes nothing."""
    with acting() as deed:
        here, today = question.within(deed.scope), bangkok_day(now())
        if mornings.check(deed.connection, here, today, Check(deed.who, deed.at_ms)):
            deed.record(audit.Act.MORNING_CHECKED, str(here), {"day": today.isoformat()})
