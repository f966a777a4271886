# SPDX-License-Identifier: Apache-2.0
"""An auditor of the kiosk's store: what it says, whether its chain holds, and which secrets lie in its files."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from wire.chain import Head, next_link
from wire.envelope import decode, digest
from wire.events import EnrollmentCaptured
from wire.ids import StreamId
from wire.signing import Kind

if TYPE_CHECKING:
    import random
    import sqlite3
    from collections.abc import Iterable

    from kiosk.store.database import Store
    from wire.signing import VerifyKey

State = dict[str, bytes]

# A secret begins what is erased later, so that one search finds what was not. Its sizes are whole groups of base64.
_BEGIN, _RANDOM = b"SECRET:::", 18
SECRET_SIZE = len(_BEGIN) + _RANDOM
_SECRETS = (
    re.compile(_BEGIN + rb"[0-9a-f]{%d}" % _RANDOM),
    re.compile(urlsafe_b64encode(_BEGIN) + rb"[\w-]{%d}" % (_RANDOM // 3 * 4)),
)


def secret(chance: random.Random) -> bytes:
    """Bytes that are found again."""
    return _BEGIN + chance.randbytes(_RANDOM // 2).hex().encode()


def as_attached(something: bytes) -> bytes:
    """A secret as it stands in a message that was joined for the wire."""
    return urlsafe_b64encode(something)


def secrets_in(files: Iterable[bytes]) -> set[bytes]:
    """The secrets that anyone finds who reads these files."""
    return {found for content in files for shape in _SECRETS for found in shape.findall(content)}


def state_of(connection: sqlite3.Connection) -> State:
    """What the file says: each table's name and a digest of its rows."""
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: _digest_of(connection, name) for name in names}


def _digest_of(connection: sqlite3.Connection, table: str) -> bytes:
    rows = connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608 - a name of our own schema
    return hashlib.sha256(repr(rows).encode()).digest()


def fault_of(store: Store, key: VerifyKey) -> str | None:
    """What is wrong with a store, if anything: with its file, or with what the file says."""
    return fault_of_file(store) or fault_of_books(store, key)


def fault_of_file(store: Store) -> str | None:
    """Whether SQLite finds anything wrong with the file, or leaves in it what it deletes."""
    with store.reading() as connection:
        told = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        if told != ["ok"]:
            return "integrity_check: " + "; ".join(told)
        if connection.execute("PRAGMA foreign_key_check").fetchall():
            return "foreign_key_check"
        return None if connection.execute("PRAGMA secure_delete").fetchone()[0] == 1 else "secure_delete is off"


def fault_of_books(store: Store, key: VerifyKey) -> str | None:
    """What is wrong with what the file says, if anything.

    1. Each event is signed by `key`, is what its row says, and follows the event before it, unless that was pruned. Its
       identity is the one that was signed for, unless its time was over.
    2. The head is the last event.
    3. `archived` does not pass `acked`, and nothing is there that was pruned.
    """
    with store.reading() as connection:
        return _fault_of_chain(connection, key) or _fault_of_marks(connection)


def _fault_of_chain(connection: sqlite3.Connection, key: VerifyKey) -> str | None:
    rows = connection.execute("SELECT id, stream, seq, signed, attachment, digest FROM event ORDER BY position")
    pruned = dict(connection.execute("SELECT stream, pruned FROM mark").fetchall())
    kept = {row[0] for row in connection.execute("SELECT event FROM kept")}
    heads: dict[tuple[str, int], Head] = {}
    last: Head | None = None
    for event, stream, seq, signed, attachment, stored in rows.fetchall():
        body = decode(key.verify(Kind.EVENT, signed), EnrollmentCaptured)
        if (body.id, body.stream, body.seq, digest(signed)) != (event, stream, seq, stored):
            return f"{stream} {seq} is not what was signed"
        erased = not attachment and body.kept_hours is not None and event not in kept
        if not erased and not body.sealed.fits(attachment):
            return f"{stream} {seq} has another's attachment"
        if body.counter is not None and body.counter.lost:
            return f"{stream} {seq} tells of lost events"
        before = _place_before(body)
        if before is not None and pruned.get(before[0], 0) < before[1] and not _follows(body, heads.get(before)):
            return f"{stream} {seq} does not follow the event before it"
        last = heads[stream, seq] = Head(StreamId(stream), seq, stored)
    told = connection.execute("SELECT stream, seq, digest FROM head").fetchone()
    if last is not None and told != (last.stream, last.seq, last.digest):
        return "the head is not the last event"
    return None


def _place_before(body: EnrollmentCaptured) -> tuple[str, int] | None:
    if body.seq > 1:
        return body.stream, body.seq - 1
    return None if body.parent is None else (body.parent.stream, body.parent.seq)


def _follows(body: EnrollmentCaptured, head: Head | None) -> bool:
    link = next_link(StreamId(body.stream), head)
    parent = body.parent and Head(StreamId(body.parent.stream), body.parent.seq, bytes.fromhex(body.parent.digest))
    prev = None if body.prev is None else bytes.fromhex(body.prev)
    return head is not None and (body.seq, prev, parent) == (link.seq, link.prev, link.parent)


def _fault_of_marks(connection: sqlite3.Connection) -> str | None:
    if connection.execute("SELECT 1 FROM mark WHERE archived > acked").fetchone():
        return "archived is beyond acked"
    if connection.execute("SELECT 1 FROM event JOIN mark USING (stream) WHERE seq <= pruned").fetchone():
        return "what was pruned is there"
    return None
