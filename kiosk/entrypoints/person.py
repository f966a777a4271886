# SPDX-License-Identifier: Apache-2.0
"""One person's process: the only one that holds card bytes, frames and embeddings. Its end is the wipe.

Started by the screen process with one end of a socket; it has no store, no signing key and no network.
"""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog

from kiosk import config, device, logs
from kiosk.card.pcsc import PcscReaders, open_card, slots
from kiosk.card.reporting import ReportingReader
from kiosk.card.watcher import Happened, ReaderWatcher
from kiosk.enrollment import happenings as on
from kiosk.enrollment.conductor import Conductor
from kiosk.enrollment.failures import Fault, FaultError
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.states import OutOfService
from kiosk.entrypoints.people import REHEARSAL
from kiosk.face.cameras import camera_from
from kiosk.face.checks import FaceCheck
from kiosk.face.engines import EngineChoice, load_pinned
from kiosk.face.instruments import load_instruments
from kiosk.face.policy_file import Rules, read_rules, shipped
from kiosk.records import pipe
from kiosk.records.sealing import SealedKeeper
from wire.events import ClockSync, Profile

if TYPE_CHECKING:
    from datetime import datetime

    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.ports import Presence
    from kiosk.enrollment.states import State
    from kiosk.face.instruments import Instruments
    from kiosk.face.shapes import FaceEngine
    from wire.opinions import Opinion
    from wire.policy import PinnedEngine
    from wire.registration import Trust

log = structlog.get_logger()


class PipeStage:
    """The session's stage, at the other end of the socket."""

    def __init__(self, channel: pipe.Pipe[pipe.ToPerson]) -> None:
        """Show on this channel."""
        self._channel = channel

    def show(self, state: State) -> None:
        """See `Stage`."""
        self._channel.send(pipe.Shown(state))

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        """See `Stage`."""
        self._channel.send(pipe.Previewed(width, height, rgb))

    def measure(self, meters: Meters) -> None:
        """See `Stage`."""
        self._channel.send(pipe.Measured(meters))

    def card_seen(self, presence: Presence) -> None:
        """See `Stage`."""
        self._channel.send(pipe.CardSeen(presence))

    def help_asked(self, asked: on.AskForHelp) -> None:
        """See `Stage`."""
        self._channel.send(pipe.HelpAsked(asked.wanted, asked.number))

    def slip_asked(self, slip: on.PrintSlip) -> None:
        """See `Stage`."""
        self._channel.send(pipe.PrintThis(slip.pin, slip.valid_until_ms, slip.sandbox))

    def opined(self, opinion: Opinion) -> None:
        """See `Stage`."""
        self._channel.send(pipe.Opined(opinion))

    def complained(self, complaint: on.FileComplaint) -> None:
        """See `Stage`."""
        self._channel.send(pipe.Complained(complaint.category, complaint.place))


def _heard(message: pipe.ToPerson, keeper: SealedKeeper) -> on.Happening | None:  # noqa: PLR0911 - one arm a message
    match message:
        case pipe.Said(intent):
            return on.PersonSaid(intent)
        case pipe.Announced(announcements):
            return on.Announced(announcements)
        case pipe.AnswerCame(answer):
            return keeper.opened(answer)
        case pipe.LinkDown():
            return on.Unreachable()
        case pipe.Begin():
            return None  # it has begun
        case pipe.HelpTold() | pipe.HelperComes():
            return _heard_of_help(message)
        case pipe.SlipEnded(printed):
            return on.SlipEnded(printed)
        case pipe.ComplaintEnded(number):
            return on.ComplaintEnded(number)
        case pipe.RecordFiled() | pipe.RecordNotFiled() | pipe.RecordConfirmed():
            return _heard_of_record(message)


def _heard_of_record(message: pipe.RecordFiled | pipe.RecordNotFiled | pipe.RecordConfirmed) -> on.Happening:
    match message:
        case pipe.RecordFiled(code):
            return on.Filed(code)
        case pipe.RecordNotFiled():
            return on.NotFiled()
        case pipe.RecordConfirmed():
            return on.Confirmed()


def _heard_of_help(message: pipe.HelpTold | pipe.HelperComes) -> on.Happening:
    match message:
        case pipe.HelpTold():
            return on.HelpTold()
        case pipe.HelperComes(number, name, wait_s):
            return on.HelperComes(number, name, wait_s)


def _now() -> on.Now:
    sync, _ = device.clock_sync()
    return on.Now(time.monotonic(), device.utc_now(), clock_known=sync is ClockSync.SYNCED)


