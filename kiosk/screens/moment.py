# SPDX-License-Identifier: Apache-2.0
"""What every screen has in common: a header with help and the language, one state to render, and its few choices.

A moment decides nothing and knows no other moment: it renders the state it was given and says what the person chose.
Choices that leave stand on the left and those that go on stand on the right, so that a double tap on a way forward
never lands on the next screen's way out.

Four keys do what a finger does: previous (left, up), next (right, down), choose (enter), cancel (escape).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen

from kiosk.enrollment.states import Intent, State
from kiosk.screens.sentence import Choice, Sentence

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


class Body(Vertical):
    """The middle of a screen, made anew from the state whenever the state changes."""

    def __init__(self, fill: Callable[[], Iterable[Widget]]) -> None:
        super().__init__()
        self._fill = fill

    def compose(self) -> ComposeResult:
        """Ask the moment for its words."""
        yield from self._fill()


class Moment(Screen[None], Generic[S], inherit_bindings=False):
    """One state on the screen."""

    STEP: ClassVar[int | None] = None
    OFFERS_HELP: ClassVar[bool] = True
    ALLOW_SELECT = False
    AUTO_FOCUS = ".forward"
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        ("tab,right,down", "app.focus_next", ""),
        ("shift+tab,left,up", "app.focus_previous", ""),
        ("escape", "leave", ""),
    ]

    class Expressed(Message):
        """The person wants something of the session."""

        def __init__(self, intent: Intent) -> None:
            super().__init__()
            self.intent = intent

    class LanguageTurned(Message):
        """The person wants the other language."""

    def __init__(self, state: S, wording: Wording, *, live: bool) -> None:
        super().__init__()
        self.state = state
        self.wording = wording
        self._live = live

    def step(self) -> int | None:
        """Return which step of an enrolment this is, None where it is none."""
        return self.STEP

    def body(self) -> Iterable[Widget]:
        """Yield the words of the state, top to bottom."""
        raise NotImplementedError

    def actions(self) -> tuple[Action, ...]:
        """Return the choices of the state, left to right; the first way forward has the focus."""
        return ()

    def middle(self) -> Iterable[Widget]:
        """Yield what stands between header and choices."""
        yield Body(self.body)

    def compose(self) -> ComposeResult:
        """Lay out header, middle and choices."""
        yield Horizontal(*self._header(), id="header")
        yield from self.middle()
        actions = self.actions()
        if actions:
            company = _COMPANY[len(actions)]
            yield Horizontal(*(self._choice(action, company) for action in actions), id="choices")

    def fit(self, size: Size) -> None:
        """Take the looks for this size at once: Textual gives them after the first frame, which would be seen."""
        for steps, length in ((_WIDTHS, size.width), (_HEIGHTS, size.height)):
            self.add_class(max(step for step in steps if step[0] <= length)[1])

    def update(self, state: S, wording: Wording) -> None:
        """Render another state of the same kind, or the same state in another language."""
        before = (self.actions(), self.wording)
        self.state, self.wording = state, wording
        bodies = self.query(Body)
        if before == (self.actions(), wording) and bodies:
            bodies.first().refresh(recompose=True)
        else:
            self.refresh(recompose=True)

    async def recompose(self) -> None:
        """Make everything anew and put the focus back where it was."""
        focused = self.focused.id if self.focused else None
        await super().recompose()
        for choice in self.query(Choice):
            if choice.id == focused:
                choice.focus()

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
        self.post_message(self.LanguageTurned() if event.intent is None else self.Expressed(event.intent))

    def line(self, key: str, classes: str, **values: object) -> Sentence:
        """Return one sentence of the catalogue."""
        return Sentence(self.wording.text(key, **values), classes=classes)

    def _header(self) -> Iterable[Widget]:
        if self.OFFERS_HELP:
            yield Choice(self.wording.text("header.help"), Intent.HELP, classes="corner help", name_id="help")
        step = self.step()
        words = "" if step is None else self.wording.text("header.step", step=step, steps=STEPS)
        yield Sentence(words, classes="step")
        if self._live:
            yield Sentence("", classes="live")
        else:
            yield self.line("header.test_mode", "test")
        yield Choice(self.wording.text("header.language"), None, classes="corner language", name_id="language")

    def _choice(self, action: Action, company: str) -> Choice:
        kind = f"choice {'forward' if action.forward else 'back'}{company}"
        text = self.wording.text(action.words)
        choice = Choice(text, action.intent, classes=kind, name_id=f"choice-{action.intent}")
        choice.disabled = not action.enabled
        return choice
