# SPDX-License-Identifier: Apache-2.0
"""How a simulated kiosk takes orders: by the rules that all kiosks have, with nothing behind them but its memory."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from wire.envelope import digest, seal_message
from wire.errors import NotForYou
from wire.ids import KioskId
from wire.orders import TTL_S, Diagnosis, Op, Order, OrderResult, Outcome, open_order
from wire.signing import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fleet.simulation.papers import Papers
    from wire.events import Moment

_DRAW_EVERY_S = TTL_S / 3
_AGAIN_S = 30.0
_CANNOT = {Op.ROTATE_KEY: "cannot_renew"}  # its papers are made with it
_MACHINE = {
    "release": "simulated",
    "python": "simulated",
    "system": "simulated",
    "process_s": 0,
    "temperature_c": None,
    "memory_free_mib": None,
    "disk_free_mib": 8192,
    "oldest_unacked_s": None,
    "link": "up",
    "reader": "ok",
    "camera": "ok",
    "certificate_ms": None,
    "card_reads": {},
    "endings": {},
}


class SimulatedOrders:
    """Every method is told the monotonic time in seconds."""

    def __init__(self, papers: Papers, moment: Callable[[float], Moment]) -> None:
        """Begin open, with no order taken."""
        self._papers = papers
        self._kiosk = KioskId(papers.registration.kiosk)
        self._moment = moment
        self._drawn_s: dict[str, float] = {}
        self._last = 0
        self._results: dict[bytes, float] = {}  # and when each is told again
        self.is_resting = False

    def nonce(self, now_s: float) -> str:
        """What an order has to carry now."""
        newest = next(reversed(self._drawn_s), None)
        if newest is None or now_s >= self._drawn_s[newest] + _DRAW_EVERY_S:
            newest = secrets.token_hex(16)
            self._drawn_s = {each: at_s for each, at_s in self._drawn_s.items() if now_s - at_s < TTL_S}
            self._drawn_s[newest] = now_s
        return newest

    def arrived(self, message: bytes, now_s: float, outbox: int) -> Order:
        """Carry an order out.

        Raises:
            WireError: it is no true and fresh order, or was carried out before.
        """
        order = open_order(message, self._papers.believes, self._kiosk)
        drawn_s = self._drawn_s.get(order.nonce)
        if drawn_s is None or now_s - drawn_s >= order.ttl_s or order.n <= self._last:
            text = "it is not fresh, or was carried out before"
            raise NotForYou(text)
        self._last = order.n
        if order.op in (Op.CLOSE, Op.REOPEN):
            self.is_resting = order.op == Op.CLOSE
        self._results[self._result(order, now_s, outbox)] = now_s
        return order

    def due(self, now_s: float) -> Iterator[bytes]:
        """The results that are to be told now."""
        for message, at_s in self._results.items():
            if now_s >= at_s:
                self._results[message] = now_s + _AGAIN_S
                yield message

    def due_again_s(self) -> float | None:
        """When the next result is told again."""
        return min(self._results.values(), default=None)

    def settle(self, digests: Iterable[str]) -> None:
        """Forget the results that a receipt names."""
        named = set(digests)
        self._results = {each: at_s for each, at_s in self._results.items() if digest(each).hex() not in named}

    def _result(self, order: Order, now_s: float, outbox: int) -> bytes:
        refused = _CANNOT.get(Op(order.op)) if order.op in set(Op) else "unknown_op"
        screen = "resting" if self.is_resting else "ok"
        machine = Diagnosis(**_MACHINE, uptime_s=int(now_s), outbox=outbox, screen=screen)  # type: ignore[arg-type]
        body = OrderResult(
            v=1,
            kiosk=self._kiosk,
            n=order.n,
            op=order.op,
            outcome=Outcome.DONE if refused is None else Outcome.REFUSED,
            at=self._moment(now_s),
            reason=refused,
            diagnosis=machine if order.op == Op.DIAGNOSE else None,
        )
        return seal_message(self._papers.event_key, Kind.RESULT, body)
