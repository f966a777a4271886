# SPDX-License-Identifier: Apache-2.0
"""The only loop of a session: happenings in, steps out, device work in one worker thread.

It runs in the person's process and decides nothing: `transitions.advance` does.
"""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Protocol

from kiosk.enrollment import happenings as on
from kiosk.enrollment.failures import CardReadError, FaceCheckError, FaultError
from kiosk.enrollment.session import Session
from kiosk.enrollment.transitions import advance

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.policy import SessionPolicy
    from kiosk.enrollment.ports import CardReader, CardWatcher, FaceExaminer, Presence, RecordKeeper
    from kiosk.enrollment.states import Farewell, Prompt, State
    from wire.opinions import Opinion

_TICK_S = 0.25
_LET_GO_S = 2.0  # what a device is given to stop; past it, it hangs and dies with the process


class Stage(Protocol):
    """Where the session shows itself."""

    def show(self, state: State) -> None:
        """Show this state now."""

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        """Show this small live picture while `Looking`."""

    def measure(self, meters: Meters) -> None:
        """Show where the person is before the camera while `Looking`."""

    def card_seen(self, presence: Presence) -> None:
        """Tell the technician's side what the reader sees."""

    def help_asked(self, asked: on.AskForHelp) -> None:
        """Tell the fleet that somebody here asks for a helper, or no longer does."""

    def slip_asked(self, slip: on.PrintSlip) -> None:
        """Have the code printed; what became of it comes back as `SlipEnded`."""

    def opined(self, opinion: Opinion) -> None:
        """Count what somebody thought of the visit."""

    def complained(self, complaint: on.FileComplaint) -> None:
        """Keep what is not right; under which number comes back as `ComplaintEnded`."""


class Conductor:
    """Runs one person's session from the welcome to the end."""

    def __init__(  # noqa: PLR0913 - the six things a session needs from the world
        self,
        *,
        reader: CardReader,
        watcher: CardWatcher,
        examiner: FaceExaminer,
        keeper: RecordKeeper,
        stage: Stage,
        clock: Callable[[], on.Now],
        policy: SessionPolicy,
    ) -> None:
        """Take the world in; nothing starts before `run`."""
        self._reader = reader
        self._watcher = watcher
        self._examiner = examiner
        self._keeper = keeper
        self._stage = stage
        self._clock = clock
        self._session = Session(policy=policy)
        self._happenings: queue.SimpleQueue[on.Happening | Exception] = queue.SimpleQueue()
        self._jobs: queue.SimpleQueue[Callable[[], on.Happening] | None] = queue.SimpleQueue()
        self._stop_looking = threading.Event()
        self._left = threading.Event()

    @property
    def state(self) -> State:
        """The moment that the session is in."""
        return self._session.state

    def tell(self, happening: on.Happening) -> None:
        """Hand a happening in, from any thread."""
        self._happenings.put(happening)

    def run(self) -> Farewell:
        """Conduct the session and return how it ended. Device work has stopped by then, unless a device hangs."""
        threading.Thread(target=self._watch, name="card-watcher", daemon=True).start()
        worker = threading.Thread(target=self._work, name="device", daemon=True)
        worker.start()
        try:
            return self._loop()
        finally:
            self._stop_looking.set()
            self._jobs.put(None)
            self._watcher.stop()
            self._keeper.forget()
            worker.join(_LET_GO_S)

    def _watch(self) -> None:
        self._watcher.watch(lambda presence: self.tell(on.CardChanged(presence)))

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self.tell(job())
            except Exception as defect:  # noqa: BLE001 - the top of this loop: `_next` raises it and ends the process
                self._happenings.put(defect)
        self._reader.forget()

    def _loop(self) -> Farewell:
        self._stage.show(self._session.state)
        while self._session.ended is None:
            happening = self._next()
            if isinstance(happening, on.CardChanged):
                self._stage.card_seen(happening.presence)
            before = self._session.state
            self._session, steps = advance(self._session, happening, self._clock())
            if self._session.state != before:
                self._stage.show(self._session.state)
            for step in steps:
                self._take(step)
        return self._session.ended

    def _next(self) -> on.Happening:
        try:
            waiting = self._happenings.get(timeout=_TICK_S)
        except queue.Empty:
            return on.Ticked()
        if isinstance(waiting, Exception):
            raise waiting
        return waiting

    def _take(self, step: on.Step) -> None:
        match step:
            case on.ReadCard():
                self._jobs.put(self._read_card)
            case on.Look(portrait_jpeg):
                self._stop_looking = threading.Event()
                stop = self._stop_looking
                self._jobs.put(lambda: self._look(portrait_jpeg, stop))
            case on.AskStatus() | on.AskStaff() | on.FileRecord() | on.AskNewCode():
                self._put(step)
            case on.StopLooking():
                self._stop_looking.set()
            case on.AskForHelp() | on.PrintSlip() | on.NoteOpinion() | on.FileComplaint():
                self._pass_on(step)
            case on.StopWork():
                self._left.set()
                self._stop_looking.set()
                self._jobs.put(self._forget_card)
            case on.End():
                self._stop_looking.set()

    def _put(self, step: on.AskStatus | on.AskStaff | on.FileRecord | on.AskNewCode) -> None:
        match step:
            case on.AskStatus(identity):
                self._keeper.ask_status(identity)
            case on.AskStaff(identity, task):
                self._keeper.ask_staff(identity, task)
            case on.FileRecord(enrollment, kept_hours):
                self._keeper.file(enrollment, kept_hours)
            case on.AskNewCode(proven):
                self._keeper.ask_new_code(proven)

    def _pass_on(self, step: on.AskForHelp | on.PrintSlip | on.NoteOpinion | on.FileComplaint) -> None:
        match step:
            case on.AskForHelp():
                self._stage.help_asked(step)
            case on.PrintSlip():
                self._stage.slip_asked(step)
            case on.NoteOpinion(opinion):
                self._stage.opined(opinion)
            case on.FileComplaint():
                self._stage.complained(step)

    def _read_card(self) -> on.Happening:
        if self._left.is_set():  # asked for before the person left: nobody's card is read any more
            return on.Ticked()
        try:
            return on.IdentityRead(self._reader.read(self))
        except CardReadError as error:
            return on.CardFailed(error.failure)
        except FaultError as error:
            return on.FaultHappened(error.fault)

    def _forget_card(self) -> on.Happening:
        self._reader.forget()
        return on.Ticked()

    def _look(self, portrait_jpeg: bytes, stop: threading.Event) -> on.Happening:
        try:
            return on.FaceJudged(self._examiner.examine(portrait_jpeg, self, stop))
        except FaceCheckError as error:
            return on.Ticked() if stop.is_set() else on.FaceFailed(error.failure)
        except FaultError as error:
            return on.FaultHappened(error.fault)

    def progressed(self, progress: float) -> None:
        """See `ReadObserver`."""
        self.tell(on.ReadProgressed(progress))

    def named(self, name_th: str, name_en: str) -> None:
        """See `ReadObserver`."""
        self.tell(on.NameRead(name_th, name_en))

    def prompted(self, prompt: Prompt) -> None:
        """See `FaceObserver`."""
        self.tell(on.Prompted(prompt))

    def previewed(self, width: int, height: int, rgb: bytes) -> None:
        """See `FaceObserver`."""
        self._stage.preview(width, height, rgb)

    def measured(self, meters: Meters) -> None:
        """See `FaceObserver`."""
        self._stage.measure(meters)
