# SPDX-License-Identifier: Apache-2.0
"""Leads from step to step: keeps what came of each before the next begins, and knows which page is shown.

It knows no screen: whoever shows its page sends back what was touched, or what the work returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from provisioning.commissioning import claiming, dialogues, reporting, sheet, steps
from provisioning.commissioning.pages import Act, Answer, Line, Page, Work, line
from provisioning.commissioning.steps import Outcome, Result, Step
from provisioning.errors import FolderError, ProvisioningError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from provisioning.commissioning.becoming import Machine
    from provisioning.commissioning.dialogues import Dialogue
    from provisioning.commissioning.examining import Doctor, Told
    from provisioning.commissioning.keeping import Keeper
    from provisioning.commissioning.words import Words


class Speaks(Protocol):
    """Has the kiosk say something aloud."""

    def say(self, text: str, language: str) -> str:
        """Say it to the end; why it could not be said, as a word of the texts, or nothing."""


class Tries(Protocol):
    """Has the kiosk do for nobody what it does for people; why it failed, as a word of the texts, or nothing."""

    def scan(self) -> tuple[str, str] | None:
        """Look with the camera for a claim's QR code: facility and code; None where none was seen."""

    def slip(self) -> str:
        """Print a slip."""

    def visit(self) -> str:
        """Let one person enrol in the profile test, on this very terminal."""


@dataclass(frozen=True, slots=True)
class Kit:
    """What a commissioning works with; `now_ms` is in ms since 1970 UTC."""

    machine: Machine
    doctor: Doctor
    voice: Speaks
    trials: Tries
    keeper: Keeper
    words: Mapping[str, Words]
    now_ms: Callable[[], int]


