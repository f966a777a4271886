# SPDX-License-Identifier: Apache-2.0
"""Random walks: a session on the real screen, through touches, keys, pulls, silence and a card that holds anything.

`make walks` leads 10,000 of them, `make test` a few. The app never leaves its screens, nothing that a terminal would
obey reaches it, and no screen after a session's end shows a trace of the person.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.evidence import Zone
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.identity import PersonName
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Enrolled, PhoneSaid, Presence
from kiosk.screens.moment import Moment
from tests.kiosk.enrollment.walk import Walk, findings
from tests.kiosk.screens.conftest import running
from tests.kiosk.screens.test_hostile import KEYS, NAMES
from tests.simulators.holders import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from kiosk.enrollment.identity import Identity
    from tests.kiosk.screens.conftest import Kiosk

WALKS = int(os.environ.get("WALKS", "15"))
COLUMNS, ROWS = 47, 12
FIRST, LAST = "Qzxw", "Vjkp"  # letters that no sentence holds: found wherever the person's name is
OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u0e33\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
OVER = (
    at.Attract,
    at.Rate,
    at.Complaint,
    at.ReportProblem,
    at.ProblemReported,
    at.TakeCard,
    at.Goodbye,
    at.OutOfService,
)

touches = st.tuples(st.integers(0, COLUMNS - 1), st.integers(0, ROWS - 1))
choices = st.integers(0, 7)  # which of the choices on the screen, the last one again where there are fewer
keys = st.sampled_from([*KEYS, "enter", "enter", "tab"])
silences = st.sampled_from([1.0, 9.0, 21.0, 46.0, 66.0, 91.0])
hostile = st.sampled_from(sorted(NAMES.values())) | st.text(max_size=40)


@st.composite
def cards(draw: st.DrawFn) -> Identity:
    """A card that holds anything where a name belongs."""
    name = PersonName(draw(hostile), FIRST + draw(hostile), draw(hostile), LAST + draw(hostile))
    return identity(name_th=name, name_en=name)


worldly = st.one_of(
    st.sampled_from(list(Presence)).map(on.CardChanged),
    cards().map(on.IdentityRead),
    cards().map(lambda who: on.NameRead(who.masked_name_th(), who.masked_name_en())),
    st.sampled_from(list(Failure)).map(on.CardFailed),
    st.sampled_from(list(Failure)).map(on.FaceFailed),
    st.sampled_from(list(Zone)).map(lambda zone: on.FaceJudged(findings(zone))),
    st.sampled_from(list(Enrolled)).map(on.StatusKnown),
    st.sampled_from(
        [
            on.Unreachable(),
            on.Filed("K7QX-29DM"),
            on.NotFiled(),
            on.Confirmed(),
            on.Rejected(),
            on.HelpTold(),
            on.HelperComes(1, "สมชาย", 180),
            on.ComplaintEnded("4821-7306"),
            on.ComplaintEnded(""),
        ]
    ),
    st.just(on.PinIssued("482913", 1, sandbox=True)),
    st.just(on.BecameActive(sandbox=True)),
    st.sampled_from([Failure.CODE_TOO_OFTEN, Failure.CODE_NOT_HERE]).map(on.NoNewCode),
    st.booleans().map(on.SlipEnded),
    st.builds(on.StaffKnown, st.sampled_from(Enrolled), hostile, hostile, hostile, st.booleans(), st.booleans()),
    st.builds(on.TicketKept, st.integers(1, 9999), hostile),
    st.builds(on.HandOverBegun, st.just("https://provider.id.th/K/AB"), hostile, hostile, st.booleans()),
    st.builds(on.HandOverEnded, st.sampled_from(PhoneSaid), st.booleans()),
)
steps = st.one_of(
    touches.map(lambda at_cell: ("touch", at_cell)),
    choices.map(lambda which: ("choose", which)),
    choices.map(lambda which: ("choose", which)),
    keys.map(lambda key: ("key", key)),
    silences.map(lambda seconds: ("wait", seconds)),
    worldly.map(lambda happening: ("tell", happening)),
    worldly.map(lambda happening: ("tell", happening)),
)
# The way to a face is long: half of the walks begin on it, so that what comes after is walked too.
beginnings = st.sampled_from(["", "reading", "confirm", "looking", "filed", "accepted"])


@pytest.fixture(scope="module")
def lead() -> Iterator[Callable[[Coroutine[Any, Any, None] | None], Kiosk]]:
    """One screen for all walks, as on a kiosk: leads a coroutine on its loop, and gives the kiosk."""
    loop, context = asyncio.new_event_loop(), contextvars.copy_context()

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it returns
        return loop.run_until_complete(loop.create_task(coroutine, context=context))

    open_screen = running("th", (COLUMNS, ROWS))
    kiosk: Kiosk = run(open_screen.__aenter__())

    def led(coroutine: Coroutine[Any, Any, None] | None) -> Kiosk:
        if coroutine is not None:
            run(coroutine)
        return kiosk

    yield led
    run(open_screen.__aexit__(None, None, None))
    loop.close()


@settings(
    max_examples=WALKS,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(beginning=beginnings, first=cards(), story=st.lists(steps, max_size=16))
def test_no_walk_leaves_the_screens_or_leaves_a_trace(
    lead: Callable[[Coroutine[Any, Any, None] | None], Kiosk],
    beginning: str,
    first: Identity,
    story: list[tuple[str, Any]],
) -> None:
    lead(_walked(lead(None), beginning, first, story))


async def test_the_marks_of_the_person_are_seen_where_the_person_is_shown() -> None:
    who = identity(name_th=PersonName("", FIRST, "", LAST))
    async with running("th", (COLUMNS, ROWS)) as kiosk:
        await kiosk.show(Walk().to_confirm(who).state)
        assert FIRST in "".join(kiosk.lines)


async def _walked(kiosk: Kiosk, beginning: str, first: Identity, story: list[tuple[str, Any]]) -> None:
    walk = Walk()
    walk.session = replace(walk.session, policy=SessionPolicy(offers_slip=True, enrolls_staff=True, deferred_hours=24))
    kiosk.said.clear()
    await kiosk.show(walk.state)
    _begin(walk, beginning, first)
    await _look(kiosk, walk)
    for kind, what in story:
        await _step(kiosk, walk, kind, what)
        await _look(kiosk, walk)
        if walk.session.ended is not None:
            break
    walk.wait(900, every_s=2.0)
    await _look(kiosk, walk)
    assert walk.session.ended is not None or walk.state == at.Attract()
    await kiosk.show(at.Attract())
    assert FIRST not in "".join(kiosk.lines)


def _begin(walk: Walk, beginning: str, first: Identity) -> None:
    match beginning:
        case "reading":
            walk.to_reading().tell(on.NameRead(first.masked_name_th(), first.masked_name_en()))
        case "confirm" | "looking" | "filed" | "accepted":
            walk.to_confirm(first)
    if beginning in {"looking", "filed", "accepted"}:
        walk.say(at.Intent.YES).tell(on.StatusKnown(Enrolled.NOT_YET))
    if beginning in {"filed", "accepted"}:
        walk.tell(on.FaceJudged(findings()), on.Filed("K7QX-29DM"))
    if beginning == "accepted":
        walk.tell(on.PinIssued("482913", 1, sandbox=True))


async def _step(kiosk: Kiosk, walk: Walk, kind: str, what: Any) -> None:  # noqa: ANN401 - as the strategies give it
    match kind:
        case "touch":
            await kiosk.pilot.click(offset=what)
        case "choose":
            names = sorted(kiosk.choices)
            await kiosk.pilot.click(f"#{names[min(what, len(names) - 1)]}")
        case "key":
            await kiosk.pilot.press(what)
        case "wait":
            walk.wait(what, every_s=1.0)
        case "tell":
            walk.tell(what)
    walk.say(*kiosk.said)
    kiosk.said.clear()


async def _look(kiosk: Kiosk, walk: Walk) -> None:
    await kiosk.show(walk.state)
    lines = "".join(kiosk.lines)
    assert kiosk.app.is_running
    assert isinstance(kiosk.app.screen, Moment)
    assert OBEYED.search(lines) is None
    assert LAST not in lines
    assert identity().citizen_number not in lines.replace(" ", "")
    if isinstance(walk.state, OVER):
        assert FIRST not in lines
        assert walk.session.identity is None
