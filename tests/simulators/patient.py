# SPDX-License-Identifier: Apache-2.0
"""A patient: reads what the real screen says, touches it, puts the card in, and does before the camera as it asks."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.screens.wording import load_wordings
from tests.simulators.card import CardHolder, ThaiCard
from tests.simulators.holders import invalid_number
from tests.simulators.people import Act, PersonId, portrait_jpeg
from tests.simulators.services import ServiceError

if TYPE_CHECKING:
    from tests.simulators.scene import Scene
    from tests.simulators.terminal import Sight, Terminal
    from tests.simulators.vpcd import VpcdCard

_LOOK_S = 0.15
_TOUCH_AGAIN_S = 1.5
_READ_BY_S = 10.0  # a kiosk that still asks for the card then has not noticed it


@dataclass(frozen=True, slots=True, repr=False)
class Citizen:
    """Somebody who cannot exist: a card whose number fails its check digit, and a made-up face."""

    seed: int
    face: PersonId
    province: str

    @property
    def name(self) -> str:
        """The made-up name."""
        return f"นางทดสอบ{self.seed}"

    def holder(self) -> CardHolder:
        """What is written on the card."""
        return CardHolder(
            citizen_number=invalid_number(self.seed),
            name_th=("นาง", f"ทดสอบ{self.seed}", "", f"สกุลสมมติ{self.seed}"),
            name_en=("Mrs.", f"Test{self.seed}", "", f"Madeup{self.seed}"),
            sex="2",
            address=("1", "หมู่ที่ 2", "", "", "", "ตำบลทดสอบ", "อำเภอทดสอบ", f"จังหวัด{self.province}"),
            portrait_jpeg=portrait_jpeg(self.face),
        )

    def card(self) -> ThaiCard:
        """This citizen's card."""
        return ThaiCard.of(self.holder())


UDON, NONG_KHAI, SAKON = "อุดรธานี", "หนองคาย", "สกลนคร"

CITIZENS = (
    Citizen(4101, PersonId("demo-1"), UDON),
    Citizen(4102, PersonId("demo-2"), UDON),
    Citizen(4301, PersonId("demo-3"), NONG_KHAI),
    Citizen(4302, PersonId("demo-4"), NONG_KHAI),
    Citizen(4701, PersonId("demo-5"), SAKON),
)
OWNER_OF_A_LOST_CARD = Citizen(4702, PersonId("demo-6"), SAKON)
FINDER = PersonId("demo-7")


