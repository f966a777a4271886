# SPDX-License-Identifier: Apache-2.0
"""What a person can say on each screen, by touch and by four keys, and what nobody can say."""

from __future__ import annotations

import pytest
from textual import events

from kiosk.enrollment.states import ConfirmIdentity, Intent, Notice, StillThere
from kiosk.screens.sentence import Choice
from tests.kiosk.screens.conftest import SIZES, Kiosk, gallery, running
from tests.kiosk.screens.moments import FORMS, MOMENTS

_WITHOUT_HELP = ("out-of-service", "resting", "help-called")  # where it is on its way, or nobody is served
CHOICES: dict[str, dict[str, Intent]] = {
    "attract": {"choice-start": Intent.START},
    "menu": {
        "choice-back": Intent.BACK,
        "choice-complain": Intent.COMPLAIN,
        "choice-staff": Intent.STAFF,
        "choice-check": Intent.CHECK,
        "choice-enroll": Intent.ENROLL,
    },
    "menu-without-staff": {
        "choice-back": Intent.BACK,
        "choice-complain": Intent.COMPLAIN,
        "choice-check": Intent.CHECK,
        "choice-enroll": Intent.ENROLL,
    },
    "staff-today": {"choice-back": Intent.BACK, "choice-enroll": Intent.ENROLL},
    "staff-first": {"choice-done": Intent.DONE, "choice-enroll": Intent.ENROLL},
    "on-roster": {"choice-cancel": Intent.CANCEL, "choice-report": Intent.REPORT, "choice-yes": Intent.YES},
    "not-on-roster": {"choice-done": Intent.DONE, "choice-report": Intent.REPORT},
    "ticket-sent": {"choice-done": Intent.DONE},
    "staff-on-phone": {"choice-done": Intent.DONE},
    "scan-with-phone": {"choice-cancel": Intent.CANCEL},
    "has-provider-id": {"choice-done": Intent.DONE, "choice-next": Intent.NEXT},
    "staff-next-step": {"choice-done": Intent.DONE},
    "notice-ticked": {"tick": Intent.UNTICK, "choice-decline": Intent.DECLINE, "choice-agree": Intent.AGREE},
    "insert-card": {"choice-cancel": Intent.CANCEL},
    "reading": {"choice-cancel": Intent.CANCEL},
    "put-card-back": {"choice-cancel": Intent.CANCEL},
    "confirm": {"choice-no": Intent.NO, "choice-yes": Intent.YES},
    "looking-stand_here": {"choice-cancel": Intent.CANCEL},
    "checking": {"choice-cancel": Intent.CANCEL},
    "deferral": {"choice-done": Intent.DONE, "choice-defer": Intent.DEFER},
    "notice-kept-ticked": {"tick": Intent.UNTICK, "choice-decline": Intent.DECLINE, "choice-agree": Intent.AGREE},
    "check-answer-accepted": {"choice-done": Intent.DONE, "choice-new_code": Intent.NEW_CODE},
    "already-accepted-all": {
        "choice-done": Intent.DONE,
        "choice-show_qr": Intent.SHOW_QR,
        "choice-new_code": Intent.NEW_CODE,
    },
    "check-answer-activated": {"choice-done": Intent.DONE},
    "check-answer-not_yet": {"choice-done": Intent.DONE, "choice-enroll": Intent.ENROLL},
    "accepted": {"choice-no_phone": Intent.NO_PHONE, "choice-done": Intent.DONE},
    "accepted-with-link": {
        "choice-no_phone": Intent.NO_PHONE,
        "choice-done": Intent.DONE,
        "choice-show_qr": Intent.SHOW_QR,
    },
    "accepted-slip-offered": {
        "choice-print": Intent.PRINT,
        "choice-no_phone": Intent.NO_PHONE,
        "choice-done": Intent.DONE,
        "choice-show_qr": Intent.SHOW_QR,
    },
    "hand-over": {"choice-back": Intent.BACK},
    "no-phone": {"choice-back": Intent.BACK, "choice-done": Intent.DONE},
    "activated": {"choice-done": Intent.DONE},
    "activated-staff": {"choice-done": Intent.DONE, "choice-staff": Intent.STAFF},
    "finish-later": {"choice-no_phone": Intent.NO_PHONE, "choice-done": Intent.DONE},
    "finish-later-slip-failed": {
        "choice-print": Intent.PRINT,
        "choice-no_phone": Intent.NO_PHONE,
        "choice-done": Intent.DONE,
    },
    "saved-here": {"choice-done": Intent.DONE},
    "already-accepted": {"choice-done": Intent.DONE},
    "already-with-link": {"choice-done": Intent.DONE, "choice-show_qr": Intent.SHOW_QR},
    "rate": {"choice-done": Intent.DONE, **{f"choice-rated_{n}": Intent(f"rated_{n}") for n in range(1, 6)}},
    "report-problem": {
        "choice-back": Intent.BACK,
        **{
            f"choice-report_{about}": Intent(f"report_{about}")
            for about in ("card", "face", "code", "machine", "words", "service")
        },
    },
    "problem-reported": {"choice-done": Intent.DONE},
    "complaint": {
        "choice-done": Intent.DONE,
        "choice-complain": Intent.COMPLAIN,
        "choice-about_waiting": Intent.ABOUT_WAITING,
        "choice-about_words": Intent.ABOUT_WORDS,
        "choice-about_machine": Intent.ABOUT_MACHINE,
        "choice-about_other": Intent.ABOUT_OTHER,
    },
    "problem-card_expired": {"choice-complain": Intent.COMPLAIN, "choice-done": Intent.DONE},
    "problem-retry": {
        "choice-done": Intent.DONE,
        "choice-complain": Intent.COMPLAIN,
        "choice-retry": Intent.RETRY,
    },
    "help-called": {"choice-back": Intent.BACK},
    "still-there": {"choice-cancel": Intent.CANCEL, "choice-more_time": Intent.MORE_TIME},
    "take-card-filed": {},
    "goodbye-cancelled": {"choice-done": Intent.DONE},
    "out-of-service-reader_absent": {},
}


