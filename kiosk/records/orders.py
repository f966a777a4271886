# SPDX-License-Identifier: Apache-2.0
"""The desk's side of orders: it draws the nonces, verifies what the courier left, and acts between two visits.

A captured courier can neither make an order nor keep one for later: the nonces and how old they are stand in this
process's memory, and the number is entered in the transaction of the act. Nothing that is ordered can run a program.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from kiosk import device
from kiosk.records.own_key import signed
from kiosk.store import noticeboard, orders
from kiosk.store.orders import Rotation, Update
from wire.envelope import encode
from wire.errors import NotForYou, WireError
from wire.orders import TTL_S, NotUpdated, Op, Order, OrderResult, Outcome, open_order
from wire.signing import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.store.database import Store
    from kiosk.store.orders import Book
    from wire.ids import KioskId
    from wire.orders import Diagnosis
    from wire.signing import SigningKey, VerifyKey

log = structlog.get_logger()

DRAW_EVERY_S = TTL_S / orders.NONCES  # those that are kept are then all that an order may still carry
UNKNOWN_OP = "unknown_op"
CANNOT_RENEW = "cannot_renew"  # nothing here asks for certificates
NOT_RENEWED = "not_renewed"  # none came in time
UPDATE_S = 24 * 3600.0  # in which a slow network brings a release, and somebody leaves the kiosk alone


@dataclass(frozen=True, slots=True)
class Machine:
    """What orders ask of the machine: `diagnose` describes it, `renews` says whether it asks for certificates.

    `update` wakes what installs releases; None where nothing does.
    """

    diagnose: Callable[[], Diagnosis]
    renews: bool
    update: Callable[[], object] | None = None


class Orders:
    """Orders to one kiosk: `is_resting` and `wants_restart` are what stands when `heed` returns."""

    def __init__(
        self,
        *,
        store: Store,
        kiosk: KioskId,
        key: SigningKey,
        believes: VerifyKey,
        machine: Machine,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the screen's own key, which signs results, and the key of the controller's courier."""
        self._store = store
        self._kiosk = kiosk
        self._key = key
        self._believes = believes
        self._machine = machine
        self._give_up_s: float | None = None
        self._woken: int | None = None
        self._update_until_s = 0.0
        self._clock_s = clock_s
        self._drawn_s: dict[str, float] = {}
        self._draw_at_s = 0.0
        self._begun = False
        self._looked_at: bytes | None = None
        self.is_resting = False
        self.wants_restart = False

    def heed(self) -> None:
        """Carry out what was ordered, if anything new was; call it only while nobody is served.

        Raises:
            StoreError: the store cannot be used; nothing was carried out, or what was stands in it.
        """
        if not self._begun:
            self._begin()
        message = orders.brought(self._store)
        if message is not None and message != self._looked_at:
            self._looked_at = message
            try:
                self._carry_out(self._opened(message))
            except WireError as error:
                log.error("order_refused", reason=error.reason)  # noqa: TRY400 - the reason is the whole story
        if self._clock_s() >= self._draw_at_s:
            self._draw()
        book = orders.book(self._store)
        self._look_at_rotation(book.rotation)
        self._look_at_update(book.update)
        self.is_resting, self.wants_restart = book.resting, book.restarting is not None

    def _begin(self) -> None:
        """Begin where the process before this one ended: what it drew is worth nothing any more."""
        orders.forget_nonces(self._store)
        book = orders.book(self._store)
        if book.restarting is not None:
            orders.ended(self._store, self._result(book.restarting, Op.RESTART, Outcome.DONE))
        self._begun = True

    def _look_at_rotation(self, rotation: Rotation | None) -> None:
        """Tell that the courier uses another certificate, or that none came in the time that an order has."""
        if rotation is None:
            self._give_up_s = None
            return
        if self._give_up_s is None:
            self._give_up_s = self._clock_s() + TTL_S
        if noticeboard.certificate_ms(noticeboard.read(self._store)) != rotation.from_ms:
            result = self._result(rotation.n, Op.ROTATE_KEY, Outcome.DONE)
        elif self._clock_s() >= self._give_up_s:
            result = self._result(rotation.n, Op.ROTATE_KEY, Outcome.REFUSED, reason=NOT_RENEWED)
        else:
            return
        orders.ended(self._store, result)

    def _look_at_update(self, update: Update | None) -> None:
        """Wake what installs releases, once in each process; then tell what it says, or that it says nothing."""
        if update is None:
            return
        if self._machine.update is None:
            update = replace(update, ended=True, reason=update.reason if update.ended else NotUpdated.CANNOT_UPDATE)
        elif self._woken != update.n:
            self._woken, self._update_until_s = update.n, self._clock_s() + UPDATE_S
            self._machine.update()
        if update.ended and update.reason is None:
            result = self._result(update.n, Op.UPDATE, Outcome.DONE)
        elif update.ended:
            result = self._result(update.n, Op.UPDATE, Outcome.REFUSED, reason=update.reason)
        elif self._clock_s() >= self._update_until_s:
            result = self._result(update.n, Op.UPDATE, Outcome.REFUSED, reason=NotUpdated.NO_ANSWER)
        else:
            return
        orders.update_ended(self._store, result)

    def _begin_update(self, order: Order, book: Book) -> tuple[Book, bytes]:
        if self._machine.update is None or order.release is None:
            refused = self._result(order.n, order.op, Outcome.REFUSED, reason=NotUpdated.CANNOT_UPDATE)
            return book, refused
        if book.update is not None and book.update.n < order.n:
            replaced = self._result(book.update.n, order.op, Outcome.REFUSED, reason=NotUpdated.REPLACED)
            orders.update_ended(self._store, replaced)
        return replace(book, update=Update(order.n, order.release)), self._result(order.n, order.op, Outcome.TAKEN)

    def _draw(self) -> None:
        nonce = secrets.token_hex(16)
        orders.draw(self._store, nonce)
        now_s = self._clock_s()
        young = {each: at_s for each, at_s in self._drawn_s.items() if now_s - at_s < TTL_S}
        self._drawn_s = {**young, nonce: now_s}
        self._draw_at_s = now_s + DRAW_EVERY_S

    def _opened(self, message: bytes) -> Order:
        order = open_order(message, self._believes, self._kiosk)
        drawn_s = self._drawn_s.get(order.nonce)
        if drawn_s is None or self._clock_s() - drawn_s >= order.ttl_s:
            text = "it carries no nonce of this process, or one that is too old"
            raise NotForYou(text)
        return order

    def _carry_out(self, order: Order) -> None:
        book = replace(orders.book(self._store), last=order.n, restarting=None, rotation=None)
        match order.op:
            case Op.CLOSE | Op.REOPEN:
                book = replace(book, resting=order.op == Op.CLOSE)
                result = self._result(order.n, order.op, Outcome.DONE)
            case Op.RESTART:
                book = replace(book, restarting=order.n)
                result = self._result(order.n, order.op, Outcome.TAKEN)
            case Op.DIAGNOSE:
                result = self._result(order.n, order.op, Outcome.DONE, diagnosis=self._machine.diagnose())
            case Op.ROTATE_KEY:
                now_ms = noticeboard.certificate_ms(noticeboard.read(self._store)) if self._machine.renews else None
                if now_ms is None:
                    result = self._result(order.n, order.op, Outcome.REFUSED, reason=CANNOT_RENEW)
                else:
                    book = replace(book, rotation=Rotation(order.n, now_ms))
                    result = self._result(order.n, order.op, Outcome.TAKEN)
            case Op.UPDATE:
                book, result = self._begin_update(order, book)
            case _:
                result = self._result(order.n, order.op, Outcome.REFUSED, reason=UNKNOWN_OP)
        if not orders.take(self._store, book, result):
            text = "it was carried out before"
            raise NotForYou(text)
        log.info("order_taken", code=order.op)

    def _result(
        self, n: int, op: str, outcome: Outcome, *, reason: str | None = None, diagnosis: Diagnosis | None = None
    ) -> bytes:
        body = OrderResult(
            v=1,
            kiosk=self._kiosk,
            n=n,
            op=op,
            outcome=outcome,
            at=device.moment(),
            reason=reason,
            diagnosis=diagnosis,
        )
        return signed(self._key, Kind.RESULT, encode(body))
