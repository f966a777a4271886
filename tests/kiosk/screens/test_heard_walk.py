# SPDX-License-Identifier: Apache-2.0
"""J1 with the screen off: four keys, and choosing by what was heard. The transcript is accepted like a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.enrollment.states import Accepted, Attract, Farewell, TakeCard
from kiosk.screens.speech import Voice
from kiosk.screens.wording import Public, load_wordings
from tests.kiosk.enrollment.walk import Walk, findings
from tests.kiosk.screens.conftest import LANGUAGES, Kiosk, running
from tests.simulators.ear import Ear, Plug
from tests.simulators.holders import identity

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

WORDINGS = load_wordings()
MOST_KEYS = 12  # more presses than a screen has choices: lost


@dataclass
class Listener:
    """Who does not see the screen: knows what was said, and has four keys."""

    kiosk: Kiosk
    walk: Walk
    ear: Ear
    language: str

    async def press(self, key: str) -> None:
        """Press a key, and let the session answer."""
        await self.kiosk.pilot.press(key)
        self.walk.say(*self.kiosk.said)
        if self.kiosk.said:
            self.kiosk.said.clear()
            await self.kiosk.show(self.walk.state)
        await self.kiosk.pilot.pause()

    async def meanwhile(self, *happenings: on.Happening) -> None:
        """Let the world go on."""
        self.walk.tell(*happenings)
        await self.kiosk.show(self.walk.state)

    async def choose(self, key: str) -> None:
        """Take what these words name by the key that was said with them, or look for it with the next key."""
        words = WORDINGS[self.language].phrase(key).private
        if self._said("spoken.here", words):
            await self.press("enter")
        elif self._said("spoken.out", words):
            await self.press("escape")
        else:
            await self._look_for(words)
            await self.press("enter")

    async def _look_for(self, words: str) -> None:
        for _ in range(MOST_KEYS):
            await self.press("right")
            if self.ear.last.startswith(words):
                return
        pytest.fail(f"{words!r} was never said")

    def _said(self, key: str, words: str) -> bool:
        return WORDINGS[self.language].phrase(key, choices=Public(words)).private in self.ear.last


@pytest.mark.parametrize("headphones", [False, True], ids=["loudspeaker", "headphones"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_first_enrolment_is_gone_to_its_end_by_ear(
    language: str,
    headphones: bool,  # noqa: FBT001 - a case
    snapshot: SnapshotAssertion,
) -> None:
    ear = Ear()
    async with running(language, (46, 12), voice=Voice(ear, Plug(headphones))) as kiosk:
        person = Listener(kiosk, Walk(), ear, language)
        await kiosk.show(person.walk.state)
        await person.press("escape")
        await person.choose("attract.start")
        await person.choose("menu.enroll")
        await person.choose("notice.unticked")
        await person.choose("notice.agree")
        await person.meanwhile(on.CardChanged(Presence.PRESENT))
        await person.meanwhile(on.IdentityRead(identity()))
        await person.choose("confirm.yes")
        await person.meanwhile(on.StatusKnown(Enrolled.NOT_YET))
        await person.meanwhile(on.FaceJudged(findings()))
        await person.meanwhile(on.Filed("K7QX-29DM"))
        await person.meanwhile(on.PinIssued("739164", 1_796_032_800_000, sandbox=True))
        assert isinstance(person.walk.state, Accepted)
        await person.meanwhile(on.BecameActive(sandbox=True))
        await person.choose("button.finish")
        await person.choose("rate.skip")
        assert person.walk.state == TakeCard(Farewell.FILED)
        await person.meanwhile(on.CardChanged(Presence.ABSENT))
        assert ("7 3 9 1 6 4" in " ".join(ear.transcript)) == headphones
        await kiosk.show(Attract())
        assert not ear.speaking
    assert "\n".join(ear.transcript) == snapshot
