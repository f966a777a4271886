# SPDX-License-Identifier: Apache-2.0
"""Draws a page: a header, what is said, and one row of touches. Text that does not fit goes on at a touch.

A screen decides nothing: it says what was touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen

from provisioning.commissioning.pages import Act, Answer, Form, is_forward
from provisioning.commissioning.steps import Step
from wire.claims import CODE_LETTERS
from wire.lettering.thai import wrap
from wire.lettering.wrapped import Wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.geometry import Size
    from textual.widget import Widget

    from provisioning.commissioning.pages import Page
    from provisioning.commissioning.words import Words

_SHORT_ROWS = 20  # below it header and touches are lower
_WIDE_COLUMNS = 56
_TARGETS = 5
_ERASE = "erase"
_MARGIN = 2  # columns on either side together


class Touch(Wrapped, can_focus=True):
    """Something to be touched."""

    BINDINGS: ClassVar[list[BindingType]] = [("enter", "touch", "")]

    class Touched(Message):
        """It was."""

        def __init__(self, touch: Touch) -> None:
            super().__init__()
            self.touch = touch

    def action_touch(self) -> None:
        """Say so."""
        if not self.disabled:
            self.post_message(self.Touched(self))

    def on_click(self, event: events.Click) -> None:
        """By a finger."""
        event.stop()
        self.action_touch()


class PageScreen(Screen[None]):
    """One page in one language."""

    ALLOW_SELECT = False
    AUTO_FOCUS = ".forward"

    class Answered(Message):
        """The technician answered the page."""

        def __init__(self, answer_of: PageScreen, answer: Answer) -> None:
            super().__init__()
            self.answer_of = answer_of
            self.answer = answer

    class LanguageTurned(Message):
        """The technician wants the other language."""

    def __init__(self, page: Page, words: Words, step: Step | None, *, can_go_back: bool) -> None:
        super().__init__()
        self.page = page
        self._words = words
        self._step = step
        self._can_go_back = can_go_back
        self._typed = ""
        self._touched: set[str] = set()
        self._at = 0  # which part of a long text is shown
        self._laid_out: Size | None = None

    def fit(self, size: Size) -> None:
        """Take the looks for this size."""
        self.set_class(size.height < _SHORT_ROWS, "-short")
        self.set_class(size.width < _WIDE_COLUMNS, "-narrow")

    def compose(self) -> ComposeResult:
        """Lay out header, middle and touches."""
        yield Horizontal(*self._header(), id="header")
        if self.page.form is Form.TARGETS:
            yield from self._targets()
        elif self.page.form is Form.KEYS:
            yield from self._keys()
        else:
            yield from self._text()

    async def on_touch_touched(self, event: Touch.Touched) -> None:
        """Pass it on, or settle what only this screen knows: a letter, a target, the next part of a text."""
        event.stop()
        name = event.touch.id or ""
        if name == "language":
            self.post_message(self.LanguageTurned())
        elif name in ("more", "less"):
            self._at += 1 if name == "more" else -1
            await self.recompose()
        elif name.startswith("key-"):
            self._type(name.removeprefix("key-"))
        elif name.startswith("target-"):
            self._hit(event.touch)
        else:
            self.post_message(self.Answered(self, Answer(Act(name.removeprefix("act-")), self._typed)))

    async def on_resize(self, event: events.Resize) -> None:
        """Lay out anew: how much text is shown depends on it."""
        if self.is_mounted and event.size != self._laid_out:
            self.fit(event.size)
            await self.recompose()

    @property
    def parts(self) -> list[list[str]]:
        """The text in parts that fit."""
        said = "\n".join(each.text(self._words) for each in self.page.lines)
        lines = wrap(said, self.app.size.width - _MARGIN)
        rows = max(1, self._rows())
        return [lines[at : at + rows] for at in range(0, len(lines), rows)] or [[]]

    def _rows(self) -> int:
        """The rows that the text has: without header, title and touches."""
        short = self.app.size.height < _SHORT_ROWS
        title = len(wrap(self.page.title.text(self._words), self.app.size.width - _MARGIN))
        return self.app.size.height - title - (4 if short else 11)

    def _text(self) -> Iterable[Widget]:
        self._laid_out = self.app.size
        parts = self.parts
        self._at = min(self._at, len(parts) - 1)
        yield Wrapped(self.page.title.text(self._words), classes="title")
        looks = {Form.BIG: "said big", Form.BUSY: "said busy"}.get(self.page.form, "said")
        yield Vertical(Wrapped("\n".join(parts[self._at]), classes=looks), id="body")
        yield Horizontal(*self._acts(len(parts)), id="acts")

    def _acts(self, parts: int) -> Iterable[Widget]:
        if self._at < parts - 1:  # first read, then answer
            if self._at:
                yield Touch(self._words.text("act.less"), classes="act back", name_id="less")
            text = self._words.text("act.more", at=self._at + 1, of=parts)
            yield Touch(text, classes="act forward", name_id="more")
            return
        if parts > 1:
            yield Touch(self._words.text("act.less"), classes="act back", name_id="less")
        for act in self.page.acts:
            yield self._act(act)

    def _act(self, act: Act) -> Touch:
        looks = "act forward" if is_forward(act) else "act back"
        return Touch(self._words.text(f"act.{act}"), classes=looks, name_id=f"act-{act}")

    def _header(self) -> Iterable[Widget]:
        if self._can_go_back:
            yield Touch(self._words.text("act.back"), classes="corner", name_id="act-back")
        at = "" if self._step is None else self._words.text("header.step", at=self._number(), of=len(Step))
        yield Wrapped(at, classes="at")
        yield Touch(self._words.text("header.language"), classes="corner", name_id="language")

    def _number(self) -> int:
        return 0 if self._step is None else list(Step).index(self._step) + 1

    def _keys(self) -> Iterable[Widget]:
        self._laid_out = self.app.size
        title = Wrapped(self.page.title.text(self._words), classes="title")
        yield Horizontal(title, Wrapped(self._blanks(), classes="typed", name_id="typed"), id="entry")
        keys = [*self.page.letters, _ERASE]
        a_row = 8 if len(keys) > 16 else 6  # noqa: PLR2004 - letters are many and digits few
        rows = [keys[at : at + a_row] for at in range(0, len(keys), a_row)]
        yield Vertical(*(self._row(row, a_row, at) for at, row in enumerate(rows)), id="pad")
        acts = [self._act(act) for act in self.page.acts]
        for act in acts:
            act.disabled = act.has_class("forward")
        yield Horizontal(*acts, id="acts", classes="pad-below")

    def _row(self, letters: list[str], width: int, at: int) -> Horizontal:
        keys: list[Widget] = [
            Touch(self._words.text("act.erase") if letter == _ERASE else letter, classes="key", name_id=f"key-{letter}")
            for letter in letters
        ]
        free: list[Widget] = [Vertical(classes="between") for _ in range(width - len(letters))]
        return Horizontal(*keys, *free, classes="keys odd" if at % 2 else "keys")

    def _blanks(self) -> str:
        shown = self._typed.ljust(self.page.length, "_")
        return f"{shown[:4]}-{shown[4:]}" if self.page.length == CODE_LETTERS else shown

    def _type(self, letter: str) -> None:
        if letter == _ERASE:
            self._typed = self._typed[:-1]
        elif len(self._typed) < self.page.length:
            self._typed += letter
        self.query_one("#typed", Wrapped).say(self._blanks())
        for act in self.query("#acts > .forward"):
            act.disabled = len(self._typed) < self.page.length

    def _targets(self) -> Iterable[Widget]:
        self._laid_out = self.app.size
        one, two, three, four, five = (
            Touch("●" if f"target-{at}" in self._touched else str(at + 1), classes="target", name_id=f"target-{at}")
            for at in range(_TARGETS)
        )
        later = self._act(Act.LATER)
        title = Wrapped(self.page.title.text(self._words), classes="title")
        said = Wrapped("\n".join(each.text(self._words) for each in self.page.lines), classes="said")
        yield Horizontal(one, Vertical(title, classes="between"), two, classes="edge")
        yield Horizontal(said, three, Vertical(classes="between"), id="centre")
        yield Horizontal(four, Vertical(later, classes="between"), five, classes="edge")

    def _hit(self, target: Touch) -> None:
        self._touched.add(target.id or "")
        target.add_class("hit")
        target.say("●")
        if len(self._touched) == _TARGETS:
            self.post_message(self.Answered(self, Answer(Act.GO)))
