# SPDX-License-Identifier: Apache-2.0
"""One person's process: the only one that holds card bytes, frames and embeddings. Its end is the wipe.

Started by the screen process with one end of a socket; it has no store, no signing key and no network.
"""

from __future__ import annotations

import sys
import threading
import time
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
from kiosk.enrollment.failures import FaultError
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.states import OutOfService
from kiosk.face.cameras import camera_from
from kiosk.face.checks import FaceCheck
from kiosk.face.engines import EngineChoice, load_pinned
from kiosk.face.instruments import load_instruments
from kiosk.face.policy_file import Rules, read_rules, shipped
from kiosk.records import pipe
from kiosk.records.sealing import SealedKeeper
from wire.events import Profile

if TYPE_CHECKING:
    from kiosk.enrollment.ports import Presence
    from kiosk.enrollment.states import Meters, Opinion, State
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

    def help_asked(self, *, wanted: bool) -> None:
        """See `Stage`."""
        self._channel.send(pipe.HelpAsked(wanted))

    def slip_asked(self, slip: on.PrintSlip) -> None:
        """See `Stage`."""
        self._channel.send(pipe.PrintThis(slip.pin, slip.valid_until_ms, slip.sandbox))

    def opined(self, opinion: Opinion) -> None:
        """See `Stage`."""
        self._channel.send(pipe.Opined(opinion))


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
        case pipe.HelpTold():
            return on.HelpTold()
        case pipe.SlipEnded(printed):
            return on.SlipEnded(printed)
        case pipe.RecordFiled(code):
            return on.Filed(code)
        case pipe.RecordNotFiled():
            return on.NotFiled()
        case pipe.RecordConfirmed():
            return on.Confirmed()


def _now() -> on.Now:
    return on.Now(time.monotonic(), device.utc_now())


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


def main() -> None:
    """Serve one person: `python -m kiosk.entrypoints.person KIOSK_TOML DESCRIPTOR POLICY_AT_LEAST`."""
    device.keep_memory_private()
    settings = config.read(Path(sys.argv[1]))
    logs.configure("kiosk-person", settings.log_level, sys.stderr)
    channel: pipe.Pipe[pipe.ToPerson] = pipe.Pipe.inherited(int(sys.argv[2]), pipe.ToPerson)
    try:
        _serve(settings, int(sys.argv[3]), channel)
    except pipe.PipeClosedError:
        device.leave_now()


def _serve(settings: config.Settings, policy_at_least: int, channel: pipe.Pipe[pipe.ToPerson]) -> None:
    trust = config.read_trust(settings.trust)
    keeper = SealedKeeper(kiosk=settings.kiosk, trust=trust, send=channel.send, wall_ms=device.wall_ms)
    watcher = ReaderWatcher(PcscReaders(settings.reader), _log_event)
    try:
        slots(settings.reader)
        rules = _rules(settings, trust, policy_at_least)
        examiner = _examiner(settings, rules)
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
        policy=_policy(settings),
    )
    threading.Thread(target=_listen, args=(channel, conductor, keeper), name="listener", daemon=True).start()
    why = conductor.run()
    if isinstance(conductor.state, OutOfService):
        channel.send(pipe.Broken(conductor.state.fault, "It failed while serving. Check its cable and its log."))
    else:
        channel.send(pipe.Finished(why))


def _policy(settings: config.Settings) -> SessionPolicy:
    """The rules of a session with what the hospital has said of itself."""
    return SessionPolicy(
        mor_prom_link=settings.mor_prom_link,
        help_watched=settings.help_watched,
        counter=settings.counter,
        offers_slip=bool(settings.printer.device),
        enrolls_staff=settings.staff_enrollment,
    )


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


def _examiner(settings: config.Settings, rules: Rules) -> FaceCheck:
    models = Path(settings.models) if settings.models else None
    return FaceCheck(
        load_engine=lambda: load_pinned(rules.engine, models),
        load_instruments=lambda: load_instruments(models),
        camera=camera_from(
            settings.camera, pin=settings.camera_pin, allow_software=settings.profile is not Profile.LIVE
        ),
        allow_assist=settings.profile is not Profile.LIVE,
        policies={rules.engine.name: rules.policy},
    )


if __name__ == "__main__":
    main()
