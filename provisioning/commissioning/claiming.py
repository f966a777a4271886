# SPDX-License-Identifier: Apache-2.0
"""The conversations in which a machine gets its name: the way to the door, the claim, the words on two screens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from provisioning.commissioning.dialogues import WELL, busy
from provisioning.commissioning.pages import Act, Form, Page, Work, line
from provisioning.commissioning.steps import Outcome, Step
from provisioning.device.asking import How
from wire.claims import ALPHABET, CODE_LETTERS, Why

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from provisioning.commissioning.becoming import Machine, Refused
    from provisioning.commissioning.dialogues import Dialogue
    from provisioning.commissioning.pages import Answer, Line
    from provisioning.commissioning.steps import Progress

DIGITS = "1234567890"
_FACILITY_DIGITS = 5
_WHYS = frozenset(Why)
_REPORT_WAYS = (Act.MESSAGE, Act.ANYWAY, Act.AGAIN)
_KNOWN = frozenset(How) | _WHYS


def way(machine: Machine) -> Dialogue:
    """Whether the fleet's door is reached at all."""
    yield Page(line("way.title"), (line("way.begin"),), (Act.GO,))
    while True:
        refused: Refused | None = yield Work(busy(Step.WAY), machine.way)
        if refused is None:
            yield Page(line("way.title"), (line("way.well", door=machine.door()),), (Act.GO,))
            return WELL
        answer: Answer = yield Page(line("way.title"), _why(refused), (Act.MESSAGE, Act.AGAIN))
        if answer.act is Act.MESSAGE:
            yield Page(line("for_it.title"), (_for_it(machine, refused),), (Act.CLOSE,))


def claim(
    machine: Machine,
    progress: Progress,
    typed: Callable[[str, str], None],
    scan: Callable[[], tuple[str, str] | None],
) -> Dialogue:
    """Facility and code, typed once or read by the camera; `typed` keeps them over a power cut."""
    facility, code = progress.facility, progress.code
    while True:
        if not (facility and code):
            facility, code = yield from _told(scan)
            if not (facility and code):
                continue
            typed(facility, code)
        refused: Refused | None = yield Work(busy(Step.CLAIM), partial(machine.claim, code, facility))
        if refused is None:
            typed("", "")
            return WELL
        answer = yield Page(line("claim.title"), _why(refused), _ways_on(refused))
        if answer.act is Act.MESSAGE:
            yield Page(line("for_it.title"), (_for_it(machine, refused),), (Act.CLOSE,))
        if answer.act is Act.RETYPE:
            facility = code = ""


def _told(scan: Callable[[], tuple[str, str] | None]) -> Generator[Page | Work, Any, tuple[str, str]]:
    """What the technician types or shows; two empty texts where it is to be begun anew."""
    title = line("claim.facility")
    answer: Answer = yield Page(title, (), (Act.SCAN, Act.GO), Form.KEYS, DIGITS, _FACILITY_DIGITS)
    while answer.act in (Act.SCAN, Act.AGAIN):
        looking = Page(line("scan.title"), (line("scan.busy"),), form=Form.BUSY)
        found: tuple[str, str] | None = yield Work(looking, scan)
        if found is not None:
            return found
        answer = yield Page(line("scan.title"), (line("scan.nothing"),), (Act.RETYPE, Act.AGAIN))
    if answer.act is Act.RETYPE:
        return "", ""
    facility = answer.typed
    answer = yield Page(line("claim.code"), (), (Act.RETYPE, Act.GO), Form.KEYS, ALPHABET, CODE_LETTERS)
    return facility, answer.typed if answer.act is Act.GO else ""


def words(machine: Machine) -> Dialogue:
    """The four words, to be compared with those on the controller."""
    pairs = ["  ".join(pair) for pair in zip(*(machine.words(each) for each in ("th", "en")), strict=True)]
    while True:
        shown = line("words.words", words="\n".join(pairs))
        answer: Answer = yield Page(line("words.title"), (shown,), (Act.NO, Act.YES), form=Form.BIG)
        if answer.act is Act.YES:
            return WELL
        answer = yield Page(line("words.title"), (line("words.sure"),), (Act.NO, Act.CLOSE))
        if answer.act is Act.NO:
            return Outcome.REFUSED, "words_differ", {}


def reported(machine: Machine, message: bytes) -> Dialogue:
    """Hand the report to the controller; a technician may leave without that, and do it again later."""
    sending = Page(line("report.title"), (line("report.busy"),), form=Form.BUSY)
    while True:
        refused: Refused | None = yield Work(sending, partial(machine.report, message))
        if refused is None:
            yield Page(line("report.title"), (line("report.well"),), (Act.GO,))
            return WELL
        answer: Answer = yield Page(line("report.title"), (line("report.kept"), *_why(refused)), _REPORT_WAYS)
        if answer.act is Act.MESSAGE:
            yield Page(line("for_it.title"), (_for_it(machine, refused),), (Act.CLOSE,))
        if answer.act is Act.ANYWAY:
            return Outcome.CARE, "not_reported", {}


def _why(refused: Refused) -> tuple[Line, ...]:
    """What is the matter and what to do; the cause in English where the texts have no words for it."""
    if refused.why in _KNOWN:
        return (line(f"refused.{refused.why}"),)
    return (line("refused.other"), line("found.detail", detail=refused.cause))


def _ways_on(refused: Refused) -> tuple[Act, ...]:
    if refused.why in frozenset(How):
        return (Act.MESSAGE, Act.RETYPE, Act.AGAIN)
    return (Act.RETYPE, Act.AGAIN)


def _for_it(machine: Machine, refused: Refused) -> Line:
    host, _, port = machine.door().rpartition(":")
    return line("for_it.door", host=host, port=port, why=refused.why)
