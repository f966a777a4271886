# SPDX-License-Identifier: Apache-2.0
"""What came of matching our people with a list of who is meant: sums by province and day, and nobody of the list."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table

from fleet.store.tables import metadata

_MS = BigInteger  # milliseconds since 1970, UTC
_ROW = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys

matching = Table(
    "matching",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("kind", String(8), nullable=False),  # staff | people
    Column("fiscal_year", Integer, nullable=False),
    Column("file_mac", String(64), nullable=False),  # HMAC under the relay's key: whoever holds it can tell the file
    Column("file_name", String(200), nullable=False),
    Column("source", String(200), nullable=False),
    Column("made_up", Boolean, nullable=False),
    Column("made_ms", _MS, nullable=False),
    Column("made_by", String(64), nullable=False),
    sqlite_autoincrement=True,
)

# Of each province the newest matching of a kind and year counts.
matched_province = Table(
    "matched_province",
    metadata,
    Column("matching", ForeignKey("matching.id"), primary_key=True),
    Column("province", String(2), primary_key=True),
    Column("listed", BigInteger, nullable=False),  # B
    Column("outside", BigInteger),  # active, with a card of this province, and on no list of it; of people only
    Index(None, "province"),
)

# A by the day on which it came or went: the people on the list who were activated, or revoked after that.
matched_day = Table(
    "matched_day",
    metadata,
    Column("matching", ForeignKey("matching.id"), primary_key=True),
    Column("province", String(2), primary_key=True),
    Column("state", String(16), primary_key=True),  # activated | revoked
    Column("day", String(10), primary_key=True),
    Column("n", BigInteger, nullable=False),
)
