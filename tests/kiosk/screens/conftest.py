# SPDX-License-Identifier: Apache-2.0
"""Every state drawn once in a run for each language and size, and a kiosk whose person speaks into a list."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from textual.events import Key

from kiosk.screens.app import KioskApp
from kiosk.screens.sentence import Choice
from kiosk.screens.wording import Wording, load_wordings
from tests.kiosk.screens.displays import DISPLAYS
from tests.kiosk.screens.moments import MOMENTS
from tests.kiosk.screens.terminal import cells, lines
from tests.simulators.shared import Shared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from textual.geometry import Region
    from textual.pilot import Pilot

    from kiosk.enrollment.states import Intent, State

LANGUAGES = ("th", "en")
_ROUNDS = 3  # of messages: a screen is switched or made anew, laid out, drawn
SIZES = ((80, 24), *sorted({display.cells for display in DISPLAYS.values()}))  # the first is no kiosk but a window


class ReadKeys(dict[str, str]):
    """Sentences that remember which of them were asked for."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        super().__init__(sentences)
        self.asked: set[str] = set()

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)


@dataclass(frozen=True)
class Drawn:
    """One screen as a person sees it; `letters` is each that is drawn, with the colours of its ink and its paper."""

    lines: list[str]
    letters: frozenset[tuple[str, str, str]]
    choices: Mapping[str, Region]
    asked: frozenset[str]


@dataclass
class Kiosk:
    """A running screen and what the person said to it."""

    app: KioskApp
    pilot: Pilot[None]
    said: list[Intent] = field(default_factory=list)

    async def show(self, state: State) -> None:
        self.app.show(state)
        await self.settle()

    async def press(self, *keys: str) -> None:
        """Press keys that write nothing, one after another."""
        for key in keys:
            self.app.post_message(Key(key, None))
            await self.settle()

    async def settle(self) -> None:
        """Wait until it is drawn, without the 20 ms that Textual's pilot waits for an idle processor each time."""
        for _ in range(_ROUNDS):
            await self.pilot.pause(0)

    @property
    def lines(self) -> list[str]:
        return lines(self.app)

    @property
    def choices(self) -> dict[str, Region]:
        return {str(choice.id): choice.region for choice in self.app.screen.query(Choice)}


Gallery: TypeAlias = "Mapping[str, Drawn]"


@asynccontextmanager
async def running(language: str = "th", size: tuple[int, int] = (80, 24), **options: object) -> AsyncIterator[Kiosk]:
    said: list[Intent] = []
    settings: dict[str, Any] = {"send": said.append, "wordings": load_wordings(), "language": language, **options}
    app = KioskApp(**settings)
    async with app.run_test(size=size) as pilot:
        yield Kiosk(app, pilot, said)


_shared: list[Shared] = []


@pytest.fixture(scope="session", autouse=True)
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    _shared.append(Shared.of(tmp_path_factory.getbasetemp(), "gallery"))
    yield
    _shared.clear()


@cache
def gallery(language: str, size: tuple[int, int]) -> Gallery:
    columns, rows = size
    return _shared[0].once(f"{language}-{columns}x{rows}", lambda: asyncio.run(_draw_all(language, size)))


async def _draw_all(language: str, size: tuple[int, int]) -> Gallery:
    sentences = ReadKeys(load_wordings()[language].sentences)
    drawn: dict[str, Drawn] = {}
    async with running(language, size, wordings={language: Wording(language, sentences)}) as kiosk:
        for name, state in MOMENTS.items():
            sentences.asked.clear()
            await kiosk.show(state)
            letters = frozenset((cell.text, cell.ink, cell.paper) for cell in cells(kiosk.app))
            drawn[name] = Drawn(kiosk.lines, letters, kiosk.choices, frozenset(sentences.asked))
    return drawn


@pytest.fixture(scope="session", params=[(language, size) for language in LANGUAGES for size in SIZES], ids=str)
def drawn(request: pytest.FixtureRequest) -> tuple[str, tuple[int, int], Gallery]:
    language, size = request.param
    return language, size, gallery(language, size)
