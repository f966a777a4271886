# SPDX-License-Identifier: Apache-2.0
"""The screen's part of a kiosk without a screen: made-up people are sealed and filed, and each promise is written down.

`python -m tests.torture.screen --config kiosk.toml --tickets FILE`. A ticket is written only when the product's own
filing has returned, which is when a person would read "saved on this machine"; before, it is written that one tries.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from kiosk import config, device, logs
from kiosk.records.filing import DeviceCounter, Filing, NoCounter
from kiosk.records.pipe import FileThis
from kiosk.store import inbox
from kiosk.store.database import Store, StoreError
from tests.simulators.kiosk_wire import EVIDENCE, identity_record, made_up_number
from tests.torture.tickets import PROMISED, TRIED
from wire.asks import OutcomeQuestion, ask_info, identity_info
from wire.envelope import encode
from wire.ids import AskId, new_ask_id, new_event_id, new_stream_id

if TYPE_CHECKING:
    from wire.sealing import SealingKey

_log = structlog.get_logger()
_CHANCE = random.SystemRandom()
_PEOPLE = 500  # few enough that most come again, to be counted once


class FileCounter:
    """A count outside the card, as a TPM would keep it: a file that is never restored with the card."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def value(self) -> int:
        """See `DeviceCounter`."""
        return int(self._path.read_text(encoding="ascii")) if self._path.exists() else 0

    def raise_to(self, value: int) -> None:
        """See `DeviceCounter`."""
        raised = self._path.with_suffix(".new")
        raised.write_text(str(max(value, self.value())), encoding="ascii")
        raised.rename(self._path)


def file_one(filing: Filing, sealed_to: SealingKey, tickets: int) -> None:
    """One person comes, is filed, and is told so; the session ends.

    Raises:
        StoreError: the person was told that the record could not be saved.
    """
    now_ms = device.wall_ms()
    event, ask = new_event_id(now_ms), new_ask_id(now_ms)
    who = _CHANCE.randrange(_PEOPLE)
    person = identity_record(made_up_number(who))
    question = OutcomeQuestion(person.reply_key)
    os.write(tickets, f"{event} {TRIED} {who}\n".encode())
    filing.file(
        FileThis(
            event,
            EVIDENCE,
            sealed_to.seal(encode(person), identity_info(filing.kiosk, event)),
            ask,
            sealed_to.seal(encode(question), ask_info(filing.kiosk, ask)),
        )
    )
    os.write(tickets, f"{event} {PROMISED} {who}\n".encode())
    inbox.forget(filing.store, AskId(ask))


def main() -> None:
    """File until killed, or as many as asked for."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--config", type=Path, required=True)
    arguments.add_argument("--tickets", type=Path, required=True, help="outside the card: it survives every restore")
    arguments.add_argument("--counter", type=Path, help="count outside the card, here")
    arguments.add_argument("--per-s", type=float, default=2.0)
    arguments.add_argument("--people", type=int, default=0, help="end after so many; 0: never")
    given = arguments.parse_args()
    settings = config.read(given.config)
    logs.configure("torture-screen", "warning", sys.stderr)
    sealed_to = config.read_trust(settings.trust).sealing()
    store = Store(settings.store)
    counter: DeviceCounter = NoCounter() if given.counter is None else FileCounter(given.counter)
    filing = Filing(
        store=store,
        key=config.read_signing_key(settings.event_key),
        sealed_to=sealed_to,
        kiosk=settings.kiosk,
        facility=settings.facility,
        profile=settings.profile,
        release=config.release(),
        stream=new_stream_id(),
        counter=counter,
    )
    tickets = os.open(given.tickets, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    filed = 0
    while not given.people or filed < given.people:
        try:
            file_one(filing, sealed_to, tickets)
            filed += 1
        except StoreError as error:
            _log.warning("not_filed", technician=str(error))
        if filed != given.people:
            time.sleep(_CHANCE.expovariate(given.per_s))
    store.close()


if __name__ == "__main__":
    main()