@pytest.mark.parametrize("size", [(80, 24), (46, 12)], ids=str)
async def test_a_touch_says_what_the_choice_means(size: tuple[int, int]) -> None:
    heard: dict[str, dict[str, list[Intent]]] = {}
    async with running(size=size) as kiosk:
        for name in CHOICES:
            await kiosk.show(MOMENTS[name])
            heard[name] = {}
            for choice in kiosk.choices.keys() - {"language", "help", "listen"}:
                kiosk.said.clear()
                await kiosk.pilot.click(f"#{choice}")
                heard[name][choice] = kiosk.said[:]
    assert heard == {name: {choice: [said] for choice, said in choices.items()} for name, choices in CHOICES.items()}


@pytest.mark.parametrize("forward", ["tab", "right", "down"])
@pytest.mark.parametrize("name", ["attract", "menu", "notice-ticked", "confirm", "looking-stand_here", "problem-retry"])
async def test_keys_alone_reach_every_choice(name: str, forward: str) -> None:
    async with running() as kiosk:
        await kiosk.show(MOMENTS[name])
        for _ in range(8):
            await kiosk.pilot.press(forward)
            if kiosk.app.focused is not None and kiosk.app.focused.id not in {"language", "help", "listen"}:
                await kiosk.pilot.press("enter")
        assert set(kiosk.said) == set(CHOICES[name].values())


@pytest.mark.parametrize(
    "name", ["attract", "menu", "confirm", "accepted", "problem-retry", "still-there", "not-on-roster"]
)
async def test_enter_takes_the_way_forward_at_once(name: str) -> None:
    async with running() as kiosk:
        await kiosk.show(MOMENTS[name])
        await kiosk.pilot.press("enter")
        assert kiosk.said == [list(CHOICES[name].values())[-1]]


@pytest.mark.parametrize("name", ["insert-card", "reading", "put-card-back", "looking-stand_here", "checking"])
async def test_enter_alone_never_cancels(name: str) -> None:
    async with running() as kiosk:
        await kiosk.show(MOMENTS[name])
        await kiosk.pilot.press("enter")
        assert kiosk.said == []


def test_help_is_offered_on_every_screen_that_serves_somebody() -> None:
    missing = [name for name, screen in gallery("th", SIZES[0]).items() if "help" not in screen.choices]
    assert [name for name in missing if not name.startswith(_WITHOUT_HELP)] == []


