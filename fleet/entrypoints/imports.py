# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet import`: propose, list, show, approve, reject and undo; and what is imported at once, by one person.

A file goes in whole or not at all; each command says in JSON lines what it did.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from fleet.coverage.standing import place_of
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.errors import ImportRefusedError
from fleet.people import entries, proposals
from fleet.people.columns import AS_THEY_ARE, Columns
from fleet.people.entries import Effect
from fleet.people.figures import Kind
from fleet.people.imports import DENOMINATORS, OFFICIAL, Attribution, Upload, import_at_once
from fleet.people.imports import indicators as region
from fleet.people.spreadsheets import LARGEST_UPLOAD_BYTES
from fleet.store.scope import NATION
from fleet.store.session import open_engine, reading, unit_of_work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Engine

    from fleet.config import Settings
    from fleet.people.entries import Change, Entry, Preview
    from fleet.people.spreadsheets import Layout


@dataclass(frozen=True, slots=True)
class Wanted:
    """An import as it is typed."""

    kind: Kind
    file: Path
    source: str
    by: str
    made_up: bool = False
    reason: str = ""
    columns: Columns = field(default_factory=Columns)

    @property
    def attribution(self) -> Attribution:
        """Who stands for it, now."""
        return Attribution(self.source, self.by, self.made_up, now_ms(), self.reason)


def at_once(settings: Settings, wanted: Wanted) -> None:
    """Import without a second person.

    Raises:
        ImportRefusedError: nothing of the file was stored.
    """
    attribution, is_test = wanted.attribution, settings.web.profile == "test"
    given = upload(wanted.file, wanted.columns)
    with _database(settings) as engine:
        done = import_at_once(engine, _layout(wanted.kind), given, attribution, is_test=is_test)
    _tell(asdict(done))


def propose(settings: Settings, wanted: Wanted) -> None:
    """Write a file into the book and show what it would do.

    Raises:
        ImportRefusedError: nothing of the file was stored.
    """
    attribution, layout = wanted.attribution, _layout(wanted.kind)
    given = upload(wanted.file, wanted.columns)
    with _database(settings) as engine, unit_of_work(engine) as connection:
        shown = proposals.propose(connection, layout, given, attribution, _person(wanted.by))
    _tell(_described(shown))


def undo(settings: Settings, batch: int, reason: str, by: str) -> None:
    """Propose that a batch be undone and show what that would do.

    Raises:
        ImportRefusedError: why it cannot be.
    """
    with _database(settings) as engine, unit_of_work(engine) as connection:
        shown = proposals.propose_undo(connection, batch, reason, _person(by))
    _tell(_described(shown))


def approve(settings: Settings, number: int, seen: str, by: str) -> None:
    """Approve what another person has proposed.

    Raises:
        ImportRefusedError: why not.
    """
    with _database(settings) as engine, unit_of_work(engine) as connection:
        entry = proposals.approve(connection, number, seen, _person(by))
    _tell(_entry(entry))


def reject(settings: Settings, number: int, by: str) -> None:
    """Turn a proposal down, or take back one's own.

    Raises:
        ImportRefusedError: there is nothing to turn down.
    """
    with _database(settings) as engine, unit_of_work(engine) as connection:
        proposals.reject(connection, number, _person(by))
    _tell({"import": number, "stage": "rejected"})


def show(settings: Settings, number: int) -> None:
    """Show what an import does, a JSON line for it and one for each row that is not the same as before.

    Raises:
        ImportRefusedError: there is none of that number.
    """
    with _database(settings) as engine, reading(engine) as connection:
        entry = entries.entry_of(connection, number, NATION, now_ms())
        shown = entries.preview(connection, entry, NATION)
    _tell(_described(shown))
    for change in shown.changes:
        if change.effect is not Effect.SAME:
            _tell(_change(entry.kind, change))


def show_all(settings: Settings) -> None:
    """List the newest imports, a JSON line each, newest first."""
    with _database(settings) as engine, reading(engine) as connection:
        found = entries.entries(connection, NATION, now_ms())
    for entry in found:
        _tell(_entry(entry))


def upload(file: Path, columns: Columns = AS_THEY_ARE) -> Upload:
    """Read a file that somebody gives, one byte past the limit at most.

    Raises:
        ImportRefusedError: it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return Upload(file.name, opened.read(LARGEST_UPLOAD_BYTES + 1), columns)
    except OSError as error:
        message = f"{file}: cannot be read ({error.strerror}). Nothing was imported; give a readable file."
        raise ImportRefusedError(message) from error


def _layout(kind: Kind) -> Layout:
    match kind:
        case Kind.DENOMINATORS:
            return DENOMINATORS
        case Kind.OFFICIAL:
            return OFFICIAL
        case Kind.INDICATORS:
            return region(lambda figure: place_of(figure) is not None)


def _person(by: str) -> proposals.Person:
    """Whoever types at the controller answers for the nation."""
    return proposals.Person(by, account(), NATION, now_ms())


@contextmanager
def _database(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def _entry(entry: Entry) -> dict[str, Any]:
    told = {name: getattr(entry, name) for name in entry.__slots__ if name != "number"}
    return {"import": entry.number} | {name: value for name, value in told.items() if value not in (None, "")}


def _described(shown: Preview) -> dict[str, Any]:
    counted = {str(effect): shown.count(effect) for effect in Effect}
    return _entry(shown.entry) | {"rows": len(shown.changes)} | counted | {"seen": shown.seen}


def _change(kind: Kind, change: Change) -> dict[str, Any]:
    told: dict[str, Any] = {"line": change.line, **change.place.columns, "effect": change.effect}
    for when, held in (("before", change.before), ("after", change.after)):
        told[when] = None if held is None else dict(zip(kind.counts, held.counts, strict=True))
    return told


def _tell(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