class Guide:
    """One commissioning: `shown` is the page, or the work that is to be done now; None when it is over."""

    def __init__(self, kit: Kit) -> None:
        """Go on where it was left."""
        self._kit = kit
        kit.machine.finish()
        self.progress = kit.keeper.read()
        self.step: Step | None = None
        self.shown: Page | Work | None = None
        self._talk: Generator[Page | Work, Any, Any] = self._over()
        try:
            self._open()
        except ProvisioningError as error:
            self._show_trouble(error)

    @property
    def words(self) -> Words:
        """Of the language chosen."""
        return self._kit.words.get(self.progress.language) or next(iter(self._kit.words.values()))

    @property
    def can_go_back(self) -> bool:
        """Whether there is a step before this one that can be done again."""
        return isinstance(self.shown, Page) and steps.step_before(self.progress, kiosk=self._kiosk()) is not None

    def turn(self) -> None:
        """The next language."""
        languages = list(self._kit.words)
        language = languages[(languages.index(self.words.language) + 1) % len(languages)]
        self._keep(msgspec.structs.replace(self.progress, language=language))

    def answer(self, value: object) -> None:
        """Go on with what was touched, or with what the work returned. An error of ours is shown, then begun anew."""
        try:
            self._go_on(value)
        except ProvisioningError as error:
            self._show_trouble(error)

    def _go_on(self, value: object) -> None:
        if isinstance(value, ProvisioningError):
            raise value
        if isinstance(value, Answer) and value.act is Act.BACK:
            before = steps.step_before(self.progress, kiosk=self._kiosk())
            if before is not None:
                self._keep(steps.repeated(self.progress, before))
                self._open()
            return
        try:
            self.shown = self._talk.send(value)
        except StopIteration as ended:
            self._ended(ended.value)

    def _ended(self, came: dialogues.Reached | Act | None) -> None:
        """A step was settled, the last page answered, or an error read."""
        if self.step is not None and isinstance(came, tuple):
            self._settled(self.step, *came)
        elif came is Act.END:
            self.shown = None
            if self.step is None and not steps.is_stopped(self.progress, kiosk=self._kiosk()):
                self._kit.keeper.close()
        else:
            if came is Act.AGAIN:
                self._keep(steps.repeated(self.progress, *Step))
            self._open()

    def _show_trouble(self, error: ProvisioningError) -> None:
        self._talk = _told(error)
        self.shown = next(self._talk)

    def _open(self) -> None:
        self.step = steps.next_step(self.progress, kiosk=self._kiosk())
        self._talk = self._over() if self.step is None else self._dialogue(self.step)
        self.shown = next(self._talk)

    def _settled(self, step: Step, outcome: Outcome, code: str, figures: dict[str, str]) -> None:
        result = Result(step, outcome, self._kit.now_ms(), code, figures)
        if step is Step.CLAIM:  # that it is done stands in the settings, and nowhere else
            self._keep(msgspec.structs.replace(self.progress, kiosk=self._kiosk(), results=()))
        else:
            self._keep(steps.settle(self.progress, result, kiosk=self._kiosk()))
        self._open()

    def _dialogue(self, step: Step) -> Dialogue:
        kit = self._kit
        begin: Mapping[Step, Callable[[], Dialogue]] = {
            Step.WAY: lambda: claiming.way(kit.machine),
            Step.CLAIM: lambda: claiming.claim(kit.machine, self.progress, self._typed, kit.trials.scan),
            Step.WORDS: lambda: claiming.words(kit.machine),
            Step.NETWORK: lambda: dialogues.examined(step, kit.doctor, ("clock", "network", "certificates")),
            Step.READER: lambda: dialogues.examined(step, kit.doctor, ("reader",), dialogues.no_card),
            Step.CAMERA: lambda: dialogues.examined(step, kit.doctor, ("camera",)),
            Step.TOUCH: dialogues.touched,
            Step.SOUND: lambda: dialogues.noticed(step, self._speak),
            Step.PRINTER: lambda: dialogues.noticed(step, kit.trials.slip),
            Step.PRIVACY: lambda: dialogues.confirmed(step),
            Step.VISIT: lambda: dialogues.visited(kit.trials.visit),
            Step.REHEARSAL: lambda: dialogues.rehearsed(kit.doctor),
            Step.HAND_OVER: self._hand_over,
        }
        return begin[step]()

    def _hand_over(self) -> Dialogue:
        yield Page(line("hand_over.title"), (line("hand_over.begin"),), (Act.GO,))
        told: Told = yield Work(dialogues.busy(Step.HAND_OVER), self._kit.doctor.all)
        papers, message = self._papers(told)
        yield Page(line("hand_over.title"), self._paper(papers), (Act.GO,))
        return (yield from claiming.reported(self._kit.machine, message))

    def _papers(self, told: Told) -> tuple[dict[str, list[str]], bytes]:
        """The paper in every language and the signed report, which now lie in the folder too."""
        identity, at_ms = self._kit.machine.identity(), self._kit.now_ms()
        if identity is None:
            message = "kiosk.toml is gone. Start with a fresh image."
            raise FolderError(message)
        papers = {
            language: sheet.lines(words, identity, self.progress, told, at_ms)
            for language, words in self._kit.words.items()
        }
        signed = reporting.signed(self._kit.machine.event_key(), reporting.report(identity, self.progress, told, at_ms))
        place = self._kit.keeper.place
        sheet.write(place, papers, sheet.self_test(identity, self.progress, told, at_ms), signed)
        return papers, signed

    @staticmethod
    def _paper(papers: Mapping[str, list[str]]) -> tuple[Line, ...]:
        return (Line(told={language: "\n".join(paper) for language, paper in papers.items()}),)

    def _over(self) -> Generator[Page | Work, Answer, Act]:
        if steps.is_stopped(self.progress, kiosk=self._kiosk()):
            answer = yield Page(line("stopped.title"), (line("stopped.words"),), (Act.END,))
            return answer.act
        places = [self._kit.keeper.place / name for name in (sheet.SHEET, sheet.SELF_TEST)]
        done = line("done.body", sheet=places[0], report=places[1])
        answer = yield Page(line("done.title"), (done,), (Act.AGAIN, Act.END))
        return answer.act

    def _speak(self) -> str:
        return self._kit.voice.say(self.words.plain("sound.prompt"), self.words.language)

    def _typed(self, facility: str, code: str) -> None:
        self._keep(msgspec.structs.replace(self.progress, facility=facility, code=code))

    def _keep(self, progress: steps.Progress) -> None:
        self._kit.keeper.keep(progress)
        self.progress = progress

    def _kiosk(self) -> str:
        identity = self._kit.machine.identity()
        return "" if identity is None else identity.kiosk


def _told(error: ProvisioningError) -> Generator[Page, Answer, None]:
    yield Page(line("trouble.title"), (line("trouble.body", cause=str(error)),), (Act.AGAIN,))
