# SPDX-License-Identifier: Apache-2.0
"""The log of what operators did: each line's digest covers the line before it, so that none can be changed unseen.

A line is written in the transaction of what it tells of, last of all. The database refuses to change or delete one; who
can make it do so all the same must write every later line anew, and then a head that was noted elsewhere does not fit.
Source: security design, section 9; OWASP ASVS 5.0, 16.4.2 and 16.4.3.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from fleet.errors import FleetError
from fleet.store.operator_tables import audit_place, operator
from fleet.store.scope import NATION, Level, Scope
from fleet.store.tables import audit, kiosk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection, Row

Fact = str | int | bool
Detail = dict[str, Fact]
_BEFORE_THE_FIRST = "0" * 64
_AT_ONCE = 1000
_THEN = "Keep the database as it is, and compare it with a backup."
_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


class Act(StrEnum):
    """What was done."""

    KIOSK_REGISTERED = "kiosk.registered"
    KIOSK_REVOKED = "kiosk.revoked"
    CLAIM_MADE = "kiosk.claim_made"
    CLAIM_WITHDRAWN = "kiosk.claim_withdrawn"
    KIOSKS_SIMULATED = "kiosks.simulated"
    DEMO_FILLED = "demo.filled"
    FIGURES_IMPORTED = "figures.imported"
    IMPORT_PROPOSED = "import.proposed"
    IMPORT_APPROVED = "import.approved"
    IMPORT_REJECTED = "import.rejected"
    IMPORT_UNDONE = "import.undone"
    PEOPLE_MATCHED = "people.matched"
    ROSTER_IMPORTED = "roster.imported"
    ROSTER_FORGOTTEN = "roster.forgotten"
    LOSS_REPORTED = "loss.reported"
    LOSS_CONFIRMED = "loss.confirmed"
    LOSS_WITHDRAWN = "loss.withdrawn"
    BACKUP_VERIFIED = "backup.verified"
    MONTH_DETACHED = "month.detached"
    ANNOUNCEMENT_PROPOSED = "announcement.proposed"
    ANNOUNCEMENT_APPROVED = "announcement.approved"
    ANNOUNCEMENT_WITHDRAWN = "announcement.withdrawn"
    HELP_ACKNOWLEDGED = "help.acknowledged"
    ORDER_GIVEN = "order.given"
    ORDER_CANCELLED = "order.cancelled"
    ROLLOUT_PROPOSED = "rollout.proposed"
    ROLLOUT_APPROVED = "rollout.approved"
    ROLLOUT_PAUSED = "rollout.paused"
    ROLLOUT_RESUMED = "rollout.resumed"
    ROLLOUT_ABORTED = "rollout.aborted"
    ROLLOUT_STOPPED = "rollout.stopped"  # by itself
    RING_PINNED = "ring.pinned"
    HELP_NUMBER_PROPOSED = "help_number.proposed"
    HELP_NUMBER_APPROVED = "help_number.approved"
    HELP_NUMBER_WITHDRAWN = "help_number.withdrawn"
    COMPLAINT_ENTERED = "complaint.entered"
    COMPLAINT_TAKEN = "complaint.taken"
    COMPLAINT_ANSWERED = "complaint.answered"
    COMPLAINT_CLOSED = "complaint.closed"
    COMPLAINT_REOPENED = "complaint.reopened"
    ALERT_ACKNOWLEDGED = "alert.acknowledged"
    ALERT_CLEARED = "alert.cleared"
    WINDOW_ADDED = "window.added"
    WINDOW_ENDED = "window.ended"
    SUBSCRIPTION_ADDED = "subscription.added"
    SUBSCRIPTION_ENDED = "subscription.ended"
    HOURS_SET = "hours.set"
    MORNING_CHECKED = "morning.checked"
    ACCOUNT_ADDED = "account.added"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_RESET = "account.reset"
    TOKEN_MADE = "account.token"  # noqa: S105 - an act
    SESSIONS_ENDED = "account.ended"
    RIGHTS_PROPOSED = "account.proposed"
    RIGHTS_DECLINED = "account.declined"
    IDENTITY_LINKED = "account.linked"
    IDENTITY_UNLINKED = "account.unlinked"
    PASSKEY_ADDED = "account.passkey_added"
    PASSKEY_ENDED = "account.passkey_ended"
    SIGNED_IN = "account.signed_in"
    SIGNED_OUT = "account.signed_out"


class AuditBrokenError(FleetError):
    """The log is not what was written; names the first line that is wrong."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line: who did what to which thing. `digest` is SHA-256 in hexadecimal, of the line and the digest before."""

    seq: int  # from 1, without a gap
    at_ms: int
    who: str
    act: str
    subject: str
    detail: Detail
    digest: str

    def follows(self, before: str | None) -> bool:
        """Whether it is what was written after the line with this digest; the first follows none."""
        return self.digest == _digest(self, before or _BEFORE_THE_FIRST)

    def line(self) -> bytes:
        """The line as it is exported: JSON."""
        return msgspec.json.encode(self)


