# SPDX-License-Identifier: Apache-2.0
"""The screen process: Textual in front, the desk behind it, one person's process after another. It has no network."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

import structlog

from kiosk import config, device, logs
from kiosk.enrollment.failures import Fault
from kiosk.enrollment.states import OutOfService
from kiosk.entrypoints.announcements import Board
from kiosk.entrypoints.fonts import without_a_font
from kiosk.entrypoints.headphones import InputSwitchJack
from kiosk.entrypoints.help_number import NumberBoard
from kiosk.entrypoints.people import PeopleAhead, StartedPerson
from kiosk.entrypoints.showing import AppScreen, keep_showing
from kiosk.entrypoints.slips import NoPrinter, ProcessPrinter
from kiosk.entrypoints.terminal import graphics
from kiosk.entrypoints.voices import EspeakSpeech
from kiosk.machine.kernel import Kernel
from kiosk.machine.serving import serves_already
from kiosk.records.desk import Desk
from kiosk.records.diagnosis import diagnosis
from kiosk.records.filing import Filing
from kiosk.records.help_calls import HelpCalls
from kiosk.records.orders import Machine, Orders
from kiosk.records.ports import FromController
from kiosk.screens.app import KioskApp, Looks
from kiosk.screens.packs import add_packs
from kiosk.screens.slip import lines
from kiosk.screens.speech import NoHeadphoneJack, SilentSpeech, Voice
from kiosk.screens.wording import load_wordings
from kiosk.store import inbox, noticeboard, outbox
from kiosk.store.bell import ring
from kiosk.store.database import DiskFullError, Store, StoreError
from wire.events import Profile
from wire.ids import new_stream_id
from wire.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import TextIO

    from kiosk.enrollment.happenings import PrintSlip
    from kiosk.enrollment.states import Farewell, Intent
    from kiosk.entrypoints.rehearsal import OneVisit
    from kiosk.records.ports import People, SlipPrinter
    from kiosk.screens.slip import Line
    from kiosk.screens.wording import Wording
    from wire.signing import VerifyKey

log = structlog.get_logger()

_END_S = 5.0
_RETRY_S = 5.0
_BEAT_S = 2.0
_STILL_AT_MOST_S = 40.0  # a person's process is given ten seconds to end, and the store a few to answer


def run(settings_file: Path, log_file: Path) -> None:
    """Serve people until the process is stopped. Textual draws on standard error, so logs go to `log_file`."""
    device.keep_memory_private()
    with log_file.open("a", encoding="utf-8", buffering=1) as log_to:
        _serve(settings_file, log_to)


def rehearse(settings_file: Path, log_file: Path, visit: OneVisit) -> str:
    """Serve one person in the profile test; how that ended, or `nobody` where none came in time.

    Raises:
        ConfigError: the kiosk is serving already.
    """
    if serves_already(Kernel(), settings_file, os.getpid()):
        message = "rehearse: the kiosk serves already, and has card reader and camera. Stop dipchip-kiosk-ui first."
        raise config.ConfigError(message)
    device.keep_memory_private()
    with log_file.open("a", encoding="utf-8", buffering=1) as log_to:
        _serve(settings_file, log_to, visit)
    return visit.ending


def _serve(settings_file: Path, log_to: TextIO, visit: OneVisit | None = None) -> None:
    rehearsal = visit is not None
    settings = config.read(settings_file) if visit is None else visit.read(settings_file)
    logs.configure("kiosk-ui", settings.log_level, log_to)
    live = settings.profile is Profile.LIVE
    wordings = _languages(settings.language_packs, live=live)
    voice = voice_from(settings.speech)
    looks = Looks(settings.screen.contrast, graphics())
    screen = AppScreen(settings.nearest_kiosk)
    screen.call(settings.help_number)
    reception = Reception(
        settings,
        PeopleAhead(lambda: StartedPerson(settings_file, log_to, rehearsal=rehearsal)),
        printer_from(settings, lambda: screen.wording() or wordings["th"]),
        ended=_nobody if visit is None else visit.ended,
    )
    if visit is not None:
        visit.begin(reception, screen)
    serving = threading.Thread(target=reception.serve, args=(screen,), name="desk", daemon=True)
    serving.start()
    over = threading.Event()
    threading.Thread(target=_beat, args=(screen, reception, over), name="signs of life", daemon=True).start()
    try:
        ended_well = keep_showing(
            lambda: KioskApp(
                send=reception.say,
                wordings=wordings,
                live=live,
                looks=looks,
                voice=voice,
            ),
            screen,
            reception,
        )
    finally:
        over.set()
        reception.stop()
        serving.join(timeout=_END_S * 2)
    if not ended_well:
        sys.exit(1)


def _beat(screen: AppScreen, reception: Reception, over: threading.Event) -> None:
    """Say that the screen is well while its app draws and its desk goes round."""
    watchdog = Watchdog(os.environ.get("NOTIFY_SOCKET"))
    while not over.wait(_BEAT_S):
        if screen.answers(_STILL_AT_MOST_S) and reception.goes_round:
            watchdog.alive()


def voice_from(settings: config.Speech) -> Voice:
    """The voice of one screen; a kiosk without one does not offer it."""
    if not settings.enabled:
        return Voice(SilentSpeech(), NoHeadphoneJack(), offered=False)
    return Voice(
        EspeakSpeech(settings.loudspeaker, settings.headphones),
        InputSwitchJack(),
        by_default=settings.default,
        begin_at=settings.volume,
    )


def printer_from(settings: config.Settings, wording: Callable[[], Wording]) -> SlipPrinter:
    """The printer of one screen, which speaks the screen's language; a kiosk without one does not offer it."""
    if not settings.printer.device:
        return NoPrinter()

    def written(slip: PrintSlip) -> tuple[Line, ...]:
        return lines(
            wording(),
            code=slip.pin,
            valid_until_ms=slip.valid_until_ms,
            test=slip.sandbox or settings.profile is not Profile.LIVE,
            link=settings.mor_prom_link,
            kiosk=settings.kiosk,
        )

    return ProcessPrinter(settings.printer.device, settings.printer.width_dots, written)


