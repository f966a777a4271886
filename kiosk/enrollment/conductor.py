# SPDX-License-Identifier: Apache-2.0
"""The only loop of a session: happenings in, steps out, device work in one worker thread.

It runs in the person's process and decides nothing: `transitions.advance` does.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from kiosk.enrollment import happenings as on
from kiosk.enrollment.failures import CardReadError, FaceCheckError, FaultError
from kiosk.enrollment.session import Session
from kiosk.enrollment.transitions import advance

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.policy import SessionPolicy
    from kiosk.enrollment.ports import CardReader, CardWatcher, FaceExaminer, Presence, RecordKeeper
    from kiosk.enrollment.states import Farewell, Prompt, State

_TICK_S = 0.25


class Stage(Protocol):
    """Where the session shows itself."""

    def show(self, state: State) -> None:
        """Show this state now."""

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        """Show this small live picture while `Looking`."""

    def card_seen(self, presence: Presence) -> None:
        """Tell the technician's side what the reader sees."""


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
        self._happenings: queue.SimpleQueue[on.Happening | Future[on.Happening]] = queue.SimpleQueue()
        self._stop_looking = threading.Event()

    @property
    def state(self) -> State:
        """The moment that the session is in."""
        return self._session.state

    def tell(self, happening: on.Happening) -> None:
        """Hand a happening in, from any thread."""
        self._happenings.put(happening)

    def run(self) -> Farewell:
        """Conduct the session and return how it ended. Device threads have stopped when it returns."""
        watching = threading.Thread(target=self._watch, name="card-watcher", daemon=True)
        watching.start()
        try:
            with ThreadPoolExecutor(max_workers=1, thread_name_prefix="device") as worker:
                try:
                    return self._loop(worker)
                finally:
                    self._stop_looking.set()
        finally:
            self._watcher.stop()
            self._keeper.forget()

    def _watch(self) -> None:
        self._watcher.watch(lambda presence: self.tell(on.CardChanged(presence)))

    def _loop(self, worker: ThreadPoolExecutor) -> Farewell:
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
                self._take(step, worker)
        return self._session.ended

    def _next(self) -> on.Happening:
        try:
            waiting = self._happenings.get(timeout=_TICK_S)
        except queue.Empty:
            return on.Ticked()
        # A future carries what the worker could not turn into a happening: a defect, which must end this process.
        return waiting.result() if isinstance(waiting, Future) else waiting

    def _take(self, step: on.Step, worker: ThreadPoolExecutor) -> None:
        match step:
            case on.ReadCard():
                self._submit(worker, self._read_card)
            case on.Look(portrait_jpeg):
                self._stop_looking = threading.Event()
                stop = self._stop_looking
                self._submit(worker, lambda: self._look(portrait_jpeg, stop))
            case on.AskStatus(identity):
                self._keeper.ask_status(identity)
            case on.FileRecord(enrollment):
                self._keeper.file(enrollment)
            case on.StopWork() | on.End():
                self._stop_looking.set()

    def _submit(self, worker: ThreadPoolExecutor, job: Callable[[], on.Happening]) -> None:
        worker.submit(job).add_done_callback(self._happenings.put)

    def _read_card(self) -> on.Happening:
        try:
            return on.IdentityRead(self._reader.read(lambda progress: self.tell(on.ReadProgressed(progress))))
        except CardReadError as error:
            return on.CardFailed(error.failure)
        except FaultError as error:
            return on.FaultHappened(error.fault)

    def _look(self, portrait_jpeg: bytes, stop: threading.Event) -> on.Happening:
        try:
            return on.FaceJudged(self._examiner.examine(portrait_jpeg, self, stop))
        except FaceCheckError as error:
            return on.Ticked() if stop.is_set() else on.FaceFailed(error.failure)
        except FaultError as error:
            return on.FaultHappened(error.fault)

    def prompted(self, prompt: Prompt) -> None:
        """See `FaceObserver`."""
        self.tell(on.Prompted(prompt))

    def previewed(self, width: int, height: int, rgb: bytes) -> None:
        """See `FaceObserver`."""
        self._stage.preview(width, height, rgb)
