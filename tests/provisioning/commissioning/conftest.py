# SPDX-License-Identifier: Apache-2.0
"""A bare machine whose doctor can be told what it finds, before the signer's real desk, and its screen."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - a fixture's argument
from typing import TYPE_CHECKING

import pytest

from fleet.store.schema import upgrade
from fleet.store.session import open_engine
from provisioning.commissioning.app import CommissioningApp
from provisioning.commissioning.becoming import Machine
from provisioning.commissioning.examining import Doctor
from provisioning.commissioning.guide import Guide, Kit
from provisioning.commissioning.keeping import Keeper
from provisioning.commissioning.pages import Work
from provisioning.commissioning.screens import PageScreen, Touch
from provisioning.commissioning.steps import Outcome, Progress, Result, Step
from provisioning.commissioning.words import load_words
from provisioning.device.asking import How, NotReachedError
from provisioning.device.enrolment import Enrolment, Hardware
from provisioning.identities import AgentWish
from provisioning.places import Layout
from tests.kiosk.screens.terminal import lines
from tests.simulators.desk import HERE, INTRODUCTION, NAME, Counter
from tests.simulators.doctor import AT_MS, ToldDoctor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from textual.pilot import Pilot

    from wire.claims import Introduction


@dataclass
class ToldVoice:
    """Remembers what it said; `trouble` is why it cannot."""

    trouble: str = ""
    said: list[tuple[str, str]] = field(default_factory=list)

    def say(self, text: str, language: str) -> str:
        self.said.append((text, language))
        return self.trouble


@dataclass
class ToldTrials:
    """The QR code that is shown, what is wrong with the printer, why a visit fails; and what was tried."""

    shown: tuple[str, str] | None = None
    printer: str = ""
    visitor: str = ""
    tried: list[str] = field(default_factory=list)

    def scan(self) -> tuple[str, str] | None:
        return self.shown

    def slip(self) -> str:
        self.tried.append("slip")
        return self.printer

    def visit(self) -> str:
        self.tried.append("visit")
        return self.visitor


_ROUNDS = 8  # of messages: touched, answered, a screen switched, laid out, drawn
_MOST_ROUNDS = 5_000  # on a busy machine the screen after a thread's work comes later


@dataclass
class Bench:
    """The machine on the technician's table."""

    place: Path
    counter: Counter
    doctor: ToldDoctor
    voice: ToldVoice = field(default_factory=ToldVoice)
    trials: ToldTrials = field(default_factory=ToldTrials)
    cut: How | None = None  # why the door is not reached

    def ask(self, introduction: Introduction, path: str, message: bytes) -> bytes:
        if self.cut is not None:
            text = "door.example:443: not reached. Check the network."
            raise NotReachedError(text, self.cut)
        return self.counter.granted(introduction, path, message)

    def machine(self) -> Machine:
        hardware = Hardware("file:none", "", "", "", AgentWish())
        return Machine(
            Enrolment(self.place, INTRODUCTION, Layout.BESIDE, self.ask), hardware, lambda: datetime.now(UTC)
        )

    def is_at(self, step: Step) -> None:
        """Become a kiosk, whose steps before this one went well."""
        assert self.machine().claim(self.counter.code(), HERE) is None
        steps = list(Step)[list(Step).index(Step.WORDS) : list(Step).index(step)]
        results = tuple(Result(each, Outcome.WELL, AT_MS) for each in steps)
        Keeper(self.place / "commissioning").keep(Progress(kiosk=NAME, results=results))

    def guide(self) -> Guide:
        """As after a start: nothing is known but what lies on the disk."""
        return Guide(
            Kit(
                machine=self.machine(),
                doctor=Doctor(self.doctor.command, self.place / "kiosk.toml"),
                voice=self.voice,
                trials=self.trials,
                keeper=Keeper(self.place / "commissioning"),
                words=load_words(),
                now_ms=lambda: AT_MS,
            )
        )


@dataclass
class Hand:
    """A technician's finger on the running screen."""

    guide: Guide
    app: CommissioningApp
    pilot: Pilot[None]
    is_finger: bool

    @property
    def text(self) -> str:
        return "\n".join(lines(self.app))

    async def touch(self, *names: str) -> None:
        """Touch one after another, and wait for what work it begins."""
        for name in names:
            await self._touch(name)
            await self.settle()

    async def type(self, letters: str) -> None:
        for letter in letters:
            await self._touch(f"key-{letter}")
            await self._drawn()

    async def settle(self) -> None:
        await self._drawn()
        while isinstance(self.guide.shown, Work):
            await self.app.workers.wait_for_complete()
            await self._drawn()

    async def _touch(self, name: str) -> None:
        if self.is_finger:
            await self.pilot.click(f"#{name}")
            return
        touch = self.app.screen.query_one(f"#{name}", Touch)
        assert self.app.screen.region.contains_region(touch.region), f"{name} can be reached"
        touch.action_touch()

    async def _drawn(self) -> None:
        """Wait until it is drawn, without the 20 ms that Textual's pilot waits for an idle processor each time."""
        for _ in range(_ROUNDS):
            await self.pilot.pause(0)
        for _ in range(_MOST_ROUNDS):
            if self._shows_the_page():
                return
            await self.pilot.pause(0)
        message = "the page that the guide is at was not drawn"
        raise AssertionError(message)

    def _shows_the_page(self) -> bool:
        shown, screen = self.guide.shown, self.app.screen
        page = shown.page if isinstance(shown, Work) else shown
        if page is None:
            return True
        return isinstance(screen, PageScreen) and screen.page == page and bool(self.text.strip())

    async def read_to_the_end(self) -> list[str]:
        """Each part of a long text, as it is drawn."""
        screen = self.app.screen
        assert isinstance(screen, PageScreen)
        shown = [self.text]
        while screen.query("#more"):
            await self.touch("more")
            shown.append(self.text)
        return shown


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    engine = open_engine(f"sqlite:///{tmp_path / 'fleet.db'}")
    upgrade(engine)
    yield Bench(tmp_path / "kiosk", Counter(engine), ToldDoctor(tmp_path / "doctor"))
    engine.dispose()


@asynccontextmanager
async def before(bench: Bench, size: tuple[int, int] = (58, 15), *, is_finger: bool = False) -> AsyncIterator[Hand]:
    """The program, started; left by a power cut."""
    guide = bench.guide()
    app = CommissioningApp(guide)
    async with app.run_test(size=size) as pilot:
        hand = Hand(guide, app, pilot, is_finger)
        await hand.settle()
        yield hand
