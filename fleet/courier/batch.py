# SPDX-License-Identifier: Apache-2.0
"""One batch inside one transaction: each message is settled, refused or recognised, and each kiosk's receipt is due.

It commits nothing and publishes nothing; a receipt may leave only after its transaction has ended well. Messages are
settled in the order they came, in memory; the database is asked once a question and written once a table.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from fleet.complaints import acceptance as complaints
from fleet.courier import quarantine
from fleet.courier.examining import Examined, Repeated
from fleet.courier.reception import Body, Incoming, Refusal, Verified, origin, refuse
from fleet.devices.certificates import Certificates, Said
from fleet.devices.help_calls import HelpCalls
from fleet.devices.opinions import Opinions
from fleet.devices.order_book import Orders
from fleet.devices.sightings import Sightings
from fleet.enrollments import questions
from fleet.enrollments.acceptance import Acceptance, Arrival, Settled
from fleet.enrollments.alarms import Raised, raise_alarms
from fleet.enrollments.ledger import Ledger
from fleet.enrollments.marks import check_pruned, marks, named
from wire.chain import KEPT_ASIDE, Verdict
from wire.complaints import TOLD_AT_ONCE, Complaint
from wire.envelope import digest
from wire.events import EnrollmentCaptured
from wire.hello import Heartbeat, Hello
from wire.ids import KioskId
from wire.orders import OrderResult
from wire.receipts import RESULTS, Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from fleet.devices.registry import RegisteredKiosk
    from wire.asks import Ask
    from wire.orders import Order

_log = structlog.get_logger()
_KEPT_ASIDE = KEPT_ASIDE | {Settled.ID_TAKEN}
_NOT_KEPT = frozenset({questions.Kept.ID_TAKEN, questions.Kept.TOO_MANY})


@dataclass(slots=True)
class _Owed:
    """What one kiosk is owed after the commit: receipts that name what was heard of, one for each HELLO."""

    kiosk: RegisteredKiosk
    streams: set[str] = field(default_factory=set)
    nonces: list[str] = field(default_factory=list)
    results: dict[str, None] = field(default_factory=dict)  # digests, each once
    complaints: list[str] = field(default_factory=list)


class Batch:
    """Settles examined messages one after another; the rows of their kiosks are locked by the caller."""

    def __init__(self, connection: Connection, examined: Sequence[Examined]) -> None:
        self._connection = connection
        self._arrivals = {n: each.arrival for n, each in enumerate(examined) if each.arrival is not None}
        self._examined = examined
        self._ledger = Ledger(
            connection,
            [arrival.entry for arrival in self._arrivals.values()],
            [place for each in examined for place in _named(each)],
        )
        self._raised: list[Raised] = []
        self._acceptance = Acceptance(self._ledger, self._raised)
        self._sightings = Sightings()
        self._calls = HelpCalls()
        self._orders = Orders()
        self._certificates = Certificates()
        self._opinions = Opinions()
        self.refusals: list[Refusal] = []
        self.outcomes: Counter[str] = Counter()  # of what was verified: verdicts of events, else kinds
        self._owed: dict[KioskId, _Owed] = {}
        self._beating: dict[KioskId, RegisteredKiosk] = {}

    def settle(self) -> None:
        """Settle every message and write what came of them; nothing that a message says makes this raise."""
        for n, each in enumerate(self._examined):
            finding = each.finding
            if isinstance(finding, Repeated):
                self.outcomes[Verdict.DUPLICATE] += 1
                self._owe(finding.kiosk).streams.add(finding.stream)
            elif isinstance(finding, Refusal):
                self._refuse(finding)
            else:
                reason = self._settled(n, finding)
                if reason is not None:
                    self._refuse(refuse(each.incoming, finding.kiosk.id, _kind(each.incoming), reason, signed=True))
        self._acceptance.write(self._connection)
        raise_alarms(self._connection, self._raised)
        self._sightings.write(self._connection)
        self._calls.write(self._connection)
        self._orders.write(self._connection)
        self._certificates.write(self._connection)
        self._opinions.write(self._connection)
        quarantine.keep(self._connection, self.refusals)

    def receipts(self, now_ms: int, horizon: int | None = None) -> list[tuple[RegisteredKiosk, Receipt]]:
        """What each kiosk may be told once this transaction is committed: one receipt, or one for each HELLO.

        What was committed before `horizon` is on a synchronous standby's disk too; None when none is known to be there.
        """
        held = marks(
            self._connection,
            {who: owed.streams for who, owed in self._owed.items()},
            greeting=[who for who, owed in self._owed.items() if owed.nonces],
            horizon=horizon,
        )
        due = [(owed, nonce) for owed in self._owed.values() for nonce in (*owed.nonces,) or (None,)]
        return [
            (
                owed.kiosk,
                Receipt(
                    v=1,
                    kiosk=owed.kiosk.id,
                    nonce=nonce,
                    marks=held[owed.kiosk.id],
                    at_ms=now_ms,
                    results=tuple(owed.results)[:RESULTS],
                    complaints=tuple(owed.complaints[:TOLD_AT_ONCE]),
                ),
            )
            for owed, nonce in due
        ]

    def calling(self) -> list[RegisteredKiosk]:
        """The kiosks where somebody waits for a helper: they are told who comes, as often as they say so."""
        return [self._beating[who] for who in self._calls.calling()]

    def orders(self) -> list[tuple[RegisteredKiosk, Order]]:
        """What kiosks that were heard have to be told to do."""
        return [(self._beating[KioskId(order.kiosk)], order) for order in self._orders.due()]

    def _settled(self, n: int, message: Verified[Body]) -> str | None:
        """Why a verified message is refused all the same, None when it is not."""
        kiosk, body = message.kiosk, message.body
        if isinstance(body, EnrollmentCaptured):
            return self._event(kiosk, self._arrivals[n])
        self._sightings.seen(kiosk.id, message.at_ms)
        self.outcomes[type(body).__name__.lower()] += 1
        if isinstance(body, Hello):
            self._hello(message, body)
        elif isinstance(body, Heartbeat):
            self._sightings.reported(kiosk.id, body, message.at_ms)
            self._calls.heard(kiosk.id, body.call, message.at_ms)
            self._orders.heard(kiosk.id, body.order_nonce, message.at_ms)
            self._certificates.heard(kiosk.id, Said(body.certificate_ms, body.event_key, body.tls_key))
            self._opinions.heard(kiosk, body, message.at_ms)
            self._beating[kiosk.id] = kiosk
        elif isinstance(body, OrderResult):
            self._orders.ended(kiosk.id, body, message.at_ms)
            self._owe(kiosk).results[digest(message.signed).hex()] = None
        elif isinstance(body, Complaint):
            return self._complaint(kiosk, body, message.at_ms)
        else:
            return self._ask(message, body)
        return None

    def _event(self, kiosk: RegisteredKiosk, arrival: Arrival) -> str | None:
        self._owe(kiosk).streams.add(arrival.body.stream)
        verdict = self._acceptance.judge(arrival)
        self.outcomes[verdict] += 1
        if verdict is not Verdict.DUPLICATE:  # old bytes do not say that their kiosk is there
            self._sightings.seen(kiosk.id, arrival.at_ms)
        return str(verdict) if verdict in _KEPT_ASIDE else None

    def _hello(self, message: Verified[Body], body: Hello) -> None:
        owed = self._owe(message.kiosk)
        owed.nonces.append(body.nonce)
        owed.streams.update(named(body))
        who = message.kiosk.id
        self._raised.extend(check_pruned(self._ledger.of(who), body, who, message.at_ms))

    def _complaint(self, kiosk: RegisteredKiosk, body: Complaint, at_ms: int) -> str | None:
        kept = complaints.keep(
            self._connection, complaints.Standing(kiosk.id, kiosk.facility, kiosk.province), body, at_ms
        )
        if kept is complaints.Kept.TOO_MANY:
            return str(kept)
        self._owe(kiosk).complaints.append(body.id)
        return None

    def _ask(self, message: Verified[Body], body: Ask) -> str | None:
        asked = questions.Asked(body, message.signed, message.attachment, message.at_ms)
        kept = questions.keep(self._connection, message.kiosk.id, asked)
        return str(kept) if kept in _NOT_KEPT else None

    def _refuse(self, refusal: Refusal) -> None:
        self.refusals.append(refusal)
        _log.warning("message_refused", kiosk=refusal.kiosk, kind=refusal.kind, reason=refusal.reason)

    def _owe(self, kiosk: RegisteredKiosk) -> _Owed:
        return self._owed.setdefault(kiosk.id, _Owed(kiosk))


def _named(examined: Examined) -> list[tuple[KioskId, str]]:
    """The streams whose cursors a HELLO asks about."""
    message = examined.finding
    if not isinstance(message, Verified) or not isinstance(message.body, Hello):
        return []
    return [(message.kiosk.id, stream) for stream in named(message.body)]


def _kind(incoming: Incoming) -> str:
    came_from = origin(incoming.topic)
    return str(came_from[2]) if came_from is not None else ""
