# SPDX-License-Identifier: Apache-2.0
"""Whether the books balance: each promised event is in exactly one place, and each alarm has its reason. Pure.

captured = committed + quarantined + still in an outbox, event by event; what a restored card forgot is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.torture.machine import TWIN
from tests.torture.schedule import Misfortune

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.torture.books import Alarm, Books
    from tests.torture.machine import OnCard
    from tests.torture.tickets import Tickets

UNRECOVERABLE = "unrecoverable"  # as `wire.chain.Alarm` spells it
_EXPLAINED = frozenset({"rollback", "fork", "lost"})  # what a restored or cloned card may raise; nothing else may


@dataclass(slots=True)
class Incident:
    """A card that was restored or cloned. `forgot` is what the restored one no longer has; of it,
    `acked` says what was in the ledger, whether the card knew that or not.
    """

    kiosk: str
    kind: Misfortune
    at_ms: int
    counts: bool
    forgot: tuple[OnCard, ...] = ()


@dataclass(slots=True)
class Evidence:
    """All that is known when everything is still. Cards are by machine, and a clone is a machine of its own."""

    books: Books
    tickets: Mapping[str, Tickets]
    accepted: frozenset[str]  # events in whose name the identity provider has accepted somebody
    cards: Mapping[str, Sequence[OnCard]]
    incidents: Sequence[Incident]
    alarms: frozenset[Alarm]  # also those of a database that was given up
    rolled_back: frozenset[str]  # events that some restored database no longer had
    facilities: Mapping[str, str]  # of each kiosk
    betrayed_ms: Sequence[int]  # when an older backup was put back than kiosks had been told of
    erases: set[str]  # kiosks that erase what a backup holds
    unfit: Sequence[str]  # backups that were found not to hold what they should
    still_waiting: Sequence[str]  # who could go on and has not

    def promised(self) -> set[str]:
        """Every event that a screen promised to keep."""
        return {event for tickets in self.tickets.values() for event in tickets.promised}

    def people(self) -> dict[str, str]:
        """Whose each event is."""
        return {event: who for tickets in self.tickets.values() for event, who in tickets.people.items()}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found; everything but the first group of figures must be nothing."""

    captured: int
    committed: int
    people: int
    activated: int
    quarantined: int
    waiting: int
    forgotten: int
    erased: int
    unpromised: int
    lost: tuple[str, ...]
    doubled: int
    miscounted: tuple[str, ...]
    false_alarms: tuple[Alarm, ...]
    silent: tuple[str, ...]
    stuck: tuple[str, ...]
    unfit: tuple[str, ...]
    betrayed: int
    alarms: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        counts = (self.lost, self.doubled, self.miscounted)
        return not any((*counts, self.false_alarms, self.silent, self.stuck, self.unfit))


def judge(found: Evidence) -> Verdict:
    """Judge a run."""
    books = found.books
    promised = found.promised()
    on_cards = {event.id for card in found.cards.values() for event in card}
    waiting = {event.id for card in found.cards.values() for event in card if not event.acked}
    safe = books.ledger.keys() | books.quarantined | waiting
    missing = (promised | on_cards | found.accepted) - safe
    forgotten, betrayed = missing & _excused(found), missing & _betrayed(found)
    people = found.people()
    kinds = [alarm.kind for alarm in found.alarms]
    known = promised | on_cards | books.ledger.keys() | books.quarantined
    return Verdict(
        captured=len(known),
        committed=len(books.ledger),
        people=len({people[event] for event in books.ledger}),
        activated=books.activated,
        quarantined=len(books.quarantined - books.ledger.keys()),
        waiting=len(waiting - books.ledger.keys() - books.quarantined),
        forgotten=len(forgotten),
        erased=len(books.ledger.keys() - on_cards - _no_longer_on_its_card(found)),
        unpromised=len(known - promised),
        lost=tuple(sorted(missing - forgotten - betrayed)),
        doubled=max(0, sum(books.counted.values()) - len(books.ledger)),
        miscounted=tuple(_miscounted(found)),
        false_alarms=tuple(alarm for alarm in found.alarms if not _has_reason(alarm, found)),
        silent=tuple(incident.kiosk for incident in found.incidents if _is_silent(incident, found)),
        stuck=tuple(found.still_waiting),
        unfit=tuple(found.unfit),
        betrayed=len(betrayed - forgotten),
        alarms={kind: kinds.count(kind) for kind in sorted(set(kinds))},
    )


def _no_longer_on_its_card(found: Evidence) -> set[str]:
    """What restored cards forgot, wherever else it is."""
    return {event.id for incident in found.incidents for event in incident.forgot}


def _excused(found: Evidence) -> set[str]:
    """What no software without a second copy could keep: off a restored card before it was delivered for good."""
    return {
        event.id
        for incident in found.incidents
        for event in incident.forgot
        if not event.acked or event.id in found.rolled_back
    }


def _betrayed(found: Evidence) -> set[str]:
    """What a kiosk has erased on the strength of a backup, when an older one was put back: no fault, if it was told."""
    told = {alarm.kiosk for alarm in found.alarms if alarm.kind == UNRECOVERABLE and _has_reason(alarm, found)}
    erased = {
        event for name, tickets in found.tickets.items() if name.removesuffix(TWIN) in told for event in tickets.people
    }
    return erased & found.rolled_back


def _miscounted(found: Evidence) -> list[str]:
    """Where counters and ledger contradict each other."""
    books = found.books
    wrong = []
    if books.enrolments != len(books.ledger):
        wrong.append(f"{books.enrolments} enrolments of {len(books.ledger)} events")
    if books.cursors != len(books.ledger):
        wrong.append(f"cursors add up to {books.cursors} of {len(books.ledger)} events")
    held = list(books.ledger.values())
    for kiosk, facility in found.facilities.items():
        counted = books.counted.get(facility, 0)
        if counted != held.count(kiosk):
            wrong.append(f"{kiosk}: {counted} counted of {held.count(kiosk)} events")
    wrong += books.untrue_sums
    if books.activated != (covered := _covered(found)):
        wrong.append(f"coverage says {books.activated} of {covered} people")
    return wrong


def _covered(found: Evidence) -> int:
    """How many people must count: each of the ledger's once, but those accepted by an event that is forgotten."""
    people = found.people()
    ours = {people[event] for event in found.books.ledger}
    return len(ours - {people[event] for event in found.accepted - found.books.ledger.keys()})


def _has_reason(alarm: Alarm, found: Evidence) -> bool:
    if alarm.kind == UNRECOVERABLE:
        return alarm.kiosk in found.erases and any(at_ms <= alarm.raised_ms for at_ms in found.betrayed_ms)
    return any(
        alarm.kiosk == incident.kiosk
        and alarm.raised_ms >= incident.at_ms
        and alarm.kind in _EXPLAINED
        and (alarm.kind != "lost" or incident.counts)
        for incident in found.incidents
    )


def _is_silent(incident: Incident, found: Evidence) -> bool:
    """Whether nobody was told of an incident of which somebody must be told.

    Of a restored card that has no count outside of it, only what was delivered can tell (security design, 5.4, hole 5).
    """
    if any(alarm.kiosk == incident.kiosk for alarm in found.alarms):
        return False
    if incident.kind is Misfortune.CLONED:
        return True
    delivered = found.books.ledger.keys() | found.books.quarantined
    promised = found.promised()
    return any(event.id in delivered or (incident.counts and event.id in promised) for event in incident.forgot)