def _listen(channel: pipe.Pipe[pipe.ToPerson], conductor: Conductor, keeper: SealedKeeper) -> None:
    try:
        while True:
            message = channel.receive()
            if message is not None:
                happening = _heard(message, keeper)
                if happening is not None:
                    conductor.tell(happening)
    except pipe.PipeClosedError:
        # Nobody shows this session any more: leave at once, which is the wipe.
        device.leave_now()


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The networks, and by which engine and folder they were chosen."""

    chosen: tuple[PinnedEngine, str]
    engine: FaceEngine
    instruments: Instruments


def main() -> None:
    """Serve one person, once told: `python -m kiosk.entrypoints.person KIOSK_TOML DESCRIPTOR [rehearsal]`."""
    device.keep_memory_private()
    settings_file = Path(sys.argv[1])
    rehearsal = sys.argv[3:] == [REHEARSAL]
    settings = config.read(settings_file, rehearsal=rehearsal)
    logs.configure("kiosk-person", settings.log_level, sys.stderr)
    channel: pipe.Pipe[pipe.ToPerson] = pipe.Pipe.inherited(int(sys.argv[2]), pipe.ToPerson)
    try:
        ahead = _load_ahead(settings)
        policy_at_least = _told_to_begin(channel)
        # Settings, keys and policy may have changed since: hours may have passed.
        _serve(config.read(settings_file, rehearsal=rehearsal), policy_at_least, ahead, channel)
    except pipe.PipeClosedError:
        device.leave_now()


def _load_ahead(settings: config.Settings) -> _Loaded | None:
    """Load what takes long. What is amiss is told when a person is to be served, by what is then."""
    try:
        rules = _rules(settings, config.read_trust(settings.trust), 0)
        return _load(rules.engine, settings.models)
    except (FaultError, config.ConfigError):
        return None


def _load(engine: PinnedEngine, models: str) -> _Loaded:
    folder = Path(models) if models else None
    return _Loaded((engine, models), load_pinned(engine, folder), load_instruments(folder))


def _told_to_begin(channel: pipe.Pipe[pipe.ToPerson]) -> int:
    while True:
        match channel.receive():
            case pipe.Begin(policy_at_least):
                return policy_at_least


def _serve(
    settings: config.Settings, policy_at_least: int, ahead: _Loaded | None, channel: pipe.Pipe[pipe.ToPerson]
) -> None:
    trust = config.read_trust(settings.trust)
    keeper = SealedKeeper(kiosk=settings.kiosk, trust=trust, send=channel.send, wall_ms=device.wall_ms)
    watcher = ReaderWatcher(PcscReaders(settings.reader), _log_event)
    try:
        require_possible_clock(device.utc_now())
        slots(settings.reader)
        rules = _rules(settings, trust, policy_at_least)
        examiner = _examiner(settings, rules, ahead)
        examiner.check_ready()
    except FaultError as error:
        channel.send(pipe.Broken(error.fault, str(error)))
        return
    channel.send(pipe.Ready(rules.version))
    conductor = Conductor(
        reader=ReportingReader(
            lambda: open_card(watcher.focus or settings.reader),
            lambda code, figures: channel.send(pipe.CardRead(code, *msgspec.structs.astuple(figures))),
        ),
        watcher=watcher,
        examiner=examiner,
        keeper=keeper,
        stage=PipeStage(channel),
        clock=_now,
        policy=session_policy(settings, rules),
    )
    threading.Thread(target=_listen, args=(channel, conductor, keeper), name="listener", daemon=True).start()
    why = conductor.run()
    if isinstance(conductor.state, OutOfService):
        channel.send(pipe.Broken(conductor.state.fault, "It failed while serving. Check its cable and its log."))
    else:
        channel.send(pipe.Finished(why))


def session_policy(settings: config.Settings, rules: Rules) -> SessionPolicy:
    """The rules of a session with what the hospital has said of itself and the fleet has signed.

    LIVE takes no request without a network, whatever is signed: whether the ministry takes evidence that has waited
    is not known (domain question Q4).
    """
    return SessionPolicy(
        deferred_hours=0 if settings.profile is Profile.LIVE else rules.policy.deferred_hours,
        mor_prom_link=settings.mor_prom_link,
        help_watched=settings.help_watched,
        counter=settings.counter,
        offers_slip=bool(settings.printer.device),
        enrolls_staff=settings.staff_enrollment,
    )


def require_possible_clock(now: datetime) -> None:
    """Serve nobody by a clock that is certainly wrong: it says who is of age and which card has expired.

    Raises:
        FaultError: CLOCK_WRONG.
    """
    if not device.clock_is_possible(now):
        message = f"The clock stands at {now:%Y-%m-%d}, before this release. Let it reach a time server, or set it."
        raise FaultError(Fault.CLOCK_WRONG, message)


def _log_event(happened: Happened) -> None:
    log.info("reader_event", code=str(happened.event))


def _rules(settings: config.Settings, trust: Trust, policy_at_least: int) -> Rules:
    if settings.face_policy is not None:
        rules = read_rules(settings.face_policy, trust.policies(), version_at_least=policy_at_least)
    else:
        rules = shipped(EngineChoice.PRODUCTION if settings.models else EngineChoice.DEMONSTRATION)
    if settings.profile is Profile.LIVE:
        rules.check_live()
    return rules


def _examiner(settings: config.Settings, rules: Rules, ahead: _Loaded | None) -> FaceCheck:
    wanted = (rules.engine, settings.models)
    loaded = ahead if ahead is not None and ahead.chosen == wanted else _load(*wanted)
    return FaceCheck(
        load_engine=lambda: loaded.engine,
        load_instruments=lambda: loaded.instruments,
        camera=camera_from(
            settings.camera, pin=settings.camera_pin, allow_software=settings.profile is not Profile.LIVE
        ),
        allow_assist=settings.profile is not Profile.LIVE,
        policies={rules.engine.name: rules.policy},
    )


if __name__ == "__main__":
    main()
