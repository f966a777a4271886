# SPDX-License-Identifier: Apache-2.0
"""The kiosk's sending window: in order, sliding on receipts, backing off without progress.

Source: security design, section 5.1; without it a fleet that comes back drowns its controller (5.3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

WINDOW = 200  # events under way at once
_FIRST_BACKOFF_S = 1.0
_LAST_BACKOFF_S = 60.0


@dataclass(frozen=True, slots=True)
class Sending:
    """The kiosk's sending window over its unacknowledged events in order.

    `sent_to` is how many of them are under way; `restart_at_s` is when, on the monotonic clock, the window starts
    over if no receipt moves it.
    """

    sent_to: int = 0
    backoff_s: float = _FIRST_BACKOFF_S
    restart_at_s: float | None = None

    def due(self, pending: int, now_s: float) -> tuple[Sending, range]:
        """Which of `pending` events (by position) to send now."""
        current = self
        if self.restart_at_s is not None and now_s >= self.restart_at_s:
            longer = min(self.backoff_s * 2, _LAST_BACKOFF_S)
            current = Sending(sent_to=0, backoff_s=longer, restart_at_s=None)
        upto = min(pending, WINDOW)
        under_way = max(upto, current.sent_to)
        if under_way == 0:
            return Sending(), range(0)
        deadline = current.restart_at_s if current.restart_at_s is not None else now_s + current.backoff_s
        return replace(current, sent_to=under_way, restart_at_s=deadline), range(current.sent_to, upto)

    def settled(self, count: int) -> Sending:
        """After a receipt settled the first `count` pending events: slide, and forget the back-off."""
        if count <= 0:
            return self
        return Sending(sent_to=max(0, self.sent_to - count))

    def reconnected(self) -> Sending:
        """After a new connection: everything under way is sent again."""
        return Sending()
