# SPDX-License-Identifier: Apache-2.0
"""What every screen has in common: a header with help and the language, one state to render, and its few choices.

A moment decides nothing and knows no other moment: it renders the state it was given and says what the person chose.
Choices that leave stand on the left and those that go on stand on the right, so that a double tap on a way forward
never lands on the next screen's way out.

Four keys do what a finger does: previous (left, up), next (right, down), choose (enter), cancel (escape).

What a voice says is read off the widgets: the sentences of the body, then the choices with the keys that take them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen

from kiosk.enrollment.states import Intent, State
from kiosk.screens.sentence import Choice, Read, Sentence
from kiosk.screens.speech import LEVELS, Prompt
from kiosk.screens.wording import Phrase, Public

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.geometry import Size
    from textual.widget import Widget

    from kiosk.screens.wording import Wording

S = TypeVar("S", bound=State)

STEPS = 4  # notice, card, face, code
_WIDTHS = [(0, "-narrow"), (56, "-wide")]  # from so many columns on, the class kiosk.tcss knows
_HEIGHTS = [(0, "-short"), (14, "-medium"), (20, "-tall")]  # rows, as above

_WAYS_OUT = (
    Intent.CANCEL,
    Intent.DECLINE,
    Intent.BACK,
    Intent.NO,
    Intent.DONE,
)  # the cancel key takes the first one offered
_COMPANY = {1: " alone", 2: "", 3: " of-three"}  # by how many choices stand in the row, the class kiosk.tcss knows


@dataclass(frozen=True, slots=True)
class Action:
    """One choice in the bottom row: what it means, the key of its words, and whether it is the way forward."""

    intent: Intent
    words: str
    forward: bool = True
    enabled: bool = True


COMPLAIN = Action(Intent.COMPLAIN, "button.complain", forward=False)


class Rendered(Message):
    """The words of a moment are there."""


class Body(Vertical):
    """The middle of a screen, made anew from the state whenever the state changes."""

    def __init__(self, fill: Callable[[], Iterable[Widget]]) -> None:
        super().__init__()
        self._fill = fill

    def compose(self) -> ComposeResult:
        """Ask the moment for its words."""
        yield from self._fill()

    async def recompose(self) -> None:
        """Make the words anew, and let them be heard."""
        await super().recompose()
        self.post_message(Rendered())


class Moment(Screen[None], Generic[S], inherit_bindings=False):
    """One state on the screen."""

    STEP: ClassVar[int | None] = None
    OFFERS_HELP: ClassVar[bool] = True
    HEARD_AS: ClassVar[str | None] = None  # the key that is said in place of a screen that is shown and never spoken
    ALLOW_SELECT = False
    AUTO_FOCUS = ".forward"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        ("tab,right,down", "go(1)", ""),
        ("shift+tab,left,up", "go(-1)", ""),
        ("escape", "leave", ""),
    ]

    class Expressed(Message):
        """The person wants something of the session."""

        def __init__(self, intent: Intent) -> None:
            super().__init__()
            self.intent = intent

    class LanguageTurned(Message):
        """The person wants the other language."""

    class Listened(Message):
        """The person wants to hear, or to hear it louder, or no more."""

    class Passed(Message):
        """The keys came to a choice."""

        def __init__(self, choice: Phrase) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, state: S, wording: Wording, *, live: bool, volume: int | None) -> None:
        super().__init__()
        self.state = state
        self.wording = wording
        self._live = live
        self.volume = volume

    def step(self) -> int | None:
        """Return which step of an enrolment this is, None where it is none."""
        return self.STEP

    def body(self) -> Iterable[Widget]:
        """Yield the words of the state, top to bottom."""
        raise NotImplementedError

    def actions(self) -> tuple[Action, ...]:
        """Return the choices of the state, left to right; the first way forward has the focus."""
        return ()

    def offered(self) -> object:
        """Return what can be chosen in the body and below it: a state that changes it is rendered whole."""
        return self.actions()

    def middle(self) -> Iterable[Widget]:
        """Yield what stands between header and choices."""
        yield Body(self.body)

    def beside(self) -> Iterable[Widget]:
        """Yield what stands right of a lone choice, where there is room."""
        return ()

    def compose(self) -> ComposeResult:
        """Lay out header, middle and choices."""
        yield Horizontal(*self._header(), id="header")
        yield from self.middle()
        actions = self.actions()
        if actions:
            company = _COMPANY[len(actions)]
            choices = (self._choice(action, company) for action in actions)
            yield Horizontal(*choices, *self.beside(), id="choices")

    def fit(self, size: Size) -> None:
        """Take the looks for this size at once: Textual gives them after the first frame, which would be seen."""
        for steps, length in ((_WIDTHS, size.width), (_HEIGHTS, size.height)):
            self.add_class(max(step for step in steps if step[0] <= length)[1])

    def on_mount(self) -> None:
        """Let the words be heard, once it is settled where the keys are."""
        self.call_after_refresh(self.post_message, Rendered())

    def update(self, state: S, wording: Wording, volume: int | None) -> None:
        """Render another state of the same kind, or the same state in another language or with another volume."""
        before = (self.offered(), self.step(), self.wording, self.volume)
        self.state, self.wording, self.volume = state, wording, volume
        bodies = self.query(Body)
        if before == (self.offered(), self.step(), wording, volume) and bodies:
            bodies.first().refresh(recompose=True)
        else:
            self.refresh(recompose=True)

    async def recompose(self) -> None:
        """Make everything anew and put the focus back where it was, or where it begins if that choice is gone."""
        focused = self.focused.id if self.focused else None
        await super().recompose()
        enabled = [choice for choice in self.query(Choice) if not choice.disabled]
        ways = [choice for choice in enabled if choice.id == focused]
        if focused is not None and not ways:
            ways = [choice for choice in enabled if choice.has_class("forward")]
        if ways:
            ways[0].focus()
        self.post_message(Rendered())

    def prompt(self) -> Prompt:
        """Say what is shown, then what can be done."""
        if self.HEARD_AS is not None:
            return Prompt(self, self.wording.language, (self.wording.phrase(self.HEARD_AS),), ())
        read = (each for each in self.query(Read) if not isinstance(each, Choice))
        shown = tuple(each.phrase for each in read if each.phrase is not None)
        return Prompt(self, self.wording.language, shown, tuple(self._ways()))

    def greeting(self) -> tuple[Phrase, ...]:
        """Say how loud the voice is, and which keys there are."""
        level = self.wording.phrase("spoken.level", level=self.volume or 0, levels=LEVELS)
        return (level, self.wording.phrase("spoken.keys"))

    def action_go(self, step: int) -> None:
        """Go to the next choice, or to the one before, and say which it is, unless that tells what is never spoken."""
        reached = self.focus_next(Choice) if step > 0 else self.focus_previous(Choice)
        if isinstance(reached, Choice) and (self.HEARD_AS is None or reached.has_class("corner")):
            self.post_message(self.Passed(reached.phrase))

    def action_leave(self) -> None:
        """Take the screen's way out, as if its choice had been touched."""
        offered = {choice.intent for choice in self.query(Choice) if not choice.disabled}
        for intent in _WAYS_OUT:
            if intent in offered:
                self.post_message(self.Expressed(intent))
                return

    def on_choice_chosen(self, event: Choice.Chosen) -> None:
        """Pass the choice on as an intent, or as the wish for the other language."""
        event.stop()
        if event.choice.intent is not None:
            self.post_message(self.Expressed(event.choice.intent))
        else:
            self.post_message(self.Listened() if event.choice.id == "listen" else self.LanguageTurned())

    def line(self, key: str, classes: str, *, max_lines: int | None = None, **values: object) -> Sentence:
        """Return one sentence of the catalogue, which a voice says too."""
        sentence = Sentence(self.wording.text(key, **values), classes=classes, max_lines=max_lines)
        sentence.phrase = self.wording.phrase(key, **values)
        return sentence

    def choice(self, key: str, intent: Intent | None, *, classes: str, name_id: str) -> Choice:
        """Return one choice of the catalogue."""
        phrase = self.wording.phrase(key)
        return Choice(self.wording.text(key), intent, classes=classes, name_id=name_id, phrase=phrase)

    def _header(self) -> Iterable[Widget]:
        if self.OFFERS_HELP:
            yield self.choice("header.help", Intent.HELP, classes="corner help", name_id="help")
        step = self.step()
        words = "" if step is None else self.wording.text("header.step", step=step, steps=STEPS)
        yield Sentence(words, classes="step")
        if self.volume is not None:
            yield self._listen(self.volume)
        if self._live:
            yield Sentence("", classes="live")
        else:
            brief = "header.test_mode_brief" if self.has_class("-narrow") else "header.test_mode"
            yield Sentence(self.wording.text(brief), classes="test")
        yield self.choice("header.language", None, classes="corner language", name_id="language")

    def _listen(self, volume: int) -> Choice:
        if volume == 0:
            return self.choice("header.listen", None, classes="corner listen", name_id="listen")
        phrase = self.wording.phrase("header.volume", level=volume)
        words = self.wording.text("header.volume", level=volume)
        return Choice(words, None, classes="corner listen", name_id="listen", phrase=phrase)

    def _choice(self, action: Action, company: str) -> Choice:
        kind = f"choice {'forward' if action.forward else 'back'}{company}"
        choice = self.choice(action.words, action.intent, classes=kind, name_id=f"choice-{action.intent}")
        choice.disabled = not action.enabled
        return choice

    def _ways(self) -> Iterable[Phrase]:
        """Say what the key that chooses does here, what else there is, and what the key that cancels does."""
        offered = [choice for choice in self.query(Choice) if not choice.disabled and not choice.has_class("corner")]
        here = [choice for choice in offered if choice is self.focused]
        out = next((intent for intent in _WAYS_OUT if any(choice.intent == intent for choice in offered)), None)
        ways_out = [choice for choice in offered if choice.intent == out and choice not in here]
        others = [choice for choice in offered if choice not in (*here, *ways_out)]
        for key, choices in (("spoken.here", here), ("spoken.others", others), ("spoken.out", ways_out)):
            if choices:
                yield self._joined(key, [choice.phrase for choice in choices])

    def _joined(self, key: str, named: list[Phrase]) -> Phrase:
        private, aloud = (
            self.wording.phrase(key, choices=Public(", ".join(words))).private
            for words in ([each.private for each in named], [each.aloud for each in named])
        )
        return Phrase(" ".join([key, *(each.key for each in named)]), private, aloud)