async def test_help_is_one_touch_away_on_every_screen_that_offers_it() -> None:
    silent = []
    async with running() as kiosk:
        for name, state in FORMS.items():
            await kiosk.show(state)
            if name.startswith(_WITHOUT_HELP):
                continue
            kiosk.said.clear()
            await kiosk.pilot.click("#help")
            if kiosk.said != [Intent.HELP]:
                silent.append(name)
    assert silent == []


async def test_a_touch_anywhere_on_the_welcome_starts_once() -> None:
    async with running() as kiosk:
        await kiosk.show(MOMENTS["attract"])
        await kiosk.pilot.click(offset=(3, 10))
        assert kiosk.said == [Intent.START]


async def test_nobody_agrees_before_ticking() -> None:
    async with running() as kiosk:
        await kiosk.show(Notice())
        await kiosk.pilot.click("#choice-agree")
        assert kiosk.said == []
        await kiosk.pilot.click("#tick")
        assert kiosk.said == [Intent.TICK]


async def test_the_keys_go_on_where_they_begin_when_the_choice_that_they_were_on_is_gone() -> None:
    async with running() as kiosk:
        await kiosk.show(MOMENTS["finish-later-slip-offered"])
        kiosk.app.screen.query_one("#choice-print", Choice).focus()
        await kiosk.pilot.press("enter")
        for slip in ("printing", "printed"):
            await kiosk.show(MOMENTS[f"finish-later-slip-{slip}"])
            await kiosk.pilot.pause()
            assert kiosk.app.focused is kiosk.app.screen.query_one("#choice-done", Choice)
        await kiosk.pilot.press("enter")
        assert kiosk.said == [Intent.PRINT, Intent.DONE]


async def test_while_a_slip_is_printed_none_can_be_asked_for() -> None:
    async with running() as kiosk:
        await kiosk.show(MOMENTS["accepted-slip-printing"])
        await kiosk.pilot.click("#choice-print")
        assert kiosk.said == []


async def test_agreeing_and_refusing_are_of_one_size() -> None:
    async with running() as kiosk:
        await kiosk.show(Notice(consented=True))
        agree, decline = kiosk.choices["choice-agree"], kiosk.choices["choice-decline"]
        assert (agree.height, agree.y) == (decline.height, decline.y)
        assert abs(agree.width - decline.width) <= 1


async def test_a_tick_keeps_the_focus_on_the_box() -> None:
    async with running() as kiosk:
        await kiosk.show(Notice())
        await kiosk.pilot.press("enter")
        await kiosk.show(Notice(consented=True))
        await kiosk.pilot.press("enter")
        assert kiosk.said == [Intent.TICK, Intent.UNTICK]


async def test_a_touch_held_over_a_passing_second_still_counts() -> None:
    async with running() as kiosk:
        await kiosk.show(StillThere(20))
        _finger(kiosk, events.MouseDown)
        await kiosk.show(StillThere(19))
        _finger(kiosk, events.MouseUp)
        await kiosk.pilot.pause()
        assert kiosk.said == [Intent.MORE_TIME]
        assert "19" in "".join(kiosk.lines)


def _finger(kiosk: Kiosk, kind: type[events.MouseDown | events.MouseUp]) -> None:
    """Touch or lift as a terminal reports it: the app makes the click of the two, which the pilot would skip."""
    region = kiosk.choices["choice-more_time"]
    x, y = region.x + 2, region.y + 2
    kiosk.app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))  # noqa: FBT003 - Textual's signature


async def test_the_other_language_shows_the_same_state_and_tells_nobody() -> None:
    async with running() as kiosk:
        await kiosk.show(ConfirmIdentity("นายสมชาย ใ•••", "Mr. Somchai J•••", "•• 21 3"))
        await kiosk.pilot.click("#language")
        await kiosk.pilot.pause()
        assert "Mr. Somchai J•••" in "".join(kiosk.lines)
        assert "Is this you?" in "".join(kiosk.lines)
        await kiosk.pilot.click("#language")
        await kiosk.pilot.pause()
        assert "นายสมชาย ใ•••" in "".join(kiosk.lines)
        assert kiosk.said == []


async def test_the_language_stays_for_the_next_state() -> None:
    async with running() as kiosk:
        await kiosk.show(MOMENTS["attract"])
        await kiosk.pilot.click("#language")
        await kiosk.show(MOMENTS["insert-card"])
        assert "Insert your ID card" in "".join(kiosk.lines)
