# SPDX-License-Identifier: Apache-2.0
"""How a simulated kiosk takes orders: by the rules that all kiosks have, with nothing behind them but its memory.

A release that it is to install takes it some seconds. Then it runs that, or has gone back: the same one at the same
kiosks each time, so that a rollout among them is as it would be with machines that differ.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import TYPE_CHECKING

from wire.envelope import digest, seal_message
from wire.errors import NotForYou
from wire.ids import KioskId
from wire.orders import TTL_S, Diagnosis, NotUpdated, Op, Order, OrderResult, Outcome, open_order
from wire.signing import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fleet.simulation.papers import Papers
    from wire.events import Moment

_DRAW_EVERY_S = TTL_S / 3
_AGAIN_S = 30.0
_TRIAL_S = 20.0  # from the order to the end of the trial
_RELEASE = "0.1.0"  # before the first update
_CANNOT = {Op.ROTATE_KEY: "cannot_renew"}  # its papers are made with it
_MACHINE = {
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

    def __init__(self, papers: Papers, moment: Callable[[float], Moment], failing: float = 0.0) -> None:
        """Begin open, with no order taken. `failing` is the share of kiosks at which a release fails."""
        self._papers = papers
        self._kiosk = KioskId(papers.registration.kiosk)
        self._moment = moment
        self._drawn_s: dict[str, float] = {}
        self._last = 0
        self._results: dict[bytes, float] = {}  # and when each is told again
        self._failing = failing
        self._trial: tuple[Order, float] | None = None  # an update, and when it is over
        self.release = _RELEASE
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
        refused = self._refused(order)
        outcome = Outcome.DONE if refused is None else Outcome.REFUSED
        if order.op == Op.UPDATE and refused is None:
            self._trial, outcome = (order, now_s + _TRIAL_S), Outcome.TAKEN
        self._results[self._result(order, outcome, refused, now_s, outbox)] = now_s
        return order

    def go_on(self, now_s: float) -> bool:
        """End a trial that is over; whether there was one: the kiosk has begun anew."""
        if self._trial is None or now_s < self._trial[1]:
            return False
        order, _ = self._trial
        self._trial = None
        if self._fails(str(order.release)):
            failed = self._result(order, Outcome.REFUSED, NotUpdated.TRIAL_CAMERA, now_s, 0)
            self._results[failed] = now_s
        else:
            self.release = str(order.release)
            self._results[self._result(order, Outcome.DONE, None, now_s, 0)] = now_s
        return True

    def due(self, now_s: float) -> Iterator[bytes]:
        """The results that are to be told now."""
        for message, at_s in self._results.items():
            if now_s >= at_s:
                self._results[message] = now_s + _AGAIN_S
                yield message

    def due_again_s(self) -> float | None:
        """When the next result is told again."""
        trial = [] if self._trial is None else [self._trial[1]]
        return min((*self._results.values(), *trial), default=None)

    def settle(self, digests: Iterable[str]) -> None:
        """Forget the results that a receipt names."""
        named = set(digests)
        self._results = {each: at_s for each, at_s in self._results.items() if digest(each).hex() not in named}

    def _refused(self, order: Order) -> str | None:
        if order.op not in set(Op):
            return "unknown_op"
        if order.op == Op.UPDATE and order.release == self.release:
            return NotUpdated.SAME_RELEASE
        return _CANNOT.get(Op(order.op))

    def _fails(self, release: str) -> bool:
        drawn = int.from_bytes(sha256(f"{self._kiosk}/{release}".encode()).digest()[:4])
        return drawn < self._failing * 2**32

    def _result(self, order: Order, outcome: Outcome, refused: str | None, now_s: float, outbox: int) -> bytes:
        said = {"uptime_s": int(now_s), "outbox": outbox, "screen": "resting" if self.is_resting else "ok"}
        machine = Diagnosis(**_MACHINE, **said, release=self.release)  # type: ignore[arg-type]
        body = OrderResult(
            v=1,
            kiosk=self._kiosk,
            n=order.n,
            op=order.op,
            outcome=outcome,
            at=self._moment(now_s),
            reason=refused,
            diagnosis=machine if order.op == Op.DIAGNOSE else None,
        )
        return seal_message(self._papers.event_key, Kind.RESULT, body)
