# SPDX-License-Identifier: Apache-2.0
"""Switches one of the protocol's rules off in a process, to show that the harness finds the hole.

It is done as the model checker does it: the function that keeps the rule is exchanged where the product calls it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, fields
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from kiosk import config
from kiosk.courier.mqtt import Connection
from kiosk.entrypoints import courier as kiosk_courier
from kiosk.store.database import Store
from tests.model import variants
from tests.model.rules import Rules
from tests.model.variants import OFF
from wire import chain
from wire.envelope import digest, split
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack
    from pathlib import Path

    from paho.mqtt.client import Client
    from paho.mqtt.reasoncodes import ReasonCode

KIOSK_COURIER = "kiosk-courier"
RECEIPTS = "receipts"
RULES = {
    RECEIPTS: "receipt (erased when the broker has it)",
    "archived": "archived (erased when acknowledged)",
    "purge": "purge check",
    "hello": "HELLO moves marks back",
    "order": "accept in order",
    "parent": "parent named",
    "fork": "fork check",
    "rollback": "rollback check",
}  # as `BREAK=` names them, and the model's case of each
_WHERE = {
    "settle": ("wire.chain", "settle"),
    "erasable": ("wire.chain", "erasable"),
    "unrecoverable": ("fleet.enrollments.marks", "unrecoverable"),
    "judge": ("fleet.enrollments.acceptance", "judge"),
    "next_link": ("kiosk.store.outbox", "next_link"),
}  # where the product calls the function that keeps a rule


class TrustingConnection(Connection):
    """Takes the broker's acknowledgement of an event for a receipt, and erases the event."""

    def __init__(self, store: Path, **given: Any) -> None:  # noqa: ANN401 - what its own class takes
        super().__init__(**given)
        self._store = store
        self._sent: dict[int, bytes] = {}
        self._client.on_publish = self._broker_has_it

    def publish(self, topic: str, message: bytes) -> None:
        """See `Connection`."""
        if self._client.is_connected():
            sent = self._client.publish(topic, message, qos=1)
            if topic.endswith(Up.EVENT):
                self._sent[sent.mid] = digest(split(message)[0])

    def _broker_has_it(
        self, _client: Client, _userdata: object, message: int, reason: ReasonCode, _properties: object
    ) -> None:
        event = self._sent.pop(message, None)
        if event is not None and not reason.is_failure:
            store = Store(self._store)
            with store.transaction() as connection:
                connection.execute("DELETE FROM event WHERE digest = ?", (event,))
            store.close()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A function that keeps a rule, where the product calls it, and one that lacks the rule."""

    module: str
    name: str
    keeps: Callable[..., object]
    lacks: Callable[..., object]


def exchanges(rule: str) -> list[Exchange]:
    """What is exchanged to switch off any rule but `receipts`, which is kept by no single function of the product."""
    rules, whole = next(case.rules for case in OFF if case.name == RULES[rule]), Rules()
    pairs = [(each.name, getattr(whole, each.name), getattr(rules, each.name)) for each in fields(Rules)]
    return [Exchange(*_WHERE[name], keeps, lacks) for name, keeps, lacks in pairs if lacks is not keeps]


def switch_off(rule: str, process: str, settings: Path, stack: ExitStack) -> None:
    """Let this process lack a rule until the stack is closed."""
    if rule != RECEIPTS:
        as_it_was = SimpleNamespace(**vars(chain))  # what lacks a rule calls what keeps it
        stack.enter_context(patch.object(variants, "chain", as_it_was))
        for each in exchanges(rule):
            stack.enter_context(patch.object(importlib.import_module(each.module), each.name, each.lacks))
    elif process == KIOSK_COURIER:
        trusting = partial(TrustingConnection, config.read(settings).store)
        stack.enter_context(patch.object(kiosk_courier, "Connection", trusting))
