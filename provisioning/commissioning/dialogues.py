# SPDX-License-Identifier: Apache-2.0
"""Each step as a conversation: it yields a page or some work, is sent the answer, and returns what came of it.

No screen, no file and no clock is touched here; what it asks for is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeAlias

from provisioning.commissioning.examining import CARE, FAULT, NOT_EXAMINED
from provisioning.commissioning.pages import Act, Answer, Form, Page, Work, line
from provisioning.commissioning.steps import Outcome, Step
from provisioning.commissioning.verdicts import broken, for_it, lines_of, written

if TYPE_CHECKING:
    from provisioning.commissioning.examining import Doctor, Found, Told
    from provisioning.commissioning.pages import Line

Reached: TypeAlias = tuple[Outcome, str, dict[str, str]]  # outcome, code, figures
Dialogue: TypeAlias = Generator[Page | Work, Any, Reached]
Problem: TypeAlias = "Callable[[Told], Line | None]"

OFFLINE = ("name_unknown", "name_silent", "port_silent", "no_route")  # what a pulled cable looks like
WELL: Reached = (Outcome.WELL, "", {})
LATER: Reached = (Outcome.LATER, "", {})


def busy(step: Step) -> Page:
    """While work is done."""
    return Page(line(f"{step}.title"), (line(f"{step}.busy"),), form=Form.BUSY)


def examined(step: Step, doctor: Doctor, parts: tuple[str, ...], problem: Problem = lambda _: None) -> Dialogue:
    """Let the doctor look, until it is well, the technician goes on with what needs care, or leaves it for later.

    `problem` says what is missing although the doctor has no complaint.
    """
    begun: Answer = yield Page(line(f"{step}.title"), (line(f"{step}.begin"),), (Act.LATER, Act.GO))
    while begun.act is not Act.LATER:
        told: Told = yield Work(busy(step), lambda: doctor.parts(*parts))
        missing = problem(told)
        answer = yield from _judged(step, told, missing)
        if answer.act in (Act.GO, Act.ANYWAY):
            outcome = Outcome.CARE if answer.act is Act.ANYWAY else Outcome.WELL
            return outcome, broken(told).code if outcome is Outcome.CARE else "", written(told)
        if answer.act is Act.LATER:
            return Outcome.LATER, "missing" if missing else broken(told).code, {}
    return LATER


def no_card(told: Told) -> Line | None:
    """The reader is only shown to work by a card in it."""
    return None if told.of("reader").figure("card") == "present" else line("reader.no_card")


def confirmed(step: Step, yes: Act = Act.YES) -> Dialogue:
    """Something that only a person can see."""
    answer: Answer = yield Page(line(f"{step}.title"), (line(f"{step}.begin"),), (Act.LATER, yes))
    return WELL if answer.act is yes else LATER


def touched() -> Dialogue:
    """Five points, in the corners and in the middle."""
    answer: Answer = yield Page(line("touch.title"), (line("touch.begin"),), (Act.LATER, Act.GO), form=Form.TARGETS)
    return WELL if answer.act is Act.GO else LATER


def noticed(step: Step, act: Callable[[], str]) -> Dialogue:
    """Have the kiosk do something, and ask whether it was heard or seen.

    `act` returns why it could not, as a word of the texts, or nothing.
    """
    title, ways = line(f"{step}.title"), (Act.ABSENT, Act.LATER, Act.AGAIN)
    answer: Answer = yield Page(title, (line(f"{step}.begin"),), (Act.ABSENT, Act.GO))
    while answer.act in (Act.GO, Act.AGAIN):
        trouble: str = yield Work(busy(step), act)
        if trouble:
            answer = yield Page(title, (line(f"{step}.{trouble}"),), ways)
            continue
        answer = yield Page(title, (line(f"{step}.noticed"),), (Act.NO, Act.AGAIN, Act.YES))
        if answer.act is Act.NO:
            answer = yield Page(title, (line(f"{step}.not_noticed"),), ways)
    if answer.act is Act.ABSENT:
        return Outcome.ABSENT, "", {}
    return WELL if answer.act is Act.YES else (Outcome.LATER, "not_noticed", {})


def visited(visit: Callable[[], str]) -> Dialogue:
    """One person's whole enrolment on the patients' own screens. `visit` returns why it failed, or nothing."""
    title = line("visit.title")
    answer: Answer = yield Page(title, (line("visit.begin"),), (Act.LATER, Act.GO))
    while answer.act in (Act.GO, Act.AGAIN):
        failed: str = yield Work(busy(Step.VISIT), visit, takes_screen=True)
        if not failed:
            answer = yield Page(title, (line("visit.well"),), (Act.GO,))
            return WELL
        answer = yield Page(title, (line(f"visit.{failed}"),), (Act.LATER, Act.AGAIN))
    return LATER


def rehearsed(doctor: Doctor) -> Dialogue:
    """The cable out, what the kiosk keeps then, and the cable in again."""
    first: Answer = yield Page(line("rehearsal.title"), (line("rehearsal.begin"),), (Act.LATER, Act.GO))
    if first.act is Act.LATER:
        return LATER
    while True:
        told: Told = yield Work(busy(Step.REHEARSAL), lambda: doctor.parts("network", "store"))
        store, network = told.of("store"), told.of("network")
        if not _is_offline(network):
            key = "rehearsal.not_examined" if network.code == NOT_EXAMINED else "rehearsal.still_on"
            answer: Answer = yield Page(line("rehearsal.title"), (line(key),), (Act.LATER, Act.AGAIN))
        elif store.level == FAULT:
            shown = (line("rehearsal.cannot_keep"), *lines_of(store))
            answer = yield Page(line("rehearsal.title"), shown, (Act.LATER, Act.AGAIN))
        else:
            break
        if answer.act is Act.LATER:
            return Outcome.LATER, store.code if _is_offline(network) else "still_on", {}
    waiting = store.figure("outbox")
    kept = line("rehearsal.keeps") if waiting is None else line("rehearsal.keeps_count", waiting=waiting)
    yield Page(line("rehearsal.title"), (kept, line("rehearsal.plug_in")), (Act.GO,))
    while True:
        told = yield Work(busy(Step.REHEARSAL), lambda: doctor.parts("network", "store"))
        answer = yield from _judged(Step.REHEARSAL, told, None)
        if answer.act is Act.LATER:
            return Outcome.LATER, broken(told).code, {}
        if answer.act is not Act.AGAIN:
            outcome = Outcome.WELL if answer.act is Act.GO else Outcome.CARE
            return outcome, broken(told).code if outcome is Outcome.CARE else "", written(told)


def _is_offline(network: Found) -> bool:
    """Whether no way leads out: each ends at its name or its port. A port that refuses is a network that answers."""
    ends = [step.code for step in network.steps if step.code != "ok"]
    return network.level == FAULT and bool(ends) and all(code in OFFLINE for code in ends)


def _judged(step: Step, told: Told, missing: Line | None) -> Generator[Page, Answer, Answer]:
    """Show what was found, and the message to the hospital's IT beside it where there is one to send."""
    level = FAULT if missing else told.level
    shown = tuple(each for found in told.parts for each in lines_of(found))
    lines = (missing, *shown) if missing else shown
    ways = {FAULT: (Act.LATER, Act.AGAIN), CARE: (Act.LATER, Act.AGAIN, Act.ANYWAY)}.get(level, (Act.AGAIN, Act.GO))
    message = for_it(told)
    while True:
        acts = (Act.MESSAGE, *ways) if message else ways
        answer = yield Page(line(f"{step}.title"), lines, acts)
        if answer.act is not Act.MESSAGE or message is None:
            return answer
        yield Page(line("for_it.title"), (message,), (Act.CLOSE,))