def _languages(folder: Path | None, *, live: bool) -> Mapping[str, Wording]:
    """The languages that ship and the packs that can be shown here; the log says why another one is not."""
    packs = add_packs(load_wordings(), folder, without_a_font=without_a_font, live=live)
    for reason in packs.refused:
        log.error("language_pack_refused", technician=reason)
    return packs.wordings


def _nobody(_why: Farewell) -> None:
    pass


class Reception:
    """Opens the desk as soon as store and keys are fit, and says on the screen why it is not open yet."""

    def __init__(
        self,
        settings: config.Settings,
        people: People,
        printer: SlipPrinter,
        leave: Callable[[], object] = device.leave_now,
        ended: Callable[[Farewell], None] = _nobody,
    ) -> None:
        """Take what the desk will need. `leave` ends this process, whatever its screen does; it is started again.

        `ended` is told how each session ended that came to its end.
        """
        self._settings = settings
        self._leave = leave
        self._ended = ended
        self._people = people
        self._printer = printer
        self._desk: Desk | None = None
        self._stopping = threading.Event()

    def say(self, intent: Intent) -> None:
        """Pass on what the person touched."""
        if self._desk is not None:
            self._desk.say(intent)

    def abandon(self) -> None:
        """End the present person's process; returns when it is gone."""
        if self._desk is not None:
            self._desk.abandon()

    @property
    def goes_round(self) -> bool:
        """Whether the desk, where it is open, has come round lately."""
        return self._desk is None or self._desk.still_s < _STILL_AT_MOST_S

    @property
    def is_serving(self) -> bool:
        """Whether somebody is here."""
        return self._desk is not None and self._desk.is_serving

    def stop(self) -> None:
        """Make `serve` return soon."""
        self._stopping.set()
        if self._desk is not None:
            self._desk.stop()

    def serve(self, screen: AppScreen) -> None:
        """Serve until stopped."""
        while not self._stopping.is_set():
            try:
                filing = self._filing()
                believes = config.read_trust(self._settings.trust).receipts()
            except DiskFullError as error:
                fault, technician = Fault.DISK_FULL, str(error)
            except StoreError as error:
                fault, technician = Fault.STORE_BROKEN, str(error)
            except config.ConfigError as error:
                fault, technician = Fault.KEYS_MISSING, str(error)
            else:
                orders = self._orders(filing, believes)
                self._desk = Desk(
                    filing=filing,
                    controller=self._controller(filing.store, believes, orders),
                    people=self._people,
                    screen=screen,
                    printer=self._printer,
                    ended=self._ended,
                )
                self._desk.run()
                filing.store.close()
                if orders.wants_restart:
                    log.info("restart_ordered")
                    self._leave()
                return
            log.error("out_of_service", fault=fault, technician=technician)
            screen.show(OutOfService(fault))
            self._stopping.wait(_RETRY_S)

    def _controller(self, store: Store, believes: VerifyKey, orders: Orders) -> FromController:
        kiosk, file = self._settings.kiosk, self._settings.announcements
        return FromController(
            HelpCalls(store=store, believes=believes, kiosk=kiosk),
            orders,
            Board(file=file, store=store, believes=believes, kiosk=kiosk),
            NumberBoard(store, believes, kiosk, self._settings.help_number),
        )

    def _orders(self, filing: Filing, believes: VerifyKey) -> Orders:
        return Orders(
            store=filing.store,
            kiosk=filing.kiosk,
            key=filing.key,
            believes=believes,
            machine=Machine(
                diagnose=lambda: diagnosis(filing.store, filing.release),
                renews=self._settings.renewal.spool is not None,
                update=None if self._settings.updates.root is None else lambda: ring(self._settings.store),
            ),
        )

    def _filing(self) -> Filing:
        settings = self._settings
        sealed_to = config.read_trust(settings.trust).sealing()
        key = config.read_signing_key(settings.event_key)
        store = Store(settings.store)
        kept = config.event_key_kept(key, settings.trust)
        noticeboard.pin(store, noticeboard.Topic.EVENT_KEY, kept, device.wall_ms())
        inbox.forget_expired(store, device.wall_ms())
        outbox.erase_lapsed(store, device.wall_ms())
        return Filing(
            store=store,
            key=key,
            sealed_to=sealed_to,
            kiosk=settings.kiosk,
            facility=settings.facility,
            profile=settings.profile,
            release=config.release(),
            stream=new_stream_id(),
        )
