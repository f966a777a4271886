# SPDX-License-Identifier: Apache-2.0
"""The screen process's desk: one person's process after another, their records filed, their answers handed back.

It keeps the kiosk honest about itself: nobody starts while the store, the reader, the camera or a model is unfit.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import structlog

from kiosk import device
from kiosk.enrollment.failures import Fault
from kiosk.enrollment.happenings import PrintSlip
from kiosk.enrollment.states import Attract, Farewell, Intent, OutOfService, Resting
from kiosk.records import pipe
from kiosk.records.hearing import Ear
from kiosk.records.pins import Pins
from kiosk.store import card_reads, inbox, noticeboard, outbox, policy_floor
from kiosk.store.card_reads import CardRead
from kiosk.store.database import DiskFullError, StoreError
from kiosk.store.noticeboard import RESTING, Topic
from kiosk.store.visiting import Visit
from wire.ids import AskId, EventId

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.records.filing import Filing
    from kiosk.records.ports import Announcements, FromController, People, Screen, SlipPrinter

log = structlog.get_logger()

_POLL_S = 0.2
_RETRY_S = 5.0
_ANNOUNCE_EVERY_S = 10.0
_HEED_EVERY_S = 1.0
_ABANDON_S = 10.0  # a person's process is given five to end before it is killed


class Desk:
    """Serves one person after another until stopped. `run` blocks; `say` may be called from any thread."""

    def __init__(
        self,
        *,
        filing: Filing,
        controller: FromController,
        people: People,
        screen: Screen,
        printer: SlipPrinter,
        ended: Callable[[Farewell], None] = lambda _why: None,
    ) -> None:
        """Take what it works with; `ended` is told how each session ended that came to its end."""
        self._store = filing.store
        self._filing = filing
        self._calls = controller.calls
        self._orders = controller.orders
        self._ear = Ear(filing)
        self._people = people
        self._screen = screen
        self._printer = printer
        self._ended = ended
        self._announced = controller.announced
        self._to_call = controller.to_call
        self._call_at_s = self._announce_at_s = self._heed_at_s = 0.0
        self._announces: Announcements = ()
        self._shows_rest = False
        self._stopping = threading.Event()
        self._abandoned = threading.Event()
        self._gone = threading.Event()
        self._channel: pipe.Pipe[pipe.FromPerson] | None = None
        self._asks: dict[AskId, int] = {}
        self._unconfirmed: EventId | None = None
        self._in_session = self._filed = False
        self._turned_s = time.monotonic()
        self._visit = Visit(filing.store.path)
        self._pins = Pins(filing.store)

    def say(self, intent: Intent) -> None:
        """Pass on what the person touched; silently nothing when nobody is being served."""
        channel = self._channel
        if channel is not None:
            try:
                channel.send(pipe.Said(intent))
            except pipe.PipeClosedError:
                return

    def abandon(self) -> None:
        """End the present person's process without a word: the screen has failed. Returns when it is gone."""
        self._shows_rest = False  # the next screen knows nothing of it
        if self._channel is None:
            return
        self._gone.clear()
        self._abandoned.set()
        self._gone.wait(_ABANDON_S)

    @property
    def still_s(self) -> float:
        """For how long it has not come round."""
        return time.monotonic() - self._turned_s

    @property
    def is_serving(self) -> bool:
        """Whether somebody is here."""
        return self._in_session

    def stop(self) -> None:
        """Make `run` return after the present step."""
        self._stopping.set()

    def run(self) -> None:
        """Serve until stopped, or until a restart was ordered."""
        self._screen.show(OutOfService(Fault.STARTING))
        self._end_call()  # a screen process that died may have left one open
        while not self._stopping.is_set():
            self._turned_s = time.monotonic()
            self._tell_number()
            if self._is_ordered_away():
                if self._orders.wants_restart:
                    break
                self._rest()
                continue
            self._shows_rest = False
            fault = self._serve_one()
            if fault is not None:
                log.error("out_of_service", fault=fault)
                self._screen.show(OutOfService(fault))
                self._pins.tell(Topic.SCREEN, fault)
                self._stopping.wait(_RETRY_S)
        self._people.dismiss()

    def _is_ordered_away(self) -> bool:
        """Carry out what was ordered; whether nobody is to be served after that."""
        try:
            self._orders.heed()
        except StoreError as error:
            log.error("orders_not_heeded", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
            return False
        return self._orders.is_resting or self._orders.wants_restart

    def _rest(self) -> None:
        if not self._shows_rest:
            self._shows_rest = True
            self._people.dismiss()
            self._screen.show(Resting())
        self._pins.tell(Topic.SCREEN, RESTING)
        self._stopping.wait(_HEED_EVERY_S)

    def _serve_one(self) -> Fault | None:
        """Serve one person; returns the fault that kept it from ending well."""
        fault = self._store_fault()
        if fault is not None:
            return fault
        try:
            person = self._people.start(policy_floor.read(self._store))
        except StoreError as error:
            log.error("store_unfit", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
            return Fault.STORE_BROKEN
        except OSError as error:
            log.error("person_process_not_started", error=error.strerror)  # noqa: TRY400 - that is the whole story
            return Fault.PERSON_PROCESS_DIED
        self._channel = person.channel
        self._announces, self._announce_at_s = (), math.inf  # until the person's process is fit to be told
        try:
            return self._converse(person.channel)
        except StoreError as error:
            log.error("store_unfit", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
            return Fault.STORE_BROKEN
        except pipe.PipeClosedError:
            return None if self._stopping.is_set() else Fault.PERSON_PROCESS_DIED
        finally:
            self._channel = None
            code = person.end()
            log.info("person_process_ended", exit_code=code)
            self._close_session()
            self._abandoned.clear()
            self._gone.set()

    def _tell_number(self) -> None:
        """Tell the screen whom to call, whoever is there and whether or not anybody is served."""
        if time.monotonic() < self._call_at_s:
            return
        self._call_at_s = time.monotonic() + _ANNOUNCE_EVERY_S
        try:
            self._screen.call(self._to_call())
        except StoreError as error:
            log.error("number_not_read", technician=str(error))  # noqa: TRY400 - the sentence is the whole story

    def _store_fault(self) -> Fault | None:
        try:
            self._store.check()
        except DiskFullError as error:
            log.error("store_unfit", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
            return Fault.DISK_FULL
        except StoreError as error:
            log.error("store_unfit", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
            self._reopen()
            return Fault.STORE_BROKEN
        return None

    def _reopen(self) -> None:
        """Let the next check find a store that has come back."""
        try:
            self._store.reopen()
        except StoreError as error:
            log.error("store_unfit", technician=str(error))  # noqa: TRY400 - the sentence is the whole story

    def _converse(self, channel: pipe.Pipe[pipe.FromPerson]) -> Fault | None:
        news_at_s = 0.0
        while not (self._stopping.is_set() or self._abandoned.is_set()):
            message = channel.receive(_POLL_S)
            self._turned_s = time.monotonic()
            if time.monotonic() >= news_at_s:
                self._bring_news(channel)
                self._tell_number()
                news_at_s = time.monotonic() + _POLL_S
            match message:
                case None if self._may_leave() and self._is_ordered_away():
                    return None
                case None:
                    self._announce(channel)
                case pipe.Broken(fault, technician):
                    log.error("unfit", fault=fault, technician=technician)
                    self._pins.device(fault)
                    return fault
                case pipe.Finished(why):
                    self._in_session = False
                    self._count(why)
                    log.info("session_ended", ending=why)
                    self._ended(why)
                    return None
                case _:
                    self._heed(message, channel)
        return None

    def _may_leave(self) -> bool:
        """Whether nobody is here, and it is time to look what was ordered."""
        if self._in_session or time.monotonic() < self._heed_at_s:
            return False
        self._heed_at_s = time.monotonic() + _HEED_EVERY_S
        return True

    def _announce(self, channel: pipe.Pipe[pipe.FromPerson]) -> None:
        """Tell a waiting welcome screen what is to be announced, when that has changed."""
        if self._in_session or time.monotonic() < self._announce_at_s:
            return
        self._announce_at_s = time.monotonic() + _ANNOUNCE_EVERY_S
        announcements = self._announced()
        if announcements != self._announces:
            channel.send(pipe.Announced(announcements))
            self._announces = announcements

    def _heed(self, message: pipe.FromPerson, channel: pipe.Pipe[pipe.FromPerson]) -> None:
        match message:
            case pipe.Ready(policy):
                # Before anybody starts: a policy that has served once must be known to have.
                policy_floor.raise_to(self._store, policy, device.wall_ms())
                self._announce_at_s = 0.0
                self._people.prepare()
                self._pins.tell(Topic.SCREEN, "ok")
                self._pins.tell(Topic.CAMERA, "ok")
            case pipe.Shown() | pipe.Previewed() | pipe.Measured():
                self._show(message)
            case pipe.CardSeen(presence):
                self._pins.tell(Topic.READER, presence)
            case pipe.CardRead():
                self._note(message)
            case pipe.HelpAsked():
                self._ask_for_help(message, channel)
            case pipe.Opined() | pipe.Complained():
                self._ear.hear(message, channel)
            case pipe.PrintThis(pin, valid_until_ms, sandbox):
                self._printer.print(PrintSlip(pin, valid_until_ms, sandbox), partial(_tell_of_slip, channel))
            case pipe.AskThis():
                self._put(message, channel)
            case pipe.FileThis():
                self._file(message, channel)

    def _show(self, message: pipe.Shown | pipe.Previewed | pipe.Measured) -> None:
        match message:
            case pipe.Shown(state):
                self._in_session = not isinstance(state, Attract) and (
                    self._in_session or not isinstance(state, OutOfService)
                )
                if self._may_show():
                    self._screen.show(state)
            case pipe.Previewed(width, height, rgb):
                self._screen.preview(width, height, rgb)
            case pipe.Measured(meters):
                self._screen.measure(meters)

    def _may_show(self) -> bool:
        """Hold the lock of a visit while there is one; where a release is being switched, none begins."""
        if self._in_session and not self._visit.begin():
            self._in_session = False
            self._abandoned.set()
        elif not self._in_session:
            self._visit.end()
        return not self._abandoned.is_set()

    def _note(self, read: pipe.CardRead) -> None:
        log.info("card_read", code=read.code, count=read.commands)
        figures = (read.code, read.commands, read.errors, read.ms_per_command, read.bytes_per_s)
        try:
            card_reads.note(self._store, CardRead(device.wall_ms(), *figures))
        except StoreError as error:
            log.error("card_read_not_noted", technician=str(error))  # noqa: TRY400 - as above

    def _ask_for_help(self, asked: pipe.HelpAsked, channel: pipe.Pipe[pipe.FromPerson]) -> None:
        log.info("help_asked", wanted=asked.wanted)
        if not asked.wanted:
            self._end_call()
            return
        try:
            self._calls.begin(asked.number)
            on_its_way = noticeboard.link_is_up(self._store, device.wall_ms())
        except StoreError as error:
            log.error("store_unfit", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
            return
        if on_its_way:
            channel.send(pipe.HelpTold())

    def _end_call(self) -> None:
        try:
            self._calls.end()
        except StoreError as error:
            log.error("call_not_ended", technician=str(error))  # noqa: TRY400 - the sentence is the whole story

    def _put(self, question: pipe.AskThis, channel: pipe.Pipe[pipe.FromPerson]) -> None:
        try:
            if not noticeboard.link_is_up(self._store, device.wall_ms()):
                channel.send(pipe.LinkDown())
                return
            self._filing.ask(question)
        except StoreError as error:
            log.error("ask_not_stored", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
            channel.send(pipe.LinkDown())
            return
        self._asks[AskId(question.ask)] = 0

    def _file(self, record: pipe.FileThis, channel: pipe.Pipe[pipe.FromPerson]) -> None:
        try:
            code = self._filing.file(record)
        except StoreError as error:
            log.error("not_filed", event_id=record.event, technician=str(error))  # noqa: TRY400 - as above
            channel.send(pipe.RecordNotFiled())
            return
        log.info("event_filed", event_id=record.event)
        self._filed = True
        self._asks[AskId(record.ask)] = 0
        self._unconfirmed = EventId(record.event)
        channel.send(pipe.RecordFiled(code))

    def _bring_news(self, channel: pipe.Pipe[pipe.FromPerson]) -> None:
        for ask, seen in self._asks.items():
            for n, message in inbox.answers(self._store, ask, seen):
                self._asks[ask] = n
                channel.send(pipe.AnswerCame(message))
        if self._unconfirmed is not None and outbox.is_acknowledged(self._store, self._unconfirmed):
            self._unconfirmed = None
            channel.send(pipe.RecordConfirmed())
        helper = self._calls.news()
        if helper is not None:
            channel.send(helper)

    def _close_session(self) -> None:
        self._printer.give_up()
        if self._in_session:  # cut short: it has told no ending
            self._count(Farewell.FILED if self._filed else Farewell.NOT_SAVED)
        self._in_session = self._filed = False
        self._visit.end()
        self._unconfirmed = None
        self._end_call()
        for ask in self._asks:
            try:
                inbox.forget(self._store, ask)
            except StoreError as error:
                log.error("ask_not_erased", technician=str(error))  # noqa: TRY400 - the sentence is the whole story
        self._asks.clear()

    def _count(self, why: Farewell) -> None:
        try:
            noticeboard.count_ending(self._store, why)
        except StoreError as error:
            log.error("not_counted", technician=str(error))  # noqa: TRY400 - the sentence is the whole story


def _tell_of_slip(channel: pipe.Pipe[pipe.FromPerson], printed: bool) -> None:  # noqa: FBT001 - the port's signature
    """Tell who asked for it. Whoever has left needs no answer, and nobody else gets it."""
    with suppress(pipe.PipeClosedError):
        channel.send(pipe.SlipEnded(printed))
