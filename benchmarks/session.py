# SPDX-License-Identifier: Apache-2.0
"""What a first enrolment costs in our own code, step by step, and how fast the picture can move while faces are sought.

The card is the virtual one and answers at once, the camera a film that is read as fast as it can be, the store a real
file, the screen Textual's without a terminal: waiting for the person, the wire and the network is left out. Times are
processor time of one run, the middle of its rounds, because the machine may be busy with other work.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import show
from kiosk.card.national_id import NationalIdReader, Unobserved
from kiosk.enrollment import states as at
from kiosk.enrollment.evidence import CardStatus, Challenge, Consent, Enrollment
from kiosk.face.camera_file import FileCamera
from kiosk.face.challenges import Drawer
from kiosk.face.checks import FaceCheck
from kiosk.face.engines import EngineChoice, load_engine
from kiosk.records.filing import NoCounter
from kiosk.records.pipe import FileThis
from kiosk.records.sealing import SealedKeeper
from kiosk.screens.app import KioskApp, Looks
from kiosk.screens.picture import Frame as ShownFrame
from kiosk.screens.sixel import Cell, Graphics, Sixel
from kiosk.screens.sixel_picture import SixelPicture
from kiosk.screens.wording import load_wordings
from kiosk.store.database import Store
from tests.kiosk.enrollment.walk import Walk, findings
from tests.kiosk.screens.displays import PANELS
from tests.kiosk.screens.moments import MOMENTS
from tests.simulators.card import CardSlot
from tests.simulators.kiosk_day import filing_at
from tests.simulators.patient import CITIZENS
from tests.simulators.people import FPS, Act, clip, portrait_jpeg
from wire.ids import KeyId, kiosk_id, new_stream_id
from wire.registration import Trust
from wire.sealing import OpeningKey
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.evidence import FaceFindings
    from kiosk.enrollment.identity import Identity
    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.states import Prompt
    from kiosk.face.shapes import Frame
    from tests.kiosk.screens.displays import Display
    from tests.simulators.card import ThaiCard

_ROUNDS = 7
_WANTED_FPS = 10.0
_TARGET_S = 120.0  # journeys of the design: J1
_WALL_MS = 1_796_032_800_000
_DRAWN = 60  # previews that are drawn for the rate
_STATES = (
    *("attract", "menu", "notice", "notice-ticked", "insert-card", "reading", "reading-named", "confirm"),
    *("looking-stand_here", "looking-turn_left", "looking-look_up", "looking-hold_still", "checking", "accepted"),
    *("activated", "take-card-filed"),
)


def main() -> None:
    """Measure."""
    citizen = CITIZENS[0]
    rows: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        rows.append(("card: 45 commands, parsed", _milliseconds(lambda: _read(citizen.card()))))
        who = _read(citizen.card())
        rows.append(("session: every transition", _milliseconds(lambda: Walk().to_accepted())))
        face = _Faces(Path(folder))
        rows.append(("face: two actions, matched", _milliseconds(face.attempt, rounds=3)))
        rows.append(("record: sealed, signed, stored", _record(Path(folder), who, face.judged)))
        drawn_ms, previews_fps = asyncio.run(_screens(face.previews))
        sixels_fps = [(panel, asyncio.run(_sixels(panel, face.previews))) for panel in PANELS]
        rows.append((f"screen: {len(_STATES)} states drawn", drawn_ms))
    total_ms = sum(ms for _, ms in rows)
    show(
        "session: processor time in our code, one first enrolment",
        ("step", "ms", "share", f"of {_TARGET_S:.0f} s"),
        [(step, f"{ms:.1f}", f"{ms / total_ms:.0%}", f"{ms / 10 / _TARGET_S:.2f} %") for step, ms in rows]
        + [("all", f"{total_ms:.0f}", "100%", f"{total_ms / 10 / _TARGET_S:.2f} %")],
    )
    show(
        f"session: frames over {_WANTED_FPS:g} a second; the film has {FPS}",
        ("what", "over the wanted rate"),
        [
            ("the person's process: read, detected, judged, previewed", f"{face.fps / _WANTED_FPS:.1f}"),
            ("the screen's process: previews drawn in half blocks", f"{previews_fps / _WANTED_FPS:.1f}"),
            *(
                (f"the screen's process: previews drawn as sixels, {panel.panel}", f"{fps / _WANTED_FPS:.1f}")
                for panel, fps in sixels_fps
            ),
        ],
    )


def _milliseconds(work: Callable[[], object], *, rounds: int = _ROUNDS) -> float:
    """Return the middle processor time of all rounds."""
    times = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times) * 1000


def _read(card: ThaiCard) -> Identity:
    slot = CardSlot()
    slot.insert(card)
    return NationalIdReader(slot.connect).read(Unobserved())


@dataclass
class _Faces:
    """The made-up person before a film as camera, and what was seen at the last attempt."""

    folder: Path
    previews: list[tuple[int, int, bytes]] = field(default_factory=list)
    judged: FaceFindings = field(default_factory=findings)
    fps: float = 0.0

    def __post_init__(self) -> None:
        person = CITIZENS[0].face
        self._film = clip(person, self.folder / "film.avi", Act.LEFT, Act.UP)
        self._portrait = portrait_jpeg(person)
        self._engine = load_engine(EngineChoice.DEMONSTRATION)

    def attempt(self) -> None:
        """Run one attempt."""
        self.previews.clear()
        camera = _CountingCamera(self._film, realtime=False)
        check = FaceCheck(
            load_engine=lambda: self._engine,
            camera=camera,
            allow_assist=True,
            drawer=Drawer(lambda _: (Challenge.TURN_LEFT, Challenge.LOOK_UP)),
        )
        began = time.process_time()
        self.judged = check.examine(self._portrait, self, threading.Event())
        self.fps = camera.taken / (time.process_time() - began)

    def prompted(self, prompt: Prompt) -> None:
        """See `FaceObserver`."""

    def previewed(self, width: int, height: int, rgb: bytes) -> None:
        """See `FaceObserver`."""
        self.previews.append((width, height, rgb))

    def measured(self, meters: Meters) -> None:
        """See `FaceObserver`."""


class _CountingCamera(FileCamera):
    """A film as camera that counts what was taken of it."""

    taken = 0

    def read(self) -> Frame:
        """See `Camera`."""
        self.taken += 1
        return super().read()


def _record(folder: Path, who: Identity, judged: FaceFindings) -> float:
    walk = Walk().to_looking()
    consent = walk.session.consent or Consent("1", walk.session.consent)  # type: ignore[arg-type] # given on the way
    enrollment = Enrollment(who, consent, CardStatus.PENDING, judged, 1, 60_000)
    answers, receipts = (SigningKey.generate(KeyId(name)).public().jwk() for name in ("relay#2", "controller#1"))
    trust = Trust(
        v=1, receipt_key=receipts, answer_key=answers, sealing_key=OpeningKey.generate(KeyId("relay#1")).public().jwk()
    )
    store = Store(folder / "store.db")
    filing = filing_at(store, new_stream_id(), NoCounter())

    def keep() -> None:
        sent: list[object] = []
        SealedKeeper(kiosk=kiosk_id("k-udon-01"), trust=trust, send=sent.append, wall_ms=lambda: _WALL_MS).file(
            enrollment
        )
        (record,) = [message for message in sent if isinstance(message, FileThis)]
        filing.file(record)

    try:
        return _milliseconds(keep)
    finally:
        store.close()


async def _screens(previews: list[tuple[int, int, bytes]]) -> tuple[float, float]:
    """Return the milliseconds of all states, and how many previews can be drawn in a second."""
    app = KioskApp(send=lambda _: None, wordings=load_wordings())
    async with app.run_test(size=PANELS[0].cells) as pilot:
        times = []
        for _ in range(_ROUNDS):
            began = time.process_time()
            for name in _STATES:
                app.show(MOMENTS[name])
                await pilot.pause()
            times.append(time.process_time() - began)
        app.show(at.Looking())
        await pilot.pause()
        began = time.process_time()
        for number in range(_DRAWN):
            app.preview(*previews[number % len(previews)])
            app.screen._compositor.render_strips()  # noqa: SLF001 - as a terminal would be given it
        return statistics.median(times) * 1000, _DRAWN / (time.process_time() - began)


async def _sixels(panel: Display, previews: list[tuple[int, int, bytes]]) -> float:
    """Return how many previews a second can be drawn as sixels on one panel: made, rendered and written as bytes."""
    app = KioskApp(
        send=lambda _: None, wordings=load_wordings(), looks=Looks(graphics=Graphics(Cell(*panel.cell_px), Sixel()))
    )
    async with app.run_test(size=panel.cells) as pilot:
        app.show(at.Looking())
        await pilot.pause()
        picture = app.screen.query_one(SixelPicture)
        began = time.process_time()
        for number in range(_DRAWN):
            frame = ShownFrame(*previews[number % len(previews)])
            picture._drawn = picture._draw(picture._graphics, frame, picture.region)  # type: ignore[arg-type] # noqa: SLF001 - without the wait for a thread
            picture.refresh()
            strips = app.screen._compositor.render_strips()  # noqa: SLF001 - as a terminal would be given it
            "".join(strip.render(app.console) for strip in strips).encode()
        return _DRAWN / (time.process_time() - began)
