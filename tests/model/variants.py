# SPDX-License-Identifier: Apache-2.0
"""What must hold, and what must break: the whole protocol in each scenario, and each rule switched off by itself.

A rule is switched off by exchanging the one function that keeps it. Source: security design, section 5.2.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from msgspec import structs

from tests.model.check import Hole
from tests.model.rules import Rules
from tests.model.world import Scenario
from wire import chain
from wire.chain import Known, Link, Marks, Verdict, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.model.check import Found
    from wire.chain import Counter, Head, Kept
    from wire.ids import StreamId


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario under rules, and the hole that must be found: None where the promise holds."""

    name: str
    scenario: Scenario
    rules: Rules = field(default_factory=Rules)
    hole: Hole | None = None

    def is_met_by(self, found: Found) -> bool:
        """Whether just this hole was found, or none by looking everywhere."""
        return found.hole is self.hole and (found.exhaustive or found.hole is not None)


WHOLE = (
    Case("crashes, 4 events", Scenario(events=4, crashes=2)),
    Case("crash, power cut at the controller, database restored, 2 events", Scenario(2, 1, 1, backups=2, restores=1)),
    Case("crash, power cut at the controller, database restored, 3 events", Scenario(3, 1, 1, backups=1, restores=1)),
    Case("card restored, crash, 3 events", Scenario(3, 1, images=1, card_restores=1)),
    Case("card restored twice, 3 events", Scenario(3, images=1, card_restores=2)),
    Case("card restored, database restored, 2 events", Scenario(2, backups=2, restores=1, images=1, card_restores=1)),
    Case("card cloned, 3 events", Scenario(3, clones=1)),
    Case("card cloned and restored, 2 events", Scenario(2, images=1, card_restores=1, clones=1)),
    Case("card cloned, database restored, 2 events", Scenario(2, backups=2, restores=1, clones=1)),
    Case("database restored from an older backup than promised, 2 events", Scenario(2, 1, backups=2, old_restores=1)),
    Case("no counter, crashes, database restored, 2 events", Scenario(2, 2, 1, backups=2, restores=1, counter=False)),
    Case("no counter, card cloned, 3 events", Scenario(3, clones=1, counter=False)),
)

_CRASH = Scenario(2, 1)
_CUT = Scenario(2, cuts=1)
_DATABASE = Scenario(2, backups=1, restores=1)
_CUT_DATABASE = Scenario(2, cuts=1, backups=1, restores=1)
_OLD = Scenario(2, backups=2, old_restores=1)
_CARD = Scenario(3, 1, images=1, card_restores=1)
_CLONE = Scenario(3, clones=1)

_CLEAN = Scenario(2)


def _erase_when_sent(kept: Iterable[Kept], _marks: Mapping[StreamId, Marks], _now_ms: int) -> dict[StreamId, int]:
    return {event.stream: event.seq for event in kept}


def _erase_when_acked(kept: Iterable[Kept], marks: Mapping[StreamId, Marks], now_ms: int) -> dict[StreamId, int]:
    return chain.erasable(kept, {stream: replace(held, archived=held.acked) for stream, held in marks.items()}, now_ms)


def _never_back(
    ours: Mapping[StreamId, Marks], told: Mapping[StreamId, Marks], *, may_go_back: bool
) -> dict[StreamId, Marks]:
    del may_go_back
    return chain.settle(ours, told, may_go_back=False)


def _only_held(_heard: Iterable[StreamId], held: Mapping[StreamId, Marks]) -> dict[StreamId, Marks]:
    return chain.marks_to_tell((), held)


def _taking(*wrong: Verdict) -> Callable[[Link, bytes, Known], Verdict]:
    """A judge that accepts what the real one calls by these names."""

    def judge(link: Link, digest: bytes, known: Known) -> Verdict:
        verdict = chain.judge(link, digest, known)
        return Verdict.ACCEPT if verdict in wrong else verdict

    return judge


def _any_order(link: Link, digest: bytes, known: Known) -> Verdict:
    verdict = chain.judge(link, digest, known)
    return Verdict.ACCEPT if verdict is Verdict.GAP and link.seq > 1 else verdict


