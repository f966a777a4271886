# SPDX-License-Identifier: Apache-2.0
"""What is done about one kiosk: name a helper, order something of it, and report it lost, which another confirms."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import abort

from fleet import audit
from fleet.devices import help_calls, losses, orders
from fleet.devices.health import read_device
from fleet.devices.help_calls import Coming, HelpRefusedError
from fleet.devices.losses import Kind, LossRefusedError
from fleet.devices.orders import OrderRefusedError
from fleet.web import kiosk_words, order_words
from fleet.web.reach import doing
from wire.errors import WireError
from wire.help_calls import helper_name
from wire.ids import kiosk_id

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from fleet.web.reach import Deed
    from wire.ids import KioskId


def known(name: str) -> KioskId:
    """Parse the kiosk of an address; what cannot be a name is nothing that exists."""
    try:
        return kiosk_id(name)
    except WireError:
        abort(HTTPStatus.NOT_FOUND)


def name_helper(who: KioskId, helper: str, minutes: int) -> None:
    """Tell whoever waits there who comes, and in how many minutes.

    Raises:
        RefusedError: it cannot be shown there.
    """
    with doing(HelpRefusedError, lambda error: kiosk_words.WHY_NO_HELPER.get(error.why)) as deed:
        if read_device(deed.connection, who, deed.at_ms, deed.scope) is None:
            abort(HTTPStatus.NOT_FOUND)
        try:
            coming = Coming(helper_name(helper.strip()), minutes)
        except WireError as error:
            raise HelpRefusedError(help_calls.Why.NO_NAME, str(error)) from error
        help_calls.acknowledge(deed.connection, who, coming, deed.at_ms, deed.scope)
        deed.record(audit.Act.HELP_ACKNOWLEDGED, who, {"minutes": coming.minutes})


def give_order(who: KioskId, op: str) -> int:
    """Order something of it; a courier signs and sends it. Gives the order's number.

    Raises:
        RefusedError: it takes none, or not this one now.
    """
    with _ordering() as deed:
        number = orders.give(deed.connection, who, op, deed.who, deed.at_ms, deed.scope)
        deed.record(audit.Act.ORDER_GIVEN, who, {"op": op, "order": number})
    return number


def cancel_order(who: KioskId, number: int) -> None:
    """Take an order back that has not left.

    Raises:
        RefusedError: it is too late.
    """
    with _ordering() as deed:
        orders.cancel(deed.connection, who, number, deed.who, deed.at_ms, deed.scope)
        deed.record(audit.Act.ORDER_CANCELLED, who, {"order": number})


def report_loss(who: KioskId, kind: str) -> None:
    """Report that the kiosk is gone; another person has to confirm.

    Raises:
        RefusedError: it is reported or withdrawn already, or `kind` is none.
    """
    with _losing() as deed:
        if kind not in set(Kind):
            raise LossRefusedError(losses.Why.NOT_SAID)
        losses.report(deed.connection, who, Kind(kind), deed.who, deed.at_ms, deed.scope)
        deed.record(audit.Act.LOSS_REPORTED, who, {"kind": kind})


def confirm_loss(who: KioskId, *, sure: bool) -> None:
    """Confirm what another person reported: from now on nothing of the kiosk is believed.

    Raises:
        RefusedError: there is no report of another person, or whoever confirms is not sure.
    """
    with _losing() as deed:
        if not sure:
            raise LossRefusedError(losses.Why.NOT_SURE)
        losses.confirm(deed.connection, who, deed.who, deed.at_ms, deed.scope)
        deed.record(audit.Act.LOSS_CONFIRMED, who)


def withdraw_loss(who: KioskId) -> None:
    """Take an open report back.

    Raises:
        RefusedError: there is none.
    """
    with _losing() as deed:
        losses.withdraw(deed.connection, who, deed.who, deed.at_ms, deed.scope)
        deed.record(audit.Act.LOSS_WITHDRAWN, who)


def _ordering() -> AbstractContextManager[Deed]:
    return doing(OrderRefusedError, lambda error: order_words.WHY_NOT.get(error.why))


def _losing() -> AbstractContextManager[Deed]:
    return doing(LossRefusedError, lambda error: kiosk_words.WHY_NOT.get(error.why))