class Patient:
    """Somebody with a card in hand and a face, at one kiosk. `visit` goes through a whole session."""

    def __init__(self, *, terminal: Terminal, card: VpcdCard, scene: Scene, citizen: Citizen, face: PersonId) -> None:
        """Stand before the kiosk."""
        self._terminal = terminal
        self._card = card
        self._scene = scene
        self._citizen = citizen
        self._face = face
        self._text = load_wordings()["th"].text
        self._inserted = False
        self._inserted_s = 0.0
        self._touched: dict[str, float] = {}
        self.seen: list[str] = []

    def visit(self, timeout_s: float = 150.0, *, stop_at: str | None = None) -> None:
        """Go through the screens until the welcome is back, or until the screen named `stop_at` is seen.

        Raises:
            ServiceError: when it takes too long; says what stood on the screen last.
        """
        self._scene.prepare(self._face)
        deadline = time.monotonic() + timeout_s
        self._scene.act(self._face, Act.FRONT)
        started, moment = False, None
        while time.monotonic() < deadline:
            sight = self._terminal.look()
            before, moment = moment, self._moment(sight)
            if moment is not None and (not self.seen or self.seen[-1] != moment):
                self.seen.append(moment)
            if moment is not None and moment == stop_at:
                return
            if moment == "attract" and started and not self._inserted:
                self._scene.leave()
                if stop_at is None:
                    return
                message = f"the visit ended before {stop_at}; seen {self.seen}"
                raise ServiceError(message)
            started = started or moment not in {None, "attract", "out_of_service"}
            if moment != "finish" or before == "finish":  # a screen that is half drawn may have the button first
                self._do(moment, sight)
            time.sleep(_LOOK_S)
        message = f"the visit took too long; seen {self.seen}; on the screen:\n" + "\n".join(self._terminal.lines())
        raise ServiceError(message)

    def insert(self, card: ThaiCard | None = None, *, pull_after: int | None = None) -> None:
        """Put a card in, one's own unless another is given; it may slip out by itself after a number of commands."""
        self._card.insert(card or self._citizen.card(), pull_after=pull_after)
        self._inserted = True
        self._inserted_s = time.monotonic()

    def leave(self) -> None:
        """Take the card and go, whatever the screen says."""
        self._pull()
        self._scene.leave()

    def _moment(self, sight: Sight) -> str | None:
        """Which screen it is, by a word that only this screen has."""
        if asked_for(sight) is not None:
            return "challenge"
        for moment, keys in _MOMENTS.items():
            if any(self._shows(sight, key) for key in keys):
                return moment
        return None

    def _shows(self, sight: Sight, key: str) -> bool:
        return sight.shows(_first_line(self._text(key)))

    def _do(self, moment: str | None, sight: Sight) -> None:  # noqa: C901 - one arm a screen
        match moment:
            case "attract":
                self._touch("attract.start")
            case "menu":
                self._touch("menu.enroll")
            case "notice" if self._shows(sight, "notice.unticked"):
                self._touch("notice.unticked")
            case "notice":
                self._touch("notice.agree")
            case "insert_card" if not self._inserted:
                self.insert()
            case "insert_card" if time.monotonic() > self._inserted_s + _READ_BY_S:
                self._pull()  # the kiosk has started afresh with the card in it
            case "confirm":
                self._touch("confirm.yes")
            case "challenge":
                obey(sight, self._scene, self._face)
            case "retry":
                obey(sight, self._scene, self._face)
                self._touch("button.retry")
            case "finish" | "activated" | "already":
                self._touch("button.finish")
            case "rate":
                self._touch("rate.skip")
            case "take_card":
                self._pull()

    def _touch(self, key: str) -> None:
        now = time.monotonic()
        if now >= self._touched.get(key, 0.0) + _TOUCH_AGAIN_S:
            self._touched[key] = now
            self._terminal.touch(_first_line(self._text(key)))

    def _pull(self) -> None:
        if self._inserted:
            self._card.pull()
            self._inserted = False


# In this order: the first whose words stand on the screen. An accepted person waits for the activation.
_MOMENTS = {
    "take_card": ("take_card.title",),
    "retry": ("button.retry",),
    "attract": ("attract.start",),
    "menu": ("menu.title",),
    "notice": ("notice.title",),
    "insert_card": ("insert_card.title",),
    "put_card_back": ("put_card_back.title",),
    "confirm": ("confirm.title",),
    "reading": ("reading.title",),
    "checking": ("checking.title",),
    "accepted": ("accepted.body",),
    "activated": ("activated.title",),
    "already": ("already_enrolled.activated.title", "already_enrolled.accepted.title"),
    "rate": ("rate.title",),
    "finish": ("button.finish",),
}


# What the screen says, and what a person does then.
_ASKED = {
    "prompt.turn_left": Act.LEFT,
    "prompt.turn_right": Act.RIGHT,
    "prompt.look_up": Act.UP,
    "prompt.lean_in": Act.CLOSER,
    "prompt.blink": Act.BLINK,
    "prompt.open_mouth": Act.MOUTH,
}


def asked_for(sight: Sight) -> Act | None:
    """What the screen asks the person to do before the camera, None when it does not."""
    text = load_wordings()["th"].text
    for key, act in _ASKED.items():
        if all(sight.shows(line) for line in text(key).split("\n")):
            return act
    return None


def obey(sight: Sight, scene: Scene, face: PersonId) -> None:
    """Do before the camera what the screen asks for."""
    scene.act(face, asked_for(sight) or Act.FRONT)


def _first_line(text: str) -> str:
    return text.replace("|", "").split("\n")[0]
