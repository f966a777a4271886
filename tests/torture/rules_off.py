# SPDX-License-Identifier: Apache-2.0
"""Runs one of the processes with one of the protocol's rules switched off, to show that the harness finds the hole.

`python -m tests.torture.rules_off RULE PROCESS ...`. A rule is switched off as the model checker does it: the function
that keeps it is exchanged where the product calls it.
"""

from __future__ import annotations

import importlib
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from fleet.entrypoints import cli as fleet_cli
from kiosk import config
from kiosk.courier.mqtt import Connection
from kiosk.entrypoints import cli as kiosk_cli
from kiosk.entrypoints import courier as kiosk_courier
from kiosk.store.database import Store
from tests.model.rules import Rules
from tests.model.variants import OFF
from tests.torture import screen
from wire.envelope import digest, split
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import Client
    from paho.mqtt.reasoncodes import ReasonCode

RECEIPTS = "receipts"
RULES = {
    RECEIPTS: "receipt (erased when the broker has it)",
    "hello": "HELLO moves marks back",
    "order": "accept in order",
    "parent": "parent named",
    "fork": "fork check",
    "rollback": "rollback check",
}  # as `BREAK=` names them, and the model's case of each
_WHERE = {
    "settle": ("wire.chain", "settle"),
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


def _without(rule: str, settings: Path, stack: ExitStack) -> None:
    if rule == RECEIPTS:
        trusting = partial(TrustingConnection, config.read(settings).store)
        stack.enter_context(patch.object(kiosk_courier, "Connection", trusting))
        return
    for each in exchanges(rule):
        stack.enter_context(patch.object(importlib.import_module(each.module), each.name, each.lacks))


def main() -> None:
    """Run the process."""
    processes: dict[str, tuple[tuple[str, ...], Callable[[], None]]] = {
        "kiosk-courier": (("courier",), kiosk_cli.main),
        "fleet-courier": (("courier",), fleet_cli.main),
        "screen": ((), screen.main),
    }
    arguments = ArgumentParser(description=__doc__)
    arguments.add_argument("rule", choices=RULES)
    arguments.add_argument("process", choices=processes)
    given, rest = arguments.parse_known_args()
    words, run = processes[given.process]
    sys.argv[1:] = [*words, *rest]
    with ExitStack() as stack:
        if given.rule != RECEIPTS or given.process == "kiosk-courier":
            _without(given.rule, Path(rest[rest.index("--config") + 1]), stack)
        run()


if __name__ == "__main__":
    main()
