# SPDX-License-Identifier: Apache-2.0
"""What is done with imports: bring a file, approve or reject what it changes, and propose to undo it."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import abort
from flask_babel import gettext

from fleet.coverage.standing import place_of
from fleet.errors import ImportRefusedError
from fleet.people import entries, proposals
from fleet.people.columns import Columns
from fleet.people.entries import NotDoneError
from fleet.people.figures import Kind
from fleet.people.imports import DENOMINATORS, OFFICIAL, Attribution, Upload, indicators
from fleet.people.problems import FileRefusedError
from fleet.people.spreadsheets import LARGEST_UPLOAD_BYTES
from fleet.web import gate
from fleet.web.gate import NotAllowedError
from fleet.web.imports_words import why
from fleet.web.reach import RefusedError, doing
from fleet.web.rights import RIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from werkzeug.datastructures import FileStorage

    from fleet.people.problems import Problem
    from fleet.web.reach import Deed

LAYOUTS = {
    Kind.DENOMINATORS: DENOMINATORS,
    Kind.OFFICIAL: OFFICIAL,
    Kind.INDICATORS: indicators(lambda figure: place_of(figure) is not None),
}


class Lacking(StrEnum):
    """What is wrong with what was brought."""

    FILE = "file"
    ROWS = "rows"
    SOURCE = "source"


class FileProblemsError(RefusedError):
    """A file has problems, row by row; nothing of it was kept."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep them."""
        self.problems = tuple(problems)
        super().__init__(
            Lacking.ROWS,
            str(gettext("Nothing was imported. Correct the file and send it again.")),
        )


def bring(kind: Kind, sent: FileStorage | None, typed: Mapping[str, str]) -> int:
    """Take a file: it becomes a proposal, whose number this gives.

    `typed` has `source`, `reason`, `made_up`, `sheet`, `header_line`, and `column-` and `value-` with a column's name.

    Raises:
        FileProblemsError: it has problems.
        RefusedError: there is none, or nothing is said of where it comes from.
    """
    content = sent.stream.read(LARGEST_UPLOAD_BYTES + 1) if sent is not None else b""
    if sent is None or not sent.filename or not content:
        raise RefusedError(Lacking.FILE, str(gettext("Choose a file that is not empty.")))
    with _doing() as deed:
        columns, made_up, reason = _columns(kind, typed), "made_up" in typed, typed.get("reason", "").strip()
        attribution = Attribution(typed.get("source", ""), deed.who, made_up, deed.at_ms, reason)
        upload = Upload(sent.filename, content, columns)
        shown = proposals.propose(deed.connection, LAYOUTS[kind], upload, attribution, _person(deed))
    return shown.entry.number


def approve(number: int, seen: str) -> None:
    """Bring what another person has proposed into force; `seen` is the stamp of the preview that was looked at.

    Raises:
        RefusedError: it is not to be approved, not by this account, or not as it was seen.
    """
    with _doing() as deed:
        proposals.approve(deed.connection, number, seen, _person(deed))


def reject(number: int) -> None:
    """Turn a proposal down; who may not approve takes back their own only.

    Raises:
        RefusedError: it is settled.
        NotAllowedError: it is another's.
    """
    with _doing() as deed:
        own = entries.entry_of(deed.connection, number, deed.scope, deed.at_ms).proposed_by == deed.who
        if not own and not gate.may("imports.approve"):
            raise NotAllowedError(RIGHTS["imports.approve"])
        proposals.reject(deed.connection, number, _person(deed))


def undo(number: int, reason: str) -> int:
    """Propose that what came of an import be undone; gives the number of the proposal.

    Raises:
        RefusedError: it cannot be undone, or no reason is said.
    """
    with _doing() as deed:
        batch = entries.entry_of(deed.connection, number, deed.scope, deed.at_ms).batch
        if batch is None:
            abort(HTTPStatus.NOT_FOUND)
        shown = proposals.propose_undo(deed.connection, batch, reason, _person(deed))
    return shown.entry.number


@contextmanager
def _doing() -> Iterator[Deed]:
    try:
        with doing(NotDoneError, why) as deed:
            yield deed
    except FileRefusedError as error:
        raise FileProblemsError(error.problems) from error
    except ImportRefusedError as error:
        told = gettext("Say where the figures come from, or why, in 1 to 200 letters, and name no citizen number.")
        raise RefusedError(Lacking.SOURCE, str(told)) from error


def _person(deed: Deed) -> proposals.Person:
    return proposals.Person(deed.who, deed.who, deed.scope, deed.at_ms, deed.token)


def _columns(kind: Kind, typed: Mapping[str, str]) -> Columns:
    """Take what was said of the columns; a sheet or a line that is no number is none that there is."""

    def said_of(what: str) -> dict[str, str]:
        said = {name: typed.get(f"{what}-{name}", "").strip() for name in LAYOUTS[kind].header}
        return {name: text for name, text in said.items() if text}

    numbers = {name: typed.get(name, "").strip()[:6] for name in ("sheet", "header_line")}
    sheet, line = (
        (int(text) if text.isascii() and text.isdigit() else -1) if text else None for text in numbers.values()
    )
    return Columns(said_of("column"), said_of("value"), sheet, line)
