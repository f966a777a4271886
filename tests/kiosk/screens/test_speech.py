# SPDX-License-Identifier: Apache-2.0
"""Every screen is heard by who asks for it, and what only the person may hear never leaves the loudspeaker."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from kiosk.enrollment.failures import Failure
from kiosk.enrollment.states import (
    Attract,
    CheckAnswer,
    Farewell,
    Goodbye,
    InsertCard,
    Looking,
    Menu,
    OutOfService,
    Problem,
    Prompt,
    Reading,
    Resting,
    Standing,
    StillThere,
)
from kiosk.screens.moment import Moment
from kiosk.screens.speech import LEVELS, Voice
from kiosk.screens.wording import Public, Wording, load_wordings
from tests.kiosk.screens.conftest import LANGUAGES, Kiosk, gallery, running
from tests.kiosk.screens.displays import PANELS
from tests.kiosk.screens.moments import MOMENTS
from tests.simulators.ear import Ear, Plug
from wire.lettering.texts import WordingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kiosk.enrollment.states import State

# The canary person: what each field of a state holds of them, and how a voice would say it.
PLANTED = {
    "name_th": ("นายฌฆฏ ฒ•••", "ฌฆฏ"),
    "name_en": ("Mr. Qzxw V•••", "Qzxw"),
    "number": ("•• 98 7", "98 7"),
    "pin": ("739164", "7 3 9 1 6 4"),
    "code": ("Q7ZX-48WJ", "Q7ZX-48WJ"),
    "unit": ("ฌฆฏฒ Unit Vjkq", "Vjkq"),
    "position": ("ฌฆฏฒ Post Wqxj", "Wqxj"),
    "admin": ("ฌฆฏฒ Desk Zxwv", "Zxwv"),
}
SHOWN_ONLY = ("meter.", "header.test_mode", "header.listen", "header.step", "fault.", "aloud.", "time.months")
REPORTED = ("card", "face", "code", "machine", "words", "service")
GREYED = {
    *((name, "notice.agree") for name in ("notice", "notice-new-code", "notice-kept")),
    *((name, "button.print") for name in ("accepted-slip-printing", "finish-later-slip-printing")),
    *(("report-problem-sent", f"report.report_{what}") for what in REPORTED),
}
RESULTS = (
    *("already_enrolled", "check_answer", "staff_first"),
    *(f"failure.{what}" for what in ("under_age", "not_at_kiosk", "not_accepted", "code")),
)
OF_A_RESULT = (
    *("already-", "check-answer-", "staff-first"),
    *(f"problem-{key.partition('.')[2]}" for key in RESULTS[3:]),
    "problem-at-",
)


def planted(state: State) -> State:
    """The same state of the canary person."""
    mine = {field: value for field, (value, _) in PLANTED.items() if getattr(state, field, None)}
    return msgspec.structs.replace(state, **mine)


async def heard(states: Mapping[str, State], language: str, *, headphones: bool) -> dict[str, list[str]]:
    """All that each state says to a person whose voice is on: of itself, then of each choice as keys come to it."""
    said = {}
    ear = Ear()
    voice = Voice(ear, Plug(headphones), by_default=True)
    async with running(language, (46, 12), voice=voice) as kiosk:
        for name, state in states.items():
            voice.begin_anew()
            ear.heard.clear()
            is_touched = isinstance(state, Attract | Resting | OutOfService)
            with nullcontext() if is_touched else kiosk.app.batch_update():  # what is only heard need not be drawn
                await kiosk.show(state)
                if is_touched:
                    voice.level = 0
                    await kiosk.pilot.click("#listen")
                    await kiosk.pilot.pause()
                assert isinstance(kiosk.app.screen, Moment)
                for _ in kiosk.choices:
                    kiosk.app.screen.action_go(1)
                await kiosk.pilot.pause()
            assert {each.headphones for each in ear.heard} == {headphones}
            said[name] = ear.transcript
    return said


@cache
def said_of_the_canary(language: str, *, headphones: bool) -> dict[str, list[str]]:
    """What every state of the gallery says of the canary person."""
    states = {name: planted(state) for name, state in MOMENTS.items()}
    return asyncio.run(heard(states, language, headphones=headphones))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_personal_leaves_the_loudspeaker_on_any_screen(language: str) -> None:
    everybody = said_of_the_canary(language, headphones=False)
    sounds = [sound for _, sound in PLANTED.values()]
    assert [(name, sound) for name, said in everybody.items() for sound in sounds if sound in " ".join(said)] == []
    assert [name for name, said in everybody.items() if not said] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_headphones_say_all_that_is_the_persons(language: str) -> None:
    alone = said_of_the_canary(language, headphones=True)
    name = PLANTED[f"name_{language}"][1]
    assert name in alone["confirm"][0]
    assert "98 7" in alone["confirm"][0]
    assert all("7 3 9 1 6 4" in alone[each][0] for each in ("accepted", "finish-later", "hand-over"))
    assert "Q7ZX-48WJ" in alone["saved-here"][0]
    assert all(word in alone["on-roster"][0] for word in ("Vjkq", "Wqxj"))
    assert all("Zxwv" in alone[each][0] for each in ("not-on-roster", "ticket-sent"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_result_that_says_something_of_the_person_is_not_for_the_loudspeaker(language: str) -> None:
    wording = load_wordings()[language]
    results = [
        wording.phrase(key).private for key in wording.sentences if key.startswith(RESULTS) and "techn" not in key
    ]
    told = {name: " ".join(said) for name, said in said_of_the_canary(language, headphones=False).items()}
    assert len(results) > 15
    assert [
        (name, result) for name in told if name.startswith(OF_A_RESULT) for result in results if result in told[name]
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_comes_to_help_is_said_on_the_loudspeaker_too(language: str) -> None:
    said = said_of_the_canary(language, headphones=False)
    assert all(word in said["help-called-named"][0] for word in ("สมชาย", "3"))
    assert "Nurse Wanpen" in said["help-called-named-late"][0]
    assert not any(word in said["help-called-named-late"][0] for word in ("นาที", "minute"))


@pytest.mark.parametrize("headphones", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_answer_to_who_only_asks_is_never_spoken(language: str, headphones: bool) -> None:  # noqa: FBT001 - a case
    answers: dict[str, State] = {str(standing): CheckAnswer(standing) for standing in Standing}
    said = await heard(answers, language, headphones=headphones)
    assert len({frozenset(each) for each in said.values()}) == 1
    assert len({each[0] for each in said.values()}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_says_all_that_it_shows(language: str) -> None:
    wording = load_wordings()[language]
    alone = {name: " ".join(said) for name, said in said_of_the_canary(language, headphones=True).items()}
    silent = [
        (name, key)
        for name, screen in gallery(language, PANELS[0].cells).items()
        for key in screen.asked
        if not name.startswith("check-answer") and (name, key) not in GREYED  # never spoken
        if not key.startswith((*SHOWN_ONLY, "resting.technician")) and "{" not in wording.sentences[key]
        if wording.phrase(key).private.rstrip(".?") not in alone[name]
    ]
    assert silent == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_says_which_key_takes_its_choices(language: str) -> None:
    wording = load_wordings()[language]
    alone = said_of_the_canary(language, headphones=True)
    cancel = wording.phrase("spoken.out", choices=Public("")).private.strip(" :")
    with_cancel = ("insert-card", "reading", "confirm", "looking-stand_here", "checking", "still-there", "notice")
    assert [name for name in with_cancel if cancel not in alone[name][0]] == []
    choose = wording.phrase("spoken.here", choices=Public("")).private.strip(" :")
    with_forward = ("menu", "notice-ticked", "confirm", "accepted", "problem-retry", "still-there")
    assert [name for name in with_forward if choose not in alone[name][0]] == []


async def test_thai_is_spoken_politely_and_the_screen_stays_without() -> None:
    said = await heard({"menu": Menu(), "insert": InsertCard()}, "th", headphones=False)
    assert "ต้องการทำรายการใดคะ" in said["menu"][0]
    assert said["menu"][0].endswith("ค่ะ.")
    assert "หันชิปขึ้น ดันเข้าจนสุดค่ะ" in said["insert"][0]
    async with running() as kiosk:
        await kiosk.show(Menu())
        assert not {"ค่ะ", "คะ"} & set("".join(kiosk.lines).split())
    english = await heard({"menu": Menu()}, "en", headphones=False)
    assert "ค" not in english["menu"][0]


async def test_nobody_is_spoken_to_who_did_not_ask() -> None:
    ear = Ear()
    async with running(voice=Voice(ear, Plug(inside=True))) as kiosk:
        with kiosk.app.batch_update():  # as above
            for state in MOMENTS.values():
                await kiosk.show(state)
        assert ear.heard == []


async def test_the_wish_to_hear_ends_with_the_person() -> None:
    ear = Ear()
    async with running(voice=Voice(ear, Plug())) as kiosk:
        await kiosk.show(Menu())
        await kiosk.pilot.click("#listen")
        await kiosk.show(InsertCard())
        assert "เสียบบัตรประชาชน" in ear.last
        await kiosk.show(Attract())
        assert not ear.speaking
        ear.heard.clear()
        await kiosk.show(Menu())
        assert ear.heard == []
        assert "ฟังเสียง" in kiosk.lines[0] + kiosk.lines[1]


async def test_where_the_hospital_says_so_everybody_hears_from_the_menu_on_and_an_empty_hall_nothing() -> None:
    ear = Ear()
    async with running(voice=Voice(ear, Plug(), by_default=True, begin_at=2)) as kiosk:
        await kiosk.show(Attract())
        assert ear.heard == []
        await kiosk.show(Menu())
        assert [each.volume for each in ear.heard] == [2]


async def test_the_cancel_key_makes_the_welcome_speak_and_an_announcement_does_not_silence_it() -> None:
    ear = Ear()
    async with running(voice=Voice(ear, Plug())) as kiosk:
        await kiosk.show(Attract())
        await kiosk.pilot.press("escape")
        await kiosk.pilot.pause()
        assert "สมัคร Health ID ฟรี" in ear.last
        await kiosk.show(MOMENTS["attract-announcing"])
        await kiosk.show(Menu())
        assert "ต้องการทำรายการใด" in ear.last
        assert kiosk.said == []


async def test_the_welcome_is_silent_again_when_nobody_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.screens.app._LISTENED_S", 0.05)  # a minute is not waited for
    ear = Ear()
    async with running(voice=Voice(ear, Plug())) as kiosk:
        await kiosk.show(Attract())
        await kiosk.pilot.press("escape")
        await kiosk.pilot.pause(0.3)
        ear.heard.clear()
        await kiosk.show(Menu())
        assert ear.heard == []


@pytest.mark.parametrize("by", ["touch", "keys"])
async def test_the_volume_has_five_steps_and_off_by_touch_and_by_keys(by: str) -> None:
    ear = Ear()
    async with running(voice=Voice(ear, Plug())) as kiosk:
        await kiosk.show(InsertCard())
        if by == "keys":
            await _to(kiosk, "listen")
        for _ in range(LEVELS + 2):
            await (kiosk.pilot.click("#listen") if by == "touch" else kiosk.pilot.press("enter"))
            await kiosk.pilot.pause()
        assert [each.volume for each in ear.heard] == [3, 4, 5, 1, 2, 3]
        assert "เสียงระดับ 4 จาก 5" in ear.heard[1].text
        assert "เสียง 3" in kiosk.lines[0] + kiosk.lines[1]


async def test_a_screen_says_again_only_what_is_new() -> None:
    ear = Ear()
    async with running(voice=Voice(ear, Plug())) as kiosk:
        await kiosk.show(Looking())
        await kiosk.pilot.click("#listen")
        await kiosk.pilot.pause()
        ear.heard.clear()
        await kiosk.show(Looking(Prompt.COME_CLOSER))
        assert ear.transcript == ["ขยับเข้ามาอีกนิดค่ะ."]
        for state in (StillThere(20), StillThere(19), StillThere(18)):
            await kiosk.show(state)
        await kiosk.show(Reading(0.1))
        await kiosk.show(Reading(0.9))
        assert len(ear.heard) == 3


async def test_a_tick_is_heard_and_what_can_be_done_then() -> None:
    ear = Ear()
    async with running(voice=Voice(ear, Plug(), by_default=True)) as kiosk:
        await kiosk.show(MOMENTS["notice"])
        assert "หากยินยอม กดปุ่มเลือก" in ear.last
        await kiosk.show(MOMENTS["notice-ticked"])
        assert ear.last.startswith("ยินยอมให้ใช้ภาพใบหน้าแล้ว หากเปลี่ยนใจ กดปุ่มเลือก")
        assert "ยินยอมและเริ่ม" in ear.last


async def test_the_keys_say_which_choice_they_come_to() -> None:
    ear = Ear()
    async with running("en", voice=Voice(ear, Plug())) as kiosk:
        await kiosk.show(Menu())
        await kiosk.pilot.click("#listen")
        ear.heard.clear()
        for _ in range(7):
            await kiosk.pilot.press("right")
        assert {"Help.", "Check if I have one.", "Back.", "Staff.", "Change the language."} <= set(ear.transcript)


async def test_the_other_language_is_spoken_at_once() -> None:
    ear = Ear()
    async with running(voice=Voice(ear, Plug())) as kiosk:
        await kiosk.show(Menu())
        await kiosk.pilot.click("#listen")
        await kiosk.pilot.click("#language")
        await kiosk.pilot.pause()
        assert (ear.heard[-1].language, ear.last[:23]) == ("en", "What would you like to ")


async def test_the_other_language_is_spoken_on_the_welcome_too_when_the_voice_is_on() -> None:
    ear = Ear()
    async with running(voice=Voice(ear, Plug())) as kiosk:
        await kiosk.show(Attract())
        await kiosk.pilot.click("#language")
        await kiosk.pilot.pause()
        assert ear.heard == []
        await kiosk.pilot.press("escape")
        await kiosk.pilot.click("#language")
        await kiosk.pilot.pause()
        assert [(each.language, "Health ID" in each.text) for each in ear.heard] == [("en", True), ("th", True)]


async def test_pulling_the_headphones_ends_at_once_what_is_personal_and_nothing_else() -> None:
    ear, plug = Ear(), Plug(inside=True)
    async with running(voice=Voice(ear, plug)) as kiosk:
        await kiosk.show(MOMENTS["confirm"])
        await kiosk.pilot.click("#listen")
        await kiosk.pilot.pause()
        assert ear.speaking
        plug.inside = False
        await kiosk.pilot.pause(0.3)
        assert not ear.speaking
        await kiosk.show(InsertCard())
        await kiosk.pilot.pause(0.3)
        assert ear.speaking


async def test_a_kiosk_without_a_voice_does_not_offer_it() -> None:
    async with running(voice=Voice(offered=False, by_default=True)) as kiosk:
        await kiosk.show(Menu())
        assert "listen" not in kiosk.choices
        await kiosk.show(Attract())
        await kiosk.pilot.press("escape")
        assert "listen" not in kiosk.choices


def test_a_text_that_fills_a_blank_is_personal_until_somebody_says_that_it_is_not() -> None:
    wording = Wording("th", {"a.b": "{x}"})
    with pytest.raises(WordingError, match=r"aloud\.a\.b"):
        wording.phrase("a.b", x="somebody")
    assert wording.phrase("a.b", x=Public("ชั้น 1")).aloud == "ชั้น 1"
    assert wording.phrase("a.b", x=3).aloud == "3"


def test_the_longest_beginning_of_a_key_says_what_stands_for_it() -> None:
    wording = Wording("en", {"a.b.c": "secret", "aloud.a": "look", "aloud.a.b": "look here"})
    assert wording.phrase("a.b.c").aloud == "look here"


def test_a_phrase_does_not_print_what_it_holds() -> None:
    phrase: Any = load_wordings()["th"].phrase("confirm.name", name="Qzxw")
    assert "Qzxw" not in f"{phrase} {phrase!r}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stand_in_holds_no_blank_and_stands_for_something(language: str) -> None:
    sentences = load_wordings()[language].sentences
    stand_ins = {key.removeprefix("aloud."): text for key, text in sentences.items() if key.startswith("aloud.")}
    assert [key for key, text in stand_ins.items() if "{" in text] == []
    assert [key for key in stand_ins if not any(f"{each}.".startswith(f"{key}.") for each in sentences)] == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_failure_that_the_person_can_mend_is_told_to_everybody_without_a_verdict(language: str) -> None:
    states: dict[str, State] = {"again": Problem(Failure.FACE_MISMATCH, retry=True), "bye": Goodbye(Farewell.REFUSED)}
    said = await heard(states, language, headphones=False)
    wording = load_wordings()[language]
    assert wording.phrase("failure.face_mismatch.body").private.rstrip(".") in said["again"][0]
    assert wording.phrase("failure.face_mismatch.title").private not in said["again"][0]


async def _to(kiosk: Kiosk, choice: str) -> None:
    for _ in kiosk.choices:
        if kiosk.app.focused is not None and kiosk.app.focused.id == choice:
            return
        await kiosk.pilot.press("right")