def _no_hash_check(link: Link, digest: bytes, known: Known) -> Verdict:
    if known.same_place is not None:
        return Verdict.DUPLICATE
    return chain.judge(link, digest, known)


def _streams_may_go_on(link: Link, digest: bytes, known: Known) -> Verdict:
    return chain.judge(link, digest, structs.replace(known, prev_child=None))


def _resumed(stream: StreamId, head: Head | None, counter: Counter | None) -> Link:
    return chain.next_link(head.stream if head is not None else stream, head, counter)


def _orphaned(stream: StreamId, head: Head | None, counter: Counter | None) -> Link:
    return structs.replace(chain.next_link(stream, head, counter), parent=None)


def _in_two_transactions(verdict: Verdict) -> tuple[tuple[Write, ...], ...]:
    return ((Write.COUNTS,), (Write.LEDGER, Write.CURSOR)) if verdict in chain.COMMITTED else ()


def _count_first(
    *, commit: Callable[[], object], count: Callable[[object], None], promise: Callable[[], object]
) -> object:
    count(None)
    commit()
    return promise()


def _promise_early(
    *, commit: Callable[[], object], count: Callable[[object], None], promise: Callable[[], object]
) -> object:
    committed = commit()
    promised = promise()
    count(committed)
    return promised


def _receipt_first(*, commit: Callable[[], object], tell: Callable[[object], object]) -> object:
    told = tell(None)
    commit()
    return told


def _signed_again() -> Callable[[bytes], bytes]:
    times = itertools.count()
    return lambda filed: filed if next(times) % 2 == 0 else filed + b"'"


OFF = (
    Case("receipt (erased when the broker has it)", _CLEAN, Rules(erasable=_erase_when_sent), Hole.LOST_NEEDLESSLY),
    Case("archived (erased when acknowledged)", _DATABASE, Rules(erasable=_erase_when_acked), Hole.LOST_NEEDLESSLY),
    Case("HELLO moves marks back", _DATABASE, Rules(settle=_never_back), Hole.NEVER),
    Case("the answer names what is not held", _DATABASE, Rules(marks_to_tell=_only_held), Hole.NEVER),
    Case("accept in order", _CLEAN, Rules(judge=_any_order), Hole.NEVER),
    Case("duplicate check", _CLEAN, Rules(judge=_taking(Verdict.DUPLICATE)), Hole.TWICE),
    Case("one transaction", _CUT, Rules(writes=_in_two_transactions), Hole.TWICE),
    Case(
        "frozen bytes (signed again to be sent again)", _CLEAN, Rules(bytes_to_send=_signed_again()), Hole.FALSE_ALARM
    ),
    Case("parent named", _CRASH, Rules(next_link=_orphaned), Hole.FALSE_ALARM),
    Case("fresh stream", _CARD, Rules(next_link=_resumed), Hole.SILENT),
    Case("hash check", _CARD, Rules(judge=_no_hash_check)),
    Case("count outside the card (no kiosk has it yet)", replace(_CARD, counter=False), hole=Hole.LOST),
    Case("count after the commit", _CRASH, Rules(promise_after_commit=_count_first), Hole.FALSE_ALARM),
    Case("promise after the count", _CARD, Rules(promise_after_commit=_promise_early), Hole.LOST),
    Case("fork check", _CLONE, Rules(judge=_taking(Verdict.FORK)), Hole.SILENT),
    Case("fork check, in a stream that goes on", _CLONE, Rules(judge=_streams_may_go_on), Hole.SILENT),
    Case("fork check, card restored", _CARD, Rules(judge=_taking(Verdict.FORK))),
    Case("rollback check", _CARD, Rules(judge=_taking(Verdict.ROLLBACK))),
    Case("purge check", _OLD, Rules(unrecoverable=lambda _pruned, _held: {}), Hole.LOST),
    Case(
        "receipt after commit, and archived",
        _CUT,
        Rules(receipt_after_commit=_receipt_first, erasable=_erase_when_acked),
        Hole.LOST_NEEDLESSLY,
    ),
    Case("receipt after commit", _CUT_DATABASE, Rules(receipt_after_commit=_receipt_first)),
    Case("nonce (any receipt moves marks back)", _DATABASE, Rules(is_answered_by=lambda _greeting, _nonce: True)),
)
