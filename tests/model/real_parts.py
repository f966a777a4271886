# SPDX-License-Identifier: Apache-2.0
"""Kiosks and a controller of real parts, led through the steps of a modelled world and compared with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.parts import FRESH
from tests.model.real_controller import RealController
from tests.model.real_kiosk import Counter, Keyring, RealKiosk
from tests.model.world import ALARMED, BACKUP, BOOKS, FLAGS, K1, K2, Did, State, Step, World
from tests.simulators.kiosk_wire import WireKiosk
from wire.ids import KeyId, StreamId, kiosk_id
from wire.sealing import OpeningKey
from wire.signing import SigningKey
from wire.topics import Up

if TYPE_CHECKING:
    from pathlib import Path

_BY_PEOPLE = frozenset({Did.BACKUP, Did.RESTORE, Did.RESTORE_OLD, Did.IMAGE, Did.RESTORE_CARD, Did.CLONE})


class Real:
    """The real parts beside a world, and the steps of the world done to them."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._wire = WireKiosk(kiosk_id("k-udon-01"), OpeningKey.generate(KeyId("relay#1")).public())
        receipts = SigningKey.generate(KeyId("controller#1"))
        keys = Keyring(self._wire, receipts, SigningKey.generate(KeyId("relay#2")).public())
        self.kiosks = [RealKiosk(folder / "card.db", Counter(), keys)]
        self.controller = RealController(folder, self._wire, receipts)
        self._messages: dict[int, bytes] = {}
        self._backup = self._older = self.controller.empty
        self._image: Path | None = None

    def do(self, step: Step, before: State) -> None:
        """Do what the world did, and compare what a receipt or a HELLO says."""
        did, k, what, after = step
        if did is Did.TAKE:
            told = self.controller.take(Up.EVENT, self._messages[what])
            assert told == self._acked(self._world.ends.told(after[BOOKS], after[BACKUP], -1))
        elif did is Did.HEAR:
            hello = self._wire.hello(pruned=dict(self._world.ends.hellos[what]))
            self.controller.take(Up.HELLO, hello)
        elif did in _BY_PEOPLE:
            self._by_people(did)
        else:
            self._at_kiosk(did, self.kiosks[k], what, (before, before[k], after[k]))

    def _at_kiosk(self, did: Did, kiosk: RealKiosk, what: int, then: tuple[State, int, int]) -> None:
        ends = self._world.ends
        state, before, after = then
        match did:
            case Did.FILE | Did.FILE_CUT:
                counted = ends.kiosks[after].device > ends.kiosks[before].device
                self._messages[what] = kiosk.file(StreamId(f"{what:024x}"), cut=not counted)
                if did is Did.FILE_CUT:
                    kiosk.restart()
            case Did.CRASH:
                kiosk.restart()
            case Did.HELLO:
                self._greet(kiosk, state, before)
            case Did.ANSWER | Did.RECEIPT:
                kiosk.hear(dict(ends.receipts[what]), answer=did is Did.ANSWER)
            case Did.PRUNE:
                kiosk.prune()
            case _:
                raise NotImplementedError(did)  # a transaction cut off: what SQLite and PostgreSQL promise, not we

    def _by_people(self, did: Did) -> None:
        kiosk = self.kiosks[0]
        match did:
            case Did.BACKUP:
                self._older, self._backup = self._backup, self.controller.copy()
            case Did.RESTORE:
                self.controller.restore(self._backup)
            case Did.RESTORE_OLD:
                self._backup = self._older
                self.controller.restore(self._older)
            case Did.IMAGE:
                self._image = kiosk.copy()
            case Did.RESTORE_CARD:
                assert self._image is not None
                kiosk.restore(self._image)
            case _:
                self.kiosks.append(kiosk.cloned())

    def _greet(self, kiosk: RealKiosk, before: State, number: int) -> None:
        ends = self._world.ends
        message, named = kiosk.hello()
        hello = ends.hello(ends.kiosks[number].card)
        assert named == dict(ends.hellos[hello])
        if not any(named.values()):  # it raises no alarm, which is a step of its own in the world
            answer = self.controller.take(Up.HELLO, message)
            assert answer == self._acked(ends.told(before[BOOKS], before[BACKUP], hello))

    def _acked(self, receipt: int) -> dict[str, int]:
        return {stream: marks.acked for stream, marks in self._world.ends.receipts[receipt] if marks.acked}

    def stands_at(self, state: State) -> None:
        """Compare everything that is stored."""
        ends = self._world.ends
        for kiosk, number in zip(self.kiosks, state[K1 : K2 + 1], strict=False):
            modelled = ends.kiosks[number]
            card = ends.cards[modelled.card]
            places = [ends.events[event].link for event in card.events]
            assert kiosk.events() == [(link.stream, link.seq) for link in places]
            marks = {stream: (each.acked, each.archived, each.pruned) for stream, each in card.marks}
            assert kiosk.marks() == {stream: each for stream, each in marks.items() if any(each)}
            assert (kiosk.counter.at, kiosk.stream or FRESH) == (modelled.device, modelled.stream)
        books = ends.books[state[BOOKS]]
        held = [ends.events[event].link for event in books.events]
        assert self.controller.events() == {(link.stream, link.seq) for link in held}
        assert self.controller.cursors() == {cursor.stream: cursor.head.seq for cursor in books.cursors}
        assert self.controller.captured() == len(books.counted)
        assert self.controller.alarmed == bool(state[FLAGS] & ALARMED)

    def close(self) -> None:
        for kiosk in self.kiosks:
            kiosk.store.close()
        self.controller.close()
