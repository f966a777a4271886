# SPDX-License-Identifier: Apache-2.0
"""Takes down what people say of their visit and of the kiosk: opinions are counted, complaints kept and numbered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from kiosk import device
from kiosk.records import complaints, pipe
from kiosk.store import opinions
from kiosk.store.database import StoreError
from wire.complaints import grouped

if TYPE_CHECKING:
    from kiosk.records.filing import Filing
    from wire.opinions import Opinion

log = structlog.get_logger()


class Ear:
    """Hears one person after another. What cannot be kept is told to whoever said it, where it has a number."""

    def __init__(self, filing: Filing) -> None:
        self._filing = filing

    def hear(self, message: pipe.Opined | pipe.Complained, channel: pipe.Pipe[pipe.FromPerson]) -> None:
        """Take one word down."""
        match message:
            case pipe.Opined(opinion):
                self._opine(opinion)
            case pipe.Complained():
                self._complain(message, channel)

    def _opine(self, opinion: Opinion) -> None:
        try:
            opinions.note(self._filing.store, opinion, device.wall_ms())
        except StoreError as error:
            log.error("not_counted", technician=str(error))  # noqa: TRY400 - the sentence is the whole story

    def _complain(self, said: pipe.Complained, channel: pipe.Pipe[pipe.FromPerson]) -> None:
        try:
            number = complaints.file(self._filing, said.category, said.place)
        except StoreError as error:
            log.error("complaint_not_kept", technician=str(error))  # noqa: TRY400 - as above
            number = None
        log.info("complaint_made", kept=number is not None)
        channel.send(pipe.ComplaintEnded("" if number is None else grouped(number)))
