# SPDX-License-Identifier: Apache-2.0
"""Tells when a card, a reader or the reader service comes and goes, as typed events with stable codes.

It never reads a card and swallows no change: a card that was swapped between two looks is told as gone and come. The
sentences for the person and the technician stand under `reader_event.<code>` in the screens' texts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from kiosk.enrollment.ports import Presence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_LOOK_S = 0.25  # how long one look may wait, and so how soon `stop` is obeyed


class CardState(StrEnum):
    """What one reader's slot holds."""

    ABSENT = "absent"
    PRESENT = "present"
    MUTE = "mute"  # a card that does not answer a reset: turned over, or broken


class ReaderEvent(StrEnum):
    """What can happen, by the code that logs and the fleet know."""

    SERVICE_LOST = "service_lost"
    SERVICE_BACK = "service_back"
    READER_ATTACHED = "reader_attached"
    READER_DETACHED = "reader_detached"
    CARD_INSERTED = "card_inserted"
    CARD_MUTE = "card_mute"
    CARD_REMOVED = "card_removed"


@dataclass(frozen=True, slots=True)
class Slot:
    """A reader now. `movements` counts cards going in and out; it stands still while nothing moves."""

    reader: str
    card: CardState
    movements: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """Every reader that is watched; `running` is whether the reader service answers."""

    slots: tuple[Slot, ...] = ()
    running: bool = True

    def slot(self, reader: str) -> Slot | None:
        """Find a reader."""
        return next((slot for slot in self.slots if slot.reader == reader), None)

    def with_card(self) -> str | None:
        """Name the first reader that holds a card."""
        return next((slot.reader for slot in self.slots if slot.card is not CardState.ABSENT), None)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event. `reader` is empty for what happens to the service."""

    event: ReaderEvent
    reader: str = ""


class ReaderSource(Protocol):
    """Looks at the readers. A missing reader or service is part of the view, not an error."""

    def look(self, timeout_s: float) -> View:
        """Return what is seen at the first call and as soon as it changes, else after `timeout_s` seconds."""

    def close(self) -> None:
        """Let go of the service; the next look starts anew."""


_COMING = {CardState.PRESENT: ReaderEvent.CARD_INSERTED, CardState.MUTE: ReaderEvent.CARD_MUTE}


def changes(before: View, now: View) -> Iterator[Happened]:
    """Tell what happened between two views, in order: what went, then what came."""
    if before.running and not now.running:
        yield Happened(ReaderEvent.SERVICE_LOST)
        return
    if now.running and not before.running:
        yield Happened(ReaderEvent.SERVICE_BACK)
    for slot in before.slots if before.running else ():
        if now.slot(slot.reader) is None:
            if slot.card is not CardState.ABSENT:
                yield Happened(ReaderEvent.CARD_REMOVED, slot.reader)
            yield Happened(ReaderEvent.READER_DETACHED, slot.reader)
    for slot in now.slots:
        known = before.slot(slot.reader) if before.running else None
        if known is None:
            yield Happened(ReaderEvent.READER_ATTACHED, slot.reader)
            known = Slot(slot.reader, CardState.ABSENT, slot.movements)
        yield from (Happened(event, slot.reader) for event in _moved(known, slot))


def _moved(before: Slot, now: Slot) -> Iterator[ReaderEvent]:
    """Tell a slot's card events. One that came and went unseen is told too: the count says so."""
    if before == now:
        return
    was_in, is_in = before.card is not CardState.ABSENT, now.card is not CardState.ABSENT
    swapped = before.movements != now.movements
    if was_in and (not is_in or swapped):
        yield ReaderEvent.CARD_REMOVED
    if is_in:
        yield _COMING[now.card]
    elif not was_in:
        yield ReaderEvent.CARD_INSERTED
        yield ReaderEvent.CARD_REMOVED


def _nobody(_happened: Happened) -> None:
    pass


class ReaderWatcher:
    """Implements `CardWatcher` over every reader of a source: the first that gets a card is the one that counts."""

    def __init__(self, source: ReaderSource, heard: Callable[[Happened], None] = _nobody) -> None:
        """Watch this source; `heard` is told each event, in the thread that watches."""
        self._source = source
        self._heard = heard
        self._stopped = threading.Event()
        self._told: Presence | None = None
        self.focus: str | None = None  # the reader whose card the session is about

    def watch(self, changed: Callable[[Presence], None]) -> None:
        """Call `changed` at once with the presence now, then at every change, until `stop`. Blocks."""
        view: View | None = None
        try:
            while not self._stopped.is_set():
                before, view = view, self._source.look(_LOOK_S)
                happened = tuple(changes(before or View(), view))
                for presence in (self._first(view),) if before is None else self._presences(happened, view):
                    if presence is not self._told:
                        self._told = presence
                        changed(presence)
                for one in happened:
                    self._heard(one)
        finally:
            self._source.close()

    def stop(self) -> None:
        """Make `watch` return within a quarter of a second; it cannot be started again."""
        self._stopped.set()

    def _first(self, view: View) -> Presence:
        self.focus = view.with_card()
        if self.focus is not None:
            return Presence.PRESENT
        return Presence.ABSENT if view.slots else Presence.NO_READER

    def _presences(self, happened: Iterable[Happened], now: View) -> Iterator[Presence]:
        """Turn events into what the session is told: one card at a time, whatever the number of readers."""
        for one in happened:
            match one.event:
                case ReaderEvent.SERVICE_LOST:
                    self.focus = None
                    yield Presence.NO_READER
                case ReaderEvent.READER_ATTACHED if self.focus is None:
                    yield Presence.ABSENT
                case ReaderEvent.CARD_INSERTED | ReaderEvent.CARD_MUTE if self.focus is None:
                    self.focus = one.reader
                    yield Presence.PRESENT
                case ReaderEvent.CARD_REMOVED if one.reader == self.focus:
                    self.focus = None
                    yield Presence.ABSENT
                case ReaderEvent.READER_DETACHED if not now.slots:
                    yield Presence.NO_READER
                case _:
                    pass
        if self.focus is None and (other := now.with_card()) is not None:
            self.focus = other
            yield Presence.PRESENT