class Head(msgspec.Struct, frozen=True):
    """Where a log ends: noted elsewhere, it shows later whether anything up to there was changed or cut off."""

    seq: int
    digest: str

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read one as it was printed.

        Raises:
            AuditBrokenError: when it is none.
        """
        found = _HEAD.fullmatch(text.strip())
        if found is None:
            message = (
                f"{text!r} is no head. Give it as it was printed: the line's number, a colon, 64 hexadecimal digits."
            )
            raise AuditBrokenError(message)
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        """As it is printed and noted."""
        return f"{self.seq}:{self.digest}"


def record(  # noqa: PLR0913 - what a line says, by keyword, and where it stands
    connection: Connection,
    act: Act,
    *,
    who: str,
    subject: str,
    at_ms: int,
    detail: Mapping[str, Fact] | None = None,
    scope: Scope = NATION,
) -> None:
    """Add a line, in the transaction of the act itself and last in it: others who add one wait until it ends.

    `scope` is whoever's that acts. The line stands where its kiosk or account is, and where it is about neither, there.
    """
    if connection.dialect.name == "postgresql":  # SQLite lets one write at a time anyway
        connection.exec_driver_sql("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE")
    last = connection.execute(select(audit.c.seq, audit.c.digest).order_by(audit.c.seq.desc()).limit(1)).first()
    seq, before = (last.seq + 1, last.digest) if last is not None else (1, _BEFORE_THE_FIRST)
    bare = Entry(seq, at_ms, who, str(act), subject, dict(detail or {}), before)
    entry = msgspec.structs.replace(bare, digest=_digest(bare, before))
    connection.execute(audit.insert().values(**msgspec.structs.asdict(entry) | {"detail": _text(entry.detail)}))
    place = _place(connection, act, subject, scope)
    if place is not NATION:
        where = {"region": place.region, "province": place.province, "facility": place.facility}
        connection.execute(audit_place.insert().values(seq=seq, **where))


def entries(connection: Connection) -> Iterator[Entry]:
    """Every line, in order, as the database holds it."""
    rows = connection.execution_options(yield_per=_AT_ONCE).execute(select(audit).order_by(audit.c.seq))
    for row in rows:
        yield entry_of(row)


def entry_of(row: Row[Any]) -> Entry:
    """The line in a row of the table, or in one that is joined with it."""
    return Entry(row.seq, row.at_ms, row.who, row.act, row.subject, _detail(row.detail), row.digest)


def exported(lines: Iterable[bytes]) -> Iterator[Entry]:
    """Every line of an export.

    Raises:
        AuditBrokenError: naming the first that is none.
    """
    decoder = msgspec.json.Decoder(Entry)
    for n, line in enumerate(lines, start=1):
        try:
            yield decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            message = f"Line {n} is not one of an audit log. Give the file that `dipchip-fleet audit` wrote."
            raise AuditBrokenError(message) from error


def verified(log: Iterable[Entry], noted: Head | None = None) -> Iterator[Entry]:
    """The same lines, each checked as it passes.

    1. They count from 1 without a gap.
    2. Each digest covers its line and the digest before it.
    3. The line that `noted` names is there with that digest: nothing up to it was changed, and nothing was cut off.

    Raises:
        AuditBrokenError: naming the first line that is wrong.
    """
    seq, before, fits = 0, _BEFORE_THE_FIRST, noted is None
    for entry in log:
        seq += 1
        if entry.seq != seq:  # 1
            message = f"Line {seq} of the audit log is missing. {_THEN}"
            raise AuditBrokenError(message)
        if not entry.follows(before):  # 2
            message = f"Line {seq} of the audit log was changed. {_THEN}"
            raise AuditBrokenError(message)
        before = entry.digest
        fits = fits or (noted is not None and noted == Head(seq, before))
        yield entry
    if not fits and noted is not None:  # 3
        message = (
            f"The audit log does not have the line {noted.seq} that was noted: it was written anew, or cut off after "
            f"line {min(seq, noted.seq - 1)} at the latest. {_THEN}"
        )
        raise AuditBrokenError(message)


def _place(connection: Connection, act: Act, subject: str, scope: Scope) -> Scope:
    match act.partition(".")[0]:
        case "kiosk" | "loss" | "help" | "order":
            where = select(kiosk.c.province, kiosk.c.facility).where(kiosk.c.id == subject)
            row = connection.execute(where).first()
            return scope if row is None else Scope.parse(f"{Level.FACILITY}:{row.province}/{row.facility}")
        case "account":
            own = connection.execute(select(operator.c.scope).where(operator.c.name == subject)).scalar()
            return scope if own is None else Scope.parse(own)
        case _:
            return scope


def _digest(entry: Entry, before: str) -> str:
    covered = msgspec.structs.replace(entry, digest=before)
    return hashlib.sha256(msgspec.json.encode(covered, order="deterministic")).hexdigest()


def _detail(text: str) -> Detail:
    try:
        return msgspec.json.decode(text, type=Detail)
    except msgspec.DecodeError:
        return {"unreadable": True}  # then the digest does not cover it


def _text(detail: Detail) -> str:
    return msgspec.json.encode(detail, order="deterministic").decode()
